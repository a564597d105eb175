"""Predictions held against another order of the classes, another axis and the other sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.evaluate.shifts import STEP
from celoss_cli.findings.facts import Facts, Observation
from celoss_cli.findings.readings import (
    compared,
    far_better,
    frequencies_fit_better,
    known_mean,
    mean_of,
    outcomes_of,
    quantity,
)
from celoss_cli.findings.wording import listed, number

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.evaluate.fit import Fit
    from celoss_cli.evaluate.orders import Guesses

__all__ = ["moved_by_one", "negated", "other_axis", "permuted"]

_DEVIATIONS = 3.5
"""How many standard deviations of a count are no chance."""

_DEVIATIONS_OF_HALVES = 5.0
"""By so many a count is off once in a million data sets."""

_MUCH_OF_HALVES = 0.05
"""The part of all right predictions that another order of classes must add in half of the rows."""


def permuted(facts: Facts) -> Observation | None:
    """With the class columns in another order the loss would be far lower.

    The columns and the targets count the classes differently: sorted names against the order of first
    appearance, or two answers the wrong way round.

    Give the columns in the order of the indices (--class-columns), or the targets by name.

    Of many classes the order that half of the rows suggests by their largest classes is held against the
    other half.

    Reference: the order is the assignment of columns to classes with the least total loss (Jonker and
    Volgenant 1987); a likelihood ratio over all C! orders decides.
    """
    fit = compared(facts)
    if fit is not None and fit.of_many is not None and not moved_by_one(facts):
        return _many_permuted(facts, fit, fit.of_many)
    better = None if fit is None else fit.permuted()
    if fit is None or better is None or moved_by_one(facts):
        return None
    order, nats = better
    orders = math.lgamma(len(order) + 1)
    if not far_better(facts, fit.counted, fit.nats, nats, orders):
        return None
    if not _more_often_right(fit, order) or (_may_be_negated(facts) and fit.negated_nats < nats):
        return None
    if frequencies_fit_better(fit, nats, orders):
        return None
    moved = [f"{facts.name(i)} -> {facts.name(int(j))}" for i, j in enumerate(order) if i != j]
    loss = nats / fit.counted
    return Observation(
        f"with the classes in another order {quantity(facts)} would be {number(loss)} nats instead of "
        f"{mean_of(fit)}: target -> column {listed(moved)}",
        len(moved),
        {"loss": known_mean(fit), "reordered_loss": loss, "column_of_class": [int(j) for j in order]},
        _reordered(facts, [int(j) for j in order]),
    )


def _many_permuted(facts: Facts, fit: Fit, guesses: Guesses) -> Observation | None:
    """The same of so many classes that the largest ones alone are counted, or that all are turned by one."""
    turned = {+1: fit.nats_after, -1: fit.nats_before}
    by, nats = min(turned.items(), key=lambda each: each[1])
    if far_better(facts, fit.counted, fit.nats, nats, math.log(len(turned))):
        loss, classes = nats / fit.counted, outcomes_of(facts)
        where = "after" if by > 0 else "before"
        return Observation(
            f"against the class {where} theirs {quantity(facts)} is {number(loss)} nats, against their own "
            f"{mean_of(fit)}: the {classes} columns are turned by one",
            classes,
            {"loss": known_mean(fit), "reordered_loss": loss, "by": by},
            "reorder the columns",
        )
    found = guesses.order()
    gained = found.other - found.own
    chance = _DEVIATIONS_OF_HALVES * math.sqrt(found.other + found.own)
    if gained <= max(chance, _MUCH_OF_HALVES * fit.hits, 1) or found.other <= 2 * found.own:
        return None
    moved = [
        f"{facts.name(i)} -> {facts.name(j)}"
        for i, j in zip(found.targets.tolist(), found.columns.tolist(), strict=True)
    ]
    return Observation(
        f"with {len(moved)} classes in other places, as half of the rows suggest, {found.other} predictions "
        f"of the other half would be right instead of {found.own}: target -> column {listed(moved)}",
        len(moved),
        {
            "right": found.own,
            "reordered_right": found.other,
            "targets": found.targets.tolist(),
            "columns": found.columns.tolist(),
        },
        "reorder the columns",
    )


def _more_often_right(fit: Fit, order: Array) -> bool:
    """Whether the other order is also right in more cases, so that no few certain answers decide."""
    if fit.guesses is None:
        return False
    moved = np.flatnonzero(order != np.arange(len(order)))
    own, other = (int(fit.guesses[moved, columns[moved]].sum()) for columns in (np.arange(len(order)), order))
    return other - own > _DEVIATIONS * math.sqrt(other + own) or (own == 0 and other > 1)


def _reordered(facts: Facts, order: Sequence[int]) -> str:
    if facts.loss.per != "class" or not facts.labels:
        return "swap the two answers" if len(order) == 2 else "reorder the columns"
    names = [facts.columns[j] for j in order] if len(facts.columns) == len(order) else []
    if names and (again := facts.with_columns(names)):
        return again
    right = [facts.name(order.index(j)) for j in range(len(order))]
    return f"correct the names of the columns, which are {listed(right, 12)} as far as the targets tell"


def moved_by_one(facts: Facts) -> Observation | None:
    """Targets fit the class before or after theirs much better: they count from another number.

    If the last class does not occur, targets that count from 1 are all valid indices and no error occurs:
    every row is compared with the next class. So it is where the model has one class more in front, such as a
    background or a padding, that the targets do not count.

    Subtract 1 from every target, or add 1, or give the names of the classes.

    Reference: PyTorch documentation of CrossEntropyLoss: class indices in the range [0, C).
    """
    fit = compared(facts)
    if fit is None or facts.loss.per != "class" or outcomes_of(facts) < 3 or not facts.targets:
        return None
    last = outcomes_of(facts) - 1
    before = fit.nats_before if min(facts.targets) > 0 else math.inf
    after = fit.nats_after if max(facts.targets) < last else math.inf
    nats = min(before, after)
    if not far_better(facts, fit.counted, fit.nats, nats, math.log(2)):
        return None
    if frequencies_fit_better(fit, nats, math.log(2)):
        return None
    loss, from_one = nats / fit.counted, before <= after
    told = (
        f"the targets count from 1, and the {last + 1} classes from 0"
        if from_one
        else f"the {last + 1} classes have one more in front than the targets count"
    )
    return Observation(
        f"against the class {'before' if from_one else 'after'} theirs {quantity(facts)} is {number(loss)} "
        f"nats, against their own {mean_of(fit)}: {told}",
        fit.counted,
        {"moved_loss": loss, "loss": known_mean(fit), "by": -1 if from_one else 1},
        facts.again("--first-class", "1")
        if from_one
        else "add 1 to every target, or leave the first class out",
    )


def other_axis(facts: Facts) -> Observation | None:
    """With the classes along another axis of the same length the loss would be far lower.

    Unless you say which axis holds the classes, an array of (rows, positions, classes) is read as (rows,
    classes, positions), and no error occurs if both are equally long.

    Say which axis it is: --class-axis -1.

    Reference: PyTorch documentation of CrossEntropyLoss: the input has the shape (N, C, d1, d2, ...).
    """
    fit = compared(facts)
    if fit is None or not fit.turned:
        return None
    axis, cost = min(fit.turned.items(), key=lambda found: found[1])
    nats = cost * STEP
    if not far_better(facts, fit.counted, fit.nats, nats, math.log(len(fit.turned))):
        return None
    said = "--class-axis" in facts.command_words.data
    return Observation(
        f"with the classes along axis {axis} {quantity(facts)} would be {number(nats / fit.counted)} nats "
        f"instead of {mean_of(fit)}",
        fit.counted,
        {"loss": known_mean(fit), "turned_loss": nats / fit.counted, "axis": axis},
        "the axis that --class-axis names is not that of the classes"
        if said
        else facts.again("--class-axis", str(axis)),
    )


def negated(facts: Facts) -> Observation | None:
    """With the other sign the logits would fit much better.

    The input is a cost or a distance, where small is good, or -log p in place of log p.

    Change the sign of the input.

    Reference: Royall 2000, "On the probability of observing misleading statistical evidence": where the
    predictions are right, a likelihood ratio of a million comes about at most once in a million data sets.
    """
    fit = compared(facts)
    if fit is None or not _may_be_negated(facts):
        return None
    if not far_better(facts, fit.counted, fit.nats, fit.negated_nats, 0.0):
        return None
    if frequencies_fit_better(fit, fit.negated_nats, 0.0):
        return None
    better = permuted(facts)
    reordered = None if better is None else better.evidence.get("reordered_loss")
    if isinstance(reordered, float) and reordered * fit.counted < fit.negated_nats:
        return None
    loss = fit.negated_nats / fit.counted
    return Observation(
        f"with the other sign the input would have {quantity(facts, 'a')} of {number(loss)} nats instead of "
        f"{mean_of(fit)}",
        fit.counted,
        {"loss": known_mean(fit), "negated_loss": loss},
        "change the sign of the input",
    )


def _may_be_negated(facts: Facts) -> bool:
    """Whether the other sign is another reading: that of two classes is their other order."""
    return outcomes_of(facts) != 2 and facts.loss.takes != "probs"
