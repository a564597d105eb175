"""What can be collected beside the totals in one pass: groups, sizes, the worst, calibration.

Every collection is a value with ``+`` that depends on the elements only, never on how they were cut
into batches.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.calibration import Calibration
from celoss_cli.data import Array, Batch, Tally, Terms
from celoss_cli.errors import CelossError
from celoss_cli.nouns.report import Group, Histogram, Interval, Quantile
from celoss_cli.records import record

if TYPE_CHECKING:
    from celoss_cli.losses.base import Answers, Loss

__all__ = ["QUANTILE_BOUND", "Collected", "Wanted", "collect"]

_WHOLE = re.compile(r"[+-]?[0-9]+")
_KEPT_BITS = 8
_DROPPED_BITS = 52 - _KEPT_BITS
QUANTILE_BOUND = 2.0 ** -(_KEPT_BITS + 1)
"""Relative error of a quantile: losses are counted by their leading bits, and the middle is given."""


_LEAST_WIDTH = 2.0**-1000


@record(frozen=True, slots=True)
class Wanted:
    """What to collect.

    Attributes:
        by: "class", the name of a column whose values the batches carry, or None.
        quantiles: whether the losses are counted by size, for quantiles and a histogram.
        worst: how many of the largest losses are kept.
        reliability: into how many bins of confidence the predictions are counted, 0 for not at all.
        if_any: those of "by" and "reliability" that are left out where the data has none of it, and not
            refused.

    """

    by: str | None = None
    quantiles: bool = False
    worst: int = 0
    reliability: int = 0
    if_any: frozenset[str] = frozenset()


@record(frozen=True, slots=True)
class Candidate:
    """An element that may be among the worst.

    Attributes:
        rank: sorts the worse one first: NaN, then the larger loss, then the earlier element.
        batch: its row alone, canonical.
        position: the element within the row.

    """

    rank: tuple[bool, float, int, int]
    batch: Batch
    position: int


@record(frozen=True, slots=True)
class Collected:
    """Collections of any number of elements; ``Collected()`` is empty and ``+`` joins.

    Attributes:
        groups: the tally of each group by its name.
        levels: how many losses lie in each interval of relative width 2**-8.
        worst: candidates, the worst first, at most as many as wanted.
        calibration: the predictions by their confidence.
        missing: what some element has none of: it is left out for all.

    """

    groups: dict[str, Tally] = field(default_factory=dict)
    levels: Counter[int] = field(default_factory=Counter)
    worst: tuple[Candidate, ...] = ()
    calibration: Calibration = Calibration()
    missing: frozenset[str] = frozenset()

    def joined(self, other: Collected, wanted: Wanted) -> Collected:
        """Both together."""
        missing = self.missing | other.missing
        groups = {} if "by" in missing else dict(self.groups)
        for name, tally in other.groups.items() if "by" not in missing else ():
            groups[name] = groups.get(name, Tally()) + tally
        return Collected(
            groups,
            self.levels + other.levels,
            tuple(sorted((*self.worst, *other.worst), key=lambda candidate: candidate.rank)[: wanted.worst]),
            Calibration() if "reliability" in missing else self.calibration + other.calibration,
            missing,
        )

    def breakdown(self, total: Tally, labels: Sequence[str] | None) -> list[Group]:
        """The groups, classes in their own order and values by name, with the share of each."""
        order = {label: index for index, label in enumerate(labels or ())}
        names = sorted(self.groups, key=lambda name: (order.get(name, len(order)), _natural(name)))
        return [self._group(name, total) for name in names]

    def _group(self, name: str, total: Tally) -> Group:
        tally = self.groups[name]
        return Group(name, tally, tally.reduce("mean"), tally.loss / total.loss)

    def quantiles(self, fractions: Sequence[float]) -> list[Quantile]:
        """The smallest losses that at least these fractions of the counted elements do not exceed."""
        total = self.levels.total()
        if not total:
            return []
        levels = sorted(self.levels)
        reached = np.cumsum([self.levels[level] for level in levels])
        at = np.searchsorted(reached, [max(1, int(np.ceil(fraction * total))) for fraction in fractions])
        return [
            Quantile(fraction, _middle(levels[i]), QUANTILE_BOUND)
            for fraction, i in zip(fractions, at, strict=True)
        ]

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
        nan = counted - self.levels.total()
        if not total:
            return Histogram((), infinite=others, nan=nan)
        low, high = _covered(finite, total)
        width = _width_of(low, high, most)
        first, last = math.floor(low / width), max(math.floor(low / width) + 1, math.ceil(high / width))
        ends = [step * width for step in range(first, last + 1)]
        counts = _counts_between(finite, [_level_of(end) for end in ends])
        intervals = tuple(Interval(*pair, count) for pair, count in zip(pairwise(ends), counts, strict=True))
        return Histogram(intervals, total - sum(counts), others, nan)


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
    finest = max((high - low) / most, reach / 2 ** (_KEPT_BITS + 1), _LEAST_WIDTH)
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


def _natural(name: str) -> tuple[int, float, str]:
    return (0, float(name), name) if _WHOLE.fullmatch(name) else (1, 0.0, name)


def collect(loss: Loss, batch: Batch, terms: Terms, wanted: Wanted) -> Collected:
    """The collections of one canonical batch.

    Raises:
        UsageError: for a breakdown by class of targets that are no classes.

    """
    counted = None if terms.ignored is None else np.flatnonzero(~terms.ignored)
    groups = _groups_if_any(loss, batch, terms, wanted) if wanted.by else {}
    calibration = _calibration_if_any(loss, batch, counted, wanted) if wanted.reliability else Calibration()
    missing = {"by": groups is None, "reliability": calibration is None}
    return Collected(
        groups or {},
        _levels(terms.loss if counted is None else terms.loss[counted]) if wanted.quantiles else Counter(),
        _worst(batch, terms, wanted.worst, counted) if wanted.worst else (),
        calibration or Calibration(),
        frozenset(name for name, is_missing in missing.items() if is_missing),
    )


def _groups_if_any(loss: Loss, batch: Batch, terms: Terms, wanted: Wanted) -> dict[str, Tally] | None:
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
        return _calibration(loss.answers(batch), counted, wanted.reliability)
    except CelossError:
        if "reliability" in wanted.if_any:
            return None
        raise


def _calibration(answers: Answers, counted: Array | None, bins: int) -> Calibration:
    if counted is None:
        return Calibration.of(answers.confidence, answers.hit, bins)
    return Calibration.of(answers.confidence[counted], answers.hit[counted], bins)


def _groups(loss: Loss, batch: Batch, terms: Terms, by: str) -> dict[str, Tally]:
    if by == "class":
        codes, names = loss.class_codes(batch)
    else:
        codes, names = _codes_of(batch.groups or (), batch.elements_per_row)
    order = np.argsort(codes, kind="stable")
    if terms.ignored is not None:
        order = order[~terms.ignored[order]]
    if not order.size:
        return {}
    present, starts = np.unique(codes[order], return_index=True)
    groups = {}
    for code, members in zip(present, np.split(order, starts[1:]), strict=True):
        part = Terms(terms.loss[members], terms.weight[members], terms.weight_is)
        count = len(np.unique(members // max(1, batch.elements_per_row)))
        groups[names[code]] = Tally.of(part, count)
    return groups


def _codes_of(groups: Sequence[str], repeated: int) -> tuple[Array, Sequence[str]]:
    names = sorted(set(groups))
    code_of = {name: code for code, name in enumerate(names)}
    codes = np.fromiter(map(code_of.__getitem__, groups), np.int64, len(groups))
    return np.repeat(codes, repeated), names


def _levels(losses: Array) -> Counter[int]:
    bits = losses[~np.isnan(losses)].astype(np.float64).view(np.int64)
    # Negative doubles count downwards: mirrored, the integers are in the order of the values.
    ordered = np.where(bits < 0, np.int64(-(2**63)) - bits, bits) >> _DROPPED_BITS
    levels, counts = np.unique(ordered, return_counts=True)
    return Counter(dict(zip(levels.tolist(), counts.tolist(), strict=True)))


def _level_of(value: float) -> int:
    """The level that begins at a value of at most nine significant bits."""
    bits = int(np.float64(value).view(np.int64))
    return (-(2**63) - bits if bits < 0 else bits) >> _DROPPED_BITS


def _value_at(level: int) -> float:
    """The least loss of a level."""
    return _from_order(level << _DROPPED_BITS)


def _middle(level: int) -> float:
    """The loss in the middle of a level; 0 and the infinities are levels of their own."""
    low, high = _value_at(level), _value_at(level + 1)
    return low if low == 0 or np.isinf(low) else low + (high - low) / 2 if np.isfinite(high) else low


def _from_order(ordered: int) -> float:
    bits = np.int64(-(2**63) - ordered if ordered < 0 else ordered)
    return float(bits.view(np.float64))


def _worst(batch: Batch, terms: Terms, count: int, counted: Array | None) -> tuple[Candidate, ...]:
    losses = terms.loss.astype(np.float64)
    nan = np.isnan(losses)
    losses[nan] = np.inf
    if terms.ignored is not None:
        losses[terms.ignored] = -np.inf
    chosen: Any = np.arange(len(losses)) if counted is None else counted
    if len(chosen) > count:
        # Everything above the count-th largest loss, and as many of the elements at it as come first.
        # NaN counts as infinite here, so that all of them stay in.
        limit = np.partition(losses[chosen], len(chosen) - count)[len(chosen) - count]
        if np.isinf(limit):
            chosen = chosen[losses[chosen] == limit]
        else:
            above, at = chosen[losses[chosen] > limit], chosen[losses[chosen] == limit]
            chosen = np.concatenate([above, at[: count - len(above)]])
    width = max(1, batch.elements_per_row)
    ranked = sorted(
        (not nan[i], -float(losses[i]), batch.start + i // width, i % width) for i in chosen.tolist()
    )
    return tuple(_candidate(batch, rank) for rank in ranked[:count])


def _candidate(batch: Batch, rank: tuple[bool, float, int, int]) -> Candidate:
    row, position = rank[2] - batch.start, rank[3]
    alone = batch.rows(row, row + 1)
    # Copies, so that one row does not keep its whole block in memory.
    ids = None if alone.ids is None else [alone.ids[0]]
    return Candidate(
        rank,
        replace(
            alone,
            input=alone.input.copy(),
            target=alone.target.copy(),
            aligned={name: values.copy() for name, values in alone.aligned.items()},
            ids=ids,
            groups=None,
        ),
        position,
    )
