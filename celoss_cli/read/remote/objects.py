"""Stores by obstore: S3, Google Cloud Storage, Azure, web servers and the data sets of Hugging Face."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar
from urllib.parse import unquote

from celoss_cli.core.errors import InputError, OutputError, UsageError, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.read.remote import hub
from celoss_cli.read.remote.store import CHANGED, Cut, Missing, ObjectState, WithoutRanges

__all__ = ["RETRIES", "ObjectStore"]

RETRIES: dict[str, Any] = {"max_retries": 5}
"""Of a request that the server could not answer, after 0.1 s, 0.2 s and so on; of obstore's keys."""

T = TypeVar("T")

_STATUS = re.compile(r"status code: ([0-9]{3})")
_NO_RANGES = re.compile(r"does not support range|range request|received.*range|Content-Range", re.I)
_NO_LENGTH = re.compile(r"Content-Length", re.I)
_ROLE = re.compile(r"token request|/latest/(api/token|meta-data)|/metadata/identity|computeMetadata", re.I)
"""In errors of asking the machine itself for its role, which is done where the environment has no keys."""

_NO_HEAD = ("405", "501")
_REPEATED = ("408", "429")
_CHUNK = 1 << 20

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE with boto3 installed, or "
    "AWS_SKIP_SIGNATURE=true for public data",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or GOOGLE_SKIP_SIGNATURE=true for public data",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or AZURE_SKIP_SIGNATURE=true",
    "hf": "HF_TOKEN",
}


_WAITING = ThreadPoolExecutor(16)
"""Threads that wait for answers, so that the one that asked hears a signal meanwhile."""


def _answered(ask: Callable[[], T]) -> T:
    return _WAITING.submit(ask).result()


class ObjectStore:
    """A bucket, a container or a server."""

    def __init__(self, scheme: str, host: str) -> None:
        """Opens nothing; the first request does.

        Raises:
            UsageError: without the package obstore, or where the environment does not say enough.

        """
        self._obstore = extra_module("obstore", "remote", f"{scheme}:// files")
        self._named_as = scheme
        self._scheme = {"s3a": "s3", "azure": "az", "abfs": "az", "abfss": "az"}.get(scheme, scheme)
        self._host = host
        try:
            self._store = self._opened(extra_module("obstore.store", "remote", f"{scheme}:// files"))
        except (self._obstore.exceptions.BaseError, ValueError) as error:
            fact = (str(error).splitlines() or [""])[0]
            raise UsageError(
                f"Expected an environment that says how to reach {scheme}://{visible(host)}, "
                f"got: {visible(fact)[:100]}.",
                hint=self._hint(),
            ) from None

    def _opened(self, stores: Any) -> Any:
        options: dict[str, Any] = {"timeout": "60s", "connect_timeout": "10s"}
        more: dict[str, Any] = {"client_options": options, "retry_config": dict(RETRIES)}
        if self._scheme == "s3":
            options["allow_http"] = _is_plain("AWS_ENDPOINT_URL")
            return stores.S3Store(self._host, **_profile(), **more)
        if self._scheme == "gs":
            options["allow_http"] = _is_plain("GOOGLE_BASE_URL")
            return stores.GCSStore(self._host, **more)
        if self._scheme == "az":
            options["allow_http"] = _is_plain("AZURE_STORAGE_ENDPOINT")
            container, _, server = self._host.partition("@")
            account = {"account_name": server.partition(".")[0]} if server else {}
            return stores.AzureStore(container, **account, **more)
        server = hub.endpoint() if self._scheme == "hf" else f"{self._scheme}://{self._host}"
        options["allow_http"] = server.startswith("http://")
        if self._scheme == "hf":
            options["default_headers"] = hub.headers()
        return stores.HTTPStore.from_url(server, **more)

    def state(self, key: str) -> ObjectState:
        with self._refusing(key):
            try:
                return _state(_answered(lambda: self._obstore.head(self._store, self._path(key))))
            except (self._obstore.exceptions.BaseError, FileNotFoundError) as error:
                told = str(error)
                if self._is_web and (_status(told) in _NO_HEAD or _NO_LENGTH.search(told)):
                    raise WithoutRanges from None
                raise

    def read(self, key: str, start: int, end: int, state: ObjectState) -> bytes:
        asked: dict[str, Any] = {"range": (start, end)}
        if not self._is_web and state.stamp.startswith('"'):
            asked["if_match"] = state.stamp
        with self._refusing(key):
            try:
                found = _answered(lambda: self._obstore.get(self._store, self._path(key), options=asked))
            except self._obstore.exceptions.BaseError as error:
                if _NO_RANGES.search(str(error)) or isinstance(
                    error, self._obstore.exceptions.NotSupportedError
                ):
                    raise WithoutRanges from None
                raise
            if _state(found.meta) != state or tuple(found.range) != (start, end):
                raise InputError(CHANGED, place=self._named(key))
            return _answered(lambda: bytes(found.bytes()))

    def stream(self, key: str) -> Iterator[bytes]:
        with self._refusing(key):
            found = _answered(lambda: self._obstore.get(self._store, self._path(key)))
            chunks = iter(found.stream(min_chunk_size=_CHUNK))
            while (chunk := _answered(lambda: next(chunks, None))) is not None:
                yield bytes(chunk)

    def keys(self, prefix: str) -> Iterator[str]:
        if self._scheme == "hf":
            yield from hub.files_below(self._host, prefix)
            return
        if self._is_web:
            raise UsageError(
                f"Expected the URL of a file, got a pattern or a folder: {self._named(prefix)}.",
                hint="a web server has no list of its files",
            )
        with self._refusing(prefix):
            for found in self._obstore.list(self._store, prefix=prefix.rstrip("/") or None):
                yield from (str(one["path"]) for one in found)

    def write(self, key: str, data: BinaryIO) -> None:
        if self._scheme == "hf":
            raise OutputError(
                "expected a place to write to, got one that is only read", place=self._named(key)
            )
        try:
            with self._refusing(key):
                self._obstore.put(self._store, self._path(key), data)
        except InputError as error:
            raise OutputError(error.fact, hint=error.hint, place=error.place) from None

    @property
    def _is_web(self) -> bool:
        return self._scheme in ("http", "https", "hf")

    def _path(self, key: str) -> str:
        if self._scheme == "hf":
            return hub.path_of(self._host, key)
        return unquote(key) if self._is_web else key

    def _named(self, key: str) -> str:
        return visible(f"{self._named_as}://{self._host}/{key}")

    def _hint(self) -> str:
        known = _CREDENTIALS.get(self._scheme)
        return f"credentials come from the environment: {known}" if known else ""

    @contextlib.contextmanager
    def _refusing(self, key: str) -> Iterator[None]:
        """Turns the errors of a store into refusals in our words: theirs may hold what nobody should see."""
        kinds, place = self._obstore.exceptions, self._named(key)
        try:
            yield
        except FileNotFoundError:
            hint = "the name of a folder ends in /" if "." not in key.rpartition("/")[2] else ""
            raise Missing("No such object.", hint=hint, place=place) from None
        except (kinds.PermissionDeniedError, kinds.UnauthenticatedError, PermissionError):
            raise InputError("Access denied.", hint=self._hint(), place=place) from None
        except kinds.PreconditionError:
            raise InputError(CHANGED, place=place) from None
        except kinds.BaseError as error:
            raise _failure(str(error), place, self._hint()) from None
        except (ValueError, OSError) as error:
            if isinstance(error, InputError | UsageError):
                raise
            fact = (str(error).splitlines() or [""])[0]
            raise InputError(
                f"expected a path that the store knows, got: {visible(fact)[:100]}", place=place
            ) from None


