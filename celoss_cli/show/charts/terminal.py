"""Pictures made of characters: Braille dots and blocks, or ASCII where nothing else can be written.

What tells two things apart is their form; colour only helps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from celoss_cli.show.charts.axes import tick_text, ticks
from celoss_cli.show.charts.bars import (
    COLORS,
    LEAST_PLOT,
    class_bars,
    histogram_bars,
    reliability_bars,
    wrapped,
)
from celoss_cli.show.charts.canvas import Canvas
from celoss_cli.show.charts.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.console import printed
from celoss_cli.show.numerals import of_unit

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.show import Style

__all__ = ["picture_lines", "render"]

_USUAL_WIDTH = 80
_WIDEST = 120


def render(picture: Picture, style: Style) -> Iterator[str]:
    """The picture as lines of text, no wider than the style says wherever there is room at all."""
    width = _width(style)
    yield from _printed([Text(line, "bold") for line in wrapped(picture.title, width)], style)
    yield "\n"
    yield from picture_lines(picture, style)
    if picture.notes:
        yield "\n"
    for sentence in picture.notes:
        yield from _printed([Text(line, "dim") for line in wrapped(sentence, width)], style)


def picture_lines(picture: Picture, style: Style) -> Iterator[str]:
    """The picture itself, without its title and its notes."""
    yield from _printed(_DRAWN[type(picture)](picture, _width(style), style.unicode), style)


def _width(style: Style) -> int:
    return min(style.width or _USUAL_WIDTH, _WIDEST)


def _printed(lines: Sequence[Text], style: Style) -> Iterator[str]:
    """The lines with their colours, if any are wanted."""
    for line in lines:
        line.rstrip()
        yield printed(line, style)


def _curve(picture: Curve, width: int, unicode: bool) -> list[Text]:
    height = max(12, min(24, width // 5))
    marks = "●○◆" if unicode else "ox#"
    up = [(value, tick_text(value)) for value in ticks(picture.up.low, picture.up.high)]
    margin = max(len(text) for _, text in up)
    canvas = Canvas(max(LEAST_PLOT, width - margin - 3), height, unicode)
    for number, line in enumerate(picture.lines):
        places = [
            (_part(x, picture.across), _part(y, picture.up)) for x, y in zip(line.x, line.y, strict=True)
        ]
        for finite, run in groupby(places, key=lambda place: math.isfinite(place[1])):
            if finite:
                canvas.line(number, list(run))
    for found, mark in zip(picture.marks, marks, strict=False):
        for x, y in found.inside(picture.across):
            canvas.mark(_part(x, picture.across), _part(y, picture.up), mark)
    return [
        Text(of_unit("loss", picture.unit)),
        *_framed(
            canvas,
            {canvas.row(_part(v, picture.up)): text for v, text in up},
            margin,
            unicode,
        ),
        *_bottom(picture.across, canvas, margin, unicode),
        Text(" " * (margin + 3) + picture.x_is.center(canvas.columns)),
        Text(""),
        *_legend(picture, marks, width, unicode),
    ]


def _part(value: float, bounds: Bounds) -> float:
    return (value - bounds.low) / (bounds.high - bounds.low)


def _framed(canvas: Canvas, labels: dict[int, str], margin: int, unicode: bool) -> Iterator[Text]:
    """The rows of a canvas behind the axis and its numbers."""
    tick, plain = ("┤", "│") if unicode else ("+", "|")
    for row, cells in enumerate(canvas.lines()):
        text = Text(f"{labels.get(row, ''):>{margin}} {tick if row in labels else plain} ")
        for char, cell in cells:
            colour = "bold" if cell.mark else COLORS[cell.line % len(COLORS)]
            text.append(char, colour if char != " " else "")
        yield text


def _bottom(across: Bounds, canvas: Canvas, margin: int, unicode: bool) -> list[Text]:
    """The axis below and its numbers."""
    corner, line, tick = ("└", "─", "┬") if unicode else ("+", "-", "+")
    columns = canvas.columns
    axis, numbers = [line] * columns, [" "] * (columns + margin + 3)
    free = 0
    for value in ticks(across.low, across.high, max(2, columns // 12)):
        place = canvas.column(_part(value, across))
        axis[place] = tick
        text = tick_text(value)
        start = max(free, min(margin + 3 + place - len(text) // 2, len(numbers) - len(text)))
        numbers[start : start + len(text)] = text
        free = start + len(text) + 1
    return [Text(" " * (margin + 1) + corner + line + "".join(axis)), Text("".join(numbers))]


def _legend(picture: Curve, marks: str, width: int, unicode: bool) -> list[Text]:
    """What the lines and the marks are."""
    strokes = ("⠒⠒⠒⠒", "⠒⠂⠐⠒", "⠒⠂⠐⠒") if unicode else ("****", "....", "++++")
    entries = [f"{stroke} {line.name}" for line, stroke in zip(picture.lines, strokes, strict=False)]
    entries += [f"{mark} {name}" for (_, name), mark in zip(picture.named_marks, marks, strict=False)]
    joined = "   ".join(entries)
    return [Text(line) for line in ([joined] if len(joined) <= width else entries)]


_DRAWN: dict[type[Picture], Callable[[Any, int, bool], list[Text]]] = {
    Curve: _curve,
    LossHistogram: histogram_bars,
    ClassLosses: class_bars,
    ReliabilityDiagram: reliability_bars,
}
