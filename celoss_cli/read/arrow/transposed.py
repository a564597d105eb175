"""Wide parts of a file, decoded a few columns at a time and handed out a few rows at a time.

Decoded whole, such a part would take more memory than all else. A large one goes through a temporary file.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import plural
from celoss_cli.core.records import record
from celoss_cli.read.arrow.rows import Asked, Rows, nulls_of, stored, values_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["IN_MEMORY_BYTES", "Part", "in_columns"]

IN_MEMORY_BYTES = 64 << 20
"""A larger part goes through a temporary file."""

_GROUP_BYTES = 8 << 20
"""So much of a part's columns is decoded at a time."""

_WRITTEN_BYTES = 1 << 20
"""Written to the temporary file at a time."""


@record(frozen=True, slots=True)
class Part:
    """Consecutive rows of a file that can be read a few columns at a time.

    Attributes:
        rows: how many.
        columns: reads columns by name, as a table of pyarrow's.
        by_rows: reads all that is asked at once.

    """

    rows: int
    columns: Callable[[Sequence[str]], Any]
    by_rows: Callable[[], Iterator[Rows]]


def in_columns(part: Part, asked: Asked, dtype: np.dtype[Any]) -> Iterator[Rows]:
    """The rows of a part, whose matrix is put together column by column; by rows where there is no room.

    Raises:
        OSError: for a column of another length, while iterating.

    """
    with _place(part.rows, asked, dtype) as place:
        nulls = None if place is None else _filled(place, part, asked)
        if place is None or nulls is None:
            yield from part.by_rows()
            return
        single = part.columns(asked.single).select(asked.single)
        _refuse_length(single.num_rows, part.rows)
        start = 0
        for matrix in place.pieces():
            size = len(matrix)
            (batch,) = single.slice(start, size).combine_chunks().to_batches()
            yield Rows(
                batch, asked, matrix, {name: where.slice(start, size) for name, where in nulls.items()}
            )
            start += size


def _filled(place: _InMemory | _InFile, part: Part, asked: Asked) -> dict[str, Any] | None:
    """Puts the matrix in its place; answers where it has nulls, or None if there is no more room."""
    nulls: dict[str, Any] = {}
    step = max(1, _GROUP_BYTES // max(1, part.rows * place.dtype.itemsize))
    for at in range(0, len(asked.matrix), step):
        names = asked.matrix[at : at + step]
        columns = _read(part, names)
        nulls.update(nulls_of(zip(names, columns, strict=True)))
        values = [np.asarray(values_of(column), place.dtype) for column in columns]
        del columns  # else there are two groups of them when the next is read
        try:
            place.put(at, values)
        except OSError:
            return None
        del values
    return nulls


def _read(part: Part, names: Sequence[str]) -> list[Any]:
    table = part.columns(names)
    _refuse_length(table.num_rows, part.rows)
    return [_whole(table.column(name)) for name in names]


def _whole(column: Any) -> Any:
    """The values in one array; ``combine_chunks`` would copy those that already are."""
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    whole.validate(full=True)
    return stored(whole)


@contextlib.contextmanager
def _place(rows: int, asked: Asked, dtype: np.dtype[Any]) -> Iterator[_InMemory | _InFile | None]:
    """Where the matrix of so many rows is put; None if it is large and no temporary file has room for it."""
    size = rows * len(asked.matrix) * dtype.itemsize
    if size <= IN_MEMORY_BYTES:
        yield _InMemory(rows, asked, dtype)
        return
    file = _temporary(size)
    try:
        yield None if file is None else _InFile(rows, asked, dtype, file)
    finally:
        if file is not None:
            with contextlib.suppress(OSError):  # what could not be written is not needed
                file.close()


def _temporary(size: int) -> IO[bytes] | None:
    """A temporary file for so many bytes, at most half of what is free; None where there can be none."""
    try:
        if shutil.disk_usage(tempfile.gettempdir()).free < 2 * size:
            return None
        return tempfile.TemporaryFile(buffering=_WRITTEN_BYTES)
    except OSError:
        return None


class _InMemory:
    """A matrix in pieces of some rows, put in column by column."""

    def __init__(self, rows: int, asked: Asked, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        extents = (min(asked.size, rows - first) for first in range(0, rows, asked.size))
        self._pieces: list[Array] = [np.empty((len(asked.matrix), extent), dtype) for extent in extents]

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

    def __init__(self, rows: int, asked: Asked, dtype: np.dtype[Any], file: IO[bytes]) -> None:
        self.dtype = dtype
        self._rows, self._columns, self._size = rows, len(asked.matrix), asked.size
        self._file = file

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
        raise OSError(f"a part of {plural(rows, 'row')} has a column of {found}")
