"""The rows of a document that has the names of its columns apart, as pandas writes with orient split."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.data import Batch, Chunk
from celoss_cli.core.errors import InputError, plural
from celoss_cli.read.json.arrays import shown
from celoss_cli.read.json.frame import Frame, frame_of
from celoss_cli.read.json.values import FramedCells, ValueTable

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.read.batches import Peekable
    from celoss_cli.read.json.text import Piece
    from celoss_cli.read.request import ReadRequest

__all__ = ["SplitRows"]

_CELLS_AT_A_TIME = 1 << 17


class SplitRows:
    """Rows of values, and the names of their columns.

    Args:
        names: as the document has them.
        data: the rows that were read with it.
        name: of the stream.

    Attributes:
        names: of the columns.

    """

    def __init__(self, names: Sequence[Any], data: Sequence[Any], name: str) -> None:
        self.names = [name if isinstance(name, str) else json.dumps(name) for name in names]
        self._data = data
        self._name = name

    def place(self, row: int, column: int | None) -> str:
        return f"{self._name}: $.data[{row}]" + (f"[{column - 1}]" if column else "")

    def rows(self) -> Iterator[list[Any]]:
        return self._checked(self._data, 0)

    def _checked(self, rows: Iterable[Any], first: int) -> Iterator[list[Any]]:
        width = len(self.names)
        for index, row in enumerate(rows, first):
            if not isinstance(row, list) or len(row) != width:
                raise InputError(
                    f"expected {plural(width, 'value')}, got {shown(row)}",
                    place=f"{self._name}: $.data[{index}]",
                )
            yield row

    def dataset(
        self,
        request: ReadRequest,
        pieces: Peekable[Piece] | None = None,
        rest: Callable[[], None] = lambda: None,
    ) -> tuple[Source, Iterator[Batch | Chunk]]:
        """How the rows are read, and their batches.

        Args:
            request: what is asked of the reader.
            pieces: the rows, where they are still to be read.
            rest: reads what follows them.

        """
        ahead = () if pieces is None else pieces.peek()
        first = chain(list(self.rows()), (row for piece in ahead for row in self._of(piece)))
        table = ValueTable(self.names, first, f"{self._name}: $.columns", request)
        batches = (
            self._held(table, request) if pieces is None else self._streamed(table, request, pieces, rest)
        )
        return {"columns": table.mapping.described()}, batches

    def _of(self, piece: Piece) -> Iterator[list[Any]]:
        return self._checked(piece.values(), piece.first)

    def _held(self, table: ValueTable, request: ReadRequest) -> Iterator[Batch]:
        step = max(1, _CELLS_AT_A_TIME // max(1, len(self.names)))
        start = request.start
        for first in range(0, len(self._data), step):
            batch = table.batch(list(enumerate(self._data[first : first + step], first)), self.place, start)
            yield batch
            start += len(batch)

    def _streamed(
        self, table: ValueTable, request: ReadRequest, pieces: Peekable[Piece], rest: Callable[[], None]
    ) -> Iterator[Batch | Chunk]:
        start, frame = request.start, None
        for piece in pieces:
            if not piece.elements and piece.closed and not piece.values():
                break  # nothing but blanks
            frame = frame or self._frame(piece)
            read = partial(self._batch, table, piece, frame, start)
            found = Chunk(piece.elements, read) if request.missing == "error" and piece.elements else read()
            yield found
            start += len(found)
        rest()

    def _frame(self, piece: Piece) -> Frame | None:
        sample = piece.sample()
        if sample is None or not isinstance(sample[1], list) or len(sample[1]) != len(self.names):
            return None
        found = None if any(isinstance(value, list) for value in sample[1]) else frame_of(*sample)
        return None if found is None else found[0]

    def _batch(self, table: ValueTable, piece: Piece, frame: Frame | None, start: int) -> Batch:
        if frame is not None:
            framed = frame.around(piece.rows(frame.lead), piece.elements, b",")
            if framed is not None:
                cells = FramedCells(
                    framed, range(len(frame)), lambda row: self.place(piece.first + row, None)
                )
                found = table.framed(cells, start)
                if found is not None:
                    return found
        return table.batch(list(enumerate(self._of(piece), piece.first)), self.place, start)
