"""An array that grows at its end: its parts need not be held until all of them are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Grown"]


class Grown:
    """Parts along the first axis as one array, with room for as many again."""

    def __init__(self) -> None:
        self._room: Array | None = None
        self._count = 0

    def takes(self, values: Array) -> bool:
        """Whether these have the extents of the others."""
        return self._room is None or self._room.shape[1:] == values.shape[1:]

    def add(self, values: Array) -> None:
        """Appends values of the same extents beyond the first axis; types widen as they must."""
        end = self._count + len(values)
        kind = values.dtype if self._room is None else np.result_type(self._room, values)
        if self._room is None or len(self._room) < end or self._room.dtype != kind:
            larger = np.empty((max(end, 2 * self._count), *values.shape[1:]), kind)
            if self._room is not None:
                larger[: self._count] = self._room[: self._count]
            self._room = larger
        self._room[self._count : end] = values
        self._count = end

    def whole(self) -> Array:
        """All of it, shape (rows, ...)."""
        return np.zeros(0) if self._room is None else self._room[: self._count]
