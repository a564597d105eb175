"""From options back to a command line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import visible
from celoss_cli.findings.facts import CommandWords

if TYPE_CHECKING:
    from celoss_cli.cli.options import Reading, Semantics
    from celoss_cli.cli.reading import Data

__all__ = ["command_line", "command_words", "shell_quoted", "words_of_merge", "words_without_files"]


def command_line(data: Data, semantics: Semantics) -> str:
    """The command of the loss that computes the same number, as a shell takes it."""
    words = ["celoss", data.spec.command, *_data_words(data), *_words(semantics)]
    return " ".join(map(shell_quoted, words))


def command_words(data: Data, semantics: Semantics) -> CommandWords:
    """What a remedy repeats of the command line."""
    return CommandWords(_data_words(data), data.values, _semantic_words(semantics))


def words_without_files(reading: Reading, semantics: Semantics) -> CommandWords:
    """What a partial result keeps of the command line: all but its files and what is asked of no rows."""
    return CommandWords(_words(reading), semantics=_semantic_words(replace(semantics, on_empty="error")))


def words_of_merge(files: Iterable[str], kept: CommandWords, semantics: Semantics) -> CommandWords:
    """The command line of one run over the files of all parts.

    Args:
        files: in their order.
        kept: what the parts keep of theirs.
        semantics: as the merge has them.

    """
    more = _semantic_words(semantics)
    return CommandWords([*map(_file, files), *kept.data], semantics={**kept.semantics, **more})


def _data_words(data: Data) -> list[str]:
    return [*map(_file, data.files), *_words(data.reading)]


def _words(options: Any) -> list[str]:
    return [word for given in given_options(options) for word in given.words]


def _semantic_words(semantics: Semantics) -> dict[str, list[str]]:
    return {given.option.name: given.words for given in given_options(semantics)}


def _file(path: str) -> str:
    """The name of a file that no command takes for an option."""
    return f"./{path}" if path.startswith("-") and path != "-" else path


def shell_quoted(text: str) -> str:
    """A word as a shell takes it, on one line and with every character visible.

    A name with characters that cannot be seen is written as $'...', which bash, zsh and ksh know.

    >>> print(shell_quoted("my file.csv"), shell_quoted("a\\nb"))
    'my file.csv' $'a\\x0ab'

    """
    if visible(text) == text:
        return shlex.quote(text)
    return f"$'{''.join(map(_byte, os.fsencode(text)))}'"


def _byte(code: int) -> str:
    char = chr(code)
    plain = 0x20 <= code < 0x7F and char not in "\\'"
    return char if plain else f"\\x{code:02x}"
