"""The data as a value for each class and one target, an index or a distribution.

The terms come from the losses. Of our own are only the logarithms of changed probabilities and
the uniform part of smoothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch, Terms
from celoss_cli.core.errors import InputError
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.class_axis import log_softmax
from celoss_cli.studies.reconcile.deviations import (
    axis_choices,
    class_weight_choices,
    clip_choices,
    column_choices,
    hardened_labels,
    ignore_choices,
    label_choices,
    named_labels,
    position_choices,
    precision_choices,
    predicted_labels,
    rescale_choices,
    scale_choices,
    smoothing_choices,
    softened_labels,
    weight_choices,
)
from celoss_cli.studies.reconcile.quantities import class_quantities
from celoss_cli.studies.reconcile.setup import Choice, Setup, choice
from celoss_cli.studies.reconcile.view import (
    Start,
    View,
    as_it_is,
    rounded_losses,
    take_log,
    take_log_of_shares,
    take_log_sigmoid,
    take_log_softmax,
    take_softmax,
    take_softmax_twice,
    take_square_errors,
    taken,
    within,
)

if TYPE_CHECKING:
    from celoss_cli.studies.reconcile.problem import Problem
    from celoss_cli.studies.reconcile.quantities import ClassQuantity

__all__ = ["Classes"]

_ABOVE = 1e-9
"""A logarithm of a probability is at most 0 but for rounding."""

_ROUNDING = 16
"""Logarithms that differ by so many units of their precision may differ on one processor only."""


class Classes(View):
    """A value for each class and one target, an index or a distribution."""

    def __init__(self, problem: Problem, batch: Batch, odd: tuple[Choice, ...] = ()) -> None:
        """``odd`` is what makes this view a deviation already."""
        super().__init__(problem)
        self._odd = odd
        if self._x.ndim == 1:
            self._x = self._x[None]
        self._batch = batch
        self.rows, self._count, self._positions = batch.input.shape
        self.classes = self._count
        self.values = batch.input.size
        self._hard = batch.target.ndim == 2
        self._losses = lru_cache(maxsize=None)(self._loss)
        self.starts = list(self._starts())
        self.choices = list(self._choices())

    def _starts(self) -> Iterator[Start]:
        yield from self._as_named()
        if self._problem.kind in (None, "logits"):
            formula = "-log q[y], q = softmax of p, p = softmax of x"
            words = "softmax applied before cross_entropy, which applies it once more"
            twice = (choice("input", "softmax-twice", words, 1),)
            yield self._start(Setup("ce", take_softmax_twice, formula, softmax=True), "logits", twice)
            words = (
                "logits taken for probabilities by Keras: divided by their sum, kept from 1e-7 to 1 - 1e-7"
            )
            shares = (choice("input", "keras-logits", words, 2, alone=True),)
            yield self._start(Setup("ce", take_log_of_shares, "-log(x[y] / sum of x)"), "logits", shares)
            if self._hard:
                words = "the sigmoid of each logit in place of the softmax"
                each = (choice("input", "sigmoid", words, 2, alone=True),)
                own = Setup("nll", take_log_sigmoid, "-log g[y], g = sigmoid of x")
                yield self._start(own, "logits", each)
                words = "the mean squared error of the logits against one-hot targets"
                squares = (choice("input", "squares", words, 3, alone=True),)
                formula = "the mean over c of (x[c] - q[c])**2, q one-hot"
                yield self._start(Setup("nll", take_square_errors, formula), "logits", squares)
                words = "softmax without its logarithm given to nll_loss"
                bare = (choice("input", "no-log", words, 1),)
                yield self._start(
                    Setup("nll", take_softmax, "-p[y], p = softmax of x", softmax=True), "logits", bare
                )

    def _as_named(self) -> Iterator[Start]:
        """Each kind of input that a command takes; another one than the data names is a deviation."""
        problem = self._problem
        logits = Setup("ce", take_log_softmax, "-log p[y], p = softmax of x", softmax=True)
        if self._hard or problem.kind != "log-probs":
            yield self._start(logits, "logits", taken(problem, "logits", "logits: softmax taken again", 1))
        else:
            plain = Setup("ce", as_it_is, "-x[y]")
            yield self._start(plain, "log-probabilities", (), ("--input-is", "log-probs"))
        if self._hard:
            words = "log-probabilities: nll_loss of them as they are"
            plain = Setup("nll", as_it_is, "-x[y]")
            yield self._start(plain, "log-probabilities", taken(problem, "log-probs", words, 1))
        if within(self._x, 0, 1):
            probs = Setup("ce", take_log, "-log x[y]")
            deviations = taken(problem, "probs", "probabilities", 1)
            yield self._start(probs, "probabilities", deviations, ("--input-is", "probs"))

    def _start(
        self, setup: Setup, reading: str, deviations: tuple[Choice, ...], options: tuple[str, ...] = ()
    ) -> Start:
        problem = self._problem
        has_smoothing = "label_smoothing" in LOSSES[setup.command].options
        smoothing = problem.label_smoothing if has_smoothing else 0.0
        setup = replace(setup, ignore_index=problem.ignore_index, smoothing=smoothing)
        if not self._hard:
            setup = replace(setup, formula=setup.formula.replace("[y]", "") + ", summed with the weights q")
        return Start(self._with_weights(setup), reading, (*self._odd, *deviations), options)

    def _choices(self) -> Iterator[Choice]:
        problem, classes = self._problem, self._count
        turnable = problem.class_axis is None and self._hard
        yield from axis_choices(self._x.shape, problem.arrays, problem.class_axis, turnable)
        yield from precision_choices(self._x)
        if problem.kind in (None, "logits"):
            yield from scale_choices()
            if self._hard and classes > 2 and problem.ignore_index < 0:
                yield from column_choices(classes, problem.ignore_index)
        yield from (*clip_choices(), *rescale_choices())
        yield from smoothing_choices(problem.label_smoothing, classes)
        yield from weight_choices(self.weights)
        if self._hard:
            yield from label_choices(classes, self.rows)
            yield from predicted_labels(self._batch.input.argmax(axis=1))
            yield from named_labels(problem.labels or ())
            yield from position_choices(self._batch.target.shape, problem.ignore_index)
            yield from class_weight_choices(problem.weight, self._counts())
            yield from ignore_choices(self._batch.target, problem.ignore_index, classes)
        else:
            yield from hardened_labels()
            yield from softened_labels()
        yield from class_quantities(classes, self._hard)

    def _counts(self) -> Array:
        """How many targets each class has."""
        target = self._batch.target
        known = (target >= 0) & (target < self._count) & (target != self._problem.ignore_index)
        return np.bincount(target[known].astype(np.int64), minlength=self._count)

    def given(self, setup: Setup) -> Array | None:
        if setup.axis != 1 and not setup.softmax:
            return None
        values = self._prepared(setup).reshape(self._batch.input.shape)
        if not setup.rescaled and not setup.probabilities:
            return values
        if setup.prepare is take_softmax or not within(values, -np.inf, 0):
            return None  # no logarithms of probabilities
        changed = log_softmax(values, 1, dtype=setup.dtype) if setup.rescaled else values
        if setup.probabilities is not None:
            p = np.exp(changed)
            other = setup.probabilities(p)
            changed = changed if np.array_equal(other, p, equal_nan=True) else np.log(other)
        rounding = _ROUNDING * np.finfo(setup.dtype).eps
        return None if np.allclose(changed, values, rtol=rounding, atol=rounding) else changed

    def terms(self, given: Array, setup: Setup) -> Terms | None:
        target = self._labels(setup, self._batch.target)
        aligned = self._of_rows(setup, self.rows, self._positions)
        with np.errstate(all="ignore"):
            if setup.quantity is not None:
                return self._quantity(setup.quantity, given, target, setup, aligned)
            if not self._hard:
                return rounded_losses(self._soft(given, target, setup, aligned), setup.decimals)
            weights = setup.class_weights
            loss = self._losses("nll", setup.weight, weights, setup.ignore_index, setup.dtype)
            try:
                terms = loss.terms(Batch(given, target, aligned))
            except InputError:
                return None
            smoothed = self._smoothed(terms, given, setup, aligned) if setup.smoothing else terms
        return rounded_losses(smoothed, setup.decimals)

    def _quantity(
        self, of: ClassQuantity, given: Array, target: Array, setup: Setup, aligned: dict[str, Array]
    ) -> Terms | None:
        """Another quantity of each target, with the weights of the loss."""
        if not within(given, -np.inf, _ABOVE):
            return None  # no logarithms of probabilities
        plain = replace(setup, quantity=None, smoothing=0.0)
        terms = self.terms(given, plain)
        if terms is None:
            return None
        q = target
        if self._hard:
            q = (np.arange(self._count)[None, :, None] == target[:, None, :]).astype(np.float64)
        values = of(given, q).reshape(-1) * terms.weight
        if terms.ignored is not None:
            values[terms.ignored] = 0
        return replace(terms, loss=values)

    def _loss(
        self,
        command: str,
        weighted: bool,
        other: tuple[float, ...] | None,
        ignore_index: int,
        dtype: str,
    ) -> Loss:
        weight = self._problem.weight if weighted else None
        weight = weight if other is None else np.array(other)
        return LOSSES[command].made(weight=weight, ignore_index=ignore_index, dtype=dtype)

    def _class_weight(self, setup: Setup) -> Array:
        weight = self._problem.weight
        if setup.class_weights is not None:
            return np.array(setup.class_weights)
        return np.ones(1) if weight is None or not setup.weight else weight.astype(setup.dtype)

    def _smoothed(self, terms: Terms, given: Array, setup: Setup, aligned: dict[str, Array]) -> Terms:
        """(1 - eps) of the loss of the target and eps of the mean over the classes."""
        uniform = -(given * self._class_weight(setup)[:, None]).mean(axis=1).reshape(-1)
        if aligned:
            uniform = uniform * aligned[SAMPLE_WEIGHT].reshape(-1)
        if terms.ignored is not None:
            uniform[terms.ignored] = 0
        return replace(terms, loss=(1 - setup.smoothing) * terms.loss + setup.smoothing * uniform)

    def _soft(self, given: Array, target: Array, setup: Setup, aligned: dict[str, Array]) -> Terms:
        """-q log p summed over the classes: the divergence from q, less that of 0 in place of log p."""
        if setup.smoothing:
            target = (1 - setup.smoothing) * target + setup.smoothing / target.shape[1]
        divergence = LOSSES["kl"].made(dtype=setup.dtype)

        def of(log_p: Array) -> Array:
            flat = Batch(log_p.reshape(self.rows, -1), target.reshape(self.rows, -1))
            return divergence.terms(flat).loss.reshape(target.shape)

        shares = (of(given) - of(np.zeros_like(given))) * self._class_weight(setup)[:, None]
        weight = np.ones(self.rows * self._positions) if not aligned else aligned[SAMPLE_WEIGHT].reshape(-1)
        return Terms(shares.sum(axis=1).reshape(-1) * weight, weight, "number of targets")

    def right(self, setup: Setup) -> Array | None:
        if not self._hard:
            return None
        predicted = self._batch.input.argmax(axis=1)
        return np.equal(predicted, self._labels(setup, self._batch.target)).reshape(-1)

    def codes(self, setup: Setup) -> Array | None:
        return self._labels(setup, self._batch.target).reshape(-1) if self._hard else None

    def total_weight(self, setup: Setup) -> float:
        if self._hard or self._problem.weight is None or not setup.weight:
            return 0.0
        weighted = self._batch.target * self._class_weight(setup)[:, None]
        return float(weighted.sum())

    def class_weight(self, setup: Setup) -> Array | None:
        used = self._hard and setup.weight and self._problem.weight is not None
        return self._class_weight(setup) if used else None
