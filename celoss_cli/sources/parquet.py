"""Parquet files, a page of each column at a time, or where there are many, a few columns of a row group."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from celoss_cli.errors import plural
from celoss_cli.sources.extras import extra_module
from celoss_cli.sources.mapped import piped
from celoss_cli.sources.rows import ROW_MAJOR_FROM, Asked, Opened, Rows, cut, floats_of, kind_of

if TYPE_CHECKING:
    from celoss_cli.data import Array
    from celoss_cli.sources.base import Stream

__all__ = ["opened"]

_BUFFERED_BYTES = 4096
"""Of each column; longer pages are read whole."""

_LEAST_BYTES = 16 << 20
"""A row group of so many bytes is the quicker column by column, which costs a call for each column."""

_GROUP_BYTES = 8 << 20
"""So much of a row group's columns is decoded at a time."""

_IN_MEMORY_BYTES = 64 << 20
"""A larger row group goes through a temporary file: of a thousand columns, a page of each would take more
memory than all else."""

_WRITTEN_BYTES = 1 << 20
"""Written to the temporary file at a time."""


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
    if dtype is None or len(asked.matrix) < ROW_MAJOR_FROM or size < _LEAST_BYTES:
        yield from _by_rows(file, every, asked)
    elif size <= _IN_MEMORY_BYTES:
        yield from _by_columns(file, asked, _InMemory(asked, dtype))
    elif shutil.disk_usage(tempfile.gettempdir()).free > 2 * size:
        with tempfile.TemporaryFile(buffering=_WRITTEN_BYTES) as room:
            yield from _by_columns(file, asked, _InFile(asked, dtype, room))
    else:
        yield from _by_rows(file, every, asked)


def _by_rows(file: Any, row_groups: range, asked: Asked) -> Iterator[Rows]:
    names = [*asked.matrix, *asked.single]
    for batch in file.iter_batches(asked.size, row_groups=list(row_groups), columns=names):
        yield from cut(batch, asked)


def _by_columns(file: Any, asked: Asked, turned: _InMemory | _InFile) -> Iterator[Rows]:
    """All rows; each row group is decoded a few columns at a time."""
    for index in range(file.num_row_groups):
        if not _turn(file, index, asked, turned):
            yield from _by_rows(file, range(index, index + 1), asked)
            continue
        single = file.read_row_group(index, columns=list(asked.single)).select(asked.single)
        _refuse_length(single.num_rows, file.metadata.row_group(index).num_rows)
        start = 0
        for matrix in turned.pieces():
            (batch,) = single.slice(start, len(matrix)).combine_chunks().to_batches()
            yield Rows(batch, asked, matrix)
            start += len(matrix)


def _turn(file: Any, index: int, asked: Asked, turned: _InMemory | _InFile) -> bool:
    """Reads the matrix of a row group; answers False where a column has a null or there is no more room."""
    rows = file.metadata.row_group(index).num_rows
    turned.start(rows)
    step = max(1, _GROUP_BYTES // max(1, rows * turned.dtype.itemsize))
    for at in range(0, len(asked.matrix), step):
        names = list(asked.matrix[at : at + step])
        table = file.read_row_group(index, columns=names)
        columns = [_whole(table.column(name)) for name in names]
        if any(column.null_count for column in columns):
            return False
        for column in columns:
            _refuse_length(len(column), rows)
        try:
            turned.put(at, [np.from_dlpack(column) for column in columns])
        except OSError:
            return False
    return True


def _whole(column: Any) -> Any:
    """The values in one array; ``combine_chunks`` would copy those that already are."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class _InMemory:
    """The matrix of a row group in pieces, put in column by column."""

    def __init__(self, asked: Asked, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._columns, self._size = len(asked.matrix), asked.size
        self._pieces: list[Array] = []

    def start(self, rows: int) -> None:
        extents = (min(self._size, rows - first) for first in range(0, rows, self._size))
        self._pieces = [np.empty((self._columns, extent), self.dtype) for extent in extents]

    def put(self, at: int, columns: Sequence[Array]) -> None:
        """Puts in some columns, from number ``at`` on."""
        for line, column in enumerate(columns, at):
            first = 0
            for piece in self._pieces:
                piece[line] = column[first : first + piece.shape[1]]
                first += piece.shape[1]

    def pieces(self) -> Iterator[Array]:
        """The pieces in order; nothing here holds one that was given out."""
        while self._pieces:
            yield self._pieces.pop(0).T


class _InFile:
    """As ``_InMemory``, in a temporary file."""

    def __init__(self, asked: Asked, dtype: np.dtype[Any], file: IO[bytes]) -> None:
        self.dtype = dtype
        self._columns, self._size = len(asked.matrix), asked.size
        self._file = file
        self._rows = 0

    def start(self, rows: int) -> None:
        self._rows = rows

    def put(self, at: int, columns: Sequence[Array]) -> None:
        """Puts in some columns, from number ``at`` on.

        Raises:
            OSError: if there is no more room.

        """
        for first in range(0, self._rows, self._size):
            last = min(self._rows, first + self._size)
            self._file.seek((first * self._columns + (last - first) * at) * self.dtype.itemsize)
            self._file.writelines(column[first:last].data for column in columns)
        self._file.flush()

    def pieces(self) -> Iterator[Array]:
        """The pieces in order."""
        self._file.seek(0)
        for first in range(0, self._rows, self._size):
            piece = np.empty((self._columns, min(self._size, self._rows - first)), self.dtype)
            self._file.readinto(piece)  # type: ignore[attr-defined]
            yield piece.T


def _refuse_length(found: int, rows: int) -> None:
    if found != rows:
        raise OSError(f"a row group of {plural(rows, 'row')} has a column of {found}")
