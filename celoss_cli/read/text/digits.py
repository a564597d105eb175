"""Many decimal numbers at once, by arithmetic on whole arrays of words of eight digits.

Eight digits are read as the one number that their bytes are, and three multiplications add neighbours up,
first pairs, then fours, then all (Muła 2014, "SIMD-friendly algorithms for parsing numbers"; Lemire 2022,
"Quickly parsing eight digits"). A byte is a digit if it is at most 9 once that of "0" is taken off.

A decimal number of digits m with f of them behind the point is m / 10**f. Where m is below 2**53 and
f at most 22 both are doubles, and one correctly rounded division gives the nearest double, as the
shortest way of Clinger (1990, "How to read floating point numbers accurately", PLDI). Longer m, as
``repr`` writes them, are divided in two steps, and a test finds the cells where the second one is not
accurate enough to decide. Those, and cells that are written otherwise, with an exponent or yet more
digits, are left to a reader that takes one at a time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.core.scratch import Scratch

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["BEFORE", "CutCells", "cells_at", "cut_cells", "eight_digits", "padded"]

_AT_A_TIME = 1 << 16
"""Cells whose arrays stay in the cache, and few enough calls that two threads do not wait on each other."""

_WORD = 8
BEFORE = 32
"""The bytes in front of the text: the words that end at its first cells begin there."""

_NEWLINE = ord("\n")
_GROUPS = 3
"""So many words of digits fit an int64, if the first of them is no more than ``_LARGEST_TOP``."""

_LARGEST_TOP = (2**63 - 1) // 10**16 - 1
_MOST_DECIMALS = 22
"""10**22 is the last power of ten that is a double."""

_EXACT = 1 << 53
_POWERS = np.array([float(10**exponent) for exponent in range(_MOST_DECIMALS + 1)])
_SPLITTER = float((1 << 27) + 1)
_DOUBT = 2.0**-48
"""The second step of a division is off by less than 2**-51 of itself."""

_BITS, _SIGN_BIT = np.uint64(64), np.uint64(63)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZEROS = np.uint64(0x3030303030303030)
_BEYOND_NINE = np.uint64(0x7676767676767676)
_BYTE = np.uint64(0xFF)
_HIGH_BITS = np.uint64(0x8080808080808080)
_STEPS = tuple(
    (np.uint64(factor), np.uint64(shift), np.uint64(kept))
    for factor, shift, kept in (
        (10 * 2**8 + 1, 8, 0x00FF00FF00FF00FF),
        (100 * 2**16 + 1, 16, 0x0000FFFF0000FFFF),
        (10_000 * 2**32 + 1, 32, 0x00000000FFFFFFFF),
    )
)
"""What adds neighbours up: ten times a byte to the next one, a hundred times a pair to the next pair, ..."""


@record(frozen=True, slots=True)
class CutCells:
    """A rectangle of text cells as the places of the marks in it.

    Attributes:
        data: the text.
        words: a copy of it behind ``BEFORE`` other bytes, shape (words,) of uint64.
        marks: where in that copy the decimal marks and the ends of cells are, one line after the other,
            behind the place before the first cell; shape (1 + rows * marks of a line,).
        points: which of the marks of a line is the decimal mark of each cell, or its end where it has none.
        ends: which of them ends each cell.
        before, after: how many bytes of each cell of a line stand around its value; None for nowhere any.

    """

    data: bytes
    words: Array
    marks: Array
    points: Array
    ends: Array
    before: Array | None = None
    after: Array | None = None

    def __len__(self) -> int:
        return (len(self.marks) - 1) // self._marks_of_a_line

    @property
    def _marks_of_a_line(self) -> int:
        return int(self.ends[-1]) + 1

    def bounds(self, column: int) -> tuple[Array, Array]:
        """Where the cells of a column begin and end in the data, each of shape (rows,)."""
        starts, _, ends = self.places(slice(0, len(self)), [column])
        return starts - BEFORE, ends - BEFORE

    def numbers(self, columns: Sequence[int], few: float) -> tuple[Array, Array] | None:
        """The numbers of some columns, and which cells are still to be read in another way.

        Args:
            columns: at least one.
            few: the part of the cells that may be left over.

        Returns:
            two arrays of shape (rows, columns), float64 and bool; or None where more cells are left over.

        """
        values = np.empty((len(self), len(columns)))
        odd = np.empty(values.shape, bool)
        for part in self.parts(len(columns)):
            starts, points, ends = self.places(part[0], columns[part[1]])
            _read(self.words, starts, points, ends, values[part].reshape(-1), odd[part].reshape(-1))
            if np.count_nonzero(odd[part]) > few * starts.size:
                return None
        return values, odd

    def parts(self, columns: int) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of parts that lie together in memory: whole rows, or pieces of one."""
        step = max(1, _AT_A_TIME // columns)
        for row in range(0, len(self), step):
            for column in range(0, columns, _AT_A_TIME):
                yield slice(row, row + step), slice(column, column + _AT_A_TIME)

    @property
    def text(self) -> Array:
        """The bytes that the places of ``places`` count."""
        return self.words.view(np.uint8)

    def places(self, rows: slice, columns: Sequence[int]) -> tuple[Array, Array, Array]:
        """Where the values begin, have their decimal mark and end, row by row; the result is scratch.

        Without a decimal mark, the place of it is the end.
        """
        starts, points, ends = self.cells(rows, columns)
        if self.before is not None and self.after is not None:
            for values, change in ((starts, self.before), (ends, -self.after)):
                by_row = values.reshape(-1, len(columns))
                np.add(by_row, change[columns], out=by_row)
            # A mark that stands before the value, or after it, is not the value's.
            np.copyto(points, ends, where=(points < starts) | (points > ends))
        return starts, points, ends

    def cells(self, rows: slice, columns: Sequence[int]) -> tuple[Array, Array, Array]:
        """The same for whole cells, with what stands around their values."""
        scratch, by_line = Scratch.here(), (-1, self._marks_of_a_line)
        before, marks = self.marks[:-1].reshape(by_line)[rows], self.marks[1:].reshape(by_line)[rows]
        points, ends = self.points[columns], self.ends[columns]

        def places(name: str, marks: Array, chosen: Array) -> Array:
            out = scratch.array(name, (len(marks), len(columns)), marks.dtype)
            return marks.take(chosen, axis=1, out=out, mode="clip").reshape(-1)

        # The decimal mark is the first mark of a cell, so the mark before it ends the cell before.
        starts = places("starts", before, points)
        np.add(starts, 1, out=starts)
        return starts, places("points", marks, points), places("ends", marks, ends)


def cut_cells(data: bytes, width: int, delimiter: int, point: int, end: int = _NEWLINE) -> CutCells | None:
    """The cells of whole lines without quotation marks, or None where a line is not ``width`` cells.

    The result shares scratch: it is to be used before the thread cuts other text.

    Args:
        data: the lines; the last byte is a newline.
        width: the number of cells of each line.
        delimiter: the byte between two cells.
        point: the byte before the decimals.
        end: the byte that ends a line; the delimiter may do so too.

    """
    scratch = Scratch.here()
    words = scratch.array("words", (BEFORE + len(data)) // _WORD + 1, np.uint64)
    text = words.view(np.uint8)
    text[:BEFORE] = end
    text[BEFORE : BEFORE + len(data)] = np.frombuffer(data, np.uint8)
    text[BEFORE + len(data) :] = 0
    is_mark, also = (scratch.array(name, text.size, np.bool_) for name in ("mark", "also"))
    np.equal(text, delimiter, out=is_mark)
    for byte in {end, point} - {delimiter}:
        np.logical_or(is_mark, np.equal(text, byte, out=also), out=is_mark)
    is_mark[: BEFORE - 1] = False
    marks = np.flatnonzero(is_mark)
    kinds = text.take(marks[1:])
    ends = np.flatnonzero(kinds[: 2 * width] != point)[:width]
    line = kinds[: int(ends[-1]) + 1] if ends.size else kinds[:0]
    pointed = np.diff(ends, prepend=-1) - 1
    regular = ends.size == width and kinds.size % line.size == 0 and int(pointed.max()) <= 1
    ended = regular and line[-1] == end and (end == delimiter or (line[:-1] != end).all())
    if ended and (kinds.reshape(-1, line.size) == line).all():
        return CutCells(data, words, marks, ends - pointed, ends)
    return _cut_unlike(data, words, marks, kinds, width, point, end, delimiter)


def padded(data: bytes, fill: int, behind: int) -> Array:
    """A copy of a text as words, behind ``BEFORE`` bytes and before some more; it is scratch.

    Args:
        data: the text.
        fill: the bytes around it.
        behind: at least so many of them.

    """
    words = Scratch.here().array("words", (BEFORE + len(data) + behind) // _WORD + 1, np.uint64)
    text = words.view(np.uint8)
    text[:BEFORE] = fill
    text[BEFORE : BEFORE + len(data)] = np.frombuffer(data, np.uint8)
    text[BEFORE + len(data) :] = fill
    return words


def cells_at(data: bytes, words: Array, starts: Array, points: Array, ends: Array) -> CutCells:
    """One cell a line, of which is known where it is.

    Args:
        data: the text.
        words: of ``padded``.
        starts: where in those the cells begin, shape (lines,).
        points: where they have their decimal marks, or else end.
        ends: where they end.

    """
    marks = np.empty(1 + 3 * len(starts), np.int64)
    marks[0] = 0
    marks[1::3], marks[2::3], marks[3::3] = starts - 1, points, ends
    return CutCells(data, words, marks, np.array([1]), np.array([2]))


def eight_digits(words: Array, digits: Array) -> tuple[Array, Array]:
    """Whole numbers of up to eight digits without zeros in front.

    Args:
        words: the eight bytes that end with each number, of uint64 in little-endian order.
        digits: how many of them are the number.

    Returns:
        the numbers as int64, and which of them are such, each of shape (numbers,).

    """
    good = (digits >= 1) & (digits <= _WORD)
    other = np.multiply(_WORD, _WORD - np.clip(digits, 1, _WORD)).astype(np.uint64)
    chosen = np.right_shift(words ^ _ZEROS, other)
    good &= (chosen & _BYTE != 0) | (digits == 1)
    chosen = np.left_shift(chosen, other)
    good &= (chosen | (chosen + _BEYOND_NINE)) & _HIGH_BITS == 0
    for factor, shift, kept in _STEPS:
        chosen = np.right_shift(chosen * factor, shift) & kept
    return chosen.astype(np.int64), good


def _cut_unlike(
    data: bytes,
    words: Array,
    marks: Array,
    kinds: Array,
    width: int,
    point: int,
    end: int,
    delimiter: int,
) -> CutCells | None:
    """The same where lines have their decimal marks in other cells than the first one."""
    at_point = kinds == point
    closing = np.flatnonzero(~at_point)
    if closing.size % width:
        return None
    if end != delimiter:
        ending = kinds.take(closing).reshape(-1, width) == end
        if not ending[:, -1].all() or int(np.count_nonzero(ending)) != len(ending):
            return None
    # A point right before the mark that closes a cell is that cell's; of two the first makes it odd.
    pointed = at_point.take(closing - 1, mode="clip")
    pointed[:1] = closing[:1] > 0
    pairs = np.empty(1 + 2 * closing.size, marks.dtype)
    pairs[0] = marks[0]
    marks[1:].take(closing - pointed, out=pairs[1::2])
    marks[1:].take(closing, out=pairs[2::2])
    return CutCells(data, words, pairs, np.arange(0, 2 * width, 2), np.arange(1, 2 * width, 2))


def _read(words: Array, starts: Array, points: Array, ends: Array, values: Array, odd: Array) -> None:
    """Writes the numbers of some cells, and which of them are odd; all but the words have shape (cells,).

    The arrays of places are used up.
    """
    scratch, size = Scratch.here(), len(starts)
    sign = words.view(np.uint8).take(starts, out=scratch.array("sign", size, np.uint8), mode="clip")
    negative, flag = (scratch.array(name, size, np.bool_) for name in ("negative", "flag"))
    np.equal(sign, ord("-"), out=negative)
    signed = np.logical_or(negative, np.equal(sign, ord("+"), out=flag), out=flag)
    digits = np.subtract(ends, starts, out=starts)
    np.subtract(digits, signed, out=digits)
    pointed = np.less(points, ends, out=flag)
    np.subtract(digits, pointed, out=digits)
    decimals = np.subtract(ends, points, out=points)
    np.subtract(decimals, pointed, out=decimals)
    # Without a decimal mark all digits count as behind it: there is nothing to be skipped.
    behind = np.subtract(decimals, digits, out=scratch.array("behind", size, np.int64))
    np.multiply(behind, pointed, out=behind)
    np.add(behind, digits, out=behind)

    np.less(digits, 1, out=odd)
    for count, most in ((digits, _GROUPS * _WORD), (decimals, _MOST_DECIMALS)):
        np.logical_or(odd, np.greater(count, most, out=flag), out=odd)
    groups = min(-(-int(digits.max(initial=1)) // _WORD), _GROUPS)
    total = _total(words, ends, digits, behind, odd, groups)
    if groups == 1 or int(total.max(initial=0)) < _EXACT:
        np.copyto(values, total)
        powers = _POWERS.take(decimals, out=scratch.array("powers", size), mode="clip")
        np.divide(values, powers, out=values)
    else:
        np.copyto(total, 0, where=odd)  # it may have wrapped around
        np.logical_or(odd, _divide(total, decimals, values), out=odd)
    signs = np.left_shift(negative, _SIGN_BIT, out=scratch.array("signs", size, np.uint64))
    np.bitwise_xor(values.view(np.uint64), signs, out=values.view(np.uint64))


def _total(words: Array, ends: Array, digits: Array, behind: Array, odd: Array, groups: int) -> Array:
    """The digits of each cell as one number, shape (cells,) of int64, and more cells that are odd.

    Args:
        words: of the text.
        ends: of the cells.
        digits: how many digits each cell has.
        behind: how many of them stand behind the one other byte among them.
        odd: where no number that fits is wanted.
        groups: so many words of digits are read.

    """
    scratch, size = Scratch.here(), len(ends)

    def buffer(name: str) -> Array:
        return scratch.array(name, size, np.uint64)

    total = scratch.array("total", size, np.int64)
    bad, mask, chosen = buffer("bad"), buffer("mask"), total.view(np.uint64)  # the first group is the total
    before = _words_before(words, ends)
    word = next(before)
    for group in range(groups):
        further = next(before)
        # The digits in front of the mark are one byte further away.
        np.left_shift(word, np.uint64(8), out=chosen)
        np.bitwise_or(chosen, np.right_shift(further, np.uint64(56), out=mask), out=chosen)
        np.left_shift(_ALL, _other_bits(behind, group, out=mask), out=mask)
        np.bitwise_xor(word, chosen, out=word)
        np.bitwise_xor(chosen, np.bitwise_and(word, mask, out=word), out=chosen)

        np.bitwise_xor(chosen, _ZEROS, out=chosen)
        _other_bits(digits, group, out=mask)
        np.right_shift(chosen, mask, out=chosen)
        np.left_shift(chosen, mask, out=chosen)
        np.bitwise_or(chosen, np.add(chosen, _BEYOND_NINE, out=mask), out=mask if group else bad)
        if group:
            np.bitwise_or(bad, mask, out=bad)
        for factor, shift, kept in _STEPS:
            np.multiply(chosen, factor, out=chosen)
            np.right_shift(chosen, shift, out=chosen)
            np.bitwise_and(chosen, kept, out=chosen)

        if group:
            eight = chosen.view(np.int64)
            if group == _GROUPS - 1:
                np.logical_or(odd, eight > _LARGEST_TOP, out=odd)
            np.add(total, np.multiply(eight, 10 ** (_WORD * group), out=eight), out=total)
        word, chosen = further, buffer("chosen")
    if np.bitwise_or.reduce(bad) & _HIGH_BITS:
        np.logical_or(odd, np.bitwise_and(bad, _HIGH_BITS, out=bad), out=odd)
    return total


def _other_bits(count: Array, group: int, out: Array) -> Array:
    """How many bits of a word do not belong to the last ``count`` digits, from those of the group on."""
    bits = out.view(np.int64)
    np.multiply(count, -8, out=bits)
    np.add(bits, 64 * (group + 1), out=bits)
    np.maximum(bits, 0, out=bits)  # 64 and more shift everything out
    return out


def _words_before(words: Array, places: Array) -> Iterator[Array]:
    """The eight bytes in front of each place, then the eight in front of those, and so on.

    Each is scratch that the next but one overwrites.
    """
    scratch, size = Scratch.here(), len(places)

    def buffer(name: str, kind: type = np.uint64) -> Array:
        return scratch.array(name, size, kind)

    if sys.byteorder == "big":
        words = words.byteswap()
    at = np.right_shift(places, 3, out=buffer("at", np.int64))
    bits = np.bitwise_and(places, 7, out=buffer("bits", np.int64))
    right = np.left_shift(bits, 3, out=bits).view(np.uint64)
    left = np.subtract(_BITS, right, out=buffer("left"))
    upper = words.take(at, out=buffer("word 0"), mode="clip")
    names = cycle([("word 1", "bytes 1"), ("word 0", "bytes 0")])
    for word, found in names:
        np.subtract(at, 1, out=at)
        lower = words.take(at, out=buffer(word), mode="clip")
        np.left_shift(upper, left, out=upper)
        yield np.bitwise_or(upper, np.right_shift(lower, right, out=buffer(found)), out=buffer(found))
        upper = lower


def _divide(total: Array, decimals: Array, out: Array) -> Array:
    """Writes the doubles nearest to ``total / 10**decimals``, and tells where they may be others.

    With x the double nearest to the total m, and q the one nearest to x / p, the exact quotient is
    q + (x - q p + m - x) / p. The numerator is a sum of two doubles without error: a remainder of a
    division is a double, and the product is taken apart as Dekker does (1971, "A floating-point technique
    for extending the available precision", Numer. Math. 18). If q plus a little more than the computed
    correction and q plus a little less are one and the same double, so is the rounded quotient (Ziv 1991,
    "Fast evaluation of elementary mathematical functions with correctly rounded last bit", ACM TOMS 17).
    """
    scratch, size = Scratch.here(), len(total)

    def buffer(name: str) -> Array:
        return scratch.array(name, size)

    def power(name: str, table: Array) -> Array:
        return table.take(decimals, out=buffer(name), mode="clip")

    x, below, product, error, part = (buffer(name) for name in ("x", "below", "product", "error", "part"))
    np.copyto(x, total)
    whole = scratch.array("whole", size, np.int64)
    np.copyto(whole, x, casting="unsafe")
    np.copyto(below, np.subtract(total, whole, out=whole))
    p = power("powers", _POWERS)
    q = np.divide(x, p, out=buffer("q"))
    np.multiply(q, p, out=product)
    q_high, q_low = _halves(q, buffer("high"), buffer("low"))
    p_high, p_low = power("power high", _POWER_HALVES[0]), power("power low", _POWER_HALVES[1])
    np.subtract(np.multiply(q_high, p_high, out=error), product, out=error)
    for one, other in ((q_high, p_low), (q_low, p_high), (q_low, p_low)):
        np.add(error, np.multiply(one, other, out=part), out=error)
    correction = np.subtract(x, product, out=product)
    np.subtract(correction, error, out=correction)
    np.add(correction, below, out=correction)
    np.divide(correction, p, out=correction)
    np.add(q, np.multiply(correction, 1 + _DOUBT, out=part), out=out)
    np.add(q, np.multiply(correction, 1 - _DOUBT, out=part), out=part)
    undecided: Array = np.not_equal(out, part, out=scratch.array("undecided", size, np.bool_))
    return undecided


def _halves(values: Array, high: Array, low: Array) -> tuple[Array, Array]:
    """Each double as a sum of two of half the digits (Veltkamp)."""
    np.multiply(values, _SPLITTER, out=high)
    np.subtract(high, values, out=low)
    np.subtract(high, low, out=high)
    return high, np.subtract(values, high, out=low)


_POWER_HALVES = _halves(_POWERS, np.empty_like(_POWERS), np.empty_like(_POWERS))
