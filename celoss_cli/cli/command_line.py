"""From options, and from the ways out of a refusal, back to command lines."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.cli.options import Reading
from celoss_cli.cli.table import given_options, given_words, options_in
from celoss_cli.core.errors import visible
from celoss_cli.core.option import FLAG, flag_words
from celoss_cli.core.records import replace
from celoss_cli.findings.facts import CommandWords
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import Semantics
    from celoss_cli.core.errors import CelossError, Way

__all__ = [
    "command_line",
    "command_words",
    "commands",
    "shell_quoted",
    "words_of",
    "words_of_merge",
    "words_without_files",
]


def command_line(data: Data, semantics: Semantics) -> str:
    """The command of the loss that computes the same number, as a shell takes it."""
    words = ["celoss", data.spec.command, *_data_words(data), *given_words(semantics)]
    return " ".join(map(shell_quoted, words))


def command_words(data: Data, semantics: Semantics) -> CommandWords:
    """What a remedy repeats of the command line."""
    return CommandWords(_data_words(data), data.values, _semantic_words(semantics))


def words_without_files(reading: Reading, semantics: Semantics) -> CommandWords:
    """What a partial result keeps of the command line: all but its files and what is asked of no rows."""
    return CommandWords(given_words(reading), semantics=_semantic_words(replace(semantics, on_empty="error")))


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
    return [*map(_file, data.files), *given_words(data.reading)]


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


# -------------------------------------------------------------------------------- the ways out of a refusal

_OF_COLUMNS = (
    *("--class-columns", "--target-column", "--id-column", "--weight-column", "--positive"),
    "--predicted-column",
)
"""Options whose ways out are readings of a file."""

_KIND = "--input-is"

_LOOKING = "shows each column, and why"

_WITHOUT_OPTIONS = ("check",)
"""Commands whose options are read from a file."""


_TWICE = 2

_MOST_OFFERED = 8
"""Where more commands are found, each way out leads to the likeliest alone."""


def commands(
    error: CelossError,
    arguments: Sequence[str],
    leading_on: Callable[[Sequence[str]], Sequence[tuple[Sequence[str], str]]] = lambda words: [(words, "")],
) -> list[tuple[str, str]]:
    """The ways out as commands for a shell, and what each means in words.

    Args:
        error: with ways out.
        arguments: the words that were typed after the program's name.
        leading_on: what such a command line leads to, the likeliest first, each with what it means beside.

    """
    by_way = [_offered(way, arguments, leading_on) for way in error.ways]
    if sum(map(len, by_way)) > _MOST_OFFERED:
        by_way = [offered[:1] for offered in by_way]
    told: dict[str, str] = {}
    for command, means in chain.from_iterable(by_way):
        told.setdefault(command, means)
    found = list(told.items())
    if any(name in _OF_COLUMNS for way in error.ways for name, _ in way.options):
        refused = next((way.words for way in error.ways if way.words), arguments)
        for words in _inspecting(refused):
            found += [
                (" ".join(map(shell_quoted, ["celoss", *led])), _LOOKING) for led, _ in leading_on(words)[:1]
            ]
    return found


def _as_typed(way: Way, words: Sequence[str]) -> str:
    """A command for a shell, behind the one whose output it reads."""
    piped = f"{' '.join(map(shell_quoted, way.piped))} | " if way.piped else ""
    return piped + " ".join(map(shell_quoted, words))


def _offered(
    way: Way,
    arguments: Sequence[str],
    leading_on: Callable[[Sequence[str]], Sequence[tuple[Sequence[str], str]]],
) -> list[tuple[str, str]]:
    """The commands that a way out leads to, and what each means."""
    arguments = way.words or arguments
    if arguments and arguments[0] in _WITHOUT_OPTIONS:
        words = [word for name, value in way.options for word in _with_value(name, value)]
        return [(_as_typed(way, words), way.meaning)] if words else []
    words = words_of(way, arguments)
    if way.piped:
        can_be = way.piped[-1] in arguments and words.count("-") < _TWICE
        led: Sequence[tuple[Sequence[str], str]] = [(words, "")] if can_be else []
    else:
        led = leading_on(words)
    return [
        (_as_typed(way, ["celoss", *found]), "; ".join(filter(None, (way.meaning, means))))
        for found, means in led
    ]


def words_of(way: Way, arguments: Sequence[str]) -> list[str]:
    """What is typed after the program's name to take a way out.

    Args:
        way: the way.
        arguments: what was typed.

    """
    if way.command and not _takes(arguments, way):
        arguments = [way.command, *_of_data(arguments)[0]]
    added = [word for name, value in way.options for word in _with_value(name, value)]
    dropped = _with_aliases({*way.without, *(name for name, _ in way.options)}, arguments)
    if way.command and arguments and arguments[0] in NAMES:
        dropped |= set().union(*map(_flags, LOSSES)) - _flags(way.command)
        if _kind(arguments) not in (None, *LOSSES[way.command].kinds):
            dropped.add(_KIND)
        at = _place_of_loss(arguments)
        if at == 0:
            arguments = _renamed(arguments, LOSSES[arguments[0]].takes, LOSSES[way.command].takes)
        if at is not None:
            arguments = [*arguments[:at], way.command, *arguments[at + 1 :]]
        elif _names_loss_by_a_word(arguments[0]):
            arguments = [arguments[0], way.command, *arguments[1:]]
        elif "--loss" in _flags(arguments[0]):
            dropped.add("--loss")
            added += ["--loss", way.command]
    typed = list(_without(arguments, dropped))
    if way.piped:
        others = [word for word in typed if word != way.piped[-1]]
        named = _must_name_files(arguments[0]) or _of_data(others)[1]
        typed = ["-" if word == way.piped[-1] else word for word in typed] if named else others
    if way.not_files:
        typed = [word for word in typed if word not in ("--", *way.not_files)]
    return [*typed, *added]


def _must_name_files(command: str) -> bool:
    """Whether standard input is only read where ``-`` says so."""
    return any(
        option.argument and option.file == "read" and option.required
        for option in command_named(command).options()
    )


def _takes(arguments: Sequence[str], way: Way) -> bool:
    """Whether the command that was typed computes the loss of a way out too."""
    if not arguments or arguments[0] not in NAMES or arguments[0] in LOSSES:
        return True
    options = command_named(arguments[0]).options()
    flags = {name for option in options for name in option.names}
    names_loss = any(option.name == "loss" for option in options)
    return names_loss and way.needs in ("", *flags) and flags.issuperset(name for name, _ in way.options)


def _with_aliases(flags: set[str], arguments: Sequence[str]) -> set[str]:
    """Options as they may be typed, with every other flag that each has: -y of --targets."""
    if not arguments or arguments[0] not in NAMES:
        return flags
    every = (option.flags for option in command_named(arguments[0]).options() if flags & {*option.flags})
    return flags.union(*every)


def _kind(arguments: Sequence[str]) -> str | None:
    """What the input was said to be."""
    for word, value in zip(arguments, [*arguments[1:], ""], strict=True):
        flag, equals, joined = word.partition("=")
        if flag == _KIND:
            return joined if equals else value
    return None


def _inspecting(arguments: Sequence[str]) -> Iterator[list[str]]:
    """The command that looks at the files of a command line, where it has any."""
    if not arguments or arguments[0] not in NAMES or arguments[0] == "inspect":
        return
    files = [option for option in command_named(arguments[0]).options() if option.name == "files"]
    if not (files and files[0].argument):
        return
    typed, named = _of_data(arguments)
    if named:
        yield ["inspect", *typed]


def _of_data(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """The words that say which files are read, and how; and whether any file is among them."""
    kept = {name for option in options_in(Reading) for name in option.names}
    valued, words = _flags(arguments[0]), iter(arguments[1:])
    typed: list[str] = []
    named = False
    for word in words:
        value = [next(words, "")] if word in valued else []
        if (not word.startswith("-") or word == "-") and word not in LOSSES:
            typed.append(word)
            named = True
        elif word.partition("=")[0] in kept:
            typed += [word, *value]
    return typed, named


def _renamed(arguments: Sequence[str], old: str, new: str) -> list[str]:
    """The words with the input's option as another loss calls it: --logits of --probs."""
    flags = {f"--{old}": f"--{new}"}
    pairs = (word.partition("=") for word in arguments)
    return ["".join((flags.get(flag, flag), equals, value)) for flag, equals, value in pairs]


