"""The first config file of a project, from a data file."""

from __future__ import annotations

import itertools
import math
import os
import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import shell_quoted
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.config import toml
from celoss_cli.cli.inspecting import inspection_of
from celoss_cli.cli.options import Reading
from celoss_cli.cli.output import note, write_file
from celoss_cli.cli.table import given_options
from celoss_cli.cli.trying import report_of_words
from celoss_cli.core.errors import ExitCode, InputError, UsageError, visible

if TYPE_CHECKING:
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.report.report import Report
    from celoss_cli.studies.inspect.parts import ReadingFound

__all__ = ["write_config"]

_ROOM = 1.05
"""The limit is so many times the loss, rounded up."""


def write_config(data: str, path: str) -> int:
    """Writes a commented config with one check of a data file; answers the exit code.

    Args:
        data: the data file.
        path: of the config file, which must not be there.

    Raises:
        UsageError: for a config file that is there.
        InputError: for data that no command reads as it is.

    """
    if os.path.exists(path):
        other = shlex.join(["celoss", "check", "--init", data, "-o", _other_name(path)])
        hint = f"{_running(path)} runs it; {other} writes another one"
        raise UsageError("Expected no config file yet, got one.", hint=hint, place=visible(path))
    found = inspection_of([data], Reading(), None, 0)
    if not found.readings:
        raise InputError(
            "expected a file that a loss reads as it is",
            hint=f"celoss inspect {shell_quoted(data)}",
            place=visible(data),
        )
    reading = found.readings[0]
    words = shlex.split(reading.command)[1:]
    write_file(path, [_text(data, path, words, reading, report_of_words(words, "value"))])
    note(f"celoss: note: {visible(path)}: written; {_running(path)} runs it")
    return ExitCode.DONE


def _other_name(path: str) -> str:
    """The first name of a config file like this one that is free: celoss-2.toml."""
    stem, ending = os.path.splitext(path)
    names = (f"{stem}-{count}{ending}" for count in itertools.count(2))
    return next(name for name in names if not os.path.exists(name))


def _running(path: str) -> str:
    """The command that runs the checks of a config file, which is found by its name or is named."""
    if os.path.normpath(path) == "celoss.toml":
        return "celoss check"
    return " ".join(map(shell_quoted, ["celoss", "check", "--config", path]))


def _text(data: str, path: str, words: list[str], reading: ReadingFound, report: Report) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(data).partition(".")[0]).strip("-") or "data"
    file = os.path.relpath(data, os.path.dirname(path) or ".")
    loss = words[0]
    lines = [
        "# Checks of celoss: `celoss check` runs them all, and exits 1 where a limit does not hold.",
        f"# Paths are relative to this file. Options of `celoss {loss}` are keys here, without their dashes.",
        "",
        f"[checks.{name}]",
        f"loss = {toml(loss)}",
        f"files = {toml(file)}",
        *_keys(words, os.path.dirname(path) or "."),
        *_pins(reading),
    ]
    value = report.value
    if value is not None and math.isfinite(value):
        lines.append(f"max = {_limit(value)!r}  # the mean was {value:.6g} when this was written")
    lines += [
        f"min-count = {report.tally.counted}  # so many targets were counted; fewer are no result",
        "",
        "# A baseline instead of a number: celoss check --update-baselines writes the file.",
        f'# baseline = "baselines/{name}.json"',
        '# max-increase = "1%"',
    ]
    return "\n".join(lines) + "\n"


def _limit(value: float) -> float:
    """A little more than a loss, with few digits."""
    digits = 3 - math.floor(math.log10(abs(value))) if value else 3
    return math.ceil(value * (_ROOM if value > 0 else 1 / _ROOM) * 10**digits) / 10**digits


def _keys(words: list[str], folder: str) -> Iterator[str]:
    """The options of the command as keys, but for those that choose columns."""
    given = parsed(command_named(words[0]), words[1:])
    for record in (given.reading, given.semantics):
        for one in given_options(record, without=("class_columns", "target_column", "weight_column")):
            yield f"{one.option.flag.removeprefix('--')} = {_value(one, folder)}"


def _value(given: GivenOption, folder: str) -> str:
    """The value of an option in TOML; a path as seen from the folder of the config."""
    option, value = given.option, given.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if option.repeatable:
        return f"[{', '.join(toml(option.kind.text(one)) for one in value)}]"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    text = option.kind.text(value)
    return toml(f"@{os.path.relpath(text[1:], folder)}" if option.file and text.startswith("@") else text)


def _pins(reading: ReadingFound) -> Iterator[str]:
    """The columns by name, so that a file with others is refused."""
    columns = reading.columns
    for key, role in (("class-columns", "inputs"), ("target-column", "target"), ("weight-column", "weight")):
        option, pattern = columns.get("inferred", {}).get(role, (f"--{key}", None))
        named = _named(columns, role) if pattern is None else pattern
        if named is not None:
            yield f"{option.removeprefix('--')} = {toml(named)}"


def _named(columns: Any, role: str) -> str | None:
    """The columns of a role where their names can be listed, and are those of columns."""
    found = columns.get(role)
    names = [found] if isinstance(found, str) else found or []
    if "unused" not in columns or not names or "why" not in columns:
        return None
    return ",".join(names) if all(re.fullmatch(r"[\w. -]+", name) for name in names) else None
