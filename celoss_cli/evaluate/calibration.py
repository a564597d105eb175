"""Predictions counted by their confidence: what a reliability diagram and its error are made of.

Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks" (ICML), section 2: M bins of
equal width, the m-th from (m - 1) / M, exclusive, to m / M, inclusive; the expected calibration error is
the sum over the bins of (predictions in the bin / all predictions) |accuracy - confidence|.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import ExactSum
from celoss_cli.core.exact_groups import exact_sums
from celoss_cli.core.records import record
from celoss_cli.evaluate.summaries import Bin, Range, Reliability

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "BINS",
    "BinTally",
    "Calibration",
    "Range",
    "error_of",
    "range_of",
    "reliability",
    "tallies_of",
]

BINS = 15
"""As in the experiments of the paper."""


@record(frozen=True, slots=True)
class BinTally:
    """Exact totals of the predictions of one bin; ``BinTally()`` is zero and ``+`` is exact.

    Attributes:
        count: how many predictions.
        confidence: the sum of their confidence.
        hits: the sum of what came true of them.
        squares: the sum of the squares of what came true less the confidence, each rounded once.

    """

    count: int = 0
    confidence: ExactSum = ExactSum()
    hits: ExactSum = ExactSum()
    squares: ExactSum = ExactSum()

    def __add__(self, other: BinTally) -> BinTally:
        return BinTally(
            self.count + other.count,
            self.confidence + other.confidence,
            self.hits + other.hits,
            self.squares + other.squares,
        )

    @property
    def gap(self) -> ExactSum:
        """|hits - confidence|, not divided by the count."""
        difference = self.hits + -self.confidence
        return -difference if difference.scaled < 0 else difference


@record(frozen=True, slots=True)
class Calibration:
    """Predictions by their confidence; ``Calibration()`` is empty and ``+`` is exact in any order.

    Attributes:
        bins: how many bins there are, 0 of nothing.
        tallies: the totals of the bins that have predictions, by number from 0.
        left_out: how many predictions have no probability: NaN.

    """

    bins: int = 0
    tallies: Mapping[int, BinTally] = field(default_factory=dict)
    left_out: int = 0

    @classmethod
    def of(cls, confidence: Array, hit: Array, bins: int) -> Calibration:
        """The calibration of one batch.

        Args:
            confidence: shape (elements,) float64, from 0 to 1 or NaN.
            hit: shape (elements,) float64, from 0 to 1.
            bins: at least 1.

        """
        known = ~np.isnan(confidence)
        confidence, hit = confidence[known], hit[known]
        places = np.searchsorted(_ends(bins)[1:-1], confidence, side="left")
        return cls(bins, tallies_of(places, confidence, hit), int(np.count_nonzero(~known)))

    @property
    def count(self) -> int:
        """How many predictions have a probability."""
        return sum(tally.count for tally in self.tallies.values())

    def __add__(self, other: Calibration) -> Calibration:
        tallies = dict(self.tallies)
        for place, tally in other.tallies.items():
            tallies[place] = tallies.get(place, BinTally()) + tally
        return Calibration(self.bins or other.bins, tallies, self.left_out + other.left_out)


def tallies_of(places: Array, confidence: Array, hit: Array) -> dict[int, BinTally]:
    """The totals of the bins that have predictions, by number.

    Args:
        places: shape (predictions,), the bin of each.
        confidence: shape (predictions,) float64.
        hit: shape (predictions,) float64.

    """
    counts = np.bincount(places)
    each = (
        exact_sums(values, places, counts.size).each()
        for values in (confidence, hit, (hit - confidence) ** 2)
    )
    return {
        place: BinTally(count, *sums)
        for place, (count, *sums) in enumerate(zip(counts.tolist(), *each, strict=True))
        if count
    }


def error_of(tallies: Iterable[BinTally]) -> float:
    """The expected calibration error of bins, rounded once; nan of no predictions."""
    found = list(tallies)
    return sum((tally.gap for tally in found), ExactSum()) / sum(tally.count for tally in found)


def range_of(found: Calibration, confidence: float = 0.95) -> Range:
    """Where the error of all predictions like these lies, each bin's gap being a mean of independent draws.

    The error of a sample is too large by what chance makes of gaps, which is most where there are none. The
    lower end is less by all of that, the upper end by nothing, so that the range holds its level or more.

    Args:
        found: by equal width.
        confidence: in which part of all samples it holds the error, at least.

    """
    from statistics import NormalDist  # it takes longer to import than all bins to count

    total, error = found.count, error_of(found.tallies.values())
    if not total:
        return Range(confidence, math.nan, math.nan, math.nan)
    chance, variance = 0.0, -error * error / total
    for tally in found.tallies.values():
        gap, share = tally.gap / tally.count, tally.count / total
        # One row alone says nothing of how far rows differ: they differ by at most 1.
        spread = max(0.0, tally.squares / tally.count - gap * gap) if tally.count > 1 else 0.25
        spread /= max(1, tally.count - 1)
        chance += share * math.sqrt(2 / math.pi * spread)
        variance += share * share * spread + share * gap * gap / total
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(max(0.0, variance))
    return Range(confidence, max(0.0, error - chance - reach), min(1.0, error + reach), chance)


def _ends(bins: int) -> Array:
    """The ends of the bins, each the double nearest to m / M."""
    return np.arange(bins + 1) / bins


def reliability(found: Calibration, *, positive: bool) -> Reliability:
    """The reliability of predictions.

    Args:
        found: the predictions by confidence.
        positive: whether the answers are the positive ones of two, not the most probable classes.

    """
    ends = _ends(found.bins).tolist()
    tallies = [found.tallies.get(place, BinTally()) for place in range(found.bins)]
    return Reliability(
        bins=[_bin(low, high, tally) for (low, high), tally in zip(pairwise(ends), tallies, strict=True)],
        ece=error_of(tallies),
        count=found.count,
        range=range_of(found),
        left_out=found.left_out,
        confidence_is="probability of the positive answer"
        if positive
        else "confidence of the most probable class",
        accuracy_is="share of positive answers" if positive else "accuracy",
    )


def _bin(low: float, high: float, tally: BinTally) -> Bin:
    return Bin(low, high, tally.count, tally.confidence / tally.count, tally.hits / tally.count)
