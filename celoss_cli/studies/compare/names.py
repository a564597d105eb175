"""Which rows of two data sets have the same names: candidates by hashes, and what they are by their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.names import Names
from celoss_cli.studies.compare.rows import Grown

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["NONE", "Index", "Join", "first_repeat"]

NONE = -1
"""The row of a name that the other data set does not have."""


class Join:
    """The row of A for each row of B, batch by batch as B is read.

    Rows that stand as those of A do need no table of names.
    """

    def __init__(self, ours: Sequence[str] | None, *, by_position: bool) -> None:
        self._ours = None if ours is None else Names.of(ours)
        self._by_position = by_position
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
            return standing if self._by_position or names is self._ours else np.full(count, NONE)
        theirs = Names.of(names)
        if self._index is None:
            ours = self._ours[self._count : self._count + count]
            if len(ours) == count and ours.same(theirs).all():
                return standing
            self._index = Index(self._ours)
        return self._index.rows(theirs)


class Index:
    """Finds the rows of names, of which there is at least one."""

    def __init__(self, names: Names) -> None:
        self._names = names
        hashes = names.hashes()
        self._row = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._row]

    def rows(self, names: Names) -> Array:
        """The row of each name, shape (names,), the first where several have it; ``NONE`` where none has."""
        hashes = names.hashes()
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        rows = np.where(self._hashes[at] == hashes, self._row[at], NONE)
        known = np.flatnonzero(rows != NONE)
        for i in known[~self._names[rows[known]].same(names[known])].tolist():
            rows[i] = self._beyond_hash(names[i], hashes[i])
        return rows

    def _beyond_hash(self, name: str, hash_of_it: Array) -> int:
        """The row of a name whose hash another one has too."""
        first, end = (np.searchsorted(self._hashes, hash_of_it, side) for side in ("left", "right"))
        return next((row for row in self._row[first:end].tolist() if self._names[row] == name), NONE)


def first_repeat(names: Names) -> tuple[int, int] | None:
    """The first row that has the name of a row before it, after that row; None where each name is once."""
    if names.rising():
        return None
    hashes = np.sort(names.hashes())
    if (hashes[1:] != hashes[:-1]).all():
        return None
    rows = Index(names).rows(names)
    again = np.flatnonzero(rows != np.arange(len(rows)))
    return (int(rows[again[0]]), int(again[0])) if len(again) else None
