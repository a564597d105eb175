"""Verdicts and findings, the same in every format: lines of text, and values of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record
from celoss_cli.show.numerals import attributes, nonfinite

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.verdict import Verdict

__all__ = ["Checks", "Line", "finding_values", "lines_of", "verdict_values"]

Mark = Literal["pass", "FAIL", "ERROR"]


@record(frozen=True, slots=True)
class Line:
    """One verdict, or why a check came to none.

    Attributes:
        check: the name of the check.
        mark: "pass", "FAIL", or "ERROR" where nothing was computed.
        limit: the name of the limit, or "".
        reason: one sentence; every character of it is visible.
        file: that an annotation is put on, or "".
        seconds: that the check took, on its first line; None where that is not known.

    """

    check: str
    mark: Mark
    limit: str
    reason: str
    file: str = ""
    seconds: float | None = None


@record(frozen=True, slots=True)
class Checks:
    """What was held against limits.

    Attributes:
        suites: the names of the checks, each with its verdicts.
        told: the result in one line of a log, before the verdicts; "" for none.
        count: how many checks ended in which way, after them; "" for none.

    """

    suites: Sequence[tuple[str, Sequence[Line]]]
    told: str = ""
    count: str = ""


def lines_of(
    verdicts: Sequence[Verdict], check: str = "", file: str = "", seconds: float | None = None
) -> list[Line]:
    """The verdicts of one result; see ``Line``."""
    marks: dict[bool, Mark] = {True: "pass", False: "FAIL"}
    return [
        Line(
            check,
            marks[verdict.passed],
            visible(verdict.name),
            visible(verdict.reason),
            file,
            None if seconds is None else 0.0 if at else seconds,
        )
        for at, verdict in enumerate(verdicts)
    ]


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as ``schema.json`` describes it."""
    return attributes(finding, "code", "severity", "message", "count", "evidence", "remedy")


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``schema.json`` describes it."""
    return {
        **attributes(verdict, "name", "passed", "compared", "value"),
        "nonfinite": nonfinite(verdict.value),
        **attributes(verdict, "relation", "limit", "reason"),
    }
