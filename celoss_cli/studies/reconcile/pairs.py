"""The data as a value and a target for each element: the binary losses and the divergence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch, Terms
from celoss_cli.core.errors import InputError
from celoss_cli.losses import LOSSES
from celoss_cli.losses.binary import sigmoid
from celoss_cli.studies.reconcile.deviations import (
    clip_choices,
    element_labels,
    exchanged_weights,
    precision_choices,
    smoothing_choices,
    weight_choices,
)
from celoss_cli.studies.reconcile.quantities import binary_quantities, probabilities_of
from celoss_cli.studies.reconcile.setup import Choice, Setup, choice
from celoss_cli.studies.reconcile.view import (
    Start,
    View,
    as_it_is,
    rounded_losses,
    take_clipped,
    take_log,
    take_sigmoid,
    taken,
    within,
)

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.studies.reconcile.problem import Problem

__all__ = ["Pairs"]

_CLAMP = -100.0
"""The least logarithm of binary_cross_entropy."""


class Pairs(View):
    """A value and a target for each element."""

    def __init__(self, problem: Problem, batch: Batch, *, one_hot: bool) -> None:
        super().__init__(problem)
        self._x = batch.input.astype(np.float64, copy=False)
        self._t = batch.target.astype(np.float64, copy=False)
        self._shape = problem.input.shape
        self.rows = len(self._x)
        self.values = self._x.size
        self._one_hot = one_hot
        self._signed = bool((np.abs(self._t) == 1).all() and (self._t < 0).any())
        self._binary = within(self._t, 0, 1)
        if one_hot:
            self.weights -= {"weight"}
        self._losses = lru_cache(maxsize=None)(self._loss)
        self.starts = list(self._starts())
        self.choices = list(self._choices())

    def _starts(self) -> Iterator[Start]:
        probable = within(self._x, 0, 1)
        if self._binary or self._signed:
            odd = self._odd("bce-logits", self._signed, "labels -1 and +1 taken as they are")
            logits = Setup("bce-logits", as_it_is, "-[t log g + (1-t) log(1-g)], g = sigmoid of x")
            yield self._start(logits, "logits", "logits", odd)
            if self._problem.kind in (None, "logits"):
                words = "sigmoid applied before binary_cross_entropy_with_logits, which applies it once more"
                twice = (choice("input", "sigmoid-twice", words, 1), *odd)
                formula = "-[t log g + (1-t) log(1-g)], g = sigmoid of sigmoid of x"
                yield self._start(Setup("bce-logits", take_sigmoid, formula), "logits", "logits", twice)
        if self._binary and not probable and self._problem.kind in (None, "logits"):
            words = "logits taken for probabilities by Keras, kept from 1e-7 to 1 - 1e-7"
            kept = (choice("input", "keras-logits", words, 2, alone=True),)
            yield self._start(
                Setup("bce", take_clipped, "-[t log x + (1-t) log(1-x)]"), "logits", "logits", kept
            )
        if self._binary and probable:
            probs = Setup("bce", as_it_is, "-[t log x + (1-t) log(1-x)]")
            yield self._start(probs, "probabilities", "probs")
        if self._signed or (self._hard and not (self._one_hot or self._problem.signed)):
            odd = self._odd("soft-margin", self._hard, "labels 0 and 1 taken for -1 and +1 as they are")
            margin = Setup("soft-margin", as_it_is, "log(1 + exp(-t x))")
            yield self._start(margin, "scores", "logits", odd)
        if self._binary and not self._hard:
            yield from self._divergences(probable)

    def _divergences(self, probable: bool) -> Iterator[Start]:
        plain = Setup("kl", as_it_is, "t (log t - x)")
        bare = (choice("input", "no-log", "no logarithms given to kl_div", 1, ("--allow-out-of-domain",)),)
        odd = () if within(self._x, -np.inf, 0) else bare
        yield self._start(plain, "log-probabilities", "log-probs", odd)
        if probable:
            logs = (choice("input", "log", "the logarithm of the input taken first", 1),)
            yield self._start(Setup("kl", take_log, "t (log t - log x)"), "probabilities", "probs", logs)

    @property
    def _hard(self) -> bool:
        return self._binary and bool(np.isin(self._t, (0, 1)).all())

    def _odd(self, command: str, wrong: bool, words: str) -> tuple[Choice, ...]:
        options = ("--allow-out-of-domain",)
        return (choice("labels", f"raw-{command}", words, 1, options),) if wrong else ()

    def _start(self, setup: Setup, reading: str, kind: str, deviations: tuple[Choice, ...] = ()) -> Start:
        if not any(found.dimension == "input" for found in deviations):
            deviations = (*taken(self._problem, kind, reading, 1), *deviations)
        if self._one_hot:
            words = "a binary loss for each class, against one-hot targets"
            deviations = (*deviations, choice("targets", "one-hot", words, 2))
        return Start(self._with_weights(setup), reading, deviations)

    def _choices(self) -> Iterator[Choice]:
        yield from precision_choices(self._x)
        yield from clip_choices()
        yield from weight_choices(self.weights)
        if not self._one_hot:
            yield from exchanged_weights(self.weights)
        if self._binary and not self.weights:
            yield from binary_quantities()
        if self._binary:
            eps = [
                found for found in smoothing_choices(0.0, 2) if not found.deviation.name.endswith("others")
            ]
            yield from eps
        if self._binary or self._signed:
            yield from element_labels(-1 if self._signed else 0, self.rows)

    def given(self, setup: Setup) -> Array | None:
        if setup.probabilities is None:
            return self._prepared(setup)
        takes = LOSSES[setup.command].takes
        if takes not in ("probs", "logits"):
            return None
        p = self._prepared(setup)
        p = p if takes == "probs" else sigmoid(p)
        same = (np.array_equal(setup.probabilities(q), q) for q in (p, 1 - p))
        return None if all(same) else p

    def terms(self, given: Array, setup: Setup) -> Terms | None:
        target = self._labels(setup, self._t)
        if setup.smoothing:
            target = target * (1 - setup.smoothing) + setup.smoothing / 2
        command = "bce" if setup.probabilities is not None else setup.command
        try:
            loss = self._losses(command, setup.weight, setup.pos_weight, setup.exchanged, setup.dtype)
            batch = loss.canonical(Batch(given.reshape(self._shape), target.reshape(self._shape)))
            weights = self._of_rows(setup, self.rows, self._x.shape[1])
            batch = replace(batch, aligned={**batch.aligned, **weights})
            terms = loss.terms(batch)
        except InputError:
            return None
        if setup.probabilities is not None:
            terms = _of_changed(batch, setup.probabilities, terms)
        if setup.quantity is not None:
            p = probabilities_of(batch.input, LOSSES[setup.command].takes)
            return None if p is None else replace(terms, loss=setup.quantity(p, batch.target).reshape(-1))
        return rounded_losses(terms, setup.decimals)

    def _loss(self, command: str, weighted: bool, pos_weighted: bool, exchanged: bool, dtype: str) -> Loss:
        problem, options = self._problem, LOSSES[command].options
        weight, pos_weight = problem.weight, problem.pos_weight
        if exchanged:
            weight, pos_weight, weighted, pos_weighted = pos_weight, weight, pos_weighted, weighted
        chosen: dict[str, Any] = {}
        if "weight" in options and weighted and not self._one_hot:
            chosen["weight"] = weight
        if "pos_weight" in options and pos_weighted:
            chosen["pos_weight"] = pos_weight
        return LOSSES[command].made(dtype=dtype, **chosen)

    def right(self, setup: Setup) -> Array | None:
        codes = self.codes(setup)
        if codes is None:
            return None
        between = 0.5 if LOSSES[setup.command].takes == "probs" else 0.0
        return np.equal(self._x.reshape(-1) > between, codes > 0)

    def codes(self, setup: Setup) -> Array | None:
        if self._one_hot or not (self._hard or self._signed):
            return None
        return self._labels(setup, self._t).reshape(-1)

    def total_weight(self, setup: Setup) -> float:
        weight = None if self._one_hot or not setup.weight else self._problem.weight
        pos_weight = self._problem.pos_weight if setup.pos_weight else None
        if weight is None and pos_weight is None:
            return 0.0
        each = np.ones(self._shape) if weight is None else np.broadcast_to(weight, self._shape)
        if pos_weight is not None:
            each = each * (1 + (pos_weight - 1) * self._t.reshape(self._shape))
        return float(each.sum())


def _of_changed(batch: Batch, change: Callable[[Array], Array], terms: Terms) -> Terms:
    """The terms with p and 1 - p changed, each before its logarithm is taken, as people write it."""
    p, t = batch.input, batch.target
    with np.errstate(all="ignore"):
        logs = [np.maximum(np.log(change(q)), _CLAMP) for q in (p, 1 - p)]
    cost = -(t * logs[0] + (1 - t) * logs[1])
    for weight in batch.aligned.values():
        cost = cost * weight
    return replace(terms, loss=cost.reshape(-1))
