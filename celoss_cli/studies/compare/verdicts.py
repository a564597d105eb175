"""A comparison held against limits: the mean difference, and the upper end of its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.judge.gate import holds, reason_of
from celoss_cli.report.report import Verdict

if TYPE_CHECKING:
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["comparison_verdicts"]


def comparison_verdicts(
    comparison: Comparison, max_increase: float | None = None, non_inferior: float | None = None
) -> tuple[Verdict, ...]:
    """One verdict for each limit.

    Args:
        comparison: what is judged.
        max_increase: the largest mean difference B - A, or None.
        non_inferior: the largest upper end of its interval, or None.

    """
    found = []
    if max_increase is not None:
        found.append(_at_most("max-increase", "mean difference", comparison.difference, max_increase))
    if non_inferior is not None:
        interval = f"upper end of the {100 * comparison.estimate.confidence:g}% interval"
        found.append(_at_most("non-inferior", interval, comparison.estimate.bounds.high, non_inferior))
        if found[-1].passed and not comparison.estimate.held:
            found[-1] = replace(
                found[-1], passed=False, reason=f"{found[-1].reason}, but {_unsure(comparison)}"
            )
    return tuple(found)


def _at_most(name: str, what: str, value: float, limit: float) -> Verdict:
    return Verdict(
        name, holds(value, "<=", limit), value, "<=", limit, what, reason_of(what, value, "<=", limit)
    )


def _unsure(comparison: Comparison) -> str:
    return (
        f"that is not sure: differences with a skewness of {comparison.estimate.skewness:.2g} take "
        f"{comparison.estimate.units_needed} independent rows or groups, got {comparison.estimate.units}"
    )
