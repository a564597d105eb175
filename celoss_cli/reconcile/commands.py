"""The command that computes a hypothesis, where there is one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from celoss_cli.losses import LOSSES
from celoss_cli.reconcile.setup import Choice
from celoss_cli.reconcile.views import Start

__all__ = ["Arguments", "command_of"]

Arguments = Mapping[str, Sequence[str]]
"""The words of the command line that give the data and the options, by the option's name."""

_ALWAYS = {"--reduction", "--dtype", "--base", "--allow-out-of-domain"}
_OF_LOSSES = {"weight", "pos_weight", "ignore_index", "label_smoothing"}
_CLASSES_ONLY = {"--class-axis", "--input-is"}


def command_of(start: Start, choices: Sequence[Choice], given: Arguments) -> str | None:
    """The command of a loss with the options of these deviations; None where one of them has none."""
    spec = LOSSES[start.setup.command]
    if any(found.options is None for found in choices):
        return None
    dropped = {found.drops for found in choices}
    words = ["celoss", spec.command]
    for name, arguments in given.items():
        if name not in dropped and (name not in _OF_LOSSES or name in spec.options):
            words += arguments
    options = [*start.options, *(word for found in choices for word in found.options or ())]
    for word in options:
        if word.startswith("--") and not _has(spec.command, word):
            return None
    return shlex.join([*words, *_once(options)])


def _has(command: str, option: str) -> bool:
    spec = LOSSES[command]
    if option in _CLASSES_ONLY:
        return spec.per == "class"
    return option in _ALWAYS or option.removeprefix("--").replace("-", "_") in spec.options


def _once(options: Sequence[str]) -> list[str]:
    """The options without a flag that two deviations ask for."""
    flag = "--allow-out-of-domain"
    first = [word for word in options if word != flag]
    return [*first, flag] if flag in options else first
