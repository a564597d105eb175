"""A diagnosis as a document: each finding with its numbers and what mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural
from celoss_cli.show.blocks import Block, Findings, Full, Lines, Sentences, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import measured, nonfinite, short
from celoss_cli.show.source import source_lines
from celoss_cli.show.values import finding_values

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Severity
    from celoss_cli.studies.diagnose.diagnosing import Diagnosis

__all__ = ["document_of"]

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def document_of(diagnosis: Diagnosis) -> Document:
    """The document of a diagnosis."""
    return Document(view=partial(_view, diagnosis), values=lambda version: _values(diagnosis))


def _view(diagnosis: Diagnosis) -> View:
    return View(f"diagnosis of {diagnosis.title}", (_heading(diagnosis),), tuple(_blocks(diagnosis)))


def _blocks(diagnosis: Diagnosis) -> Iterator[Block]:
    yield Full([Lines(list(source_lines(diagnosis.source, diagnosis.takes, diagnosis.options)))])
    yield Lines([", ".join(_result(diagnosis)) or "no loss can be computed"], faint=False)
    yield Findings(diagnosis.findings)
    if diagnosis.not_looked_at:
        yield Sentences([f"Not looked at: {'; '.join(diagnosis.not_looked_at)}."])
    yield Sentences([_summary(diagnosis)], "strong")


def _heading(diagnosis: Diagnosis) -> str:
    """The extents of the data."""
    rows = plural(diagnosis.rows, "row")
    return rows if diagnosis.classes is None else f"{rows} x {plural(diagnosis.classes, 'class')}"


def _result(diagnosis: Diagnosis) -> Iterator[str]:
    """The loss and the accuracy, where there are any."""
    if diagnosis.value is not None:
        yield measured(f"mean {short(diagnosis.value)}", diagnosis.unit)
    if diagnosis.accuracy is not None:
        targets = plural(diagnosis.counted, "prediction")
        yield f"accuracy {100 * diagnosis.accuracy:.2f}% of {targets}"


def _summary(diagnosis: Diagnosis) -> str:
    """How much was found, in one sentence."""
    checks = plural(diagnosis.checks, "check")
    if not diagnosis.findings:
        return f"nothing found by {checks}"
    counts = Counter(finding.severity for finding in diagnosis.findings)
    parts = [plural(counts[severity], severity) for severity in _SEVERITIES if counts[severity]]
    return f"{', '.join(parts)} found by {checks}; celoss explain CODE says more"


def _values(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as ``diagnosis.schema.json`` describes it."""
    return {
        "loss": diagnosis.loss,
        "rows": diagnosis.rows,
        "classes": diagnosis.classes,
        "labels": None if diagnosis.labels is None else list(diagnosis.labels),
        "value": diagnosis.value,
        "nonfinite": nonfinite(diagnosis.value),
        "unit": diagnosis.unit or None,
        "counted": diagnosis.counted,
        "accuracy": diagnosis.accuracy,
        "options": dict(diagnosis.options),
        "input": dict(diagnosis.source),
        "checks": diagnosis.checks,
        "not_looked_at": list(diagnosis.not_looked_at),
        "findings": [finding_values(finding) for finding in diagnosis.findings],
    }
