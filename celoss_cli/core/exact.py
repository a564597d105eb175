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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.core.scratch import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["POINT", "ExactSum", "ExactSums", "exact_sum", "exact_sums"]

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


# ------------------------------------------------------------------------------------- many sums at once


@record(frozen=True, slots=True)
class ExactSums:
    """Exact sums side by side, one for each of ``size`` groups; ``joined`` adds any of them exactly.

    Each sum is written in the base 2**32 with digits from -2**31 to 2**31, so that a digit of all groups
    is one array and adding is addition of arrays.

    Attributes:
        size: how many sums.
        digits: the digits that are not 0 everywhere, by their place: digit k counts 2**(32 k - 1074).
        limits: how many summands were "nan", "posinf" and "neginf", where any was.

    """

    size: int = 0
    digits: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    limits: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def of(cls, sums: Sequence[ExactSum]) -> ExactSums:
        """Sums that are known one by one."""
        scaled = [total.scaled for total in sums]
        places = -(-max((number.bit_length() for number in scaled), default=0) // _DIGIT_BITS)
        zeros = min(((number & -number).bit_length() - 1 for number in scaled if number), default=0)
        digits = {
            place: np.array([number >> _DIGIT_BITS * place & _DIGIT for number in scaled], np.int64)
            for place in range(zeros // _DIGIT_BITS, places)
        }
        signs = np.array([-(number < 0) for number in scaled], np.int64)  # of two's complement
        limits = {name: np.array([getattr(total, name) for total in sums], np.int64) for name in _LIMITS}
        return cls(len(sums), _carried({**digits, places: signs}), _occurring(limits))

    def joined(self, other: ExactSums, at: NDArray[np.int64], size: int) -> ExactSums:
        """These sums, followed by zeros up to ``size``, with the other ones added at places.

        Args:
            other: the sums that are added.
            at: the place of each of them, shape (sums,).
            size: how many sums there are then.

        """
        return ExactSums(
            size,
            _carried(_joined(self.digits, other.digits, at, size)),
            _joined(self.limits, other.limits, at, size),
        )

    def rounded(self) -> NDArray[np.float64]:
        """The sums, each rounded once: shape (sums,)."""
        parts = (slice(start, start + _ROUNDED_AT_ONCE) for start in range(0, self.size, _ROUNDED_AT_ONCE))
        found = [np.fromiter(map(float, self._part(part).each()), np.float64) for part in parts]
        return np.concatenate(found) if found else np.zeros(0)

    def _part(self, part: slice) -> ExactSums:
        digits = {place: digit[part] for place, digit in self.digits.items()}
        limits = {name: count[part] for name, count in self.limits.items()}
        return ExactSums(len(range(*part.indices(self.size))), digits, limits)

    def each(self) -> list[ExactSum]:
        """The sums one by one."""
        scaled: NDArray[Any] = np.zeros(self.size, object)
        for place, digit in self.digits.items():
            scaled += digit.astype(object) << _DIGIT_BITS * place
        zeros = np.zeros(self.size, np.int64)
        limits = (self.limits.get(name, zeros).tolist() for name in _LIMITS)
        return list(map(ExactSum, scaled.tolist(), *limits))


_DIGIT_BITS = 32
_DIGIT = (1 << _DIGIT_BITS) - 1
_LIMITS = ("nan", "posinf", "neginf")
_ROUNDED_AT_ONCE = 1 << 12
_COUNTED_AT_ONCE = 1 << 20
"""So many digits of 32 bits add up to less than 2**53, where ``bincount`` is still exact."""

K = TypeVar("K")


def exact_sums(values: NDArray[Any], codes: NDArray[np.int64], size: int) -> ExactSums:
    """The exact sum of each group of a one-dimensional float array.

    Args:
        values: shape (n,), float32 or float64; a broadcast scalar (stride 0) is multiplied.
        codes: shape (n,), the group of each value, from 0 up to ``size``.
        size: how many groups there are.

    """
    if values.size and values.strides == (0,):
        times = np.bincount(codes, minlength=size)
        one = exact_sums(values[:1].copy(), np.zeros(1, np.int64), 1)
        digits = {place: digit[0] * times for place, digit in one.digits.items()}
        limits = {name: count[0] * times for name, count in one.limits.items()}
        return ExactSums(size, _carried(digits), limits)
    total = ExactSums(size)
    same = np.arange(size)
    for start in range(0, values.size, _COUNTED_AT_ONCE):
        part = slice(start, start + _COUNTED_AT_ONCE)
        total = total.joined(_of_groups(values[part], codes[part], size), same, size)
    return total


def _of_groups(values: NDArray[Any], codes: NDArray[np.int64], size: int) -> ExactSums:
    finite = np.isfinite(values)
    limits = {}
    if not finite.all():
        odd, where = values[~finite], codes[~finite]
        found = {"nan": np.isnan(odd), "posinf": odd == np.inf, "neginf": odd == -np.inf}
        limits = {name: np.bincount(where[which], minlength=size) for name, which in found.items()}
        values, codes = values[finite], codes[finite]
    return ExactSums(size, _carried(_digits(values.astype(np.float64), codes, size)), _occurring(limits))


def _digits(values: NDArray[np.float64], codes: NDArray[np.int64], size: int) -> dict[int, NDArray[np.int64]]:
    """The digits of the sums: each value is an integer of 53 bits, shifted over three digits."""
    fraction, exponent = np.frexp(values)
    number = np.ldexp(fraction, 53).astype(np.int64)
    place = exponent.astype(np.int64) + (POINT - 53)
    number >>= np.maximum(-place, 0)  # a subnormal number ends in zeros
    place = np.maximum(place, 0)
    shift = place & (_DIGIT_BITS - 1)
    low, high = (number & _DIGIT) << shift, (number >> _DIGIT_BITS) << shift
    spread = (low & _DIGIT, (low >> _DIGIT_BITS) + (high & _DIGIT), high >> _DIGIT_BITS)
    place >>= 5
    found: dict[int, NDArray[np.int64]] = {}
    for first in np.flatnonzero(np.bincount(place)).tolist():
        here = np.flatnonzero(place == first)
        for above, digit in enumerate(spread):
            counted = np.bincount(codes[here], digit[here], size).astype(np.int64)
            found[first + above] = found.get(first + above, 0) + counted
    return found


def _joined(
    one: Mapping[K, NDArray[np.int64]], other: Mapping[K, NDArray[np.int64]], at: NDArray[np.int64], size: int
) -> dict[K, NDArray[np.int64]]:
    found = {}
    for key in {**one, **other}:
        total = found[key] = np.zeros(size, np.int64)
        if key in one:
            total[: len(one[key])] = one[key]
        if key in other:
            total[at] += other[key]
    return found


def _carried(digits: Mapping[int, NDArray[np.int64]]) -> dict[int, NDArray[np.int64]]:
    """The same numbers with every digit in its range, and no digit that is 0 everywhere."""
    waiting, found = dict(digits), {}
    while waiting:
        place = min(waiting)
        digit = waiting.pop(place)
        over = (digit + (1 << _DIGIT_BITS - 1)) >> _DIGIT_BITS
        if over.any():
            digit = digit - (over << _DIGIT_BITS)
            waiting[place + 1] = waiting.get(place + 1, 0) + over
        found[place] = digit
    return _occurring(found)


def _occurring(counts: Mapping[K, NDArray[np.int64]]) -> dict[K, NDArray[np.int64]]:
    return {key: count for key, count in counts.items() if count.any()}
