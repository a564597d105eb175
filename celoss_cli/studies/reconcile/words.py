"""A hypothesis in words: its formula, and the command that computes it where there is one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from celoss_cli.losses import LOSSES
from celoss_cli.losses.conventions import CONVENTIONS
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, POS_WEIGHT, WEIGHT

if TYPE_CHECKING:
    from celoss_cli.studies.reconcile.setup import Choice, Setup
    from celoss_cli.studies.reconcile.view import Start

__all__ = ["Arguments", "command_of", "formula_of"]

# -------------------------------------------------------------------------------------------- the formula

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


# -------------------------------------------------------------------------------------------- the command

Arguments = Mapping[str, Sequence[str]]
"""The words of the command line that give the data and the options, by the option's name."""

_ALWAYS = {"--reduction", "--dtype", "--base", "--allow-out-of-domain"}
_OF_LOSSES = {option.name for option in (WEIGHT, POS_WEIGHT, IGNORE_INDEX, LABEL_SMOOTHING)}
_KINDS = {"logits": "logits", "scores": "logits", "probabilities": "probs", "log-probabilities": "log-probs"}
_CLASSES_ONLY = {"--class-axis", "--input-is"}


def command_of(start: Start, choices: Sequence[Choice], given: Arguments) -> str | None:
    """The command of a loss with the options of these deviations; None where one of them has none."""
    other = next((found.command for found in choices if found.command), "")
    spec = LOSSES[other or start.setup.command]
    if other and (start.reading != "logits" or _OF_LOSSES & set(given) or "weight_column" in given):
        return None  # which weighs and divides in its own way
    if any(found.options is None for found in choices):
        return None
    dropped = {found.drops for found in choices}
    words = ["celoss", spec.command]
    for name, arguments in given.items():
        if name not in dropped and (name not in _OF_LOSSES or name in spec.options):
            words += arguments
    options = [*start.options, *(word for found in choices for word in found.options or ())]
    flags = [word for word in options if word.startswith("--")]
    if not all(_has(spec.command, flag) for flag in flags):
        return None
    names = {_name(flag) for flag in flags} | set(given) - dropped
    tools = [found.options[1] for found in choices if found.options and found.options[0] == "--convention"]
    if not all(_by_convention(tool, start, names) for tool in tools):
        return None
    return shlex.join([*words, *_once(options)])


def _name(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _has(command: str, flag: str) -> bool:
    spec = LOSSES[command]
    if flag in _CLASSES_ONLY:
        return spec.per == "class"
    return (
        flag in _ALWAYS
        or (flag == "--convention" and bool(spec.by_convention))
        or _name(flag) in spec.options
    )


def _by_convention(name: str, start: Start, names: set[str]) -> bool:
    """Whether a tool has the loss, clips this input, has these options and divides by what the loss does."""
    convention, command = CONVENTIONS[name], start.setup.command
    semantic = names & _OF_LOSSES | ({"sample_weight"} if "weight_column" in names else set())
    weighted = semantic & {"weight", "sample_weight"}
    kind = _KINDS[start.reading]
    return (
        command in convention.functions
        and kind in convention.takes
        and convention.changes(kind)
        and all(convention.has(command, option) for option in semantic)
        and not (weighted and convention.denominator != "weights")
    )


def _once(options: Sequence[str]) -> list[str]:
    """The options without a flag that two deviations ask for."""
    flag = "--allow-out-of-domain"
    first = [word for word in options if word != flag]
    return [*first, flag] if flag in options else first
