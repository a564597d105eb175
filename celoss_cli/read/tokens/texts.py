"""The texts of many tokens in two arrays, where few of millions are ever looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Texts", "joined"]


@record(frozen=True, slots=True)
class Texts(Sequence[str]):
    """Texts, made when they are asked for; to NumPy an array of objects.

    Attributes:
        codes: the characters of all of them, of uint8 where all are ASCII, else of uint32.
        ends: where each one ends in them, and the next one begins; shape (texts,).
        start: where the first one begins.

    """

    codes: Array
    ends: Array
    start: int = 0

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(object)

    @property
    def size(self) -> int:
        return len(self)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Texts: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step == 1:
                begins = self.start if not start else int(self.ends[start - 1])
                return Texts(self.codes, self.ends[start:stop], begins)
        elif isinstance(at, int | np.integer):
            at = range(len(self))[at]
            return self._between(int(self.ends[at - 1]) if at else self.start, int(self.ends[at]))
        return np.asarray(self)[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tolist())

    def tolist(self) -> list[str]:
        first, last = self.start, int(self.ends[-1]) if len(self) else self.start
        whole = self._between(first, last)
        places = [0, *(self.ends - first).tolist()]
        return [whole[start:end] for start, end in pairwise(places)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        found = np.empty(len(self), object)
        found[:] = self.tolist()
        return found

    def _between(self, start: int, end: int) -> str:
        codes = self.codes[start:end]
        if codes.dtype == np.uint8:
            return codes.tobytes().decode("ascii")
        return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


def joined(parts: Sequence[Texts]) -> Texts:
    """The texts of all parts."""
    codes = [part.codes[part.start : int(part.ends[-1]) if len(part) else part.start] for part in parts]
    starts = np.cumsum([0, *map(len, codes)]).tolist()
    ends = [part.ends - part.start + start for part, start in zip(parts, starts, strict=False)]
    none: list[Array] = [np.zeros(0, np.uint8)]
    return Texts(np.concatenate(codes or none), np.concatenate(ends or [np.zeros(0, np.int64)]))
