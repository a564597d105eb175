"""The expected calibration error by three kinds of bins, from one computation of a bin's gap.

- by equal width: bins of the confidence from 0 to 1 (Naeini, Cooper and Hauskrecht 2015, "Obtaining well
  calibrated probabilities using Bayesian binning"; Guo et al. 2017);
- by equal mass: bins with the same number of predictions (Nixon et al. 2019, "Measuring calibration in deep
  learning");
- by class: bins of equal width of the probability of each class, whether or not it is the likeliest one, and
  the mean over the classes (Nixon et al. 2019, their static calibration error).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.evaluate.calibration import Calibration, Range, error_of, range_of, tallies_of
from celoss_cli.losses.class_axis import largest_class

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Errors", "errors_of"]

_MOST_SORTED = 1 << 22
"""Bins of equal mass need all confidences in order: of so many at most."""

_MOST_CLASSES = 1000


@record(frozen=True, slots=True)
class Errors:
    """Expected calibration errors, each from 0 to 1.

    Attributes:
        bins: how many bins there are of each kind.
        count: how many predictions; each counts once, whatever its weight.
        width: by bins of equal width.
        mass: by bins of equal mass; nan of more predictions than are sorted.
        classwise: by class; nan of more classes than are told apart.
        range: where the error by equal width of all predictions like these lies.

    """

    bins: int
    count: int
    width: float
    mass: float
    classwise: float
    range: Range


def errors_of(parts: Iterable[tuple[Array, Array]], bins: int, *, positive: bool) -> Errors:
    """The calibration errors of predictions.

    Args:
        parts: probabilities, shape (outcomes, predictions), and what came, shape (predictions,).
        bins: of each kind, at least 1.
        positive: whether the confidence is the probability of the second outcome, not of the likeliest one.

    """
    width, classes = Calibration(), list[Calibration]()
    kept: list[tuple[Array, Array]] = []
    for p, y in parts:
        if not classes:
            classes = [Calibration()] * (len(p) if len(p) <= _MOST_CLASSES else 0)
        chosen = np.ones(len(y), np.intp) if positive else largest_class(p)
        confidence, hit = p[chosen, np.arange(len(y))], (chosen == y).astype(np.float64)
        width += Calibration.of(confidence, hit, bins)
        classes = [
            found + Calibration.of(p[c], (y == c).astype(np.float64), bins) for c, found in enumerate(classes)
        ]
        if width.count <= _MOST_SORTED:
            kept.append((confidence, hit))
    count = width.count
    mass = _by_mass(kept, bins) if count <= _MOST_SORTED else math.nan
    each = [error_of(found.tallies.values()) for found in classes]
    classwise = math.fsum(each) / len(each) if each else math.nan
    return Errors(bins, count, error_of(width.tallies.values()), mass, classwise, range_of(width))


def _by_mass(kept: list[tuple[Array, Array]], bins: int) -> float:
    """By bins of the same number of predictions; those of equal confidence are in one bin."""
    confidence, hit = (
        (np.concatenate(values) for values in zip(*kept, strict=True)) if kept else (_NONE, _NONE)
    )
    order = np.sort(confidence)
    ends = order[np.maximum(1, np.arange(1, bins) * len(order) // bins) - 1] if len(order) else order
    places = np.searchsorted(ends, confidence, side="left")
    return error_of(tallies_of(places, confidence, hit).values())


_NONE = np.zeros(0)
