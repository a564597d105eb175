"""The commands that celoss prints in its texts, and whether they run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from running import Done

from celoss_cli.cli.commands import NAMES

__all__ = ["commands", "runs", "texts"]

_STANDS_FOR = re.compile(
    r"^(with|@targets\.csv|@labels\.npy|@?[A-Z]{3,}|[A-Z]+=[A-Z]+|OLD|NEW|X|N|A|B|K|[a-z]+=FILE|\.\.\.|…|\[.*\])$"
)
"""A word that stands for what a reader puts there."""

_A_COMMAND = re.compile(r"(?<!\| )\bceloss [a-z][^`\n]*")
"""Not one that reads what another program writes."""


def texts(value: Any) -> Iterator[str]:
    """Every text of a JSON document."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a text, as words after ``celoss``, without those in which a word stands for another."""
    for found in _A_COMMAND.findall(text):
        words = _split(found)
        if len(words) > 2 and words[1] in NAMES and not any(map(_STANDS_FOR.match, words)):
            yield words[1:]


def _split(command: str) -> list[str]:
    """The words of a command, up to where a sentence goes on."""
    for end in ("; ", "  (", ", or ", " (", " or "):
        command = command.partition(end)[0]
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    return [] if {"|", "<", ">", "&&"} & set(words) else words


def runs(done: Done) -> bool:
    """Whether a command ran, or was refused for another doubt with a way out."""
    further = [line for line in done.stderr.splitlines() if line.startswith("  celoss ")]
    return done.returncode in (0, 1) or (
        done.returncode == 3 and ('"commands"' in done.stderr or bool(further))
    )
