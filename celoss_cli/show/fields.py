"""Columns of values as text, for many rows at a time.

A field is an array of bytes of shape (rows, width): each row holds the text of one value, with bytes of 0
before, within or after it where the text is shorter than the field. They are taken out of whole lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from celoss_cli.core.late import Array, np
from celoss_cli.core.shortest import shortest
from celoss_cli.show.numerals import exact

__all__ = ["integers", "reals", "texts"]

_DIGITS = 17
"""So many tell every double from its neighbours."""

_FIXED = 16
"""Doubles from 10**-4 up to here are written without an exponent, as by ``repr``."""

_LEAST = -324
"""The exponent of the smallest double."""

_LONGEST_WORD = 4
"""What stands for numbers that are none: nan, -inf, null."""


def texts(values: Sequence[bytes]) -> Array:
    """Texts without bytes of 0."""
    found = np.array(values, "S")
    return found.view(np.uint8).reshape(len(values), -1)


def integers(values: Array) -> Array:
    """Whole numbers of int64."""
    negative = values < 0
    left = np.where(negative, 0 - values.view(np.uint64), values.view(np.uint64))
    width = len(str(int(left.max(initial=0))))
    field = np.zeros((1 + width, len(values)), np.uint8)
    field[0][negative] = ord("-")
    left = left.astype(np.uint32) if width <= 9 else left
    for place in range(width, 0, -1):
        higher = left // 10
        field[place] = left - higher * 10 + ord("0")
        if place < width:
            field[place][left == 0] = 0
        left = higher
    return field.T


def reals(values: Array, nonfinite: Sequence[bytes]) -> Array:
    """The shortest digits that read back as the same doubles, written as by ``repr``.

    Args:
        values: shape (rows,), float64.
        nonfinite: what stands for nan, inf and -inf.

    """
    bits = values.view(np.uint64)
    if len(values) and (bits == bits[0]).all() and np.isfinite(values[0]):
        return np.broadcast_to(texts([exact(values[0]).encode()]), (len(values), len(exact(values[0]))))
    odd = ~np.isfinite(values)
    zero = values == 0
    digits, exponents = shortest(np.where(odd | zero, 1.0, np.abs(values)))
    digits[zero] = exponents[zero] = 0
    field = _written(*_aligned(digits, exponents), np.signbit(values))
    if odd.any():
        for where, text in zip((np.isnan(values), values > 0, values < 0), nonfinite, strict=True):
            field[odd & where] = 0
            field[odd & where, : len(text)] = np.frombuffer(text, np.uint8)
    return field


def _aligned(digits: Array, exponents: Array) -> tuple[Array, Array, Array]:
    """The 17 digits of each number, how many are left without zeros at their end, and the place of the point.

    The digits are words of four characters, shape (rows, 5), of which the first three characters are unused.
    """
    powers = 10 ** np.arange(_DIGITS + 1, dtype=np.uint64)
    length = np.maximum(np.searchsorted(powers, digits, "right"), 1)
    whole = digits * powers[_DIGITS - length]
    upper = (whole // 10**8).astype(np.uint32)
    lower = (whole - upper * np.uint64(10**8)).astype(np.uint32)
    characters, zeros = _of_four_digits()
    words, left = np.empty((len(digits), 5), np.uint32), np.full(len(digits), _DIGITS, np.int8)
    for place in range(4, -1, -1):
        part = lower if place > 2 else upper
        higher = part // np.uint32(10**4)
        group = part - higher * np.uint32(10**4)
        words[:, place] = characters.take(group)
        all_zeros = np.flatnonzero(left == 4 * place + 1) if place < 4 else slice(None)
        left[all_zeros] -= zeros.take(group[all_zeros])
        lower, upper = (higher, upper) if place > 2 else (lower, higher)
    return words, np.maximum(left, 1), exponents + length


@cache
def _of_four_digits() -> tuple[Array, Array]:
    """The characters of 0000 to 9999, a word each, and the number of zeros at their end."""
    digits = np.arange(10_000)[:, None] // (1000, 100, 10, 1) % 10
    zeros = np.logical_and.accumulate(digits[:, ::-1] == 0, axis=1).sum(axis=1, dtype=np.int8)
    return (digits + ord("0")).astype(np.uint8).view(np.uint32)[:, 0], zeros


def _written(words: Array, left: Array, point: Array, negative: Array) -> Array:
    """The characters of every number: sign and zeros, digits, the point, digits, the exponent."""
    fixed, small = (point > 0) & (point <= _FIXED), (point <= 0) & (point > -4)
    scientific = ~(fixed | small)
    before = np.where(fixed, point, scientific)
    end = np.where(fixed, np.maximum(left, point + 1), left)
    point_there = fixed | (scientific & (left > 1))
    digits = words.view(np.uint8)[:, 3:]
    masked = words & _from_to().take(before * (_DIGITS + 1) + end, axis=0)
    after = masked.view(np.uint8)[:, 3:]
    parts = [digits[:, place, None] * (before > place)[:, None] for place in range(before.max(initial=0))]
    parts += [
        (point_there * np.uint8(ord(".")))[:, None],
        after[:, before.min(initial=_DIGITS) : end.max(initial=0)],
    ]
    if negative.any() or small.any():
        parts.insert(0, _starts().take(2 * np.where(small, 1 - point, 0) + negative, axis=0))
    if scientific.any():
        parts.append(_ends().take(np.where(scientific, point - 1, 0) - _LEAST, axis=0))
    field = np.zeros((len(words), max(_LONGEST_WORD, sum(part.shape[1] for part in parts))), np.uint8)
    first = 0
    for part in parts:
        field[:, first : first + part.shape[1]] = part
        first += part.shape[1]
    return field


@cache
def _from_to() -> Array:
    """Masks of the words that leave the digits from one place up to another."""
    places = np.arange(-3, _DIGITS)
    first, end = np.divmod(np.arange((_DIGITS + 1) ** 2)[:, None], _DIGITS + 1)
    return np.where((places >= first) & (places < end), 255, 0).astype(np.uint8).view(np.uint32)


@cache
def _starts() -> Array:
    """What stands before the digits of 1, 0.1, 0.01 and so on, without and with a sign."""
    return texts([sign + start for start in (b"", b"0.", b"0.0", b"0.00", b"0.000") for sign in (b"", b"-")])


@cache
def _ends() -> Array:
    """The exponents from e-324 on; nothing for that of 0."""
    return texts([b"e%+03d" % exponent if exponent else b"" for exponent in range(_LEAST, 310)])
