"""An array that grows at its end: its parts need not be held until all of them are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Grown"]

_ROOM_BYTES = 1 << 20


class Grown:
    """Parts along the first axis, filled into rooms of one size, which are never copied as it grows."""

    def __init__(self) -> None:
        self._rooms: list[Array] = []
        self._free = 0

    def takes(self, values: Array) -> bool:
        """Whether these have the extents of the others."""
        return not self._rooms or self._rooms[0].shape[1:] == values.shape[1:]

    def add(self, values: Array) -> None:
        """Appends values of the same extents beyond the first axis; types widen as they must."""
        kind = np.result_type(self._rooms[-1], values) if self._rooms else values.dtype
        while len(values):
            if not self._free or self._rooms[-1].dtype != kind:
                self._close()
                self._free = max(1, _ROOM_BYTES // max(1, values[:1].nbytes))
                self._rooms.append(np.empty((self._free, *values.shape[1:]), kind))
            room = self._rooms[-1]
            part = values[: self._free]
            at = len(room) - self._free
            room[at : at + len(part)] = part
            self._free -= len(part)
            values = values[len(part) :]

    def whole(self) -> Array:
        """All of it, shape (rows, ...)."""
        self._close()
        if len(self._rooms) > 1:
            self._rooms = [_joined(self._rooms)]
        return self._rooms[0] if self._rooms else np.zeros(0)

    def _close(self) -> None:
        """Leaves what is free in the last room unused."""
        if self._free:
            self._rooms[-1] = self._rooms[-1][: len(self._rooms[-1]) - self._free]
            self._free = 0


def _joined(rooms: list[Array]) -> Array:
    """The rooms as one array; each is given back once it is copied."""
    found = np.empty((sum(map(len, rooms)), *rooms[0].shape[1:]), np.result_type(*rooms))
    at = 0
    while rooms:
        room = rooms.pop(0)
        found[at : at + len(room)] = room
        at += len(room)
    return found
