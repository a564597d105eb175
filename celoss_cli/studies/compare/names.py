"""The names of many rows in little memory, and which rows of two data sets have the same ones.

Rows are found by the hashes of their names and held exactly to their texts: a dictionary of a million names
takes 150 MB, their hashes, sorted, and where each text begins take 20 MB.
"""

from __future__ import annotations

import bisect
import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.studies.compare.rows import Grown

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["NONE", "Index", "Join", "Names", "Part", "first_repeat", "joined"]


class Names(Sequence[str]):
    """Names in parts, each one text: a tenth of the memory of a list of texts. Going on is quick."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._ends = [0, *itertools.accumulate(part.count for part in parts)]
        self._last: tuple[int, list[str]] = (-1, [])

    def __len__(self) -> int:
        return self._ends[-1]

    def __iter__(self) -> Iterator[str]:
        return itertools.chain.from_iterable(part.names() for part in self.parts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step != 1:
                return [self[i] for i in range(start, stop, step)]
            return list(itertools.chain.from_iterable(self._between(start, stop)))
        number = bisect.bisect_right(self._ends, at) - 1
        return self._of(number)[at - self._ends[number]]

    def _between(self, start: int, stop: int) -> Iterator[list[str]]:
        """The names of these rows, those of a part at a time."""
        for number, part in enumerate(self.parts):
            begin = self._ends[number]
            if start < begin + part.count and begin < stop:
                yield self._of(number)[max(0, start - begin) : stop - begin]

    def _of(self, number: int) -> list[str]:
        if number != self._last[0]:
            self._last = (number, self.parts[number].names())
        return self._last[1]


@record(frozen=True, slots=True)
class Part:
    """Some names as one text.

    Attributes:
        count: how many.
        text: of all of them, with a separator that is in none.
        separator: between them.

    """

    count: int
    text: str
    separator: str

    @classmethod
    def of(cls, names: Sequence[str]) -> Part:
        separator = "\n"
        while any(separator in name for name in names):
            separator += "\x00"
        return cls(len(names), separator.join(names), separator)

    def names(self) -> list[str]:
        return self.text.split(self.separator)


def joined(parts: Sequence[Sequence[str] | None]) -> Names | None:
    """All names of these parts, None where one of them has none."""
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    texts = [names.parts if isinstance(names, Names) else [Part.of(names)] for names in known]
    return Names(list(itertools.chain.from_iterable(texts)))


NONE = -1
"""The row of a name that the other data set does not have."""

_ROWS = 1 << 16
"""So many names are looked up at a time."""


class Join:
    """The row of A for each row of B, batch by batch as B is read.

    Rows that stand as those of A do need no table of names.
    """

    def __init__(self, ours: Names | None, *, by_position: bool) -> None:
        self._ours, self._by_position = ours, by_position
        self._next = iter(ours or ())
        self._count = 0
        self._index: Index | None = None
        self._rows = Grown()

    def add(self, names: Sequence[str] | None, count: int) -> Array:
        """The rows of A for the next rows of B, shape (count,); ``NONE`` where A has none.

        Args:
            names: of these rows, or None.
            count: how many they are.

        """
        rows = self._found(names, count)
        self._rows.add(rows)
        self._count += count
        return rows

    def whole(self) -> Array:
        """The row of A for each row of B, shape (rows,), once all of them came: its table is given back."""
        self._index = None
        return self._rows.whole().astype(np.int64, copy=False)

    def _found(self, names: Sequence[str] | None, count: int) -> Array:
        standing = np.arange(self._count, self._count + count)
        if self._by_position or self._ours is None or names is None:
            return standing if self._by_position or self._ours is names else np.full(count, NONE)
        if self._index is None:
            ours = list(itertools.islice(self._next, count))
            if len(ours) == count and all(map(operator.eq, ours, names)):
                return standing
            self._index = Index(self._ours)
        index = self._index
        parts = [index.rows(names[start : start + _ROWS]) for start in range(0, count, _ROWS)]
        return np.concatenate(parts) if parts else standing


class Index:
    """Finds the rows of names."""

    def __init__(self, names: Names) -> None:
        self._texts = [part.text for part in names.parts]
        self._gaps = np.array([len(part.separator) for part in names.parts])
        self._ends = np.cumsum([part.count for part in names.parts])
        self._begins = np.concatenate([_begins(part.names(), len(part.separator)) for part in names.parts])
        hashes = _hashes(names)
        self._row = np.argsort(hashes, kind="stable").astype(np.min_scalar_type(-len(hashes)))
        self._hashes = hashes[self._row]
        again = self._hashes[1:] == self._hashes[:-1]
        self._shared = np.append(again, False) | np.append(False, again)
        self._by_name: dict[str, int] = {}
        for row in np.sort(self._row[self._shared]).tolist():
            self._by_name.setdefault(names[row], row)

    def rows(self, names: Sequence[str]) -> Array:
        """The row of each name, shape (names,), the first where several have it; ``NONE`` where none has."""
        hashes = _hashes(names)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        rows = np.where(self._hashes[at] == hashes, self._row[at].astype(np.int64), NONE)
        alone = np.flatnonzero((rows != NONE) & ~self._shared[at])
        rows[alone[~self._have(rows[alone], [names[i] for i in alone.tolist()])]] = NONE
        for i in np.flatnonzero((rows != NONE) & self._shared[at]).tolist():
            rows[i] = self._by_name.get(names[i], NONE)
        return rows

    def _have(self, rows: Array, names: Sequence[str]) -> Array:
        """Which of these rows have exactly these names, shape (rows,)."""
        part = np.searchsorted(self._ends, rows, side="right")
        begins, ends = self._begins[rows + part], self._begins[rows + part + 1] - self._gaps[part]
        texts = self._texts
        found = (
            texts[number][begin:end] == name
            for number, begin, end, name in zip(
                part.tolist(), begins.tolist(), ends.tolist(), names, strict=True
            )
        )
        return np.fromiter(found, bool, len(rows))


def first_repeat(names: Sequence[str]) -> tuple[int, int] | None:
    """The first row that has the name of a row before it, after that row; None where each name is once."""
    hashes = _hashes(names)
    hashes.sort()
    shared = hashes[1:][hashes[1:] == hashes[:-1]]
    if not len(shared):
        return None
    first: dict[str, int] = {}
    for row in np.flatnonzero(np.isin(_hashes(names), shared)).tolist():
        before = first.setdefault(names[row], row)
        if before != row:
            return before, row
    return None


def _hashes(names: Sequence[str]) -> Array:
    return np.fromiter(map(hash, names), np.int64, len(names))


def _begins(names: Sequence[str], gap: int) -> Array:
    """Where each text begins in all of them joined, and where one more would, shape (names + 1,)."""
    sizes = np.fromiter(map(len, names), np.int64, len(names)) + gap
    begins = np.append(0, np.cumsum(sizes))
    return begins.astype(np.int32 if begins[-1] < 1 << 31 else np.int64)
