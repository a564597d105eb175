"""Which rows of two data sets have the same names, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.index import NONE, Index
from celoss_cli.core.names import Names
from celoss_cli.studies.compare.rows import Grown

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Join"]


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
