"""The report of a loss as a document; what a format does not ask for is not even imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.late import np
from celoss_cli.show.document import Checks, Columns, Document, Parts, Records, Words
from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.evaluate.rows import NamedTerms
    from celoss_cli.report.report import Report
    from celoss_cli.show.blocks import Page, View
    from celoss_cli.show.document import Column

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
    if report.by_element:
        gradient = ("gradient",) if report.rows is not None and report.rows.with_gradient else ()
        names = (*_OF_AN_ELEMENT, *gradient)
        return Columns(names, (_columns(found, report.labels)[: len(names)] for found in report.named))
    return Records(_OF_THE_WHOLE, [_whole(report)], each=False)


def _array(report: Report) -> Parts:
    rows = report.rows
    if rows is None:
        return Parts(0, ())
    return Parts(rows.length, rows.gradients() if rows.with_gradient else rows.losses())


_OF_AN_ELEMENT = (
    *("row", "id", "target", "loss", "weight", "index", "ignored"),
    *("class", "p_target", "prediction", "predicted_class"),
)
_OF_THE_WHOLE = ("loss", "reduction", "value", "total", "denominator", "rows", "counted", "ignored")


def _columns(found: NamedTerms, labels: Sequence[str] | None) -> Sequence[Column]:
    which = found.row, found.id, found.target, found.loss, found.weight, found.index, found.ignored
    p = found.probability
    predicted = found.prediction
    return (
        *which,
        _named(found.target, labels),
        None if p is None else p if (p == p).all() else [None if x != x else x for x in p.tolist()],
        _known(predicted),
        None if predicted is None else _named(predicted, labels),
        found.gradient,
    )


def _known(codes: Array | None) -> Column:
    """Codes, with nothing for -1; nothing where there are no others."""
    if codes is None or (codes < 0).all():
        return None
    return codes if (codes >= 0).all() else [None if code < 0 else code for code in codes.tolist()]


def _named(codes: Any, labels: Sequence[str] | None) -> Column:
    """The names of classes, where they have any."""
    if labels is None or getattr(codes, "ndim", 0) != 1 or codes.dtype.kind != "i":
        return None
    known = (codes >= 0) & (codes < len(labels))
    return Words(np.where(known, codes, len(labels)), [*labels, None]) if known.any() else None


def _whole(report: Report) -> tuple[Any, ...]:
    tally, total = report.tally, float(report.tally.loss)
    counts = tally.rows, tally.counted, tally.ignored
    return report.loss, report.reduction, report.value, total, report.denominator, *counts


def _checks(report: Report, seconds: float | None) -> Checks:
    from celoss_cli.show.loss.wording import extents, reduction_line
    from celoss_cli.show.verdicts import lines_of

    told = f"{report.loss}: {extents(report)}: {reduction_line(report)}"
    file = next((path for path in report.source.get("files", ()) if path != "-"), "")
    return Checks([(report.loss, lines_of(report.checks, report.loss, file, seconds))], told=told)
