"""What happens to the finished number: its unit, its sign, its decimal point, how it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.studies.reconcile.deviations import ROUNDINGS
from celoss_cli.studies.reconcile.setup import Change, Choice, choice, combined

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Transform", "meant_by", "transforms"]

_GAMMA = 2
"""The usual power of the focal loss."""


@record(frozen=True, slots=True)
class Transform:
    """Deviations of the finished number, and the change that they are together."""

    choices: tuple[Choice, ...]
    changes: tuple[Change, ...]

    @property
    def grid(self) -> str:
        """The number type that the result is rounded to in the end, or ""."""
        return next((name for name, rounded in ROUNDINGS.items() if self.changes[-1:] == (rounded,)), "")

    def before_rounding(self) -> Transform:
        """The same without that."""
        return Transform(self.choices, self.changes[:-1])

    def __call__(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            for change in self.changes:
                values = change(values)
        return values


def _times(factor: float) -> Change:
    return lambda values: values * factor


def _exp_of_rounded(decimals: int) -> Change:
    return lambda values: np.exp(np.round(values, decimals))


def _focal_of_mean(values: Array) -> Array:
    return np.asarray((1 - np.exp(-values)) ** _GAMMA * values)


def _scalars() -> Iterator[Choice]:
    """The table, in the order in which the changes are made."""
    for base, unit in (("2", "bits"), ("10", "dits")):
        words, factor = f"logarithm of base {base} ({unit})", 1 / math.log(float(base))
        yield choice("base", base, words, 1, ("--base", base), change=_times(factor))
    yield _by_hand("shown", "exp", "shown as the perplexity, exp of the loss", 2, "exp of it", np.exp)
    words = "shown as the geometric mean of the probabilities, exp of minus the loss"
    yield _by_hand("shown", "exp-minus", words, 3, "exp of minus it", lambda v: np.exp(-v))
    words = "shown as 2 to the power of the loss"
    yield _by_hand("shown", "2**", words, 3, "2 to the power of it", np.exp2, alone=True)
    for decimals in (2, 3, 4):
        words = f"the perplexity of the loss rounded to {decimals} decimals"
        by_hand, change = f"exp of it rounded to {decimals} decimals", _exp_of_rounded(decimals)
        yield _by_hand("shown", f"exp-{decimals}", words, 3, by_hand, change, alone=True)
    words = f"the focal loss of gamma {_GAMMA} made of the mean loss, (1 - exp(-loss))**{_GAMMA} loss"
    by_hand = f"times (1 - exp of minus it)**{_GAMMA}"
    yield _by_hand("shown", f"focal-{_GAMMA}", words, 3, by_hand, _focal_of_mean, alone=True)
    yield _by_hand("sign", "negated", "the sign turned", 1, "times -1", np.negative)
    for places, cost in ((1, 1), (2, 1), (3, 2)):
        percent = ", as for percent" if places == 2 else ""
        left = f"the decimal point moved {places} to the left"
        right = f"the decimal point moved {places} to the right{percent}"
        yield _divided(10**places, left, cost)
        yield _multiplied(10**places, right, cost)
    for factor in (2, 3, 4, 5, 6, 7, 8, 9, 12, 16):
        cost = 2 if factor == 2 else 3
        yield _multiplied(factor, f"{factor} times the result", cost, alone=True)
        yield _divided(factor, f"a part of {factor} of the result", cost, alone=True)
    for name, rounded in ROUNDINGS.items():
        words = f"the result rounded to {name}"
        yield _by_hand("precision", f"{name}-result", words, 3, f"rounded to {name}", rounded)


def _by_hand(
    dimension: str, name: str, words: str, cost: int, by_hand: str, change: Change, *, alone: bool = False
) -> Choice:
    """What is done to the result of a command."""
    return choice(dimension, name, words, cost, (), by_hand=by_hand, alone=alone, change=change)


def _divided(by: int, words: str, cost: int, *, alone: bool = False) -> Choice:
    return _by_hand("point", f"/{by}", words, cost, f"divided by {by}", _times(1 / by), alone=alone)


def _multiplied(by: int, words: str, cost: int, *, alone: bool = False) -> Choice:
    return _by_hand("point", f"x{by}", words, cost, f"times {by}", _times(by), alone=alone)


_APART = ({"base", "shown"}, {"sign", "shown"})
"""Dimensions that make no sense together: the exponential undoes the natural logarithm."""


_MEANT = {
    "bits": ("base", "2"),
    "dits": ("base", "10"),
    "perplexity": ("shown", "exp"),
    "percent": ("point", "x100"),
}
"""What makes the loss a number of a unit: an entry of the table, which is no deviation then."""


def meant_by(unit: str) -> Choice | None:
    """What makes the loss a number of this unit, or None for that of the losses."""
    meant = _MEANT.get(unit)
    return next((found for found in _scalars() if (found.dimension, found.deviation.name) == meant), None)


def transforms(most: int, unit: str = "") -> list[Transform]:
    """Every change by at most so many deviations, first of all none.

    Args:
        most: how many.
        unit: of the number; the change to it comes first, unless the number is in nats all the same.

    """
    table, first = list(_scalars()), meant_by(unit)
    nats: Choice | None = None
    if first is not None and unit != "percent":
        nats = choice("unit", "nats", f"the number is in nats, no {unit}", 1, ())
        table = [nats, *(found for found in table if found.dimension not in ("base", "shown"))]
    return [
        Transform(chosen, _changes(chosen if first is None or nats in chosen else (first, *chosen)))
        for chosen in combined(table, most)
        if not any(apart <= {found.dimension for found in chosen} for apart in _APART)
    ]


def _changes(choices: Iterable[Choice]) -> tuple[Change, ...]:
    return tuple(found.change for found in choices if found.change is not None)
