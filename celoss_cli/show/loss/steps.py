"""Which of the steps and classes of one element are shown, and under which names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.show.numerals import class_name

if TYPE_CHECKING:
    from celoss_cli.evaluate.workings import Step, Workings

__all__ = ["class_steps", "numbered_class", "row_steps", "shown_classes", "unpicked"]

_WIDE = 12
"""From more classes than this on, only the target and the largest are shown."""

_LARGEST = 6

_PICKED = ("p[y]", "-log p[y]")
"""The steps that the target of a row picks."""


def class_steps(workings: Workings) -> list[Step]:
    """The steps that have a value for each class; the gradient last."""
    return _of(workings, "class") + _of(workings, "gradient")


def row_steps(workings: Workings) -> list[Step]:
    """The steps that have one value for the row, in the order they were computed; the gradient last."""
    found = _of(workings, "row", "term") + _of(workings, "gradient")
    return [step for step in found if step.name not in unpicked(workings)]


def unpicked(workings: Workings) -> tuple[str, ...]:
    """The steps without a meaning here: the target of an ignored row picks no class, not even an own one."""
    return _PICKED if workings.row.ignored else ()


def _of(workings: Workings, *levels: str) -> list[Step]:
    return [step for step in workings.steps if step.level in levels]


def numbered_class(index: int, labels: Sequence[str] | None) -> str:
    """The number of a class, with its name where it has one."""
    return " ".join(filter(None, (str(index), class_name(index, labels))))


def shown_classes(step: Step, gathered: int | None) -> tuple[list[int], int]:
    """The classes to show, in order, and how many are left out: the smallest of a wide row."""
    count = len(step.value)
    if count <= _WIDE:
        return list(range(count)), 0

    def size(index: int) -> float:
        """The value, or infinity for NaN: what spoils a row is shown."""
        value = float(step.value[index])
        return math.inf if math.isnan(value) else value

    largest = sorted(range(count), key=size, reverse=True)[:_LARGEST]
    chosen = sorted({*largest, *([] if gathered is None else [gathered])})
    return chosen, count - len(chosen)
