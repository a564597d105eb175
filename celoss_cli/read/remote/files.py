"""Which store a URL means, and an object of it as a binary file that reads by ranges."""

from __future__ import annotations

import contextlib
import errno
import io
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import IO, Any, BinaryIO, cast

from celoss_cli.core.errors import InputError, LimitError, UsageError, visible
from celoss_cli.read.remote.store import Cut, Missing, ObjectState, Store, WithoutRanges
from celoss_cli.read.remote.urls import Url, url_of

__all__ = [
    "KNOWN",
    "Object",
    "Ranges",
    "is_there",
    "opened",
    "spooled",
    "state_of_object",
    "store_of",
    "write_object",
]

KNOWN = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "http", "https", "hf")
"""The schemes of the extra ``remote``; fsspec, where it is installed, has others."""

_WINDOWS = (1 << 16, 1 << 20, 1 << 23)
"""The sizes of the first requests: a beginning tells the format, and of Parquet no more of it is read."""

ATTEMPTS = 4
PAUSE = 0.25
"""Seconds before an answer that was cut is asked for again, twice as many each time; up to a half more."""


def store_of(text: str) -> tuple[Store, Url]:
    """The store of a URL, and its parts.

    Raises:
        InputError: for no URL.
        UsageError: for a URL that holds a secret, and for a scheme that no installed package knows.

    """
    url = url_of(text)
    return _store(url.scheme, url.host), url


@lru_cache(maxsize=64)
def _store(scheme: str, host: str) -> Store:
    if scheme in KNOWN:
        from celoss_cli.read.remote.objects import ObjectStore

        return ObjectStore(scheme, host)
    from celoss_cli.read.remote.filesystems import FileSystem, is_known

    if not is_known(scheme):
        raise UsageError(
            f"Expected a URL of {', '.join(KNOWN)} or of a scheme that an installed fsspec knows, "
            f"got {visible(scheme)}://."
        )
    return FileSystem(scheme, host)


class Object:
    """An object of a store, always in the same state."""

    def __init__(self, store: Store, key: str, url: str, state: ObjectState) -> None:
        self._store = store
        self._key = key
        self.url = url
        self.state = state

    def bytes(self, start: int, end: int) -> bytes:
        """Bytes of it, asked for again where the answer is cut.

        Raises:
            InputError: if they do not come, or the object changed.
            WithoutRanges: if the server has no ranges.

        """
        if start >= end:
            return b""
        for attempt in range(ATTEMPTS):
            try:
                found = self._store.read(self._key, start, end, self.state)
            except Cut:
                if attempt + 1 == ATTEMPTS:
                    raise
                time.sleep(PAUSE * 2**attempt * random.uniform(1, 1.5))  # noqa: S311
            else:
                if len(found) != end - start:
                    raise InputError(
                        f"expected {end - start} bytes, got {len(found)}", place=visible(self.url)
                    )
                return found
        raise AssertionError("the last attempt returns or raises")


class _Seekable(io.RawIOBase):
    """An object with a place in it from which bytes are read."""

    def __init__(self, object: Object) -> None:
        super().__init__()
        self.object = object
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.object.state.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at


class Windows(_Seekable):
    """An object read from one place to another, in windows of which the next one is on its way."""

    def __init__(self, object: Object, start: int = 0, end: int | None = None) -> None:
        super().__init__(object)
        self._at = self._start = start
        self._end = object.state.size if end is None else end
        self._window, self._count = object.bytes(start, min(start + _WINDOWS[0], self._end)), 1
        self._pool: ThreadPoolExecutor | None = None
        self._next: tuple[int, Future[bytes]] | None = None

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._end:
            return 0
        if not self._start <= self._at < self._start + len(self._window):
            self._window, self._start = self._fetched(self._at), self._at
        begin = self._at - self._start
        part = memoryview(self._window)[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _fetched(self, start: int) -> bytes:
        size = _WINDOWS[min(self._count, len(_WINDOWS) - 1)]
        self._count += 1
        end = min(start + size, self._end)
        if self._next is not None and self._next[0] == start:
            found = self._next[1].result()
            end = start + len(found)
        else:
            found = self.object.bytes(start, end)
        self._next = None
        if self._count >= len(_WINDOWS) and end < self._end:
            self._pool = self._pool or ThreadPoolExecutor(1)
            after = min(end + _WINDOWS[-1], self._end)
            self._next = end, self._pool.submit(self.object.bytes, end, after)
        return found

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        super().close()


class Ranges(_Seekable):
    """An object of which exactly what is asked for is read: for a library that knows what it needs."""

    def read(self, size: int = -1) -> bytes:
        end = self.object.state.size if size < 0 else min(self._at + size, self.object.state.size)
        found = self.object.bytes(self._at, end)
        self._at += len(found)
        return found

    def readinto(self, buffer: Any) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


class _Streamed(io.RawIOBase):
    """What a server without ranges answers, read once from its beginning."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        part = self._left[: len(buffer)]
        buffer[: len(part)] = part
        self._left = self._left[len(part) :]
        return len(part)


def opened(path: str) -> tuple[BinaryIO, Object | None]:
    """A remote file, and the object where it can be read by ranges.

    Raises:
        InputError: if it cannot be read.
        UsageError: for a URL with a secret, or without the package that reads it.

    """
    store, url = store_of(path)
    try:
        object = Object(store, url.key, path, store.state(url.key))
        raw: io.RawIOBase = Windows(object)
    except WithoutRanges:
        return cast(BinaryIO, io.BufferedReader(_Streamed(store.stream(url.key)), _WINDOWS[0])), None
    return cast(BinaryIO, io.BufferedReader(raw, _WINDOWS[0])), object


def state_of_object(path: str) -> ObjectState:
    """The state of a remote file as it is now; one that nobody can tell from another has no stamp."""
    store, url = store_of(path)
    try:
        return store.state(url.key)
    except WithoutRanges:
        return ObjectState(0, "")


def is_there(path: str) -> bool:
    """Whether there is such a remote file.

    Raises:
        InputError: if nobody can tell.

    """
    try:
        state_of_object(path)
    except Missing:
        return False
    return True


def spooled(object: Object, start: int, end: int) -> IO[bytes]:
    """Bytes of an object in a file that has no name and goes when it is closed.

    Raises:
        InputError: if it cannot be read.
        LimitError: if there is no room for it.

    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  # who asked for it closes it
    try:
        with contextlib.closing(io.BufferedReader(Windows(object, start, end), _WINDOWS[-1])) as reader:
            for chunk in iter(lambda: reader.read(_WINDOWS[-1]), b""):
                file.write(chunk)
        file.flush()
    except BaseException as error:
        file.close()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise LimitError(
                f"expected room for {end - start} bytes among temporary files, got too little",
                hint="TMPDIR names another one",
                place=visible(object.url),
            ) from None
        raise
    return file


def write_object(path: str, pieces: Iterable[bytes]) -> None:
    """Makes or replaces a remote file, whole or not at all.

    Raises:
        OutputError: if that fails.
        UsageError: for a URL with a secret, or without the package that writes it.

    """
    store, url = store_of(path)
    with tempfile.SpooledTemporaryFile(_WINDOWS[-1]) as file:
        file.writelines(pieces)
        file.seek(0)
        store.write(url.key, cast(BinaryIO, file))
