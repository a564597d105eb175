"""A picture as a document: what it shows as numbers for programs, and itself for people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.show.blocks import Chart, Sentences, View
from celoss_cli.show.data import Records
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import nonfinite

if TYPE_CHECKING:
    from celoss_cli.show.charts.figures import Picture

__all__ = ["document_of"]


def document_of(picture: Picture) -> Document:
    """The document of a picture."""
    return Document(
        view=lambda: View(picture.title, (), (Chart(picture), Sentences(picture.notes, "faint"))),
        values=lambda version: _values(picture),
        records=partial(_records, picture),
    )


def _values(picture: Picture) -> dict[str, Any]:
    """The numbers as ``plot.schema.json`` describes them; what is not finite is null, and named."""
    return {
        "kind": picture.kind,
        "loss": picture.loss,
        "unit": picture.unit or None,
        **picture.about,
        "data": [_line_values(line) for line in picture.numbers],
        "notes": list(picture.notes),
    }


def _line_values(line: Mapping[str, object]) -> dict[str, Any]:
    """A line; where a number is not finite, the key "nonfinite" holds its text."""
    odd = {key: nonfinite(value) for key, value in line.items() if isinstance(value, float)}
    named = {key: text for key, text in odd.items() if text is not None}
    return {**line, **({"nonfinite": named} if named else {})}


def _records(picture: Picture) -> Records:
    lines = picture.numbers
    return Records(tuple(lines[0]) if lines else (), [tuple(line.values()) for line in lines], each=True)
