"""Parquet files, a page of each column at a time, or where there are many, a few columns of a row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.data import ROW_MAJOR_FROM
from celoss_cli.core.errors import InputError, plural
from celoss_cli.core.extras import extra_module
from celoss_cli.core.records import record
from celoss_cli.read.arrow.rows import Asked, Opened, Rows, cut, dtype_of
from celoss_cli.read.arrow.transposed import Part, in_columns
from celoss_cli.read.bytes.mapped import Distant, Whole
from celoss_cli.read.bytes.resources import grants_threads

if TYPE_CHECKING:
    from celoss_cli.read.request import Stream

__all__ = ["opened"]

_LEAST_BYTES = 16 << 20
"""A row group of so many bytes is the quicker column by column, which costs a call for each column."""

_START = b"PAR1"
_OPENING = _START + b"\x15"
"""How a file starts: behind the mark a first field follows that is a number, of a page or of the footer."""


def opened(arrow: Any, stream: Stream) -> Opened:
    """A Parquet file, mapped into memory; of a remote one the columns that are asked for, by ranges.

    Raises:
        InputError: while iterating, if another file stands before this one.
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without pyarrow's part for Parquet.

    """
    whole = Whole(stream) if stream.remote is None else Distant(stream.remote)
    parquet = extra_module("pyarrow.parquet", "fast", "Parquet files").ParquetFile(
        whole.source(arrow), pre_buffer=whole.is_distant, page_checksum_verification=True
    )
    groups = _asked_groups(stream, parquet.num_row_groups)
    file = _File(parquet, whole, groups, stream.threads and grants_threads())

    def pieces(asked: Asked) -> Iterator[Rows]:
        yield from _pieces(file, asked)
        if whole.found(_OPENING, file.end({*asked.matrix, *asked.single})):
            raise InputError(
                "expected one Parquet file, got several one after the other",
                hint="give them as several files",
                place=stream.name,
            )

    before, count = (sum(file.rows(index) for index in part) for part in (range(groups.start), groups))
    return Opened(parquet.schema_arrow, pieces, count, row_groups=parquet.num_row_groups, first=before)


def _asked_groups(stream: Stream, found: int) -> range:
    """The row groups that are to be read.

    Raises:
        InputError: if the file has others than those it was dealt out by.

    """
    asked = stream.row_groups
    if asked is None:
        return range(found)
    if asked.of != found:
        raise InputError(f"expected {plural(asked.of, 'row group')}, got {found}", place=stream.name)
    return range(asked.first, asked.end)


@record(frozen=True, slots=True)
class _File:
    """A file to be read from.

    Attributes:
        parquet: pyarrow's.
        whole: its bytes.
        groups: its row groups that are asked for.
        threads: whether pyarrow may start threads.

    """

    parquet: Any
    whole: Whole | Distant
    groups: range
    threads: bool

    def rows(self, index: int) -> int:
        """How many rows a row group has."""
        return int(self.parquet.metadata.row_group(index).num_rows)

    def by_rows(self, asked: Asked, row_groups: range) -> Iterator[Rows]:
        names = [*asked.matrix, *asked.single]
        # What is fetched ahead of a remote file is that of all row groups that are asked for together.
        for groups in [[index] for index in row_groups] if self.whole.is_distant else [list(row_groups)]:
            for batch in self.parquet.iter_batches(asked.size, groups, names, use_threads=self.threads):
                yield from cut(batch, asked)
                self.whole.release()

    def columns(self, index: int, names: Sequence[str]) -> Any:
        """Some columns of a row group."""
        table = self.parquet.read_row_group(index, list(names), use_threads=self.threads)
        self.whole.release()
        return table

    def end(self, names: Set[str]) -> int:
        """Where columns that have been read end; behind the last of all there are indexes and filters.

        Of columns that have not been read, broken metadata would end the process.
        """
        ends = [len(_START)]
        groups, schema = self.parquet.num_row_groups, self.parquet.schema
        for index in range(len(schema.names) if groups else 0):
            path = schema.column(index).path
            if path in names or path.partition(".")[0] in names:
                chunk = self.parquet.metadata.row_group(groups - 1).column(index)
                start = min(chunk.dictionary_page_offset or chunk.data_page_offset, chunk.data_page_offset)
                ends.append(start + chunk.total_compressed_size)
        return max(ends)


def _pieces(file: _File, asked: Asked) -> Iterator[Rows]:
    extents = {index: file.rows(index) for index in file.groups}
    dtype = dtype_of(file.parquet.schema_arrow, asked.matrix)
    size = max(extents.values(), default=0) * len(asked.matrix) * dtype.itemsize
    if len(asked.matrix) < ROW_MAJOR_FROM or size < _LEAST_BYTES:
        yield from file.by_rows(asked, file.groups)
        return
    for index, rows in extents.items():
        by_rows = partial(file.by_rows, asked, range(index, index + 1))
        yield from in_columns(Part(rows, partial(file.columns, index), by_rows), asked, dtype)
