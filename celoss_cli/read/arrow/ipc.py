"""Arrow's own formats: the file, also called Feather version 2, and the stream."""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import CelossError, InputError
from celoss_cli.read.arrow.messages import BatchHeader, Blocks, batch_header, blocks
from celoss_cli.read.arrow.rows import Asked, Opened, Rows, cut, dtype_of
from celoss_cli.read.arrow.transposed import IN_MEMORY_BYTES, Part, in_columns
from celoss_cli.read.bytes.mapped import Whole, mapped, piped, release_bytes
from celoss_cli.read.bytes.resources import grants_threads

if TYPE_CHECKING:
    from celoss_cli.read.request import Stream

__all__ = ["opened_file", "opened_stream"]

_RELEASED_BYTES = 32 << 20
"""The memory of a mapped file is given back after so many bytes."""

_END = b"\xff\xff\xff\xff\0\0\0\0"
"""The last bytes of a stream. The format lets a writer do without; none that is known does."""

_START = b"ARROW1\0\0"
_FOOTER_END = 4 + len(b"ARROW1")
"""Bytes behind the footer of a file: its size and the mark once more."""

_MOST_PADDING = 64
"""Bytes that may follow the last message of a file beside the end's mark."""


def opened_file(arrow: Any, stream: Stream) -> Opened:
    """A file, mapped into memory.

    Raises:
        InputError: if another file stands before it; while iterating, for a broken record batch.
        LimitError: for more than 1 GiB through a pipe; while iterating, for a compressed column of more.

    """
    file = _File(arrow, stream)
    return Opened(file.schema, file.pieces)


class _File:
    """Reads the record batches of a file.

    Attributes:
        schema: pyarrow's.

    """

    def __init__(self, arrow: Any, stream: Stream) -> None:
        self._arrow, self._name = arrow, stream.name
        self._whole = Whole(stream)
        self._cutter = _Cutter(self._whole.release)
        self._buffer = arrow.py_buffer(self._whole.data)
        self._threads = stream.threads and grants_threads()
        self._every = self._open([])
        self._some: dict[tuple[str, ...], Any] = {}
        self.schema = self._every.schema
        self._blocks = self._found()

    def _found(self) -> Blocks:
        """Where the record batches are, and that there is nothing else."""
        data = memoryview(self._whole.data)
        end = len(data) - _FOOTER_END
        footer = end - int.from_bytes(data[end : end + 4], "little")
        found = blocks(data[footer:end])
        if found.end:
            others = not 0 <= footer - found.end <= len(_END) + _MOST_PADDING
        else:
            others = self._whole.found(_START, len(_START))
        if others:
            raise InputError(
                "expected one Arrow file, got more than its directory names",
                hint="give several as several files",
                place=self._name,
            )
        return found

    def pieces(self, asked: Asked) -> Iterator[Rows]:
        """What is asked for, record batch by record batch."""
        dtype = dtype_of(self.schema, asked.matrix)
        for start in self._blocks.dictionaries:
            self._header(start)
        for index, start in enumerate(self._blocks.batches):
            header = self._header(start)
            part = Part(
                header.rows, partial(self._columns, index), partial(self._by_rows, index, header, asked)
            )
            size = header.rows * len(asked.matrix) * dtype.itemsize
            large = header.compressed and size > IN_MEMORY_BYTES
            yield from in_columns(part, asked, dtype) if large else part.by_rows()

    def _header(self, start: int) -> BatchHeader:
        source = self._arrow.BufferReader(self._buffer)
        source.seek(start)
        try:
            return batch_header(self._arrow, source)
        except CelossError as error:
            raise error.at(self._name) from None

    def _by_rows(self, index: int, header: BatchHeader, asked: Asked) -> Iterator[Rows]:
        # A reader of some columns only would copy them; what is compressed is copied in any case.
        names = (*asked.matrix, *asked.single) if header.compressed else ()
        batch = (self._reader(names) if names else self._every).get_batch(index)
        return self._cutter.cut(batch, asked)

    def _columns(self, index: int, names: Sequence[str]) -> Any:
        """Some columns of a record batch, as a table."""
        batch = self._reader(tuple(names)).get_batch(index)
        self._whole.release()
        return self._arrow.Table.from_batches([batch.select(list(names))])

    def _reader(self, names: tuple[str, ...]) -> Any:
        if names not in self._some:
            fields = [self.schema.get_field_index(name) for name in names or self.schema.names[:1]]
            self._some[names] = self._open(fields)
        return self._some[names]

    def _open(self, fields: list[int]) -> Any:
        """A reader of some fields, or of all if there are none."""
        options = self._arrow.ipc.IpcReadOptions(use_threads=self._threads, included_fields=fields)
        return self._arrow.ipc.open_file(self._buffer, options=options)


class _Cutter:
    """Cuts record batches and gives the memory of a mapped file back that was used for their rows."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release
        self._used = 0

    def cut(self, batch: Any, asked: Asked) -> Iterator[Rows]:
        for piece in cut(batch, asked):
            yield piece
            self._used += piece.batch.nbytes
            if self._used > _RELEASED_BYTES:
                self._release()
                self._used = 0
        if batch.nbytes > _RELEASED_BYTES:  # a few of its rows map most of it
            self._release()


def opened_stream(arrow: Any, stream: Stream) -> Opened:
    """A stream, read as it comes; one without its end may have been cut, and is refused there.

    Raises:
        InputError: while iterating, for bytes after the end.
        LimitError: for a part of more than 1 GiB through a pipe, while iterating.

    """
    watched = _CheckedStream(stream)
    options = arrow.ipc.IpcReadOptions(use_threads=stream.threads and grants_threads())
    reader = arrow.ipc.open_stream(arrow.PythonFile(watched, mode="r"), options=options)

    def pieces(asked: Asked) -> Iterator[Rows]:
        cutter = _Cutter(watched.release)
        for batch in reader:
            yield from cutter.cut(batch, asked)
        if watched.last != _END:
            raise OSError("the stream has no end")
        if watched.read(1):
            raise InputError(
                "expected nothing after the end of the Arrow stream, got more bytes",
                hint="give several as several files",
                place=stream.name,
            )

    return Opened(reader.schema, pieces, once=True)


class _CheckedStream(io.RawIOBase):
    """Bytes on their way to pyarrow, which does not copy those of a mapped file.

    Attributes:
        last: the last of them, as many as mark the end of a stream.

    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._mapped = mapped(stream)
        self._position = 0
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> Any:
        data = self._piped(size) if self._mapped is None else self._slice(self._mapped, size)
        self.last = (self.last + bytes(data[-len(_END) :]))[-len(_END) :]
        return data

    def _piped(self, size: int) -> bytes:
        return piped(self._stream, None if size < 0 else size).getvalue()

    def _slice(self, file: mmap.mmap, size: int) -> memoryview:
        start = self._position
        self._position = len(file) if size < 0 else min(len(file), start + size)
        return memoryview(file)[start : self._position]

    def release(self) -> None:
        """Gives the memory of a mapped file back."""
        if self._mapped is not None:
            release_bytes(self._mapped, 0, len(self._mapped))
