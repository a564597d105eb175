"""Parquet files, a page of each column at a time, or where there are many, a few columns of a row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.errors import InputError
from celoss_cli.sources.extras import extra_module
from celoss_cli.sources.mapped import Whole
from celoss_cli.sources.rows import ROW_MAJOR_FROM, Asked, Opened, Rows, cut, dtype_of
from celoss_cli.sources.transposed import Part, in_columns

if TYPE_CHECKING:
    from celoss_cli.sources.base import Stream

__all__ = ["opened"]

_LEAST_BYTES = 16 << 20
"""A row group of so many bytes is the quicker column by column, which costs a call for each column."""

_START = b"PAR1"
_OPENING = _START + b"\x15"
"""How a file starts: behind the mark a first field follows that is a number, of a page or of the footer."""


def opened(arrow: Any, stream: Stream) -> Opened:
    """A Parquet file, mapped into memory.

    Raises:
        InputError: if another file stands before it.
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without pyarrow's part for Parquet.

    """
    whole = Whole(stream)
    file = extra_module("pyarrow.parquet", "fast", "Parquet files").ParquetFile(
        arrow.BufferReader(arrow.py_buffer(whole.data)), pre_buffer=False, page_checksum_verification=True
    )
    if whole.found(_OPENING, _end_of_chunks(file.metadata)):
        raise InputError(
            "expected one Parquet file, got several one after the other",
            hint="give them as several files",
            place=stream.name,
        )
    return Opened(file.schema_arrow, partial(_pieces, file, whole), file.metadata.num_rows)


def _end_of_chunks(metadata: Any) -> int:
    """Where the last row group's columns end; what goes before the footer then are indexes and filters."""
    ends = [len(_START)]
    if metadata.num_row_groups:
        group = metadata.row_group(metadata.num_row_groups - 1)
        for chunk in map(group.column, range(group.num_columns)):
            start = min(chunk.dictionary_page_offset or chunk.data_page_offset, chunk.data_page_offset)
            ends.append(start + chunk.total_compressed_size)
    return max(ends)


def _pieces(file: Any, whole: Whole, asked: Asked) -> Iterator[Rows]:
    every = range(file.num_row_groups)
    dtype = dtype_of(file.schema_arrow, asked.matrix)
    extents = [file.metadata.row_group(index).num_rows for index in every]
    size = max(extents, default=0) * len(asked.matrix) * dtype.itemsize
    if len(asked.matrix) < ROW_MAJOR_FROM or size < _LEAST_BYTES:
        yield from _by_rows(file, whole, asked, every)
        return
    for index, rows in enumerate(extents):
        part = Part(
            rows,
            partial(_columns, file, whole, index),
            partial(_by_rows, file, whole, asked, range(index, index + 1)),
        )
        yield from in_columns(part, asked, dtype)


def _by_rows(file: Any, whole: Whole, asked: Asked, row_groups: range) -> Iterator[Rows]:
    names = [*asked.matrix, *asked.single]
    for batch in file.iter_batches(asked.size, row_groups=list(row_groups), columns=names):
        yield from cut(batch, asked)
        whole.release()


def _columns(file: Any, whole: Whole, index: int, names: Sequence[str]) -> Any:
    """Some columns of a row group."""
    table = file.read_row_group(index, columns=list(names))
    whole.release()
    return table
