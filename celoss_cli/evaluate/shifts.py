"""Predictions held against the targets of rows and positions before and after theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["STEP", "Shifted", "Shifts", "along_positions"]

STEP = 2.0**-20
"""The unit in which costs are counted, in nats."""

_LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256)
"""How many rows targets may be shifted by: a few, or a batch."""

_POSITIONS = (1, 2, 3)
"""How many positions within a row."""

_MOST_KEPT = 1 << 18
"""So many costs of rows at the ends of a stretch are kept."""


@record(frozen=True, slots=True)
class Shifted:
    """Rows whose neighbour's target is held against their own prediction.

    Attributes:
        pairs: how many.
        own: the cost of their own targets, in steps.
        other: the cost of the neighbour's targets, in steps.
        hits: how many predicted their own target, as their largest.

    """

    pairs: int = 0
    own: int = 0
    other: int = 0
    hits: int = 0

    def __add__(self, more: Shifted) -> Shifted:
        return Shifted(
            self.pairs + more.pairs, self.own + more.own, self.other + more.other, self.hits + more.hits
        )

    @property
    def nats(self) -> tuple[float, float]:
        """The two costs in nats."""
        return self.own * STEP, self.other * STEP


@record(frozen=True, slots=True)
class _Stretch:
    """Rows that follow each other.

    Attributes:
        costs: -log p of every outcome in steps, shape (outcomes, rows).
        outcomes: what came, -1 where nothing is counted.
        own: the cost of it; anything where nothing is counted.
        right: whether it was the largest.

    """

    costs: Array
    outcomes: Array
    own: Array
    right: Array

    @classmethod
    def of(cls, costs: Array, outcomes: Array) -> _Stretch:
        own = costs[outcomes, np.arange(outcomes.size)] if len(costs) else outcomes
        return cls(costs, outcomes, own, costs.argmin(axis=0) == outcomes)

    def __len__(self) -> int:
        return self.outcomes.size

    def __getitem__(self, part: slice) -> _Stretch:
        return _Stretch(
            self.costs[:, part].copy(),
            self.outcomes[part].copy(),
            self.own[part].copy(),
            self.right[part].copy(),
        )

    def __add__(self, later: _Stretch) -> _Stretch:
        return _Stretch(
            np.concatenate([self.costs, later.costs], axis=1),
            np.concatenate([self.outcomes, later.outcomes]),
            np.concatenate([self.own, later.own]),
            np.concatenate([self.right, later.right]),
        )

    def against(self, rows: Array | slice, others: Array | slice) -> Shifted:
        """The predictions of rows against the targets of others, where both are counted."""
        size = self.outcomes.size
        targets, own, right = self.outcomes[others], self.own[rows], self.right[rows]
        other = self.costs.reshape(-1).take(targets * size + np.arange(size)[rows], mode="clip")
        both = (self.outcomes[rows] >= 0) & (targets >= 0)
        if not both.all():
            own, other, right = own[both], other[both], right[both]
        return Shifted(own.size, int(own.sum()), int(other.sum()), int(np.count_nonzero(right)))

    def shifted(self, first: Array | slice, later: Array | slice, lag: int) -> dict[int, Shifted]:
        """Rows ``first`` and those ``lag`` later, each against the other's target."""
        return {lag: self.against(first, later), -lag: self.against(later, first)}


@record(frozen=True, slots=True)
class Shifts:
    """Rows against the targets of rows before and after; ``+`` appends the rows that follow.

    Attributes:
        by_lag: the pairs by how many rows later the target stands; negative where it is earlier.
        first, last: the rows at the ends, which have partners in the rows before and after.

    """

    by_lag: Mapping[int, Shifted] = field(default_factory=dict)
    first: _Stretch | None = None
    last: _Stretch | None = None

    @classmethod
    def of(cls, costs: Array, outcomes: Array) -> Shifts:
        """Those of consecutive rows, each one prediction: costs (outcomes, rows), outcomes (rows,)."""
        rows = _Stretch.of(costs, outcomes)
        lags = _lags(len(costs))
        found: dict[int, Shifted] = {}
        for lag in lags:
            found |= rows.shifted(slice(0, max(0, len(rows) - lag)), slice(lag, None), lag)
        return cls(found, rows[: lags[-1]], rows[-lags[-1] :])

    def __add__(self, later: Shifts) -> Shifts:
        if self.first is None or self.last is None:
            return later
        if later.first is None or later.last is None:
            return self
        lags = _lags(len(self.last.costs))
        seam, at = self.last + later.first, len(self.last)
        found: dict[int, Shifted] = {}
        for lag in lags:
            begin, end = max(0, at - lag), min(at, len(seam) - lag)
            end = max(begin, end)
            found |= seam.shifted(slice(begin, end), slice(begin + lag, end + lag), lag)
        both = [self.by_lag, later.by_lag, found]
        return Shifts(
            {lag: sum((part.get(lag, Shifted()) for part in both), Shifted()) for lag in found},
            (self.first + later.first)[: lags[-1]] if len(self.first) < lags[-1] else self.first,
            (self.last + later.last)[-lags[-1] :] if len(later.last) < lags[-1] else later.last,
        )


def _lags(outcomes: int) -> tuple[int, ...]:
    """Fewer, where a row has many outcomes."""
    return tuple(lag for lag in _LAGS if lag == 1 or lag * outcomes <= _MOST_KEPT)


def along_positions(costs: Array, outcomes: Array, positions: int) -> dict[int, Shifted]:
    """Positions of the same row against the targets of those before and after.

    Args:
        costs: shape (outcomes, rows x positions), in steps.
        outcomes: shape (rows x positions,).
        positions: how many a row has.

    """
    every = _Stretch.of(costs, outcomes)
    places = np.arange(outcomes.size).reshape(-1, positions)
    found: dict[int, Shifted] = {}
    for lag in _POSITIONS:
        if lag < positions:
            first = places[:, :-lag].reshape(-1)
            found |= every.shifted(first, first + lag, lag)
    return found