def _is_plain(variable: str) -> bool:
    """Whether the environment names a server without TLS, as emulators and stores of one's own are."""
    return os.environ.get(variable, "").startswith("http://")


def _failure(told: str, place: str, hint: str) -> InputError:
    if _ROLE.search(told):
        return InputError(
            "expected credentials in the environment or a role of this machine, got none",
            hint=hint,
            place=place,
        )
    status = _status(told)
    if status in ("401", "403"):
        return InputError("Access denied.", hint=hint, place=place)
    if status == "404":
        return Missing("No such bucket or container.", place=place)
    if status:
        again = ", also when asked again" if status in _REPEATED or status.startswith("5") else ""
        fact = f"expected the object, got an error {status} of the server{again}"
        return InputError(fact, hint=hint if status == "400" else "", place=place)
    return Cut("expected the object, got no answer or one that was cut, also when asked again", place=place)


def _status(told: str) -> str:
    found = _STATUS.search(told)
    return found[1] if found else ""


def _state(meta: Mapping[str, Any]) -> ObjectState:
    stamp = meta["e_tag"] or str(meta["last_modified"] or "")
    return ObjectState(meta["size"], stamp)


def _profile() -> dict[str, Any]:
    """What reads the profiles of AWS, where one is asked for or nothing else is there."""
    if "AWS_PROFILE" not in os.environ:
        return {}
    boto3 = extra_module("boto3", "remote", "profiles of AWS")
    try:
        session = boto3.Session()
    except Exception as error:  # botocore has no root of its errors that boto3 shows
        raise UsageError(f"Expected a profile of AWS: {visible(str(error))}") from None
    auth = extra_module("obstore.auth.boto3", "remote", "profiles of AWS")
    return {"credential_provider": auth.Boto3CredentialProvider(session)}
