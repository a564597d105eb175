"""CSV: one line a loss where the reduction is "none", else one line with the result."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.core.data import Row
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style

__all__ = ["render"]

_FORMULA_STARTS = ("=", "+", "-", "@")


def render(report: Report, style: Style) -> Iterator[str]:
    """A header line and the rows; texts that a spreadsheet would run are prefixed with '."""
    if report.value is not None:
        yield _line(["loss", "reduction", "value", "total", "denominator", "rows", "counted", "ignored"])
        tally = report.tally
        denominator = "" if report.denominator is None else exact(report.denominator)
        yield _line(
            [
                report.loss,
                report.reduction,
                exact(report.value),
                exact(float(tally.loss)),
                denominator,
                tally.rows,
                tally.counted,
                tally.ignored,
            ]
        )
        return
    yield _line(["row", "id", "target", "loss", "weight", "index", "ignored"])
    for row in report.rows:
        yield _line(
            [
                row.row,
                _text(row.id),
                _target(row),
                exact(row.loss),
                exact(row.weight),
                " ".join(map(str, row.index)),
                str(row.ignored).lower(),
            ]
        )


def _target(row: Row) -> str:
    if isinstance(row.target, tuple):
        return " ".join(map(exact, row.target))
    return exact(row.target) if isinstance(row.target, float) else str(row.target)


def _text(text: str | None) -> str:
    if text is None:
        return ""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA_STARTS) else shown


def _line(cells: list[Any]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
