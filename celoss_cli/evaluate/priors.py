"""Predictions held against the frequencies of what came: the ratios of frequencies that fit them best.

A model trained on other class frequencies than the data has is off by one factor a class (Saerens, Latinne
and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities"); of logits that
is one number a class that is added. The factors of maximum likelihood are found on a sample of the rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.evaluate.shifts import STEP
from celoss_cli.evaluate.temperature import Predictions, fitted

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Reweighed", "Sample", "hashes_of"]

_MOST_KEPT = 1 << 18
"""So many costs are kept, chosen as by chance among all there are."""

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: products with it are spread evenly."""

_STEPS = 40
"""Of Newton's method; it ends earlier where it gains nothing."""

_ENOUGH = 1e-4
"""Nats that are not worth another step."""

_FARTHEST = 4.0
"""The longest step, as certain predictions leave the curvature near 0."""

_SMALLEST = 2.0**-7


@record(frozen=True, slots=True)
class Sample:
    """Predictions chosen by a hash of their place, so that any cutting of the rows chooses the same ones.

    Attributes:
        level: of so many binary digits of the hash none is set.
        hashes: of the places, shape (predictions,).
        costs: -log p of every outcome in steps, shape (outcomes, predictions).
        outcomes: what came, shape (predictions,).

    """

    level: int
    hashes: Array
    costs: Array
    outcomes: Array

    @classmethod
    def of(cls, places: Array, costs: Array, outcomes: Array) -> Sample:
        """Of predictions that have one outcome each.

        Args:
            places: in the whole data set, shape (predictions,).
            costs: in steps, shape (outcomes, predictions).
            outcomes: what came, shape (predictions,).

        """
        return cls(0, hashes_of(places), costs, outcomes)._thinned(0)

    def __add__(self, later: Sample) -> Sample:
        level = max(self.level, later.level)
        one, other = self._thinned(level), later._thinned(level)
        return Sample(
            level,
            np.concatenate([one.hashes, other.hashes]),
            np.concatenate([one.costs, other.costs], axis=1),
            np.concatenate([one.outcomes, other.outcomes]),
        )._thinned(level)

    def _thinned(self, level: int) -> Sample:
        """With the least level from this one on at which no more is kept than may be."""
        most = max(1, _MOST_KEPT // max(1, len(self.costs)))
        while True:
            kept = (self.hashes >> np.uint64(64 - level)) == 0 if level else np.ones(len(self.hashes), bool)
            if level == 64 or np.count_nonzero(kept) <= most:
                if level == self.level:  # all are kept
                    return self
                return Sample(level, self.hashes[kept], self.costs[:, kept], self.outcomes[kept])
            level += 1

    def reweighed(self, cap: float, least: float) -> Reweighed | None:
        """The best factors of the outcomes that occur; None where they save too little.

        Args:
            cap: predictions whose outcome costs as many nats are left out: no factor mends them.
            least: how many nats they must save.

        """
        own = self.costs[self.outcomes, np.arange(self.outcomes.size)]
        kept = own * STEP < cap
        present = np.unique(self.outcomes[kept])
        if len(present) < 2:
            return None
        logs = -STEP * self.costs[np.ix_(present, np.flatnonzero(kept))]
        y = np.searchsorted(present, self.outcomes[kept])
        plain, shares = _cost(logs, y)
        offsets, nats = _best_offsets(logs, y)
        if plain - nats < least:
            return None
        frequencies = np.bincount(y) / len(y)
        trained = frequencies * np.exp(offsets.min() - offsets)
        return Reweighed(
            outcomes=tuple(present.tolist()),
            counted=len(y),
            nats=plain,
            reweighed_nats=nats,
            heated_nats=_heated(logs, y),
            heated_after_nats=_heated(logs + offsets[:, None], y),
            expected=tuple((shares.sum(axis=1) / len(y)).tolist()),
            deviations=_deviations(shares, y),
            frequencies=tuple(frequencies.tolist()),
            trained=tuple((trained / trained.sum()).tolist()),
        )


@record(frozen=True, slots=True)
class Reweighed:
    """What predictions cost with one factor for each outcome that occurs, the others left out.

    Attributes:
        outcomes: those that occur.
        counted: how many predictions.
        nats: what they cost, normalised over these outcomes.
        reweighed_nats: what they cost with the best factors.
        heated_nats: what they cost at the best temperature instead.
        heated_after_nats: what they cost with the factors and the best temperature after these.
        expected: the mean probability of each.
        deviations: by how many standard deviations the most remarkable one of these is off, as far as
            predictions and outcomes differ from each other.
        frequencies: how often each came, from 0 to 1.
        trained: the frequencies for which the predictions would need no factors.

    """

    outcomes: tuple[int, ...]
    counted: int
    nats: float
    reweighed_nats: float
    heated_nats: float
    heated_after_nats: float
    expected: tuple[float, ...]
    deviations: float
    frequencies: tuple[float, ...]
    trained: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """The logarithms of the factors, up to a number that all share."""
        return tuple(math.log(came / fits) for came, fits in zip(self.frequencies, self.trained, strict=True))

    @property
    def penalty(self) -> float:
        """What the factors cost that are fitted, in nats (Schwarz 1978)."""
        return (len(self.outcomes) - 1) / 2 * math.log(self.counted)

    @property
    def entropy_nats(self) -> float:
        """What always predicting the frequencies costs."""
        return -self.counted * sum(came * math.log(came) for came in self.frequencies)


def hashes_of(places: Array) -> Array:
    """A number of 64 bits for each place, shape (places,); one place in 2**k has k zeros at the front."""
    found = places.astype(np.uint64) + np.uint64(1)
    for shift in (np.uint64(29), np.uint64(32)):
        found = found * _ODD
        found ^= found >> shift
    return found * _ODD


def _cost(logits: Array, y: Array) -> tuple[float, Array]:
    """The total of -log softmax at the outcomes in nats, and the softmax over the first axis."""
    largest = logits.max(axis=0)
    e = np.exp(logits - largest)
    total = e.sum(axis=0)
    chosen = logits[y, np.arange(len(y))]
    return float((np.log(total) + largest - chosen).sum()), e / total


def _deviations(p: Array, y: Array) -> float:
    """By how many of its standard deviations the sum of p less what came is off, of the outcome with most."""
    left = p.copy()
    left[y, np.arange(len(y))] -= 1
    spread = np.sqrt(np.maximum((left**2).sum(axis=1), 1e-300))
    return float((np.abs(left.sum(axis=1)) / spread).max())


def _best_offsets(logs: Array, y: Array) -> tuple[Array, float]:
    """What is added to the logits for the least cost, and that cost: Newton's method on a convex function."""
    count = len(logs)
    came = np.bincount(y, minlength=count)
    offsets = np.zeros(count)
    nats, p = _cost(logs, y)
    for _ in range(_STEPS):
        slope = p.sum(axis=1) - came
        curvature = np.diag(p.sum(axis=1)) - p @ p.T
        # Offsets that are all equal change nothing: the mean of the step is held at 0.
        curvature += (1e-9 * np.eye(count) + 1 / count) * max(1e-9, float(np.trace(curvature)) / count)
        step = -np.linalg.solve(curvature, slope)
        step *= min(1.0, _FARTHEST / max(1e-300, float(np.abs(step).max())))
        offsets, gained, nats, p = _along(logs, y, offsets, step, nats, p)
        if gained < _ENOUGH:
            break
    return offsets, nats


def _along(
    logs: Array, y: Array, offsets: Array, step: Array, nats: float, p: Array
) -> tuple[Array, float, float, Array]:
    """The offsets after the step, or a part of it that costs less; what it gains, the cost and softmax."""
    size = 1.0
    while size > _SMALLEST:
        moved = offsets + size * step
        cost, shares = _cost(logs + moved[:, None], y)
        if cost < nats:
            return moved, nats - cost, cost, shares
        size /= 2
    return offsets, 0.0, nats, p


def _heated(logs: Array, y: Array) -> float:
    """The cost of the logits divided by the temperature that fits them best, in nats."""
    found = Predictions()
    found.add(logs, y, np.ones(len(y)))
    return fitted(found).after
