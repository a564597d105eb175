"""What the data looks like, and how well other readings of it would fit: one pass, mergeable.

Every number is an integer or follows from integers alone, so a survey is the same for any cutting of
the rows. Costs are -log p in nats of the plain prediction, without weights and smoothing, counted in
steps of 2**-20 and up to ``CAP`` nats each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.records import record
from celoss_cli.evaluate.assignment import cheapest
from celoss_cli.evaluate.kinds import NEAR_ONE, count_of, kinds, oddities
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss

__all__ = ["CAP", "TEMPERATURES", "Fit", "Survey", "survey"]

CAP = 1024.0
"""A single cost counts up to this many nats: more than the -log of the smallest double."""

TEMPERATURES = tuple(2.0**k for k in range(-4, 9))

_SATURATED = -(2.0**-25)
"""Log-probabilities from here on round to 0, and probabilities to 1, in single precision."""

_STEP = 2.0**-20
_COLUMN_STEP = 2.0**-30
_MATRIX_CLASSES = 512
_KNOWN_TARGETS = 4096


@record(frozen=True, slots=True)
class Edge:
    """The first or the last prediction of a stretch of rows.

    Attributes:
        costs: -log p of every outcome, shape (outcomes,), in steps.
        outcome: what came, -1 where nothing is counted.

    """

    costs: Array
    outcome: int


@record(frozen=True, slots=True)
class Shifted:
    """Rows whose neighbour's target is held against their own prediction.

    Attributes:
        pairs: how many.
        own: the cost of their own targets, in steps.
        other: the cost of the neighbour's targets, in steps.

    """

    pairs: int = 0
    own: int = 0
    other: int = 0

    def __add__(self, more: Shifted) -> Shifted:
        return Shifted(self.pairs + more.pairs, self.own + more.own, self.other + more.other)

    @property
    def nats(self) -> tuple[float, float]:
        """The two costs in nats."""
        return self.own * _STEP, self.other * _STEP


@record(frozen=True, slots=True)
class Fit:
    """How predictions fit their targets; ``Fit()`` is empty and ``+`` appends the rows that follow.

    Attributes:
        counted: predictions with one outcome as target.
        hits: how many predicted that outcome, as their largest.
        impossible: how many gave it the probability 0.
        beyond: how many cost more than ``CAP``, these among them.
        saturated: how many gave an outcome a probability that rounds to 1 in single precision.
        cost: the total of -log p[y] in steps.
        heated: the same for the logits divided by each of TEMPERATURES.
        negated: the same for the logits with the other sign.
        matrix: cost of outcome j where i was the target, shape (outcomes, outcomes), or None.
        ahead: rows held against the target of the next row.
        behind: rows held against the target of the row before.
        ends: the first and the last prediction, where each row is one.

    """

    counted: int = 0
    hits: int = 0
    impossible: int = 0
    beyond: int = 0
    saturated: int = 0
    cost: int = 0
    heated: tuple[int, ...] = (0,) * len(TEMPERATURES)
    negated: int = 0
    matrix: Array | None = None
    ahead: Shifted = Shifted()
    behind: Shifted = Shifted()
    ends: tuple[Edge, Edge] | None = None

    def __add__(self, later: Fit) -> Fit:
        ahead, behind = self.ahead + later.ahead, self.behind + later.behind
        if self.ends and later.ends:
            seam = _neighbours(*(_columns((self.ends[1], later.ends[0]))))
            ahead, behind = ahead + seam[0], behind + seam[1]
        return Fit(
            counted=self.counted + later.counted,
            hits=self.hits + later.hits,
            impossible=self.impossible + later.impossible,
            beyond=self.beyond + later.beyond,
            saturated=self.saturated + later.saturated,
            cost=self.cost + later.cost,
            heated=tuple(a + b for a, b in zip(self.heated, later.heated, strict=True)),
            negated=self.negated + later.negated,
            matrix=_sum_of(self.matrix, later.matrix),
            ahead=ahead,
            behind=behind,
            ends=_joined(self.ends, later.ends),
        )

    @property
    def nats(self) -> float:
        """The total cost in nats."""
        return self.cost * _STEP

    @property
    def mean(self) -> float:
        """The mean cost in nats; the least that it can be where some are beyond what is counted."""
        return self.nats / self.counted

    @property
    def negated_nats(self) -> float:
        """The total cost in nats of the logits with the other sign."""
        return self.negated * _STEP

    def permuted(self) -> tuple[Array, float] | None:
        """The column that fits each class best, one for each, and the total cost in nats with them."""
        if self.matrix is None:
            return None
        order = cheapest(self.matrix.astype(np.float64))
        return order, float(self.matrix[np.arange(len(order)), order].sum()) * _STEP

    def best_temperature(self) -> tuple[float, float]:
        """The temperature that fits best and the total cost in nats at it."""
        cost, temperature = min(zip(self.heated, TEMPERATURES, strict=True))
        return temperature, cost * _STEP


def _sum_of(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else one + other


def _joined(one: tuple[Edge, Edge] | None, other: tuple[Edge, Edge] | None) -> tuple[Edge, Edge] | None:
    return other if one is None else one if other is None else (one[0], other[1])


def _columns(edges: Sequence[Edge]) -> tuple[Array, Array]:
    return np.stack([edge.costs for edge in edges], axis=1), np.array([edge.outcome for edge in edges])


def _steps(costs: Array) -> Array:
    """Costs in nats as integers; what is no number counts as the largest."""
    return np.rint(np.where(costs < CAP, costs, CAP) / _STEP).astype(np.int64)


def _fit(loss: Loss, batch: Batch) -> Fit | None:
    outcomes, logs = loss.outcomes(batch), loss.log_predictions(batch)
    if outcomes is None or logs is None or not logs.shape[1]:
        return None
    known = ~np.isnan(logs).any(axis=0)
    outcomes = np.where(known, outcomes, -1)
    costs = _steps(-logs)
    shifts = _neighbours(costs, outcomes) if batch.elements_per_row == 1 else (Shifted(), Shifted())
    at = np.flatnonzero(outcomes >= 0)
    y, picked = outcomes[at], logs[:, at]
    own = costs[y, at]
    return Fit(
        counted=len(at),
        hits=count_of(picked.argmax(axis=0) == y),
        impossible=count_of(np.isneginf(picked[y, np.arange(len(y))])),
        beyond=count_of(own >= CAP / _STEP),
        saturated=count_of(picked.max(axis=0) > _SATURATED),
        cost=int(own.sum()),
        heated=tuple(int(_cost_at(picked, y, temperature).sum()) for temperature in TEMPERATURES),
        negated=int(_cost_at(picked, y, -1.0).sum()),
        matrix=_matrix(costs[:, at], y) if len(costs) <= _MATRIX_CLASSES else None,
        ahead=shifts[0],
        behind=shifts[1],
        ends=_ends(costs, outcomes) if batch.elements_per_row == 1 else None,
    )


def _cost_at(logs: Array, y: Array, temperature: float) -> Array:
    """The costs of the logits divided by a temperature, in steps: log-probabilities are logits too."""
    heated = Batch(input=(logs / temperature).T[:, :, None], target=y[:, None])
    return _steps(LOSSES["ce"].load()().terms(heated).loss)


def _matrix(costs: Array, y: Array) -> Array:
    """Row i holds the costs of every outcome, added up where i was the target."""
    order = np.argsort(y, kind="stable")
    present, starts = np.unique(y[order], return_index=True)
    matrix = np.zeros((len(costs), len(costs)), np.int64)
    if len(present):
        matrix[present] = np.add.reduceat(costs[:, order], starts, axis=1).T
    return matrix


def _neighbours(costs: Array, outcomes: Array) -> tuple[Shifted, Shifted]:
    """Each row's prediction against the target of the next row, and against that of the row before."""
    both = np.flatnonzero((outcomes[:-1] >= 0) & (outcomes[1:] >= 0))
    return _against(costs, outcomes, both, both + 1), _against(costs, outcomes, both + 1, both)


