"""What is to be written out: the loss with its options, and the variables that hold the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Reduction
    from celoss_cli.losses import LossSpec

__all__ = ["DataCode", "Problem", "Values"]

_NEUTRAL = {"ignore_index": -100, "label_smoothing": 0.0, "log_target": False}
"""Options that say what the loss does without them."""


@record(frozen=True, slots=True)
class Values:
    """An expression of Python that gives the values of a variable.

    Attributes:
        text: the expression; of several lines where it is a long list.
        literal: whether it is a list of numbers as they are.
        indices: whether the values are class indices, else they are real numbers.

    """

    text: str
    literal: bool = False
    indices: bool = False


@record(frozen=True, slots=True)
class DataCode:
    """Python that gives the data.

    Attributes:
        input, target: what the loss takes.
        sample_weight: the weights of the rows, where the data has them.
        imports: modules that it needs, as import statements.
        lines: statements before the variables are made.

    """

    input: Values
    target: Values
    sample_weight: Values | None = None
    imports: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Problem:
    """One computation of a loss.

    Attributes:
        spec: the loss.
        options: the options in force, by name.
        reduction: how the losses become one number.
        axes: how many axes the losses have; the input has the class axis in addition.
        probabilities: whether a class loss is computed against probabilities.
        ignoring: whether targets are ignored.
        sampled: whether rows have weights of their own.

    """

    spec: LossSpec
    options: Mapping[str, Any]
    reduction: Reduction
    axes: int
    probabilities: bool
    ignoring: bool
    sampled: bool

    @property
    def input(self) -> str:
        """The name of the variable that holds the input."""
        return self.spec.takes.replace("-", "_")

    @property
    def weight_by_target(self) -> bool:
        """Whether a row's weight is that of its target's class."""
        return self.has("weight") and self.spec.per == "class" and not self.probabilities

    def has(self, name: str) -> bool:
        """Whether an option says something else than the loss does without it."""
        return self.options.get(name) not in (None, _NEUTRAL.get(name))
