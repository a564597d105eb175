"""The ways out of a refusal as complete commands: what was typed, with the options of each way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.spelling import option_words, shell_quoted
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.core.errors import CelossError, Way

__all__ = ["commands"]

_OF_CLASSES = (
    *("--input-is", "--convention", "--class-axis", "--target-is", "--ignore-index", "--label-smoothing"),
)
"""Options that a loss of single values does not have, and which another loss than the one typed drops."""

_WITHOUT_OPTIONS = ("check",)
"""Commands whose options are read from a file."""


def commands(error: CelossError, arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Each way out as a command for a shell, and what it means in words.

    Args:
        error: with ways out.
        arguments: the words that were typed after the program's name.

    """
    return [(_command(way, arguments), way.told) for way in error.ways]


def _command(way: Way, arguments: Sequence[str]) -> str:
    added = [word for name, value in way.options for word in option_words(name, value)]
    if arguments and arguments[0] in _WITHOUT_OPTIONS:
        return " ".join(map(shell_quoted, added))
    replaced = [name for name, _ in way.options]
    typed = list(_without(arguments, [*replaced, *(_OF_CLASSES if way.command else ())]))
    if way.command:
        typed = [way.command if word in LOSSES else word for word in typed[:1]] + typed[1:]
    return " ".join(map(shell_quoted, ["celoss", *typed, *added]))


def _without(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """The words without some options and their values."""
    words = iter(arguments)
    for word in words:
        if word in options:
            next(words, None)
        elif word.partition("=")[0] not in options:
            yield word
