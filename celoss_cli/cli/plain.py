"""Command lines that need no parser: flags that there are, each once, with their values, and arguments.

Importing Typer and building its parameters takes a fifth of a short run. What is written here in any other
way (``-k7``, ``--``, a flag that there is not, a value that its option does not take) is left to Typer,
which knows what it means or says what is wrong.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.completing import COMPLETION
from celoss_cli.cli.settings import settle
from celoss_cli.core.errors import CelossError
from celoss_cli.core.option import FLAG

if TYPE_CHECKING:
    from celoss_cli.core.option import Option

__all__ = ["plain_job"]


def plain_job(words: Sequence[str]) -> Callable[[], int] | None:
    """What a plain command line asks for; answers the exit code. None where Typer is to parse it.

    Args:
        words: what stands after the program's name.

    Raises:
        UsageError: for a setting from a variable or the config file that does not hold.

    """
    if not words or words[0] not in NAMES or COMPLETION in os.environ:
        return None
    command = command_named(words[0])
    options = command.options()
    given = _given(options, words[1:])
    if given is None:
        return None
    values = {option.name: option.default for option in options} | given
    settle(options, values, given.__contains__)
    return partial(command.run, command.value(values))


def _given(options: Sequence[Option], words: Sequence[str]) -> dict[str, Any] | None:
    """The values of the options that the words give, by name; None where Typer is asked."""
    named = {name: option for option in options for name in option.names}
    texts: dict[str, list[str]] = {}
    flags: dict[str, bool] = {}
    arguments: list[str] = []
    left = iter(words)
    for word in left:
        name, mark, text = word.partition("=")
        option = named.get(name)
        if not word.startswith("-") or word == "-":
            arguments.append(word)
        elif option is None or option.name in flags:
            return None
        elif option.kind is FLAG and not mark:
            flags[option.name] = name != option.negation
        elif option.kind is FLAG or not (mark or (text := next(left, ""))):
            return None
        else:
            texts.setdefault(option.name, []).append(text)
    if not _placed(options, arguments, texts):
        return None
    with contextlib.suppress(CelossError):
        given = (option for option in options if option.name in texts)
        return flags | {option.name: option.value_of(texts[option.name]) for option in given}
    return None


def _placed(options: Sequence[Option], arguments: list[str], texts: dict[str, list[str]]) -> bool:
    """Gives words without flags to the arguments in order; whether none is left, none missing or twice."""
    for option in options:
        if option.argument and arguments:
            count = len(arguments) if option.repeatable else 1
            texts[option.name], arguments[:count] = arguments[:count], []
    missing = [option for option in options if option.required and option.name not in texts]
    again = [option for option in options if len(texts.get(option.name, ())) > 1 and not option.repeatable]
    return not (arguments or missing or again)
