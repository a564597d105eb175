"""Exact, mergeable sums of doubles.

Every finite double is an integer multiple of 2**-1074, so a sum of doubles is an integer too. It is
kept as one and rounded once, when somebody asks for a float: no order of summation, block size,
thread or split into files can change a bit.

The summands are cut into integers by error-free extraction (Rump, Ogita and Oishi 2008, "Accurate
floating-point summation part I", SIAM J. Sci. Comput. 31(1)): adding M = 1.5 * 2**(g+52) rounds p to a
multiple of 2**g, and subtracting M again gives that multiple exactly. What is our own here is how
the multiples are added: p + M stays within one binade, where the bit pattern of a double, read as an
int64, counts multiples of 2**g. Their sum is an integer sum, exact for as many bits as an int64 has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.core.scratch import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["POINT", "ExactSum", "exact_sum"]

POINT = 1074
"""The integers count multiples of 2**-1074, the smallest positive double."""

_BLOCK = 1 << 17
_SIGN_BIT = 1 << 63
_PATTERNS = {"f8": "uint64", "f4": "uint32"}
_WRAP = 1 << 64
_TOP_EXPONENT = 900
"""Blocks with larger values are scaled down first, so that M cannot overflow."""


@record(frozen=True, slots=True)
class ExactSum:
    """A sum of doubles that has not been rounded.

    ``ExactSum()`` is zero and ``+`` is exact, associative and commutative.

    Attributes:
        scaled: the sum of the finite summands times 2**1074.
        nan, posinf, neginf: how many summands were not finite; they win at the end.

    """

    scaled: int = 0
    nan: int = 0
    posinf: int = 0
    neginf: int = 0

    def __add__(self, other: ExactSum) -> ExactSum:
        return ExactSum(
            self.scaled + other.scaled,
            self.nan + other.nan,
            self.posinf + other.posinf,
            self.neginf + other.neginf,
        )

    def __neg__(self) -> ExactSum:
        """The sum of the opposite summands; ``a + -b`` is a difference, nan where both are infinite."""
        return ExactSum(-self.scaled, self.nan, self.neginf, self.posinf)

    def __sub__(self, other: ExactSum) -> ExactSum:
        """What is left when summands that are part of this sum are taken out again."""
        return ExactSum(
            self.scaled - other.scaled,
            self.nan - other.nan,
            self.posinf - other.posinf,
            self.neginf - other.neginf,
        )

    @property
    def nonfinite(self) -> int:
        """How many summands were NaN or infinite."""
        return self.nan + self.posinf + self.neginf

    def __float__(self) -> float:
        """The sum, rounded once to the nearest double (ties to even); inf + -inf is nan."""
        return self._limit() if self.nonfinite else _ratio(self.scaled, 1 << POINT)

    def __truediv__(self, other: ExactSum | int) -> float:
        """The quotient of two exact sums, rounded once. As in IEEE 754, 0/0 is nan and x/0 infinite."""
        divisor = other if isinstance(other, ExactSum) else ExactSum(other << POINT)
        if self.nonfinite or divisor.nonfinite or not divisor.scaled:
            with np.errstate(all="ignore"):
                return float(np.float64(float(self)) / np.float64(float(divisor)))
        return _ratio(self.scaled, divisor.scaled)

    def _limit(self) -> float:
        if self.nan or (self.posinf and self.neginf):
            return math.nan
        return math.inf if self.posinf else -math.inf


def _ratio(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf if (numerator > 0) == (denominator > 0) else -math.inf


def exact_sum(values: NDArray[Any]) -> ExactSum:
    """The exact sum of a one-dimensional float array.

    Args:
        values: shape (n,), float32 or float64; a broadcast scalar (stride 0) costs nothing.

    Returns:
        the sum, unrounded, with the non-finite values counted beside it.

    """
    if not values.size:
        return ExactSum()
    if values.strides == (0,):
        return _of_one_value(float(values[0]), values.size)
    return _merged(_of_block(values[start : start + _BLOCK]) for start in range(0, values.size, _BLOCK))


def _merged(parts: Iterable[ExactSum]) -> ExactSum:
    return sum(parts, ExactSum())


def _of_one_value(value: float, times: int) -> ExactSum:
    if math.isnan(value):
        return ExactSum(nan=times)
    if math.isinf(value):
        return ExactSum(posinf=times) if value == math.inf else ExactSum(neginf=times)
    numerator, denominator = value.as_integer_ratio()
    return ExactSum(times * numerator * ((1 << POINT) // denominator))


def _of_block(values: NDArray[Any]) -> ExactSum:
    least, largest = _magnitudes(values)
    if not math.isfinite(largest):
        return _of_mixed(values)
    exponent = math.frexp(largest)[1]
    if exponent > _TOP_EXPONENT:
        return _merged(_of_one_value(float(value), 1) for value in values)
    digits = np.finfo(values.dtype).nmant + 1
    lowest = max(math.frexp(least)[1] - digits, -POINT) if least else None
    return ExactSum(_extracted(values, exponent, lowest))


def _magnitudes(values: NDArray[Any]) -> tuple[float, float]:
    """The least absolute value and the largest one; the least is 0 where telling it would cost more.

    The largest is not finite where any value is not.
    """
    if values.flags.c_contiguous:
        # As unsigned integers, floats without a sign are in the order of their values, and below all
        # others: one pass tells that there is no other.
        patterns = values.view(_PATTERNS[values.dtype.str[1:]])
        top = patterns.max()
        if not top >> (8 * values.itemsize - 1):
            return float(patterns.min().view(values.dtype)), float(top.view(values.dtype))
    return 0.0, max(float(values.max()), -float(values.min()))


def _of_mixed(values: NDArray[Any]) -> ExactSum:
    finite = np.isfinite(values)
    rest = values[~finite]
    limits = ExactSum(
        nan=int(np.count_nonzero(np.isnan(rest))),
        posinf=int(np.count_nonzero(rest == np.inf)),
        neginf=int(np.count_nonzero(rest == -np.inf)),
    )
    return limits + exact_sum(values[finite])


def _extracted(values: NDArray[Any], exponent: int, lowest: int | None) -> int:
    """The sum of ``values``, all below 2**exponent, as a multiple of 2**-1074.

    Where all are known to be multiples of 2**lowest, nobody needs to look whether anything is left.
    """
    n = values.size
    scratch = Scratch.here()
    rest, shifted = scratch.array("exact rest", n), scratch.array("exact shifted", n)
    bits = min(50, 62 - n.bit_length())
    left, total = values, 0
    if values.dtype != np.float64:
        # One plain conversion costs less than a converting addition.
        np.copyto(rest, values)
        left = rest
    first = True
    while True:
        grain = max(exponent - bits, -POINT)
        shift = np.float64(math.ldexp(1.5, grain + 52))
        np.add(left, shift, out=shifted, casting="same_kind")
        patterns = int(np.add.reduce(shifted.view(np.int64))) - n * int(shift.view(np.int64))
        total += _signed(patterns) << (grain + POINT)
        if lowest is not None and grain <= lowest:
            return total
        np.subtract(shifted, shift, out=shifted)
        if lowest is None and not first and np.array_equal(shifted, left):  # one level alone is rarely all
            return total
        np.subtract(left, shifted, out=rest)
        left, exponent, first = rest, grain, False


def _signed(wrapped: int) -> int:
    """An integer known modulo 2**64 as the int64 that it is."""
    wrapped %= _WRAP
    return wrapped - _WRAP if wrapped & _SIGN_BIT else wrapped
