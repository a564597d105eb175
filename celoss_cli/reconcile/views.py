"""The data as one of the losses sees it: what it is taken for, what can deviate, and the terms of a setup.

The terms come from the losses themselves. Of our own are only the clipped logarithm, the uniform part of
label smoothing, and the rounding of inputs and losses by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from celoss_cli.data import Array, Batch, Terms
from celoss_cli.errors import InputError, UsageError
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss, spread
from celoss_cli.losses.sigmoid import sigmoid
from celoss_cli.losses.softmax import log_softmax, softmax
from celoss_cli.reconcile.deviations import (
    axis_choices,
    clip_choices,
    element_labels,
    ignore_choices,
    label_choices,
    named_labels,
    precision_choices,
    rescale_choices,
    smoothing_choices,
    weight_choices,
)
from celoss_cli.reconcile.problem import Problem
from celoss_cli.reconcile.setup import Choice, Setup, choice

__all__ = ["Start", "View", "views_of"]


@dataclass(frozen=True, slots=True)
class Start:
    """A loss of an input taken for something.

    Attributes:
        setup: the settings without a deviation.
        reading: what the input is taken for, in words.
        deviations: those that this reading is already.
        options: of the command.

    """

    setup: Setup
    reading: str
    deviations: tuple[Choice, ...] = ()
    options: tuple[str, ...] = ()


class View(Protocol):
    """The data in the shape of a loss.

    Attributes:
        rows, values: how many rows, and how many numbers of input.
        classes: how many, or None.
        starts: what the input may be taken for.
        choices: the deviations that change the terms.

    """

    rows: int
    values: int
    classes: int | None
    starts: list[Start]
    choices: list[Choice]

    def given(self, setup: Setup) -> Array | None:
        """What the loss is given, or None where a setting makes no difference or no sense."""

    def terms(self, given: Array, setup: Setup) -> Terms | None:
        """The terms of every element, or None where the loss is not defined."""

    def codes(self, setup: Setup) -> Array | None:
        """The class of every element, or None where the targets are no classes."""


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
        LOSSES["ce"].load()().canonical(whole)  # says what is wrong
    if classes is not None and classes.input.shape[1] > 1 and _are_classes(classes):
        LOSSES["ce"].load()(weight=problem.weight).canonical(whole)
        views.append(_Classes(problem, classes))
        if classes.target.ndim == 2 and pairs is None:
            views.append(_Pairs(problem, _one_hot(classes), one_hot=True))
    if pairs is not None:
        if not views:
            _refuse_class_options(problem)
            weights = {"weight": problem.weight, "pos_weight": problem.pos_weight}
            LOSSES["bce-logits"].load()(**weights).canonical(whole)
        views.append(_Pairs(problem, pairs, one_hot=False))
    return views


def _refuse_class_options(problem: Problem) -> None:
    for name, unset in (("ignore_index", -100), ("label_smoothing", 0.0)):
        if getattr(problem, name) != unset:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected {option} with targets that are classes, got targets of elements.")


def _canonical(command: str, batch: Batch) -> Batch | None:
    try:
        return LOSSES[command].load()().canonical(batch)
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


def _within(values: Array, low: float, high: float) -> bool:
    return bool(((values >= low) & (values <= high)).all())


# ------------------------------------------------------------------------------------ what is prepared


def _as_it_is(x: Array, axis: int, dtype: str) -> Array:
    return x.astype(dtype, copy=False)


def _log(x: Array, axis: int, dtype: str) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(x.astype(dtype, copy=False))


def _log_softmax(x: Array, axis: int, dtype: str) -> Array:
    return log_softmax(x, axis, dtype=dtype)


def _softmax(x: Array, axis: int, dtype: str) -> Array:
    return softmax(x, axis).astype(dtype)


def _softmax_twice(x: Array, axis: int, dtype: str) -> Array:
    return log_softmax(softmax(x, axis), axis, dtype=dtype)


def _sigmoid(x: Array, axis: int, dtype: str) -> Array:
    return sigmoid(x).astype(dtype)


def _rounded_losses(terms: Terms, decimals: int | None) -> Terms:
    return terms if decimals is None else replace(terms, loss=np.round(terms.loss, decimals))


def _taken(problem: Problem, kind: str, words: str, cost: int) -> tuple[Choice, ...]:
    """The deviation of a reading that is not the one that the data names."""
    if problem.kind in (None, kind):
        return ()
    return (choice("input", kind, f"the {problem.kind} taken for {words}", cost, ()),)


class _Prepared:
    """Shared by both views: the input as it was given, changed as a setup says."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._x = problem.input
        self._given = {
            name for name in ("weight", "pos_weight", "sample_weight") if getattr(problem, name) is not None
        }

    def _prepared(self, setup: Setup) -> Array:
        x = self._x if setup.rounded is None else setup.rounded(self._x)
        if setup.turned != 1:
            x = np.moveaxis(x, setup.turned, 1)
        with np.errstate(all="ignore"):
            return setup.prepare(x, setup.axis, setup.dtype)


