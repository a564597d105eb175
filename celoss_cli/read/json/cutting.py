"""Where the elements of a JSON array end, found by its brackets and quotation marks alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Cut", "cut_elements", "depth_of", "ends_of_elements"]

_QUOTE, _COMMA = b'",'
_OPENING, _CLOSING = b"[{", b"]}"


@record(frozen=True, slots=True)
class Cut:
    """What is known of a part of an array.

    Attributes:
        end: the bytes up to the last comma between two elements, or up to the bracket that closes the
            array, each included; 0 where there is none.
        closed: whether the array ends there.
        elements: how many lists and objects are before the end.
        depth: how deep they nest.

    """

    end: int
    closed: bool
    elements: int
    depth: int


def cut_elements(data: bytes) -> Cut:
    """Cuts text that begins within an array, behind its bracket or a comma.

    The text need not be JSON: what is cut off is read strictly afterwards.
    """
    quoted = b'"' in data
    marks, kinds, closing, level = _marks(data, quoted=quoted)
    depth = int(level.max(initial=0))
    below = np.flatnonzero(level < 0)
    if below.size:
        first = int(below[0])
        elements = int(np.count_nonzero(closing[:first] & (level[:first] == 0)))
        return Cut(int(marks[first]) + 1, True, elements, depth)
    ends = closing & (level == 0)
    if quoted:
        commas = np.flatnonzero((kinds == _COMMA) & (level == 0))
        if not commas.size:
            return Cut(0, False, 0, depth)
        last = int(commas[-1])
        return Cut(int(marks[last]) + 1, False, int(np.count_nonzero(ends[:last])), depth)
    return _at_comma(data, marks, np.flatnonzero(ends), depth)


def depth_of(data: bytes) -> int:
    """How deep a text nests, as far as it is JSON."""
    return int(_marks(data, quoted=b'"' in data)[3].max(initial=0))


def ends_of_elements(data: bytes) -> Array:
    """Where the elements in such text end: the commas between them, and the bracket that closes the array."""
    marks, kinds, _, level = _marks(data, quoted=True)
    found: Array = marks[((kinds == _COMMA) & (level == 0)) | (level < 0)]
    return found


def _marks(data: bytes, *, quoted: bool) -> tuple[Array, Array, Array, Array]:
    """The marks outside of texts: their places, which they are, which close, and the level behind each.

    Args:
        data: the text.
        quoted: whether it has texts, so that commas are looked for too.

    """
    text = np.frombuffer(_without_escapes(data) if quoted and b"\\" in data else data, np.uint8)
    wanted = [*_OPENING, *_CLOSING, *([_QUOTE, _COMMA] if quoted else [])]
    marks = _places(text, [byte for byte in wanted if bytes([byte]) in data])
    kinds = text[marks]
    if quoted:
        marks_of_text = kinds == _QUOTE
        outside = (np.cumsum(marks_of_text) % 2 == 0) & ~marks_of_text
        marks, kinds = marks[outside], kinds[outside]
    closing = np.logical_or.reduce([kinds == byte for byte in _CLOSING])
    steps = closing.astype(np.int32)
    np.multiply(steps, -2, out=steps)
    np.add(steps, 1, out=steps)
    steps[kinds == _COMMA] = 0
    return marks, kinds, closing, np.cumsum(steps)


def _at_comma(data: bytes, marks: Array, ends: Array, depth: int) -> Cut:
    """The cut of a text without quotation marks, at a comma behind one of the ends of its elements."""
    if not marks.size:
        return Cut(data.rfind(b",") + 1, False, 0, depth)
    for count in range(ends.size, max(0, ends.size - 2), -1):
        at = int(ends[count - 1])
        stop = int(marks[at + 1]) if at + 1 < marks.size else len(data)
        comma = data.rfind(b",", int(marks[at]), stop)
        if comma >= 0:
            return Cut(comma + 1, False, count, depth)
    return Cut(data.rfind(b",", 0, int(marks[0])) + 1, False, 0, depth)


def _places(text: Array, wanted: list[int]) -> Array:
    """Where any of some bytes stands."""
    found = np.zeros(text.size, bool)
    for byte in wanted:
        found |= text == byte
    return np.flatnonzero(found)


def _without_escapes(data: bytes) -> bytes:
    """The same bytes with blanks for the marks that are escaped, and for what escapes them."""
    return data.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
