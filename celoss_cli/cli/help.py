"""The help: ``-h`` fits one screen, ``--help`` is whole, 80 columns wide. Nothing here loads the parser."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands import NAMES, command_named, panel_of
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.option import FLAG
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.cli.table import Command
    from celoss_cli.core.option import Option

__all__ = ["short_help", "whole_help"]

_WIDTH = 80
_LEFT = 26
"""Where the second column begins."""

_LEFT_OF_COMMANDS = 16
"""The same where the first column holds names of commands."""

_LONGEST = 40
"""Of a choice with more characters only the kind is told."""

_MOST = 10
_USED = (
    *(
        "input",
        "targets",
        "target_column",
        "class_columns",
        "input_is",
        "weight",
        "ignore_index",
        "reduction",
    ),
    *("by", "max", "baseline", "format", "output", "loss", "got", "config", "fail_on", "rows", "scheme"),
)
"""The options that people use, most of all first."""

_CODES = "Exit codes: 0 done, 1 a check failed, 2 usage, 3 bad input, 4 output, 5 limit."


def short_help(words: Sequence[str]) -> str | None:
    """The short help of the program, or of the command of this name; None where there is no such command.

    Args:
        words: what was typed before ``-h``.

    """
    if not words:
        return "\n".join((*_program(), _CODES)) + "\n"
    if words[0] not in NAMES:
        return None
    return "\n".join(_short_of_command(command_named(words[0]))) + "\n"


def _program() -> Iterator[str]:
    """The lines about the program: its commands, and where its options are looked for."""
    yield "Usage: celoss COMMAND [OPTIONS] [FILE]..."
    yield ""
    yield "The loss calculator for the shell: exact losses with every step shown."
    for panel, names in groupby(sorted(NAMES, key=_place), key=panel_of):
        yield ""
        yield f"{panel}:"
        for name in names:
            yield from _line(name, command_named(name).help.partition("\n\n")[0], _LEFT_OF_COMMANDS)
    yield ""
    yield "celoss COMMAND -h shows a command, --help all of its options, -V the version."
    yield "CELOSS_FORMAT, CELOSS_COLOR and CELOSS_JOBS are defaults of these options."


def _place(name: str) -> int:
    return ("Losses", "Understand", "Gate", "Files").index(panel_of(name))


def _short_of_command(command: Command[Any]) -> Iterator[str]:
    options = command.options()
    arguments = " ".join(option.metavar for option in options if option.argument)
    yield f"Usage: celoss {command.name} [OPTIONS] {arguments}".rstrip()
    yield ""
    yield from textwrap.wrap(command.help.partition("\n\n")[0], _WIDTH)
    yield ""
    yield "Examples:"
    for example in _examples(command):
        yield from _broken(example)
    flags = [option for option in options if not option.argument]
    yield ""
    yield "Options:"
    for option in _used(flags):
        yield from _line(_left_of(option), option.help.partition(". ")[0].rstrip("."))
    yield ""
    if command.name in LOSSES:
        yield f"celoss explain {command.name}: the formula, and what every option means."
    yield f"celoss {command.name} --help: all {len(flags)} options."
    yield _CODES


def _examples(command: Command[Any]) -> Iterator[str]:
    """Up to three command lines; the one of the command itself comes last."""
    if command.name in LOSSES:
        yield f"celoss {command.name} preds.csv"
        yield f"celoss {command.name} preds.csv --max 0.65 --format value"
    for paragraph in command.help.split("\n\n"):
        if paragraph.startswith("Example: "):
            yield " ".join(paragraph.removeprefix("Example: ").split())


def _broken(example: str) -> Iterator[str]:
    """A command line, on as many lines as a shell takes for one."""
    lines = textwrap.wrap(
        example, _WIDTH - 4, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    for at, text in enumerate(lines, 1):
        yield f"  {text}" + (" \\" if at < len(lines) else "")


def _used(options: Sequence[Option]) -> list[Option]:
    """The ten that people use, in the order of the whole help."""
    ranked = sorted(options, key=lambda found: _USED.index(found.name) if found.name in _USED else len(_USED))
    chosen = {option.name for option in ranked[:_MOST]}
    return [option for option in options if option.name in chosen]


def _left_of(option: Option) -> str:
    """An option as it is typed, with its value in a word."""
    if option.argument:
        return option.metavar
    names = ", ".join(reversed(option.flags)) if option.flags else option.flag
    names += f", {option.negation}" if option.negation else ""
    value = "" if option.kind is FLAG else option.metavar or option.kind.metavar
    value = value if len(value) <= _LONGEST else option.name.rpartition("_")[2].upper()
    return f"{names} {value}".rstrip()


def _line(left: str, told: str, at: int = _LEFT) -> Iterator[str]:
    """A name and what it means; on a line of its own where it is long, and broken between words."""
    lines = textwrap.wrap(told, _WIDTH - at, break_long_words=False, break_on_hyphens=False) or [""]
    if len(left) + 4 > at:
        yield from textwrap.wrap(f"  {left}", _WIDTH, subsequent_indent="      ", break_long_words=False)
    else:
        yield f"  {left}".ljust(at) + lines.pop(0)
    for line in lines:
        yield " " * at + line


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
    yield from _program()
    yield ""
    yield "Options:"
    for left, told in _OF_PROGRAM:
        yield from _line(left, told)
    yield ""
    yield "Exit codes:"
    for code in ExitCode:
        yield from _line(f"{code.value:>3}", code.meaning)


def _of_command(command: Command[Any]) -> Iterator[str]:
    options = command.options()
    arguments = [option for option in options if option.argument]
    yield " ".join(["Usage: celoss", command.name, "[OPTIONS]", *(option.metavar for option in arguments)])
    for paragraph in command.help.split("\n\n"):
        yield ""
        yield from textwrap.wrap(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if arguments:
        yield ""
        yield "Arguments:"
    for option in arguments:
        yield from _line(_left_of(option), _told(option))
    flags = [option for option in options if not option.argument]
    panels = list(dict.fromkeys(option.panel for option in flags))
    flags.sort(key=lambda option: panels.index(option.panel))
    for panel, among in groupby(flags, key=lambda option: option.panel):
        yield ""
        yield f"{panel or 'Options'}:"
        for option in among:
            yield from _line(_left_of(option), _told(option))
    yield ""
    yield f"celoss {command.name} -h is shorter; celoss --help tells the exit codes."


def _told(option: Option) -> str:
    """What an option means, with all that its left side leaves out."""
    told = [option.help]
    choices = option.kind.choices
    if choices and "|".join(choices) not in _left_of(option):
        told.append(f"One of {', '.join(choices)}.")
    if option.default not in (None, (), False, ""):
        told.append(f"(default: {option.kind.text(option.default)})")
    if option.required and not option.argument:
        told.append("Required.")
    if option.setting and option.kind is not FLAG:
        told.append(f"CELOSS_{option.name.upper()} and the config file may say it too.")
    return " ".join(told)
