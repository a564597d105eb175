"""Many decimal numbers at once, by arithmetic on whole arrays of their digits.

A decimal number of digits m with f of them behind the point is m / 10**f. Where m is below 2**53 and
f at most 22 both are doubles, and one correctly rounded division gives the nearest double, as the
shortest way of Clinger (1990, "How to read floating point numbers accurately", PLDI). Longer m, as
``repr`` writes them, are divided in two steps, and a test finds the cells where the second one is not
accurate enough to decide. Those, and cells that are written otherwise, with an exponent or yet more
digits, are left to a reader that takes one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.data import Array

__all__ = ["CutCells", "cut_cells"]

_AT_A_TIME = 1 << 16
"""Cells whose arrays stay in the cache, and few enough calls that two threads do not wait on each other."""

_LONG_LINE = 1 << 16
"""Of longer lines nothing is expected."""

_GROUP = 9
"""So many digits fit an int32."""

_MOST_DIGITS = 22
"""10**22 is the last power of ten that is a double."""

_EXACT = 1 << 53
_LARGEST_TOP = 8
"""Numbers of 19 digits fit an int64 if they start with no more than this."""

_POWERS = np.array([float(10**exponent) for exponent in range(_MOST_DIGITS + 1)])
_SPLITTER = float((1 << 27) + 1)
_DOUBT = 2.0**-48
"""The second step of a division is off by less than 2**-51 of itself."""


@dataclass(frozen=True, slots=True)
class CutCells:
    """A rectangle of text cells as positions in its bytes.

    Attributes:
        text: the bytes, shape (size,) of uint8.
        starts, ends, points: where each cell begins, ends, and has its decimal mark, or its end where
            it has none; shape (rows, width).
        behind: for each column how far the decimal mark is from the end of its cells, 0 where they have
            none; None where the rows differ in it.

    """

    text: Array
    starts: Array
    ends: Array
    points: Array
    behind: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def cells(self, column: int) -> list[bytes]:
        """The cells of a column as they are written."""
        data = self.text.tobytes()
        places = zip(self.starts[:, column].tolist(), self.ends[:, column].tolist(), strict=True)
        return [data[start:end] for start, end in places]

    def numbers(self, columns: Sequence[int]) -> tuple[Array, Array]:
        """The numbers of some columns, and which cells are still to be read in another way.

        Returns:
            two arrays of shape (rows, columns): float64 and bool.

        """
        values = np.empty((len(self), len(columns)))
        odd = np.empty(values.shape, bool)
        for alike in self._alike(columns):
            chosen = [columns[i] for i in alike]
            if len(alike) == len(columns):
                values, odd = self._numbers(chosen)
            else:
                values[:, alike], odd[:, alike] = self._numbers(chosen)
        return values, odd

    def _alike(self, columns: Sequence[int]) -> list[list[int]]:
        """The positions of ``columns`` in groups whose cells have equally many decimals, if that is known."""
        if self.behind is None:
            return [list(range(len(columns)))]
        groups: dict[int, list[int]] = {}
        for i, column in enumerate(columns):
            groups.setdefault(self.behind[column], []).append(i)
        return list(groups.values())

    def _numbers(self, columns: list[int]) -> tuple[Array, Array]:
        first, last = columns[0], columns[-1]
        chosen = slice(first, last + 1) if columns == list(range(first, last + 1)) else columns
        starts, ends, points = (
            np.ascontiguousarray(places[:, chosen]).reshape(-1)
            for places in (self.starts, self.ends, self.points)
        )
        values, odd = np.empty(starts.size), np.empty(starts.size, bool)
        for start in range(0, starts.size, _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            _read(self.text, starts[part], ends[part], points[part], values[part], odd[part])
        shape = (len(self), len(columns))
        return values.reshape(shape), odd.reshape(shape)


def cut_cells(data: bytes, width: int, delimiter: int, point: int) -> CutCells | None:
    """The cells of whole lines without quotation marks, or None where a line is not ``width`` cells.

    Args:
        data: the lines; the last byte is a newline.
        width: the number of cells of each line.
        delimiter: the byte between two cells.
        point: the byte before the decimals.

    """
    text = np.frombuffer(data, np.uint8)
    is_point = text == point
    marks = text == delimiter
    marks |= text == ord("\n")
    behind = _behind(data, bytes([delimiter]), bytes([point]))
    if behind is not None and len(behind) == width:
        ends: Array = np.flatnonzero(marks).astype(np.int32)
        starts = _starts(text, ends, width)
        if starts is None:
            return None
        ends = ends.reshape(starts.shape)
        points = ends - np.array(behind, np.int32)
        if _are_all(points, starts, is_point, behind):
            return CutCells(text, starts, ends, points, behind)
    marks |= is_point
    places = np.flatnonzero(marks).astype(np.int32)
    at_point = is_point.take(places)
    closing = np.flatnonzero(~at_point)
    ends = places.take(closing)
    starts = _starts(text, ends, width)
    if starts is None:
        return None
    # A point right before the mark that closes a cell is that cell's; of two the first makes it odd.
    pointed = at_point.take(closing - 1, mode="clip")
    pointed[:1] = closing[:1] > 0
    points = np.where(pointed, places.take(closing - 1, mode="clip"), ends)
    return CutCells(text, starts, ends.reshape(starts.shape), points.reshape(starts.shape))


def _starts(text: Array, ends: Array, width: int) -> Array | None:
    """Where the cells begin, shape (rows, width), or None where a line is not ``width`` cells."""
    if ends.size % width:
        return None
    shape = (ends.size // width, width)
    newline = text.take(ends).reshape(shape) == ord("\n")
    if not newline[:, -1].all() or int(np.count_nonzero(newline)) != len(newline):
        return None
    starts = np.empty_like(ends)
    starts[:1] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    return starts.reshape(shape)


def _behind(data: bytes, delimiter: bytes, point: bytes) -> tuple[int, ...] | None:
    """How far the decimal marks are from the ends of the cells, if the first two lines agree in it."""
    first, second = (
        [len(cell) - cell.find(point) if point in cell else 0 for cell in line.split(delimiter)]
        for line in [*data[: 2 * _LONG_LINE].split(b"\n", 2), b"", b""][:2]
    )
    return tuple(first) if first == second else None


def _are_all(points: Array, starts: Array, is_point: Array, behind: Sequence[int]) -> bool:
    """Whether the decimal marks are at ``points``, one in each cell of a column that has any."""
    columns = np.flatnonzero(behind)
    expected = points[:, columns]
    return bool(
        np.count_nonzero(is_point) == expected.size
        and (expected >= starts[:, columns]).all()
        and is_point.take(expected).all()
    )


def _read(text: Array, starts: Array, ends: Array, points: Array, values: Array, odd: Array) -> None:
    """Writes the numbers of some cells, and which of them are odd; all arrays have shape (cells,)."""
    sign = text.take(starts)
    negative = sign == ord("-")
    signed = negative | (sign == ord("+"))
    decimals = np.maximum(ends - points - 1, 0)
    digits = ends - starts - signed - (points < ends)
    np.less(digits, 1, out=odd)
    odd |= digits > _MOST_DIGITS
    least, most = int(digits.min(initial=_MOST_DIGITS)), min(int(digits.max(initial=0)), _MOST_DIGITS)
    small, large = (int(limit(decimals)) for limit in (np.min, np.max))
    place = ends - 1
    groups = [np.zeros(len(starts), np.int32) for _ in range(0, max(1, most), _GROUP)]
    scaled = np.empty(len(starts), np.int32)
    digit = np.empty(len(starts), np.uint8)
    pointed = points < ends
    for k in range(most):
        if small <= k <= large:
            place -= (decimals == k) & pointed
        np.subtract(text.take(place, mode="clip", out=digit), ord("0"), out=digit)
        if k >= least:
            inside = digits > k
            odd |= (digit > 9) & inside
            digit *= inside
        else:
            odd |= digit > 9
        np.multiply(digit, np.int32(10 ** (k % _GROUP)), out=scaled, dtype=np.int32)
        into = groups[k // _GROUP]
        into += scaled
        place -= 1
    powers = _POWERS.take(decimals, mode="clip")
    if most <= _GROUP:
        np.divide(groups[0], powers, out=values)
    else:
        total = groups[1] * np.int64(10**_GROUP) + groups[0]
        if most > 2 * _GROUP:
            odd |= groups[2] > _LARGEST_TOP
            total += groups[2] * np.int64(10 ** (2 * _GROUP))
            np.copyto(total, 0, where=odd)  # what does not fit has wrapped around
        if int(total.max(initial=0)) < _EXACT:
            np.divide(total, powers, out=values)
        else:
            odd |= _divide(total, powers, values)
    np.negative(values, out=values, where=negative)


def _divide(total: Array, powers: Array, out: Array) -> Array:
    """Writes the doubles nearest to ``total / powers``, and tells where they may be others.

    With x the double nearest to the total m, and q the one nearest to x / p, the exact quotient is
    q + (x - q p + m - x) / p. The numerator is a sum of two doubles without error: a remainder of a
    division is a double, and the product is taken apart as Dekker does (1971, "A floating-point technique
    for extending the available precision", Numer. Math. 18). If q plus a little more than the computed
    correction and q plus a little less are one and the same double, so is the rounded quotient (Ziv 1991,
    "Fast evaluation of elementary mathematical functions with correctly rounded last bit", ACM TOMS 17).
    """
    x = total.astype(np.float64)
    below = (total - x.astype(np.int64)).astype(np.float64)
    q = x / powers
    product = q * powers
    q_high, q_low = _halves(q)
    p_high, p_low = _halves(powers)
    error = ((q_high * p_high - product) + q_high * p_low + q_low * p_high) + q_low * p_low
    correction = (((x - product) - error) + below) / powers
    np.add(q, correction * (1 + _DOUBT), out=out)
    undecided: Array = out != q + correction * (1 - _DOUBT)
    return undecided


def _halves(values: Array) -> tuple[Array, Array]:
    """Each double as a sum of two of half the digits (Veltkamp)."""
    scaled = values * _SPLITTER
    high = scaled - (scaled - values)
    return high, values - high
