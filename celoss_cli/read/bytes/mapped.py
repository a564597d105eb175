"""Bytes for arrays: mapped from a file, or read from a pipe no further than they are announced."""

from __future__ import annotations

import errno
import io
import mmap
import os
import stat
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import LimitError

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.remote.files import Object
    from celoss_cli.read.request import Stream

__all__ = [
    "MAX_PIPED",
    "Distant",
    "Whole",
    "copied",
    "mapped",
    "memory_limit",
    "piped",
    "release",
    "release_bytes",
]

MAX_PIPED = 1 << 30
"""The most bytes that are taken from a pipe for a format that must be read as a whole."""

_CHUNK = 1 << 20
_FETCHED = 1 << 23


def mapped(stream: Stream) -> mmap.mmap | None:
    """The whole file, read-only and in no memory until it is used; None for a pipe or an empty file.

    The mapping outlives the stream. A remote file is copied to a temporary one first.

    Raises:
        LimitError: for a file that is larger than the address space.

    """
    if stream.remote is not None and stream.remote.state.size:
        return copied(stream.remote, 0, stream.remote.state.size)
    try:
        number = stream.binary.fileno()
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode) or not status.st_size or stream.binary.tell():
            return None
    except (OSError, ValueError):
        return None
    try:
        return mmap.mmap(number, 0, access=mmap.ACCESS_READ)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        raise LimitError(
            f"expected {status.st_size} bytes of address space for the file, got fewer",
            hint="raise the limit: ulimit -v",
            place=stream.name,
        ) from None


def copied(remote: Object, start: int, end: int) -> mmap.mmap:
    """Bytes of a remote file, at least one, in a temporary one that has no name."""
    from celoss_cli.read.remote.files import spooled  # most files are of this machine

    with spooled(remote, start, end) as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def release(values: Array) -> None:
    """Gives the memory of a mapped array back; used again, it is read again. Others stay as they are."""
    owner: object = values
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and values.size:
        low, high = np.lib.array_utils.byte_bounds(values)
        first = np.frombuffer(owner, np.uint8).ctypes.data
        release_bytes(owner, low - first, high - first)


def release_bytes(buffer: mmap.mmap, start: int, end: int) -> None:
    """Gives the memory of the mapped bytes from ``start`` to ``end`` back, where the system can."""
    if hasattr(mmap, "MADV_DONTNEED"):
        start -= start % mmap.PAGESIZE
        buffer.madvise(mmap.MADV_DONTNEED, start, end - start)


def memory_limit() -> int:
    """How many bytes this machine has; no array that must be read into memory can be larger."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows, and systems that do not say
        return 1 << 40


def piped(stream: Stream, size: int | None = None, before: bytes = b"") -> io.BytesIO:
    """All bytes of a pipe, for a format whose directory stands at its end; or the next ones up to ``size``.

    No memory is taken for what is announced and does not come.

    Args:
        stream: where they come from.
        size: of all together.
        before: the first of them, which were read already.

    Raises:
        LimitError: for more than 1 GiB.

    """
    whole = io.BytesIO()
    whole.write(before)
    while chunk := stream.binary.read(_CHUNK if size is None else min(_CHUNK, size - whole.tell())):
        whole.write(chunk)
        if whole.tell() > MAX_PIPED:
            raise LimitError(
                f"expected at most {MAX_PIPED >> 30} GiB through a pipe, got more",
                hint="save it as a file, which is mapped and not read into memory",
                place=stream.name,
            )
    whole.seek(0)
    return whole


class Whole:
    """All bytes of a stream, for a format with a directory.

    Attributes:
        data: the bytes: mapped from a file, or read from a pipe.
        is_distant: whether reading takes requests.

    """

    is_distant = False

    def __init__(self, stream: Stream) -> None:
        """Maps the file, or reads the pipe to its end.

        Raises:
            LimitError: for more than 1 GiB through a pipe.

        """
        self._mapped = mapped(stream)
        self.data: mmap.mmap | memoryview = (
            piped(stream).getbuffer() if self._mapped is None else self._mapped
        )

    def source(self, arrow: Any) -> Any:
        """The bytes as pyarrow reads them."""
        return arrow.BufferReader(arrow.py_buffer(self.data))

    def release(self) -> None:
        """Gives the memory of a mapped file back; used again, it is read again."""
        if self._mapped is not None:
            release_bytes(self._mapped, 0, len(self._mapped))

    def found(self, mark: bytes, start: int) -> bool:
        """Whether these bytes stand anywhere from ``start`` on."""
        for first in range(start, len(self.data), _CHUNK):
            if mark in bytes(self.data[first : first + _CHUNK + len(mark) - 1]):
                return True
            self.release()
        return False


class Distant:
    """The bytes of a remote file, for a format with a directory whose reader knows what it needs.

    Attributes:
        is_distant: whether reading takes requests.

    """

    is_distant = True

    def __init__(self, remote: Object) -> None:
        self._remote = remote

    def source(self, arrow: Any) -> Any:
        """The bytes as pyarrow reads them: exactly what it asks for."""
        from celoss_cli.read.remote.files import Ranges  # most files are of this machine

        return arrow.PythonFile(Ranges(self._remote), "r")

    def release(self) -> None:
        """Nothing is held."""

    def found(self, mark: bytes, start: int) -> bool:
        """Whether these bytes stand anywhere from ``start`` on."""
        size = self._remote.state.size
        return any(
            mark in self._remote.bytes(first, min(first + _FETCHED + len(mark) - 1, size))
            for first in range(start, size, _FETCHED)
        )
