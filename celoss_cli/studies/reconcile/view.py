"""What a view of the data is: readings of the input, deviations, and the terms of a setup."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Batch
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT, spread
from celoss_cli.losses.binary import sigmoid
from celoss_cli.losses.class_axis import log_softmax, softmax
from celoss_cli.studies.reconcile.setup import Choice, Setup, choice

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Terms
    from celoss_cli.studies.reconcile.problem import Problem

__all__ = [
    "Start",
    "View",
    "as_it_is",
    "rounded_losses",
    "take_clipped",
    "take_log",
    "take_log_of_shares",
    "take_log_sigmoid",
    "take_log_softmax",
    "take_sigmoid",
    "take_softmax",
    "take_softmax_twice",
    "take_square_errors",
    "taken",
    "within",
]

_KERAS = 1e-7
"""Its epsilon."""

_KEPT = 4
"""So many inputs of the losses are kept for the next hypotheses."""


@record(frozen=True, slots=True)
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


def as_it_is(x: Array, axis: int | None, dtype: str) -> Array:
    """The input in the precision of the computation."""
    return x.astype(dtype, copy=False)


def take_log(x: Array, axis: int | None, dtype: str) -> Array:
    """Logarithms of probabilities."""
    with np.errstate(divide="ignore"):
        return np.log(x.astype(dtype, copy=False))


def take_log_softmax(x: Array, axis: int | None, dtype: str) -> Array:
    """Logarithms of the softmax."""
    if axis is None:
        return log_softmax(x.reshape(-1), 0, dtype=dtype).reshape(x.shape)
    return log_softmax(x, axis, dtype=dtype)


def take_softmax(x: Array, axis: int | None, dtype: str) -> Array:
    """The softmax, without its logarithm."""
    return np.exp(take_log_softmax(x, axis, dtype)) if axis is None else softmax(x, axis).astype(dtype)


def take_softmax_twice(x: Array, axis: int | None, dtype: str) -> Array:
    """Logarithms of the softmax of the softmax."""
    return take_log_softmax(take_softmax(x, axis, "float64"), axis, dtype)


def take_log_sigmoid(x: Array, axis: int | None, dtype: str) -> Array:
    """Logarithms of the sigmoid of each value."""
    return -np.logaddexp(0, -x.astype(dtype, copy=False))


def take_square_errors(x: Array, axis: int | None, dtype: str) -> Array:
    """For each class minus the mean squared error of the values against that class's one-hot row."""
    values = x.astype(dtype, copy=False)
    mean = (values**2).mean(axis=1, keepdims=True)
    return -(mean + (1 - 2 * values) / values.shape[1])


def take_sigmoid(x: Array, axis: int | None, dtype: str) -> Array:
    """The sigmoid of each value."""
    return sigmoid(x).astype(dtype)


def take_log_of_shares(x: Array, axis: int | None, dtype: str) -> Array:
    """Logarithms of each value's share of the sum over the classes, kept off 0 and 1 as Keras keeps them."""
    values = x.astype(dtype, copy=False)
    return np.log(np.clip(values / values.sum(axis=1, keepdims=True), _KERAS, 1 - _KERAS))


def take_clipped(x: Array, axis: int | None, dtype: str) -> Array:
    """The values kept off 0 and 1 as Keras keeps them."""
    return np.clip(x.astype(dtype, copy=False), _KERAS, 1 - _KERAS)


def rounded_losses(terms: Terms, decimals: int | None) -> Terms:
    """The terms with each loss rounded, as somebody does who computes by hand."""
    return terms if decimals is None else replace(terms, loss=np.round(terms.loss, decimals))


def taken(problem: Problem, kind: str, words: str, cost: int) -> tuple[Choice, ...]:
    """The deviation of a reading that is not the one that the data names."""
    if problem.kind in (None, kind):
        return ()
    return (choice("input", kind, f"the {problem.kind} taken for {words}", cost, ()),)


class View(ABC):
    """The data in the shape of a loss.

    Attributes:
        rows, values: how many rows, and how many numbers of input.
        classes: how many, or None.
        weights: the names of the weights that were given.
        starts: what the input may be taken for.
        choices: the deviations that change the terms.

    """

    rows: int
    values: int
    classes: int | None = None
    starts: list[Start]
    choices: list[Choice]

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._x = problem.input
        self._kept: dict[tuple[Any, ...], Array] = {}
        self.weights = {
            name for name in ("weight", "pos_weight", "sample_weight") if getattr(problem, name) is not None
        }

    @abstractmethod
    def given(self, setup: Setup) -> Array | None:
        """What the loss is given, or None where a setting makes no difference or no sense."""

    @abstractmethod
    def terms(self, given: Array, setup: Setup) -> Terms | None:
        """The terms of every element, or None where the loss is not defined."""

    @abstractmethod
    def codes(self, setup: Setup) -> Array | None:
        """The class of every element, or None where the targets are no classes."""

    @abstractmethod
    def right(self, setup: Setup) -> Array | None:
        """Where the prediction is that of the target, or None where the targets are no classes."""

    @abstractmethod
    def total_weight(self, setup: Setup) -> float:
        """The sum of the weights of elements, which a mean does not divide by; 0 where there are none."""

    def class_weight(self, setup: Setup) -> Array | None:
        """The weights of the classes, where the mean divides by those of the targets."""
        return None

    def _with_weights(self, setup: Setup) -> Setup:
        """The settings with the weights that were given and that the loss takes."""
        used = self.weights & {"sample_weight", *LOSSES[setup.command].options}
        return replace(
            setup,
            weight="weight" in used,
            pos_weight="pos_weight" in used,
            sample_weight="sample_weight" in used,
        )

    def _labels(self, setup: Setup, target: Array) -> Array:
        """The targets, changed as a setup says."""
        return target if setup.labels is None else setup.labels(target)

    def _of_rows(self, setup: Setup, rows: int, positions: int) -> dict[str, Array]:
        """The weight of each row for its elements, where there is one and a setup uses it."""
        weight = self._problem.sample_weight
        if weight is None or not setup.sample_weight:
            return {}
        return spread(Batch(self._x, self._x, {SAMPLE_WEIGHT: weight}), rows, positions)

    def _prepared(self, setup: Setup) -> Array:
        """What the loss is given but for changed probabilities; the last few are kept."""
        key = (setup.prepare, setup.axis, setup.turned, setup.rounded, setup.dtype)
        if key not in self._kept:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = self._made(setup)
        return self._kept[key]

    def _made(self, setup: Setup) -> Array:
        x = self._x if setup.rounded is None else setup.rounded(self._x)
        if setup.turned != 1:
            x = np.moveaxis(x, setup.turned, 1)
        with np.errstate(all="ignore"):
            return setup.prepare(x, setup.axis, setup.dtype)


def within(values: Array, low: float, high: float) -> bool:
    """Whether all values lie between two limits; NaN does not."""
    return bool(((values >= low) & (values <= high)).all())
