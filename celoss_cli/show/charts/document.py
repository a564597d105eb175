"""A picture as a document: what it shows as numbers for programs, and itself for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from celoss_cli.core.records import record
from celoss_cli.show.blocks import Chart, Sentences, View
from celoss_cli.show.charts.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.document import Document, Records
from celoss_cli.show.numerals import nonfinite

__all__ = ["document_of"]


@record(frozen=True, slots=True)
class _Kind:
    """The lines of a table by column, and what belongs to all of them."""

    name: str
    lines: Callable[[Any], list[dict[str, Any]]]
    whole: Callable[[Any], Mapping[str, object]]


def document_of(picture: Picture) -> Document:
    """The document of a picture."""
    return Document(
        view=lambda: View(picture.title, (), (Chart(picture), Sentences(picture.notes, "faint"))),
        values=lambda version: _values(picture),
        records=partial(_records, picture),
    )


def _values(picture: Picture) -> dict[str, Any]:
    """The numbers as ``plot.schema.json`` describes them; what is not finite is null, and named."""
    kind = _KINDS[type(picture)]
    return {
        "kind": kind.name,
        "loss": picture.loss,
        "unit": picture.unit or None,
        **kind.whole(picture),
        "data": [_line_values(line) for line in kind.lines(picture)],
        "notes": list(picture.notes),
    }


def _line_values(line: Mapping[str, object]) -> dict[str, Any]:
    """A line; where a number is not finite, the key "nonfinite" holds its text."""
    odd = {key: nonfinite(value) for key, value in line.items() if isinstance(value, float)}
    named = {key: text for key, text in odd.items() if text is not None}
    return {**line, **({"nonfinite": named} if named else {})}


def _records(picture: Picture) -> Records:
    lines = _KINDS[type(picture)].lines(picture)
    return Records(tuple(lines[0]) if lines else (), [tuple(line.values()) for line in lines], each=True)


# ------------------------------------------------------------------------------------- the four kinds


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


def _beside_histogram(picture: LossHistogram) -> Mapping[str, object]:
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


def _beside_reliability(picture: ReliabilityDiagram) -> Mapping[str, object]:
    found = picture.reliability
    return {
        "ece": found.ece,
        "predictions": found.count,
        "left_out": found.left_out,
        "confidence_is": found.confidence_is,
        "accuracy_is": found.accuracy_is,
    }


_KINDS: dict[type[Picture], _Kind] = {
    Curve: _Kind("curve", _of_curve, lambda picture: {"prediction_is": picture.x_is}),
    LossHistogram: _Kind("histogram", _of_histogram, _beside_histogram),
    ClassLosses: _Kind("classes", _of_classes, lambda picture: {"mean": picture.whole}),
    ReliabilityDiagram: _Kind("reliability", _of_reliability, _beside_reliability),
}
