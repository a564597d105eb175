"""From a table to batches: the part of reading that knows roles, targets and numbers.

A format hands over cells, either as text (``Rows``) or parsed by a library (``plain.Plain``). Both
answer the same questions, and ``Assembler`` makes a batch of the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.errors import InputError, quoted, visible
from celoss_cli.records import record
from celoss_cli.sources.base import Dataset, ReadRequest
from celoss_cli.sources.columns import Mapping, Targets, Typed, map_columns
from celoss_cli.sources.numbers import MISSING, number, numbers

__all__ = [
    "Assembler",
    "Cells",
    "Columns",
    "Place",
    "Quoted",
    "Rows",
    "TableRow",
    "WholeTable",
    "dataset_of",
    "matrix_of",
    "whole_table",
]

_CELLS_AT_A_TIME = 1 << 17

TableRow = tuple[int, Sequence[str]]
"""Where a row is (a line number), and its cells."""

Place = Callable[[int, int | None], str]
"""Names a place by line and, if known, by column counted from 1."""


class Quoted(str):
    """A cell of text that looks like a number; its quotation marks keep it from being read as one."""

    __slots__ = ()


class Columns(Protocol):
    """Columns of which any may be asked for."""

    def numbers(self, columns: Sequence[int]) -> Array:
        """Shape (rows, columns), of floats."""

    def texts(self, column: int) -> Sequence[str]:
        """The cells of a column, without the blanks around them."""

    def ids(self, column: int) -> Sequence[str]:
        """As ``texts``, and without the marks of a text that looks like a number."""

    def row_place(self, row: int) -> str:
        """Names a row, counted from 0 here."""


class Cells(Columns, Protocol):
    """Some rows of a table."""

    def __len__(self) -> int: ...

    def answers(self, columns: Sequence[int]) -> Array:
        """As ``numbers``, where true and false are 1 and 0."""

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        """``error`` of one cell with its place."""


@record(frozen=True, slots=True)
class WholeTable:
    """A table that is not read for its rows.

    Attributes:
        names: the header.
        columns: what it holds.
        header: where the header is, for messages about it.
        typed: what is known of the columns beyond their names.

    """

    names: Sequence[str]
    columns: Columns
    header: str
    typed: Typed | None = None


@record(frozen=True, slots=True)
class Rows:
    """Rows of text cells, read by the one grammar; whatever it does not take is refused with its place."""

    names: Sequence[str]
    rows: Sequence[TableRow]
    place: Place
    request: ReadRequest

    def __len__(self) -> int:
        return len(self.rows)

    def complete(self, used: Sequence[int]) -> Array:
        """Which rows are without a missing cell in these columns."""
        return np.array([not any(cells[i].strip() in MISSING for i in used) for _, cells in self.rows], bool)

    def at(self, kept: Array) -> Rows:
        """Only these rows."""
        rows = [self.rows[row] for row in np.flatnonzero(kept).tolist()]
        return Rows(self.names, rows, self.place, self.request)

    def numbers(self, columns: Sequence[int]) -> Array:
        flat = [cells[column] for _, cells in self.rows for column in columns]
        values = numbers(flat, decimal=self.request.decimal)
        if values is None:
            values = np.array([self._one(row, column) for row in range(len(self)) for column in columns])
        return values.reshape(len(self), len(columns))

    def answers(self, columns: Sequence[int]) -> Array:
        spelled = {"true": "1", "false": "0"}
        plain = [
            (line, [spelled.get(cell.strip().lower(), cell) for cell in cells]) for line, cells in self.rows
        ]
        return Rows(self.names, plain, self.place, self.request).numbers(columns)

    def texts(self, column: int) -> Sequence[str]:
        return [cells[column].strip() for _, cells in self.rows]

    def ids(self, column: int) -> Sequence[str]:
        found = (cells[column] for _, cells in self.rows)
        return [(cell[1:-1] if isinstance(cell, Quoted) else cell).strip() for cell in found]

    def row_place(self, row: int) -> str:
        return self.place(self.rows[row][0], None)

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        name = quoted(self.names[column])
        error.fact = error.fact.replace("expected a number", f"expected a number in column {name}", 1)
        return error.at(self.place(self.rows[row][0], column + 1))

    def _one(self, row: int, column: int) -> float:
        try:
            return parsed_number(self.rows[row][1][column], self.request)
        except InputError as error:
            raise self.refusal(row, column, error) from None


def parsed_number(text: str, request: ReadRequest) -> float:
    """A number in the dialect that was asked for."""
    return number(text, decimal=request.decimal, allow_nonfinite=request.allow_nonfinite)


class Assembler:
    """Makes batches of a table's cells, by one mapping and one reading of the targets.

    Attributes:
        mapping: which column is what.
        targets: how the cells of a single target column are read, or None where they are numbers.

    """

    def __init__(self, mapping: Mapping, request: ReadRequest, first_row: Sequence[str] | None) -> None:
        self.mapping = mapping
        self._request = request
        self.targets: Targets | None = None
        self._way_out = _way_out(mapping, request, first_row)
        if request.truth is not None:
            request.truth.read_as(mapping.labels, request, mapping.spelled)
        elif request.per_class and len(mapping.target) == 1:
            example = first_row[mapping.target[0]].strip() if first_row else ""
            self.targets = Targets(
                mapping.labels,
                lambda text: parsed_number(text, request),
                example,
                request.settled,
                mapping.spelled,
            )
        elif request.per_class and request.settled.one_hot is None:
            cells = [first_row[column].strip() for column in mapping.target] if first_row else []
            request.settled.one_hot = all(cell in ("0", "1") for cell in cells)

    @property
    def conversions(self) -> tuple[str, ...]:
        """What is done to the targets, in words."""
        if self._request.truth is not None:
            return self._request.truth.conversions
        return (self.targets.conversion,) if self.targets else ()

    def complete(self, found: Rows, start: int) -> Batch:
        """The batch of these rows, without those where a value is missing if they are to be skipped."""
        if self._request.missing == "error":
            return self.batch(found, start)
        mapping, truth = self.mapping, self._request.truth
        kept, target = found.complete(mapping.used), None
        if truth is not None:
            ids = None if mapping.id is None else found.ids(mapping.id)
            kept, target = truth.of_complete(start, kept, ids, found.row_place)
        return self.batch(found.at(kept), start, int(np.count_nonzero(~kept)), target)

    def batch(self, cells: Cells, start: int, skipped: int = 0, target: Array | None = None) -> Batch:
        """The batch of these cells, whose first row is number ``start`` of the file.

        Args:
            cells: without any that is missing.
            start: counts the rows before, without those that were skipped.
            skipped: how many were skipped among these.
            target: the targets, where they are known already.

        """
        mapping, per_class = self.mapping, self._request.per_class
        try:
            input = cells.numbers(mapping.inputs)
        except InputError as error:
            error.hint = error.hint or self._way_out
            raise
        ids = None if mapping.id is None else cells.ids(mapping.id)
        target = self._target(cells, start, ids) if target is None else target
        if not per_class and len(mapping.inputs) == 1:
            input, target = input[:, 0], target.reshape(len(input))
        aligned = {}
        if mapping.weight is not None:
            aligned["sample weight"] = cells.numbers((mapping.weight,))[:, 0]
        return Batch(
            input=input,
            target=target,
            aligned=aligned,
            start=start,
            place=cells.row_place,
            ids=ids,
            labels=mapping.labels if per_class else None,
            conversions=self.conversions,
            skipped=skipped,
            groups=None if mapping.group is None else cells.ids(mapping.group),
        )

    def _target(self, cells: Cells, start: int, ids: Sequence[str] | None) -> Array:
        if self._request.truth is not None:
            return self._request.truth.of(start, len(cells), ids, cells.row_place)
        if self.targets:
            return self.targets.column(cells, self.mapping.target[0])
        answers = cells.answers(self.mapping.target)
        if not (self._request.per_class and self._request.settled.one_hot):
            return answers
        whole = answers.astype(np.int64)
        if (whole != answers).any():
            row = int(np.flatnonzero((whole != answers).any(axis=1))[0])
            raise InputError(
                "expected one-hot targets as in the first row, got other values",
                hint="probabilities are written as 1.0",
                place=cells.row_place(row),
            )
        return whole


def _way_out(mapping: Mapping, request: ReadRequest, first_row: Sequence[str] | None) -> str:
    """What to do where a column that nobody named for the input holds words; "" where none does."""
    if request.columns.classes is not None or first_row is None:
        return ""
    for column in mapping.inputs:
        if first_row[column].strip()[:1].isalpha():
            name = visible(mapping.names[column])
            return f"if {name} is no class: --class-columns NAMES or --id-column {name}"
    return ""


def dataset_of(
    names: Sequence[str], rows: Iterable[TableRow], place: Place, first: int, request: ReadRequest
) -> Dataset:
    """A table of text cells as a data set; ``first`` is where the header is, for messages about it."""
    try:
        mapping = map_columns(names, request)
    except InputError as error:
        raise error.at(place(first, None)) from None
    return Dataset({"columns": mapping.described()}, _batches(mapping, iter(rows), place, request))


def _batches(
    mapping: Mapping, rows: Iterator[TableRow], place: Place, request: ReadRequest
) -> Iterator[Batch]:
    per_batch = max(1, _CELLS_AT_A_TIME // len(mapping.names))
    assembler: Assembler | None = None
    start = request.start
    while block := list(islice(rows, per_batch)):
        assembler = assembler or Assembler(mapping, request, block[0][1])
        batch = assembler.complete(Rows(mapping.names, block, place, request), start)
        yield batch
        start += len(batch)


def whole_table(
    names: Sequence[str], rows: Iterable[TableRow], place: Place, first: int, request: ReadRequest
) -> WholeTable:
    """A table of text cells, read to its end; ``first`` is where the header is."""
    return WholeTable(names, Rows(names, list(rows), place, request), place(first, None))


def matrix_of(rows: Iterable[TableRow], names: Sequence[str], place: Place, request: ReadRequest) -> Array:
    """A table of nothing but numbers as an array: (rows, columns), or (rows,) for one column."""
    values: Any = Rows(names, list(rows), place, request).numbers(range(len(names)))
    return values[:, 0] if values.shape[1] == 1 else values
