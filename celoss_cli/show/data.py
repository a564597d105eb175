"""What a result holds for programs beside its values: tables of records or columns, and arrays of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from celoss_cli.core.late import np
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Column", "Columns", "Parts", "Records", "Words"]


@record(frozen=True, slots=True)
class Parts:
    """An array of numbers, in parts.

    Attributes:
        rows: how many there are in all of its parts.
        parts: arrays of float64, joined along their first axis.

    """

    rows: int
    parts: Iterable[Array]


@record(frozen=True, slots=True)
class Records:
    """A table of data: of the elements, or of the whole in one record.

    Attributes:
        names: of the columns.
        records: their values: numbers, texts, tuples of numbers, None.
        each: whether a record is an element.

    """

    names: Sequence[str]
    records: Iterable[Sequence[Any]]
    each: bool


@record(frozen=True, slots=True)
class Words:
    """A column in which each value is one of a few.

    Attributes:
        codes: shape (rows,), from 0 on.
        words: by code: texts, or None for nothing.

    """

    codes: Array
    words: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice) -> Words:
        """Some rows, with the words that occur there."""
        codes = self.codes[rows]
        used = np.flatnonzero(np.bincount(codes, minlength=len(self.words)))
        place = np.zeros(len(self.words), np.intp)
        place[used] = np.arange(len(used))
        return Words(place.take(codes), [self.words[code] for code in used.tolist()])


Column: TypeAlias = "Array | Sequence[Any] | Words | None"
"""Numbers, (rows,) or (rows, values) where a row has several; texts, and numbers among them; or nothing."""


@record(frozen=True, slots=True)
class Columns:
    """A long table of data, a record an element, as columns of some of its rows at a time.

    Attributes:
        names: of the columns.
        blocks: a column for each name; the first one is never nothing.

    """

    names: Sequence[str]
    blocks: Iterable[Sequence[Column]]