# ------------------------------------------------------------------------------------------- class values


class _Classes(_Prepared):
    """A value for each class and one target, an index or a distribution."""

    def __init__(self, problem: Problem, batch: Batch) -> None:
        super().__init__(problem)
        if self._x.ndim == 1:
            self._x = self._x[None]
        self._batch = batch
        self.rows, self.classes, self._positions = batch.input.shape
        self.values = batch.input.size
        self._hard = batch.target.ndim == 2
        self._losses = lru_cache(maxsize=None)(self._loss)
        self.starts = list(self._starts())
        self.choices = list(self._choices())

    def _starts(self) -> Iterator[Start]:
        problem = self._problem
        probable, positive = _within(self._x, 0, 1), self._hard
        softmaxed = Setup("ce", _log_softmax, "-log p[y], p = softmax of x", softmax=True)
        yield self._start(softmaxed, "logits", _taken(problem, "logits", "logits: softmax taken again", 1))
        if positive:
            plain = Setup("nll", _as_it_is, "-x[y]")
            words = "log-probabilities: nll_loss of them as they are"
            yield self._start(plain, "log-probabilities", _taken(problem, "log-probs", words, 1))
        if probable:
            logs = Setup("ce", _log, "-log x[y]")
            words = "probabilities"
            options = ("--input-is", "probs")
            yield self._start(logs, words, _taken(problem, "probs", words, 1), options)
        if problem.kind in (None, "logits"):
            twice = Setup("ce", _softmax_twice, "-log q[y], q = softmax of p, p = softmax of x", softmax=True)
            words = "softmax applied before cross_entropy, which applies it once more"
            yield self._start(twice, "logits", (choice("input", "softmax-twice", words, 1),))
            if positive:
                bare = Setup("nll", _softmax, "-p[y], p = softmax of x", softmax=True)
                words = "softmax without its logarithm given to nll_loss"
                yield self._start(bare, "logits", (choice("input", "no-log", words, 1),))

    def _start(
        self, setup: Setup, reading: str, deviations: tuple[Choice, ...], options: tuple[str, ...] = ()
    ) -> Start:
        problem = self._problem
        setup = replace(setup, ignore_index=problem.ignore_index, smoothing=problem.label_smoothing)
        if not self._hard:
            setup = replace(setup, formula=setup.formula.replace("[y]", "") + ", summed with the weights q")
        return Start(setup, reading, deviations, options)

    def _choices(self) -> Iterator[Choice]:
        problem, classes = self._problem, self.classes
        assert classes is not None  # noqa: S101 - for the type checker
        yield from axis_choices(self._x.shape, problem.arrays)
        yield from precision_choices(self._x)
        yield from (*clip_choices(), *rescale_choices())
        yield from smoothing_choices(problem.label_smoothing, classes)
        yield from weight_choices(self._given)
        if self._hard:
            yield from label_choices(classes, self.rows)
            yield from named_labels(problem.labels or ())
            yield from ignore_choices(self._batch.target, problem.ignore_index, classes)

    def given(self, setup: Setup) -> Array | None:
        if setup.axis != 1 and not setup.softmax:
            return None
        values = self._prepared(setup).reshape(self._batch.input.shape)
        if not setup.rescaled and not setup.clip:
            return values
        if setup.prepare is _softmax or not _within(values, -np.inf, 0):
            return None  # no logarithms of probabilities
        changed = log_softmax(values, 1, dtype=setup.dtype) if setup.rescaled else values
        if setup.clip is not None:
            changed = np.clip(changed, *(changed.dtype.type(np.log(limit)) for limit in setup.clip))
        return None if np.allclose(changed, values, rtol=1e-12, atol=1e-15) else changed

    def terms(self, given: Array, setup: Setup) -> Terms | None:
        target = self._batch.target if setup.labels is None else setup.labels(self._batch.target)
        aligned = self._aligned(setup)
        with np.errstate(all="ignore"):
            if not self._hard:
                return _rounded_losses(self._soft(given, target, setup, aligned), setup.decimals)
            loss = self._losses("nll", setup.weight, setup.ignore_index, setup.dtype)
            try:
                terms = loss.terms(Batch(given, target, aligned))
            except InputError:
                return None
            smoothed = self._smoothed(terms, given, setup, aligned) if setup.smoothing else terms
        return _rounded_losses(smoothed, setup.decimals)

    def _loss(self, command: str, weighted: bool, ignore_index: int, dtype: str) -> Loss:
        weight = self._problem.weight if weighted else None
        return LOSSES[command].load()(weight=weight, ignore_index=ignore_index, dtype=dtype)

    def _aligned(self, setup: Setup) -> dict[str, Array]:
        weight = self._problem.sample_weight
        if weight is None or not setup.sample_weight:
            return {}
        return spread(Batch(self._x, self._x, {SAMPLE_WEIGHT: weight}), self.rows, self._positions)

    def _class_weight(self, setup: Setup) -> Array:
        weight = self._problem.weight
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
        divergence = LOSSES["kl"].load()(dtype=setup.dtype)

        def of(log_p: Array) -> Array:
            flat = Batch(log_p.reshape(self.rows, -1), target.reshape(self.rows, -1))
            return divergence.terms(flat).loss.reshape(target.shape)

        shares = (of(given) - of(np.zeros_like(given))) * self._class_weight(setup)[:, None]
        weight = np.ones(self.rows * self._positions) if not aligned else aligned[SAMPLE_WEIGHT].reshape(-1)
        return Terms(shares.sum(axis=1).reshape(-1) * weight, weight, "number of targets")

    def codes(self, setup: Setup) -> Array | None:
        if not self._hard:
            return None
        target = self._batch.target if setup.labels is None else setup.labels(self._batch.target)
        return target.reshape(-1)


