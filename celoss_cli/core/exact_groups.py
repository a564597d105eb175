"""Exact sums of many groups side by side, whose digits are arrays."""

from __future__ import annotations

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