def _against(costs: Array, outcomes: Array, rows: Array, others: Array) -> Shifted:
    own, other = costs[outcomes[rows], rows], costs[outcomes[others], rows]
    return Shifted(len(rows), int(own.sum()), int(other.sum()))


def _ends(costs: Array, outcomes: Array) -> tuple[Edge, Edge]:
    first, last = (Edge(costs[:, i].copy(), int(outcomes[i])) for i in (0, -1))
    return first, last


# ---------------------------------------------------------------------------------------------- survey


@record(frozen=True, slots=True)
class ColumnSums:
    """The sum of each column over the rows.

    Attributes:
        steps: shape (classes,).
        fits: whether every value could be a probability.

    """

    steps: Array
    fits: bool

    def __add__(self, more: ColumnSums) -> ColumnSums:
        return ColumnSums(self.steps + more.steps, self.fits and more.fits)

    @property
    def distributions(self) -> int:
        """How many distributions the columns add up to, the same number in each; 0 if they do not."""
        totals = self.steps * _COLUMN_STEP
        whole = max(1, round(float(totals[0])))
        return whole if self.fits and bool((np.abs(totals - whole) <= NEAR_ONE).all()) else 0


@record(frozen=True, slots=True)
class Survey:
    """What one pass over the data collects; ``Survey()`` is empty and ``+`` appends rows that follow.

    Attributes:
        rows: how many.
        classes: how many, or None.
        seen: oddities that the loss notices, and what the values look like, in numbers.
        targets: how often each whole-numbered target occurs, ignored and impossible ones too.
        others: targets that are not among them: fractions, and more values than are kept.
        one_hot: how many probability targets are one-hot.
        ignored: targets that ignore_index leaves out.
        columns: the sums of each column over all rows, of x and of exp x; None for other shapes.
        fit: how the predictions fit, or None where they predict no outcome.
        ids: a hash of each row's identifier, in parts.

    """

    rows: int = 0
    classes: int | None = None
    seen: Counter[str] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    others: int = 0
    one_hot: int = 0
    ignored: int = 0
    columns: tuple[ColumnSums, ColumnSums] | None = None
    fit: Fit | None = None
    ids: tuple[Array, ...] = ()

    def __add__(self, later: Survey) -> Survey:
        return Survey(
            rows=self.rows + later.rows,
            classes=later.classes if self.classes is None else self.classes,
            seen=self.seen + later.seen,
            targets=self.targets + later.targets,
            others=self.others + later.others,
            one_hot=self.one_hot + later.one_hot,
            ignored=self.ignored + later.ignored,
            columns=_added(self, later),
            fit=later.fit if self.fit is None else self.fit if later.fit is None else self.fit + later.fit,
            ids=self.ids + later.ids,
        )

    def repeated_id(self) -> tuple[int, int, int] | None:
        """How many rows carry an identifier of an earlier row, and the first two that share one."""
        ids = np.concatenate(self.ids) if self.ids else np.empty(0, np.int64)
        order = np.argsort(ids, kind="stable")
        again = np.flatnonzero(np.diff(ids[order]) == 0)
        if not again.size:
            return None
        first = again[np.argmin(order[again + 1])]
        return len(again), int(order[first]), int(order[first + 1])


