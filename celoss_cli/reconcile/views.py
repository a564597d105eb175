"""The data as the losses may see it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from celoss_cli.data import Batch
from celoss_cli.errors import InputError, UsageError
from celoss_cli.losses import LOSSES
from celoss_cli.reconcile.classes import Classes
from celoss_cli.reconcile.pairs import Pairs
from celoss_cli.reconcile.problem import Problem
from celoss_cli.reconcile.view import View

__all__ = ["views_of"]


def views_of(problem: Problem) -> list[View]:
    """The data as class values and as pairs, whichever fits.

    Raises:
        InputError: if the data, or the weights, fit neither.
        UsageError: for an option that only classes have, where there are none.

    """
    whole = Batch(problem.input, problem.target)
    views: list[View] = []
    classes = _canonical("ce", whole)
    pairs = _canonical("bce-logits", whole)
    if classes is None and pairs is None:
        LOSSES["ce"].made().canonical(whole)  # says what is wrong
    if classes is not None and classes.input.shape[1] > 1 and _are_classes(classes):
        LOSSES["ce"].made(weight=problem.weight).canonical(whole)
        views.append(Classes(problem, classes))
        if classes.target.ndim == 2 and pairs is None:
            views.append(Pairs(problem, _one_hot(classes), one_hot=True))
    if pairs is not None:
        if not views:
            _refuse_class_options(problem)
            weights = {"weight": problem.weight, "pos_weight": problem.pos_weight}
            LOSSES["bce-logits"].made(**weights).canonical(whole)
        views.append(Pairs(problem, pairs, one_hot=False))
    return views


def _refuse_class_options(problem: Problem) -> None:
    for name, unset in (("ignore_index", -100), ("label_smoothing", 0.0)):
        if getattr(problem, name) != unset:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected {option} with targets that are classes, got targets of elements.")


def _canonical(command: str, batch: Batch) -> Batch | None:
    try:
        return LOSSES[command].made().canonical(batch)
    except InputError:
        return None


def _are_classes(batch: Batch) -> bool:
    """Whether targets of the input's shape are distributions, which a vector of answers need not be."""
    if batch.target.ndim == 2:
        return True
    return bool((batch.target >= 0).all() and np.allclose(batch.target.sum(axis=1), 1, atol=1e-6))


def _one_hot(batch: Batch) -> Batch:
    classes = batch.input.shape[1]
    target = (np.arange(classes)[None, :, None] == batch.target[:, None, :]).astype(np.float64)
    return replace(batch, input=batch.input.reshape(len(batch), -1), target=target.reshape(len(batch), -1))
