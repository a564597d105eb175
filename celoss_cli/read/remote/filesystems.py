"""Stores by fsspec, where it is installed: every scheme that it knows and obstore does not."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, BinaryIO

from celoss_cli.core.errors import InputError, OutputError, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.read.remote.store import CHANGED, Missing, ObjectState

__all__ = ["FileSystem", "is_known"]

_CHUNK = 1 << 20


def is_known(scheme: str) -> bool:
    """Whether fsspec is installed and has heard of a scheme; that of local files is none of a store."""
    if find_spec("fsspec") is None or scheme in ("file", "local"):
        return False
    fsspec = extra_module("fsspec", "remote", f"{scheme}:// files")
    return scheme in fsspec.available_protocols()


class FileSystem:
    """A file system of fsspec, which has its credentials from the environment or its own configuration."""

    def __init__(self, scheme: str, host: str) -> None:
        """Connects.

        Raises:
            InputError: where that fails.

        """
        self._start = f"{scheme}://{host}/"
        with self._refusing(""):
            fsspec = extra_module("fsspec", "remote", f"{scheme}:// files")
            self._system: Any = fsspec.url_to_fs(self._start)[0]

    def state(self, key: str) -> ObjectState:
        with self._refusing(key):
            found = self._system.info(self._start + key)
            if found.get("type") == "directory" or found.get("size") is None:
                raise FileNotFoundError(key)
            return ObjectState(found["size"], str(self._system.ukey(self._start + key)))

    def read(self, key: str, start: int, end: int, state: ObjectState) -> bytes:
        with self._refusing(key):
            found = bytes(self._system.cat_file(self._start + key, start=start, end=end))
            if self._system.ukey(self._start + key) != state.stamp or len(found) != end - start:
                raise InputError(CHANGED)
            return found

    def stream(self, key: str) -> Iterator[bytes]:
        with self._refusing(key), self._system.open(self._start + key, "rb") as file:
            yield from iter(lambda: file.read(_CHUNK), b"")

    def keys(self, prefix: str) -> Iterator[str]:
        with self._refusing(prefix):
            begin = len(self._system._strip_protocol(self._start).rstrip("/")) + 1
            folder = self._start + prefix.rpartition("/")[0]
            yield from (name[begin:] for name in self._system.find(folder))

    def write(self, key: str, data: BinaryIO) -> None:
        try:
            with self._refusing(key), self._system.open(self._start + key, "wb") as file:
                shutil.copyfileobj(data, file)
        except InputError as error:
            raise OutputError(error.fact, place=error.place) from None

    @contextlib.contextmanager
    def _refusing(self, key: str) -> Iterator[None]:
        place = visible(self._start + key)
        try:
            yield
        except InputError as error:
            raise error if error.place else error.at(place) from None
        except FileNotFoundError:
            raise Missing("No such file.", place=place) from None
        except PermissionError:
            raise InputError("Access denied.", place=place) from None
        except Exception as error:  # whatever a foreign file system raises; its words may hold secrets
            raise InputError(
                f"expected a file, got a failure of the file system ({type(error).__name__})", place=place
            ) from None
