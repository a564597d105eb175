"""From options back to a command line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from celoss_cli.cli.options import SEMANTIC, conventional_options, reading_options
from celoss_cli.errors import visible
from celoss_cli.losses import LossSpec

__all__ = ["command_line", "shell_quoted"]

_NAMED = {"\t": "tab", " ": "space"}
"""Delimiters that have a name."""


def command_line(spec: LossSpec, given: Mapping[str, Any]) -> str:
    """The command of the loss that computes the same number, as a shell takes it.

    Args:
        spec: the loss.
        given: the options, those that say how data is read and what is computed among them.

    """
    words = ["celoss", spec.command, *map(_file, given["files"])]
    for name, default in _that_matter().items():
        value = given.get(name)
        if value is not None and value != default:
            words.extend(_option(f"--{name.replace('_', '-')}", value))
    return " ".join(map(shell_quoted, words))


def _that_matter() -> dict[str, Any]:
    """The options that the number depends on, with their defaults."""
    declared = {**reading_options(), **SEMANTIC, **conventional_options()}
    others = {"reduction": None, "dtype": "float64", "base": "e", "on_empty": "error"}
    return {name: default for name, (_, default) in declared.items()} | others


def _file(path: str) -> str:
    """The name of a file that no command takes for an option."""
    return f"./{path}" if path.startswith("-") and path != "-" else path


def _option(name: str, value: Any) -> Iterator[str]:
    if value is True:
        yield name
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
