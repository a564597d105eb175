"""A hypothesis as a formula in words: how the losses are reduced, what each is, what comes after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.studies.reconcile.setup import Choice, Setup

__all__ = ["formula_of"]

_LATER = ("shown", "sign", "point")
"""The dimensions of what happens to the finished number."""


def formula_of(setup: Setup, choices: Sequence[Choice]) -> str:
    """The formula of a number.

    Args:
        setup: the settings with all deviations.
        choices: the deviations.

    """
    base = next((found.deviation.name for found in choices if found.dimension == "base"), "")
    element = re.sub(r"\blog\b", f"log{base}", _element(setup))
    later = "".join(f", then {found.by_hand}" for found in choices if found.dimension in _LATER)
    return f"{_reduction(setup, choices)} of {element}{later}"


def _reduction(setup: Setup, choices: Sequence[Choice]) -> str:
    weighted = setup.sample_weight or (setup.weight and _by_class(setup))
    mean = "divided by the sum of the weights" if weighted else "the mean"
    words = next((found.deviation.words for found in choices if found.dimension == "denominator"), mean)
    return f"the sum, {words}," if words.startswith("divided") else words


def _by_class(setup: Setup) -> bool:
    """Whether the target is the index of a class, of which the mean takes the weight."""
    return "[y]" in setup.formula


def _element(setup: Setup) -> str:
    """The loss of one element, with its weights and what smooths its target."""
    core, _, rest = setup.formula.partition(", ")
    if setup.quantity is not None:
        return setup.quantity_formula
    core = _weighted(core, setup)
    if setup.smoothing and _by_class(setup):
        every = core.replace("[y]", "[c]")
        core = f"{1 - setup.smoothing:g} ({core}) + {setup.smoothing:g} (the mean over c of {every})"
    elif setup.smoothing:
        rest = ", ".join(filter(None, (rest, f"targets mixed with {setup.smoothing:g} of the uniform ones")))
    if setup.axis is None:
        rest = rest.replace("softmax of x", "softmax of all of x at once")
    elif setup.axis != 1:
        rest = rest.replace("softmax of x", f"softmax of x along axis {setup.axis_named}")
    return f"{core}, {rest}" if rest else core


def _weighted(core: str, setup: Setup) -> str:
    """With w for the weight of the class or element, v for that of the row, pw for that of the positives."""
    if setup.pos_weight and "pos_weight" in LOSSES[setup.command].options:
        core = core.replace("[t log", "[pw t log")
    weights = [name for name, given in (("w", setup.weight), ("v", setup.sample_weight)) if given]
    if _by_class(setup):
        weights = [name.replace("w", "w[y]") for name in weights]
    if not weights:
        return core
    sign = "-" if core.startswith("-") else ""
    return f"{sign}{' '.join(weights)} {core.removeprefix('-')}"
