"""Reused buffers, one set a thread.

A kernel asks for the same few arrays for every block. Fresh ones of this size come as untouched
pages from the operating system, and touching them costs more than the arithmetic.
"""

from __future__ import annotations

import math
import threading
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Order", "Scratch"]

Order = Literal["C", "F"]


class Scratch:
    """Named arrays that grow when needed and are otherwise used again; their content is garbage."""

    _local = threading.local()

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, str], NDArray[Any]] = {}
        self._counting: NDArray[Any] = np.arange(0)

    @classmethod
    def here(cls) -> Scratch:
        """The buffers of the calling thread."""
        found: Scratch | None = getattr(cls._local, "scratch", None)
        if found is None:
            found = cls._local.scratch = cls()
        return found

    def array(
        self,
        name: str,
        shape: int | tuple[int, ...],
        dtype: DTypeLike = np.float64,
        order: Order = "C",
    ) -> NDArray[Any]:
        """An array of this shape and memory order; the next call with the same name reuses it."""
        shape = (shape,) if isinstance(shape, int) else shape
        size = math.prod(shape)
        key = (name, np.dtype(dtype).str)
        buffer = self._buffers.get(key)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[key] = np.empty(size, dtype)
        return buffer[:size].reshape(shape, order=order)

    def counting(self, size: int) -> NDArray[Any]:
        """0, 1, ... size - 1, to be read only."""
        if self._counting.size < size:
            self._counting = np.arange(size)
            self._counting.flags.writeable = False
        return self._counting[:size]
