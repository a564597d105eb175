"""A hypothesis: the settings of one computation, and a deviation as a change of some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any

from celoss_cli.core.data import Array
from celoss_cli.core.records import record
from celoss_cli.studies.reconcile.reconciliation import Deviation

__all__ = ["Change", "Choice", "Setup", "choice", "combined"]

Change = Callable[[Array], Array]
"""Of an input, of probabilities, of targets, or of finished numbers: the same of another way."""

Prepared = Callable[[Array, int | None, str], Array]
"""What the loss is given: of the input, the axis of a softmax and the precision."""


@record(frozen=True, slots=True)
class Setup:
    """The settings that change the losses of the elements.

    Attributes:
        command: of the loss that is computed.
        prepare: makes what the loss is given.
        formula: of the loss of an element, in words.
        softmax: whether ``prepare`` takes a softmax, along ``axis``.
        axis: of the softmax, in the input with the classes on axis 1; None for all values at once.
        axis_named: the same in the data as it was given.
        turned: the axis of the input that holds the classes, where it is not 1.
        rounded: what the input is rounded to first.
        dtype: of the computation.
        rescaled: whether each row of probabilities is divided by its sum.
        probabilities: changes those that a logarithm is taken of.
        labels: changes the targets.
        smoothing: eps of the label smoothing.
        ignore_index: targets of this value are left out.
        weight, pos_weight, sample_weight: whether those that were given are used.
        exchanged: whether the weight is taken for the weight of the positives, and the other way.
        quantity: what is averaged in place of the losses, of what the loss is given and of the targets.
        quantity_formula: the same in words.
        finished: what becomes of the mean of a quantity.
        decimals: to which the loss of each element is rounded.
        class_weights: in place of the weights of the classes that were given.

    """

    command: str
    prepare: Prepared
    formula: str
    softmax: bool = False
    axis: int | None = 1
    axis_named: int | None = 1
    turned: int = 1
    rounded: Change | None = None
    dtype: str = "float64"
    rescaled: bool = False
    probabilities: Change | None = None
    labels: Change | None = None
    smoothing: float = 0.0
    ignore_index: int = -100
    weight: bool = True
    pos_weight: bool = True
    sample_weight: bool = True
    exchanged: bool = False
    quantity: Callable[[Array, Array], Array] | None = None
    quantity_formula: str = ""
    finished: Change | None = None
    decimals: int | None = None
    class_weights: tuple[float, ...] | None = None

    @property
    def prediction(self) -> tuple[Any, ...]:
        """All that decides what the loss is given."""
        given = (self.prepare, self.axis, self.turned, self.rounded, self.dtype)
        return (*given, self.rescaled, self.probabilities)


@record(frozen=True, slots=True)
class Choice:
    """A deviation that can be tried.

    Attributes:
        deviation: its name and words.
        cost: sorts explanations with equally many deviations, the likelier mistake first.
        sets: the settings that it changes.
        options: what it adds to the command, or None where no option does it.
        drops: the option that it takes away from the command.
        by_hand: what is left to do with the command's result, in words.
        change: what it does to the finished number, or None.
        command: the command that computes it, where it is not that of the loss.
        alone: whether it is rare, and not combined with others: each that is makes chance hits likelier.

    """

    deviation: Deviation
    cost: int = 2
    sets: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] | None = None
    drops: str = ""
    by_hand: str = ""
    alone: bool = False
    command: str = ""
    change: Change | None = None

    @property
    def dimension(self) -> str:
        return self.deviation.dimension

    def applied(self, setup: Setup) -> Setup:
        """The settings with this deviation."""
        return replace(setup, **self.sets)


def choice(
    dimension: str,
    name: str,
    words: str,
    cost: int = 2,
    options: tuple[str, ...] | None = None,
    drops: str = "",
    by_hand: str = "",
    alone: bool = False,
    command: str = "",
    change: Change | None = None,
    **sets: Any,
) -> Choice:
    """One line of a table."""
    deviation = Deviation(dimension, name, words)
    return Choice(deviation, cost, sets, options, drops, by_hand, alone, command, change)


def _go_together(one: Choice, other: Choice) -> bool:
    return one.dimension != other.dimension and not (one.alone or other.alone)


def combined(choices: Iterable[Choice], most: int) -> list[tuple[Choice, ...]]:
    """Every set of at most ``most`` of them, one of a dimension, the smaller sets first."""
    sets: list[tuple[Choice, ...]] = [()]
    for choice in choices:
        sets += [
            (*before, choice)
            for before in sets
            if len(before) < most and all(_go_together(other, choice) for other in before)
        ]
    return sorted(sets, key=len)
