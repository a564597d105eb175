"""What a result says: a view for people, values for programs. Every output format writes any of it.

A command makes a ``Document`` of its result, a format writes one. Neither knows the other: a new result
is a function that returns a document, a new format a function that takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from celoss_cli.core.late import np
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.show.blocks import Page, View
    from celoss_cli.show.verdicts import Line

__all__ = ["Checks", "Column", "Columns", "Document", "Parts", "Records", "Words"]


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


@record(frozen=True, slots=True)
class Checks:
    """What was held against limits.

    Attributes:
        suites: the names of the checks, each with its verdicts.
        told: the result in one line of a log, before the verdicts; "" for none.
        count: how many checks ended in which way, after them; "" for none.

    """

    suites: Sequence[tuple[str, Sequence[Line]]]
    told: str = ""
    count: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Document:
    """A result as every format may show it, each part made where a format asks for it.

    Attributes:
        view: makes what people read.
        values: makes the JSON object from the version of celoss; keys are only ever added.
        page: makes the view laid out for a page, or None where the view itself will do.
        number: makes the lines of ``--format value``, or None where there is no number.
        records: makes a table of data, or None where there is none.
        checks: makes the checks, or None for a result that is held against nothing.
        array: makes the array of losses or gradients, or None where there is none.

    """

    view: Callable[[], View]
    values: Callable[[str], dict[str, Any]]
    page: Callable[[], Page] | None = None
    number: Callable[[], Iterable[str]] | None = None
    records: Callable[[], Records | Columns] | None = None
    checks: Callable[[], Checks] | None = None
    array: Callable[[], Parts] | None = None
