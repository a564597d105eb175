"""A column as roles see it: its name, its type, and the values of its first rows; and an array likewise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from celoss_cli.core.numbers import BLANKS, MISSING, hundredths, number_or_none, numbers
from celoss_cli.core.records import record
from celoss_cli.read.roles.words import Named, named

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["TRUTH", "Column", "KnownNames", "Shape", "Stored", "Values", "sample_size", "value_of"]


class KnownNames:
    """Names without regard to case; of those that are numbers, the value counts.

    Args:
        names: of classes.

    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.casefold() for name in names}
        self._values = {value for name in self._names if (value := value_of(name)) is not None}

    def have(self, targets: Sequence[str]) -> bool:
        """Whether there are targets, and every one of them is such a name."""
        values = self._values
        known = (t.casefold() in self._names or (values and value_of(t) in values) for t in targets)
        return bool(targets) and all(known)


Stored = Literal["", "number", "text", "truth", "list", "other"]
"""The type of a column's values where the format has types; "" where a cell is as it is written."""

TRUTH = {"true": 1.0, "false": 0.0}
_WRITTEN = re.compile(r"[-+]?\d[\d.,_']*([eE][-+]?[0-9]+)?\s?%?")
"""As only numbers are written, in some grammar: 0,5 or 83% or 1_000 or 1e999."""

_LIST = re.compile(r"""\[\s*([\["'0-9+.-].*|[^,]+,.*)?\]""", re.DOTALL)
"""A first item that is quoted, a number or a list itself, or a comma."""

_CELLS = 1 << 14
_MOST_ROWS, _LEAST_ROWS = 256, 4


