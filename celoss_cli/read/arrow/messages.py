"""Arrow's messages, of which its files consist: what their headers say, before any of it is believed.

The headers are flatbuffers. pyarrow has checked that every offset in them stays within; it does not show
them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from celoss_cli.core.data import Array

__all__ = ["Blocks", "batch_header", "blocks"]

_MOST_INFLATED = 1 << 15
"""Zstandard makes no more of a byte: four of them may stand for a block of 128 KiB. LZ4 makes less."""

_MAX_BUFFER = 1 << 30
"""The most bytes that a buffer may be unpacked to, which is done at once."""

_PLAIN = -1
"""Stands for the unpacked size of a buffer that was left as it was."""

_DICTIONARY = 2
"""The kind of a message with a dictionary."""

_BLOCK = [("start", "<i8"), ("header", "<i4"), ("", "<i4"), ("body", "<i8")]
_BUFFER = [("start", "<i8"), ("size", "<i8")]


class _Table:
    """A table in a flatbuffer: its fields have numbers, and one that is left out has its default."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data, self._at = data, at

    @classmethod
    def root(cls, data: memoryview) -> _Table:
        return cls(data, _dereferenced(data, 0))

    def has(self, number: int) -> bool:
        return self._place(number) is not None

    def integer(self, number: int, kind: str) -> int:
        place = self._place(number)
        return 0 if place is None else int(struct.unpack_from(kind, self._data, place)[0])

    def table(self, number: int) -> _Table:
        place = self._place(number)
        if place is None:
            raise ValueError("a table that is left out")
        return _Table(self._data, _dereferenced(self._data, place))

    def structures(self, number: int, kind: DTypeLike) -> Array:
        place = self._place(number)
        if place is None:
            return np.empty(0, kind)
        start = _dereferenced(self._data, place)
        (count,) = struct.unpack_from("<I", self._data, start)
        return np.frombuffer(self._data, kind, count, start + 4)

    def _place(self, number: int) -> int | None:
        places = self._at - struct.unpack_from("<i", self._data, self._at)[0]
        (size,) = struct.unpack_from("<H", self._data, places)
        entry = 4 + 2 * number
        offset = struct.unpack_from("<H", self._data, places + entry)[0] if entry < size else 0
        return self._at + offset if offset else None


def _dereferenced(data: memoryview, place: int) -> int:
    return place + int(struct.unpack_from("<I", data, place)[0])


@record(frozen=True, slots=True)
class Blocks:
    """Where a file's messages are.

    Attributes:
        dictionaries: where each dictionary starts.
        batches: where each record batch starts.
        end: where the last message ends, 0 if there is none.

    """

    dictionaries: list[int]
    batches: list[int]
    end: int


def blocks(footer: memoryview) -> Blocks:
    """What a file's footer says of its messages."""
    table = _Table.root(footer)
    dictionaries, batches = (table.structures(number, _BLOCK) for number in (2, 3))
    every = np.concatenate([dictionaries, batches])
    ends = every["start"] + every["header"] + every["body"]
    return Blocks(dictionaries["start"].tolist(), batches["start"].tolist(), int(ends.max(initial=0)))


@record(frozen=True, slots=True)
class BatchHeader:
    """What a record batch says of itself.

    Attributes:
        rows: how many.
        compressed: whether its buffers are.

    """

    rows: int
    compressed: bool


def batch_header(arrow: Any, source: Any) -> BatchHeader:
    """The header of the record batch at which ``source`` stands, or of the one that makes a dictionary.

    Raises:
        InputError: for a compressed buffer that cannot become as large as it says.
        LimitError: for one of more than 1 GiB.
        OSError: for something else.

    """
    try:
        message = arrow.ipc.read_message(source)
        root = _Table.root(memoryview(message.metadata))
        batch = root.table(2)
        if root.integer(1, "<B") == _DICTIONARY:
            batch = batch.table(1)
        header = BatchHeader(batch.integer(0, "<q"), batch.has(3))
        if header.compressed:
            _refuse_sizes(batch.structures(2, _BUFFER), memoryview(message.body or b""))
    except (CelossError, arrow.ArrowException):
        raise
    except (EOFError, struct.error, ValueError):
        raise OSError("something else where a record batch should be") from None
    return header


def _refuse_sizes(buffers: Array, body: memoryview) -> None:
    """Looks at the size that stands before each compressed buffer."""
    for start, packed in buffers.tolist():
        size = struct.unpack_from("<q", body, start)[0] if packed else 0
        if not _PLAIN <= size <= packed * _MOST_INFLATED:
            raise InputError(
                f"expected a buffer of at most {_MOST_INFLATED} times {packed} bytes, got a size of {size}"
            )
        if size > _MAX_BUFFER:
            raise LimitError(
                f"expected compressed columns of at most {_MAX_BUFFER >> 30} GiB in a record batch, "
                f"got {size} bytes",
                hint="write it with smaller record batches",
            )
