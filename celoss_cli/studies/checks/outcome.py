"""What became of one check of a config file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.report.report import Report, Verdict

__all__ = ["Outcome"]


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
