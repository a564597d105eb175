"""JSON Lines: one object a loss where the reduction is "none", else the JSON contract on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.show.document import as_json, target_value
from celoss_cli.show.numerals import finite_or_none, nonfinite

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Each line is an object."""
    if report.value is not None:
        yield json.dumps(as_json(report, style.version), allow_nan=False) + "\n"
        return
    for row in report.rows:
        line = {
            "row": row.row,
            "id": row.id,
            "target": target_value(row.target),
            "loss": finite_or_none(row.loss),
            "weight": finite_or_none(row.weight),
            "index": row.index,
            "ignored": row.ignored,
            "nonfinite": nonfinite(row.loss),
        }
        yield json.dumps(line, allow_nan=False) + "\n"
