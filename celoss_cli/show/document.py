"""The JSON contract: within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from celoss_cli.show import Style
from celoss_cli.show import verdicts as _verdicts
from celoss_cli.show.numerals import finite_or_none, nonfinite
from celoss_cli.studies.compare.wording import meaning
from celoss_cli.studies.reconcile import wording as _reconciliation

if TYPE_CHECKING:
    from celoss_cli.findings.finding import Finding
    from celoss_cli.report.outcome import Outcome
    from celoss_cli.report.report import Report
    from celoss_cli.studies.compare.comparison import Bounds, Change, Comparison
    from celoss_cli.studies.conventions.conventions import Conventions, Gap, ToolLoss
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis
    from celoss_cli.studies.explain.explanation import Explanation, Section
    from celoss_cli.studies.reconcile.reconciliation import Reconciliation
    from celoss_cli.studies.weights.class_weights import ClassWeights

__all__ = [
    "SCHEMA_VERSION",
    "as_json",
    "render",
    "render_class_weights",
    "render_comparison",
    "render_conventions",
    "render_diagnosis",
    "render_explanation",
    "render_reconciliation",
    "render_run",
    "target_value",
]

SCHEMA_VERSION = 1

_TOKENS = 1 << 16
"""So many are held as text at a time."""


def render(report: Report, style: Style) -> Iterator[str]:
    """One object over several lines, in as many pieces as many groups take."""
    tokens = json.JSONEncoder(indent=2, allow_nan=False).iterencode(as_json(report, style.version))
    tokens = chain(tokens, "\n")
    while piece := "".join(islice(tokens, _TOKENS)):
        yield piece


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
        found["quantiles_left_out"] = report.quantiles_left_out
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
        "evidence": {name: _finite(value) for name, value in finding.evidence.items()},
        "remedy": finding.remedy,
    }


def _finite(value: Any) -> Any:
    return finite_or_none(value) if isinstance(value, float) else value


def render_diagnosis(diagnosis: Diagnosis, style: Style) -> Iterator[str]:
    """One object, as ``diagnosis.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "loss": diagnosis.loss,
        "rows": diagnosis.rows,
        "classes": diagnosis.classes,
        "labels": None if diagnosis.labels is None else list(diagnosis.labels),
        "value": finite_or_none(diagnosis.value),
        "nonfinite": nonfinite(diagnosis.value),
        "unit": diagnosis.unit,
        "counted": diagnosis.counted,
        "accuracy": diagnosis.accuracy,
        "options": dict(diagnosis.options),
        "input": dict(diagnosis.source),
        "checks": diagnosis.checks,
        "findings": [_finding(finding) for finding in diagnosis.findings],
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def target_value(target: float | int | tuple[float, ...]) -> float | int | list[float | None] | None:
    """The target, with null for what JSON has no number for."""
    if isinstance(target, tuple):
        return [finite_or_none(value) for value in target]
    return target if isinstance(target, int) else finite_or_none(target)


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """One object with the key "comparison", as ``comparison.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "comparison": _comparison(comparison),
        "checks": [_verdicts.as_json(verdict) for verdict in comparison.checks],
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "loss": found.loss,
        "unit": found.unit,
        "files": list(found.files),
        "aligned_by": found.aligned_by,
        "rows": found.rows,
        "counted": found.counted,
        "units": found.units,
        "group_column": found.group_column,
        "labels": None if found.labels is None else list(found.labels),
        "denominator": finite_or_none(found.denominator),
        "denominator_is": found.denominator_is,
        "mean_a": finite_or_none(found.first),
        "mean_b": finite_or_none(found.second),
        "difference": finite_or_none(found.difference),
        "nonfinite": {
            "mean_a": nonfinite(found.first),
            "mean_b": nonfinite(found.second),
            "difference": nonfinite(found.difference),
            "divergence": nonfinite(found.divergence),
        },
        "standard_error": finite_or_none(found.standard_error),
        "confidence": found.confidence,
        "interval": {"method": "hall", **_ends(found.bounds)},
        "skewness": finite_or_none(found.skewness),
        "units_needed": found.units_needed,
        "percentile_interval": _ends(found.percentile),
        "resamples": found.resamples,
        "seed": found.seed,
        "wins": found.wins,
        "losses": found.losses,
        "ties": found.ties,
        "sign_test_p": found.sign_p,
        "permutation_test_p": found.flip_p,
        "permutation_test_exact": found.flip_exact,
        "regressions": [_change(change) for change in found.regressions],
        "improvements": [_change(change) for change in found.improvements],
        "classes": [
            {
                "name": part.name,
                "counted": part.counted,
                "mean_a": finite_or_none(part.first),
                "mean_b": finite_or_none(part.second),
                "difference": finite_or_none(part.difference),
            }
            for part in found.classes
        ],
        "agreement": finite_or_none(found.agreement),
        "divergence": finite_or_none(found.divergence),
        "meaning": list(meaning(found)),
        "options": dict(found.options),
        "inputs": [dict(source) for source in found.sources],
    }


def _ends(bounds: Bounds) -> dict[str, float | None]:
    return {"low": finite_or_none(bounds.low), "high": finite_or_none(bounds.high)}


def _change(change: Change) -> dict[str, Any]:
    return {
        "row": change.row,
        "id": change.id,
        "target": None if change.target is None else target_value(change.target),
        "loss_a": finite_or_none(change.first),
        "loss_b": finite_or_none(change.second),
        "difference": finite_or_none(change.difference),
        "nonfinite": nonfinite(change.difference),
    }


def render_explanation(explanation: Explanation, style: Style) -> Iterator[str]:
    """One object with the key "explanation", as ``explanation.schema.json`` describes it."""
    example = explanation.example
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "explanation": {
            "name": explanation.name or None,
            "title": explanation.title,
            **explanation.facts,
            "sections": [_section(section) for section in explanation.sections],
            "example": None
            if example is None
            else {"command": explanation.command, "result": as_json(example, style.version)},
        },
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title or None,
        "formulas": list(section.formulas),
        "paragraphs": list(section.paragraphs),
        "steps": list(section.steps),
        "terms": [{"name": name, "meaning": meaning} for name, meaning in section.terms],
    }


def render_conventions(conventions: Conventions, style: Style) -> Iterator[str]:
    """One object with the key "conventions", as ``conventions.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "loss": conventions.loss,
        "reduction": conventions.reduction,
        "unit": conventions.unit,
        "rows": conventions.rows,
        "elements": conventions.elements,
        "conventions": [_tool_loss(tool) for tool in conventions.tools],
        "gaps": [_gap(gap) for gap in conventions.gaps],
        "labels": None if conventions.labels is None else list(conventions.labels),
        "options": dict(conventions.options),
        "input": dict(conventions.source),
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def _tool_loss(tool: ToolLoss) -> dict[str, Any]:
    return {
        "name": tool.name,
        "value": finite_or_none(tool.value),
        "nonfinite": nonfinite(tool.value),
        "total": None if tool.refused else finite_or_none(float(tool.tally.loss)),
        "denominator": finite_or_none(tool.denominator),
        "denominator_is": tool.denominator_is,
        "clipped": tool.tally.clamped,
        "differing": tool.differing,
        "refused": tool.refused or None,
        **tool.facts,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "row": gap.row.row,
        "index": list(gap.row.index),
        "id": gap.row.id,
        "target": target_value(gap.row.target),
        "probability": finite_or_none(gap.probability),
        "losses": {name: finite_or_none(loss) for name, loss in gap.losses.items()},
        "nonfinite": {name: nonfinite(loss) for name, loss in gap.losses.items() if nonfinite(loss)},
    }


def render_class_weights(weights: ClassWeights, style: Style) -> Iterator[str]:
    """One object whose key "weights" ``--weight @FILE`` reads, as ``weights.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "scheme": weights.scheme,
        "formula": weights.formula,
        "beta": weights.beta,
        "weights": [found.weight for found in weights.classes],
        "labels": [found.name for found in weights.classes],
        "counts": [found.count for found in weights.classes],
        "counted": weights.counted,
        "ignored": weights.ignored,
        "input": dict(weights.source),
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def render_reconciliation(found: Reconciliation, style: Style) -> Iterator[str]:
    """One object with the key "reconciliation", as ``reconcile.schema.json`` describes it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "celoss", "version": style.version},
        "reconciliation": _reconciliation.as_json(found),
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"
