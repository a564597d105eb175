"""Tables of typed columns: Parquet and Arrow files, streamed.

The columns get their roles as in CSV. A type says what a cell is, so nothing is read from text: a
number in quotes is no number, and what no double or class index holds exactly as meant is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.data import Chunk as _Later
from celoss_cli.core.errors import InputError, Way, plural, quoted, visible
from celoss_cli.core.numbers import ALLOWED
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
from celoss_cli.read.labelled import refuse_ranked
from celoss_cli.read.request import Dataset, ReadRequest, Stream, TargetSource
from celoss_cli.read.roles.answers import Answers, Decisions
from celoss_cli.read.roles.column import Column, Stored, sample_size
from celoss_cli.read.roles.columns import map_columns
from celoss_cli.read.roles.found import Assignment
from celoss_cli.read.roles.keys import INPUT_KEYS, one_of
from celoss_cli.read.roles.naming import refuse_repeated
from celoss_cli.read.roles.table import WholeTable
from celoss_cli.read.roles.targets import Targets
from celoss_cli.read.tokens.rows import why_no_table

__all__ = ["read", "read_columns", "read_values"]

_BATCH_BYTES = 1 << 20
_FEW_ROWS = 1000
"""A column of a batch takes its time however few rows it has: a batch of fewer may be larger."""

_NONFINITE = "nan and inf are accepted with --allow-nonfinite"
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
        mapping = map_columns(columns, _with_list_column(table, request), whole=whole)
        reader = _Reader(table, mapping, request)
        reader.refuse_ranked()
    except InputError as error:
        refused = why_no_table(table.names, error)
        is_placed = refused.place.startswith(f"{stream.name}: ")
        raise (refused if is_placed else refused.at(stream.name)) from None
    return Dataset({"columns": mapping.described()}, reader.batches())


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
    return [text.strip() for text in _texts(column)]


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
    mapping = Assignment(tuple(table.names), (), columns, tuple(table.names), None, None, ())
    try:
        refuse_repeated(mapping.names, mapping.used)
        reader = _Reader(table, mapping, request)
    except InputError as error:
        raise error.at(table.name) from None
    parts = [reader.inputs(chunk) for chunk in reader.chunks()]
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
        return [text.strip() for rows in self._table.rows(asked) for text in _texts(rows.batch.column(0))]

    def ids(self, column: int) -> Sequence[str]:
        return self.texts(column)

    def row_place(self, row: int) -> str:
        return f"{self._table.name}: row {row}"


def _with_list_column(table: RecordTable, request: ReadRequest) -> ReadRequest:
    """The request with the column of lists as the input, where there is one and none was named."""
    lists = [name for name in table.names if table.kind(name) in LISTS]
    if request.columns.classes is not None:
        return request
    found = one_of(lists, INPUT_KEYS, "input", "--class-columns")
    return request if found is None else replace(request, columns=replace(request.columns, classes=found))


def _rows_of_a_batch(columns: int) -> int:
    usual = _BATCH_BYTES // (8 * columns)
    return max(1, usual, min(8 * usual, _FEW_ROWS))


@record(frozen=True, slots=True)
class _Chunk:
    """Consecutive rows of the file.

    Attributes:
        rows: the rows as they were read.
        start: the number of its first row in the file.
        kept: the indices of its rows within the chunk they were cut from, or None for all.

    """

    rows: Rows
    start: int
    kept: Array | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> int:
        """The number of a row in the file."""
        return self.start + (index if self.kept is None else int(self.kept[index]))


class _Reader:
    """Turns chunks into batches, by one mapping."""

    def __init__(self, table: RecordTable, mapping: Assignment, request: ReadRequest) -> None:
        self._table = table
        self._mapping = mapping
        self._request = request
        self._in_lists = self._lists(mapping.inputs)
        self._by_class = request.per_class and len(mapping.target) == 1 and not self._lists(mapping.target)
        self._targets: Targets | None = None
        self._answers: Answers | None = None
        if mapping.positive is not None and len(mapping.target) == 1 and not request.per_class:
            self._answers = Answers(mapping.positive, mapping.answers, request.answers)
        self._decisions: Decisions | None = None
        if mapping.predicted is not None:
            self._decisions = Decisions(mapping.names[mapping.predicted], mapping.decided)
        self._widths: dict[str, int] = {}
        self._check_types()

    def refuse_ranked(self) -> None:
        """Refuses classes that come from lists of labels where nothing names them; see ``read.labelled``."""
        if self._table.labelled and self._request.truth is not None:
            self._truth_read()
        kinds = {self._table.kind(name) for name in self._named(self._mapping.target)}
        if not kinds or not kinds <= TEXT:
            refuse_ranked(self._mapping, self._table.labelled, "", self._request)

    def _named(self, columns: Sequence[int]) -> list[str]:
        return [self._mapping.names[column] for column in columns]

    def _lists(self, columns: Sequence[int]) -> bool:
        """Whether the values are one column of lists."""
        kinds = [self._table.kind(name) in LISTS for name in self._named(columns)]
        if any(kinds) and len(kinds) > 1:
            name = self._named(columns)[kinds.index(True)]
            raise InputError(
                f"expected one column of lists or columns of numbers, got {quoted(name)} among others",
                hint=f"name it: --class-columns {visible(name)}",
            )
        return kinds == [True]

    def _are_whole(self, columns: Sequence[int]) -> bool:
        return all(self._table.inner(name) in _WHOLE for name in self._named(columns))

    def _check_types(self) -> None:
        mapping = self._mapping
        of_text = self._by_class or self._answers is not None
        answers = NUMBERS | {"bool"} | (TEXT if of_text else frozenset())
        words = TEXT | INTEGERS
        for columns, known, what, option in (
            (mapping.inputs, NUMBERS, "numbers", "--class-columns"),
            (mapping.target, answers, "targets", "--target-column"),
            (_present(mapping.weight), NUMBERS, "weights", "--weight-column"),
            (_present(mapping.id), words, "ids", "--id-column"),
            (_present(mapping.predicted), answers | TEXT, "classes", "--predicted-column"),
            (_present(mapping.group), words, "groups", self._request.columns.group_option),
        ):
            s = "s" if what == "numbers" else ""
            hint = f"choose the column{s}: {option} NAME{s.upper()}"
            for name in self._named(columns):
                if self._table.inner(name) not in known:
                    got = self._table.dtype(name)
                    raise InputError(f"expected {what} in column {quoted(name)}, got {got}", hint=hint)

    def chunks(self) -> Iterator[_Chunk]:
        """The rows of the columns that have a role."""
        mapping = self._mapping
        matrix = () if self._in_lists else mapping.inputs
        single = sorted({*mapping.used, *_present(mapping.group)} - set(matrix))
        size = _rows_of_a_batch(len(matrix) + len(single))
        start = self._table.first
        for rows in self._table.rows(Asked(self._named(matrix), self._named(single), size)):
            yield _Chunk(rows, start)
            start += len(rows)

    def batches(self) -> Iterator[Batch | _Later]:
        """The batches of all chunks; the first one settles what the others may be read by on any thread."""
        start = first_row = self._request.start
        skipped, empty = 0, None
        for whole in self.chunks():
            chunk, target = self._complete(whole, start) if self._request.missing == "skip" else (whole, None)
            skipped += len(whole) - len(chunk)
            if not len(chunk):  # settles nothing
                empty = chunk
                continue
            if start > first_row:
                yield _Later(len(chunk), partial(self._batch, chunk, start, skipped, target))
            else:
                yield self._batch(chunk, start, skipped, target)
            start += len(chunk)
            skipped = 0
        if skipped and empty is not None:
            yield self._batch(empty, start, skipped, None)

    def _complete(self, chunk: _Chunk, start: int) -> tuple[_Chunk, Array | None]:
        """The rows without a null where a number or a target belongs, and their targets from elsewhere."""
        mapping = self._mapping
        wanted = {*mapping.inputs, *mapping.target, *_present(mapping.weight), *_present(mapping.predicted)}
        named = set(self._named(sorted(wanted)))
        complete, target = np.ones(len(chunk), bool), None
        for name, hole in chunk.rows.holes().items():
            if name in named:
                complete &= ~hole
        if self._request.truth is not None:
            ids, place = self._names(chunk, mapping.id), self._place(chunk)
            complete, target = self._truth_read().of_complete(start, complete, ids, place)
        if complete.all():
            return chunk, target
        kept = np.flatnonzero(complete)
        return _Chunk(chunk.rows.at(kept), chunk.start, kept), target

    def _truth_read(self) -> TargetSource:
        """The targets from elsewhere, read by the classes of this table."""
        truth = self._request.truth
        assert truth is not None  # noqa: S101 - for the type checker: the caller has asked
        labels = self._labels()
        truth.read_as(labels, self._request, self._mapping.spelled if labels else ())
        return truth

    def _labels(self) -> tuple[str, ...]:
        return self._mapping.labels if self._request.per_class and not self._in_lists else ()

    def _place(self, chunk: _Chunk) -> Callable[[int], str]:
        return lambda row: f"{self._table.name}: row {chunk.row(row)}"

    def _names(self, chunk: _Chunk, column: int | None) -> list[str] | None:
        """The ids or groups of the rows as a table of text has them: what is missing is an empty cell."""
        return None if column is None else _texts(chunk.rows.batch.column(self._mapping.names[column]))

    def _batch(self, chunk: _Chunk, start: int, skipped: int, target: Array | None) -> Batch:
        mapping, request = self._mapping, self._request
        input, turned = self._turned(self.inputs(chunk), chunk)
        ids = self._names(chunk, mapping.id)
        place, labels = self._place(chunk), self._labels()
        conversions: tuple[str, ...] = ()
        if request.truth is not None:
            truth = self._truth_read()
            target = truth.of(start, len(input), ids, place) if target is None else target
            conversions = truth.conversions
        elif self._by_class:
            target, conversions = self._classes(chunk, labels)
        elif self._answers is not None:
            target, conversions = self._answered(chunk, self._answers)
        else:
            target = self._values(chunk, mapping.target)
            if request.per_class and self._are_whole(mapping.target):
                target = target.astype(np.int64)
        if not request.per_class and input.shape[1:] == (1,):
            input, target = input[:, 0], target.reshape(len(input))
        aligned = {}
        if mapping.weight is not None:
            aligned["sample weight"] = self._values(chunk, (mapping.weight,))[:, 0]
        return Batch(
            input=input,
            target=target,
            aligned=aligned,
            start=start,
            place=place,
            ids=ids,
            labels=labels or None,
            conversions=(*conversions, *turned),
            skipped=skipped,
            groups=self._names(chunk, mapping.group),
        )

    def _turned(self, input: Array, chunk: _Chunk) -> tuple[Array, tuple[str, ...]]:
        """The input as the probability of the positive answer, shape (rows, 1), and how it was read."""
        decisions, column = self._decisions, self._mapping.predicted
        if decisions is None or column is None:
            return input, ()
        texts, fail = self._words(chunk, column)
        return decisions.turned(input[:, 0], texts, fail)[:, None], (decisions.conversion,)

    def _words(self, chunk: _Chunk, column: int) -> tuple[list[str], Callable[[int, InputError], InputError]]:
        """The values of a column without nulls as a table of text has them, and how one is refused."""
        name, place = self._mapping.names[column], self._place(chunk)
        self._refuse_nulls(chunk, (name,))
        return _cells_of(chunk.rows.batch.column(name)), lambda row, error: error.at(place(row))

    def inputs(self, chunk: _Chunk) -> Array:
        """The loss's input, shape (rows, classes): float32 where every column is, else float64."""
        if self._in_lists:
            return self._values(chunk, self._mapping.inputs)
        return self._finite(chunk, self._named(self._mapping.inputs), chunk.rows.matrix())

    def _values(self, chunk: _Chunk, columns: Sequence[int]) -> Array:
        names = self._named(columns)
        if not self._lists(columns):
            return self._finite(chunk, names, chunk.rows.matrix_of(names))
        self._refuse_nulls(chunk, names)
        return self._finite(chunk, names, self._listed(chunk, names[0]))

    def _finite(self, chunk: _Chunk, names: Sequence[str], values: Array) -> Array:
        index = first_nonfinite(values)  # a null among numbers is nan
        if index is not None:
            self._refuse_nulls(chunk, names)
            if not self._request.allow_nonfinite:
                name = names[index[1]] if len(names) > 1 else names[0]
                error = self._bad(chunk, index[0], name, quoted(str(values[index])), _NONFINITE)
                error.ways = ALLOWED
                raise error
        return values

    def _listed(self, chunk: _Chunk, name: str) -> Array:
        """A column of lists, all as long as the first one of the file."""
        column = chunk.rows.batch.column(name)
        lengths = values_of(column.value_lengths())
        if not lengths.size:
            return np.empty((0, self._widths.get(name, 1)))
        width = self._widths.setdefault(name, int(lengths[0]))
        odd = np.flatnonzero(lengths != width)
        if odd.size or not width:
            row = int(odd[0]) if odd.size else 0
            raise InputError(
                f"expected a list of {plural(max(1, width), 'value')} in column {quoted(name)}, "
                f"got {int(lengths[row])}",
                place=self._place(chunk)(row),
            )
        items = column.flatten()
        if items.null_count:
            row = int((values_of(items.is_null()) == 1).argmax()) // width
            raise self._bad(chunk, row, name, "a null in its list", "")
        values = values_of(items)
        if values.dtype.kind in "iu" and name not in self._named(self._mapping.target):
            values = values.astype(np.float64)
        elif values.dtype == np.float16:
            values = values.astype(np.float32)
        return values.reshape(len(column), width)

    def _answered(self, chunk: _Chunk, answers: Answers) -> tuple[Array, tuple[str, ...]]:
        """The answers of the single target column, shape (rows, 1), and how they were read."""
        texts, fail = self._words(chunk, self._mapping.target[0])
        return answers.cells(texts, fail)[:, None], (answers.conversion,)

    def _classes(self, chunk: _Chunk, labels: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
        """Class indices of the single target column, shape (rows,), and how they were read."""
        (name,) = self._named(self._mapping.target)
        self._refuse_nulls(chunk, (name,))
        column = chunk.rows.batch.column(name)
        if not len(column):
            return np.empty(0, np.int64), ()
        if self._targets is None:
            spelled = self._mapping.spelled if labels else ()
            examples = map(str, distinct_of(column)[1])
            strict = replace(self._request, allow_nonfinite=False)
            self._targets = Targets(labels, examples, strict, spelled)
        targets, found = self._targets, None
        if self._table.kind(name) not in TEXT:
            found = targets.of_numbers(values_of(column))
        if found is None:
            codes, distinct = distinct_of(column)

            def fail(index: int, error: InputError) -> InputError:
                error.hint = error.hint or (UNNAMED if self._in_lists and not labels else "")
                return error.at(self._place(chunk)(int((codes == index).argmax())))

            found = targets.cells(list(map(str, distinct)), fail)[codes]
        return found, (targets.conversion,)

    def _refuse_nulls(self, chunk: _Chunk, names: Sequence[str]) -> None:
        holes = chunk.rows.holes()
        rows = {name: int(holes[name].argmax()) for name in names if name in holes}
        if rows:
            name = min(rows, key=lambda hole: rows[hole])
            raise InputError(
                f"expected a value in column {quoted(name)}, got a null",
                hint="rows with missing values can be left out: --missing skip",
                ways=(Way("without the rows where a value is missing", (("--missing", "skip"),)),),
                place=self._place(chunk)(rows[name]),
            )

    def _bad(self, chunk: _Chunk, row: int, name: str, got: str, hint: str) -> InputError:
        return InputError(
            f"expected a number in column {quoted(name)}, got {got}",
            hint=hint,
            place=self._place(chunk)(row),
        )


def _texts(column: Any) -> list[str]:
    """The values as text; a null is empty."""
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _present(column: int | None) -> tuple[int, ...]:
    return () if column is None else (column,)
