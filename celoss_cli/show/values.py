"""What is the same in the JSON of several commands: findings, verdicts, targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.show.numerals import finite_or_none, nonfinite

if TYPE_CHECKING:
    from celoss_cli.findings.finding import Finding
    from celoss_cli.report.report import Verdict

__all__ = ["finding_values", "target_value", "verdict_values"]


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as ``schema.json`` describes it."""
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


def verdict_values(verdict: Verdict) -> dict[str, Any]:
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


def target_value(target: float | int | tuple[float, ...]) -> float | int | list[float | None] | None:
    """The target, with null for what JSON has no number for."""
    if isinstance(target, tuple):
        return [finite_or_none(value) for value in target]
    return target if isinstance(target, int) else finite_or_none(target)
