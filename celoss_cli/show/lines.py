"""Lines of CSV and of JSON objects from columns of values, many lines at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.late import Array, np
from celoss_cli.core.records import record
from celoss_cli.show.data import Words
from celoss_cli.show.fields import integers, reals, texts

if TYPE_CHECKING:
    from celoss_cli.show.data import Column

__all__ = ["Notation", "as_lines"]

_AT_A_TIME = 8192
"""Rows whose bytes are put together at a time, so that they stay in the cache of a core."""

_MOST_BYTES = 1 << 24
"""So many are held at a time, unless one row has more."""

_NUMBER_BYTES = 26
_PLAIN = re.compile(rb"[0-9A-Za-z_./: \n-]*")
_STARTS_AS_FORMULA = re.compile(rb"(^|\n)-")


@record(frozen=True, slots=True)
class Notation:
    """How a format writes a line of values.

    Attributes:
        start: what stands before the first value.
        between: what stands before each further value, one for all or one for each.
        end: what stands after the last one.
        nothing: what stands for a value that is not there.
        nonfinite: what stand for nan, inf and -inf.
        quote: what stands around a text of letters and digits.
        value: how any value is written.
        several: what stands before, between and after the numbers of one value that has several.

    """

    between: bytes | Sequence[bytes]
    end: bytes
    nothing: bytes
    nonfinite: tuple[bytes, bytes, bytes]
    quote: bytes
    value: Callable[[Any], str]
    several: tuple[bytes, bytes, bytes]
    start: bytes = b""


def as_lines(columns: Sequence[Column], notation: Notation) -> Iterator[str]:
    """The lines of rows that are given by column, in pieces; at least one column is not None."""
    for start in range(0, _rows(columns), _AT_A_TIME):
        yield from _pieces(_part(columns, start, start + _AT_A_TIME), notation)


def _rows(columns: Sequence[Column]) -> int:
    return next(len(column) for column in columns if column is not None)


def _part(columns: Sequence[Column], start: int, stop: int) -> list[Column]:
    return [None if column is None else column[start:stop] for column in columns]


def _pieces(columns: Sequence[Column], notation: Notation) -> Iterator[str]:
    """The lines of a few rows; half of them at a time where a long value would make all of them wide."""
    rows = _rows(columns)
    if rows > 1 and rows * sum(map(_most_bytes, columns)) > _MOST_BYTES:
        yield from _pieces(_part(columns, 0, rows // 2), notation)
        yield from _pieces(_part(columns, rows // 2, rows), notation)
        return
    between = notation.between
    marks = [between] * (len(columns) - 1) if isinstance(between, bytes) else between
    fields = [_field(column, notation) for column in columns]
    parts = chain.from_iterable(zip((notation.start, *marks), fields, strict=True))
    yield _joined([*parts, notation.end], rows).decode()


def _most_bytes(column: Column) -> int:
    """About how many bytes the longest value of a column takes."""
    if column is None:
        return 0
    if isinstance(column, Words):
        return _most_bytes(column.words)
    if isinstance(column, np.ndarray):
        return _NUMBER_BYTES * int(np.prod(column.shape[1:]))
    return max(map(len, map(str, column)))


def _joined(parts: Sequence[bytes | Array], rows: int) -> bytearray:
    """The fields beside each other, row by row, without the bytes of 0 that fill them up."""
    same = b"".join(part if isinstance(part, bytes) else bytes(part.shape[1]) for part in parts)
    lines = bytearray(same) * rows
    whole = np.frombuffer(lines, np.uint8).reshape(rows, -1)
    first = 0
    for part in parts:
        last = first + (len(part) if isinstance(part, bytes) else part.shape[1])
        if not isinstance(part, bytes):
            whole[:, first:last] = part
        first = last
    return lines.translate(None, b"\0")


def _field(column: Column, notation: Notation) -> bytes | Array:
    if column is None:
        return notation.nothing
    if isinstance(column, Words):
        words = _texts(column.words, notation)
        return texts(words).take(column.codes, axis=0) if len(words) > 1 else words[0]
    if not isinstance(column, np.ndarray):
        return texts(_texts(column, notation))
    return _numbers(column, notation) if column.ndim == 1 else _several(column, notation)


def _numbers(values: Array, notation: Notation) -> Array:
    if values.dtype.kind == "b":
        return texts((b"false", b"true")).take(values, axis=0)
    return integers(values) if values.dtype.kind == "i" else reals(values, notation.nonfinite)


def _several(values: Array, notation: Notation) -> bytes | Array:
    """The numbers of each row beside each other."""
    opening, separator, closing = notation.several
    rows, count = values.shape
    if not count:
        return opening + closing
    each = _numbers(values.reshape(-1), notation).reshape(rows, count, -1)
    field = np.empty((rows, count, each.shape[2] + len(separator)), np.uint8)
    field[:, :, : each.shape[2]] = each
    field[:, :, each.shape[2] :] = np.frombuffer(separator, np.uint8)
    field[:, -1, each.shape[2] :] = 0
    ends = (np.broadcast_to(np.frombuffer(end, np.uint8), (rows, len(end))) for end in (opening, closing))
    first, last = ends
    return np.concatenate([first, field.reshape(rows, -1), last], axis=1)


def _texts(column: Sequence[Any], notation: Notation) -> list[bytes]:
    """Texts, and numbers among them, as the format writes them; that all are plain texts is seen at once."""
    if all(isinstance(value, str) for value in column):
        joined = "\n".join(column).encode(errors="backslashreplace")
        found = joined.split(b"\n")
        if len(found) == len(column) and _PLAIN.fullmatch(joined) and not _STARTS_AS_FORMULA.search(joined):
            quote = notation.quote
            return [quote + text + quote for text in found] if quote else found
    return [notation.value(value).encode() for value in column]
