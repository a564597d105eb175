"""The report of a loss for people: every step of the first rows, then the reduction, written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.show.blocks import Block, Findings, Full, Lines, Part, Result, Verdicts, View
from celoss_cli.show.loss.tables import breakdowns, by_divisor, by_norm, documents
from celoss_cli.show.loss.wording import extents, interval_of, parts_lines, reduction_line, scores_line
from celoss_cli.show.loss.workings import ignored_line, ledger, row_title, steps_of
from celoss_cli.show.source import skipped_line, source_lines
from celoss_cli.show.verdicts import lines_of

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["view_of"]


def view_of(report: Report) -> View:
    """The rows, what they add up to, and what was asked for beside it; the number comes last."""
    return View(report.title, (extents(report), f"reduction {report.reduction}"), tuple(_blocks(report)))


def _blocks(report: Report) -> Iterator[Block]:
    skipped = report.source.get("skipped")
    yield Full(
        [Lines(list(source_lines(report.source, report.takes, report.options)))],
        [Lines([skipped_line(skipped)])] if skipped else [],
    )
    if report.scores is not None and report.tally.counted > 1:
        yield Lines([scores_line(report), *parts_lines(report)])
    if report.tokens is not None:
        yield Full([*documents(report)], [])
    elif report.workings:
        rows = [
            Part(row_title(workings, report), list(steps_of(workings, report)), ignored_line(workings))
            for workings in report.workings
        ]
        # The steps of a single loss say all that its line and the sum would repeat.
        summed = [] if report.tally.elements == 1 else [ledger(report)]
        yield Full([*rows, *summed], [ledger(report, named=True)])
    yield from breakdowns(report)
    if report.tokens is not None:
        yield by_divisor(report.tokens, report.unit)
    if choices := report.source.get("choices"):
        yield by_norm(choices)
    yield _result(report)
    if report.checks:
        yield Verdicts(lines_of(report.checks))
    yield Findings(report.findings, told=True)


def _result(report: Report) -> Result:
    """The number, and what its interval says where it was asked for."""
    interval = interval_of(report)
    if interval is None:
        return Result(reduction_line(report))
    return Result(reduction_line(report), [interval.told, *interval.sentences()])
