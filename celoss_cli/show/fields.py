"""Columns of values as text, for many rows at a time.

A field is an array of bytes of shape (rows, width): each row holds the text of one value, with bytes of 0
before, within or after it where the text is shorter than the field. They are taken out of whole lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.core.late import Array, np
from celoss_cli.core.shortest import shortest
from celoss_cli.show.numerals import exact

__all__ = ["integers", "reals", "texts"]

_DIGITS = 17
"""So many tell every double from its neighbours."""

_FIXED = 16
"""Doubles from 10**-4 up to here are written without an exponent, as by ``repr``."""


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
    planes = _planes(*_aligned(digits, exponents), np.signbit(values))
    for where, text in zip(
        (np.isnan(values), np.isposinf(values), np.isneginf(values)), nonfinite, strict=True
    ):
        if odd.any() and where.any():
            planes[:, where] = 0
            planes[: len(text), where] = np.frombuffer(text, np.uint8)[:, None]
    return planes.T


def _aligned(digits: Array, exponents: Array) -> tuple[Array, Array]:
    """All 17 digits with zeros at their end, shape (17, rows), and before which of them the point stands."""
    powers = 10 ** np.arange(_DIGITS + 1, dtype=np.uint64)
    length = np.maximum(np.searchsorted(powers, digits, "right"), 1)
    whole = digits * powers[_DIGITS - length]
    planes = np.empty((_DIGITS, len(digits)), np.uint8)
    left = (whole // 10**8).astype(np.uint32)
    lower = (whole - left * np.uint64(10**8)).astype(np.uint32)
    for part, places in ((left, range(8, -1, -1)), (lower, range(16, 8, -1))):
        for place in places:
            higher = part // 10
            planes[place] = part - higher * 10
            part = higher
    return planes, exponents + length


def _planes(digits: Array, point: Array, negative: Array) -> Array:
    """The characters of every number, shape (characters, rows)."""
    last = np.zeros(len(point), np.int8)  # the last digit that is not 0
    for place in range(1, _DIGITS):
        np.copyto(last, np.int8(place), where=digits[place] > 0)
    exponents = point - 1
    point = np.clip(point, -100, 100).astype(np.int8)
    fixed = (point > 0) & (point <= _FIXED)
    small = (point <= 0) & (point > -4)
    scientific = ~(fixed | small)
    parts = [_lead(negative, np.where(small, np.int8(2) - point, np.int8(0)))]
    never = np.int8(_DIGITS + 1)
    inner = np.where(fixed, point, np.where(scientific & (last > 0), np.int8(1), never))
    shown = np.where(fixed, np.maximum(last, inner), last) + np.int8(1) + (inner < never)
    parts.append(_with_point(digits, inner, shown))
    if scientific.any():
        parts.append(_exponents(exponents, scientific))
    return np.concatenate(parts)


def _lead(negative: Array, zeros: Array) -> Array:
    """The sign, and "0.", "0.0" ... where so many characters stand before the digits."""
    lead = np.zeros((1 + int(zeros.max(initial=0)), len(zeros)), np.uint8)
    lead[0][negative] = ord("-")
    for place in range(1, len(lead)):
        lead[place] = (zeros >= place) * np.uint8(ord("." if place == 2 else "0"))
    return lead


def _with_point(digits: Array, point: Array, shown: Array) -> Array:
    """So many characters of the digits with a point in their midst."""
    found = np.empty((_DIGITS + 1, len(point)), np.uint8)
    for place in range(_DIGITS + 1):
        before, after = digits[min(place, _DIGITS - 1)], digits[max(place - 1, 0)]
        line = np.where(point > place, before, after) + np.uint8(ord("0"))
        np.copyto(line, np.uint8(ord(".")), where=point == place)
        np.multiply(line, shown > place, out=found[place])
    return found


def _exponents(exponents: Array, where: Array) -> Array:
    """The exponents of some numbers, as e-05, e+16 or e-310."""
    size = np.abs(exponents)
    hundreds, tens, ones = size // 100, size // 10 % 10, size % 10
    lines = (
        np.full(len(size), ord("e")),
        np.where(exponents < 0, ord("-"), ord("+")),
        np.where(hundreds > 0, hundreds + ord("0"), 0),
        tens + ord("0"),
        ones + ord("0"),
    )
    return np.stack([(line * where).astype(np.uint8) for line in lines])