def _place_of_loss(arguments: Sequence[str]) -> int | None:
    """Where the loss is typed as a word by itself; None where an option names it, or nothing."""
    if arguments[0] in LOSSES:
        return 0
    if _names_loss_by_a_word(arguments[0]):
        return next((at for at, word in enumerate(arguments) if word in LOSSES), None)
    return None


def _names_loss_by_a_word(command: str) -> bool:
    return any(option.argument for option in command_named(command).options() if option.name == "loss")


def _with_value(name: str, value: str) -> Iterator[str]:
    """An option with its value, which may be empty; one that is a word by itself has none."""
    return flag_words(name, value) if value or name not in _by_themselves() else iter([name])


@cache
def _by_themselves() -> frozenset[str]:
    """The options of losses that take no value."""
    options = (option for loss in LOSSES for option in command_named(loss).options())
    return frozenset(name for option in options if option.kind is FLAG for name in option.names)


def _flags(command: str) -> set[str]:
    """The options of a command that take a value, as they are typed."""
    options = [option for option in command_named(command).options() if option.kind is not FLAG]
    return {name for option in options for name in option.names}


def _without(arguments: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """The words without some options and their values."""
    words = iter(arguments)
    for word in words:
        if word in options:
            next(words, None)
        elif word.partition("=")[0] not in options:
            yield word