def sample_size(columns: int) -> int:
    """How many of the first rows are looked at; every format looks at as many."""
    return max(_LEAST_ROWS, min(_MOST_ROWS, _CELLS // max(1, columns)))


def value_of(text: str, decimal: str = ".") -> float | None:
    """The number that a cell is, if it is one; true is 1."""
    if text.lower() in TRUTH:
        return TRUTH[text.lower()]
    return number_or_none(text, decimal=decimal, allow_nonfinite=True)


@record(frozen=True, slots=True)
class Values:
    """The values of the first rows, those that are missing left out.

    Attributes:
        texts: as they are written.
        rows: which row each of them is of.
        numbers: what they are if all are numbers, shape (values,), else None.
        are_truth: whether all are true or false.
        mostly_numbers: whether half of them or more are numbers, or are written as only numbers are: 0,5 or
            83%. What else stands there is then refused in its place.

    """

    texts: tuple[str, ...]
    rows: tuple[int, ...]
    numbers: Array | None
    are_truth: bool
    mostly_numbers: bool = False

    @property
    def distinct(self) -> tuple[str, ...]:
        """The different texts in the order they come."""
        return tuple(dict.fromkeys(self.texts))

    @property
    def are_lists(self) -> bool:
        """Whether every text is written as a list: ['low', 'mid', 'high'], and not [SEP]."""
        return bool(self.texts) and all(map(_LIST.fullmatch, self.texts))

    @property
    def in_percent(self) -> bool:
        """Whether they are written as percents, which an option reads."""
        return self.mostly_numbers and any(hundredths(text) != text for text in self.texts)

    @property
    def are_texts(self) -> bool:
        return self.numbers is None and not self.are_truth

    @property
    def are_whole(self) -> bool:
        return self.numbers is not None and bool((self.numbers == np.floor(self.numbers)).all())

    @property
    def are_binary(self) -> bool:
        """Whether all are 0 or 1, or true or false."""
        return self.are_truth or (self.numbers is not None and bool(np.isin(self.numbers, (0, 1)).all()))

    @property
    def are_signs(self) -> bool:
        return self.numbers is not None and bool(np.isin(self.numbers, (-1, 1)).all())

    @property
    def are_fractions(self) -> bool:
        """Whether all are from 0 to 1, within the rounding of single precision."""
        return self.numbers is not None and bool(
            ((self.numbers >= -1e-6) & (self.numbers <= 1 + 1e-6)).all() and np.isfinite(self.numbers).all()
        )

    @property
    def are_unique(self) -> bool:
        return len(set(self.texts)) == len(self.texts)

    @property
    def digits(self) -> int:
        """The most digits after the decimal mark."""
        return max(map(_digits, self.texts), default=0)


def _digits(text: str) -> int:
    """How many digits a number has after the decimal mark, written without an exponent."""
    mantissa, _, exponent = text.lower().partition("e")
    mark = max(mantissa.find("."), mantissa.find(","))
    after = len(mantissa) - mark - 1 if mark >= 0 else 0
    return max(0, after - (int(exponent) if exponent.lstrip("+-").isdecimal() else 0))


@record(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: of the header; its position where there is none.
        says: what the name says.
        values: those of the first rows.
        stored: the type of its values.
        is_index: whether the file says that it holds the names of the rows.

    """

    name: str
    says: Named
    values: Values
    stored: Stored = ""
    is_index: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it may hold what a loss takes."""
        if self.stored:
            return self.stored == "number"
        return self.values.numbers is not None or self.values.mostly_numbers

    @property
    def is_no_number(self) -> bool:
        """Whether the type is none of numbers; a column of it that is named as a class is refused for it."""
        return self.stored in ("text", "list", "other")

    @property
    def can_name_rows(self) -> bool:
        """Whether values can be ids: texts, whole numbers, or some of either."""
        whole = self.values.are_whole or self.values.are_texts
        return self.stored in ("", "text") or (self.stored == "number" and whole)

    @property
    def is_empty(self) -> bool:
        return not self.values.texts

    @classmethod
    def of(
        cls,
        name: str,
        cells: Sequence[str],
        *,
        decimal: str = ".",
        stored: Stored = "",
        is_index: bool = False,
        has_name: bool = True,
        numbers: Array | None = None,
    ) -> Column:
        """A column with what its name and its cells say.

        Args:
            name: of the header, or the position.
            cells: the first rows.
            decimal: the decimal mark.
            stored: the type of its values.
            is_index: whether the file says that it holds the names of the rows.
            has_name: whether the name says anything.
            numbers: what the cells are, where it is known that all are numbers.

        """
        values = _values(cells, decimal, stored, numbers)
        return cls(name, named(name if has_name else "?"), values, stored, is_index)


@lru_cache(1)
def _rows(count: int) -> tuple[int, ...]:
    """All rows, one object for all columns that lack nothing."""
    return tuple(range(count))


def _values(cells: Sequence[str], decimal: str, stored: Stored, known: Array | None) -> Values:
    texts, rows = tuple(cell.strip(BLANKS) for cell in cells), _rows(len(cells))
    if not MISSING.isdisjoint(texts):
        rows = tuple(row for row in rows if texts[row] not in MISSING)
        texts = tuple(texts[row] for row in rows)
    if stored in ("text", "list", "other"):
        return Values(texts, rows, None, False)
    if known is None:
        known = numbers(texts, decimal=decimal) if texts else np.empty(0)
    if known is not None:
        return Values(texts, rows, known, False)
    if all(text.lower() in TRUTH for text in texts):
        return Values(texts, rows, np.array([TRUTH[text.lower()] for text in texts]), True)
    each = [None if text.lower() in TRUTH else value_of(text, decimal) for text in texts]
    odd = [text for text, value in zip(texts, each, strict=True) if value is None]
    if odd:
        mostly = 2 * len(odd) <= len(texts) or all(map(_WRITTEN.fullmatch, odd))
        return Values(texts, rows, None, False, mostly)
    return Values(texts, rows, np.array(each, np.float64), False)


@record(frozen=True, slots=True)
class Shape:
    """What an array is before it is read.

    Attributes:
        extents: of its axes.
        kind: of its values, as NumPy's types have it: "f", "i", "u", "b", "U".
        cells: its first values as text, where it has one axis.

    """

    extents: tuple[int, ...]
    kind: str
    cells: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Array) -> Shape:
        """The shape of an array, with the first values of one along a single axis."""
        first = values[: sample_size(1) + 1].tolist() if values.ndim == 1 else []
        cells = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in first)
        return cls(tuple(map(int, values.shape)), values.dtype.kind, cells)
