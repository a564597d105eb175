"""The shortest decimal digits that read back as the same double, of many doubles at a time.

Schubfach (Giulietti 2020, "The Schubfach way to render doubles"): a double and the ends of the interval that
rounds to it are multiplied by a power of ten that leaves integers of the wanted size, each with two bits more
and one that says whether anything was cut off. The ends are half a unit away, so that one product is enough.
Comparing these decides every case. ``repr`` gives the same digits and takes eight times as long.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from celoss_cli.core.late import Array, np

__all__ = ["shortest"]

Words: TypeAlias = "tuple[Array, Array, Array]"
"""Whole numbers of 192 bits, the uppermost 64 first."""

_LEAST, _MOST = -293, 325
"""The powers of ten that doubles need."""

_AT_A_TIME = 8192
"""Doubles whose intermediate results stay in the cache of a core."""


def shortest(values: Array) -> tuple[Array, Array]:
    """The digits d and exponents e of d 10**e, the number of fewest digits that rounds to the double.

    Of several such numbers it is the nearest. The digits may end in zeros.

    Args:
        values: shape (n,), float64, finite and above 0.

    Returns:
        d of uint64, with at most 17 digits, and e of int64, both of shape (n,).

    """
    digits, exponents = np.empty(len(values), np.uint64), np.empty(len(values), np.int64)
    with np.errstate(all="ignore"):
        for start in range(0, len(values), _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            digits[part], exponents[part] = _shortest(values[part])
    return digits, exponents


def _shortest(values: Array) -> tuple[Array, Array]:
    word = np.uint64
    bits = np.ascontiguousarray(values).view(word)
    fraction, biased = bits & word((1 << 52) - 1), (bits >> word(52)).astype(np.int64)
    c = fraction | ((biased > 0).astype(word) << word(52))  # the double is c 2**q
    q = np.maximum(biased, 1) - 1075
    closer = (fraction == 0) & (biased > 1)  # a power of two: its lower neighbour is half as far away
    k = (q * 1262611 - closer * 524031) >> 22  # floor of log10 of 2**q, or of 3/4 of it
    shift = (q + _log2_of_power(-k) + 1).astype(word)
    high, low = (words[-k - _LEAST] for words in _powers())
    odd = c & word(1)  # the ends of its interval round to an even double only
    four = _product(high, low, c << shift + word(2))
    two = _shifted(high, low, shift + word(1))
    v, above = _upper(four), _upper(_sum(four, two)) - odd
    less = _shifted(high, low, shift + word(1) - closer) if closer.any() else two
    below = _upper(_difference(four, less)) + odd

    s = v >> word(2)
    tens = s // word(10)
    down, up = below <= tens * word(40), tens * word(40) + word(40) <= above
    fewer = (down != up) & (s >= 10)  # one multiple of 10 is inside
    inside, next_inside = below <= s << word(2), (s << word(2)) + word(4) <= above
    middle = (s << word(2)) + word(2)
    nearer = (v > middle) | ((v == middle) & (s & word(1) == 1))
    digits = np.where(fewer, tens + up, s + np.where(inside != next_inside, next_inside, nearer))
    return digits, k + fewer


def _log2_of_power(k: Array | int) -> Array | int:
    """The floor of log2 of 10**k, for |k| up to 1000."""
    return (k * 1741647) >> 19


@cache
def _powers() -> tuple[Array, Array]:
    """10**k for every k from _LEAST to _MOST, scaled to 128 bits and rounded up: their high and low words."""
    found = []
    for k in range(_LEAST, _MOST + 1):
        shift = 127 - int(_log2_of_power(k))
        over, under = 10 ** max(k, 0) << max(shift, 0), 10 ** max(-k, 0) << max(-shift, 0)
        found.append(-(-over // under))
    high, low = ([power >> 64 for power in found], [power & ((1 << 64) - 1) for power in found])
    return np.array(high, np.uint64), np.array(low, np.uint64)


def _product(high: Array, low: Array, c: Array) -> Words:
    """(high, low) c, of 192 bits."""
    middle, carried = high * c, _high_word(low, c)
    middle += carried
    return _high_word(high, c) + (middle < carried), middle, low * c


def _shifted(high: Array, low: Array, bits: Array) -> Words:
    """(high, low) 2**bits, for less than 64 bits; NumPy shifts by 64 to 0."""
    back = np.uint64(64) - bits
    return high >> back, high << bits | low >> back, low << bits


def _sum(a: Words, b: Words) -> Words:
    lowest = a[2] + b[2]
    middle, carry = a[1] + b[1], lowest < b[2]
    over = middle < b[1]
    middle += carry
    return a[0] + b[0] + (over | (middle < carry)), middle, lowest


def _difference(a: Words, b: Words) -> Words:
    borrow = a[2] < b[2]
    middle = a[1] - b[1]
    under = (a[1] < b[1]) | (middle < borrow)
    return a[0] - b[0] - under, middle - borrow, a[2] - b[2]


def _upper(words: Words) -> Array:
    """The upper 64 of 192 bits, the last one set where anything more lies below it."""
    return words[0] | (words[1] > 1)


def _high_word(a: Array, b: Array) -> Array:
    """The upper 64 of the 128 bits of a b."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    a1, a0, b1, b0 = a >> half, a & mask, b >> half, b & mask
    x, y = a1 * b0, a0 * b1
    middle = (a0 * b0 >> half) + (x & mask) + (y & mask)
    return a1 * b1 + (x >> half) + (y >> half) + (middle >> half)
