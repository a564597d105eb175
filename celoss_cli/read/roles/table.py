"""From a table to batches: the part of reading that knows roles, targets and numbers.

A format hands over cells: as text (``Rows``), parsed many at a time (``plain.Plain``, ``frame.Framed``), or
by their types (``arrow.columnar``). All answer the same questions, of which ``Assembler`` makes a batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, quoted, visible
from celoss_cli.core.numbers import BLANKS, MISSING, hundredths, numbers
from celoss_cli.core.records import record
from celoss_cli.read.roles.targets import Targets, parsed_number

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.answers import Answers, Decisions
    from celoss_cli.read.roles.column import Column
    from celoss_cli.read.roles.found import Assignment

    class Columns(Protocol):
        """Columns of which any may be asked for."""

        def numbers(self, columns: Sequence[int]) -> Array:
            """Shape (rows, columns), of floats."""

        def texts(self, column: int) -> Sequence[str]:
            """The cells of a column, without the blanks around them and the marks of a ``Quoted`` one."""

        def row_place(self, row: int) -> str:
            """Names a row, counted from 0 here."""

    class Cells(Columns, Protocol):
        """Some rows of a table."""

        def __len__(self) -> int: ...

        def answers(self, columns: Sequence[int]) -> Array:
            """Targets as ``numbers`` has them, where true and false are 1 and 0; integers may be kept."""

        def coded(self, column: int) -> tuple[Sequence[str], Array | None]:
            """The different texts of a column, and for each row the number of its text.

            Or the texts of all rows, and None. A text that is missing is refused where it has a mark for it.
            """

        def refusal(self, row: int, column: int, error: InputError) -> InputError:
            """``error`` of one cell with its place."""

    class Incomplete(Cells, Protocol):
        """Rows of which some may lack a value."""

        def present(self, columns: Sequence[int], known: Container[str] = ()) -> Array:
            """Which rows have a value in all of these columns, shape (rows,); known texts are values."""

        def at(self, kept: Array) -> Cells:
            """Only these rows, shape (rows,) of bool."""


__all__ = [
    "Assembler",
    "Place",
    "Quoted",
    "Rows",
    "TableRow",
    "WholeTable",
    "matrix_of",
]

_CELLS_LOOKED_AT = 1 << 17
"""Of so many cells, whatever blocks they come in, the targets show how all of them are read."""

_ONE_HOT = frozenset(("0", "1", "false", "true"))
"""Cells of one-hot columns; 1.0 is a probability."""

TableRow = tuple[int, Sequence[str]]
"""Where a row is (a line number), and its cells."""

Place = Callable[[int, int | None], str]
"""Names a place by line and, if known, by column counted from 1."""


class Quoted(str):
    """A cell of text that looks like a number; its quotation marks keep it from being read as one."""

    __slots__ = ()


@record(frozen=True, slots=True)
class WholeTable:
    """A table that is not read for its rows.

    Attributes:
        names: the header.
        columns: what it holds.
        header: where the header is, for messages about it.
        looked_at: the columns with the values of their first rows.
        positions: whether the names only count the columns.
        other_reading: what else its first line could be, and the option that says so; else "".

    """

    names: Sequence[str]
    columns: Columns
    header: str
    looked_at: Sequence[Column] = ()
    positions: bool = False
    other_reading: str = ""


@record(frozen=True, slots=True)
class Rows:
    """Rows of text cells, read by the one grammar; whatever it does not take is refused with its place."""

    names: Sequence[str]
    rows: Sequence[TableRow]
    place: Place
    request: ReadRequest

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, kept: Array) -> Rows:
        """Only these rows."""
        rows = [self.rows[row] for row in np.flatnonzero(kept).tolist()]
        return Rows(self.names, rows, self.place, self.request)

    def present(self, columns: Sequence[int], known: Container[str] = ()) -> Array:
        return np.array([_are_present(cells, columns, known) for _, cells in self.rows], bool)

    def numbers(self, columns: Sequence[int]) -> Array:
        flat = [cells[column] for _, cells in self.rows for column in columns]
        if self.request.percent:
            flat = list(map(hundredths, flat))
        values = numbers(flat, decimal=self.request.decimal)
        if values is None:
            values = np.array([self._one(row, column) for row in range(len(self)) for column in columns])
        return values.reshape(len(self), len(columns))

    def answers(self, columns: Sequence[int]) -> Array:
        with contextlib.suppress(InputError):
            return self.numbers(columns)
        spelled = {"true": "1", "false": "0"}
        plain = [
            (line, [spelled.get(cell.strip(BLANKS).lower(), cell) for cell in cells])
            for line, cells in self.rows
        ]
        return Rows(self.names, plain, self.place, self.request).numbers(columns)

    def texts(self, column: int) -> Sequence[str]:
        found = (cells[column] for _, cells in self.rows)
        return [(cell[1:-1] if isinstance(cell, Quoted) else cell).strip(BLANKS) for cell in found]

    def coded(self, column: int) -> tuple[Sequence[str], None]:
        return self.texts(column), None

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


def _are_present(cells: Sequence[str], columns: Sequence[int], known: Container[str] = ()) -> bool:
    found = (cells[column].strip(BLANKS) for column in columns)
    return not any(cell in MISSING and cell not in known for cell in found)


class Assembler:
    """Makes batches of a table's cells, by one mapping and one reading of the targets.

    How targets are read is settled by the first rows: those that are given here, or else those of the first
    batch, before which no other is to be made.

    Args:
        mapping: which column is what.
        request: what is asked of the reader.
        rows: the first ones of cells of text, where the format has no types.
        of_lists: whether a single column of targets has one for each class in its cells.

    Attributes:
        mapping: which column is what.
        targets: how the cells of a single column of classes are read, or None where they are numbers.
        answers: how those of a binary loss are read, or None where they are numbers.

    """

    def __init__(
        self,
        mapping: Assignment,
        request: ReadRequest,
        rows: Iterable[Sequence[str]] | None = None,
        *,
        of_lists: bool = False,
    ) -> None:
        self.mapping = mapping
        self._request = request
        single = len(mapping.target) == 1 and not of_lists
        self._by_class = single and request.per_class and request.truth is None
        others = (mapping.weight, mapping.predicted)  # ids and names of groups may look like anything
        self._never_missing = [*mapping.inputs, *(column for column in others if column is not None)]
        self._names: Container[str] = mapping.labels if single else ()
        self.targets: Targets | None = None
        self.answers: Answers | None = None
        if mapping.positive is not None and single and not request.per_class:
            from celoss_cli.read.roles.answers import Answers  # of a binary loss, in words

            self.answers = Answers(mapping.positive, mapping.answers, request.answers)
            request.settled.answers = mapping.answers
        self._decisions: Decisions | None = None
        if mapping.predicted is not None:
            from celoss_cli.read.roles.answers import Decisions

            self._decisions = Decisions(mapping.names[mapping.predicted], mapping.decided)
        self._truth = request.truth
        if self._truth is not None:
            self._truth.read_as(mapping.labels, request, mapping.spelled)
        self._way_out = ""
        if rows is not None:
            self._settle_by(rows)

    def _settle_by(self, rows: Iterable[Sequence[str]]) -> None:
        """Settles how targets are read by the first of these rows, of those that lack nothing."""
        mapping, request = self.mapping, self._request
        complete = self._complete(islice(rows, max(1, _CELLS_LOOKED_AT // len(mapping.names))))
        first_row = next(complete, None)
        self._way_out = _way_out(mapping, request, first_row)
        if self._by_class:
            found = complete if first_row is None else chain([first_row], complete)
            self._settle(row[mapping.target[0]].strip(BLANKS) for row in found)
        elif request.per_class and self._truth is None and request.settled.one_hot is None:
            cells = [first_row[column].strip(BLANKS) for column in mapping.target] if first_row else [""]
            request.settled.one_hot = all(cell.lower() in _ONE_HOT for cell in cells)

    def _settle(self, examples: Iterable[str]) -> Targets:
        mapping = self.mapping
        self.targets = Targets(mapping.labels, examples, self._request, mapping.spelled)
        self._names = self.targets.names
        return self.targets

    def _complete(self, rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
        numbers, target, names = self._never_missing, self.mapping.target, self._names
        with contextlib.suppress(InputError):  # it is told where it stands, and not before what stands before
            for cells in rows:
                if _are_present(cells, numbers) and _are_present(cells, target, names):
                    yield cells

    @property
    def conversions(self) -> tuple[str, ...]:
        """What is done to the targets and the input, in words."""
        turned = () if self._decisions is None else (self._decisions.conversion,)
        if self._truth is not None:
            return (*self._truth.conversions, *turned)
        reading = self.answers or self.targets
        return turned if reading is None else (reading.conversion, *turned)

    @property
    def in_words(self) -> bool:
        """Whether targets have to be read as text."""
        return self.answers is not None or (self.targets is not None and self.targets.in_words)

    def complete(self, found: Incomplete, start: int) -> Batch:
        """The batch of these rows, without those where a value is missing if they are to be skipped."""
        if self._request.missing == "error":
            return self.batch(found, start)
        kept = found.present(self._never_missing) & found.present(self.mapping.target, self._names)
        target = None
        if self._truth is not None:
            ids = None if self.mapping.id is None else found.texts(self.mapping.id)
            kept, target = self._truth.of_complete(start, kept, ids, found.row_place)
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
        if self._decisions is not None and mapping.predicted is not None:
            input = self._turned(input, self._decisions, cells, mapping.predicted)
        ids = None if mapping.id is None else cells.texts(mapping.id)
        target = self._target(cells, start, ids) if target is None else target
        if not per_class and input.shape[1:] == (1,):
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
            labels=(mapping.labels or None) if per_class else None,
            conversions=self.conversions,
            skipped=skipped,
            groups=None if mapping.group is None else cells.texts(mapping.group),
        )

    def _turned(self, input: Array, decisions: Decisions, cells: Cells, predicted: int) -> Array:
        """The probability of the positive answer, shape (rows, 1), of that of the class predicted."""
        texts, codes = cells.coded(predicted)
        texts = texts if codes is None else [texts[code] for code in codes.tolist()]
        fail = lambda row, error: cells.refusal(row, predicted, error)  # noqa: E731
        return decisions.turned(input[:, 0], texts, fail)[:, None]

    def _target(self, cells: Cells, start: int, ids: Sequence[str] | None) -> Array:
        if self._truth is not None:
            return self._truth.of(start, len(cells), ids, cells.row_place)
        if self._by_class:
            return self._classes(cells, self.mapping.target[0])
        if self.answers is not None:
            return _read(self.answers, cells, self.mapping.target[0])[:, None]
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

    def _classes(self, cells: Cells, column: int) -> Array:
        """The class indices of a column, shape (rows,) of int64."""
        targets = self.targets
        if targets is None:
            if not len(cells):
                return np.empty(0, np.int64)
            targets = self._settle(cells.coded(column)[0])
        if not targets.in_words:
            with contextlib.suppress(InputError):
                found = targets.of_numbers(cells.answers((column,))[:, 0])
                if found is not None:
                    return found
        return _read(targets, cells, column)


def _read(reading: Targets | Answers, cells: Cells, column: int) -> Array:
    """The texts of a column as one reading has them, shape (rows,)."""
    texts, codes = cells.coded(column)
    if codes is None:
        return reading.cells(texts, lambda row, error: cells.refusal(row, column, error))

    def fail(code: int, error: InputError) -> InputError:
        return cells.refusal(int((codes == code).argmax()), column, error)

    return reading.cells(texts, fail)[codes]


def _way_out(mapping: Assignment, request: ReadRequest, first_row: Sequence[str] | None) -> str:
    """What to do where a column that nobody named for the input holds words; "" where none does."""
    if request.columns.classes is not None or first_row is None:
        return ""
    for column in mapping.inputs:
        if first_row[column].strip(BLANKS)[:1].isalpha():
            name = visible(mapping.names[column])
            return f"if {name} is no class: --class-columns NAMES or --id-column {name}"
    return ""


def matrix_of(rows: Iterable[TableRow], names: Sequence[str], place: Place, request: ReadRequest) -> Array:
    """A table of nothing but numbers as an array: (rows, columns), or (rows,) for one column."""
    values: Any = Rows(names, list(rows), place, request).numbers(range(len(names)))
    return values[:, 0] if values.shape[1] == 1 else values
