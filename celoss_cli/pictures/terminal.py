"""Pictures made of characters: Braille dots and blocks, or ASCII where nothing else can be written.

What tells two things apart is their form; colour only helps.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from celoss_cli.data import Bin, Bounds
from celoss_cli.errors import visible
from celoss_cli.formats import Style
from celoss_cli.formats._numerals import aligned, short
from celoss_cli.pictures.axes import ticks
from celoss_cli.pictures.canvas import Canvas
from celoss_cli.pictures.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.pictures.words import (
    class_heading,
    classes_line,
    histogram_rows,
    reliability_line,
    shown_groups,
    tick_text,
)

__all__ = ["render"]

_USUAL_WIDTH = 80
_WIDEST = 120
_LEAST_PLOT = 16
_COLORS = ("cyan", "magenta", "yellow")
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_NAME_WIDTH = 24


def render(picture: Picture, style: Style) -> Iterator[str]:
    """The picture as lines of text, no wider than the style says wherever there is room at all."""
    width = min(style.width or _USUAL_WIDTH, _WIDEST)
    yield from _printed([Text(line, "bold") for line in _wrapped(picture.title, width)], style)
    yield "\n"
    yield from _printed(_DRAWN[type(picture)](picture, width, style.unicode), style)
    if picture.notes:
        yield "\n"
    for sentence in picture.notes:
        yield from _printed([Text(line, "dim") for line in _wrapped(sentence, width)], style)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _printed(lines: Sequence[Text], style: Style) -> Iterator[str]:
    """The lines with their colours, if any are wanted."""
    console = Console(
        file=StringIO(),
        width=100_000,
        color_system="standard" if style.color else None,
        force_terminal=style.color,
        no_color=not style.color,
        legacy_windows=False,
        highlight=False,
    )
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=True)
    assert isinstance(console.file, StringIO)  # noqa: S101 - for the type checker
    yield console.file.getvalue()


# ---------------------------------------------------------------------------------------------- curves


def _curve(picture: Curve, width: int, unicode: bool) -> list[Text]:
    height = max(12, min(24, width // 5))
    marks = "●○◆" if unicode else "ox#"
    up = [(value, tick_text(value)) for value in ticks(picture.up.low, picture.up.high)]
    margin = max(len(text) for _, text in up)
    canvas = Canvas(max(_LEAST_PLOT, width - margin - 3), height, unicode)
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
        Text(f"loss, {picture.unit}"),
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
            colour = "bold" if cell.mark else _COLORS[cell.line % len(_COLORS)]
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
    alone = len(picture.lines) == 1
    for found, mark in zip(picture.marks, marks, strict=False):
        entries.append(f"{mark} data{'' if alone else f', {found.name}'} ({len(found.x)})")
    joined = "   ".join(entries)
    return [Text(line) for line in ([joined] if len(joined) <= width else entries)]


# ------------------------------------------------------------------------------------------------ bars


def _bar(part: float, columns: int, unicode: bool) -> str:
    """A bar of this part of the columns; whatever is more than nothing can be seen."""
    if not part > 0:
        return ""
    eighths = max(1, round(min(part, 1.0) * columns * 8))
    if not unicode:
        return "#" * max(1, round(eighths / 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _bars(
    heading: Sequence[str], rows: Sequence[Sequence[str]], parts: Sequence[float], width: int, unicode: bool
) -> list[Text]:
    """A table of texts, the first column a name and the others numbers, with a bar behind each row."""
    names = [_cut(name, _NAME_WIDTH) for name in (heading[0], *(row[0] for row in rows))]
    left = max(map(cell_len, names))
    columns = [[name + " " * (left - cell_len(name)) for name in names]]
    for title, *cells in zip(heading[1:], *(row[1:] for row in rows), strict=True):
        numbers = aligned(cells, len(title))
        columns.append([title.rjust(len(numbers[0]) if numbers else 0), *numbers])
    lines = ["  ".join(cells) for cells in zip(*columns, strict=True)]
    room = max(_LEAST_PLOT // 2, width - cell_len(lines[0]) - 2)
    bars = ["", *(_bar(part, room, unicode) for part in parts)]
    return [Text.assemble(line, "  ", (bar, _COLORS[0])) for line, bar in zip(lines, bars, strict=True)]


def _cut(name: str, width: int) -> str:
    name = visible(name)
    return name if cell_len(name) <= width else f"{name[: width - 3]}..."


def _histogram(picture: LossHistogram, width: int, unicode: bool) -> list[Text]:
    rows = histogram_rows(picture)
    largest = max((count for _, count in rows), default=0)
    return _bars(
        (f"loss, {picture.unit}", "count"),
        [(name, str(count)) for name, count in rows],
        [count / largest if largest else 0.0 for _, count in rows],
        width,
        unicode,
    )


def _classes(picture: ClassLosses, width: int, unicode: bool) -> list[Text]:
    groups = shown_groups(picture.groups)
    largest = max((group.loss for group in picture.groups if math.isfinite(group.loss)), default=0.0)
    rows = [
        (group.name, str(group.tally.counted), short(group.loss), f"{100 * group.share:.1f}%")
        for group in groups
    ]
    parts = [_finite_part(group.loss, largest) for group in groups]
    said = [Text(line) for line in classes_line(picture.groups)]
    return [*_bars(class_heading(picture), rows, parts, width, unicode), *said]


def _finite_part(value: float, largest: float) -> float:
    return value / largest if math.isfinite(value) and largest > 0 else 0.0


# ----------------------------------------------------------------------------------------- reliability


def _reliability(picture: ReliabilityDiagram, width: int, unicode: bool) -> list[Text]:
    found = picture.reliability
    heading = ("confidence", "count", "mean", "came true")
    rows = [_bin_row(bin) for bin in found.bins]
    left = [max(len(row[at]) for row in (heading, *rows)) for at in range(len(heading))]
    room = max(_LEAST_PLOT, width - sum(left) - 2 * len(left))
    lines = [_cells(heading, left) + Text("  " + _scale(room))]
    lines += [
        _cells(row, left) + Text("  ") + _gap(bin, room, unicode)
        for row, bin in zip(rows, found.bins, strict=True)
    ]
    full, mark = ("█", "│") if unicode else ("#", "|")
    return [
        *lines,
        Text(""),
        *(
            Text(line)
            for line in _wrapped(f"{full} {found.accuracy_is}   {mark} mean {found.confidence_is}", width)
        ),
        *(Text(line, "bold") for line in _wrapped(reliability_line(found), width)),
    ]


def _bin_row(bin: Bin) -> tuple[str, str, str, str]:
    means = (f"{bin.confidence:.3f}", f"{bin.accuracy:.3f}") if bin.count else ("", "")
    return (f"{bin.low:.3f} to {bin.high:.3f}", str(bin.count), *means)


def _cells(texts: Sequence[str], widths: Sequence[int]) -> Text:
    first, *others = (text.rjust(width) for text, width in zip(texts, widths, strict=True))
    return Text("  ".join([first, *others]))


def _scale(columns: int) -> str:
    """The numbers 0, 0.5 and 1 over a bar."""
    middle = (columns - 1) // 2
    return f"0{'0.5'.center(2 * middle - 1)}".ljust(columns - 1) + "1"


def _gap(bin: Bin, columns: int, unicode: bool) -> Text:
    """A bar as long as the accuracy, and a stroke where it would end if the confidence were right."""
    if not bin.count:
        return Text("")
    bar = _bar(bin.accuracy, columns, unicode).ljust(columns)
    place = min(columns - 1, max(0, math.ceil(bin.confidence * columns) - 1))
    stroke = "│" if unicode else "|"
    return Text.assemble((bar[:place], _COLORS[0]), (stroke, "bold red"), (bar[place + 1 :], _COLORS[0]))


_DRAWN: dict[type[Picture], Callable[[Any, int, bool], list[Text]]] = {
    Curve: _curve,
    LossHistogram: _histogram,
    ClassLosses: _classes,
    ReliabilityDiagram: _reliability,
}
