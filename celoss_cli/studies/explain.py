"""What there is to say about losses and findings, taken from where they are defined.

The words of a loss are the docstrings of its class and of the classes it derives from, those of a
finding are the docstring of its check: nothing is written twice.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.records import record
from celoss_cli.findings import FINDINGS, Rule
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.show.blocks import Block, Example, Lines, Prose, View
from celoss_cli.show.document import Document
from celoss_cli.show.json import contract
from celoss_cli.show.loss.document import document_of as report_document

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["Explanation", "document_of", "explained", "explained_names", "overview"]


@record(frozen=True, slots=True)
class Explanation:
    """What there is to say about a loss, a finding, or all of them.

    Attributes:
        name: what was asked for ("ce", "CEL101"), or "" for the list.
        title: in words.
        facts: what identifies it: names with their value.
        sections: in the order they are read.
        command: a command line that shows it at work, or "".
        example: its result, computed now.

    """

    name: str
    title: str
    facts: Mapping[str, str]
    sections: Sequence[Prose]
    command: str = ""
    example: Report | None = None


_SAMPLE_WEIGHT = (
    "a column of the data with one factor for each row: it multiplies the loss and the row's share of the "
    "divisor of the mean, so that a row of weight 2 counts as two rows"
)
_INPUT_IS = (
    "what the values are, where they are not what the loss takes: {}. Probabilities get their logarithm, and "
    "log-probabilities are taken as they are, both without a softmax"
)
_CONVENTION = (
    "the name of a tool: clips, rescales and divides as that tool does; all shows the numbers of all tools "
    "side by side. Not given: as PyTorch"
)
_ON_EMPTY = (
    "the answer where no target is counted: error refuses (exit 3), nan is PyTorch's answer, zero is 0. "
    "Not given: error"
)
_BY_LETTERS = 0.5
"""How alike a name must be to be told as the nearest one."""


def explained_names() -> list[str]:
    """Everything that can be explained: commands, the functions' names, codes."""
    return [*LOSSES, *(spec.name for spec in LOSSES.values()), *FINDINGS]


def explained(name: str) -> Explanation:
    """The explanation of a loss, by its command or its function's name, or of a finding, by its code.

    Raises:
        UsageError: for another name, with the nearest one and those there are.

    """
    _refuse_no_docstrings()
    wanted = name.strip().lower().replace("_", "-")
    for spec in LOSSES.values():
        if wanted in (spec.command, spec.name.replace("_", "-")):
            return _of_loss(spec)
    rule = FINDINGS.get(wanted.upper())
    if rule is None:
        raise _unknown(name)
    return _of_finding(rule)


def overview() -> Explanation:
    """The list of all that can be explained."""
    _refuse_no_docstrings()
    losses = [(spec.command, f"{spec.summary} Reference: {spec.reference}.") for spec in LOSSES.values()]
    findings = [(rule.code, f"{rule.severity}: {_joined(_parts(rule)[0])}") for rule in FINDINGS.values()]
    return Explanation(
        name="",
        title="celoss explain NAME",
        facts={},
        sections=(Prose("Losses", terms=losses), Prose("Findings", terms=findings)),
    )


def _refuse_no_docstrings() -> None:
    if sys.flags.optimize > 1:
        raise UsageError("Expected a Python that keeps docstrings, got one run with -OO, which drops them.")


def _unknown(name: str) -> UsageError:
    known = explained_names()
    nearest = difflib.get_close_matches(name.lower(), [each.lower() for each in known], 1, _BY_LETTERS)
    meant = next((each for each in known if [each.lower()] == nearest), "")
    listed = f"losses are {', '.join(LOSSES)}; celoss explain alone lists the findings too"
    return UsageError(
        f"Expected the name of a loss or the code of a finding, got {quoted(name)}.",
        hint=f"did you mean {meant}? {listed}" if meant else listed,
    )


# ------------------------------------------------------------------------------------------- findings


def _of_finding(rule: Rule) -> Explanation:
    first, *rest = _parts(rule)
    return Explanation(
        name=rule.code,
        title=_joined(first),
        facts={"code": rule.code, "severity": rule.severity},
        sections=tuple(map(_section, rest)),
    )


def _parts(rule: Rule) -> list[str]:
    """The parts of the explanation, which blank lines separate."""
    return [part for part in rule.explanation.split("\n\n") if part.strip()]


def _section(part: str) -> Prose:
    """A part that is set in stands as it is, any other is a paragraph."""
    if part.startswith("    "):
        return Prose("", formulas=textwrap.dedent(part).splitlines())
    return Prose("", paragraphs=[_joined(part)])


def _joined(part: str) -> str:
    return " ".join(part.split())


# --------------------------------------------------------------------------------------------- losses


