"""The data as the losses may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.losses import LOSSES
from celoss_cli.losses.class_loss import no_distribution
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING
from celoss_cli.studies.reconcile.classes import Classes
from celoss_cli.studies.reconcile.pairs import Pairs
from celoss_cli.studies.reconcile.setup import choice

if TYPE_CHECKING:
    from celoss_cli.studies.reconcile.problem import Problem
    from celoss_cli.studies.reconcile.view import View

__all__ = ["views_of"]


def views_of(problem: Problem) -> list[View]:
    """The data as class values and as pairs, whichever fits.

    Raises:
        InputError: if the data, or the weights, fit neither.
        UsageError: for an option that only classes have, where there are none.

    """
    whole = Batch(_without_single_class(problem), problem.target)
    problem = replace(problem, input=whole.input)
    _verify({"pos_weight": problem.pos_weight}, whole.input)
    views: list[View] = []
    one_column = whole.input.ndim == 1 and not problem.arrays
    classes = None if one_column else _canonical("ce", whole)
    pairs = _canonical("bce-logits", whole)
    several = classes is not None and classes.input.shape[1] > 1
    if classes is not None and several and _are_classes(classes):
        LOSSES["ce"].made(weight=problem.weight).canonical(whole)
        views.append(Classes(problem, classes))
        if pairs is None and _in_range(classes):
            views.append(Pairs(problem, _one_hot(classes), one_hot=True))
    if pairs is not None:
        views.append(Pairs(_of_elements(problem, alone=not views), pairs, one_hot=False))
        if classes is not None and several and _are_hot(classes) and problem.weight is None:
            words = "several answers of a row taken for a distribution over classes, whose softmax is taken"
            views.append(Classes(problem, classes, (choice("targets", "as-distributions", words, 1),)))
            shared = choice("targets", "as-shares", f"{words}, of equal shares", 2, alone=True)
            views.append(Classes(problem, _of_equal_shares(classes), (shared,)))
    if not views:
        LOSSES["ce"].made().canonical(whole)  # says what is wrong
        raise InputError("expected values of more than one class, or a target for each value, got neither")
    return views


def _of_elements(problem: Problem, *, alone: bool) -> Problem:
    """The problem of pairs; without weights that fit classes only, where there is another view for them."""
    if alone:
        _refuse_class_options(problem)
    try:
        _verify({"weight": problem.weight}, problem.input)
    except InputError:
        if alone:
            raise
        return replace(problem, weight=None)
    return problem


def _verify(weights: Mapping[str, Array | None], input: Array) -> None:
    """Refuses weights of elements that do not broadcast to the input."""
    loss = LOSSES["bce-logits"].made(**weights)
    loss.canonical(Batch(input, input))
    loss.verify(len(input) if input.ndim else 1, input.ndim)


def _without_single_class(problem: Problem) -> Array:
    """The input without a class axis of one class, whose softmax would be constant."""
    x, y = problem.input, problem.target
    return x.reshape(y.shape) if x.ndim == y.ndim + 1 and x.shape == (*y.shape[:1], 1, *y.shape[1:]) else x


def _refuse_class_options(problem: Problem) -> None:
    for option, value, unset in (
        (IGNORE_INDEX, problem.ignore_index, -100),
        (LABEL_SMOOTHING, problem.label_smoothing, 0.0),
    ):
        if value != unset:
            raise UsageError(
                f"Expected {option.flag} with targets that are classes, got targets of elements."
            )


def _canonical(command: str, batch: Batch) -> Batch | None:
    try:
        return LOSSES[command].made().canonical(batch)
    except InputError:
        return None


def _are_classes(batch: Batch) -> bool:
    """Whether targets of the input's shape are distributions to their digits; answers need not be."""
    if batch.target.ndim == 2:
        return True
    return bool((batch.target >= 0).all()) and not no_distribution(batch.target, within=1e-6).any()


def _are_hot(batch: Batch) -> bool:
    """Whether targets of the input's shape are 0 and 1, and no distributions."""
    return bool(np.isin(batch.target, (0, 1)).all()) and not _are_classes(batch)


def _of_equal_shares(batch: Batch) -> Batch:
    """Each row of answers divided by how many it has; none stays none."""
    return replace(batch, target=batch.target / np.maximum(batch.target.sum(axis=1, keepdims=True), 1))


def _in_range(batch: Batch) -> bool:
    return bool(((batch.target >= 0) & (batch.target < batch.input.shape[1])).all())


def _one_hot(batch: Batch) -> Batch:
    classes = batch.input.shape[1]
    target = (np.arange(classes)[None, :, None] == batch.target[:, None, :]).astype(np.float64)
    return replace(batch, input=batch.input.reshape(len(batch), -1), target=target.reshape(len(batch), -1))
