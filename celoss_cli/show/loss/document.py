"""The report of a loss as a document; what a format does not ask for is not even imported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.show.document import Document
from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show.blocks import Page, View
    from celoss_cli.show.data import Columns, Parts, Records
    from celoss_cli.show.verdicts import Checks

__all__ = ["document_of"]


def document_of(report: Report, command: str = "", seconds: float | None = None) -> Document:
    """The document of a report.

    Args:
        report: with whatever it has; what it lacks is left out.
        command: a command line that prints the value again, for the page, or "".
        seconds: that the computation took, or None.

    """
    return Document(
        view=partial(_view, report),
        values=partial(_values, report),
        page=partial(_page, report, command),
        number=partial(_number, report),
        records=partial(_records, report),
        checks=partial(_checks, report, seconds),
        array=partial(_array, report) if report.by_element else None,
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
    return _losses(report)


def _losses(report: Report) -> Iterator[str]:
    from celoss_cli.show.csv import NOTATION
    from celoss_cli.show.lines import as_lines

    for found in report.named:
        for text in as_lines([found.loss], NOTATION):
            yield from text.splitlines()


def _records(report: Report) -> Records | Columns:
    from celoss_cli.show.loss.records import records_of

    return records_of(report)


def _array(report: Report) -> Parts:
    from celoss_cli.show.data import Parts

    rows = report.rows
    if rows is None:
        return Parts(0, ())
    return Parts(rows.length, rows.gradients() if rows.with_gradient else rows.losses())


def _checks(report: Report, seconds: float | None) -> Checks:
    from celoss_cli.show.loss.wording import extents, reduction_line
    from celoss_cli.show.verdicts import Checks, lines_of

    told = f"{report.loss}: {extents(report)}: {reduction_line(report)}"
    file = next((path for path in report.source.get("files", ()) if path != "-"), "")
    return Checks([(report.loss, lines_of(report.checks, report.loss, file, seconds))], told=told)
