"""Bars of block characters: histograms, classes and reliability diagrams in the terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from celoss_cli.core.errors import visible
from celoss_cli.show.charts.axes import tick_text
from celoss_cli.show.numerals import aligned, of_unit, percent, short

if TYPE_CHECKING:
    from celoss_cli.evaluate.summaries import Bin
    from celoss_cli.show.charts.figures import ClassLosses, LossHistogram, ReliabilityDiagram

__all__ = ["COLORS", "LEAST_PLOT", "class_bars", "histogram_bars", "reliability_bars", "wrapped"]

COLORS = ("cyan", "magenta", "yellow")
LEAST_PLOT = 16
"""Columns that a picture has in the narrowest terminal."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST_NAME, _MOST_NAME = 8, 24
"""Cells of the name of a class."""


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a sentence, broken between words."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


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
    names = [heading[0], *(row[0] for row in rows)]
    left = max(map(cell_len, names))
    columns = [[name + " " * (left - cell_len(name)) for name in names]]
    for title, *cells in zip(heading[1:], *(row[1:] for row in rows), strict=True):
        numbers = aligned(cells, len(title))
        columns.append([title.rjust(len(numbers[0]) if numbers else 0), *numbers])
    lines = ["  ".join(cells) for cells in zip(*columns, strict=True)]
    room = max(LEAST_PLOT // 2, width - cell_len(lines[0]) - 2)
    bars = ["", *(_bar(part, room, unicode) for part in parts)]
    return [Text.assemble(line, "  ", (bar, COLORS[0])) for line, bar in zip(lines, bars, strict=True)]


def _cut(name: str, width: int, unicode: bool) -> str:
    """The name in at most so many cells; some characters take two."""
    name = visible(name) if unicode else visible(name).encode("ascii", "backslashreplace").decode()
    return name if cell_len(name) <= width else f"{set_cell_size(name, width - 3)}..."


def histogram_bars(picture: LossHistogram, width: int, unicode: bool) -> list[Text]:
    """One bar for each interval, and for the losses beyond them."""
    found = picture.histogram
    rows = [(f"{tick_text(part.low)} to {tick_text(part.high)}", part.count) for part in found.intervals]
    end = tick_text(found.intervals[-1].high) if found.intervals else ""
    beyond = ((f"{end} and more", found.above), ("infinite", found.infinite), ("NaN", found.nan))
    rows += [(name, count) for name, count in beyond if count]
    largest = max((count for _, count in rows), default=0)
    return _bars(
        (of_unit("loss", picture.unit), "count"),
        [(name, str(count)) for name, count in rows],
        [count / largest if largest else 0.0 for _, count in rows],
        width,
        unicode,
    )


def class_bars(picture: ClassLosses, width: int, unicode: bool) -> list[Text]:
    """One bar for each class; a mean that is not a positive number has none."""
    groups = picture.shown
    largest = max((group.loss for group in picture.groups if math.isfinite(group.loss)), default=0.0)
    heading = ("class", "counted", of_unit("mean", picture.unit), "share of total")
    numbers = sum(len(title) + 2 for title in heading[1:])
    names = max(_LEAST_NAME, min(_MOST_NAME, width - numbers - 2 - LEAST_PLOT // 2))
    rows = [
        (
            _cut(group.name, names, unicode),
            str(group.tally.counted),
            short(group.loss),
            percent(group.share, 1),
        )
        for group in groups
    ]
    parts = [_finite_part(group.loss, largest) for group in groups]
    return [*_bars(heading, rows, parts, width, unicode), *map(Text, picture.remarks)]


def _finite_part(value: float, largest: float) -> float:
    return value / largest if math.isfinite(value) and largest > 0 else 0.0


# ----------------------------------------------------------------------------------------- reliability


def reliability_bars(picture: ReliabilityDiagram, width: int, unicode: bool) -> list[Text]:
    """One bar for each bin: what came true, against what was predicted."""
    found = picture.reliability
    heading = ("confidence", "count", "mean", "came true")
    rows = [_bin_row(bin) for bin in found.bins]
    left = [max(len(row[at]) for row in (heading, *rows)) for at in range(len(heading))]
    room = max(LEAST_PLOT, width - sum(left) - 2 * len(left))
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
            for line in wrapped(f"{full} {found.accuracy_is}   {mark} mean {found.confidence_is}", width)
        ),
        *(Text(line, "bold") for remark in picture.remarks for line in wrapped(remark, width)),
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
    return Text.assemble((bar[:place], COLORS[0]), (stroke, "bold red"), (bar[place + 1 :], COLORS[0]))
