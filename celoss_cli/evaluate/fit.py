"""How well predictions fit their targets, and how well other readings of them would: one pass, mergeable.

Every number is an integer or follows from integers alone, so that it is the same for any cutting of the
rows. Costs are -log p in nats of the plain prediction, without weights and smoothing, counted in
steps of 2**-20 and up to ``CAP`` nats each.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from celoss_cli.core.data import Array
from celoss_cli.core.records import fieldwise, record
from celoss_cli.evaluate.assignment import cheapest
from celoss_cli.evaluate.kinds import count_of
from celoss_cli.evaluate.orders import Guesses
from celoss_cli.evaluate.priors import Reweighed, Sample
from celoss_cli.evaluate.shifts import STEP, Shifted, Shifts, along_positions
from celoss_cli.losses.class_axis import largest_class

if TYPE_CHECKING:
    from celoss_cli.core.data import Batch
    from celoss_cli.losses.base import Loss

__all__ = ["CAP", "MATRIX_CLASSES", "TEMPERATURES", "Fit", "Marks", "fit_of"]

CAP = 1024.0
"""A single cost counts up to this many nats: more than the -log of the smallest double."""

TEMPERATURES = tuple(2.0**k for k in range(-4, 9))
_PLAIN = TEMPERATURES.index(1.0)

_SATURATED = -(2.0**-25)
"""Log-probabilities from here on round to 0, and probabilities to 1, in single precision."""

_FAR = -500.0
"""A log-probability below this, and finite, comes of a number that stands for something else."""

MATRIX_CLASSES = 512
"""The costs of more classes than these are not held against those of other orders."""


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
        before: the same for targets that are one less; the last class comes before class 0.
        after: the same for targets that are one more.
        as_probabilities: the same for logits of a binary loss that are probabilities already.
        matrix: cost of outcome j where i was the target, shape (outcomes, outcomes), or None.
        guesses: how often outcome j was the largest where i was the target, of the same shape, or None.
        as_percentages: the same for percentages of the second outcome.
        shifts: rows held against the targets of rows before and after, where each row is one prediction.
        along: positions held against those before and after in the same row, by how much later they are.
        turned: the total of -log p[y] with the classes along another axis of as many places, in steps.
        marks: values of targets that stand for something else.
        same: the first prediction, in steps, while all are the same; None where they differ.
        of_many: which class was the largest where which was the target, where there are too many classes for
            a matrix; else None.
        sample: of the predictions, to hold their frequencies against, or None.

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
    after: int = 0
    as_probabilities: int = 0
    matrix: Array | None = None
    guesses: Array | None = None
    as_percentages: int = 0
    shifts: Shifts = Shifts()
    along: Mapping[int, Shifted] = field(default_factory=dict)
    turned: Mapping[int, int] = field(default_factory=dict)
    marks: Marks | None = None
    same: Array | None = None
    of_many: Guesses | None = None
    sample: Sample | None = None

    def __add__(self, later: Fit) -> Fit:
        if not self.counted and self.shifts.first is None:
            return later
        first = self.first_impossible
        return fieldwise(
            operator.add,
            self,
            later,
            first_impossible=later.first_impossible if first is None else first,
            heated=tuple(a + b for a, b in zip(self.heated, later.heated, strict=True)),
            matrix=_sum_of(self.matrix, later.matrix),
            guesses=_sum_of(self.guesses, later.guesses),
            along={lag: found + later.along.get(lag, Shifted()) for lag, found in self.along.items()},
            turned={axis: n + later.turned[axis] for axis, n in self.turned.items() if axis in later.turned},
            marks=later.marks if self.marks is None else self.marks + later.marks,
            same=self.same if _alike(self.same, later.same) else None,
            of_many=_sum_of(self.of_many, later.of_many),
            sample=_sum_of(self.sample, later.sample),
        )

    @property
    def nats(self) -> float:
        """The total cost in nats."""
        return self.cost * STEP

    @property
    def mean(self) -> float:
        """The mean cost in nats; the least that it can be where some are beyond what is counted."""
        return self.nats / self.counted

    @property
    def negated_nats(self) -> float:
        """The total cost in nats of the logits with the other sign."""
        return self.negated * STEP

    @property
    def nats_before(self) -> float:
        """The total cost in nats of the classes before the targets'."""
        return self.before * STEP

    @property
    def nats_after(self) -> float:
        """The total cost in nats of the classes after the targets'."""
        return self.after * STEP

    @property
    def nats_of_probabilities(self) -> float:
        """The total cost in nats of logits that are probabilities already."""
        return self.as_probabilities * STEP

    @property
    def nats_of_percentages(self) -> float:
        """The total cost in nats of values of a binary loss that are percentages."""
        return self.as_percentages * STEP

    @property
    def possible_nats(self) -> float:
        """The total cost in nats without the predictions that cost more than ``CAP``."""
        return self.nats - self.beyond * CAP

    def permuted(self) -> tuple[Array, float] | None:
        """The column that fits each class best, shape (classes,), and the total cost in nats with them."""
        if self.matrix is None:
            return None
        order = cheapest(self.matrix.astype(np.float64))
        return order, float(self.matrix[np.arange(len(order)), order].sum()) * STEP

    def reweighed(self, least: float) -> Reweighed | None:
        """What a factor for each outcome makes of the kept predictions, if it saves so many nats."""
        return None if self.sample is None else self.sample.reweighed(CAP, least)

    def best_temperature(self) -> tuple[float, float]:
        """The temperature that fits best and the total cost in nats at it."""
        cost, temperature = min(zip(self.heated, TEMPERATURES, strict=True))
        return temperature, cost * STEP


