"""What paired differences say beyond their mean: standard error, bootstrap interval, two tests.

A unit is what was drawn independently: a row, or a cluster of rows. Unit i has a difference d[i] (a sum of
weighted losses) and a weight w[i]; the mean difference is D = sum d / sum w.

Everything here depends on the set of units only, never on their order, and it answers the question
"A or B" and the question "B or A" alike: units are brought to one order and one orientation first, and the
resamples are drawn in blocks with a random stream of their own, whatever the number of threads.

Sources: Efron 1987, "Better bootstrap confidence intervals", JASA 82 (the BCa interval); Cochran 1977,
"Sampling techniques", ch. 6 (standard error of a ratio) and ch. 9 (of clusters); Dixon and Mood 1946, "The
statistical sign test", JASA 41; Phipson and Smyth 2010, "Permutation p-values should never be zero",
SAGMB 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import exact_sum
from celoss_cli.core.records import record
from celoss_cli.studies.compare.comparison import Bounds

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Units", "Watch", "bootstrap", "interval", "sign_flip_test", "sign_test", "units_of"]

_DRAWS = 1 << 18
"""Units drawn at a time: bounds the memory of a thread to a few MiB."""

_NOISE = 1e-12
"""Sums that differ by less than this part of the sum of sizes differ by rounding only."""


Watch = Callable[[int], None]
"""Is told how many resamples have been drawn so far."""


def _unwatched(drawn: int) -> None:
    return


@record(frozen=True, slots=True)
class Units:
    """Independent units in an order that depends on nothing but their values.

    Attributes:
        difference: shape (units,), oriented so that their sum is not negative.
        weight: shape (units,).
        flipped: whether the differences are those of A - B, to be turned round in the end.

    """

    difference: Array
    weight: Array
    flipped: bool

    def __len__(self) -> int:
        return len(self.difference)

    @property
    def mean(self) -> float:
        """The oriented mean difference, rounded once; nan over a total weight of 0."""
        return exact_sum(self.difference) / exact_sum(self.weight)

    @property
    def standard_error(self) -> float:
        """Of the mean: sqrt(n / (n - 1) sum e^2) / sum w with e = d - mean w; nan of fewer than two.

        With equal weights it is the standard deviation of the differences over sqrt(n).
        """
        n = len(self)
        if n < 2:
            return math.nan
        with np.errstate(all="ignore"):
            residual = self.difference - self.mean * self.weight
            spread = float(exact_sum(residual * residual))
            return float(np.sqrt(spread * n / (n - 1)) / np.abs(float(exact_sum(self.weight))))


def units_of(difference: Array, weight: Array, clusters: Sequence[str] | None = None) -> Units:
    """The units of paired rows.

    Args:
        difference: shape (rows,), finite.
        weight: shape (rows,).
        clusters: the cluster of each row, or None where each row is a unit.

    """
    if clusters is not None:
        difference, weight = _summed(difference, weight, clusters)
    flipped = _leans_down(difference)
    oriented = -difference if flipped else difference
    order = np.lexsort((weight, oriented))
    return Units(oriented[order] + 0.0, weight[order], flipped)


def _summed(difference: Array, weight: Array, clusters: Sequence[str]) -> tuple[Array, Array]:
    """The sums of each cluster, each rounded once."""
    number: dict[str, int] = {}
    codes = np.fromiter((number.setdefault(name, len(number)) for name in clusters), np.int64, len(clusters))
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))[1:]
    differences, weights = (np.split(values[order], starts) for values in (difference, weight))
    return np.array(list(map(math.fsum, differences))), np.array(list(map(math.fsum, weights)))


def _leans_down(difference: Array) -> bool:
    """Whether the sum is negative; where it is 0, whether the sorted differences come first."""
    total = exact_sum(difference).scaled
    if total:
        return total < 0
    rising, falling = np.sort(difference), np.sort(-difference)
    unlike = np.flatnonzero(rising != falling)
    return bool(unlike.size and rising[unlike[0]] < falling[unlike[0]])


# ---------------------------------------------------------------------------------------- the bootstrap


def bootstrap(units: Units, resamples: int, seed: int, jobs: int = 1, watch: Watch = _unwatched) -> Array:
    """The mean differences of resamples: as many units, drawn with replacement.

    Args:
        units: at least one.
        resamples: how many.
        seed: of the random numbers; each block of resamples has a stream of its own (PCG64 of NumPy).
        jobs: worker threads; the result does not depend on it.
        watch: is told how far it is.

    Returns:
        shape (resamples,), oriented as the units are.

    """
    equal = len(units) and bool((units.weight == units.weight[0]).all())

    def means(block: tuple[int, int]) -> Array:
        sums = _resampled(units, np.random.default_rng([seed, block[0]]), block[1], weights=not equal)
        divisor = units.weight[0] * len(units) if equal else sums[1]
        with np.errstate(all="ignore"):
            return np.asarray(sums[0] / divisor)

    return np.concatenate(list(_mapped(means, _blocks(len(units), resamples), jobs, watch)))


def _blocks(units: int, resamples: int) -> list[tuple[int, int]]:
    """The number of each block and how many resamples it holds."""
    size = max(1, _DRAWS // units)
    starts = range(0, resamples, size)
    return [(number, min(size, resamples - start)) for number, start in enumerate(starts)]


def _mapped(
    function: Callable[[tuple[int, int]], Array], blocks: Sequence[tuple[int, int]], jobs: int, watch: Watch
) -> Iterator[Array]:
    """The results of all blocks in order, on several threads."""
    drawn = 0
    with ThreadPoolExecutor(jobs, thread_name_prefix="celoss") if jobs > 1 else nullcontext() as pool:
        for found, (_, size) in zip((pool.map if pool else map)(function, blocks), blocks, strict=True):
            yield found
            drawn += size
            watch(drawn)


def _resampled(units: Units, random: np.random.Generator, count: int, *, weights: bool) -> Array:
    """Sums over the drawn units of the difference and, if wanted, the weight: shape (2, count)."""
    sums = np.zeros((2, count))
    for start in range(0, len(units), _DRAWS):
        drawn = random.integers(0, len(units), (count, min(_DRAWS, len(units) - start)), dtype=np.uint32)
        sums[0] += units.difference.take(drawn).sum(axis=1)
        if weights:
            sums[1] += units.weight.take(drawn).sum(axis=1)
    return sums


def interval(units: Units, means: Array, confidence: float) -> tuple[Bounds, Bounds]:
    """The BCa and the percentile bootstrap interval of B - A.

    Args:
        units: at least two.
        means: of the resamples, as ``bootstrap`` gives them.
        confidence: between 0 and 1.

    Returns:
        the bias-corrected and accelerated interval (Efron 1987), and the plain percentile interval; the
        first is the second where its correction is not defined (the resamples do not surround the mean).

    """
    tail = (1 - confidence) / 2
    plain = _between(means, tail, 1 - tail)
    levels = _corrected(units, means, tail)
    best = plain if levels is None else _between(means, *levels)
    return (best.turned(), plain.turned()) if units.flipped else (best, plain)


def _between(means: Array, low: float, high: float) -> Bounds:
    if not np.isfinite(means).all():
        return Bounds(math.nan, math.nan)
    first, last = np.quantile(means, (low, high))
    return Bounds(float(first), float(last))


def _corrected(units: Units, means: Array, tail: float) -> tuple[float, float] | None:
    """The levels of the quantiles after Efron's corrections for bias and for skewness."""
    center, normal = units.mean, NormalDist()
    below = (np.count_nonzero(means < center) + np.count_nonzero(means <= center)) / (2 * len(means))
    acceleration = _acceleration(units)
    if not (0 < below < 1 and math.isfinite(acceleration)):
        return None
    bias = normal.inv_cdf(below)
    levels = []
    for level in (tail, 1 - tail):
        z = bias + normal.inv_cdf(level)
        if acceleration * z >= 1:
            return None
        levels.append(normal.cdf(bias + z / (1 - acceleration * z)))
    return levels[0], levels[1]


