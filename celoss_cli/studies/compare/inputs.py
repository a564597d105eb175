"""The inputs of many rows by the numbers of their rows, in a temporary file where they are many."""

from __future__ import annotations

import pickle
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.spool import Spool

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Inputs"]

_ROOM_BYTES = 1 << 22


class Inputs:
    """Rows of one shape. They may come in any order; each room of some megabytes is read as a whole.

    Attributes:
        count: how many rows came.

    """

    def __init__(self) -> None:
        self.count = 0
        self._each = 0
        self._spool = Spool(2 * _ROOM_BYTES)
        self._parts: defaultdict[int, list[int]] = defaultdict(list)
        self._last: tuple[int, Array] = (-1, np.empty(0))

    def append(self, values: Array) -> None:
        """Takes the rows after all that came."""
        self.add(np.arange(self.count, self.count + len(values)), values)

    def add(self, numbers: Array, values: Array) -> None:
        """Takes the rows of these numbers."""
        self._each = self._each or max(1, _ROOM_BYTES // max(1, values[:1].nbytes))
        self.count += len(values)
        rooms = numbers // self._each
        order = np.argsort(rooms, kind="stable")
        first = np.flatnonzero(np.diff(rooms[order], prepend=-1))
        for which in np.split(order, first[1:]) if len(order) else ():
            file = self._spool.written
            self._parts[int(rooms[which[0]])].append(file.tell())
            places = (numbers[which] % self._each).astype(np.min_scalar_type(self._each))
            pickle.dump((places, values[which]), file, pickle.HIGHEST_PROTOCOL)

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
