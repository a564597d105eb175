"""What a picture shows, as numbers for programs: JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record
from celoss_cli.show.charts.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.numerals import exact, finite_or_none, nonfinite

if TYPE_CHECKING:
    from celoss_cli.show import Style

__all__ = ["render_csv", "render_json"]

_FORMULA_STARTS = ("=", "+", "-", "@")


@record(frozen=True, slots=True)
class _Numbers:
    """The lines of a table by column, and what belongs to all of them."""

    kind: str
    lines: Callable[[Any], list[dict[str, Any]]]
    whole: Callable[[Any], Mapping[str, Any]]


def render_json(picture: Picture, style: Style) -> Iterator[str]:
    """One object as ``plot.schema.json`` describes it; what is not finite is null, and named beside."""
    numbers = _NUMBERS[type(picture)]
    document = {
        "schema_version": 1,
        "tool": {"name": "celoss", "version": style.version},
        "kind": numbers.kind,
        "loss": picture.loss,
        "unit": picture.unit,
        **numbers.whole(picture),
        "data": [_as_json(line) for line in numbers.lines(picture)],
        "notes": list(picture.notes),
    }
    yield json.dumps(document, indent=2, allow_nan=False) + "\n"


def _as_json(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line; where a number is not finite, the key "nonfinite" holds its text."""
    odd = {key: nonfinite(value) for key, value in line.items() if isinstance(value, float)}
    named = {key: text for key, text in odd.items() if text is not None}
    shown = {key: finite_or_none(value) if key in odd else value for key, value in line.items()}
    return {**shown, "nonfinite": named} if named else shown


def render_csv(picture: Picture, style: Style) -> Iterator[str]:
    """A header line and the lines of the table; texts that a spreadsheet would run are prefixed with '."""
    lines = _NUMBERS[type(picture)].lines(picture)
    if not lines:
        return
    yield _joined(list(lines[0]))
    for line in lines:
        yield _joined(map(_cell, line.values()))


def _joined(cells: Any) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return exact(value)
    text = "" if value is None else visible(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_STARTS) else text


# ------------------------------------------------------------------------------------- the four pictures


def _of_curve(picture: Curve) -> list[dict[str, Any]]:
    drawn = [
        {"what": "curve", "target": line.name, "row": None, "prediction": x, "loss": y}
        for line in picture.lines
        for x, y in zip(line.x, line.y, strict=True)
    ]
    marked = [
        {"what": "data", "target": marks.name, "row": row, "prediction": x, "loss": y}
        for marks in picture.marks
        for row, x, y in zip(marks.rows, marks.x, marks.y, strict=True)
    ]
    return drawn + marked


def _of_histogram(picture: LossHistogram) -> list[dict[str, Any]]:
    return [{"low": part.low, "high": part.high, "count": part.count} for part in picture.histogram.intervals]


def _beside_histogram(picture: LossHistogram) -> Mapping[str, Any]:
    found = picture.histogram
    return {"above": found.above, "infinite": found.infinite, "nan": found.nan}


def _of_classes(picture: ClassLosses) -> list[dict[str, Any]]:
    return [
        {"class": group.name, "counted": group.tally.counted, "mean": group.loss, "share": group.share}
        for group in picture.groups
    ]


def _of_reliability(picture: ReliabilityDiagram) -> list[dict[str, Any]]:
    return [
        {
            "low": bin.low,
            "high": bin.high,
            "count": bin.count,
            "confidence": bin.confidence if bin.count else None,
            "accuracy": bin.accuracy if bin.count else None,
        }
        for bin in picture.reliability.bins
    ]


def _beside_reliability(picture: ReliabilityDiagram) -> Mapping[str, Any]:
    found = picture.reliability
    return {
        "ece": finite_or_none(found.ece),
        "predictions": found.count,
        "left_out": found.left_out,
        "confidence_is": found.confidence_is,
        "accuracy_is": found.accuracy_is,
    }


_NUMBERS: dict[type[Picture], _Numbers] = {
    Curve: _Numbers("curve", _of_curve, lambda picture: {"prediction_is": picture.x_is}),
    LossHistogram: _Numbers("histogram", _of_histogram, _beside_histogram),
    ClassLosses: _Numbers("classes", _of_classes, lambda picture: {"mean": finite_or_none(picture.whole)}),
    ReliabilityDiagram: _Numbers("reliability", _of_reliability, _beside_reliability),
}
