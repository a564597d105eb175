"""What can be collected beside the totals in one pass: groups, sizes, the worst, calibration.

Every collection is a value with ``+`` that depends on the elements only, never on how they were cut
into batches.
"""

from __future__ import annotations

import math
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import CelossError
from celoss_cli.core.records import record
from celoss_cli.evaluate.calibration import Calibration
from celoss_cli.evaluate.confusion import Confusion, confusion_of
from celoss_cli.evaluate.groups import Groups, codes_of
from celoss_cli.evaluate.largest import Largest
from celoss_cli.evaluate.summaries import Group, Histogram, Interval, Quantile
from celoss_cli.evaluate.worst_rows import RowLoss, worst, worst_rows

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Tally, Terms
    from celoss_cli.evaluate.wanted import Wanted
    from celoss_cli.losses.base import Loss

__all__ = ["LARGEST_LEVEL", "LEAST_LEVEL", "QUANTILE_BOUND", "Collected", "collect"]

_WHOLE = re.compile(r"([+-]?[0-9]+)(-[0-9]+)?")
"""A whole number, or a range from one to another."""

POSITION = "position"
"""What a breakdown by the place of an element within its row is called, where rows differ in their size."""

_KEPT_BITS = 8
_DROPPED_BITS = 52 - _KEPT_BITS
QUANTILE_BOUND = 2.0 ** -(_KEPT_BITS + 1)
"""Relative error of a quantile: losses are counted by their leading bits, and the middle is given.

It holds from 2**-1022 on, where doubles have all their bits. Smaller losses have one level from 0 to
2**-1030, which is told as 0, and levels of that width above it.
"""


_LEAST_WIDTH = 2.0**-1000


@record(frozen=True, slots=True)
class Collected:
    """Collections of any number of elements; ``Collected()`` is empty and ``+`` joins.

    Attributes:
        groups: the totals of each group.
        levels: how many losses lie in each interval of relative width 2**-8, NaN in none.
        worst: the elements with the largest losses.
        calibration: the predictions by their confidence.
        confusion: what came and what was expected.
        rows: the rows with the largest mean losses, where rows differ in their number of elements.
        missing: what some element has none of: it is left out for all.

    """

    groups: Groups = Groups()
    levels: Counter[int] = field(default_factory=Counter)
    worst: Largest = Largest()
    calibration: Calibration = Calibration()
    confusion: Confusion = Confusion()
    rows: tuple[RowLoss, ...] = ()
    missing: frozenset[str] = frozenset()

    def joined(self, other: Collected, wanted: Wanted) -> Collected:
        """Both together."""
        missing = self.missing | other.missing
        levels = self.levels.copy()  # the sum of two Counters would look at each of these one by one
        levels.update(other.levels)
        return Collected(
            Groups() if "by" in missing else self.groups + other.groups,
            levels,
            self.worst.joined(other.worst, wanted.worst),
            Calibration() if "reliability" in missing else self.calibration + other.calibration,
            self.confusion + other.confusion,
            worst((*self.rows, *other.rows), wanted.worst),
            missing,
        )

    def breakdown(self, total: Tally, labels: Sequence[str] | None) -> list[Group]:
        """The groups, classes in their own order and values by name, with the share of each."""
        groups = self.groups.tallies()
        return [_group(name, groups[name], total) for name in in_order(groups, labels)]

    def quantiles(self, fractions: Sequence[float]) -> list[Quantile]:
        """The smallest losses that at least these fractions of the losses, NaN left out, do not exceed.

        A fraction is the decimal number as it is written: 0.07 of 100 losses are 7 of them. The quantiles
        of nothing are NaN.
        """
        total = self.levels.total()
        if not total:
            return [Quantile(fraction, math.nan, QUANTILE_BOUND) for fraction in fractions]
        levels = sorted(self.levels)
        reached = np.cumsum([self.levels[level] for level in levels])
        at = np.searchsorted(reached, [_rank(fraction, total) for fraction in fractions])
        return [
            Quantile(fraction, _middle(levels[i]), QUANTILE_BOUND)
            for fraction, i in zip(fractions, at, strict=True)
        ]

    def unordered(self, counted: int) -> int:
        """How many of the counted losses are NaN, where losses are counted by size."""
        return counted - self.levels.total()

    def histogram(self, counted: int, most: int) -> Histogram:
        """The losses in at most ``most`` intervals of one width.

        The width is a power of two and coarse enough for every end to fall between two levels, so no
        count is an estimate. A long tail is counted beyond the last interval: where the largest loss is
        more than twice as far as 99 in 100 of the losses, only those are covered.

        Args:
            counted: how many losses there are, NaN included.
            most: at least 4.

        """
        finite = {level: count for level, count in self.levels.items() if math.isfinite(_middle(level))}
        total = sum(finite.values())
        others = self.levels.total() - total
        nan = self.unordered(counted)
        if not total:
            return Histogram((), infinite=others, nan=nan)
        low, high = _covered(finite, total)
        if not math.isfinite(2 * (high - low)):
            return Histogram((), total, others, nan)
        width = _width_of(low, high, most)
        first, last = math.floor(low / width), max(math.floor(low / width) + 1, math.ceil(high / width))
        ends = [step * width for step in range(first, last + 1)]
        counts = _counts_between(finite, [_level_of(end) for end in ends])
        intervals = tuple(Interval(*pair, count) for pair, count in zip(pairwise(ends), counts, strict=True))
        return Histogram(intervals, total - sum(counts), others, nan)


