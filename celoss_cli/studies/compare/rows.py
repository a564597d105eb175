"""Rows as they come: arrays that grow, and inputs by number, in a temporary file where they are many."""

from __future__ import annotations

import pickle
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.spool import Spool

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Grown", "Inputs"]

_ROOM_BYTES = 1 << 20
"""Of a room of an array in memory."""

_FILED_BYTES = 1 << 22
"""Of a room in a file, which is read as a whole."""


class Grown:
    """An array that grows at its end, of parts that need not be held until all of them are there.

    They are filled into rooms of one size, which are never copied.
    """

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


class Inputs:
    """The inputs of many rows of one shape by the numbers of their rows, in any order.

    Attributes:
        count: how many rows came.

    """

    def __init__(self) -> None:
        self.count = 0
        self._each = 0
        self._spool = Spool(2 * _FILED_BYTES)
        self._parts: defaultdict[int, list[int]] = defaultdict(list)
        self._last: tuple[int, Array] = (-1, np.empty(0))

    def append(self, values: Array) -> None:
        """Takes the rows after all that came."""
        start, begin = self.count, 0
        self._began(values)
        while begin < len(values):
            room, at = divmod(start + begin, self._each)
            part = values[begin : begin + self._each - at]
            self._file(room, np.arange(at, at + len(part)), part)
            begin += len(part)

    def add(self, numbers: Array, values: Array) -> None:
        """Takes the rows of these numbers."""
        self._began(values)
        rooms = numbers // self._each
        order = np.argsort(rooms, kind="stable")
        first = np.flatnonzero(np.diff(rooms[order], prepend=-1))
        for which in np.split(order, first[1:]) if len(order) else ():
            self._file(int(rooms[which[0]]), numbers[which] % self._each, values[which])

    def _began(self, values: Array) -> None:
        """Counts rows that come; the first ones say how many fit a room."""
        self._each = self._each or max(1, _FILED_BYTES // max(1, values[:1].nbytes))
        self.count += len(values)

    def _file(self, room: int, places: Array, values: Array) -> None:
        """Appends rows at these places of a room."""
        file = self._spool.written
        self._parts[room].append(file.tell())
        pickle.dump((places.astype(np.min_scalar_type(self._each)), values), file, pickle.HIGHEST_PROTOCOL)

    def rows(self, start: int, stop: int) -> Array:
        """The rows of these numbers, all of which came, shape (stop - start, ...), contiguous."""
        found = []
        while start < stop:
            room, at = divmod(start, self._each)
            found.append(self._room(room)[at : at + stop - start])
            start += len(found[-1])
        return np.ascontiguousarray(found[0] if len(found) == 1 else np.concatenate(found))

    def _room(self, room: int) -> Array:
        if room != self._last[0]:
            parts = list(self._read(room))
            places, values = (np.concatenate(each) for each in zip(*parts, strict=True))
            in_order = bool((places[1:] > places[:-1]).all())
            self._last = room, values if in_order else values[np.argsort(places, kind="stable")]
        return self._last[1]

    def _read(self, room: int) -> list[tuple[Array, Array]]:
        file = self._spool.read()
        found = []
        for offset in self._parts[room]:
            file.seek(offset)
            found.append(pickle.load(file))  # noqa: S301 - our own
        return found
