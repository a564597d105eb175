"""What an option is: declared once, and everything that is said of it is read from the declaration.

A loss declares its own options in its own file:

>>> EPS = Option("label_smoothing", NUMBER, "Mix the target with the uniform distribution.", metavar="EPS")
>>> EPS.flag, EPS.value_of(["0.1"]), EPS.is_given(None), EPS.kind.fits("a text")
('--label-smoothing', 0.1, False, False)

From that record come the parameter of the command line and its completion, the key of a check in a config
file, the key of JSON input, the words of a command that is suggested, and the refusal where a command or a
loss does not have it. Nothing here imports NumPy, which ``--help`` cannot wait for, or Typer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from celoss_cli.core.errors import UsageError, Way, quoted
from celoss_cli.core.numbers import number, whole
from celoss_cli.core.records import record

__all__ = [
    "FINITE",
    "FLAG",
    "NUMBER",
    "TEXT",
    "VALUES",
    "WHOLE",
    "Kind",
    "Option",
    "OptionValues",
    "at_least",
    "finite",
    "flag_words",
    "number_that",
    "one_of",
    "within",
]

OptionValues = Mapping[str, Any]
"""Values of options by their names: as they are typed, or in force. What one may be, its option says."""


@record(frozen=True, slots=True)
class Kind:
    """What the values of an option are.

    Attributes:
        told: what is expected, for messages ("a whole number"); "" for one of the texts that there are.
        parse: the value of a text; raises an error with a fact ("expected a whole number, got ...").
        fits: whether a value of JSON input is one; a list of numbers comes as an array.
        value: what stands for the value in the help; "" for the texts that there are.
        listed: the texts that there are, none where any text may do. A registry need not be loaded before
            one of its names is typed or asked for.
        text: the text of a value.
        or_file: whether a text may also be @FILE, the name of a file that holds the value.
        of_json: the value that one of JSON stands for, which may write a whole number as 2.0.
        separator: what stands between several words of a text, of which the last one is completed.

    """

    told: str
    parse: Callable[[str], Any]
    fits: Callable[[object], bool]
    value: str
    listed: Callable[[], Collection[str]] = tuple
    text: Callable[[Any], str] = str
    of_json: Callable[[Any], Any] = lambda value: value
    or_file: bool = False
    separator: str = ""

    @property
    def choices(self) -> Collection[str]:
        """The texts that there are, for completion."""
        return self.listed()

    @property
    def words(self) -> str:
        """What is expected, for messages."""
        return self.told or ", ".join(self.choices)

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        return self.value or "|".join(self.choices)


@record(frozen=True, slots=True)
class Option:
    """One option of the command line, or one of its arguments.

    Attributes:
        name: the name of its value, as in Python.
        kind: what its values are.
        help: one or two sentences.
        default: the value where it is not given.
        flags: as it is given: "--pos-weight" for pos_weight if none is named here; a short form after it.
        negation: the flag that says the contrary, for a FLAG that is neither where it is not given.
        metavar: instead of that of its kind.
        panel: the heading in the help that it stands under.
        argument: whether it is a word of its own, without a flag.
        required: whether it must be given.
        example: the value that a refusal offers where it must be given and is not, or "".
        ways: the ways out where it must be given and is not, or is no such value, by what else is given and
            by the text that is none.
        repeatable: whether it may be given several times; its value is then a tuple of values.
        file: whether its value may be the name of a file, which is "read" or "written"; "" for neither.
        setting: whether a variable CELOSS_* or a config file may say what it is where it is not given.
        settled: whether the values of others say what it is, so that no setting does.
        needs: what must be there for it to mean something; it is refused where that is not ("workings" of a
            format, "files" as input, one of "max|min"), or "".
        changes: what of a computation: the "prediction", or which of them count; the "loss" of one; no
            more than its "weight"; or the "meaning" of what the data says, so that results with another
            value are none of the same computation.
        complete: the words that a shell may complete it to, where its kind has no choices, by what the
            options before it say.

    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    flags: tuple[str, ...] = ()
    negation: str = ""
    metavar: str = ""
    panel: str = ""
    argument: bool = False
    required: bool = False
    example: str = ""
    repeatable: bool = False
    file: Literal["", "read", "written"] = ""
    setting: bool = False
    settled: Callable[[OptionValues], bool] = lambda values: False
    needs: str = ""
    changes: Literal["prediction", "loss", "weight", "meaning"] = "loss"
    complete: Callable[[OptionValues], Iterable[str]] | None = None
    ways: Callable[[OptionValues, str], Sequence[Way]] = lambda values, text: ()

    @property
    def flag(self) -> str:
        """How messages call it: its first flag."""
        return self.flags[0] if self.flags else f"--{self.name.replace('_', '-')}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its flags, short and long, and the one that says the contrary; none of an argument."""
        if self.argument:
            return ()
        return (*(self.flags or (self.flag,)), *filter(None, [self.negation]))

    def value_of(self, texts: Sequence[str]) -> Any:
        """The value that it has where it is given with these texts.

        Raises:
            CelossError: with what was expected, for a text that is no such value.

        """
        return tuple(map(self.kind.parse, texts)) if self.repeatable else self.kind.parse(texts[0])

    def is_given(self, value: object) -> bool:
        """Whether a value is another one than that of an option that is not given; 0 is a value."""
        return value is not None and value != self.default

    def completions(self, start: str, typed: OptionValues = MappingProxyType({})) -> list[str]:
        """The words that begin so.

        Args:
            start: what stands there.
            typed: the values of the options before it, by name.

        """
        words = self.complete(typed) if self.complete is not None else self.kind.choices
        mark = self.kind.separator
        before = "".join(start.rpartition(mark)[:2]) if mark else ""
        taken = before.split(mark) if mark else ()
        return [before + word for word in words if (before + word).startswith(start) and word not in taken]

    def words(self, value: Any) -> Iterator[str]:
        """The option with this value as words of a command line; a flag is a word by itself."""
        if self.repeatable:
            for one in value:
                yield from flag_words(self.flag, self.kind.text(one))
        elif isinstance(value, bool):
            yield from [self.flag] if value else filter(None, [self.negation])
        else:
            yield from flag_words(self.flag, self.kind.text(value))


