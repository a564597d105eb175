"""What a diagnosis says, laid out once for the formats that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.findings.finding import Severity
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis

__all__ = ["heading", "result", "summary"]

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def heading(diagnosis: Diagnosis) -> str:
    """The extents of the data."""
    rows = plural(diagnosis.rows, "row")
    return rows if diagnosis.classes is None else f"{rows} x {plural(diagnosis.classes, 'class')}"


def result(diagnosis: Diagnosis) -> Iterator[str]:
    """The loss and the accuracy, where there are any."""
    if diagnosis.value is not None:
        yield f"mean {short(diagnosis.value)} {diagnosis.unit}"
    if diagnosis.accuracy is not None:
        targets = plural(diagnosis.counted, "prediction")
        yield f"accuracy {100 * diagnosis.accuracy:.2f}% of {targets}"


def summary(diagnosis: Diagnosis) -> str:
    """How much was found, in one sentence."""
    checks = plural(diagnosis.checks, "check")
    if not diagnosis.findings:
        return f"nothing found by {checks}"
    counts = Counter(finding.severity for finding in diagnosis.findings)
    parts = [plural(counts[severity], severity) for severity in _SEVERITIES if counts[severity]]
    return f"{', '.join(parts)} found by {checks}; celoss explain CODE says more"
