"""A run of checks as a document: every verdict, and how many checks ended in which way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.core.records import record
from celoss_cli.show.blocks import Verdicts, View
from celoss_cli.show.document import Document
from celoss_cli.show.json import contract
from celoss_cli.show.loss.document import document_of as report_document
from celoss_cli.show.verdicts import Checks, Line, lines_of

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.report.verdict import Verdict

__all__ = ["Outcome", "document_of"]


@record(frozen=True, slots=True)
class Outcome:
    """A named check of a config file after it ran.

    Attributes:
        name: the name in the config file.
        report: the result with its verdicts, or None where nothing could be computed.
        error: why nothing was computed, or "".
        exit_code: what this check alone answers.
        file: the config file.
        seconds: that it took.

    """

    name: str
    report: Report | None
    error: str = ""
    exit_code: int = 0
    file: str = ""
    seconds: float | None = None

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdicts, none where nothing was computed."""
        return () if self.report is None else self.report.checks


def document_of(outcomes: Sequence[Outcome]) -> Document:
    """The document of a run."""
    return Document(
        view=partial(_view, outcomes),
        values=partial(_values, outcomes),
        checks=lambda: Checks(_suites(outcomes), count=_count(outcomes)),
    )


def _view(outcomes: Sequence[Outcome]) -> View:
    lines = [line for _, suite in _suites(outcomes) for line in suite]
    return View("", (_count(outcomes),), (Verdicts(lines, named=True),))


def _suites(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Line]]]:
    return [(outcome.name, list(_lines(outcome))) for outcome in outcomes]


def _lines(outcome: Outcome) -> Iterator[Line]:
    name = visible(outcome.name)
    if outcome.error:
        yield Line(name, "ERROR", "", visible(outcome.error), outcome.file, outcome.seconds)
    yield from lines_of(outcome.verdicts, name, outcome.file, outcome.seconds)


def _count(outcomes: Sequence[Outcome]) -> str:
    """How many checks there were, and how they ended."""
    errors = sum(bool(outcome.error) for outcome in outcomes)
    failed = sum(not all(verdict.passed for verdict in outcome.verdicts) for outcome in outcomes)
    passed = len(outcomes) - errors - failed
    parts = [f"{passed} passed", f"{failed} failed" if failed else "", f"{errors} in error" if errors else ""]
    return f"{plural(len(outcomes), 'check')}: {', '.join(filter(None, parts))}"


def _values(outcomes: Sequence[Outcome], version: str) -> dict[str, Any]:
    """The run as ``run.schema.json`` describes it."""
    return {
        "passed": all(outcome.exit_code == 0 for outcome in outcomes),
        "checks": [
            {
                "name": outcome.name,
                "passed": outcome.exit_code == 0,
                "exit_code": outcome.exit_code,
                "error": outcome.error or None,
                "result": None
                if outcome.report is None
                else contract(report_document(outcome.report), version),
            }
            for outcome in outcomes
        ],
    }
