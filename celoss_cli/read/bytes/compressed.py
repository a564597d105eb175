"""Compressed files, unpacked while they are read: gzip, and with an extra Zstandard.

Who opens a stream calls ``decompressed`` before the format is chosen, and goes on with the stream that
it answers:

    stream = decompressed(open_stream(path))
    spec = format_of(stream.path, stream.head(), chosen)

``preds.csv.gz`` then has the path ``preds.csv`` and is CSV; messages keep the name of the file. Closing
the new stream closes the file. A stream that is not compressed is answered as it is.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from celoss_cli.core.errors import InputError, LimitError
from celoss_cli.core.extras import extra_module
from celoss_cli.read.bytes.devices import is_device
from celoss_cli.read.request import Stream

__all__ = ["decompressed"]

_GZIP = "gzip"
_ZSTD = "Zstandard"
_SUFFIXES = {".gz": _GZIP, ".zst": _ZSTD}
_MAGIC = {
    b"\x1f\x8b": _GZIP,
    b"\x28\xb5\x2f\xfd": _ZSTD,
    **{bytes((first, 0x2A, 0x4D, 0x18)): _ZSTD for first in range(0x50, 0x60)},  # frames to be skipped
}
_BUFFER = 1 << 20
_ZSTD_BITE = 1 << 10
"""Four bytes of Zstandard may stand for 128 KiB, so this much for 32 MiB."""


def decompressed(stream: Stream) -> Stream:
    """The stream unpacked, with a path that no longer says how it was packed.

    The memory in use is bounded whatever the data unpacks to.

    Raises:
        InputError: if name and first bytes disagree; while reading, if the data is cut, corrupt or
            followed by something else.
        LimitError: while reading, for Zstandard data that needs more than 128 MiB to be unpacked.
        UsageError: for Zstandard without the package zstandard.

    """
    said = None if stream.path == "-" else _SUFFIXES.get(PurePath(stream.path).suffix.lower())
    found = _packed(stream)
    if said is None and found is None:
        return stream
    if stream.path != "-" and not is_device(stream.path) and said != found:
        raise _disagreement(stream, said, found)
    unpack = _gunzip if found == _GZIP else _unzstd
    raw = _Unpacked(stream, unpack(stream.binary), cast(str, found))
    path = stream.path if said is None else stream.path[: -len(PurePath(stream.path).suffix)]
    unpacked = Stream(path, cast(BinaryIO, io.BufferedReader(raw, _BUFFER)))
    unpacked.name = stream.name
    return unpacked


def _packed(stream: Stream) -> str | None:
    """How the stream is packed, by its first bytes."""
    peek: Callable[[int], bytes] | None = getattr(stream.binary, "peek", None)
    head = peek(4) if peek else b""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _disagreement(stream: Stream, said: str | None, found: str | None) -> InputError:
    suffix = next((suffix for suffix, kind in _SUFFIXES.items() if kind == found), "")
    return InputError(
        f"expected {f'{said} data, as the name says' if said else 'data that is not compressed'}, "
        f"got {f'{found} data' if found else 'something else'}",
        hint=f'let its name end in "{suffix}"' if found else "",
        place=stream.name,
    )


class _Unpacked(io.RawIOBase):
    """Unpacked bytes to be read; what goes wrong in unpacking is a refusal of the data."""

    def __init__(self, packed: Stream, read: Callable[[int], bytes], kind: str) -> None:
        super().__init__()
        self._packed = packed
        self._read = read
        self._kind = kind
        self._broken: tuple[type[Exception], ...] = (gzip.BadGzipFile, EOFError, zlib.error, _Broken)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(len(buffer))
        except LimitError as error:
            raise error.at(self._packed.name) from None
        except self._broken as error:
            cut = isinstance(error, EOFError)
            raise InputError(
                f"expected {self._kind} data, got {'data that ends early' if cut else 'other bytes'}",
                hint="was the file cut?" if cut else "",
                place=self._packed.name,
            ) from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Closes the file; standard input stays open."""
        if not self.closed:
            self._packed.close()
        super().close()


class _Broken(Exception):
    """Bytes that cannot be unpacked."""


def _gunzip(binary: BinaryIO) -> Callable[[int], bytes]:
    return gzip.GzipFile(fileobj=binary, mode="rb").read1


def _unzstd(binary: BinaryIO) -> Callable[[int], bytes]:
    return _Zstandard(binary).read


class _Zstandard:
    """Frames one after the other, each to its end."""

    def __init__(self, binary: BinaryIO) -> None:
        self._module = extra_module("zstandard", "zstd", "files compressed with Zstandard")
        self._binary = binary
        self._frame: Any = None
        self._packed = b""
        self._unpacked = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, none at the end.

        Raises:
            EOFError: if the data ends within a frame.
            LimitError: for a window of more than 128 MiB.
            _Broken: if it is no frame.

        """
        while not self._unpacked:
            self._packed = self._packed or self._binary.read(_ZSTD_BITE)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._unpacked = memoryview(self._bite())
        data, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return bytes(data)

    def _bite(self) -> bytes:
        if self._frame is None:
            self._frame = self._module.ZstdDecompressor().decompressobj()
        try:
            data: bytes = self._frame.decompress(self._packed)
        except self._module.ZstdError as error:
            if "too much memory" in str(error):
                raise LimitError(
                    "expected Zstandard data with a window of at most 128 MiB, got a larger one",
                    hint="compress it without --long or --ultra",
                ) from None
            raise _Broken from None
        self._packed = b""
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame = None
        return data
