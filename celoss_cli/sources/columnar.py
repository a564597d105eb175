"""Tables of typed columns: Parquet and Arrow files, streamed.

The columns get their roles as in CSV. A type says what a cell is, so nothing is read from text: a
number in quotes is no number, and what no double or class index holds exactly as meant is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.data import Chunk as _Later
from celoss_cli.errors import InputError, plural, quoted, visible
from celoss_cli.records import record
from celoss_cli.sources.arrays import INPUT_KEYS, first_nonfinite, one_key
from celoss_cli.sources.arrow import RecordTable
from celoss_cli.sources.base import Dataset, ReadRequest, Stream
from celoss_cli.sources.columns import Mapping, Targets, map_columns, refuse_duplicates
from celoss_cli.sources.numbers import number
from celoss_cli.sources.rows import INTEGERS, LISTS, NUMBERS, TEXT, Asked, Rows, distinct_of, values_of

__all__ = ["read", "read_values"]

_BATCH_BYTES = 2 << 20
_FEW_ROWS = 1000
"""A column of a batch takes its time however few rows it has: a batch of fewer may be larger."""

_NONFINITE = "nan and inf are accepted with --allow-nonfinite"
_CLASS_INDICES = INTEGERS - {"uint64"}
"""Integers that are indices of classes as they are."""


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
        mapping = map_columns(table.names, _with_list_column(table, request))
        reader = _Reader(table, mapping, request)
    except InputError as error:
        raise error.at(stream.name) from None
    return Dataset({"columns": mapping.described()}, reader.batches())


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A table of nothing but numbers: shape (rows, columns), or (rows,) for one column.

    Raises:
        InputError: as ``read`` does.
        LimitError: as ``read`` does.
        UsageError: as ``read`` does.

    """
    table = RecordTable(stream)
    if not table.names:
        raise InputError("expected columns of numbers, got none", place=stream.name)
    every = tuple(range(len(table.names)))
    mapping = Mapping(tuple(table.names), (), every, tuple(table.names), None, None, ())
    try:
        refuse_duplicates(mapping)
        reader = _Reader(table, mapping, request)
    except InputError as error:
        raise error.at(stream.name) from None
    parts = [reader.inputs(chunk) for chunk in reader.chunks()]
    values: Array = np.concatenate(parts) if parts else np.empty((0, len(every)))
    return values[:, 0] if values.shape[1:] == (1,) else values


def _with_list_column(table: RecordTable, request: ReadRequest) -> ReadRequest:
    """The request with the column of lists as the input, where there is one and none was named."""
    lists = [name for name in table.names if table.kind(name) in LISTS]
    if request.columns.classes is not None or not any(name in INPUT_KEYS for name in lists):
        return request
    return replace(request, columns=replace(request.columns, classes=one_key(lists, INPUT_KEYS, "input", "")))


def _rows_of_a_batch(columns: int) -> int:
    usual = _BATCH_BYTES // (8 * columns)
    return max(1, usual, min(4 * usual, _FEW_ROWS))


