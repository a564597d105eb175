"""The report of a loss as a table of data: of its elements, or of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.late import np
from celoss_cli.show.data import Columns, Records, Words

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.evaluate.rows import NamedTerms
    from celoss_cli.report.report import Report
    from celoss_cli.show.data import Column

__all__ = ["records_of"]


_OF_AN_ELEMENT = (
    *("row", "id", "target", "loss", "weight", "index", "ignored"),
    *("class", "p_target", "prediction", "predicted_class"),
)
_OF_THE_WHOLE = ("loss", "reduction", "value", "total", "denominator", "rows", "counted", "ignored")


def records_of(report: Report) -> Records | Columns:
    """A record for each element where the report has them, else one of the whole."""
    if report.by_element:
        gradient = ("gradient",) if report.rows is not None and report.rows.with_gradient else ()
        names = (*_OF_AN_ELEMENT, *gradient)
        return Columns(names, (_columns(found, report.labels)[: len(names)] for found in report.named))
    return Records(_OF_THE_WHOLE, [_whole(report)], each=False)


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
