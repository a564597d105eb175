"""Data sets and models of the Hugging Face Hub: where their files are, and which there are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from celoss_cli.core.errors import InputError, visible

__all__ = ["endpoint", "files_below", "headers", "path_of"]

_KINDS = ("datasets", "spaces")
_KEY = re.compile(r"([^/@]+)/([^/@]+)(?:@([^/]+))?/(.*)")
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_SECONDS = 60


def endpoint() -> str:
    """The server: HF_ENDPOINT, or the Hub itself."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def headers() -> dict[str, str]:
    """What goes with each request; a token of the environment is in no message."""
    token = os.environ.get("HF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def path_of(kind: str, key: str) -> str:
    """The path of a file on the server: of hf://datasets/user/name@revision/p.csv and the like.

    >>> path_of("datasets", "user/name/data/p.csv")
    'datasets/user/name/resolve/main/data/p.csv'

    """
    owner, name, revision, path = _parts(kind, key)
    return f"{kind}/{owner}/{name}/resolve/{quote(revision, safe='')}/{path}"


def files_below(kind: str, prefix: str) -> Iterator[str]:
    """The keys of all files below a folder.

    Raises:
        InputError: where the server does not answer with a list.

    """
    owner, name, revision, folder = _parts(kind, prefix if prefix.count("/") > 1 else f"{prefix}/")
    start = prefix[: len(prefix) - len(folder)].rstrip("/")
    tree = "/".join((kind, owner, name, "tree", quote(revision, safe=""), quote(folder.rstrip("/"))))
    url = f"{endpoint()}/api/{tree}?recursive=true"
    place = visible(f"hf://{kind}/{prefix}")
    while url:
        try:
            with urlopen(Request(url, headers=headers()), timeout=_SECONDS) as answer:  # noqa: S310
                entries = json.load(answer)
                more = _NEXT.search(answer.headers.get("Link") or "")
        except HTTPError as error:
            denied = error.code in (401, 403)
            fact = (
                "Access denied."
                if denied
                else f"expected a list of files, got an error {error.code} of the server"
            )
            hint = "credentials come from the environment: HF_TOKEN" if denied else ""
            raise InputError(fact, hint=hint, place=place) from None
        except (URLError, OSError, ValueError):
            raise InputError("expected a list of files, got no answer or a broken one", place=place) from None
        yield from (f"{start}/{entry['path']}" for entry in entries if entry.get("type") == "file")
        url = more[1] if more else ""


def _parts(kind: str, key: str) -> tuple[str, str, str, str]:
    found = _KEY.fullmatch(key)
    if kind not in _KINDS or found is None:
        raise InputError(
            "expected hf://datasets/USER/NAME/PATH, with @REVISION after the name if it is not main",
            place=visible(f"hf://{kind}/{key}"),
        )
    return found[1], found[2], found[3] or "main", found[4]
