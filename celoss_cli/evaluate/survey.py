"""What the data looks like, and how well other readings of it would fit: one pass, mergeable.

Every number is an integer or follows from integers alone, so a survey is the same for any cutting of
the rows. Costs are -log p in nats of the plain prediction, without weights and smoothing, counted in
steps of 2**-20 and up to ``CAP`` nats each.
"""

from __future__ import annotations

import math
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

__all__ = ["CAP", "MATRIX_CLASSES", "TEMPERATURES", "Fit", "Survey", "survey"]

CAP = 1024.0
"""A single cost counts up to this many nats: more than the -log of the smallest double."""

TEMPERATURES = tuple(2.0**k for k in range(-4, 9))

_SATURATED = -(2.0**-25)
"""Log-probabilities from here on round to 0, and probabilities to 1, in single precision."""

_STEP = 2.0**-20
_COLUMN_STEP = 2.0**-30
MATRIX_CLASSES = 512
"""The order of more classes than these is not held against others."""

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
        return self.own * _STEP, self.other * _STEP


@record(frozen=True, slots=True)
class Fit:
    """How predictions fit their targets; ``Fit()`` is empty and ``+`` appends the rows that follow.

    Attributes:
        counted: predictions with one outcome as target.
        hits: how many predicted that outcome, as their largest.
        impossible: how many gave it the probability 0.
        first_impossible: the first row of these, or None.
        beyond: how many cost more than ``CAP``, these among them.
        saturated: how many gave an outcome a probability that rounds to 1 in single precision.
        cost: the total of -log p[y] in steps.
        heated: the same for the logits divided by each of TEMPERATURES.
        negated: the same for the logits with the other sign.
        before: the same for targets that are one less, where none of them is 0.
        as_probabilities: the same for logits of a binary loss that are probabilities already.
        matrix: cost of outcome j where i was the target, shape (outcomes, outcomes), or None.
        guesses: how often outcome j was the largest where i was the target, of the same shape, or None.
        ahead: rows held against the target of the next row.
        behind: rows held against the target of the row before.
        ends: the first and the last prediction, where each row is one.

    """

    counted: int = 0
    hits: int = 0
    impossible: int = 0
    first_impossible: int | None = None
    beyond: int = 0
    saturated: int = 0
    cost: int = 0
    heated: tuple[int, ...] = (0,) * len(TEMPERATURES)
    negated: int = 0
    before: int = 0
    as_probabilities: int = 0
    matrix: Array | None = None
    guesses: Array | None = None
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
            first_impossible=later.first_impossible
            if self.first_impossible is None
            else self.first_impossible,
            beyond=self.beyond + later.beyond,
            saturated=self.saturated + later.saturated,
            cost=self.cost + later.cost,
            heated=tuple(a + b for a, b in zip(self.heated, later.heated, strict=True)),
            negated=self.negated + later.negated,
            before=self.before + later.before,
            as_probabilities=self.as_probabilities + later.as_probabilities,
            matrix=_sum_of(self.matrix, later.matrix),
            guesses=_sum_of(self.guesses, later.guesses),
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

    @property
    def nats_before(self) -> float:
        """The total cost in nats of the classes before the targets'."""
        return self.before * _STEP

    @property
    def nats_of_probabilities(self) -> float:
        """The total cost in nats of logits that are probabilities already."""
        return self.as_probabilities * _STEP

    @property
    def possible_nats(self) -> float:
        """The total cost in nats without the predictions that cost more than ``CAP``."""
        return self.nats - self.beyond * CAP

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
    own, guess = costs[y, at], picked.argmax(axis=0)
    impossible = np.flatnonzero(np.isneginf(picked[y, np.arange(len(y))]))
    few = len(costs) <= MATRIX_CLASSES
    return Fit(
        counted=len(at),
        hits=count_of(guess == y),
        impossible=impossible.size,
        first_impossible=_row_of(batch, int(at[impossible[0]])) if impossible.size else None,
        beyond=count_of(own >= CAP / _STEP),
        saturated=count_of(picked.max(axis=0) > _SATURATED),
        cost=int(own.sum()),
        heated=tuple(int(_cost_at(picked, y, temperature).sum()) for temperature in TEMPERATURES),
        negated=int(_cost_at(picked, y, -1.0).sum()),
        before=int(costs[np.maximum(y - 1, 0), at].sum()),
        as_probabilities=_cost_of_probabilities(loss, batch, at, y),
        matrix=_matrix(costs[:, at], y) if few else None,
        guesses=_guesses(len(costs), y, guess) if few else None,
        ahead=shifts[0],
        behind=shifts[1],
        ends=_ends(costs, outcomes) if batch.elements_per_row == 1 else None,
    )


def _row_of(batch: Batch, element: int) -> int:
    """The row of an element in the whole data set."""
    return batch.start + element // max(1, batch.elements_per_row)


def _cost_of_probabilities(loss: Loss, batch: Batch, at: Array, y: Array) -> int:
    """The costs of the values as probabilities of the second outcome, where that may be what they are."""
    if loss.per_class or batch.input.size <= at.max(initial=-1):
        return 0
    p = batch.input.reshape(-1)[at].astype(np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        return len(at) * int(CAP / _STEP)
    return int(_steps(-np.log(np.where(y == 1, p, 1 - p))).sum())


def _guesses(outcomes: int, y: Array, guess: Array) -> Array:
    return np.bincount(y * outcomes + guess, minlength=outcomes * outcomes).reshape(outcomes, outcomes)


def _cost_at(logs: Array, y: Array, temperature: float) -> Array:
    """The costs of the logits divided by a temperature, in steps: log-probabilities are logits too."""
    heated = Batch(input=(logs / temperature).T[:, :, None], target=y[:, None])
    return _steps(LOSSES["ce"].loss().terms(heated).loss)


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
    hits = count_of(costs[:, rows].argmin(axis=0) == outcomes[rows])
    return Shifted(len(rows), int(own.sum()), int(other.sum()), hits)


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
        multi_hot: how many probability targets are rows of zeros and ones, with any number of ones.
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
    multi_hot: int = 0
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
            multi_hot=self.multi_hot + later.multi_hot,
            ignored=self.ignored + later.ignored,
            columns=_added(self, later),
            fit=later.fit if self.fit is None else self.fit if later.fit is None else self.fit + later.fit,
            ids=self.ids + later.ids,
        )

    @property
    def resembles_bootstrap(self) -> bool:
        """Whether as many identifiers are left as drawing all rows with replacement leaves.

        Of n drawn from n, 1 - 1/e are left, with the variance (1/e - 2/e^2) / n of this part.
        """
        rows = sum(map(len, self.ids))
        left = len(np.unique(np.concatenate(self.ids))) / rows if rows else 0.0
        deviation = math.sqrt((math.exp(-1) - 2 * math.exp(-2)) / max(1, rows))
        return rows >= 10 and abs(left - (1 - math.exp(-1))) <= 4 * deviation

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
    if batch.offsets is not None:
        ids = () if batch.ids is None else (_hashes(batch.ids),)
        return Survey(rows=len(batch), seen=oddities(loss, batch), ids=ids)
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
        hot = ((t == 0) | (t == 1)).all(axis=1)
        one_hot = hot & (t.sum(axis=1) == 1)
        return replace(found, one_hot=count_of(one_hot), multi_hot=count_of(hot), others=hot.size)
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
