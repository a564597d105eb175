"""Tables of typed columns: Parquet and Arrow files, streamed.

The columns get their roles as in CSV. A type says what a cell is, so nothing is read from text: a
number in quotes is no number, and what no double or class index holds exactly as meant is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError, Way, plural, quoted, visible
from celoss_cli.core.numbers import ALLOWED, BLANKS
from celoss_cli.core.records import record
from celoss_cli.read.arrays.slices import UNNAMED, first_nonfinite
from celoss_cli.read.arrow.arrow import RecordTable
from celoss_cli.read.arrow.rows import (
    INTEGERS,
    LISTS,
    NUMBERS,
    TEXT,
    Asked,
    Rows,
    distinct_of,
    kind_of,
    values_of,
)
from celoss_cli.read.batches import streamed
from celoss_cli.read.labelled import refuse_ranked
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.roles.column import Column, Stored, sample_size
from celoss_cli.read.roles.columns import map_columns
from celoss_cli.read.roles.found import Assignment
from celoss_cli.read.roles.naming import refuse_repeated
from celoss_cli.read.roles.table import Assembler, WholeTable
from celoss_cli.read.tokens import takes_tokens
from celoss_cli.read.tokens.rows import RAGGED, why_no_table

__all__ = ["read", "read_columns", "read_values"]

_BATCH_BYTES = 1 << 20
_FEW_ROWS = 1000
"""A column of a batch takes its time however few rows it has: a batch of fewer may be larger."""

_LOOKED_AT = NUMBERS | TEXT | {"bool"}
_LOOKED_AT_TOGETHER = 64
"""So many columns of a compressed part are unpacked at a time to look at their first rows."""

_WHOLE = INTEGERS | {"bool"}
"""Of what several columns of targets are one-hot, and not probabilities."""


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a table by its columns: one column a class, or one column of lists.

    Raises:
        InputError: for a broken file, a header that does not settle the roles, or a column of
            another type than its role takes; while iterating also for nulls, nan and inf.
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without the package pyarrow.

    """
    table = RecordTable(stream)
    try:
        columns, whole = _columns(table)
        mapping = map_columns(columns, request, whole=whole)
        reader = _Reader(table, mapping, request)
        assembler = reader.assembler()
    except InputError as error:
        refused = why_no_table(table.names, error)
        is_placed = refused.place.startswith(f"{stream.name}: ")
        raise (refused if is_placed else refused.at(stream.name)) from None

    def batches() -> Iterator[Batch | Chunk]:
        # The first rows settle what the others may be read by on any thread.
        size = lambda rows: len(rows) if reader.is_settled else 0  # noqa: E731
        yield from _with_rows(streamed(reader.rows(), size, assembler.complete, request))

    return Dataset({"columns": mapping.described()}, batches())


def _with_rows(batches: Iterable[Batch | Chunk]) -> Iterator[Batch | Chunk]:
    """The batches without those that have no row left: of lists, nobody may know yet how long they are."""
    skipped, empty = 0, None
    for found in batches:
        if isinstance(found, Batch):
            skipped, found = 0, replace(found, skipped=skipped + found.skipped)
            if not len(found):
                skipped, empty = found.skipped, found
                continue
        yield found
    if skipped and empty is not None:
        yield empty


def _columns(table: RecordTable) -> tuple[list[Column], bool]:
    """The columns with what their first rows say, and whether these are all rows."""
    size = sample_size(len(table.names))
    counts = Counter(table.names)
    looked_at = [name for name in table.names if counts[name] == 1 and table.kind(name) in _LOOKED_AT]
    together = _LOOKED_AT_TOGETHER if table.can_be_read_again else max(1, len(looked_at))
    cells: dict[str, list[str]] = {}
    seen = 0
    for start in range(0, len(looked_at), together):
        group = looked_at[start : start + together]
        batches = table.head(group, size + 1)
        seen = sum(map(len, batches))
        for name in group:
            texts = (text for rows in batches for text in _cells_of(rows.batch.column(name)))
            cells[name] = list(islice(texts, size))
    index = table.index()
    columns = [
        Column.of(name, cells.get(name, ()), stored=_stored(table.kind(name)), is_index=name in index)
        for name in table.names
    ]
    return columns, seen <= size


