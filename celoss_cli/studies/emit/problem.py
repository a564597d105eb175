"""The variables that hold the data in the code that is written out."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["DataCode", "Values"]


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
