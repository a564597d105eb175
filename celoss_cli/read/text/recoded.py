"""Text of another encoding, read as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import BinaryIO

from celoss_cli.core.errors import UsageError, quoted

__all__ = ["reader"]


def reader(binary: BinaryIO, encoding: str) -> Callable[[int], bytes]:
    """What reads the next bytes of a text as UTF-8; half a character at the end is an error.

    Raises:
        UsageError: for an encoding that nobody knows.

    """
    try:
        name = codecs.lookup(encoding).name
        decoder = codecs.getincrementaldecoder(name)()
    except LookupError:
        raise UsageError(f"Expected a known encoding, got {quoted(encoding)}.") from None
    if name == "utf-8":
        return binary.read

    def read(size: int) -> bytes:
        while raw := binary.read(size):
            if text := decoder.decode(raw):
                return text.encode()
        return decoder.decode(b"", final=True).encode()

    return read