_Sum = TypeVar("_Sum", Array, Guesses, Sample)


def _sum_of(one: _Sum | None, other: _Sum | None) -> _Sum | None:
    return other if one is None else one if other is None else one + other


def _alike(one: Array | None, other: Array | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


def _steps(costs: Array) -> Array:
    """Costs in nats as integers; what is no number counts as the largest."""
    steps = np.fmin(costs, CAP)
    steps *= 1 / STEP
    return np.rint(steps, out=steps).astype(np.int64)


def fit_of(loss: Loss, batch: Batch) -> Fit | None:
    """The fit of a canonical batch, or None where its targets are no outcomes."""
    outcomes, predicted = loss.outcomes(batch), _predicted(loss, batch)
    if outcomes is None or predicted is None or not predicted.logs.shape[1]:
        return None
    known = ~np.isnan(predicted.logs).any(axis=0)
    targets, outcomes = outcomes, np.where(known, outcomes, -1)
    costs = _steps(-predicted.logs)
    at = np.flatnonzero(outcomes >= 0)
    whole = len(at) == len(outcomes)
    y, found, held = (outcomes, predicted, costs) if whole else (outcomes[at], predicted.of(at), costs[:, at])
    picked, here = found.logs, np.arange(len(y))
    guess = largest_class(picked)
    own, chosen, largest = held[y, here], picked[y, here], picked[guess, here]
    below = found.below[y, here]
    impossible = np.flatnonzero(np.isneginf(chosen))
    places = batch.start * batch.elements_per_row + at
    few, alone = len(costs) <= MATRIX_CLASSES, batch.elements_per_row == 1
    return Fit(
        counted=len(at),
        hits=count_of(guess == y),
        impossible=impossible.size,
        first_impossible=_row_of(batch, int(at[impossible[0]])) if impossible.size else None,
        beyond=count_of(own >= CAP / STEP),
        saturated=count_of(largest > _SATURATED),
        cost=int(own.sum()),
        heated=_heated(found.totals, below),
        negated=_negated(found.below, below),
        before=int(held[y - 1, here].sum()),
        after=int(held[(y + 1) % len(held), here].sum()),
        as_probabilities=_cost_of_probabilities(loss, batch, at, y, 1.0),
        as_percentages=_cost_of_probabilities(loss, batch, np.flatnonzero(targets >= 0), targets, 0.01),
        matrix=_matrix(held, y) if few else None,
        guesses=_guesses(len(costs), y, guess) if few else None,
        shifts=Shifts.of(costs, outcomes) if alone else Shifts(),
        along={} if alone or len(batch.shape) != 1 else along_positions(costs, outcomes, batch.shape[0]),
        turned=_turned(loss, batch, at, y),
        marks=_marks(loss, batch, at, y, chosen),
        same=costs[:, 0].copy() if (costs == costs[:, :1]).all() else None,
        of_many=None if few else Guesses.of(len(costs), places, y, guess),
        sample=Sample.of(places, held, y) if few else None,
    )


@record(frozen=True, slots=True)
class Marks:
    """Targets whose value is finite and so far below all others that it stands for something else.

    Attributes:
        count: how many.
        low, high: the least and the greatest of these values.
        row: the first row.

    """

    count: int
    low: float
    high: float
    row: int

    def __add__(self, later: Marks | None) -> Marks:
        if later is None:
            return self
        low, high = min(self.low, later.low), max(self.high, later.high)
        return Marks(self.count + later.count, low, high, self.row)


def _marks(loss: Loss, batch: Batch, at: Array, y: Array, chosen: Array) -> Marks | None:
    far = np.flatnonzero((chosen < _FAR) & np.isfinite(chosen))
    if not loss.per_class or not far.size:
        return None
    rows, positions = np.divmod(at[far], max(1, batch.elements_per_row))
    values = batch.input[rows, y[far], positions].astype(np.float64)
    return Marks(far.size, float(values.min()), float(values.max()), batch.start + int(rows[0]))


def _turned(loss: Loss, batch: Batch, at: Array, y: Array) -> dict[int, int]:
    """What the targets cost with the classes along each other axis that has as many places, by its number."""
    found: dict[int, int] = {}
    if not loss.per_class or batch.input.ndim != 3:
        return found
    shape = (len(batch), batch.input.shape[1], *batch.shape)
    whole = {0} if len(batch) == shape[1] and batch.start == 0 else set()
    for axis in sorted({*whole, *range(2, len(shape))}):
        turned = np.moveaxis(batch.input.reshape(shape), axis, 1)
        if turned.shape == shape and shape[1] > 1:
            logs = loss.log_predictions(replace(batch, input=turned.reshape(batch.input.shape)))
            if logs is not None:
                found[axis] = int(_steps(-logs[:, at][y, np.arange(len(y))]).sum())
    return found


def _row_of(batch: Batch, element: int) -> int:
    """The row of an element in the whole data set."""
    return batch.start + element // max(1, batch.elements_per_row)


def _cost_of_probabilities(loss: Loss, batch: Batch, at: Array, y: Array, unit: float) -> int:
    """The costs of the values as probabilities of the second outcome, where that may be what they are.

    Args:
        loss: of elements; another one has no such reading.
        batch: canonical.
        at: which elements.
        y: their outcomes, or those of all elements.
        unit: what a value of 1 is as a probability.

    """
    if loss.per_class or batch.input.size <= at.max(initial=-1):
        return 0
    y = y if len(y) == len(at) else y[at]
    p = batch.input.reshape(-1)[at].astype(np.float64) * unit
    if not ((p >= 0) & (p <= 1)).all():
        return len(at) * int(CAP / STEP)
    return int(_steps(-np.log(np.where(y == 1, p, 1 - p))).sum())


def _guesses(outcomes: int, y: Array, guess: Array) -> Array:
    return np.bincount(y * outcomes + guess, minlength=outcomes * outcomes).reshape(outcomes, outcomes)


@record(frozen=True, slots=True)
class _Predicted:
    """Predictions, at all of TEMPERATURES.

    Attributes:
        logs: log-probabilities, shape (outcomes, predictions).
        below: logits less the largest of each prediction, of the same shape.
        totals: the sums of their exponentials at each temperature, shape (temperatures, predictions).

    """

    logs: Array
    below: Array
    totals: Array

    def of(self, at: Array) -> _Predicted:
        """Some of the predictions."""
        return _Predicted(self.logs[:, at], self.below[:, at], self.totals[:, at])


def _predicted(loss: Loss, batch: Batch) -> _Predicted | None:
    """The predictions of a canonical batch; the exponentials for temperatures give their log softmax too."""
    logits = loss.logits(batch)
    logs = loss.log_predictions(batch) if logits is None else None
    of = logits if logs is None else logs
    if of is None or not of.shape[1]:
        return None
    below = of - np.maximum.reduce(of, axis=0)
    totals = _totals(below)
    return _Predicted(below - np.log(totals[_PLAIN]) if logs is None else logs, below, totals)


def _totals(below: Array) -> Array:
    """The sums of exponentials at each of TEMPERATURES, which double: those at one are squares of the next.

    Log-probabilities are logits too. A square has twice the relative error of its root, after twelve of them
    2**-41, and costs are counted in steps of 2**-20.
    """
    e = np.ascontiguousarray(below * (1 / TEMPERATURES[-1]))
    np.exp(e, out=e)
    totals = np.empty((len(TEMPERATURES), e.shape[1]))
    for place in reversed(range(len(TEMPERATURES))):
        totals[place] = _total(e)
        np.square(e, out=e)
    return totals


def _heated(totals: Array, chosen: Array) -> tuple[int, ...]:
    """The costs at each of TEMPERATURES of targets with these logits less the largest ones."""
    each = zip(totals, TEMPERATURES, strict=True)
    return tuple(int(_costs(total, chosen * (1 / temperature)).sum()) for total, temperature in each)


def _total(e: Array) -> Array:
    """The sums over the outcomes in 64 bits, added in the same order for a single row as for many."""
    add = np.add.reduce if e.shape[1] > 1 else lambda *each: np.add.accumulate(*each)[-1]
    total: Array = add(e, 0, np.float64)
    return total


def _negated(logs: Array, chosen: Array) -> int:
    """The costs of the logits with the other sign, in steps."""
    low = np.minimum.reduce(logs, axis=0)
    e = np.exp(np.ascontiguousarray(low - logs, np.float32))
    return int(_costs(_total(e), low - chosen).sum())


def _costs(totals: Array, chosen: Array) -> Array:
    """Log of a total less a logit, in steps; a logarithm in 32 bits is off by a few tenths of a step."""
    return _steps(np.log(totals, dtype=np.float32) - chosen)


def _matrix(costs: Array, y: Array) -> Array:
    """Row i holds the costs of every outcome, added up where i was the target; exact below 2**53 steps."""
    rows = [np.bincount(y, weights=of_one, minlength=len(costs)) for of_one in costs]
    return np.stack(rows, axis=1).astype(np.int64)
