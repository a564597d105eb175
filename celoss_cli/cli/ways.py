"""The ways out of a refusal as complete commands: what was typed, with the options of each way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.spelling import shell_quoted
from celoss_cli.core.option import FLAG, flag_words
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.core.errors import CelossError, Way

__all__ = ["commands"]

_BY_THEMSELVES = ("--header", "--no-header", "--allow-unterminated", "--percent")
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
    added = [word for name, value in way.options for word in _words(name, value)]
    if arguments and arguments[0] in _WITHOUT_OPTIONS:
        return " ".join(map(shell_quoted, added))
    dropped = {name for name, _ in way.options}
    if way.command and arguments and arguments[0] in NAMES:
        dropped |= set().union(*map(_flags, LOSSES)) - _flags(way.command)
        at = _place_of_loss(arguments)
        if at is not None:
            arguments = [*arguments[:at], way.command, *arguments[at + 1 :]]
        elif "--loss" in _flags(arguments[0]):
            dropped.add("--loss")
            added += ["--loss", way.command]
    typed = list(_without(arguments, dropped))
    if not way.files:
        typed = [word for word in typed if not word.endswith(".npy")]
    return " ".join(map(shell_quoted, ["celoss", *typed, *added]))


def _place_of_loss(arguments: Sequence[str]) -> int | None:
    """Where the loss is typed as a word by itself; None where an option names it, or nothing."""
    if arguments[0] in LOSSES:
        return 0
    if any(option.argument for option in command_named(arguments[0]).options() if option.name == "loss"):
        return next((at for at, word in enumerate(arguments) if word in LOSSES), None)
    return None


def _words(name: str, value: str) -> Iterator[str]:
    """An option with its value; one that is a word by itself has none here."""
    if name in _BY_THEMSELVES:
        yield name
    else:
        yield from flag_words(name, value)


def _flags(command: str) -> set[str]:
    """The options of a command that take a value, as they are typed."""
    options = [option for option in command_named(command).options() if option.kind is not FLAG]
    return {flag for option in options for flag in option.flags or (option.flag,)}


def _without(arguments: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """The words without some options and their values."""
    words = iter(arguments)
    for word in words:
        if word in options:
            next(words, None)
        elif word.partition("=")[0] not in options:
            yield word
