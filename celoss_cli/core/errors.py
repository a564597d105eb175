"""One family of exceptions, and the exit codes they turn into.

Code deep down states a fact ("expected 4 values, got 3"). On the way up the source adds the place
(``preds.csv:17``), and the command line prefixes ``celoss: error:`` once. Nothing in here prints.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import IntEnum
from itertools import islice
from typing import ClassVar, NamedTuple, Self

__all__ = [
    "CelossError",
    "ExitCode",
    "InputError",
    "LimitError",
    "OutputError",
    "UsageError",
    "Way",
    "file_name",
    "listed",
    "plural",
    "quoted",
    "shown",
    "visible",
]


class ExitCode(IntEnum):
    """What the process answers; scripts may rely on every one of these."""

    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    NO_OUTPUT = 4
    LIMIT = 5
    BUG = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        return _MEANING[self]


_MEANING = {
    ExitCode.DONE: "done, every check passed",
    ExitCode.CHECK_FAILED: "computed, and a requested check failed; nothing else exits 1",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.BAD_INPUT: "the input data is bad: nothing was computed from it",
    ExitCode.NO_OUTPUT: "the output could not be written",
    ExitCode.LIMIT: "a resource limit was reached (line too long, out of memory)",
    ExitCode.BUG: "a bug in celoss",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.PIPE_CLOSED: "the reader of standard output went away",
    ExitCode.TERMINATED: "terminated",
}


class Way(NamedTuple):
    """One way out of a refusal: options to be added to the command line.

    Attributes:
        told: what they mean, in words, or "".
        options: their names and values, "" for a word by itself, instead of those given.
        command: the command that takes them, where it is another one, or "".
        not_files: what was given as files, and is left out.
        words: the command line that it is added to, where it is another one than was typed.
        without: options that are left out.
        piped: a command line whose output is the data in place of the files.
        needs: the option that a command has which takes this way; the loss's own is meant in place of others.

    """

    meaning: str
    options: tuple[tuple[str, str], ...]
    command: str = ""
    not_files: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    piped: tuple[str, ...] = ()
    needs: str = ""

    def __str__(self) -> str:
        words = [f"celoss {self.command}"] if self.command else []
        words += [" ".join(("celoss", *self.words))] if self.words and not (words or self.options) else []
        words += [f"{name} {value}" for name, value in self.options]
        words += [f"without {name}" for name in self.without]
        words += [f"after {' '.join(self.piped)}"] if self.piped else []
        return " ".join(words)


class CelossError(Exception):
    """Root of every error that celoss raises on purpose.

    Attributes:
        fact: one sentence that says what was expected and what was found.
        hint: the way out, or "".
        ways: the ways out that are options, the likeliest first; the command line makes commands of them.
        place: where it was found, outermost first ("preds.csv:17:4"), or "".
        element: index of the offending loss element within its batch, when only the batch is known.
        in_input: whether that element of the input is meant, and not its target.
        elsewhere: whether the place is of another file than the one that is read, which adds nothing to it.

    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        fact: str,
        *,
        hint: str = "",
        ways: Sequence[Way] = (),
        place: str = "",
        element: int | None = None,
        in_input: bool = False,
        elsewhere: bool = False,
    ) -> None:
        super().__init__(fact)
        self.fact = fact
        self.hint = hint
        self.ways = tuple(ways)
        self.place = place
        self.element = element
        self.in_input = in_input
        self.elsewhere = elsewhere

    def of_command(self, words: Sequence[str]) -> Self:
        """The same error with ways out that are added to these words, which nobody typed."""
        self.ways = tuple(way._replace(words=way.words or tuple(words)) for way in self.ways)
        return self

    def at(self, place: str) -> Self:
        """The same error with ``place`` put in front of what is known already.

        It stays as it is where that begins with it, or is of another file.
        """
        if not self.elsewhere and not f"{self.place}:".startswith(f"{place}:"):
            self.place = f"{place}: {self.place}" if self.place else place
        self.element = None
        return self

    @property
    def sentence(self) -> str:
        """Place, fact and hint, without the ways out that are options."""
        where = f"{self.place}: " if self.place else ""
        way_out = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.fact}{way_out}"

    def __str__(self) -> str:
        return f"{self.sentence} ({'; or '.join(map(str, self.ways))})" if self.ways else self.sentence


class UsageError(CelossError, ValueError):
    """A wrong option, argument or configuration value."""

    exit_code = ExitCode.USAGE


class InputError(CelossError, ValueError):
    """Data that celoss refuses to compute from."""

    exit_code = ExitCode.BAD_INPUT


class OutputError(CelossError):
    """The output could not be written."""

    exit_code = ExitCode.NO_OUTPUT


class LimitError(CelossError):
    """A resource limit was reached."""

    exit_code = ExitCode.LIMIT


_SHOWN = 80
_SHOWN_JSON = 60
_LISTED = 8


def visible(text: str) -> str:
    """``text`` with every character that a terminal might obey or hide shown as an escape."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    code = ord(char)
    if char.isprintable():
        return char
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def file_name(*paths: str) -> str:
    """How messages call files; "-" is standard input."""
    return ", ".join("standard input" if path == "-" else visible(path) for path in paths)


def plural(count: int, noun: str) -> str:
    """The count with its noun: "1 value", "3 values", "2 classes"."""
    return f"{count} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"


def shown(value: object) -> str:
    """A JSON value for a message: visible, and cut at 60 characters."""
    import json  # of messages only

    text = json.dumps(value, ensure_ascii=False)
    return visible(text if len(text) <= _SHOWN_JSON else f"{text[: _SHOWN_JSON - 3]}...")


def quoted(text: str) -> str:
    """Offending text for a message: in quotes, visible, and cut at 80 characters."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return f'"{visible(cut)}"'


def listed(names: Collection[str]) -> str:
    """The first names for a message, and how many more there are."""
    found = ", ".join(quoted(name) for name in islice(names, _LISTED)) or "none"
    return f"{found} and {len(names) - _LISTED} more" if len(names) > _LISTED else found
