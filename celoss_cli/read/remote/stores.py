"""Which store a URL means."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, visible
from celoss_cli.read.remote.urls import Url, url_of

if TYPE_CHECKING:
    from celoss_cli.read.remote.store import Store

__all__ = ["KNOWN", "store_of"]

KNOWN = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "http", "https", "hf")
"""The schemes of the extra ``remote``; fsspec, where it is installed, has others."""


def store_of(text: str) -> tuple[Store, Url]:
    """The store of a URL, and its parts.

    Raises:
        InputError: for no URL.
        UsageError: for a URL that holds a secret, and for a scheme that no installed package knows.

    """
    url = url_of(text)
    return _store(url.scheme, url.host), url


@lru_cache(maxsize=64)
def _store(scheme: str, host: str) -> Store:
    if scheme in KNOWN:
        from celoss_cli.read.remote.objects import ObjectStore

        return ObjectStore(scheme, host)
    from celoss_cli.read.remote.filesystems import FileSystem, is_known

    if not is_known(scheme):
        raise UsageError(
            f"Expected a URL of {', '.join(KNOWN)} or of a scheme that an installed fsspec knows, "
            f"got {visible(scheme)}://."
        )
    return FileSystem(scheme, host)
