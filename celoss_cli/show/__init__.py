"""The registry of output formats. It imports no NumPy, so that ``--help`` stays quick.

Adding a format is one line here and one module in this folder with a function
``render(report: Report, style: Style) -> Iterator[str]`` that computes nothing. A format that shows other
nouns than a report names them, and its module has a function for each: ``render_comparison(comparison,
style)`` and so on, see ``NOUNS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["FORMATS", "NOUNS", "FormatSpec", "Noun", "Style", "formats_of"]

Noun = Literal[
    "run",
    "comparison",
    "diagnosis",
    "reconciliation",
    "conventions",
    "class_weights",
    "explanation",
]
"""What a format may show beside a report: the checks of a config file, a comparison of two data sets, a
diagnosis, a search for the semantics behind a number, several conventions side by side, weights of
classes, and what there is to say about a loss or a finding."""

NOUNS: tuple[Noun, ...] = get_args(Noun)


@record(frozen=True, slots=True)
class Style:
    """What a renderer may know of the place it writes to.

    Attributes:
        width: columns of the terminal, or None for as wide as the content is.
        color: whether colour is wanted.
        unicode: whether every character can be written.
        version: of celoss, for formats that say so.

    """

    width: int | None = None
    color: bool = False
    unicode: bool = True
    version: str = ""


@record(frozen=True, slots=True)
class FormatSpec:
    """An output format.

    Attributes:
        name: the value of ``--format``.
        summary: one line of help.
        module: the module within this folder.
        every_row: whether it lists every element where the reduction is "none".
        workings: whether it shows steps.
        gradient: whether it shows the gradient.
        breakdown: whether it shows groups, quantiles and the largest losses.
        checks: whether it shows the verdicts of a gate.
        only_checks: whether it is of no use without them.
        shows: what it shows beside a report.

    """

    name: str
    summary: str
    module: str
    every_row: bool = True
    workings: bool = False
    gradient: bool = False
    breakdown: bool = True
    checks: bool = True
    only_checks: bool = False
    shows: tuple[Noun, ...] = ()

    def render(self, report: Report, style: Style) -> Iterator[str]:
        """The report as text, in pieces."""
        pieces: Iterator[str] = import_module(f"celoss_cli.show.{self.module}").render(report, style)
        return pieces

    def render_as(self, noun: Noun, found: Any, style: Style) -> Iterator[str]:
        """A noun that this format shows as text, in pieces."""
        module = import_module(f"celoss_cli.show.{self.module}")
        pieces: Iterator[str] = getattr(module, f"render_{noun}")(found, style)
        return pieces


FORMATS: dict[str, FormatSpec] = {
    spec.name: spec
    for spec in (
        FormatSpec(
            "table", "every step, for people", "table", False, workings=True, gradient=True, shows=NOUNS
        ),
        FormatSpec(
            "value",
            "the number alone",
            "value",
            breakdown=False,
            checks=False,
            shows=("comparison", "class_weights"),
        ),
        FormatSpec("json", "the stable contract for programs", "document", shows=NOUNS),
        FormatSpec("jsonl", "one JSON object a line", "lines"),
        FormatSpec(
            "csv", "one line for each loss, or one for the result", "delimited", breakdown=False, checks=False
        ),
        FormatSpec(
            "markdown",
            "a table for a comment or a document",
            "markdown",
            False,
            workings=True,
            shows=NOUNS,
        ),
        *(
            FormatSpec(
                name, summary, name, False, breakdown=False, only_checks=True, shows=("run", "comparison")
            )
            for name, summary in (
                ("junit", "checks as test cases"),
                ("github", "failed checks as annotations"),
            )
        ),
        *(
            FormatSpec(
                name,
                summary,
                name,
                False,
                workings=True,
                gradient=True,
                shows=("run", "comparison", "diagnosis"),
            )
            for name, summary in (("html", "the table as a document"), ("svg", "the table as a picture"))
        ),
    )
}


def formats_of(noun: Noun) -> list[str]:
    """The names of the formats that show a noun."""
    return [spec.name for spec in FORMATS.values() if noun in spec.shows]
