"""The JSON contract: within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from celoss_cli.data import Finding, Outcome, Report
from celoss_cli.formats import Style, _verdicts
from celoss_cli.formats._numerals import finite_or_none, nonfinite

__all__ = ["SCHEMA_VERSION", "as_json", "render", "render_run"]

SCHEMA_VERSION = 1


def render(report: Report, style: Style) -> Iterator[str]:
    """One object over several lines."""
    yield json.dumps(as_json(report, style.version), indent=2, allow_nan=False) + "\n"


def render_run(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """One object with a list of the checks, as ``run.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "passed": all(outcome.exit_code == 0 for outcome in outcomes),
        "checks": [_outcome(outcome, style.version) for outcome in outcomes],
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def _outcome(outcome: Outcome, version: str) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "passed": outcome.exit_code == 0,
        "exit_code": outcome.exit_code,
        "error": outcome.error or None,
        "result": None if outcome.report is None else as_json(outcome.report, version),
    }


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
        "labels": None if report.labels is None else list(report.labels),
        "perplexity": finite_or_none(report.perplexity),
        **_breakdowns(report),
        "options": dict(report.options),
        "input": dict(report.source),
        "findings": [_finding(finding) for finding in report.findings],
        "checks": [_verdicts.as_json(verdict) for verdict in report.checks],
    }


def _breakdowns(report: Report) -> dict[str, Any]:
    """What was asked for beside the value; keys that were not asked for are left out."""
    found: dict[str, Any] = {}
    if report.by is not None:
        found["by"] = report.by
        found["groups"] = [
            {
                "name": group.name,
                "loss": finite_or_none(group.loss),
                "nonfinite": nonfinite(group.loss),
                "total": finite_or_none(float(group.tally.loss)),
                "weight": finite_or_none(float(group.tally.weight)),
                "counted": group.tally.counted,
                "share": finite_or_none(group.share),
            }
            for group in report.groups
        ]
    if report.quantiles:
        found["quantiles"] = [
            {
                "fraction": quantile.fraction,
                "loss": finite_or_none(quantile.value),
                "nonfinite": nonfinite(quantile.value),
                "relative_error": quantile.bound,
            }
            for quantile in report.quantiles
        ]
    if report.worst:
        found["worst"] = [
            {
                "row": workings.row.row,
                "index": list(workings.row.index),
                "id": workings.row.id,
                "target": workings.row.target,
                "probability": finite_or_none(workings.probability),
                "loss": finite_or_none(workings.row.loss),
                "nonfinite": nonfinite(workings.row.loss),
                "weight": workings.row.weight,
            }
            for workings in report.worst
        ]
    return found


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
