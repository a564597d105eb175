"""The commands. Adding one is its name here and a small module in this folder with a ``COMMAND``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.cli.table import Command

__all__ = ["NAMES", "command_named", "like", "panel_of"]

_OTHERS = (
    *("inspect", "diagnose", "reconcile", "explain", "compare", "check", "weights", "temperature"),
    *("plot", "report", "play", "merge"),
)
"""The commands that are no loss."""

NAMES = (*LOSSES, *_OTHERS)
"""All of them, in the order of the help."""


@cache
def command_named(name: str) -> Command[Any]:
    """The command of this name; only its own module is imported for that."""
    if name in LOSSES:
        found: Command[Any] = import_module(f"{__name__}.loss").command_of(LOSSES[name])
    else:
        found = import_module(f"{__name__}.{name}").COMMAND
    return found


_PANELS = {
    "Understand": ("diagnose", "reconcile", "explain", "temperature", "plot", "report", "play"),
    "Gate": ("check", "compare"),
}


def panel_of(name: str) -> str:
    """The heading that a command stands under in the help of the program."""
    if name in LOSSES:
        return "Losses"
    return next((panel for panel, names in _PANELS.items() if name in names), "Files")


def like(word: str) -> str:
    """The command that a wrong word likely means: a loss by its long name, or one spelled alike; or ""."""
    import difflib  # few words are wrong

    known = {name: name for name in NAMES}
    for name, spec in LOSSES.items():
        known |= dict.fromkeys((spec.name, spec.title, spec.reference.rpartition(".")[2]), name)
    joined = {_joined(name): command for name, command in known.items()}
    found = difflib.get_close_matches(_joined(word), joined, 1, _ALIKE)
    return joined[found[0]] if found else ""


_ALIKE = 0.75


def _joined(name: str) -> str:
    """The letters of a name: crossentropy of cross_entropy and CrossEntropyLoss."""
    letters = "".join(char for char in name.lower() if char.isalnum())
    return letters.removesuffix("loss") or letters