def _of_loss(spec: LossSpec) -> Explanation:
    lesson = _Docstrings(spec)
    return Explanation(
        name=spec.command,
        title=spec.title,
        facts={
            "command": f"celoss {spec.command}",
            "function": f"{spec.reference}, celoss_cli.{spec.name}",
            "input": spec.takes,
            "target": spec.target,
        },
        sections=(
            Prose("Formula", formulas=lesson.items("Formula")),
            Prose("Derivation", steps=lesson.items("Derivation")),
            Prose("Options", terms=lesson.options()),
            Prose("Reduction", terms=[*lesson.terms("Reduction").items()]),
            Prose("Twins", paragraphs=lesson.items("Twin")),
            Prose("References", paragraphs=lesson.items("Reference")),
        ),
        command=" ".join(lesson.items("Example")),
    )


class _Docstrings:
    """The sections of the docstrings of a loss's class and those above it, the nearest first."""

    def __init__(self, spec: LossSpec) -> None:
        self._spec = spec
        self._class = spec.loss
        self._sections = [_sections(inspect.cleandoc(found.__doc__ or "")) for found in self._class.__mro__]

    def items(self, title: str) -> list[str]:
        """The items of a section as the nearest class has it."""
        return next((sections[title] for sections in self._sections if title in sections), [])

    def terms(self, title: str) -> dict[str, str]:
        """The names of a section with their meaning; of one that several classes have, the nearest's."""
        found: dict[str, str] = {}
        for sections in reversed(self._sections):
            found |= map(_term, sections.get(title, ()))
        return found

    def options(self) -> list[tuple[str, str]]:
        """The meaning of every option, with its default."""
        meaning = self.terms("Attributes")
        defaults = {field.name: field.default for field in dataclasses.fields(self._class)}

        def listed(*names: str) -> list[tuple[str, str]]:
            return [(_option(name), f"{meaning[name]} {_default(defaults[name])}") for name in names]

        common = [(_option("weight_column"), f"{_SAMPLE_WEIGHT}."), *self._conventional()]
        of_all = ("dtype", "base") if self._class.is_information else ("dtype",)
        own = listed(*self._spec.options)
        return [*own, *common, *listed(*of_all), (_option("on_empty"), f"{_ON_EMPTY}.")]

    def _conventional(self) -> list[tuple[str, str]]:
        """The kind of input and the tool, where the loss lets them be named."""
        usual, *others = self._spec.kinds or ("",)
        meaning = self.terms("Attributes").get("input_is", f"{_INPUT_IS.format(' or '.join(others))}.")
        kind = f"{meaning} Not given: {usual}."
        return [
            *([(_option("input_is"), kind)] if others else []),
            *([(_option("convention"), f"{_CONVENTION}.")] if self._spec.by_convention else []),
        ]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _default(value: object) -> str:
    """The default in words."""
    if value is None:
        return "Not given: 1 each."
    if isinstance(value, bool):
        return "Not given: no."
    return f"Not given: {value:g}." if isinstance(value, float) else f"Not given: {value}."


def _term(item: str) -> tuple[str, str]:
    name, _, meaning = item.partition(": ")
    return name, meaning


def _sections(docstring: str) -> dict[str, list[str]]:
    """The titled sections of a docstring, each a list of items; a line set in further continues one."""
    found: dict[str, list[str]] = {}
    items: list[str] | None = None
    for line in docstring.splitlines():
        if line.endswith(":") and line[:1].isupper() and " " not in line:
            items = found.setdefault(line[:-1], [])
        elif line.strip() and not line.startswith("    "):
            items = None
        elif line.strip() and items is not None:
            if line.startswith("        ") and items:
                items[-1] = f"{items[-1]} {line.strip()}"
            else:
                items.append(line.strip())
    return found


# -------------------------------------------------------------------------------------- as a document


def document_of(explanation: Explanation) -> Document:
    """The document of an explanation."""
    return Document(view=partial(_view, explanation), values=partial(_values, explanation))


def _view(explanation: Explanation) -> View:
    title, *extents = filter(None, (explanation.name, explanation.title))
    return View(title, extents, tuple(_blocks(explanation)), is_text=True)


def _blocks(explanation: Explanation) -> Iterator[Block]:
    yield Lines([f"{key}: {value}" for key, value in explanation.facts.items()])
    yield from explanation.sections
    if explanation.example is not None:
        yield Example(explanation.command, report_document(explanation.example).view())


def _values(explanation: Explanation, version: str) -> dict[str, Any]:
    """The explanation as ``explanation.schema.json`` describes it."""
    example = explanation.example
    return {
        "explanation": {
            "name": explanation.name or None,
            "title": explanation.title,
            **explanation.facts,
            "sections": [_section_values(section) for section in explanation.sections],
            "example": None
            if example is None
            else {"command": explanation.command, "result": contract(report_document(example), version)},
        },
    }


def _section_values(section: Prose) -> dict[str, Any]:
    return {
        "title": section.title or None,
        "formulas": list(section.formulas),
        "paragraphs": list(section.paragraphs),
        "steps": list(section.steps),
        "terms": [{"name": name, "meaning": meaning} for name, meaning in section.terms],
    }
