"""What is the same in the JSON of several commands: findings and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.show.numerals import nonfinite

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.report import Verdict

__all__ = ["finding_values", "verdict_values"]


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as ``schema.json`` describes it."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "count": finding.count,
        "evidence": dict(finding.evidence),
        "remedy": finding.remedy,
    }


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``schema.json`` describes it."""
    return {
        "name": verdict.name,
        "passed": verdict.passed,
        "compared": verdict.compared,
        "value": verdict.value,
        "nonfinite": nonfinite(verdict.value),
        "relation": verdict.relation,
        "limit": verdict.limit,
        "reason": verdict.reason,
    }
