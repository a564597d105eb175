"""NPY: the losses, or the gradient, as one NumPy array that is written part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["render"]

_MAGIC = b"\x93NUMPY\x01\x00"


def render(document: Document, style: Style) -> Iterator[bytes]:
    """The header, which knows the number of rows, and the values of every part."""
    if document.array is None:
        return
    found = document.array()
    extents: tuple[int, ...] | None = None
    for part in found.parts:
        if extents is None:
            extents = part.shape[1:]
            yield _header((found.rows, *extents))
        yield part.astype("<f8").tobytes()
    if extents is None:
        yield _header((0,))


def _header(shape: tuple[int, ...]) -> bytes:
    """The header of version 1.0, which ends at a multiple of 64 bytes; see numpy.lib.format."""
    text = repr({"descr": "<f8", "fortran_order": False, "shape": shape})
    padded = text + " " * (-(len(_MAGIC) + 2 + len(text) + 1) % 64) + "\n"
    return _MAGIC + len(padded).to_bytes(2, "little") + padded.encode("ascii")
