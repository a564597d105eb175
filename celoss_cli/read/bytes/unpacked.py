"""What compressed bytes stand for: gzip, and with an extra Zstandard."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from celoss_cli.core.errors import InputError, LimitError
from celoss_cli.core.extras import extra_module

if TYPE_CHECKING:
    from celoss_cli.read.request import Stream

__all__ = ["Unpacked", "gunzip", "unzstd"]

_ZSTD_BITE = 1 << 10
"""Four bytes of Zstandard may stand for 128 KiB, so this much for 32 MiB."""


class Unpacked(io.RawIOBase):
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


def gunzip(binary: BinaryIO) -> Callable[[int], bytes]:
    """Reads what gzip packed."""
    return gzip.GzipFile(fileobj=binary, mode="rb").read1


def unzstd(binary: BinaryIO) -> Callable[[int], bytes]:
    """Reads what Zstandard packed."""
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
            self._unpacked = memoryview(self._next_chunk())
        data, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return bytes(data)

    def _next_chunk(self) -> bytes:
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
