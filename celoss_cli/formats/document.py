"""The JSON contract: within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from celoss_cli.data import Finding, Report
from celoss_cli.formats import Style
from celoss_cli.formats._numerals import finite_or_none, nonfinite

__all__ = ["SCHEMA_VERSION", "as_json", "render"]

SCHEMA_VERSION = 1


def render(report: Report, style: Style) -> Iterator[str]:
    """One object over several lines."""
    yield json.dumps(as_json(report, style.version), indent=2, allow_nan=False) + "\n"


def as_json(report: Report, version: str) -> dict[str, Any]:
    """The report as plain JSON values, as ``schema.json`` describes it."""
    tally = report.tally
    total = float(tally.loss)
    value, limits = _value(report)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": version},
        "loss": report.loss,
        "reduction": report.reduction,
        "unit": report.unit,
        "value": value,
        "nonfinite": limits,
        "total": finite_or_none(total),
        "denominator": finite_or_none(report.denominator),
        "denominator_is": report.denominator_is,
        "rows": tally.rows,
        "elements": tally.elements,
        "counted": tally.counted,
        "ignored": tally.ignored,
        "clamped": tally.clamped,
        "classes": report.classes,
        "options": dict(report.options),
        "input": dict(report.source),
        "findings": [_finding(finding) for finding in report.findings],
        "checks": [],
    }


def _value(report: Report) -> tuple[float | list[float | None] | None, str | list[str | None] | None]:
    if report.value is not None:
        return finite_or_none(report.value), nonfinite(report.value)
    limits = [nonfinite(row.loss) for row in report.rows]
    return [finite_or_none(row.loss) for row in report.rows], limits if any(limits) else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "count": finding.count,
    }
