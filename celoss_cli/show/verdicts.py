"""Verdicts as lines of text and as JSON, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.errors import plural, visible
from celoss_cli.core.records import record
from celoss_cli.show.numerals import finite_or_none, nonfinite

if TYPE_CHECKING:
    from celoss_cli.report.outcome import Outcome
    from celoss_cli.report.report import Verdict

__all__ = ["Line", "as_json", "lines", "lines_of", "summary"]

Mark = Literal["pass", "FAIL", "ERROR"]


@record(frozen=True, slots=True)
class Line:
    """One verdict, or why a check came to none.

    Attributes:
        check: the name of the check.
        mark: "pass", "FAIL", or "ERROR" where nothing was computed.
        limit: the name of the limit, or "".
        reason: one sentence; every character of it is visible.

    """

    check: str
    mark: Mark
    limit: str
    reason: str


def lines(outcomes: Sequence[Outcome]) -> list[Line]:
    """All verdicts of all checks in order, those that passed too."""
    return [line for outcome in outcomes for line in _lines(outcome)]


def _lines(outcome: Outcome) -> Iterator[Line]:
    name = visible(outcome.name)
    if outcome.error:
        yield Line(name, "ERROR", "", visible(outcome.error))
    yield from lines_of(outcome.verdicts, name)


def lines_of(verdicts: Sequence[Verdict], check: str = "") -> list[Line]:
    """The verdicts of one result."""
    marks: dict[bool, Mark] = {True: "pass", False: "FAIL"}
    return [
        Line(check, marks[verdict.passed], visible(verdict.name), visible(verdict.reason))
        for verdict in verdicts
    ]


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many checks there were, and how they ended."""
    errors = sum(bool(outcome.error) for outcome in outcomes)
    failed = sum(not all(verdict.passed for verdict in outcome.verdicts) for outcome in outcomes)
    passed = len(outcomes) - errors - failed
    parts = [f"{passed} passed", f"{failed} failed" if failed else "", f"{errors} in error" if errors else ""]
    return f"{plural(len(outcomes), 'check')}: {', '.join(filter(None, parts))}"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``schema.json`` describes it."""
    return {
        "name": verdict.name,
        "passed": verdict.passed,
        "compared": verdict.compared,
        "value": finite_or_none(verdict.value),
        "nonfinite": nonfinite(verdict.value),
        "relation": verdict.relation,
        "limit": finite_or_none(verdict.limit),
        "reason": verdict.reason,
    }
