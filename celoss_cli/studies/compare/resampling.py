"""What draws say of paired differences: a bootstrap interval, a permutation test, and the sign test.

Unit i, a row or a cluster of rows, has a difference d[i] (a sum of weighted losses) and a weight w[i]. What
is drawn of them depends on the set of units only, never on their order, and it answers the question "A or B"
and the question "B or A" alike.

Up to 8,192 units each draw is of the units themselves. Of more, the farthest ones are drawn one by one and
the others in runs of neighbours: a run of m units is drawn m' times, which is a binomial or multinomial
count, and what it adds beyond m' times its mean has the variance of the run and is drawn as one normal
number for all runs. A million units thus take as long as a few thousand. Draws are made in blocks, each
with a random stream of its own (PCG64 of NumPy), as they are used.

Sources: Efron 1979, "Bootstrap methods", Annals of Statistics 7; Dixon and Mood 1946, "The statistical sign
test", JASA 41; Phipson and Smyth 2010, "Permutation p-values should never be zero", SAGMB 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.bounds import Bounds
from celoss_cli.core.exact import exact_sum
from celoss_cli.core.records import record
from celoss_cli.studies.compare.comparison import LEAST_P

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "Units",
    "Watch",
    "bootstrap",
    "percentile",
    "scaled",
    "sign_flip_test",
    "sign_test",
    "summed",
    "units_of",
]

_EACH = 8192
"""Up to so many units are drawn one by one."""

_FARTHEST = 512
"""Of more units so many at each end are drawn one by one,"""

_RUNS = 512
"""and the others in so many runs."""

_DRAWS = 1 << 18
"""Units drawn at a time: bounds the memory to a few MiB."""

_NOISE = 1e-12
"""Sums that differ by less than this part of the sum of sizes differ by rounding only."""


Watch = Callable[[int], None]
"""Is told how many resamples have been drawn so far."""


@record(frozen=True, slots=True)
class Units:
    """Independent units in an order that depends on nothing but their values.

    Attributes:
        difference: shape (units,), oriented so that their sum is not negative.
        weight: shape (units,).
        turned: -1 where the differences are those of A - B, to be turned round in the end, 1 where they are
            those of B - A, and 0 where the units are the same both ways.

    """

    difference: Array
    weight: Array
    turned: int

    def __len__(self) -> int:
        return len(self.difference)

    def of_b_minus_a(self, oriented: Bounds) -> Bounds:
        """An interval of the oriented mean as one of B - A; the same both ways where the units are."""
        if self.turned == 0:
            half = (oriented.high - oriented.low) / 2
            return Bounds(-half, half)
        return oriented if self.turned > 0 else oriented.turned()


def scaled(values: Array) -> tuple[Array, int]:
    """Finite values divided by the power of two that makes the largest size at most 1, and its exponent."""
    exponent = int(np.frexp(np.abs(values).max(initial=0))[1])
    return np.ldexp(values, -exponent), exponent


def units_of(difference: Array, weight: Array) -> Units:
    """The units for draws, of differences and weights of shape (units,), all finite."""
    turned = _orientation(difference, weight)
    oriented, weight = _sorted(-difference if turned < 0 else difference, weight)
    return Units(oriented + 0.0, weight, turned)


def summed(difference: Array, weight: Array, codes: Array) -> tuple[Array, Array]:
    """The sums of the rows of each code, each rounded once; nan and infinite where a row is.

    Args:
        difference: shape (rows,).
        weight: shape (rows,).
        codes: shape (rows,), which of the sums a row belongs to.

    """
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))[1:]
    differences, weights = (np.split(values[order], starts) for values in (difference, weight))
    return np.array(list(map(_total, differences))), np.array(list(map(_total, weights)))


def _total(values: Array) -> float:
    return math.fsum(values) if np.isfinite(values).all() else float(values.sum())


def _orientation(difference: Array, weight: Array) -> int:
    """The sign of the sum; where it is 0, which way the sorted units come first; 0 where they are alike."""
    total = exact_sum(difference).scaled
    if total:
        return 1 if total > 0 else -1
    (rising, w), (falling, others) = (_sorted(values, weight) for values in (difference, -difference))
    unlike = np.flatnonzero((rising != falling) | (w != others))[:1]
    if not len(unlike):
        return 0
    return -1 if (*rising[unlike], *w[unlike]) < (*falling[unlike], *others[unlike]) else 1


def _sorted(difference: Array, weight: Array) -> tuple[Array, Array]:
    """The differences and the weights of the units, by difference and then by weight."""
    if weight.size and (weight == weight[0]).all():
        return np.sort(difference), weight
    order = np.lexsort((weight, difference))
    return difference[order], weight[order]


def _drawn(
    resamples: int,
    units: int,
    sums: Callable[[np.random.Generator, int], Array],
    seed: list[int],
    watch: Watch,
) -> Array:
    """The sums of all resamples, shape (..., resamples), block by block."""
    size = max(1, _DRAWS // max(1, units))
    found = []
    for number, start in enumerate(range(0, resamples, size)):
        count = min(size, resamples - start)
        found.append(sums(np.random.default_rng([seed[0], number, *seed[1:]]), count))
        watch(start + count)
    return np.concatenate(found, axis=-1)


def _edges(units: int, *, both_ends: bool) -> Array:
    """Where the runs of sorted units begin: single units at the far ends, runs between them."""
    first = _FARTHEST if both_ends else 0
    last = units - _FARTHEST
    between = np.linspace(first, last, _RUNS, endpoint=False).astype(np.int64)
    return np.unique(np.concatenate([np.arange(first), between, np.arange(last, units)]))


# ---------------------------------------------------------------------------------------- the bootstrap


def bootstrap(units: Units, resamples: int, seed: int, watch: Watch = lambda drawn: None) -> Array:
    """The mean differences of resamples: as many units, drawn with replacement.

    Args:
        units: at least one.
        resamples: how many.
        seed: of the random numbers.
        watch: is told how far it is.

    Returns:
        shape (resamples,), oriented as the units are.

    """
    few = len(units) <= _EACH
    sums = _of_each(units) if few else _of_runs(units)
    difference, weight = _drawn(resamples, len(units) if few else 2 * _RUNS, sums, [seed], watch)
    with np.errstate(all="ignore"):
        return np.asarray(difference / weight)


def percentile(units: Units, means: Array, confidence: float) -> Bounds:
    """The plain percentile interval of B - A from the means of resamples."""
    if not np.isfinite(means).all():
        return Bounds(math.nan, math.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return units.of_b_minus_a(Bounds(float(low), float(high)))


def _of_each(units: Units) -> Callable[[np.random.Generator, int], Array]:
    def sums(random: np.random.Generator, count: int) -> Array:
        drawn = random.integers(0, len(units), (count, len(units)), dtype=np.uint32)
        return np.stack([values.take(drawn).sum(axis=1) for values in (units.difference, units.weight)])

    return sums


def _of_runs(units: Units) -> Callable[[np.random.Generator, int], Array]:
    starts, d, w = _edges(len(units), both_ends=True), units.difference, units.weight
    sizes = np.diff(starts, append=len(units))

    def mean(values: Array) -> Array:
        return np.asarray(np.add.reduceat(values, starts) / sizes)

    mean_d, mean_w = mean(d), mean(w)
    off_d, off_w = (values - np.repeat(means, sizes) for values, means in ((d, mean_d), (w, mean_w)))
    spread_d, spread_w, together = mean(off_d**2), mean(off_w**2), mean(off_d * off_w)

    def sums(random: np.random.Generator, count: int) -> Array:
        often = random.multinomial(len(units), sizes / len(units), count)
        a, b = random.standard_normal((2, count))
        dd, ww, dw = ((often * spread).sum(axis=1) for spread in (spread_d, spread_w, together))
        slope = np.divide(dw, dd, out=np.zeros(count), where=dd > 0)
        step = np.sqrt(dd) * a
        difference = (often * mean_d).sum(axis=1) + step
        weight = (often * mean_w).sum(axis=1) + slope * step + np.sqrt(np.maximum(0, ww - slope * dw)) * b
        return np.stack([difference, weight])

    return sums


# --------------------------------------------------------------------------------------------- the tests


def sign_test(wins: int, losses: int) -> float:
    """The two-sided p-value of a fair coin with this many heads and tails; 1 where there are none.

    P(X <= m) is the largest term, from the logarithm of the gamma function, times the sum of the ratios to
    it: accurate for any count. One below ``LEAST_P`` is that.
    """
    n, m = wins + losses, min(wins, losses)
    if 2 * m == n:
        return 1.0
    top = math.exp(math.lgamma(n + 1) - math.lgamma(m + 1) - math.lgamma(n - m + 1) - n * math.log(2))
    falling = np.arange(m, 0, -1)
    ratios = np.cumprod(falling / (n - falling + 1))
    return max(LEAST_P, min(1.0, 2 * top * (1 + float(ratios.sum()))))


def sign_flip_test(
    units: Units, resamples: int, seed: int, watch: Watch = lambda drawn: None
) -> tuple[float, bool]:
    """The two-sided permutation test of paired data: A and B may be exchanged within each unit.

    Args:
        units: any number.
        resamples: how many of the exchanges are drawn; all of them are tried where they are no more.
        seed: of the random numbers.
        watch: is told how far it is.

    Returns:
        the part of the exchanges whose mean difference is at least as far from 0, and whether all of them
        were tried; else the observed one is counted among the drawn ones, so that the answer is never 0.

    """
    moved = units.difference[units.difference != 0]
    observed = abs(float(exact_sum(moved))) - _NOISE * float(np.abs(moved).sum())
    if len(moved) <= math.log2(resamples):
        return float(np.mean(np.abs(_all_exchanges(moved)) >= observed)), True
    few = len(moved) <= _EACH
    sums = _exchanged_each(moved) if few else _exchanged_runs(np.sort(np.abs(moved)))
    # The last number keeps these streams apart from those of the bootstrap.
    drawn = _drawn(resamples, len(moved) if few else _RUNS + _FARTHEST, sums, [seed, 1], watch)
    far = int(np.count_nonzero(np.abs(drawn) >= observed))
    return (far + 1) / (resamples + 1), False


def _all_exchanges(moved: Array) -> Array:
    sums = np.zeros(1)
    for difference in moved:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums


def _exchanged_each(moved: Array) -> Callable[[np.random.Generator, int], Array]:
    """The sums of the differences, each with a sign of its own."""

    def sums(random: np.random.Generator, count: int) -> Array:
        bytes_of_a_row = -(-len(moved) // 8)
        bits = np.frombuffer(random.bytes(count * bytes_of_a_row), np.uint8).reshape(count, -1)
        coins = np.unpackbits(bits, axis=1)[:, : len(moved)]
        return np.asarray(np.where(coins, moved, -moved).sum(axis=1))

    return sums


def _exchanged_runs(sizes: Array) -> Callable[[np.random.Generator, int], Array]:
    """The same of many sorted sizes of differences: heads of a run less its tails, times its mean."""
    starts = _edges(len(sizes), both_ends=False)
    counts = np.diff(starts, append=len(sizes))
    means = np.add.reduceat(sizes, starts) / counts
    rest = math.sqrt(float(np.sum((sizes - np.repeat(means, counts)) ** 2)))

    def sums(random: np.random.Generator, count: int) -> Array:
        heads = random.binomial(counts, 0.5, (count, len(counts)))
        return np.asarray(((2 * heads - counts) * means).sum(axis=1) + rest * random.standard_normal(count))

    return sums