# --------------------------------------------------------------------------------------------- pairs


class _Pairs(_Prepared):
    """A value and a target for each element."""

    classes = None

    def __init__(self, problem: Problem, batch: Batch, *, one_hot: bool) -> None:
        super().__init__(problem)
        self._x = batch.input.astype(np.float64, copy=False)
        self._t = batch.target.astype(np.float64, copy=False)
        self._shape = problem.input.shape
        self.rows = len(self._x)
        self.values = self._x.size
        self._one_hot = one_hot
        self._signed = bool((np.abs(self._t) == 1).all() and (self._t < 0).any())
        self._binary = _within(self._t, 0, 1)
        if one_hot:
            self._given -= {"weight"}
        self._losses = lru_cache(maxsize=None)(self._loss)
        self.starts = list(self._starts())
        self.choices = list(self._choices())

    def _starts(self) -> Iterator[Start]:
        probable = _within(self._x, 0, 1)
        if self._binary or self._signed:
            odd = self._odd("bce-logits", self._signed, "labels -1 and +1 taken as they are")
            logits = Setup("bce-logits", _as_it_is, "-[t log g + (1-t) log(1-g)], g = sigmoid of x")
            yield self._start(logits, "logits", "logits", odd)
            if self._problem.kind in (None, "logits"):
                words = "sigmoid applied before binary_cross_entropy_with_logits, which applies it once more"
                twice = (choice("input", "sigmoid-twice", words, 1), *odd)
                formula = "-[t log g + (1-t) log(1-g)], g = sigmoid of sigmoid of x"
                yield self._start(Setup("bce-logits", _sigmoid, formula), "logits", "logits", twice)
        if self._binary and probable:
            probs = Setup("bce", _as_it_is, "-[t log x + (1-t) log(1-x)]")
            yield self._start(probs, "probabilities", "probs")
        if self._signed or (self._hard and not self._one_hot):
            odd = self._odd("soft-margin", self._hard, "labels 0 and 1 taken for -1 and +1 as they are")
            margin = Setup("soft-margin", _as_it_is, "log(1 + exp(-t x))")
            yield self._start(margin, "scores", "logits", odd)
        if self._binary and not self._hard:
            yield from self._divergences(probable)

    def _divergences(self, probable: bool) -> Iterator[Start]:
        formula = "t (log t - x)"
        odd = (
            ()
            if _within(self._x, -np.inf, 0)
            else (choice("input", "no-log", "no logarithms given to kl_div"),)
        )
        yield self._start(Setup("kl", _as_it_is, formula), "log-probabilities", "log-probs", odd)
        if probable:
            logs = Setup("kl", _log, "t (log t - log x)")
            yield self._start(
                logs, "probabilities", "probs", (choice("input", "log", "their logarithm taken"),)
            )

    @property
    def _hard(self) -> bool:
        return self._binary and bool(np.isin(self._t, (0, 1)).all())

    def _odd(self, command: str, wrong: bool, words: str) -> tuple[Choice, ...]:
        options = ("--allow-out-of-domain",)
        return (choice("labels", f"raw-{command}", words, 1, options),) if wrong else ()

    def _start(self, setup: Setup, reading: str, kind: str, deviations: tuple[Choice, ...] = ()) -> Start:
        if not any(found.dimension == "input" for found in deviations):
            deviations = (*_taken(self._problem, kind, reading, 1), *deviations)
        if self._one_hot:
            words = "a binary loss for each class, against one-hot targets"
            deviations = (*deviations, choice("targets", "one-hot", words, 2))
        return Start(setup, reading, deviations)

    def _choices(self) -> Iterator[Choice]:
        yield from precision_choices(self._x)
        yield from clip_choices()
        yield from weight_choices(self._given)
        if self._binary:
            eps = [
                found for found in smoothing_choices(0.0, 2) if not found.deviation.name.endswith("others")
            ]
            yield from eps
        if self._hard or self._signed:
            yield from element_labels(-1 if self._signed else 0, self.rows)

    def given(self, setup: Setup) -> Array | None:
        if setup.clip is None:
            return self._prepared(setup)
        if setup.command not in ("bce", "bce-logits"):
            return None
        p = self._prepared(setup)
        p = p if setup.command == "bce" else sigmoid(p)
        clipped = np.clip(p, *setup.clip)
        return None if np.array_equal(clipped, p) else clipped

    def terms(self, given: Array, setup: Setup) -> Terms | None:
        target = self._t if setup.labels is None else setup.labels(self._t)
        if setup.smoothing:
            target = target * (1 - setup.smoothing) + setup.smoothing / 2
        command = "bce" if setup.clip is not None else setup.command
        try:
            loss = self._losses(command, setup.weight, setup.pos_weight, setup.dtype)
            batch = loss.canonical(Batch(given.reshape(self._shape), target.reshape(self._shape)))
            aligned = {**batch.aligned, **self._sample_weight(setup)}
            return _rounded_losses(loss.terms(replace(batch, aligned=aligned)), setup.decimals)
        except InputError:
            return None

    def _loss(self, command: str, weighted: bool, pos_weighted: bool, dtype: str) -> Loss:
        problem, options = self._problem, LOSSES[command].options
        chosen: dict[str, Any] = {}
        if "weight" in options and weighted and not self._one_hot:
            chosen["weight"] = problem.weight
        if "pos_weight" in options and pos_weighted:
            chosen["pos_weight"] = problem.pos_weight
        return LOSSES[command].load()(dtype=dtype, **chosen)

    def _sample_weight(self, setup: Setup) -> dict[str, Array]:
        weight = self._problem.sample_weight
        if weight is None or not setup.sample_weight:
            return {}
        return spread(Batch(self._x, self._x, {SAMPLE_WEIGHT: weight}), self.rows, self._x.shape[1])

    def codes(self, setup: Setup) -> Array | None:
        if self._one_hot or not (self._hard or self._signed):
            return None
        return (self._t if setup.labels is None else setup.labels(self._t)).reshape(-1)
