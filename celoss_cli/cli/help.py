"""The whole help of ``--help``: every option of a command, 80 columns wide. Nothing here loads the parser."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.short_help import WIDTH, left_of, line, program
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.option import FLAG

if TYPE_CHECKING:
    from celoss_cli.cli.table import Command
    from celoss_cli.core.option import Option

__all__ = ["whole_help"]

_OF_PROGRAM = (
    ("-V, --version", "Show the version"),
    ("-h", "Show the short help"),
    ("--help", "Show this; celoss help COMMAND shows that of a command"),
    ("--install-completion", "Install completion for the current shell"),
    ("--show-completion", "Show completion for the current shell, to copy it"),
)


def whole_help(words: Sequence[str]) -> str | None:
    """The whole help of the program, or of the command that the first word names; None for another word.

    Args:
        words: what was typed beside ``--help``.

    """
    if not words:
        return "\n".join(_of_program()) + "\n"
    return "\n".join(_of_command(command_named(words[0]))) + "\n" if words[0] in NAMES else None


def _of_program() -> Iterator[str]:
    yield from program()
    yield ""
    yield "Options:"
    for left, told in _OF_PROGRAM:
        yield from line(left, told)
    yield ""
    yield "Exit codes:"
    for code in ExitCode:
        yield from line(f"{code.value:>3}", code.meaning)


def _of_command(command: Command[Any]) -> Iterator[str]:
    options = command.options()
    arguments = [option for option in options if option.argument]
    yield " ".join(["Usage: celoss", command.name, "[OPTIONS]", *(option.metavar for option in arguments)])
    for paragraph in command.help.split("\n\n"):
        yield ""
        yield from textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
    if arguments:
        yield ""
        yield "Arguments:"
    for option in arguments:
        yield from line(left_of(option), _told(option))
    flags = [option for option in options if not option.argument]
    panels = list(dict.fromkeys(option.panel for option in flags))
    flags.sort(key=lambda option: panels.index(option.panel))
    for panel, among in groupby(flags, key=lambda option: option.panel):
        yield ""
        yield f"{panel or 'Options'}:"
        for option in among:
            yield from line(left_of(option), _told(option))
    yield ""
    yield f"celoss {command.name} -h is shorter; celoss --help tells the exit codes."


def _told(option: Option) -> str:
    """What an option means, with all that its left side leaves out."""
    told = [option.help]
    choices = option.kind.choices
    if choices and "|".join(choices) not in left_of(option):
        told.append(f"One of {', '.join(choices)}.")
    if option.default not in (None, (), False, ""):
        told.append(f"(default: {option.kind.text(option.default)})")
    if option.required and not option.argument:
        told.append("Required.")
    if option.setting and option.kind is not FLAG:
        told.append(f"CELOSS_{option.name.upper()} and the config file may say it too.")
    return " ".join(told)
