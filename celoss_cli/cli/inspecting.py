"""The readings of a file: each is tried as the command line that would read it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from celoss_cli.cli.command_line import shell_quoted, words_of
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.first_rows import Opener, is_to_be_written
from celoss_cli.cli.options import Reading
from celoss_cli.cli.table import given_options
from celoss_cli.cli.trying import Tried, attempts, fits, kind_of
from celoss_cli.core.errors import CelossError, InputError, UsageError, Way
from celoss_cli.core.records import replace
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.studies.inspect.parts import (
    Inspection,
    Part,
    ReadingFound,
    of_arrays,
    of_columns,
    of_dump,
    rows_looked_at,
)

__all__ = ["by_loss", "commands_of", "inspection_of"]

_MOST_SHOWN, _MOST_REFUSED = 8, 3


def inspection_of(files: Sequence[str], reading: Reading, loss: str | None, rows: int) -> Inspection:
    """What files hold, and how they can be read.

    Args:
        files: one data set; none for standard input.
        reading: how they are read.
        loss: the only loss to look for, or None.
        rows: how many of the first rows are told.

    Raises:
        CelossError: for what cannot be looked at in any way.

    """
    if not files and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("Expected a file or data on standard input, got none.", hint="celoss inspect -h")
    files = tuple(files) or ("-",)
    opener = Opener(files)
    tried = list(_keeping_few(attempts(opener, files, reading, loss)))
    seen = [found for found in tried if found.holds]
    fitting = [found for found in tried if found.columns is not None and fits(found)]
    if not seen and not fitting:
        raise _refusal(tried)
    sure = [found for found in fitting if _adds_up(found)]
    plain = [found for found in fitting if not found.offered]
    readings = _distinct(plain or sure or sorted(fitting, key=_chooses_columns))[:_MOST_SHOWN]
    first = readings[0] if readings else None
    furthest = sorted(tried, key=lambda found: (found.evaluation is None, not found.offered))
    refused = dict.fromkeys(_in_the_way(found, found.error) for found in furthest if found.error is not None)
    if first is not None and _is_empty(first):
        readings, refused = [], {"expected rows to compute a loss of, got no rows": None}
    shown = first or seen[0]
    if seen and not shown.holds:  # the columns are kept of another one
        shown = replace(shown, settled=seen[0].settled, shapes=seen[0].shapes)
    of, parts, looked_at = _parts(_as_typed(shown, reading), rows)
    return Inspection(
        files=files,
        of=of,
        parts=parts,
        rows=looked_at,
        whole=not opener.others and _whole(first, looked_at),
        readings=[_reading(found) for found in readings],
        refused=list(refused)[:_MOST_REFUSED],
    )


def _keeping_few(tried: Iterator[Tried]) -> Iterator[Tried]:
    """The attempts; the columns of a wide table are kept of the first one, and of the first that fits."""
    seen = fitted = False
    for found in tried:
        fitting = found.columns is not None and fits(found)
        if seen and (fitted or not fitting):
            found.settled.columns = ()
        seen, fitted = seen or bool(found.settled.columns), fitted or fitting
        yield found


def _refusal(tried: Sequence[Tried]) -> CelossError:
    """What stands in the way of all readings: an option rather than the data; its ways out were all tried.

    What is data of another loss was tried as that, and is told of that.
    """
    found = [one.error for one in tried if one.error is not None]
    errors = [one for one in found if not any(way.command for way in one.ways)] or found
    if not errors:
        return InputError("expected rows that a loss can be computed of, got none")
    error = next((one for one in errors if isinstance(one, UsageError)), errors[0])
    has = {option.flag for option in command_named("inspect").options()}
    error.ways = tuple(way for way in error.ways if has.issuperset(name for name, _ in way.options))
    return error


def _in_the_way(found: Tried, error: CelossError) -> str:
    """What refused a command line, and the commands that take a file which is to be written first."""
    words = [["celoss", *words_of(way, found.words)] for way in error.ways]
    commands = [" ".join(map(shell_quoted, one)) for one in words if any(map(is_to_be_written, one))]
    return "; ".join((error.sentence, *commands))


def _as_typed(found: Tried, reading: Reading) -> Tried:
    """An attempt whose columns are told to be named by an option only where it was typed."""
    if found.columns is None:
        return found
    typed = {f"named by {given.option.flag}" for given in given_options(reading)}
    reasons = found.columns.get("why", {})
    kept = {role: why for role, why in reasons.items() if not _is_named(why) or why in typed}
    return replace(found, columns={**found.columns, "why": kept})


def _is_named(why: Any) -> bool:
    return isinstance(why, str) and why.startswith("named by --")


def _is_empty(found: Tried) -> bool:
    """Whether a header is all there is, so that no command gives a number."""
    return found.evaluation is not None and not found.evaluation.tally.rows


def _whole(first: Tried | None, looked_at: int) -> bool:
    """Whether the rows that were looked at are all."""
    if first is None or first.evaluation is None:
        return False
    return first.whole if first.dump else first.evaluation.tally.rows <= looked_at


def _parts(found: Tried, rows: int) -> tuple[str, list[Part], int]:
    """The columns, arrays or fields of records, and how many rows were looked at."""
    if found.dump and found.columns is not None and found.evaluation is not None:
        return "fields", of_dump(found.dump, found.columns), found.evaluation.tally.rows
    columns = found.settled.columns
    if columns:
        return "columns", of_columns(columns, found.columns, rows), rows_looked_at(columns)
    return "arrays", of_arrays(found.shapes, found.columns, rows), 0


def _adds_up(found: Tried) -> bool:
    """Whether the values of every row are the probabilities of classes, as no other numbers are."""
    return LOSSES[found.words[0]].per == "class" and kind_of(found.words) in ("probs", "log-probs")


_TELLING_APART = ("--positive", "--predicted-column", "--per", "--censored")
"""Options whose values make other numbers of the same columns."""


def _chooses_columns(found: Tried) -> bool:
    """Whether an option says which columns are the input, where others are read as the file has them."""
    return "--class-columns" in found.words


def _distinct(fitting: Sequence[Tried]) -> list[Tried]:
    """Those that differ in what they compute."""
    found: dict[Any, Tried] = {}
    for one in fitting:
        columns = one.columns or {}
        roles = (tuple(columns.get("inputs") or ()), str(columns.get("target")), str(columns.get("weight")))
        positive = [
            after for word, after in zip(one.words, one.words[1:], strict=False) if word in _TELLING_APART
        ]
        found.setdefault((one.words[0], kind_of(one.words), *roles, *positive), one)
    return list(found.values())


def _reading(found: Tried) -> ReadingFound:
    words = ["celoss", *found.words]
    return ReadingFound(
        command=" ".join(map(shell_quoted, words)),
        loss=LOSSES[found.words[0]].title,
        takes=TOKENS if found.dump == "tokens" else kind_of(found.words),
        columns=found.columns or {},
        told="" if found.told.startswith("named by") else found.told,
        notes=list(found.notes),
        plain=not found.offered,
    )


def by_loss(file: str) -> Sequence[Way]:
    """The losses that a file can be read for, the likeliest first; none of what is no file."""
    found = commands_of(file)
    return [Way(LOSSES[name].title, (), command=name) for name in dict.fromkeys(words[1] for words in found)]


def commands_of(file: str) -> Sequence[Sequence[str]]:
    """The words of each command that computes a loss of a file.

    Where the file alone says how it is read, those that an option of columns makes of it are left out.
    """
    if not os.path.isfile(file):
        return []
    try:
        found = inspection_of([file], Reading(), None, 0).readings
    except CelossError:
        return []
    plain = [reading for reading in found if reading.plain]
    words = [shlex.split(reading.command) for reading in plain or found]
    return [each for each in words if each[1] in LOSSES]