def flag_words(flag: str, text: str) -> Iterator[str]:
    """A flag with its value as words of a command line."""
    if text.startswith("-"):
        yield f"{flag}={text}"
    else:
        yield from (flag, text)


def finite(text: str) -> float:
    """A finite number of the one grammar that all input has.

    Raises:
        CelossError: for any other text.

    """
    value = number(text)
    if math.isinf(value):
        raise UsageError(f"expected a finite number, got {quoted(text)}")
    return value


def at_least(least: int, most: float = math.inf) -> Kind:
    """Whole numbers from ``least`` to ``most``."""

    def parse(text: str) -> int:
        value = whole(text)
        if value < least:
            raise UsageError(f"expected at least {least}, got {value}")
        if value > most:
            raise UsageError(f"expected at most {most}, got {value}")
        return value

    return Kind(
        f"a whole number from {least}", parse, lambda value: _is_whole(value, least, most), "N", of_json=int
    )


def within(least: float, most: float) -> Kind:
    """Finite numbers from ``least``, which may be minus infinity, to ``most``."""
    words = f"a number of at most {most:g}" if math.isinf(least) else f"a number from {least:g} to {most:g}"

    return number_that(words, lambda value: least <= value <= most)


def number_that(told: str, holds: Callable[[float], bool], value: str = "X") -> Kind:
    """Finite numbers of which something holds.

    Args:
        told: what is expected, for messages.
        holds: whether a number is one.
        value: what stands for it in the help.

    """

    def parse(text: str) -> float:
        found = finite(text)
        if not holds(found):
            raise UsageError(f"expected {told}, got {quoted(text)}")
        return found

    return Kind(told, parse, lambda found: _is_number(found) and holds(found), value)  # type: ignore[arg-type]


def one_of(
    choices: Collection[str] | Callable[[], Collection[str]],
    elsewhere: Callable[[str], str] = lambda text: "",
) -> Kind:
    """One of these texts.

    Args:
        choices: the texts, or a function that lists them when somebody asks.
        elsewhere: what leads on from a text that belongs to another command, or "".

    """
    listed = choices if callable(choices) else lambda: choices

    def parse(text: str) -> str:
        if text not in listed():
            told = f"expected {', '.join(listed())}, got {quoted(text)}"
            raise UsageError(told, hint=elsewhere(text))
        return text

    return Kind("", parse, lambda value: isinstance(value, str) and value in listed(), "", listed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    return _is_number(value) and value == int(value) and least <= value <= most


def _are_numbers(value: object) -> bool:
    return _is_number(value) or hasattr(value, "__array__")


TEXT = Kind("a text", str, lambda value: isinstance(value, str), "TEXT")
FLAG = Kind("true or false", bool, lambda value: isinstance(value, bool), "")
WHOLE = Kind("a whole number", whole, _is_whole, "N", of_json=int)
NUMBER = Kind("a number", number, _is_number, "X")
FINITE = Kind("a number", finite, _is_number, "X")
VALUES = Kind("a number or a list of numbers", str, _are_numbers, "VALUES", or_file=True)
"""Numbers, or @FILE with numbers: the text is kept, as reading it needs to know how the input is read."""
