"""From options back to a command line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.options import SEMANTIC, conventional_options, reading_options
from celoss_cli.core.errors import visible
from celoss_cli.findings.facts import Spelled

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec

__all__ = ["command_line", "of_parts", "option_words", "shell_quoted", "spelled", "without_files"]

_NAMED = {"\t": "tab", " ": "space"}
"""Delimiters that have a name."""


def command_line(spec: LossSpec, given: Mapping[str, Any]) -> str:
    """The command of the loss that computes the same number, as a shell takes it.

    Args:
        spec: the loss.
        given: the options, those that say how data is read and what is computed among them.

    """
    words = ["celoss", spec.command, *_data_words(given), *_options(_semantic(), given)]
    return " ".join(map(shell_quoted, words))


def spelled(given: Mapping[str, Any]) -> Spelled:
    """What a remedy repeats of the command line.

    Args:
        given: the options.

    """
    return Spelled(_data_words(given), given.get("input"), _semantic_words(given))


def without_files(given: Mapping[str, Any]) -> Spelled:
    """What a partial result keeps of the command line: all but its files and what is asked of no rows."""
    return Spelled(_reading_words(given), semantics=_semantic_words({**given, "on_empty": None}))


def of_parts(files: Iterable[str], kept: Spelled, on_empty: str) -> Spelled:
    """The command line of one run over the files of all parts.

    Args:
        files: in their order.
        kept: what the parts keep of theirs.
        on_empty: as the merge has it.

    """
    said = _semantic_words({"on_empty": on_empty})
    return Spelled([*map(_file, files), *kept.data], semantics={**kept.semantics, **said})


def _data_words(given: Mapping[str, Any]) -> list[str]:
    return [*map(_file, given["files"] or ()), *_reading_words(given)]


def _reading_words(given: Mapping[str, Any]) -> list[str]:
    return list(_options({name: default for name, (_, default) in reading_options().items()}, given))


def _semantic_words(given: Mapping[str, Any]) -> dict[str, list[str]]:
    words = {name: list(_options({name: default}, given)) for name, default in _semantic().items()}
    return {name: said for name, said in words.items() if said}


def _options(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    for name, default in defaults.items():
        value = given.get(name)
        if value is not None and value != default:
            yield from option_words(f"--{name.replace('_', '-')}", value)


def _semantic() -> dict[str, Any]:
    """The options that the number depends on beside the data, with their defaults."""
    declared = {**SEMANTIC, **conventional_options()}
    others = {"reduction": None, "dtype": "float64", "base": "e", "on_empty": "error"}
    return {name: default for name, (_, default) in declared.items()} | others


def _file(path: str) -> str:
    """The name of a file that no command takes for an option."""
    return f"./{path}" if path.startswith("-") and path != "-" else path


def option_words(name: str, value: Any) -> Iterator[str]:
    """An option with its value as words of a command line; a flag is a word by itself."""
    if isinstance(value, bool):
        yield name if value else f"--no-{name.removeprefix('--')}"
        return
    text = _NAMED.get(value, value) if name == "--delimiter" else str(value)
    if text.startswith("-"):
        yield f"{name}={text}"
    else:
        yield from (name, text)


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
