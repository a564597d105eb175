"""Arrays of one axis and one length, an array for each class, as the columns of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, quoted, visible
from celoss_cli.core.numbers import BLANKS
from celoss_cli.core.records import record
from celoss_cli.read.batches import streamed
from celoss_cli.read.json.values import ValueTable, whole_table
from celoss_cli.read.request import Dataset
from celoss_cli.read.roles.column import sample_size
from celoss_cli.read.roles.keys import INPUT_KEYS
from celoss_cli.read.roles.table import WholeTable
from celoss_cli.read.text.plain import NotPlain

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.column import Shape
    from celoss_cli.read.roles.table import Columns, Place

__all__ = ["are_columns", "are_of_one_length", "columns_of_arrays", "table_of_columns"]

_VALUES_AT_A_TIME = 1 << 17
_LEAST = 2
"""So many classes at least."""

_WIDEST = 8
"""Bytes of the widest number that is taken as it is."""


def are_columns(names: Collection[str], shape: Callable[[str], Shape | None], request: ReadRequest) -> bool:
    """Whether arrays are a table by columns that a loss over classes may be computed of.

    Args:
        names: of the arrays.
        shape: gives the shape of one, None where it cannot be read; asked where names leave that open.
        request: what is asked of the reader.

    """
    if not request.per_class or len(names) < _LEAST + (request.truth is None):
        return False
    if any(name.lower() in INPUT_KEYS for name in names):
        return False
    return are_of_one_length(map(shape, names))


def are_of_one_length(shapes: Iterable[Shape | None]) -> bool:
    """Whether arrays of these shapes have one axis each, and as many values."""
    extents = {None if found is None else found.extents for found in shapes}
    return len(extents) == 1 and all(one is not None and len(one) == 1 for one in extents)


def table_of_columns(columns: Mapping[str, Array], name: str, request: ReadRequest) -> Dataset:
    """The rows of these columns as a data set.

    Args:
        columns: arrays of shape (rows,) by name.
        name: of the file, for messages.
        request: what is asked of the reader.

    Raises:
        InputError: if the names do not settle the roles.

    """
    names, arrays, place = list(columns), list(columns.values()), _places(name, list(columns))
    rows, size = len(arrays[0]), max(1, _VALUES_AT_A_TIME // len(arrays))
    parts = [
        _Part(names, [one[start : start + size] for one in arrays], start, place)
        for start in range(0, rows, size)
    ]
    table = ValueTable(names, (row for part in parts for row in part.rows()), name, request)

    def batch(part: _Part, start: int) -> Batch:
        found = table.alike(part, start) if request.missing == "error" else None
        return table.batch(list(enumerate(part.rows(), part.first)), place, start) if found is None else found

    described = table.mapping.described()
    described["told"] = ["read column by column"]
    return Dataset({"columns": described}, streamed(parts, len, batch, request))


def _places(name: str, names: Sequence[str]) -> Place:
    def place(row: int, column: int | None) -> str:
        return f"{name}: $.{visible(names[column - 1])}[{row}]" if column else f"{name}: row {row}"

    return place


def columns_of_arrays(columns: Mapping[str, Array], name: str, request: ReadRequest) -> WholeTable:
    """These columns as a table of which some will be asked for.

    Args:
        columns: arrays of shape (rows,) by name.
        name: of the file, for messages.
        request: what is asked of the reader.

    """
    names, place = list(columns), _places(name, list(columns))
    whole = _Part(names, list(columns.values()), 0, place)
    first = _Part(names, [one[: sample_size(len(names)) + 1] for one in whole.arrays], 0, place)
    looked_at = whole_table(names, first.rows(), place, name, request).looked_at
    slow = lambda: whole_table(names, whole.rows(), place, name, request).columns  # noqa: E731
    return WholeTable(names, _Whole(whole, slow), name, looked_at)


@record(frozen=True, slots=True)
class _Whole:
    """All rows: as arrays where their types answer, else by the grammar of text."""

    part: _Part
    as_text: Callable[[], Columns]

    def numbers(self, columns: Sequence[int]) -> Array:
        try:
            return self.part.numbers(columns)
        except NotPlain:
            return self.as_text().numbers(columns)

    def texts(self, column: int) -> Sequence[str]:
        try:
            return self.part.texts(column)
        except NotPlain:
            return self.as_text().texts(column)

    def row_place(self, row: int) -> str:
        return self.part.row_place(row)


@record(frozen=True, slots=True)
class _Part:
    """Some rows of the arrays as cells of a table; questions that they cannot answer are ``NotPlain``.

    Attributes:
        names: of the columns.
        arrays: of shape (rows,).
        first: the number of the first row in the file.
        place: names a row, or one of its values.

    """

    names: Sequence[str]
    arrays: Sequence[Array]
    first: int
    place: Callable[[int, int | None], str]

    def __len__(self) -> int:
        return len(self.arrays[0])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as Python's own values."""
        yield from zip(*(one.tolist() for one in self.arrays), strict=True)

    def are_texts(self, columns: Iterable[int]) -> bool:
        """Whether any of these columns holds texts."""
        return any(self.arrays[column].dtype.kind in "US" for column in columns)

    def refuse_others(self, read: Iterable[int]) -> None:
        """Takes a closer look where a column that is read is of another kind."""
        if any(self.arrays[column].dtype.kind not in "iufbU" for column in read):
            raise NotPlain

    def numbers(self, columns: Sequence[int]) -> Array:
        """The numbers of some columns, shape (rows, columns), of float64."""
        return self._matrix(columns, "iuf")

    def answers(self, columns: Sequence[int]) -> Array:
        return self._matrix(columns, "iufb")

    def texts(self, column: int) -> list[str]:
        values = self.arrays[column]
        if values.dtype.kind not in "iuU":
            raise NotPlain
        return [str(value).strip(BLANKS) for value in values.tolist()]

    def coded(self, column: int) -> tuple[list[str], None]:
        return self.texts(column), None

    def row_place(self, row: int) -> str:
        return self.place(self.first + row, None)

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        name = quoted(self.names[column])
        error.fact = error.fact.replace("expected a number", f"expected a number in column {name}", 1)
        return error.at(self.place(self.first + row, column + 1))

    def _matrix(self, columns: Sequence[int], kinds: str) -> Array:
        found = np.empty((len(self), len(columns)))
        for at, column in enumerate(columns):
            values = self.arrays[column]
            if values.dtype.kind not in kinds or values.dtype.itemsize > _WIDEST:
                raise NotPlain
            found[:, at] = values
        if not (found < math.inf).all():  # of nan and inf it is asked whether they are allowed
            raise NotPlain
        return found
