"""Compressed files, unpacked while they are read: gzip, and with an extra Zstandard.

Who opens a stream calls ``decompressed`` before the format is chosen, and goes on with the stream that
it answers:

    stream = decompressed(open_stream(path))
    spec = format_of(stream.path, stream.head(), chosen)

``preds.csv.gz`` then has the path ``preds.csv`` and is CSV; messages keep the name of the file. Closing
the new stream closes the file. A stream that is not compressed is answered as it is.
"""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from celoss_cli.core.errors import InputError
from celoss_cli.core.suffix import is_device, suffix_of, without_suffix
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


def decompressed(stream: Stream) -> Stream:
    """The stream unpacked, with a path that no longer says how it was packed.

    The memory in use is bounded whatever the data unpacks to.

    Raises:
        InputError: if name and first bytes disagree; while reading, if the data is cut, corrupt or
            followed by something else.
        LimitError: while reading, for Zstandard data that needs more than 128 MiB to be unpacked.
        UsageError: for Zstandard without the package zstandard.

    """
    said = None if stream.path == "-" else _SUFFIXES.get(suffix_of(stream.path).lower())
    found = _packed(stream)
    if said is None and found is None:
        return stream
    if stream.path != "-" and not is_device(stream.path) and said != found:
        raise _disagreement(stream, said, found)
    from celoss_cli.read.bytes.unpacked import Unpacked, gunzip, unzstd  # most files are not compressed

    unpack = gunzip if found == _GZIP else unzstd
    raw = Unpacked(stream, unpack(stream.binary), cast(str, found))
    path = stream.path if said is None else without_suffix(stream.path)
    unpacked = Stream(path, cast(BinaryIO, io.BufferedReader(raw, _BUFFER)))
    unpacked.name = stream.name
    return unpacked


def _packed(stream: Stream) -> str | None:
    """How the stream is packed, by its first bytes; one that cannot be read is closed."""
    try:
        head = stream.head()
    except OSError:
        stream.close()
        raise
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _disagreement(stream: Stream, said: str | None, found: str | None) -> InputError:
    suffix = next((suffix for suffix, kind in _SUFFIXES.items() if kind == found), "")
    return InputError(
        f"expected {f'{said} data, as the name says' if said else 'data that is not compressed'}, "
        f"got {f'{found} data' if found else 'something else'}",
        hint=f'let its name end in "{suffix}"' if found else "",
        place=stream.name,
    )
