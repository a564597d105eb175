"""What a finding may look at, and what it answers."""

from __future__ import annotations

import inspect
import math
import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.options import IGNORE_INDEX, POS_WEIGHT, WEIGHT
from celoss_cli.losses.spec import TOKENS

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues
    from celoss_cli.evaluate.fit import Fit
    from celoss_cli.evaluate.survey import Survey
    from celoss_cli.losses.base import Loss

__all__ = ["SEVERITIES", "SURE", "CommandWords", "Facts", "Finding", "Observation", "Rule", "Severity"]


Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


@record(frozen=True, slots=True)
class Finding:
    """Something about the data or the choice of loss that a reader should know.

    Attributes:
        code: stable name, "CEL" and three digits.
        severity: "error" where the number means nothing, "warning" or "note".
        message: one or two sentences with the numbers.
        count: how many rows or elements show it.
        evidence: the numbers by name.
        remedy: the command or the change that mends it, the command that shows more of it, or "".

    """

    code: str
    severity: Severity
    message: str
    count: int
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""


SURE = math.log(1e6)
"""How much better, in nats, another reading must fit before it is told.

Where the predictions are right, a likelihood ratio exceeds e**g with probability at most e**-g (Markov's
inequality; Royall 2000, "On the probability of observing misleading statistical evidence"), so this
cries wolf once in a million data sets, whatever their size.
"""

_PLAIN = re.compile(r"[\w.-]+")
"""The name of a column that no shell and no option takes for more."""

_MOST_NAMES = 100
"""A command with more names of columns is longer than anybody would paste."""

_ALWAYS = ("reduction", "dtype", "base", "on_empty")
"""Options of every loss."""

_OF_TOKENS = ("per", "score", "censored")
"""Options of scored tokens."""

_LEFT_OUT = {option.name for option in (WEIGHT, POS_WEIGHT, IGNORE_INDEX)}
"""Options that say which targets count, and how much."""

_ENOUGH = 8
"""So many rows before a loss command says what they look like; ``diagnose`` says it of any."""


def _as_they_are(words: Sequence[str]) -> Sequence[str]:
    return words


@record(frozen=True, slots=True)
class CommandWords:
    """How a command line says what is computed, so that a remedy can say it again.

    Attributes:
        data: the words that name the data and say how it is read.
        inline: the input where it was given on the command line itself, or None.
        semantics: the words of each option in force that the number depends on, by the option's name.
        study: the command with --loss that was given, where it is not the loss's own; "" where it is.
        lead: gives the words with all that the data needs beside; none where they lead to a refusal only.

    """

    data: Sequence[str] = ()
    inline: str | None = None
    semantics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    study: str = ""
    lead: Callable[[Sequence[str]], Sequence[str]] = _as_they_are