def _added(one: Survey, other: Survey) -> tuple[ColumnSums, ColumnSums] | None:
    if not one.rows:
        return other.columns
    if one.columns is None or other.columns is None:
        return None
    return one.columns[0] + other.columns[0], one.columns[1] + other.columns[1]


def survey(loss: Loss, batch: Batch) -> Survey:
    """The survey of one canonical batch, whatever its values are.

    Args:
        loss: with its options; its log_predictions and outcomes are what the fit is about.
        batch: canonical; non-finite values and impossible targets are counted like any others.

    """
    with np.errstate(all="ignore"):
        found = Survey(
            rows=len(batch),
            classes=loss.classes(batch),
            seen=oddities(loss, batch) + kinds(loss, batch),
            columns=_column_sums(batch) if loss.per_class else None,
            fit=_fit(loss, batch),
            ids=() if batch.ids is None else (_hashes(batch.ids),),
        )
        return _with_targets(found, loss, batch)


def _with_targets(found: Survey, loss: Loss, batch: Batch) -> Survey:
    t = batch.target
    if loss.per_class and t.ndim == 3:
        one_hot = ((t == 0) | (t == 1)).all(axis=1) & (t.sum(axis=1) == 1)
        return replace(found, one_hot=count_of(one_hot), others=one_hot.size)
    flat = t.reshape(-1)
    whole = flat == np.floor(flat)
    values, counts = np.unique(flat[whole], return_counts=True)
    kept = Counter(dict(zip(map(int, values[:_KNOWN_TARGETS]), map(int, counts), strict=False)))
    return replace(found, targets=kept, others=flat.size - kept.total(), ignored=loss.left_out(batch))


def _column_sums(batch: Batch) -> tuple[ColumnSums, ColumnSums] | None:
    if batch.elements_per_row != 1 or not len(batch):
        return None
    x = batch.input[:, :, 0].astype(np.float64, copy=False)
    return _rounded_sums(x, (x >= 0) & (x <= 1)), _rounded_sums(np.exp(x), x <= 0)


def _rounded_sums(values: Array, fits: Array) -> ColumnSums:
    steps = np.rint(np.where(fits, values, 0) / _COLUMN_STEP).astype(np.int64)
    return ColumnSums(steps.sum(axis=0), bool(fits.all()))


def _hashes(ids: Sequence[str]) -> Array:
    return np.fromiter(map(hash, ids), np.int64, len(ids))
