"""Names of remote files. Nothing here imports a package, as every run asks whether a name is one."""

from __future__ import annotations

import re

from celoss_cli.core.errors import InputError, UsageError, visible
from celoss_cli.core.records import record

__all__ = ["Url", "is_remote", "url_of"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_CONTAINER = re.compile(r"[a-z0-9-]+@[a-z0-9]+\.(dfs|blob)\.core\.windows\.net")
"""A container of an account of Azure, as its own URLs have them."""


def is_remote(path: str) -> bool:
    """Whether a name is a URL: s3://bucket/p.csv and the like."""
    return "://" in path and _SCHEME.match(path) is not None


@record(frozen=True, slots=True)
class Url:
    """A URL without secrets.

    Attributes:
        scheme: "s3", "https" and so on, in lower case.
        host: the bucket, the container (of Azure also CONTAINER@ACCOUNT.dfs.core.windows.net) or the server.
        key: the path within it, as it is written.

    """

    scheme: str
    host: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}/{self.key}"


def url_of(text: str) -> Url:
    """The parts of a URL.

    Raises:
        UsageError: for one with a password or a query, which may be a signature: both would be seen wherever
            the name of the file is. The message shows neither.
        InputError: for one without a host.

    """
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    host, _, key = rest.partition("/")
    web = scheme in ("http", "https")
    named = scheme in ("abfs", "abfss") and _CONTAINER.fullmatch(host)
    shown = f"{scheme}://{host.rpartition('@')[2]}/{re.split('[?#]', key)[0]}"
    if ("@" in host and not named) or (web and re.search("[?#]", key)):
        secret = "a password" if "@" in host else "a query"
        raise UsageError(
            f"Expected a URL without {secret}, which would be seen in results, got one for {visible(shown)}.",
            hint="credentials come from the environment; what curl reads comes through a pipe: celoss ce -",
        )
    if not host:
        raise InputError("expected a URL with a host or a bucket, got none", place=visible(shown))
    return Url(scheme, host, key)
