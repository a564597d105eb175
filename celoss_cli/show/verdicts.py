"""Verdicts as lines of text, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.report.report import Verdict

__all__ = ["Line", "lines_of"]

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