def _group(name: str, tally: Tally, total: Tally) -> Group:
    return Group(name, tally, tally.reduce("mean"), tally.loss / total.loss)


def _rank(fraction: float, total: int) -> int:
    """Which of so many losses, counted from 1 in their order, a fraction of them reaches."""
    return max(1, math.ceil(Fraction(repr(float(fraction))) * total))


def _covered(levels: Mapping[int, int], total: int) -> tuple[float, float]:
    """The losses that a histogram is of, from the least to the largest, or to 99 in 100 of them."""
    ordered = sorted(levels)
    reached = np.cumsum([levels[level] for level in ordered])
    low, high = _value_at(ordered[0]), _value_at(ordered[-1] + 1)
    most = _value_at(ordered[int(np.searchsorted(reached, 0.99 * total))] + 1)
    start = min(0.0, low)
    return (start if low <= high / 2 else low), (most if high - start > 2 * (most - start) else high)


def _width_of(low: float, high: float, most: int) -> float:
    """The least power of two that needs at most so many steps and whose multiples end levels."""
    reach = max(abs(low), abs(high))
    finest = max(high / most - low / most, reach / 2 ** (_KEPT_BITS + 1), _LEAST_WIDTH)
    width = 2.0 ** math.ceil(math.log2(finest))
    while math.ceil(high / width) - math.floor(low / width) > most:
        width *= 2
    return width


def _counts_between(levels: Mapping[int, int], ends: Sequence[int]) -> list[int]:
    """How many losses lie between one end and the next."""
    counts = [0] * (len(ends) - 1)
    for level, count in levels.items():
        at = bisect_right(ends, level) - 1
        if at < len(counts):
            counts[at] += count
    return counts


def in_order(names: Iterable[str], labels: Sequence[str] | None) -> list[str]:
    """Names of groups: classes in their own order, values by name and numbers among them by size."""
    order = {label: index for index, label in enumerate(labels or ())}
    return sorted(names, key=lambda name: (order.get(name, len(order)), _natural(name)))


def _natural(name: str) -> tuple[int, float, str]:
    whole = _WHOLE.fullmatch(name)
    return (0, float(whole[1]), name) if whole else (1, 0.0, name)


