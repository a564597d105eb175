"""Writes the manual page celoss.1 from the program itself: ``python docs/man/make_man.py``.

The page holds every command, option and exit code as ``--help`` has them, and nothing that changes from
one run to the next. A test fails where it is not the page of the program as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from celoss_cli import __version__
from celoss_cli.cli.app import command
from celoss_cli.cli.config import SETTINGS
from celoss_cli.core.errors import ExitCode
from celoss_cli.losses import LOSSES

PAGE = Path(__file__).with_name("celoss.1")

NOTE = "Written by docs/man/make_man.py from the program; edits here are lost."
SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
UNGROUPED = "Other options"

DESCRIPTION = (
    "celoss reads predictions and targets from files, standard input or the command line, computes a loss as "
    "PyTorch defines it, and shows every step: softmax, logarithm, gather, weight, reduce. Totals are exact, "
    "so they do not depend on order, batching or threads. Scripts use the exit codes and --format json.",
    "The header of a table says which column is what; the output says how it was understood. Data that would "
    "have to be guessed is refused with file, line and column.",
)

ENVIRONMENT = {
    **{f"CELOSS_{name.upper()}": f"The default of --{name}; the option goes before." for name in SETTINGS},
    "COLUMNS": "The width of the output; where it is not set, that of the terminal.",
    "NO_COLOR": "Where it is not empty, nothing is coloured, unless --color always asks for it.",
    "FORCE_COLOR": "Where it is not empty, the output is coloured also in a pipe.",
    "GITHUB_STEP_SUMMARY": "With --format github, the file to which the result is added.",
}

FILES = {
    "celoss.toml": "The nearest one, from the working directory upwards, holds the named checks of "
    f"celoss check and defaults of the options {', '.join(SETTINGS)}.",
    "pyproject.toml": "The same under [tool.celoss].",
}

COMPLETION = (
    "celoss --install-completion sets up completion in bash, zsh or fish for good; celoss --show-completion "
    "prints the script instead.",
)

SEE_ALSO = (
    "celoss explain NAME: the formula, the options and a worked example of a loss, or a finding in words.",
)


@dataclass(slots=True)
class Entry:
    """An option or argument, and the commands that take it.

    Attributes:
        names: as they are typed.
        metavar: what stands for its value, or "".
        help: its line of help.
        panel: the heading it stands under.
        commands: the commands, in order.

    """

    names: tuple[str, ...]
    metavar: str
    help: str
    panel: str
    commands: list[str] = field(default_factory=list)


def page() -> str:
    """The whole page."""
    program = command()
    return "".join(f"{line}\n" for line in _lines(program))


def _lines(program: Any) -> Iterator[str]:
    yield f'.\\" {NOTE}'
    yield f'.TH CELOSS 1 "" "celoss {__version__}" "User Commands"'
    yield from (".nh", ".ad l")  # names of functions are copied: no word is broken
    yield from [".SH NAME", f"celoss {_escaped('-')} {_escaped(_first_sentence(program.help))}"]
    yield ".SH SYNOPSIS"
    for name, found in program.commands.items():
        yield from _synopsis(name, found)
    yield from _section("DESCRIPTION", DESCRIPTION)
    yield ".SH COMMANDS"
    for name, found in program.commands.items():
        yield from _command(name, found)
    yield ".SH OPTIONS"
    for panel, entries in _panels(program):
        yield from [f".SS {_escaped(panel)}"]
        for entry in entries:
            yield from _entry(entry, len(program.commands))
    yield from _table("EXIT STATUS", {str(int(code)): f"{code.meaning}." for code in ExitCode})
    yield from _table("ENVIRONMENT", ENVIRONMENT)
    yield from _table("FILES", FILES)
    yield from _section("COMPLETION", COMPLETION)
    yield from _section("SEE ALSO", SEE_ALSO)


def _synopsis(name: str, found: Any) -> Iterator[str]:
    arguments = [param.metavar for param in found.params if param.param_type_name == "argument"]
    yield f".B celoss {_escaped(name)}"
    yield f"[\\fIOPTION\\fR]... {' '.join(map(_escaped, arguments))}".rstrip()
    yield ".br"


def _command(name: str, found: Any) -> Iterator[str]:
    """A command with what it does, its arguments and its example."""
    yield f".SS celoss {_escaped(name)}"
    for number, paragraph in enumerate(found.help.split("\n\n")):
        yield from [".PP"] if number else []
        yield from _text(paragraph)
    for param in found.params:
        if param.param_type_name == "argument":
            yield from _item(f"\\fI{_escaped(param.metavar)}\\fR", param.help)


# --------------------------------------------------------------------------------------------- options


def _panels(program: Any) -> Iterator[tuple[str, list[Entry]]]:
    """Every option once, under the headings of ``--help``; those of the program itself come last."""
    entries: dict[tuple[Any, ...], Entry] = {}
    for name, found in (*program.commands.items(), ("", program)):
        for param in found.params:
            if param.param_type_name == "option":
                entry = _entry_of(param)
                key = (entry.names, entry.metavar, entry.help)
                entries.setdefault(key, entry).commands.append(name)
    panels: dict[str, list[Entry]] = {}
    for entry in entries.values():
        panels.setdefault(entry.panel, []).append(entry)
    others = panels.pop(UNGROUPED, [])
    yield from panels.items()
    yield UNGROUPED, [*others, Entry(("--help", "-h"), "", "Show the help of celoss or of a command.", "")]


def _entry_of(param: Any) -> Entry:
    metavar = "" if param.is_flag else param.metavar or "VALUE"
    return Entry(
        (*param.opts, *param.secondary_opts), metavar, param.help, param.rich_help_panel or UNGROUPED
    )


def _entry(entry: Entry, commands: int) -> Iterator[str]:
    names = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in entry.names)
    label = f"{names} \\fI{_escaped(entry.metavar)}\\fR" if entry.metavar else names
    yield from _item(label, f"{entry.help} {_of(entry.commands, commands)}".rstrip())


def _of(taken_by: Sequence[str], commands: int) -> str:
    """Which commands take an option, where not all do."""
    if taken_by in ([], [""]) or len(taken_by) == commands:
        return ""
    losses = [name for name in taken_by if name in LOSSES]
    others = [name for name in taken_by if name not in LOSSES]
    named = ["the losses"] if len(losses) == len(LOSSES) else losses
    return f"Of {_listed([*named, *others])}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


# ------------------------------------------------------------------------------------------------ roff


def _section(title: str, paragraphs: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    for number, paragraph in enumerate(paragraphs):
        yield from [".PP"] if number else []
        yield from _text(paragraph)


def _table(title: str, items: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for name, meaning in items.items():
        yield from _item(f"\\fB{_escaped(name)}\\fR", f"{meaning[0].upper()}{meaning[1:]}")


def _item(label: str, text: str) -> Iterator[str]:
    yield from (".TP", label)
    yield from _text(text)


def _text(text: str) -> Iterator[str]:
    """Each sentence on a line of its own, as roff likes them; an example as it is typed."""
    before, example, line = " ".join(text.split()).partition("Example: ")
    for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", before.strip()):
        if sentence:
            yield _guarded(_escaped(sentence))
    if example:
        yield from ("Example:", ".PP", ".RS 4", ".EX", _guarded(_escaped(line)), ".EE", ".RE")


def _first_sentence(text: str) -> str:
    return text.split(": ")[0].strip().rstrip(".").lower()


def _guarded(line: str) -> str:
    """A line of text that roff takes for no request."""
    return f"\\&{line}" if line[:1] in (".", "'") else line


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(char, char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="ascii")