@record(frozen=True, slots=True)
class Facts:
    """What is known of a data set and its loss.

    Attributes:
        seen: oddities counted over all rows, and what the examined rows look like (survey.kinds).
        loss: the loss that was asked for.
        survey: of all rows; None where only the first rows were examined.
        elements: how many targets the data has, where only the first rows were examined.
        mean: the mean loss with its options, in nats, or None.
        classes: the number of classes, or None.
        options: of the loss, by name.
        weighted: whether weights of classes, elements or rows are in force.
        labels: the classes' names.
        doubts: what the header left open.
        said: gives the command line, which is spelled out where a finding repeats it.
        columns: the header's names of the input, one a class, where the targets are counted by index;
            empty for other data.
        inferred: the roles that nobody named, with the option and the columns that pin each, before a gate.
        pinned: those options as they are typed.
        first_infinite, first_nan: the first row whose loss is infinite, or NaN, or "".
        unused: the columns that have no role.

    """

    seen: Counter[str]
    loss: LossSpec
    survey: Survey | None = None
    elements: int = 0
    mean: float | None = None
    classes: int | None = None
    options: OptionValues = field(default_factory=dict)
    weighted: bool = False
    labels: Sequence[str] | None = None
    doubts: Sequence[str] = ()
    said: Callable[[], CommandWords] = CommandWords
    columns: Sequence[str] = ()
    inferred: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pinned: str = ""
    first_infinite: str = ""
    first_nan: str = ""
    unused: Sequence[str] = ()

    def nearly_all(self, kind: str, of: str = "examined", least: int | None = None) -> int:
        """How many rows or values were examined if nearly all of them are of a kind, else 0.

        So that chance is no reason, there must be ``least`` of them, or as many as is usual.
        """
        examined = self.seen[of]
        enough = least or (2 if self.survey is not None else _ENOUGH)
        return examined if examined >= enough and self.seen[kind] >= 0.99 * examined else 0

    @property
    def offers_conventions(self) -> bool:
        """Whether tools compute this loss of this data in different ways."""
        return bool(self.loss.by_convention) and self.options.get("input_is") != TOKENS

    @property
    def fit(self) -> Fit | None:
        """How the predictions fit, where they were surveyed and something is counted."""
        found = None if self.survey is None else self.survey.fit
        return found if found is not None and found.counted else None

    @property
    def targets(self) -> Counter[int]:
        """How often each whole-numbered target that no option leaves out occurs."""
        if self.survey is None:
            return Counter()
        ignored = self.options.get(IGNORE_INDEX.name)
        return Counter({t: n for t, n in self.survey.targets.items() if t != ignored})

    @property
    def _nonfinite(self) -> bool:
        """Whether the input holds NaN or +inf."""
        return bool(self.seen["nan"] + self.seen["infinite"])

    @property
    def command_words(self) -> CommandWords:
        """The command line."""
        return self.said()

    def name(self, index: int) -> str:
        """The name of a class, its index where it has none."""
        return self.labels[index] if self.labels else str(index)

    def again(self, *options: str) -> str:
        """The command line of this loss over the same data, with these options too."""
        return self._line(self.loss.command, self.loss, self.command_words.semantics, options)

    def shown(self, *options: str) -> str:
        """The same where the loss can be computed and has an answer for every target; else ""."""
        computed = self.survey is None or self.mean is not None
        return self.again(*options) if computed and all(map(self.takes, self.targets)) else ""

    def takes(self, target: int) -> bool:
        """Whether the loss has an answer for a whole-numbered target."""
        if self.loss.per == "class":
            return not self.classes or 0 <= target < self.classes
        answers = (-1, 1) if self.loss.takes == "scores" else (0, 1)
        return self.loss.takes == "log-probs" or target in answers

    def with_columns(self, names: Sequence[str]) -> str:
        """The same with the input's columns in this order, or "" where an option cannot say it."""
        few = len(names) <= _MOST_NAMES and all(map(_PLAIN.fullmatch, names))
        plain = few and "--class-columns" not in self.command_words.data
        return self.again("--class-columns", ",".join(names)) if plain else ""

    def made(self) -> Loss:
        """The loss in nats with its options, without weights and with nothing ignored."""
        spec = LOSSES[self.loss.command]
        names = {*spec.options, *(("input_is",) if spec.kinds else ())} - _LEFT_OUT
        return spec.made(**{name: value for name, value in self.options.items() if name in names})

    def of_probabilities(self) -> str:
        """What computes this loss where its input is probabilities, and not what they are taken for."""
        if self.loss.of_probs:
            return self.command(*self.loss.of_probs)
        return f"take {'the logarithm' if self.loss.per == 'class' else 'log(p / (1 - p))'} of the input"

    def command(self, name: str, *options: str, loss: str = "") -> str:
        """A command line over the same data, its input taken for something else.

        Args:
            name: of the command.
            options: that mend it.
            loss: that the command computes, where it is not called like it.

        """
        spec = LOSSES[loss or name]
        other = {"input_is", *(() if spec.per == self.loss.per else ("weight",))}
        if "probs" in options and self.options.get("convention") == "onnx":
            other.add("convention")  # which takes none
        kept = {
            option: words for option, words in self.command_words.semantics.items() if option not in other
        }
        if self.command_words.study and name in LOSSES:
            return self._line(self.command_words.study, spec, kept, ("--loss", name, *options))
        return self._line(name, spec, kept, options)

    def _line(
        self, name: str, spec: LossSpec, kept: Mapping[str, Sequence[str]], options: Sequence[str]
    ) -> str:
        """With the options kept that the loss has, and no option twice; "" where all of it is refused."""
        has = {*_ALWAYS, *spec.options, *(("convention", "input_is") if spec.by_convention else ())}
        has |= {*(_OF_TOKENS if spec.scored else ())}
        given = {option.removeprefix("--").replace("-", "_") for option in options}
        words = [word for option, said in kept.items() if option in has - given for word in said]
        if self.survey is not None and name in LOSSES and self._nonfinite:  # diagnose takes it unasked
            words.append("--allow-nonfinite")
        line = self.command_words.lead([name, *self._data(name, spec), *words, *options])
        return shlex.join(["celoss", *line]) if line else ""

    def _data(self, name: str, spec: LossSpec) -> Sequence[str]:
        """The words that give a command the data: every loss has an option of its own for values."""
        data, inline = self.command_words.data, self.command_words.inline
        if inline is None:
            return data or ["FILE"]
        option = f"--{spec.takes}"
        values = [f"{option}={inline}"] if inline.startswith("-") else [option, inline]
        return [*values, *data]


@record(frozen=True, slots=True)
class Observation:
    """What a check found.

    Attributes:
        message: one sentence with the numbers.
        count: how many rows or values show it.
        evidence: the numbers by name.
        remedy: the command or the change that mends it, or the command that shows more of it.
        severity: of this case, where it is less than the rule's.

    """

    message: str
    count: int
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    severity: Severity | None = None


@record(frozen=True, slots=True)
class Rule:
    """A mistake that celoss knows.

    Attributes:
        code: "CEL" and three digits; never given to another mistake.
        severity: "error" where the number means nothing, "warning", or "note".
        where: "module:function" of this folder: the function that finds it; its docstring explains it.
        on: what must be known for it to apply: an oddity of ``Facts.seen``, "survey" or "doubts".
        symptom: whether it says what other mistakes lead to, so that these are told first.

    """

    code: str
    severity: Severity
    where: str
    on: str
    symptom: bool = False

    @property
    def check(self) -> Callable[[Facts], Observation | None]:
        """The function that finds it."""
        module, _, name = self.where.partition(":")
        function: Callable[[Facts], Observation | None] = getattr(
            import_module(f"celoss_cli.findings.{module}"), name
        )
        return function

    @property
    def title(self) -> str:
        """What it sees, in one sentence."""
        return self.explanation.partition("\n\n")[0].replace("\n", " ")

    @property
    def explanation(self) -> str:
        """What the finding sees, why it matters, what to do, and where more is to be read."""
        return inspect.getdoc(self.check) or ""
