"""Reused buffers, one set a thread.

A kernel asks for the same few arrays for every block. Fresh ones of this size come as untouched
pages from the operating system, and touching them costs more than the arithmetic. So the buffers of a
thread that ends are handed on to the next one that starts.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.late import np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


__all__ = ["Order", "Scratch"]

Order = Literal["C", "F"]


class Scratch:
    """Named arrays that grow when needed and are otherwise used again; their content is garbage."""

    def __init__(self) -> None:
        self._last: dict[Hashable, tuple[int | tuple[int, ...], NDArray[Any]]] = {}

    @staticmethod
    def here() -> Scratch:
        """The buffers of the calling thread."""
        lease: _Lease | None = getattr(_LOCAL, "lease", None)
        if lease is None:
            lease = _LOCAL.lease = _Lease()
        return lease.scratch

    def array(
        self,
        name: str,
        shape: int | tuple[int, ...],
        dtype: DTypeLike = "float64",
        order: Order = "C",
    ) -> NDArray[Any]:
        """An array of this shape and memory order; the next call with the same name reuses it."""
        key = (name, dtype, order)
        last = self._last.get(key)
        if last is not None and last[0] == shape:
            return last[1]
        extents = (shape,) if isinstance(shape, int) else shape
        size = math.prod(extents)
        buffer = None if last is None else last[1].base
        if buffer is None or buffer.size < size:
            buffer = np.empty(size, dtype)
        found = buffer[:size].reshape(extents, order=order)
        self._last[key] = (shape, found)
        return found


class _Lease:
    """The buffers that a thread has until it ends."""

    def __init__(self) -> None:
        try:
            self.scratch = _IDLE.pop()
        except IndexError:
            self.scratch = Scratch()
        weakref.finalize(self, _IDLE.append, self.scratch)


_LOCAL = threading.local()
_IDLE: deque[Scratch] = deque(maxlen=8)
"""The last buffers of threads that ended."""
