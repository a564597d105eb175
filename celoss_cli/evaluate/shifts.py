"""Predictions held against the targets of rows and positions before and after theirs."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from celoss_cli.core.records import fieldwise, record
from celoss_cli.losses.class_axis import FEW_CLASSES, first_class

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["STEP", "Shifted", "Shifts", "along_positions"]

STEP = 2.0**-20
"""The unit in which costs are counted, in nats."""

_LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256)
"""How many rows targets may be shifted by: a few, or a batch."""

_MOST_SEARCHED = 1 << 20
"""Any other shift is searched for among so many costs of the first rows, and"""

_MOST_ROWS = 1 << 16
"""among so many rows at most."""

_POSITIONS = (1, 2, 3)
"""How many positions within a row."""

_LIKELY = 4
"""How many times the cost of a guess a single cost counts in the search."""

Part: TypeAlias = "Array | slice"
"""Rows that are held against others."""

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
        limited: the cost of their own targets, each up to ``_LIKELY`` times a guess's.

    """

    pairs: int = 0
    own: int = 0
    other: int = 0
    hits: int = 0
    limited: int = 0

    def __add__(self, more: Shifted) -> Shifted:
        return fieldwise(operator.add, self, more)

    @property
    def nats(self) -> tuple[float, float]:
        """The two costs in nats."""
        return self.own * STEP, self.other * STEP

    @property
    def limited_nats(self) -> float:
        """The cost of their own targets in nats, of which no single one decides."""
        return self.limited * STEP


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
        few = 0 < len(costs) <= FEW_CLASSES
        guess = first_class(costs, costs.min(axis=0)) if few else costs.argmin(axis=0)
        return cls(costs, outcomes, own, guess == outcomes)

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

    def shifted(self, pairs: Iterable[tuple[int, Part, Part]]) -> dict[int, Shifted]:
        """Rows and those so many later, each against the other's target, where both are counted.

        Args:
            pairs: of each number of rows, the ones and the others.

        """
        flags = self.costs.flags
        by_row = flags.f_contiguous and not flags.c_contiguous
        costs = (self.costs.T if by_row else self.costs).reshape(-1)
        step, apart = (len(self.costs), 1) if by_row else (1, len(self))
        cells = np.arange(len(self)) * step + self.outcomes * apart
        totals = _Totals.of(self) if (self.outcomes >= 0).all() else None
        found: dict[int, Shifted] = {}
        for lag, first, later in pairs:
            for rows, others, distance in ((first, later, lag), (later, first, -lag)):
                other = costs.take(cells[others] - distance * step, mode="clip")
                if totals is not None and isinstance(rows, slice):
                    found[distance] = totals.over(rows, int(other.sum()))
                else:
                    found[distance] = self._against(rows, others, other, totals is not None)
        return found

    def _against(self, rows: Part, others: Part, other: Array, whole: bool) -> Shifted:
        """The predictions of rows against the targets of others, which cost that much."""
        own, right = self.own[rows], self.right[rows]
        if not whole:
            both = (self.outcomes[rows] >= 0) & (self.outcomes[others] >= 0)
            own, other, right = own[both], other[both], right[both]
        limited = np.minimum(own, int(_most(len(self.costs)))).sum()
        return Shifted(own.size, int(own.sum()), int(other.sum()), int(np.count_nonzero(right)), int(limited))


@record(frozen=True, slots=True)
class _Totals:
    """What the rows before each one and their own add up to, shape (rows + 1,) each.

    Attributes:
        own, hits, limited: as ``Shifted`` has them.

    """

    own: Array
    hits: Array
    limited: Array

    @classmethod
    def of(cls, rows: _Stretch) -> _Totals:
        """Those of rows that all count."""
        limited = np.minimum(rows.own, int(_most(len(rows.costs))))
        return cls(
            *(np.append(0, np.cumsum(values, dtype=np.int64)) for values in (rows.own, rows.right, limited))
        )

    def over(self, rows: slice, other: int) -> Shifted:
        """Rows whose neighbours' targets cost that much."""
        first, end, _ = rows.indices(len(self.own) - 1)
        own, hits, limited = (int(each[end] - each[first]) for each in (self.own, self.hits, self.limited))
        return Shifted(end - first, own, other, hits, limited)


