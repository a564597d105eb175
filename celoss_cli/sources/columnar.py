"""Parquet and Arrow files, streamed through polars: a few row groups are in memory at a time.

The columns get their roles as in CSV. A type says what a cell is, so nothing is read from text: a
number in quotes is no number, and what no double or class index holds exactly as meant is refused.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.data import Chunk as _Later
from celoss_cli.errors import InputError, plural, quoted, visible
from celoss_cli.records import record
from celoss_cli.sources.arrays import INPUT_KEYS, first_nonfinite, one_key
from celoss_cli.sources.base import Dataset, ReadRequest, Stream
from celoss_cli.sources.columns import Mapping, Targets, map_columns
from celoss_cli.sources.extras import extra_module
from celoss_cli.sources.mapped import piped
from celoss_cli.sources.numbers import number

__all__ = ["read", "read_values"]

_BATCH_BYTES = 4 << 20
_FEW_ROWS = 1000
"""A column of a batch takes its time however few rows it has: a batch of fewer may be twice as large. It is
no power of two: columns so far apart push each other out of the caches."""

_NONFINITE = "nan and inf are accepted with --allow-nonfinite"
_SINGLE = frozenset(("Float16", "Float32"))
_INTEGERS = frozenset(("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"))
_CLASS_INDICES = _INTEGERS - {"UInt64"}
"""Integers that are indices of classes as they are."""

_NUMBERS = _SINGLE | _INTEGERS | {"Float64"}
_TEXT = frozenset(("String", "Categorical", "Enum"))
_LISTS = frozenset(("List", "Array"))


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a table by its columns: one column a class, or one column of lists.

    Raises:
        InputError: for a broken file, a header that does not settle the roles, or a column of
            another type than its role takes; while iterating also for nulls, nan and inf.
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without the package polars.

    """
    table = _Table(stream)
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
    table = _Table(stream)
    every = tuple(range(len(table.names)))
    mapping = Mapping(tuple(table.names), (), every, tuple(table.names), None, None, ())
    try:
        reader = _Reader(table, mapping, request)
    except InputError as error:
        raise error.at(stream.name) from None
    parts = [reader.inputs(_Chunk(frame, start)) for frame, start in table.chunks(every)]
    values: Array = np.concatenate(parts) if parts else np.empty((0, len(every)))
    return values[:, 0] if values.shape[1:] == (1,) else values


def _with_list_column(table: _Table, request: ReadRequest) -> ReadRequest:
    """The request with the column of lists as the input, where there is one and none was named."""
    lists = [name for name in table.names if table.kind(name) in _LISTS]
    if request.columns.classes is not None or not any(name in INPUT_KEYS for name in lists):
        return request
    return replace(request, columns=replace(request.columns, classes=one_key(lists, INPUT_KEYS, "input", "")))


# ------------------------------------------------------------------------------------------ the file


class _Table:
    """A file that polars scans: its columns with their types, and its rows in chunks."""

    def __init__(self, stream: Stream) -> None:
        self.polars = extra_module("polars", "fast", "Parquet and Arrow files")
        self.name = stream.name
        scan = self._scan(stream)
        path = os.path.abspath(stream.path)
        if stream.path == "-" or any(mark in path for mark in "*?["):  # polars takes these for patterns
            source: Any = piped(stream)
        else:
            source = path
        with self.refusing():
            self._rows = scan(source)
            self.schema = dict(self._rows.collect_schema())
        self.names = list(self.schema)
        self._kinds = {name: str(dtype.base_type()) for name, dtype in self.schema.items()}

    def _scan(self, stream: Stream) -> Any:
        peek: Callable[[int], bytes] | None = getattr(stream.binary, "peek", None)
        head = peek(6)[:6] if peek else b""
        if head[:4] == b"PAR1":
            return partial(self.polars.scan_parquet, low_memory=True)
        if head == b"ARROW1":
            return self.polars.scan_ipc
        hint = ""
        if head[:4] == b"FEA1":
            hint = "this is Feather version 1: write it again as version 2"
        elif head[:4] == b"\xff\xff\xff\xff":
            hint = "this is an Arrow stream: write it as an Arrow file"
        got = quoted(head.decode("latin-1")) if head else "an empty file: no rows"
        raise InputError(
            f'expected a Parquet file ("PAR1") or an Arrow file ("ARROW1"), got {got}',
            hint=hint,
            place=stream.name,
        )

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Turns what polars raises for a broken file into a refusal."""
        errors = self.polars.exceptions
        try:
            yield
        except (errors.PolarsError, errors.PanicException, OSError) as error:
            reason = (str(error).splitlines() or [""])[0]
            raise InputError(
                f"expected a Parquet or Arrow file, got a broken one: {visible(reason)[:120]}",
                place=self.name,
            ) from None

    def kind(self, name: str) -> str:
        """The name of a column's type without its parameters."""
        return self._kinds[name]

    def inner(self, name: str) -> str:
        """The name of the type of the values: for lists, of their items."""
        dtype = self.schema[name]
        return str(dtype.inner.base_type()) if self.kind(name) in _LISTS else self.kind(name)

    def chunks(self, columns: Sequence[int]) -> Iterator[tuple[Any, int]]:
        """The rows of these columns as data frames, each with the index of its first row.

        Where a part of the file is broken, polars may end the batches without an error: that is why
        the rows are counted.
        """
        names = [self.names[column] for column in columns]
        size = _rows_of_a_batch(max(1, len(names)))
        start = 0
        with self.refusing():
            count = self._rows.select(self.polars.len()).collect().item()
            frames = iter(self._rows.select(names).collect_batches(chunk_size=size, maintain_order=True))
        while True:
            with self.refusing():
                frame = next(frames, None)
            if frame is None:
                break
            yield frame, start
            start += frame.height
        if start != count:
            raise InputError(
                f"expected {plural(count, 'row')}, got {start} before a broken part", place=self.name
            )


