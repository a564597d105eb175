"""Numbers of twice the digits of a double, for differences whose leading digits cancel.

A number is a pair of arrays of one shape, (high, low), whose exact sum it is, with |low| at most half a unit
in the last place of high: about 106 bits (Dekker 1971, "A floating-point technique for extending the
available precision").
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from celoss_cli.core.late import np

if TYPE_CHECKING:
    from typing import TypeAlias

    from celoss_cli.core.data import Array

    Pair: TypeAlias = tuple[Array, Array]

__all__ = ["Pair", "difference_of_answers", "difference_of_shares", "mixed", "of_one_size"]

_LN2 = (
    float.fromhex("0x1.62e42fefap-1"),
    float.fromhex("0x1.cf79abc9e3b3ap-40"),
    float.fromhex("-0x1.ff0342542fc33p-94"),
)
"""log 2, the first part with 36 bits, so that its product with an exponent is exact."""

_HALVINGS = 5
"""The argument of the series is halved so often, and the result squared as often."""

_TERMS = 14
_DOUBLE_DIGITS_TO = 8
"""The terms of the series, and those of which 53 bits would not do."""

_OF_ONE_SIZE = 8
"""Where one term of a difference is more than so many times the other, the difference keeps their digits."""

_AT_A_TIME = 4096
"""Numbers, so that the dozen arrays between stay in the cache."""

_LEAST = -800.0
"""Below this, an exponential is 0."""


def of_one_size(a: Array, b: Array) -> Array:
    """Where digits of a - b cancel, of any shape."""
    close: Array = np.abs(a - b) < (1 - 1 / _OF_ONE_SIZE) * np.maximum(np.abs(a), np.abs(b))
    return close


def mixed(q: Array, smoothing: float = 0, weight: Array | None = None) -> Pair:
    """W ((1 - eps) q + eps / C) of probabilities q over C classes.

    Args:
        q: shape (classes, columns).
        smoothing: eps, from 0 to 1.
        weight: w, shape (classes,); None for 1.

    """
    q = q.astype(np.float64)
    none = np.zeros_like(q)
    shares = q, none
    if smoothing:
        eps = np.full_like(q, smoothing)
        each = divided((eps, none), (np.full_like(q, len(q)), none))
        shares = added(multiplied(of_sum(np.ones_like(q), -eps), shares), each)
    if weight is None:
        return shares
    return multiplied(shares, (np.broadcast_to(weight[:, None], q.shape), none))


def of_sum(a: Array, b: Array) -> Pair:
    """A + b of doubles, any shape, exactly (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def of_product(a: Array, b: Array) -> Pair:
    """A x b of doubles, any shape, exactly (Dekker)."""
    product = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def added(a: Pair, b: Pair) -> Pair:
    """A + b, also where they have other signs."""
    total, error = of_sum(a[0], b[0])
    low, lower = of_sum(a[1], b[1])
    total, error = _tidy(total, error + low)
    return _tidy(total, error + lower)


def multiplied(a: Pair, b: Pair) -> Pair:
    """A x b."""
    product, error = of_product(a[0], b[0])
    return _tidy(product, error + (a[0] * b[1] + a[1] * b[0]))


def divided(a: Pair, b: Pair) -> Pair:
    """A / b, by two steps of long division."""
    first = a[0] / b[0]
    left = added(a, _negative(multiplied((first, np.zeros_like(first)), b)))
    return _tidy(first, left[0] / b[0])


def difference_of_shares(x: Array, factors: Pair) -> Array:
    """P_c sum(a) - a_c of p = softmax(x), where the two may share most of their digits.

    Args:
        x: logits, shape (classes, columns), float64; the largest of a column is finite.
        factors: a, shape (classes, columns).

    Returns:
        shape (classes, columns): off by at most a unit in the last place and 2^-100 of the terms.

    """
    found: Array = np.empty(x.shape)
    step = max(1, _AT_A_TIME // len(x))
    for first in range(0, x.shape[1], step):
        part = slice(first, first + step)
        found[:, part] = _difference(x[:, part], (factors[0][:, part], factors[1][:, part]))
    return found


def difference_of_answers(z: Array, t: Array, pos_weight: Array | None) -> Array:
    """(1 - t) g - pos_weight t (1 - g) of g = sigmoid(z), all of shape (elements,)."""
    z, t = z.astype(np.float64), t.astype(np.float64)
    no = of_sum(np.ones_like(t), -t)
    yes = (t, np.zeros_like(t)) if pos_weight is None else of_product(pos_weight.astype(np.float64), t)
    factors = np.stack([no[0], yes[0]]), np.stack([no[1], yes[1]])
    return difference_of_shares(np.stack([np.zeros_like(z), z]), factors)[1]


def _difference(x: Array, factors: Pair) -> Array:
    e, powers = _exponentials(of_sum(x, np.broadcast_to(-x.max(axis=0), x.shape)))
    total = _sum_over_rows((np.ldexp(e[0], powers), np.ldexp(e[1], powers)))
    # In units of 2^power, where nothing that is small leaves the range.
    scaled = np.ldexp(factors[0], -powers), np.ldexp(factors[1], -powers)
    every = _sum_over_rows(factors)
    left = added(multiplied(e, _like(every, x)), _negative(multiplied(scaled, _like(total, x))))
    found: Array = np.ldexp(divided(left, _like(total, x))[0], powers)
    return found


def _exponentials(z: Pair) -> tuple[Pair, Array]:
    """Exp z of numbers of at most 0 as a pair from about 0.7 to 1.5, and the power of two it is times."""
    high = np.maximum(z[0], _LEAST)
    k = np.rint(high / math.log(2))
    r = added(of_sum(high, -k * _LN2[0]), (np.where(high == z[0], z[1], 0), np.zeros_like(high)))
    for part in _LN2[1:]:
        r = added(r, _negative(of_product(k, np.full_like(k, part))))
    r = r[0] * 0.5**_HALVINGS, r[1] * 0.5**_HALVINGS
    tail = np.zeros_like(high)
    for n in range(_TERMS, _DOUBLE_DIGITS_TO, -1):
        tail = r[0] * (tail + 1 / math.factorial(n))
    s = tail, np.zeros_like(tail)
    for n in range(_DOUBLE_DIGITS_TO, 0, -1):
        s = multiplied(r, added(_constant(Fraction(1, math.factorial(n)), high), s))
    for _ in range(_HALVINGS):  # (1 + s)^2 - 1
        s = added((2 * s[0], 2 * s[1]), multiplied(s, s))
    one = np.ones_like(high)
    return added((one, np.zeros_like(one)), s), k.astype(np.int64)


def _constant(value: Fraction, like: Array) -> Pair:
    high = float(value)
    return np.full_like(like, high), np.full_like(like, float(value - Fraction(high)))


def _sum_over_rows(a: Pair) -> Pair:
    """The sums over the first axis, in order."""
    total = a[0][0], a[1][0]
    for row in zip(a[0][1:], a[1][1:], strict=True):
        total = added(total, row)
    return total


def _like(a: Pair, x: Array) -> Pair:
    return np.broadcast_to(a[0], x.shape), np.broadcast_to(a[1], x.shape)


def _negative(a: Pair) -> Pair:
    return -a[0], -a[1]


def _halves(a: Array) -> Pair:
    """A as two numbers of 26 bits (Veltkamp)."""
    shifted = 134217729.0 * a
    high = shifted - (shifted - a)
    return high, a - high


def _tidy(high: Array, low: Array) -> Pair:
    total = high + low
    return total, low - (total - high)
