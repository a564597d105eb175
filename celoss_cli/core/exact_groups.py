"""Exact sums of many groups side by side, whose digits are arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from celoss_cli.core.exact import POINT, ExactSum
from celoss_cli.core.late import np
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ExactSums", "exact_sums"]


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
_LARGE_BITS = 512
_LARGE = 2.0**_LARGE_BITS
_COUNTED_AT_ONCE = 1 << 20
"""So many values leave 32 bits to each, with which ``bincount`` adds them up without rounding."""

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
    """The digits of the sums; values of 2**512 and more are added up as multiples of it."""
    large = np.abs(values) >= _LARGE
    if not large.any():
        return _extracted(values, codes, size)
    found = _extracted(values[~large], codes[~large], size)
    for place, digit in _extracted(values[large] / _LARGE, codes[large], size).items():
        above = place + _LARGE_BITS // _DIGIT_BITS
        found[above] = found.get(above, 0) + digit
    return found


def _extracted(
    values: NDArray[np.float64], codes: NDArray[np.int64], size: int
) -> dict[int, NDArray[np.int64]]:
    """The digits of the sums of values below 2**512, a few bits of all values at a time.

    As in ``exact_sum``, adding 1.5 2**(g + 52) and taking it away again leaves the multiple of 2**g that is
    nearest. So few bits are left of each that doubles add them up without rounding.
    """
    bits = min(51, 53 - len(values).bit_length())
    exponent = math.frexp(max(values.max(initial=0), -values.min(initial=0)))[1]
    found: dict[int, NDArray[np.int64]] = {}
    left = values
    while left.any():
        grain = max(exponent - bits, -POINT)
        shift = math.ldexp(1.5, grain + 52)
        part = left + shift
        part -= shift
        _add(found, np.ldexp(np.bincount(codes, part, size), -grain).astype(np.int64), grain + POINT)
        left, exponent = left - part, grain
    return found


def _add(found: dict[int, NDArray[np.int64]], number: NDArray[np.int64], bit: int) -> None:
    """Adds numbers of 53 bits, which count 2**(bit - 1074), each to three of the digits."""
    place, shift = divmod(bit, _DIGIT_BITS)
    low, high = (number & _DIGIT) << shift, (number >> _DIGIT_BITS) << shift
    for digit in (low & _DIGIT, (low >> _DIGIT_BITS) + (high & _DIGIT), high >> _DIGIT_BITS):
        found[place] = found.get(place, 0) + digit
        place += 1


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