@record(frozen=True, slots=True)
class Shifts:
    """Rows against the targets of rows before and after; ``+`` appends the rows that follow.

    Attributes:
        by_lag: the pairs by how many rows later the target stands; negative where it is earlier.
        first, last: the rows at the ends, which have partners in the rows before and after; of the first ones
        as many as any other shift is searched for in.

    """

    by_lag: Mapping[int, Shifted] = field(default_factory=dict)
    first: _Stretch | None = None
    last: _Stretch | None = None

    @classmethod
    def of(cls, costs: Array, outcomes: Array) -> Shifts:
        """Those of consecutive rows, each one prediction: costs (outcomes, rows), outcomes (rows,)."""
        rows = _Stretch.of(costs, outcomes)
        lags = _lags(len(costs))
        last = [max(0, len(rows) - lag) for lag in lags]
        found = rows.shifted(
            (lag, slice(0, end), slice(lag, None)) for lag, end in zip(lags, last, strict=True)
        )
        return cls(found, rows[: _searched(len(costs))], rows[-lags[-1] :])

    def __add__(self, later: Shifts) -> Shifts:
        if self.first is None or self.last is None:
            return later
        if later.first is None or later.last is None:
            return self
        outcomes = len(self.last.costs)
        lags, searched = _lags(outcomes), _searched(outcomes)
        seam, at = self.last + later.first[: lags[-1]], len(self.last)
        found = seam.shifted((lag, *_across(at, len(seam), lag)) for lag in lags)
        both = [self.by_lag, later.by_lag, found]
        return Shifts(
            {lag: sum((part.get(lag, Shifted()) for part in both), Shifted()) for lag in found},
            (self.first + later.first)[:searched] if len(self.first) < searched else self.first,
            (self.last + later.last)[-lags[-1] :] if len(later.last) < lags[-1] else later.last,
        )

    @property
    def reach(self) -> int:
        """A shift by so many rows or more is not found: it leaves no pairs of the rows that are searched."""
        return 0 if self.first is None else len(self.first)

    def farther(self) -> dict[int, Shifted]:
        """The best shift of all among the first rows, on either side, by its number of rows.

        All shifts are tried at once by a Fourier transform, with costs up to ``_LIKELY`` times a guess's, so
        that no single one decides; what is answered is exact.
        """
        rows = self.first
        if rows is None or len(rows) < 2:
            return {}
        saved = _saved(rows)
        found = [int(each.argmax()) + 1 for each in (saved[1 : len(rows)], saved[: -len(rows) : -1])]
        return rows.shifted((lag, slice(0, len(rows) - lag), slice(lag, None)) for lag in sorted(set(found)))

    def reordered(self) -> dict[str, Shifted]:
        """All rows against the targets of other orders of the rows, where no more are than are searched.

        Returns:
            by the name of the order.

        """
        rows = self.first
        if rows is None or len(rows) < 2 or len(rows) >= _searched(len(rows.costs)):
            return {}
        every, whole = np.arange(len(rows)), bool((rows.outcomes >= 0).all())
        found: dict[str, Shifted] = {}
        for name, order in _row_orders(len(rows)):
            other = rows.costs[rows.outcomes[order], every]
            found[name] = rows._against(every, order, other, whole)
        return found


def _row_orders(count: int) -> Iterator[tuple[str, Array]]:
    """Other orders of the rows, by name: which row's target stands where that of each row belongs."""
    yield "reversed", np.arange(count)[::-1]
    for first in (0, 1):
        numbers = np.arange(first, first + count).astype(str)
        order = np.argsort(numbers, kind="stable")
        if (order[1:] < order[:-1]).any():
            place = np.empty_like(order)
            place[order] = np.arange(count)
            yield f"predictions by the text of their number from {first}", order
            yield f"targets by the text of their number from {first}", place


def _most(outcomes: int) -> float:
    """Up to how many steps a single cost counts where none is to decide."""
    return _LIKELY * math.log(max(2, outcomes)) / STEP


def _saved(rows: _Stretch) -> Array:
    """How much less the target so many rows later costs than this outcome does elsewhere, for each shift.

    Returns:
        shape (size,), of a shift by k rows at k, by -k at size - k; of each the sum over its pairs divided by
        the root of their number, as chance varies with it.

    """
    outcomes, count = rows.costs.shape
    size = 2 << (count - 1).bit_length()
    most = _most(outcomes)
    total, counted = np.zeros(size // 2 + 1, complex), rows.outcomes >= 0
    for outcome in np.unique(rows.outcomes[counted]).tolist():
        cost = np.minimum(rows.costs[outcome], most)
        total += np.conj(np.fft.rfft(cost.mean() - cost, size)) * np.fft.rfft(rows.outcomes == outcome, size)
    distance = np.minimum(np.arange(size), size - np.arange(size))
    return np.asarray(np.fft.irfft(total, size) / np.sqrt(np.maximum(1, count - distance)))


def _across(at: int, size: int, lag: int) -> tuple[slice, slice]:
    """The rows before a seam that have partners so many rows later behind it, and these."""
    begin = max(0, at - lag)
    end = max(begin, min(at, size - lag))
    return slice(begin, end), slice(begin + lag, end + lag)


def _lags(outcomes: int) -> tuple[int, ...]:
    """Fewer, where a row has many outcomes."""
    return tuple(lag for lag in _LAGS if lag == 1 or lag * outcomes <= _MOST_KEPT)


def _searched(outcomes: int) -> int:
    """How many of the first rows are searched for any shift; no fewer than meet the rows after a seam."""
    return max(_lags(outcomes)[-1], min(_MOST_ROWS, _MOST_SEARCHED // outcomes))


def along_positions(costs: Array, outcomes: Array, positions: int) -> dict[int, Shifted]:
    """Positions of the same row against the targets of those before and after.

    Args:
        costs: shape (outcomes, rows x positions), in steps.
        outcomes: shape (rows x positions,).
        positions: how many a row has.

    """
    every = _Stretch.of(costs, outcomes)
    places = np.arange(outcomes.size).reshape(-1, positions)
    return every.shifted(
        (lag, places[:, :-lag].reshape(-1), places[:, lag:].reshape(-1))
        for lag in _POSITIONS
        if lag < positions
    )
