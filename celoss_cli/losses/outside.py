"""Values outside of what a loss is meant for: how a refusal shows them, and the options that take them in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from celoss_cli.core.errors import Way
from celoss_cli.core.late import np
from celoss_cli.core.records import replace
from celoss_cli.losses.base import ROUNDED, Violation

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "answers_outside",
    "by_rounding",
    "first_outside",
    "probabilities_outside",
    "shown_outside",
    "ways_of_answers",
    "ways_of_rounding",
]


def first_outside(values: Array, low: float, high: float, fact: str) -> Violation | None:
    """Where ``values``, of any shape, are not in [low, high], NaN included."""
    flat = values.reshape(-1)
    outside = ~((flat >= low) & (flat <= high))
    if not outside.any():
        return None
    first = flat[int(np.flatnonzero(outside)[0])]
    return Violation(outside, f"{fact}, got {shown_outside(first, low, high)}.")


def probabilities_outside(values: Array) -> Violation | None:
    """The same for an input of any shape; where rounding took the first one out, it may be clipped."""
    found = first_outside(values, 0, 1, "Expected a probability from 0 to 1")
    if found is None:
        return None
    first = values.reshape(-1)[int(np.flatnonzero(found.where)[0])]
    return replace(found, ways=ways_of_rounding(values) if by_rounding(first) else (), in_input=True)


def answers_outside(targets: Array, low: float, high: float, fact: str) -> Violation | None:
    """The same for targets of any shape; of two whole numbers either may be the positive answer."""
    found = first_outside(targets, low, high, fact)
    return None if found is None else replace(found, ways=ways_of_answers(targets))


def ways_of_answers(targets: Array) -> tuple[Way, ...]:
    """The option that says which of two whole numbers is the positive answer, the larger one first.

    Targets have any shape; of more or other values than two whole numbers there is no way.
    """
    values = np.unique(targets)
    if len(values) != 2 or not (values == np.floor(values)).all():
        return ()
    return tuple(
        Way(f"{value:g} as the positive one", (("--positive", f"{value:g}"),)) for value in values[::-1]
    )


def shown_outside(value: float, low: float, high: float) -> str:
    """A number outside of a range, with as many digits as show that it is."""
    short = f"{value:g}"
    return repr(float(value)) if low <= float(short) <= high else short


def by_rounding(value: float) -> bool:
    """Whether a number outside of 0 to 1 is a probability that rounding took there."""
    return -ROUNDED <= value <= 1 + ROUNDED


def ways_of_rounding(values: Array) -> tuple[Way, ...]:
    """The option that clips values outside of 0 to 1 by rounding, with a power of ten that all are within.

    The values have any shape.
    """
    off = np.maximum(-values, values - 1)
    off = off[(off > 0) & (off <= ROUNDED)]
    if not off.size:
        return ()
    distance = 10.0 ** math.ceil(math.log10(float(off.max())))
    return (Way("to take these for 0 and 1", (("--clip-domain", f"{distance:g}"),)),)
