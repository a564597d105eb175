"""Parquet files, a few pages of each column at a time, or a few columns of a row group."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.errors import plural
from celoss_cli.sources.extras import extra_module
from celoss_cli.sources.mapped import piped
from celoss_cli.sources.rows import ROW_MAJOR_FROM, Asked, Opened, Rows, floats_of, kind_of

if TYPE_CHECKING:
    from celoss_cli.data import Array
    from celoss_cli.sources.base import Stream

__all__ = ["opened"]

_BUFFERED_BYTES = 4096
"""Of each column; longer pages are read whole."""

_LEAST_BYTES, _MOST_BYTES = 16 << 20, 192 << 20
"""Row groups between these sizes are the quicker column by column. It costs a call for each column, and the
decoded row group is in memory."""

_GROUP_BYTES = 8 << 20
"""So much of a row group's columns is decoded at a time."""


def opened(arrow: Any, stream: Stream) -> Opened:
    """A Parquet file.

    Raises:
        LimitError: for more than 1 GiB through a pipe.
        UsageError: without pyarrow's part for Parquet.

    """
    regular = os.path.isfile(stream.path)
    source = arrow.OSFile(stream.path) if regular else arrow.BufferReader(piped(stream).getbuffer())
    file = extra_module("pyarrow.parquet", "fast", "Parquet files").ParquetFile(
        source, buffer_size=_BUFFERED_BYTES, pre_buffer=False, page_checksum_verification=True
    )
    schema = file.schema_arrow
    return Opened(schema, partial(_pieces, file, schema), file.metadata.num_rows)


def _pieces(file: Any, schema: Any, asked: Asked) -> Iterator[Rows]:
    every = range(file.num_row_groups)
    dtype = floats_of({kind_of(schema.field(name).type) for name in asked.matrix})
    most = max((file.metadata.row_group(index).num_rows for index in every), default=0)
    size = most * len(asked.matrix) * (dtype.itemsize if dtype else 0)
    if dtype and len(asked.matrix) >= ROW_MAJOR_FROM and _LEAST_BYTES <= size <= _MOST_BYTES:
        for index in every:
            yield from _by_columns(file, index, asked, dtype)
    else:
        yield from _by_rows(file, every, asked)


def _by_rows(file: Any, row_groups: range, asked: Asked) -> Iterator[Rows]:
    names = [*asked.matrix, *asked.single]
    for batch in file.iter_batches(asked.size, row_groups=list(row_groups), columns=names):
        yield Rows(batch.select(names), asked)


def _by_columns(file: Any, index: int, asked: Asked, dtype: np.dtype[Any]) -> Iterator[Rows]:
    matrices = _matrices(file, index, asked, dtype)
    if matrices is None:
        yield from _by_rows(file, range(index, index + 1), asked)
        return
    single = file.read_row_group(index, columns=list(asked.single)).select(asked.single)
    _refuse_length(single.num_rows, sum(map(len, matrices)))
    start = 0
    while matrices:  # nothing else holds a piece that is computed
        matrix = matrices.pop()
        (batch,) = single.slice(start, len(matrix)).combine_chunks().to_batches()
        yield Rows(batch, asked, matrix)
        start += len(matrix)


def _matrices(file: Any, index: int, asked: Asked, dtype: np.dtype[Any]) -> list[Array] | None:
    """The matrix of a row group in pieces, the last one first; None where there are nulls."""
    rows, columns = file.metadata.row_group(index).num_rows, len(asked.matrix)
    firsts = range(0, rows, asked.size)
    pieces = [np.empty((columns, min(asked.size, rows - first)), dtype) for first in firsts]
    step = max(1, _GROUP_BYTES // max(1, rows * dtype.itemsize))
    for at in range(0, columns, step):
        names = list(asked.matrix[at : at + step])
        table = file.read_row_group(index, columns=names)
        for line, name in enumerate(names, at):
            column = table.column(name).combine_chunks()
            if column.null_count:
                return None
            _refuse_length(len(column), rows)
            values = np.from_dlpack(column)
            for first, piece in zip(firsts, pieces, strict=True):
                piece[line] = values[first : first + asked.size]
    return [piece.T for piece in reversed(pieces)]


def _refuse_length(found: int, rows: int) -> None:
    if found != rows:
        raise OSError(f"a row group of {plural(rows, 'row')} has a column of {found}")
