"""Items that may be examined before they are handed out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from celoss_cli.core.errors import CelossError

__all__ = ["Peekable"]

T = TypeVar("T")


class Peekable(Iterator[T]):
    """An iterator with a view of what is to come; an item that cannot be read raises where it is due.

    Attributes:
        seen: the items that were peeked at and not yet handed out.

    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self.seen: deque[T] = deque()
        self._error: CelossError | None = None

    def peek(self) -> Iterator[T]:
        """The items to come, which stay to come; up to the first that cannot be read."""
        yield from list(self.seen)
        try:
            for item in self._items:
                self.seen.append(item)
                yield item
        except CelossError as error:
            self._error = error

    def __next__(self) -> T:
        if self.seen:
            return self.seen.popleft()
        if self._error is not None:
            raise self._error
        return next(self._items)