@record(frozen=True, slots=True)
class _Chunk:
    """Consecutive rows of the file.

    Attributes:
        rows: the rows as they were read.
        start: index of its first row in the file.
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

    def __init__(self, table: RecordTable, mapping: Mapping, request: ReadRequest) -> None:
        self._table = table
        self._mapping = mapping
        self._request = request
        self._in_lists = self._lists(mapping.inputs)
        self._by_class = request.per_class and len(mapping.target) == 1 and not self._lists(mapping.target)
        self._targets: Targets | None = None
        self._widths: dict[str, int] = {}
        self._check_types()

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

    def _check_types(self) -> None:
        mapping = self._mapping
        answers = NUMBERS | {"bool"} | (TEXT if self._by_class else frozenset())
        by = f"choose the column: {self._request.columns.group_option} NAME"
        for columns, known, what, hint in (
            (mapping.inputs, NUMBERS, "numbers", "choose the columns: --class-columns NAMES"),
            (mapping.target, answers, "targets", "choose the column: --target-column NAME"),
            (_present(mapping.weight), NUMBERS, "weights", "choose the column: --weight-column NAME"),
            (_present(mapping.id), TEXT | INTEGERS, "ids", "choose the column: --id-column NAME"),
            (_present(mapping.group), TEXT | INTEGERS, "groups", by),
        ):
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
        start = 0
        for rows in self._table.rows(Asked(self._named(matrix), self._named(single), size)):
            yield _Chunk(rows, start)
            start += len(rows)

    def batches(self) -> Iterator[Batch | _Later]:
        """The batches of all chunks; the first one settles what the others may be read by on any thread."""
        start = first_row = self._request.start
        skipped, empty = 0, None
        for whole in self.chunks():
            chunk = self._complete(whole) if self._request.missing == "skip" else whole
            skipped += len(whole) - len(chunk)
            if not len(chunk):  # settles nothing
                empty = chunk
                continue
            if start > first_row:
                yield _Later(len(chunk), partial(self._batch, chunk, start, skipped))
            else:
                yield self._batch(chunk, start, skipped)
            start += len(chunk)
            skipped = 0
        if skipped and empty is not None:
            yield self._batch(empty, start, skipped)

    def _complete(self, chunk: _Chunk) -> _Chunk:
        """The rows without a null."""
        holes = chunk.rows.holes()
        if not holes:
            return chunk
        kept = np.flatnonzero(~np.logical_or.reduce(list(holes.values())))
        return _Chunk(chunk.rows.at(kept), chunk.start, kept)

    def _batch(self, chunk: _Chunk, start: int, skipped: int) -> Batch:
        mapping, request = self._mapping, self._request
        input = self.inputs(chunk)
        ids = None if mapping.id is None else self._ids(chunk, mapping.names[mapping.id])

        def place(row: int) -> str:
            return f"{self._table.name}: row {chunk.row(row)}"

        labels = mapping.labels if request.per_class and not self._in_lists else ()
        conversions: tuple[str, ...] = ()
        if request.truth is not None:
            request.truth.read_as(labels, request, mapping.spelled if labels else ())
            target = request.truth.of(start, len(input), ids, place)
            conversions = request.truth.conversions
        elif self._by_class:
            target, conversions = self._classes(chunk, labels)
        else:
            target = self._values(chunk, mapping.target)
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
            conversions=conversions,
            skipped=skipped,
            groups=None if mapping.group is None else self._ids(chunk, mapping.names[mapping.group]),
        )

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
                raise self._bad(chunk, index[0], name, quoted(str(values[index])), _NONFINITE)
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
                place=f"{self._table.name}: row {chunk.row(row)}",
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

    def _classes(self, chunk: _Chunk, labels: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
        """Class indices of the single target column, shape (rows,), and how they were read."""
        (name,) = self._named(self._mapping.target)
        self._refuse_nulls(chunk, (name,))
        column, kind = chunk.rows.batch.column(name), self._table.kind(name)
        if self._targets is None:
            example = self._cell(column[0].as_py()) if len(column) else ""
            spelled = self._mapping.spelled if labels else ()
            self._targets = Targets(labels, number, example, self._request.settled, spelled)
        if self._targets.by_name is None and kind in _CLASS_INDICES:
            return values_of(column).astype(np.int64), (self._targets.conversion,)
        codes, distinct = distinct_of(column)

        def fail(index: int, error: InputError) -> InputError:
            return error.at(f"{self._table.name}: row {chunk.row(int((codes == index).argmax()))}")

        indices = self._targets.cells([self._cell(value) for value in distinct], fail)
        return np.asarray(indices, np.int64)[codes], (self._targets.conversion,)

    def _cell(self, value: Any) -> str:
        """A target as the text that a class's name is compared with."""
        if not isinstance(value, bool):
            return str(value)
        names = (str(value), str(value).lower(), str(int(value)))
        return next((name for name in names if name in self._mapping.labels), names[-1])

    def _ids(self, chunk: _Chunk, name: str) -> list[str]:
        self._refuse_nulls(chunk, [name])
        return list(map(str, chunk.rows.batch.column(name).to_pylist()))

    def _refuse_nulls(self, chunk: _Chunk, names: Sequence[str]) -> None:
        holes = chunk.rows.holes()
        rows = {name: int(holes[name].argmax()) for name in names if name in holes}
        if rows:
            name = min(rows, key=lambda hole: rows[hole])
            raise InputError(
                f"expected a value in column {quoted(name)}, got a null",
                hint="rows with missing values can be left out: --missing skip",
                place=f"{self._table.name}: row {chunk.row(rows[name])}",
            )

    def _bad(self, chunk: _Chunk, row: int, name: str, got: str, hint: str) -> InputError:
        return InputError(
            f"expected a number in column {quoted(name)}, got {got}",
            hint=hint,
            place=f"{self._table.name}: row {chunk.row(row)}",
        )


def _present(column: int | None) -> tuple[int, ...]:
    return () if column is None else (column,)
