"""Two data sets, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.records import record
from celoss_cli.judge.gate import holds, reason_of
from celoss_cli.report.verdict import Verdict

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.core.data import Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.statistics.interval import Estimate

__all__ = ["LEAST_P", "Change", "ClassChange", "Comparison", "Subject", "comparison_verdicts"]

LEAST_P = 1e-300
"""A p-value that is smaller is given as this one: a double holds none that are much smaller."""


@record(frozen=True, slots=True)
class Change:
    """A row whose loss differs between two data sets.

    Attributes:
        row: its number in A, from 0.
        id: its identifier, where the data has them.
        target: of a row of one loss element, else None.
        first, second: its loss in A and in B, weighted.

    """

    row: int
    id: str | None
    target: float | int | str | tuple[float, ...] | None
    first: float
    second: float

    @property
    def difference(self) -> float:
        """B - A."""
        return self.second - self.first


@record(frozen=True, slots=True)
class ClassChange:
    """The losses of the elements whose target is one class.

    Attributes:
        name: the class.
        counted: how many elements.
        first, second: their mean loss in A and in B, each total divided by the class's own weight.
        difference: B - A, from the exact totals.
        p: of no difference in this class, two-sided, by its interval; None where it has none.
        adjusted_p: the same, adjusted for the number of classes by Holm's method.

    """

    name: str
    counted: int
    first: float
    second: float
    difference: float
    p: float | None = None
    adjusted_p: float | None = None


@record(frozen=True, slots=True, kw_only=True)
class Subject:
    """Two data sets of the same rows and targets: A, the first, and B, the second.

    Attributes:
        loss, title, unit: as in a report.
        options: the options in force, by name.
        files: the names of A and B.
        sources: how each of them was read.
        aligned_by: "id" or "position".
        rows: how many rows each has.
        denominator_is: what both totals are divided by, in words.
        group_column: the column whose values are the groups, or None.
        labels: the classes' names, where the data has them.

    """

    loss: str
    title: str
    unit: str
    options: OptionValues
    files: tuple[str, str]
    sources: tuple[Source, Source]
    aligned_by: Literal["id", "position"]
    rows: int
    denominator_is: str
    group_column: str | None = None
    labels: Sequence[str] | None = None


@record(frozen=True, slots=True, kw_only=True)
class Comparison(Subject):
    """Two data sets, compared.

    Attributes:
        counted: how many of the rows have a target that counts.
        denominator: what both totals were divided by.
        first, second: the losses of A and B, as their own reports have them.
        difference: B - A, rounded once from the exact totals.
        estimate: the interval of the difference; its units are the counted rows, or the groups.
        resamples, seed: of the plain bootstrap interval and of the permutation test.
        percentile: the plain bootstrap interval.
        wins, losses, ties: rows where B's loss is lower, higher, the same; no NaN is any of them.
        untied: how many of the units differ between A and B; a NaN is none of them.
        sign_p: the two-sided p-value of the sign test, over those units; at least 1e-300.
        flip_p: that of the permutation test, None where a loss is not finite.
        flip_exact: whether that test tried every permutation.
        regressions, improvements: the rows that lost and gained most, the largest change first.
        classes: the breakdown by class, where the targets are classes.
        agreement: the part of the predictions whose most probable outcome is the same, or None.
        divergence: the mean Kullback-Leibler divergence of B's predictions from A's, or None.
        checks: a verdict for each limit that was asked for.

    """

    counted: int
    denominator: float
    first: float
    second: float
    difference: float
    estimate: Estimate
    resamples: int
    seed: int
    percentile: Bounds
    wins: int
    losses: int
    ties: int
    untied: int
    sign_p: float
    flip_p: float | None
    flip_exact: bool
    regressions: Sequence[Change] = ()
    improvements: Sequence[Change] = ()
    classes: Sequence[ClassChange] = ()
    agreement: float | None = None
    divergence: float | None = None
    checks: Sequence[Verdict] = ()

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return not all(verdict.passed for verdict in self.checks)


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
