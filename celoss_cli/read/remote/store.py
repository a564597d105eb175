"""What every kind of store is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record

__all__ = ["CHANGED", "Cut", "Missing", "ObjectState", "Store", "WithoutRanges"]

CHANGED = "expected the object as it was when reading began, got one that changed since"


class Missing(InputError):
    """There is no such object."""


class Cut(InputError):
    """No answer, or one that ended before it was whole: it may come when it is asked for again."""


class WithoutRanges(Exception):  # an event that is handled
    """A server that answers with whole objects only, or does not say how long they are."""


@record(frozen=True, slots=True)
class ObjectState:
    """What is known of an object.

    Attributes:
        size: in bytes.
        stamp: its etag, or when it was changed; "" where the server says neither.

    """

    size: int
    stamp: str


class Store(Protocol):
    """A bucket, a container or a server. Its errors are ``InputError`` with the URL as their place."""

    def state(self, key: str) -> ObjectState:
        """What is known of an object; ``WithoutRanges`` where that is too little."""

    def read(self, key: str, start: int, end: int, state: ObjectState) -> bytes:
        """Bytes of an object, which must still be in this state."""

    def stream(self, key: str) -> Iterator[bytes]:
        """All bytes of an object, from the first one on."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all objects that begin so, up to a slash."""

    def write(self, key: str, data: BinaryIO) -> None:
        """Makes or replaces an object, whole or not at all; ``OutputError`` where that fails."""
