"""The tables beside the main one: groups, quantiles, the rows with the largest losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record
from celoss_cli.show.numerals import percent, row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["Breakdown", "breakdowns", "by_group", "largest", "quantiles"]


@record(frozen=True, slots=True)
class Breakdown:
    """A table of names and numbers.

    Attributes:
        title: what it shows.
        names: the headings of the columns of text.
        numbers: the headings of the columns of numbers.
        lines: the cells, texts before numbers.

    """

    title: str
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


def breakdowns(report: Report) -> Iterator[Breakdown]:
    """The tables that were asked for."""
    if report.groups:
        yield by_group(report)
    if report.quantiles:
        yield quantiles(report)
    if report.worst:
        yield largest(report)


def by_group(report: Report) -> Breakdown:
    """One line a group."""
    lines = [
        (
            visible(group.name),
            str(group.tally.counted),
            short(float(group.tally.weight)),
            short(float(group.tally.loss)),
            short(group.loss),
            percent(group.share, 2),
        )
        for group in report.groups
    ]
    by = visible(report.by or "")
    return Breakdown(f"by {by}", (by,), ("counted", "weight", "total", "mean", "share"), lines)


def quantiles(report: Report) -> Breakdown:
    """One line a fraction; there is at least one."""
    bound = f"each within {100 * report.quantiles[0].bound:.2g}% of itself"
    if report.quantiles_left_out:
        bound += f", {report.quantiles_left_out} NaN left out"
    values = [(short(quantile.fraction), short(quantile.value)) for quantile in report.quantiles]
    return Breakdown(f"quantiles of the losses, {bound}", ("fraction",), ("loss",), values)


def largest(report: Report) -> Breakdown:
    """One line an element, the largest loss first."""
    rows = [
        (
            row_name(workings.row),
            visible(workings.row.id or ""),
            target_name(workings.row, report.labels),
            "" if workings.probability is None else short(workings.probability),
            short(workings.row.loss),
        )
        for workings in report.worst
    ]
    return Breakdown("largest losses", ("row", "id", "target"), ("p[target]", "loss"), rows)