def _cells_of(column: Any) -> list[str]:
    """Values as a table of text has them."""
    if kind_of(column.type) == "bool":
        return ["" if value is None else str(value).lower() for value in column.to_pylist()]
    return _texts(column)


def _stored(kind: str) -> Stored:
    """What roles call the type of a column."""
    if kind in NUMBERS:
        return "number"
    if kind in TEXT:
        return "text"
    return "truth" if kind == "bool" else "list" if kind in LISTS else "other"


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A table of nothing but numbers: shape (rows, columns), or (rows,) for one column.

    Raises:
        InputError: as ``read`` does.
        LimitError: as ``read`` does.
        UsageError: as ``read`` does.

    """
    table = RecordTable(stream)
    return _squeezed(_matrix(table, tuple(range(len(table.names))), request))


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array:
    """A table of which some columns will be asked for; what ``read_values`` reads, if that is one column.

    Raises:
        InputError: as ``read`` does.
        LimitError: as ``read`` does.
        UsageError: as ``read`` does.

    """
    table = RecordTable(stream)
    if _is_one_array(table, request):
        return _squeezed(_matrix(table, (0,), request))
    table.hold()
    return WholeTable(table.names, _Columns(table, request), stream.name, _columns(table)[0])


def _matrix(table: RecordTable, columns: tuple[int, ...], request: ReadRequest) -> Array:
    """Columns of numbers, shape (rows, columns)."""
    if not columns:
        raise InputError("expected columns of numbers, got none", place=table.name)
    mapping = Assignment(tuple(table.names), (), columns, tuple(table.names), None, None)
    try:
        refuse_repeated(mapping.names, mapping.used)
        reader = _Reader(table, mapping, request)
    except InputError as error:
        raise error.at(table.name) from None
    parts = [rows.numbers(columns) for rows in reader.rows()]
    return np.concatenate(parts) if parts else np.empty((0, len(columns)))


def _is_one_array(table: RecordTable, request: ReadRequest) -> bool:
    """Whether there is one column, of numbers or lists of numbers, none of which may be missing."""
    if len(table.names) != 1 or table.inner(table.names[0]) not in NUMBERS:
        return False
    return request.missing == "error" or table.kind(table.names[0]) in LISTS


def _squeezed(values: Array) -> Array:
    return values[:, 0] if values.shape[1:] == (1,) else values


class _Columns:
    """Typed columns of which any may be asked for; a null is an empty text."""

    def __init__(self, table: RecordTable, request: ReadRequest) -> None:
        self._table = table
        self._request = request

    def numbers(self, columns: Sequence[int]) -> Array:
        return _matrix(self._table, tuple(columns), self._request)

    def texts(self, column: int) -> Sequence[str]:
        asked = Asked((), [self._table.names[column]], _rows_of_a_batch(1))
        return [text for rows in self._table.rows(asked) for text in _texts(rows.batch.column(0))]

    def row_place(self, row: int) -> str:
        return f"{self._table.name}: row {row}"


def _rows_of_a_batch(columns: int) -> int:
    usual = _BATCH_BYTES // (8 * columns)
    return max(1, usual, min(8 * usual, _FEW_ROWS))


class _Reader:
    """Reads the columns that have a role by their types.

    Attributes:
        mapping: which column is what.
        request: what is asked of the reader.
        in_lists: whether the input is one column of lists.
        widths: how long the lists of a column are, by its name: as long as the first one.
        is_settled: whether there were rows to settle what others are read by.

    """

    def __init__(self, table: RecordTable, mapping: Assignment, request: ReadRequest) -> None:
        self.table = table
        self.mapping = mapping
        self.request = request
        self.in_lists = self.are_lists(mapping.inputs)
        self._target_in_lists = self.are_lists(mapping.target)
        self.widths: dict[str, int] = {}
        self.is_settled = False
        self._check_types()

    def assembler(self) -> Assembler:
        """Makes batches of the rows.

        Raises:
            InputError: for classes that come from lists of labels where nothing names them.

        """
        mapping, table = self.mapping, self.table
        labelled = replace(mapping, labels=()) if self.in_lists else mapping
        assembler = Assembler(labelled, self.request, of_lists=self._target_in_lists)
        kinds = {table.kind(name) for name in self.named(mapping.target)}
        if not kinds or not kinds <= TEXT:
            refuse_ranked(mapping, table.labelled, "", self.request)
        return assembler

    def rows(self) -> Iterator[_Typed]:
        """The rows of the columns that have a role."""
        mapping = self.mapping
        matrix = () if self.in_lists else mapping.inputs
        single = sorted({*mapping.used, *_present(mapping.group)} - set(matrix))
        size = _rows_of_a_batch(len(matrix) + len(single))
        start = self.table.first
        for rows in self.table.rows(Asked(self.named(matrix), self.named(single), size)):
            yield _Typed(self, rows, start)
            start += len(rows)

    def named(self, columns: Sequence[int]) -> list[str]:
        return [self.mapping.names[column] for column in columns]

    def are_lists(self, columns: Sequence[int]) -> bool:
        """Whether the values are one column of lists."""
        kinds = [self.table.kind(name) in LISTS for name in self.named(columns)]
        if any(kinds) and len(kinds) > 1:
            name = self.named(columns)[kinds.index(True)]
            raise InputError(
                f"expected one column of lists or columns of numbers, got {quoted(name)} among others",
                hint=f"name it: --class-columns {visible(name)}",
            )
        return kinds == [True]

    def are_whole(self, columns: Sequence[int]) -> bool:
        return all(self.table.inner(name) in _WHOLE for name in self.named(columns))

    def _check_types(self) -> None:
        mapping = self.mapping
        is_single = len(mapping.target) == 1 and not self._target_in_lists
        if self._target_in_lists and self.request.positive is not None:
            (name,) = self.named(mapping.target)
            raise InputError(f"expected --positive of one target a row, got lists in column {quoted(name)}")
        of_text = is_single and (self.request.per_class or mapping.positive is not None)
        answers = NUMBERS | {"bool"} | (TEXT if of_text else frozenset())
        words = TEXT | INTEGERS
        for columns, known, what, option in (
            (mapping.inputs, NUMBERS, "numbers", "--class-columns"),
            (mapping.target, answers, "targets", "--target-column"),
            (_present(mapping.weight), NUMBERS, "weights", "--weight-column"),
            (_present(mapping.id), words, "ids", "--id-column"),
            (_present(mapping.predicted), answers | TEXT, "classes", "--predicted-column"),
            (_present(mapping.group), words, "groups", self.request.columns.group_option),
        ):
            s = "s" if what == "numbers" else ""
            hint = f"choose the column{s}: {option} NAME{s.upper()}"
            for name in self.named(columns):
                if self.table.inner(name) not in known:
                    got = self.table.dtype(name)
                    raise InputError(f"expected {what} in column {quoted(name)}, got {got}", hint=hint)


@record(frozen=True, slots=True)
class _Typed:
    """Consecutive rows of the file as the cells of a table.

    Attributes:
        reader: knows the columns.
        rows: the rows as they were read.
        start: the number of its first row in the file.
        kept: the indices of its rows within those they were taken from, or None for all.

    """

    reader: _Reader
    rows: Rows
    start: int
    kept: Array | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def present(self, columns: Sequence[int], known: Container[str] = ()) -> Array:
        holes, names = self.rows.holes(), set(self.reader.named(columns))
        present = np.ones(len(self), bool)
        for name in names & holes.keys():
            present &= ~holes[name]
        return present

    def at(self, kept: Array) -> _Typed:
        if kept.all():
            return self
        indices = np.flatnonzero(kept)
        return _Typed(self.reader, self.rows.at(indices), self.start, indices)

    def numbers(self, columns: Sequence[int]) -> Array:
        """Columns of numbers, or one of lists: float32 where all are, else float64."""
        reader = self.reader
        reader.is_settled = reader.is_settled or len(self) > 0
        names, together = reader.named(columns), columns == reader.mapping.inputs
        if reader.in_lists if together else reader.are_lists(columns):
            self._refuse_nulls(names)
            return self._finite(names, self._listed(names[0]))
        return self._finite(names, self.rows.matrix() if together else self.rows.matrix_of(names))

    def answers(self, columns: Sequence[int]) -> Array:
        reader = self.reader
        names = reader.named(columns)
        if not reader.request.per_class:
            return self.numbers(columns)
        if len(names) > 1 or reader.are_lists(columns):
            values = self.numbers(columns)
            return values.astype(np.int64) if reader.are_whole(columns) else values
        self._refuse_nulls(names)
        if reader.table.kind(names[0]) in TEXT:
            raise self._bad(0, names[0], "a text")
        return values_of(self._column(columns[0]))[:, None]

    def texts(self, column: int) -> list[str]:
        return _texts(self._column(column))

    def coded(self, column: int) -> tuple[list[str], Array]:
        self._refuse_nulls(self.reader.named((column,)))
        codes, distinct = distinct_of(self._column(column))
        return [str(value).strip(BLANKS) for value in distinct], codes

    def row_place(self, row: int) -> str:
        number = self.start + (row if self.kept is None else int(self.kept[row]))
        return f"{self.reader.table.name}: row {number}"

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        reader = self.reader
        if reader.in_lists and reader.request.per_class and column in reader.mapping.target:
            error.hint = error.hint or UNNAMED
        return error.at(self.row_place(row))

    def _column(self, column: int) -> Any:
        return self.rows.batch.column(self.reader.mapping.names[column])

    def _finite(self, names: Sequence[str], values: Array) -> Array:
        index = first_nonfinite(values)  # a null among numbers is nan
        if index is not None:
            self._refuse_nulls(names)
            if not self.reader.request.allow_nonfinite:
                name = names[index[1]] if len(names) > 1 else names[0]
                error = self._bad(index[0], name, quoted(str(values[index])))
                error.ways = ALLOWED
                raise error
        return values

    def _listed(self, name: str) -> Array:
        """A column of lists, all as long as the first one of the file."""
        column = self.rows.batch.column(name)
        lengths = values_of(column.value_lengths())
        if not lengths.size:
            return np.empty((0, self.reader.widths.get(name, 1)))
        width = self.reader.widths.setdefault(name, int(lengths[0]))
        odd = np.flatnonzero(lengths != width)
        if odd.size or not width:
            row = int(odd[0]) if odd.size else 0
            raise InputError(
                f"expected a list of {plural(max(1, width), 'value')} in column {quoted(name)}, "
                f"got {int(lengths[row])}",
                hint=RAGGED if takes_tokens(self.reader.request) else "",
                place=self.row_place(row),
            )
        items = column.flatten()
        if items.null_count:
            row = int((values_of(items.is_null()) == 1).argmax()) // width
            raise self._bad(row, name, "a null in its list")
        values = values_of(items)
        if values.dtype.kind in "iu" and name not in self.reader.named(self.reader.mapping.target):
            values = values.astype(np.float64)
        elif values.dtype == np.float16:
            values = values.astype(np.float32)
        return values.reshape(len(column), width)

    def _refuse_nulls(self, names: Sequence[str]) -> None:
        holes = self.rows.holes()
        rows = {name: int(holes[name].argmax()) for name in names if name in holes}
        if rows:
            name = min(rows, key=lambda hole: rows[hole])
            raise InputError(
                f"expected a value in column {quoted(name)}, got a null",
                hint="rows with missing values can be left out: --missing skip",
                ways=(Way("without the rows where a value is missing", (("--missing", "skip"),)),),
                place=self.row_place(rows[name]),
            )

    def _bad(self, row: int, name: str, got: str) -> InputError:
        fact = f"expected a number in column {quoted(name)}, got {got}"
        return InputError(fact, place=self.row_place(row))


def _texts(column: Any) -> list[str]:
    """The values as text without the blanks around them, as a cell of text has none; a null is empty."""
    return ["" if value is None else str(value).strip(BLANKS) for value in column.to_pylist()]


def _present(column: int | None) -> tuple[int, ...]:
    return () if column is None else (column,)
