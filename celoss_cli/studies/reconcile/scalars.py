"""What happens to the finished number: its unit, its sign, its decimal point, how it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
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


def _scalars() -> Iterator[tuple[Choice, Change]]:
    """The table, in the order in which the changes are made."""
    for base, unit in (("2", "bits"), ("10", "dits")):
        words = f"logarithm of base {base} ({unit})"
        found = choice("base", base, words, 1, ("--base", base))
        yield found, _times(1 / math.log(float(base)))
    words = "shown as the perplexity, exp of the loss"
    yield choice("shown", "exp", words, 2, (), by_hand="exp of it"), np.exp
    words = "shown as the geometric mean of the probabilities, exp of minus the loss"
    yield choice("shown", "exp-minus", words, 3, (), by_hand="exp of minus it"), lambda v: np.exp(-v)
    words = "shown as 2 to the power of the loss"
    yield choice("shown", "2**", words, 3, (), by_hand="2 to the power of it", alone=True), np.exp2
    for decimals in (2, 3, 4):
        words = f"the perplexity of the loss rounded to {decimals} decimals"
        by_hand = f"exp of it rounded to {decimals} decimals"
        found = choice("shown", f"exp-{decimals}", words, 3, (), by_hand=by_hand, alone=True)
        yield found, _exp_of_rounded(decimals)
    words = f"the focal loss of gamma {_GAMMA} made of the mean loss, (1 - exp(-loss))**{_GAMMA} loss"
    by_hand = f"times (1 - exp of minus it)**{_GAMMA}"
    yield choice("shown", f"focal-{_GAMMA}", words, 3, (), by_hand=by_hand, alone=True), _focal_of_mean
    yield choice("sign", "negated", "the sign turned", 1, (), by_hand="times -1"), np.negative
    for places, cost in ((1, 1), (2, 1), (3, 2)):
        factor = 10**places
        percent = ", as for percent" if places == 2 else ""
        left = f"the decimal point moved {places} to the left"
        yield (
            choice("point", f"/{factor}", left, cost, (), by_hand=f"divided by {factor}"),
            _times(1 / factor),
        )
        right = f"the decimal point moved {places} to the right{percent}"
        yield choice("point", f"x{factor}", right, cost, (), by_hand=f"times {factor}"), _times(factor)
    for factor in (2, 3, 4, 5, 6, 7, 8, 9, 12, 16):
        for name, words, by_hand, change in (
            (f"x{factor}", f"{factor} times the result", f"times {factor}", _times(factor)),
            (f"/{factor}", f"a part of {factor} of the result", f"divided by {factor}", _times(1 / factor)),
        ):
            cost = 2 if factor == 2 else 3
            yield choice("point", name, words, cost, (), by_hand=by_hand, alone=True), change
    for name, rounded in ROUNDINGS.items():
        words = f"the result rounded to {name}"
        yield choice("precision", f"{name}-result", words, 3, (), by_hand=f"rounded to {name}"), rounded


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
    return next((found for found, _ in _scalars() if _key(found) == _MEANT.get(unit)), None)


def _key(found: Choice) -> tuple[str, str]:
    return found.dimension, found.deviation.name


def transforms(most: int, unit: str = "") -> list[Transform]:
    """Every change by at most so many deviations, first of all none.

    Args:
        most: how many.
        unit: of the number; the change to it comes first, unless the number is in nats all the same.

    """
    table = list(_scalars())
    first: tuple[Change, ...] = tuple(change for found, change in table if _key(found) == _MEANT.get(unit))
    nats: Choice | None = None
    if first and unit != "percent":
        table = [(found, change) for found, change in table if found.dimension not in ("base", "shown")]
        nats = choice("unit", "nats", f"the number is in nats, no {unit}", 1, ())
        table.insert(0, (nats, lambda values: values))
    change_of = {id(found): change for found, change in table}
    return [
        Transform(chosen, (*(() if nats in chosen else first), *(change_of[id(found)] for found in chosen)))
        for chosen in combined((found for found, _ in table), most)
        if not any(apart <= {found.dimension for found in chosen} for apart in _APART)
    ]
