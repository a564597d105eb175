"""The report of a loss as a document; what a format does not ask for is not even imported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.show.document import Checks, Document, Records
from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.core.data import Row
    from celoss_cli.report.report import Report
    from celoss_cli.show.blocks import Page, View

__all__ = ["document_of"]


def document_of(report: Report, command: str = "") -> Document:
    """The document of a report.

    Args:
        report: with whatever it has; what it lacks is left out.
        command: a command line that prints the value again, for the page, or "".

    """
    return Document(
        view=partial(_view, report),
        values=partial(_values, report),
        page=partial(_page, report, command),
        number=partial(_number, report),
        records=partial(_records, report),
        checks=partial(_checks, report),
    )


def _view(report: Report) -> View:
    from celoss_cli.show.loss.view import view_of

    return view_of(report)


def _values(report: Report, version: str) -> dict[str, Any]:
    from celoss_cli.show.loss.values import values_of

    return values_of(report)


def _page(report: Report, command: str) -> Page:
    from celoss_cli.show.loss.page import page_of

    return page_of(report, command)


def _number(report: Report) -> Iterator[str]:
    if report.value is not None:
        return iter([exact(report.value)])
    return (exact(row.loss) for row in report.rows)


def _records(report: Report) -> Records:
    if report.value is None:
        return Records(_OF_AN_ELEMENT, map(_element, report.rows), each=True)
    return Records(_OF_THE_WHOLE, [_whole(report)], each=False)


_OF_AN_ELEMENT = ("row", "id", "target", "loss", "weight", "index", "ignored")
_OF_THE_WHOLE = ("loss", "reduction", "value", "total", "denominator", "rows", "counted", "ignored")


def _element(row: Row) -> tuple[Any, ...]:
    return row.row, row.id, row.target, row.loss, row.weight, row.index, row.ignored


def _whole(report: Report) -> tuple[Any, ...]:
    tally, total = report.tally, float(report.tally.loss)
    counts = tally.rows, tally.counted, tally.ignored
    return report.loss, report.reduction, report.value, total, report.denominator, *counts


def _checks(report: Report) -> Checks:
    from celoss_cli.show.loss.wording import extents, reduction_line
    from celoss_cli.show.verdicts import lines_of

    told = f"{report.loss}: {extents(report)}: {reduction_line(report)}"
    return Checks([(report.loss, lines_of(report.checks, report.loss))], told=told)
