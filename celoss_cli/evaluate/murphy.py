"""The parts of a Brier score: how far off, how telling and how uncertain the forecasts are.

Murphy 1973, "A new vector partition of the probability score": with the forecasts of an outcome in bins, n of
N in a bin with the mean p and the frequency o, and the frequency O in all, the score is sum n/N (p - o)^2 -
sum n/N (o - O)^2 + O (1 - O): reliability less resolution plus uncertainty. Forecasts that differ within a
bin add what they differ by (Stephenson, Coelho and Jolliffe 2008, "Two extra components in the Brier score
decomposition"). Over classes the parts are added.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.evaluate.calibration import BINS, Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celoss_cli.core.data import Array

__all__ = ["Parts", "binned_forecasts", "parts_of"]

_MOST_CLASSES = 1000


@record(frozen=True, slots=True)
class Parts:
    """The parts of a mean Brier score: it is reliability - resolution + uncertainty + within.

    Attributes:
        bins: of equal width, how many for each outcome.
        reliability: how far the forecasts are from the frequencies, 0 at best.
        resolution: how far the frequencies of the bins are from that of all, 0 at worst.
        uncertainty: of the outcomes themselves, whatever is forecast.
        within: what forecasts in one bin differ by.

    """

    bins: int
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def binned_forecasts(p: Array, outcomes: Array) -> tuple[Calibration, ...]:
    """The forecasts of each outcome in bins; () of more classes than are told apart.

    Args:
        p: shape (outcomes, elements), or (1, elements) of the outcome 1 alone.
        outcomes: shape (elements,), -1 for none.

    """
    if len(p) > _MOST_CLASSES:
        return ()
    known = outcomes >= 0
    came = [1] if len(p) == 1 else range(len(p))
    return tuple(
        Calibration.of(one[known], (outcomes[known] == c).astype(np.float64), BINS)
        for c, one in zip(came, p, strict=True)
    )


def parts_of(found: Sequence[Calibration], score: float) -> Parts | None:
    """The parts of a mean score; None where there are no forecasts of every prediction."""
    if not found or any(one.left_out or not one.count for one in found):
        return None
    reliability, resolution, uncertainty = 0.0, 0.0, 0.0
    for one in found:
        tallies = [tally for tally in one.tallies.values() if tally.count]
        hits = math.fsum(float(tally.hits) for tally in tallies)
        every = hits / one.count
        for tally in tallies:
            came = tally.hits / tally.count
            reliability += tally.count / one.count * (tally.confidence / tally.count - came) ** 2
            resolution += tally.count / one.count * (came - every) ** 2
        uncertainty += every * (1 - every)
    return Parts(
        found[0].bins, reliability, resolution, uncertainty, score - (reliability - resolution + uncertainty)
    )