def _acceleration(units: Units) -> float:
    """A sixth of the skewness of the jackknife: of the means without one unit each."""
    with np.errstate(all="ignore"):
        total, divisor = units.difference.sum(), units.weight.sum()
        without = (total - units.difference) / (divisor - units.weight)
        lack = without.mean() - without
        return float((lack**3).sum() / (6 * (lack**2).sum() ** 1.5))


# --------------------------------------------------------------------------------------------- the tests


def sign_test(wins: int, losses: int) -> float:
    """The two-sided p-value of a fair coin with this many heads and tails; 1 where there are none.

    P(X <= m) is the largest term, from the logarithm of the gamma function, times the sum of the ratios to
    it: accurate for any count.
    """
    n, m = wins + losses, min(wins, losses)
    if 2 * m == n:
        return 1.0
    top = math.exp(math.lgamma(n + 1) - math.lgamma(m + 1) - math.lgamma(n - m + 1) - n * math.log(2))
    falling = np.arange(m, 0, -1)
    ratios = np.cumprod(falling / (n - falling + 1))
    return min(1.0, 2 * top * (1 + float(ratios.sum())))


def sign_flip_test(
    units: Units, resamples: int, seed: int, jobs: int = 1, watch: Watch = _unwatched
) -> tuple[float, bool]:
    """The two-sided permutation test of paired data: A and B may be exchanged within each unit.

    Args:
        units: any number.
        resamples: how many of the exchanges are drawn; all of them are tried where they are no more.
        seed: of the random numbers.
        jobs: worker threads; the result does not depend on it.
        watch: is told how far it is.

    Returns:
        the part of the exchanges whose mean difference is at least as far from 0, and whether all of them
        were tried; else the observed one is counted among the drawn ones, so that the answer is never 0.

    """
    moved = units.difference[units.difference != 0]
    observed = abs(float(exact_sum(moved))) - _NOISE * float(np.abs(moved).sum())
    if len(moved) <= math.log2(resamples):
        sums = np.zeros(1)
        for difference in moved:
            sums = np.concatenate([sums + difference, sums - difference])
        return float(np.mean(np.abs(sums) >= observed)), True

    def sums_of(block: tuple[int, int]) -> Array:
        # The third number keeps these streams apart from those of the bootstrap.
        return _flipped(moved, np.random.default_rng([seed, block[0], 1]), block[1])

    drawn = np.concatenate(list(_mapped(sums_of, _blocks(len(moved), resamples), jobs, watch)))
    far = int(np.count_nonzero(np.abs(drawn) >= observed))
    return (far + 1) / (resamples + 1), False


def _flipped(moved: Array, random: np.random.Generator, count: int) -> Array:
    """The sums of the differences, each with a sign of its own: shape (count,)."""
    sums = np.zeros(count)
    for start in range(0, len(moved), _DRAWS):
        part = moved[start : start + _DRAWS]
        coins = np.unpackbits(
            np.frombuffer(random.bytes(count * (-(-len(part) // 8))), np.uint8).reshape(count, -1), axis=1
        )
        sums += np.where(coins[:, : len(part)], part, -part).sum(axis=1)
    return sums