def _rows_of_a_batch(columns: int) -> int:
    usual = _BATCH_BYTES // (8 * columns)
    return max(1, usual, min(2 * usual, _FEW_ROWS))


@record(frozen=True, slots=True)
class _Chunk:
    """Consecutive rows of the file.

    Attributes:
        frame: the polars data frame.
        start: index of its first row in the file.
        kept: the indices of its rows within the chunk they were cut from, or None for all.

    """

    frame: Any
    start: int
    kept: Array | None = None

    def row(self, index: int) -> int:
        """The number of a row in the file."""
        return self.start + (index if self.kept is None else int(self.kept[index]))


# ----------------------------------------------------------------------------------------- the values


class _Reader:
    """Turns chunks into batches, by one mapping."""

    def __init__(self, table: _Table, mapping: Mapping, request: ReadRequest) -> None:
        self._table = table
        self._polars = table.polars
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
        kinds = [self._table.kind(name) in _LISTS for name in self._named(columns)]
        if any(kinds) and len(kinds) > 1:
            name = self._named(columns)[kinds.index(True)]
            raise InputError(
                f"expected one column of lists or columns of numbers, got {quoted(name)} among others",
                hint=f"name it: --class-columns {visible(name)}",
            )
        return kinds == [True]

    def _check_types(self) -> None:
        mapping = self._mapping
        answers = _NUMBERS | {"Boolean"} | (_TEXT if self._by_class else frozenset())
        by = f"choose the column: {self._request.columns.group_option} NAME"
        for columns, known, what, hint in (
            (mapping.inputs, _NUMBERS, "numbers", "choose the columns: --class-columns NAMES"),
            (mapping.target, answers, "targets", "choose the column: --target-column NAME"),
            (_present(mapping.weight), _NUMBERS, "weights", "choose the column: --weight-column NAME"),
            (_present(mapping.id), _TEXT | _INTEGERS, "ids", "choose the column: --id-column NAME"),
            (_present(mapping.group), _TEXT | _INTEGERS, "groups", by),
        ):
            for name in self._named(columns):
                if self._table.inner(name) not in known:
                    dtype = visible(str(self._table.schema[name]))
                    raise InputError(f"expected {what} in column {quoted(name)}, got {dtype}", hint=hint)

    def batches(self) -> Iterator[Batch | _Later]:
        """The batches of all chunks; the first one settles what the others may be read by on any thread."""
        mapping = self._mapping
        read = {*mapping.used, *_present(mapping.group)}
        start = self._request.start
        first_row = start
        for frame, first in self._table.chunks(sorted(read)):
            chunk = _Chunk(frame, first)
            if self._request.missing == "skip":
                chunk = self._complete(chunk)
            skipped = frame.height - chunk.frame.height
            if start > first_row:
                yield _Later(chunk.frame.height, partial(self._batch, chunk, start, skipped))
            else:
                yield self._batch(chunk, start, skipped)
            start += chunk.frame.height

    def _complete(self, chunk: _Chunk) -> _Chunk:
        """The rows without a null."""
        column = self._polars.all()
        full = chunk.frame.select(self._polars.all_horizontal(column.is_not_null())).to_series()
        if full.all():
            return chunk
        return _Chunk(chunk.frame.filter(full), chunk.start, np.flatnonzero(full.to_numpy()))

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
        return self._values(chunk, self._mapping.inputs)

    def _values(self, chunk: _Chunk, columns: Sequence[int]) -> Array:
        names, in_lists = self._named(columns), self._lists(columns)
        if in_lists:
            self._refuse_nulls(chunk, names)
            values = self._listed(chunk, names[0])
        else:
            frame = chunk.frame if names == chunk.frame.columns else chunk.frame[list(names)]
            values = self._numeric(frame, {self._table.kind(name) for name in names}).to_numpy(
                order="fortran"
            )
        index = first_nonfinite(values)  # a null among numbers is nan
        if index is not None:
            self._refuse_nulls(chunk, names)
            if not self._request.allow_nonfinite:
                name = names[0] if in_lists else names[index[1]]
                raise self._bad(chunk, index[0], name, quoted(str(values[index])), _NONFINITE)
        return values

    def _numeric(self, frame: Any, kinds: set[str]) -> Any:
        """A frame of numbers of these types in one that holds them all: float32 or float64."""
        exact = self._polars.Float32 if kinds <= _SINGLE else self._polars.Float64
        return frame if kinds == {str(exact)} else frame.cast(exact)

    def _listed(self, chunk: _Chunk, name: str) -> Array:
        """A column of lists, all as long as the first one of the file."""
        series = chunk.frame[name]
        if self._table.kind(name) == "Array":
            series = series.arr.to_list()
        lengths = series.list.len()
        width = self._widths.setdefault(name, int(lengths[0]))
        odd = (lengths != width).arg_true()
        if odd.len() or not width:
            row = int(odd[0]) if odd.len() else 0
            raise InputError(
                f"expected a list of {plural(max(1, width), 'value')} in column {quoted(name)}, "
                f"got {int(lengths[row])}",
                place=f"{self._table.name}: row {chunk.row(row)}",
            )
        items = series.explode()
        if items.null_count():
            row = int(items.is_null().arg_true()[0]) // width
            raise self._bad(chunk, row, name, "a null in its list", "")
        inner = str(items.dtype.base_type())
        if inner not in _INTEGERS or name not in self._named(self._mapping.target):
            items = self._numeric(items.to_frame(), {inner}).to_series()
        values: Array = items.to_numpy().reshape(series.len(), width)
        return values

    def _classes(self, chunk: _Chunk, labels: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
        """Class indices of the single target column, shape (rows,), and how they were read."""
        (name,) = self._named(self._mapping.target)
        self._refuse_nulls(chunk, (name,))
        series, kind = chunk.frame[name], self._table.kind(name)
        if kind in _TEXT:
            series = series.cast(self._polars.String)
        if self._targets is None:
            example = self._cell(series[0]) if series.len() else ""
            spelled = self._mapping.spelled if labels else ()
            self._targets = Targets(labels, number, example, self._request.settled, spelled)
        if self._targets.by_name is None and kind in _CLASS_INDICES:
            return series.to_numpy().astype(np.int64), (self._targets.conversion,)
        distinct = series.unique(maintain_order=True)

        def fail(index: int, error: InputError) -> InputError:
            row = int((series == distinct[index]).arg_true()[0])
            return error.at(f"{self._table.name}: row {chunk.row(row)}")

        indices = self._targets.cells([self._cell(value) for value in distinct.to_list()], fail)
        as_index = series.replace_strict(distinct, indices, return_dtype=self._polars.Int64)
        return as_index.to_numpy(), (self._targets.conversion,)

    def _cell(self, value: Any) -> str:
        """A target as the text that a class's name is compared with."""
        if not isinstance(value, bool):
            return str(value)
        names = (str(value), str(value).lower(), str(int(value)))
        return next((name for name in names if name in self._mapping.labels), names[-1])

    def _ids(self, chunk: _Chunk, name: str) -> list[str]:
        self._refuse_nulls(chunk, [name])
        ids: list[str] = chunk.frame[name].cast(self._polars.String).to_list()
        return ids

    def _refuse_nulls(self, chunk: _Chunk, names: Sequence[str]) -> None:
        counts = chunk.frame[list(names)].null_count().row(0)
        holes = [name for name, count in zip(names, counts, strict=True) if count]
        if holes:
            rows = {name: int(chunk.frame[name].is_null().arg_true()[0]) for name in holes}
            name = min(holes, key=lambda hole: rows[hole])
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
