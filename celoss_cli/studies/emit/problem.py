"""What is to be written out: the loss with its options, and the variables that hold the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Reduction
    from celoss_cli.losses import LossSpec

__all__ = ["DataCode", "Problem", "Values", "Writer"]


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
        imports: modules that it needs, as import statements.
        lines: statements before the variables are made.
        input, target: what the loss takes.
        sample_weight: the weights of the rows, where the data has them.

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

    """

    spec: LossSpec
    options: Mapping[str, Any]
    reduction: Reduction
    axes: int
    probabilities: bool = False
    ignoring: bool = False

    @property
    def input(self) -> str:
        """The name of the variable that holds the input."""
        return self.spec.takes.replace("-", "_")

    def given(self, name: str) -> Any:
        """An option that says something else than the loss does without it, else None."""
        value = self.options.get(name)
        neutral = {"ignore_index": -100, "label_smoothing": 0.0, "log_target": False}
        return None if value == neutral.get(name) else value


class Writer(Protocol):
    """Writes the statements of one library."""

    @property
    def namespace(self) -> str:
        """The name of the module that has ``inf`` and ``nan``."""

    def largest(self, problem: Problem) -> float:
        """The largest size of an input of which the library computes what celoss computes."""

    def imports(self, problem: Problem) -> Iterator[str]:
        """The import statements."""

    def setup(self, problem: Problem) -> Iterator[str]:
        """Statements right after them."""

    def variable(self, problem: Problem, name: str, values: Values) -> str:
        """The statement that makes an array."""

    def computation(self, problem: Problem, data: DataCode) -> Iterator[str]:
        """The statements that make ``loss`` of them, and print it."""
