"""The inputs of many rows, held in parts of some megabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Inputs"]

_ROOM_BYTES = 1 << 22


class Inputs:
    """Rows of one shape; as they grow in number, those that are held already are not copied.

    Attributes:
        start: the number of the first row that is held: those before it were not kept.

    """

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self._rooms: dict[int, Array] = {}
        self._each = 0
        self._count = 0

    def add(self, values: Array) -> None:
        """Appends the next rows; types widen as they must."""
        if not self._each:
            self._each = max(1, _ROOM_BYTES // max(1, values[:1].nbytes))
        while len(values):
            room, at = divmod(self._count, self._each)
            part = values[: self._each - at]
            if not at:
                self._rooms[room] = np.empty((self._each, *values.shape[1:]), values.dtype)
            kind = np.result_type(self._rooms[room], values)
            self._rooms[room] = self._rooms[room].astype(kind, copy=False)
            self._rooms[room][at : at + len(part)] = part
            self._count += len(part)
            values = values[len(part) :]

    def between(self, start: int, stop: int) -> Array:
        """The rows from one number up to another, shape (rows, ...): a view where they lie together."""
        room, at = divmod(start - self.start, self._each)
        if stop - start <= self._each - at:
            return self._rooms[room][at : at + stop - start]
        return self.rows(np.arange(start, stop))

    def rows(self, numbers: Array) -> Array:
        """The rows of these numbers, shape (rows, ...), contiguous."""
        rooms, places = np.divmod(numbers - self.start, self._each)
        used = np.unique(rooms).tolist()
        kind = np.result_type(*(self._rooms[room] for room in used))
        found = np.empty((len(numbers), *self._rooms[used[0]].shape[1:]), kind)
        for room in used:
            where = rooms == room
            found[where] = self._rooms[room][places[where]]
        return found

    def forget(self, stop: int) -> None:
        """Gives back the memory of rows before this one, which are not asked for again."""
        for room in [room for room in self._rooms if (room + 1) * self._each <= stop - self.start]:
            del self._rooms[room]
