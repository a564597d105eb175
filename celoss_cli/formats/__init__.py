"""The registry of output formats. It imports no NumPy, so that ``--help`` stays quick.

Adding a format is one line here and one module in this folder with a function
``render(report: Report, style: Style) -> Iterator[str]`` that computes nothing; one that shows the checks
of a config file has a function ``render_run(outcomes: Sequence[Outcome], style: Style)`` too, one that
shows a comparison ``render_comparison(comparison: Comparison, style: Style)``, one that shows a
diagnosis ``render_diagnosis(diagnosis: Diagnosis, style: Style)``, and one that shows words
``render_explanation(explanation: Explanation, style: Style)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.data import Comparison, Diagnosis, Explanation, Outcome, Report

__all__ = ["FORMATS", "FormatSpec", "Style"]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
        run: whether it shows the checks of a config file.
        comparison: whether it shows a comparison of two data sets.
        diagnosis: whether it shows a diagnosis.
        explanation: whether it shows what there is to say about a loss or a finding.

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
    run: bool = False
    comparison: bool = False
    diagnosis: bool = False
    explanation: bool = False

    def render(self, report: Report, style: Style) -> Iterator[str]:
        """The report as text, in pieces."""
        pieces: Iterator[str] = import_module(f"celoss_cli.formats.{self.module}").render(report, style)
        return pieces

    def render_run(self, outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
        """The checks of a config file as text, in pieces."""
        module = import_module(f"celoss_cli.formats.{self.module}")
        pieces: Iterator[str] = module.render_run(outcomes, style)
        return pieces

    def render_comparison(self, comparison: Comparison, style: Style) -> Iterator[str]:
        """The comparison as text, in pieces."""
        module = import_module(f"celoss_cli.formats.{self.module}")
        pieces: Iterator[str] = module.render_comparison(comparison, style)
        return pieces

    def render_diagnosis(self, diagnosis: Diagnosis, style: Style) -> Iterator[str]:
        """The diagnosis as text, in pieces."""
        module = import_module(f"celoss_cli.formats.{self.module}")
        pieces: Iterator[str] = module.render_diagnosis(diagnosis, style)
        return pieces

    def render_explanation(self, explanation: Explanation, style: Style) -> Iterator[str]:
        """The explanation as text, in pieces."""
        module = import_module(f"celoss_cli.formats.{self.module}")
        pieces: Iterator[str] = module.render_explanation(explanation, style)
        return pieces


FORMATS: dict[str, FormatSpec] = {
    spec.name: spec
    for spec in (
        FormatSpec(
            "table",
            "every step, for people",
            "table",
            False,
            workings=True,
            gradient=True,
            run=True,
            comparison=True,
            diagnosis=True,
            explanation=True,
        ),
        FormatSpec("value", "the number alone", "value", breakdown=False, checks=False, comparison=True),
        FormatSpec(
            "json",
            "the stable contract for programs",
            "document",
            run=True,
            comparison=True,
            diagnosis=True,
            explanation=True,
        ),
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
            run=True,
            comparison=True,
            diagnosis=True,
            explanation=True,
        ),
        FormatSpec(
            "junit",
            "checks as test cases",
            "junit",
            False,
            breakdown=False,
            only_checks=True,
            run=True,
            comparison=True,
        ),
        FormatSpec(
            "github",
            "failed checks as annotations",
            "github",
            False,
            breakdown=False,
            only_checks=True,
            run=True,
            comparison=True,
        ),
        *(
            FormatSpec(
                name,
                summary,
                name,
                False,
                workings=True,
                gradient=True,
                run=True,
                comparison=True,
                diagnosis=True,
            )
            for name, summary in (("html", "the table as a document"), ("svg", "the table as a picture"))
        ),
    )
}
