"""The tables beside the main one: groups, quantiles, the rows with the largest losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.show.blocks import Table
from celoss_cli.show.loss.tokens import worst_documents
from celoss_cli.show.numerals import percent, row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["breakdowns", "by_group", "largest", "quantiles"]


def breakdowns(report: Report) -> Iterator[Table]:
    """The tables that were asked for."""
    if report.groups:
        yield by_group(report)
    if report.quantiles:
        yield quantiles(report)
    if report.worst_rows:
        yield worst_documents(report)
    if report.worst:
        yield largest(report)


def by_group(report: Report) -> Table:
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
    return Table(f"by {by}", (by,), ("counted", "weight", "total", "mean", "share"), lines)


def quantiles(report: Report) -> Table:
    """One line a fraction; there is at least one."""
    bound = f"each within {100 * report.quantiles[0].bound:.2g}% of itself"
    if report.quantiles_left_out:
        bound += f", {report.quantiles_left_out} NaN left out"
    values = [(short(quantile.fraction), short(quantile.value)) for quantile in report.quantiles]
    return Table(f"quantiles of the losses, {bound}", ("fraction",), ("loss",), values)


def largest(report: Report) -> Table:
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
    return Table("largest losses", ("row", "id", "target"), ("p[target]", "loss"), rows)