def collect(
    loss: Loss,
    batch: Batch,
    terms: Terms,
    wanted: Wanted,
    decisions: tuple[Array, Array] | None = None,
) -> Collected:
    """The collections of one canonical batch.

    Args:
        loss: with its options.
        batch: canonical.
        terms: of it.
        wanted: what to collect.
        decisions: of the loss on it, each of shape (elements,), where a confusion matrix is wanted and it
        makes any.

    Raises:
        UsageError: for a breakdown by class of targets that are no classes.

    """
    counted = None if terms.ignored is None else np.flatnonzero(~terms.ignored)
    groups = _groups_if_any(loss, batch, terms, wanted) if wanted.by else Groups()
    calibration = _calibration_if_any(loss, batch, counted, wanted) if wanted.reliability else Calibration()
    missing = {"by": groups is None, "reliability": calibration is None}
    return Collected(
        groups or Groups(),
        _levels(terms.loss if counted is None else terms.loss[counted]) if wanted.quantiles else Counter(),
        Largest.of(batch, terms, wanted.worst) if wanted.worst else Largest(),
        calibration or Calibration(),
        confusion_of(loss, batch, terms, decisions, wanted.confusion) if wanted.confusion else Confusion(),
        worst_rows(batch, terms, wanted.worst) if wanted.worst and batch.offsets is not None else (),
        frozenset(name for name, is_missing in missing.items() if is_missing),
    )


def _groups_if_any(loss: Loss, batch: Batch, terms: Terms, wanted: Wanted) -> Groups | None:
    try:
        return _groups(loss, batch, terms, wanted.by or "")
    except CelossError:
        if "by" in wanted.if_any:
            return None
        raise


def _calibration_if_any(
    loss: Loss, batch: Batch, counted: Array | None, wanted: Wanted
) -> Calibration | None:
    try:
        confidence, hit = loss.answers(batch)
    except CelossError:
        if "reliability" in wanted.if_any:
            return None
        raise
    if counted is not None:
        confidence, hit = confidence[counted], hit[counted]
    return Calibration.of(confidence, hit, wanted.reliability)


def _groups(loss: Loss, batch: Batch, terms: Terms, by: str) -> Groups:
    if by == POSITION and batch.offsets is not None:
        codes, names = _by_position(batch)
    elif by == "class":
        codes, names = loss.class_codes(batch)
    else:
        codes, names = codes_of(batch.groups or ())
        codes = batch.spread(codes)
    single = batch.offsets is None and batch.elements_per_row <= 1
    return Groups.of(codes, names, terms, None if single else batch.places(np.arange(len(codes)))[0])


def _by_position(batch: Batch) -> tuple[Array, Sequence[str]]:
    """The places of elements in their rows, from 0, by powers of 2: the first, the second, two, four, ..."""
    positions = batch.places(np.arange(batch.input.size))[1]
    codes = np.frexp(positions.astype(np.float64))[1]
    last = int(codes.max(initial=0))
    names = [_span(code) for code in range(last + 1)]
    return codes, names


def _span(code: int) -> str:
    first, last = (1 << code) // 2, (1 << code) - 1
    return str(first) if first >= last else f"{first}-{last}"


def _levels(losses: Array) -> Counter[int]:
    losses = losses[~np.isnan(losses)].astype(np.float64)
    bits = losses.view(np.int64)
    # Negative doubles count downwards: mirrored, the integers are in the order of the values.
    ordered = np.where(bits < 0, np.int64(-(2**63)) - bits, bits) >> _DROPPED_BITS
    ordered[losses == -np.inf] = LEAST_LEVEL
    levels, counts = np.unique(ordered, return_counts=True)
    return Counter(dict(zip(levels.tolist(), counts.tolist(), strict=True)))


def _level_of(value: float) -> int:
    """The level that begins at a value of at most nine significant bits."""
    bits = int(np.float64(value).view(np.int64))
    return (-(2**63) - bits if bits < 0 else bits) >> _DROPPED_BITS


LARGEST_LEVEL = _level_of(math.inf)
LEAST_LEVEL = _level_of(-math.inf) - 1
"""The infinities are levels of their own. Of -inf the bits end one where the least numbers begin."""


def _value_at(level: int) -> float:
    """The finite number nearest to where a level begins."""
    return min(max(_from_order(level << _DROPPED_BITS), -sys.float_info.max), sys.float_info.max)


def _middle(level: int) -> float:
    """The loss in the middle of a level; 0 and the infinities are levels of their own."""
    if level in (LEAST_LEVEL, LARGEST_LEVEL):
        return math.inf if level > 0 else -math.inf
    low, high = _value_at(level), _value_at(level + 1)
    return low + (high - low) / 2 if level else low


def _from_order(ordered: int) -> float:
    bits = np.int64(-(2**63) - ordered if ordered < 0 else ordered)
    return float(bits.view(np.float64))
