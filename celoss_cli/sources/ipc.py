"""Arrow's own formats: the file, also called Feather version 2, and the stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.sources.mapped import mapped, piped, release_bytes
from celoss_cli.sources.rows import Asked, Opened, Rows, cut

if TYPE_CHECKING:
    from celoss_cli.sources.base import Stream

__all__ = ["opened_file", "opened_stream"]

_RELEASED_BYTES = 32 << 20
"""The memory of a mapped file is given back after so many bytes."""

_END = b"\xff\xff\xff\xff\0\0\0\0"
"""The last bytes of a stream. The format lets a writer do without; none that is known does."""


def opened_file(arrow: Any, stream: Stream) -> Opened:
    """A file, mapped into memory.

    Raises:
        LimitError: for more than 1 GiB through a pipe.

    """
    whole = mapped(stream)
    source = arrow.py_buffer(piped(stream).getbuffer() if whole is None else whole)
    file = arrow.ipc.open_file(source)

    def pieces(asked: Asked) -> Iterator[Rows]:
        used = 0
        for index in range(file.num_record_batches):
            batch = file.get_batch(index)  # the option for some columns only would copy them
            for piece in cut(batch, asked):
                yield piece
                used += piece.batch.nbytes
                if whole is not None and used > _RELEASED_BYTES:
                    release_bytes(whole, 0, len(whole))
                    used = 0
            if whole is not None and batch.nbytes > _RELEASED_BYTES:  # a few of its rows map most of it
                release_bytes(whole, 0, len(whole))

    return Opened(file.schema, pieces)


def opened_stream(arrow: Any, stream: Stream) -> Opened:
    """A stream, read as it comes; one without its end may have been cut, and is refused there.

    Raises:
        LimitError: for a part of more than 1 GiB, while iterating.

    """
    watched = _Watched(stream)
    reader = arrow.ipc.open_stream(arrow.PythonFile(watched, mode="r"))

    def pieces(asked: Asked) -> Iterator[Rows]:
        for batch in reader:
            yield from cut(batch, asked)
        if watched.last != _END:
            raise OSError("the stream has no end")

    return Opened(reader.schema, pieces, once=True)


class _Watched(io.RawIOBase):
    """Bytes on their way to pyarrow.

    Attributes:
        last: the last of them, as many as mark the end of a stream.

    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = piped(self._stream, None if size < 0 else size).getvalue()
        self.last = (self.last + data[-len(_END) :])[-len(_END) :]
        return data
