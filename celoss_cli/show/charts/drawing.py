"""Pictures as scenes: one drawing for pages and for files of either format."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record
from celoss_cli.show.charts.axes import Axis, tick_text, ticks
from celoss_cli.show.charts.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.charts.scene import Label, Mark, Rect, Scene, Shape, Stroke, text_width
from celoss_cli.show.numerals import of_unit, short

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.evaluate.summaries import Bin, Interval

__all__ = ["alone", "on_page"]

_LEFT, _RIGHT, _BOTTOM = 56.0, 14.0, 44.0
_LINE = 18.0
"""Height of a line of text."""

_STRIP = 2 / 15
"""Height of the counts below a reliability diagram, as a part of the whole."""

_LEAST = 1.0
"""Height of the smallest bar."""

_GAP = 0.5
"""Between a bar and the end of its interval."""

_COLOURS = ("first", "second", "third")
_FORMS = ("circle", "cross", "diamond")

_ON_PAGE, _ALONE = (440.0, 300.0), (640.0, 400.0)
"""Width and usual height of a drawing."""

_Span = tuple[float, float]


@record(frozen=True, slots=True)
class _Room:
    """Where a drawing has its place."""

    width: float
    top: float
    bottom: float

    @property
    def right(self) -> float:
        return self.width - _RIGHT

    @property
    def most_ticks(self) -> int:
        """How many numbers have room side by side."""
        return int(self.width / 80)


def on_page(picture: Picture) -> Scene:
    """The drawing alone, for a page that says the rest."""
    kind, (width, usual) = _KINDS[type(picture)], _ON_PAGE
    height = kind.height(picture, usual)
    return Scene(picture.words, width, height, tuple(kind.shapes(picture, _Room(width, 0.0, height))))


def alone(picture: Picture) -> Scene:
    """The drawing with its title above and its notes below."""
    kind, (width, usual) = _KINDS[type(picture)], _ALONE
    titles = list(_text(picture.title, "title", width, 24.0))
    top = titles[-1].y + 14.0 if titles else 0.0
    bottom = top + kind.height(picture, usual)
    notes: list[Label] = []
    for sentence in (*picture.remarks, *picture.notes):
        notes += _text(sentence, "note", width, (notes[-1].y if notes else bottom + 2.0) + _LINE)
    whole = notes[-1].y + 12.0 if notes else bottom
    shapes = (*titles, *kind.shapes(picture, _Room(width, top, bottom)), *notes)
    return Scene(picture.words, width, whole, shapes)


def _text(sentence: str, kind: str, width: float, first: float) -> Iterator[Label]:
    """The lines of a text, the first one at this place."""
    letter = text_width("x", kind)
    for number, line in enumerate(textwrap.wrap(visible(sentence), int((width - 28.0) / letter))):
        yield Label(kind, line, 14.0, first + number * _LINE, "start")


# ------------------------------------------------------------------------------------------- the parts


def _rows(x: Axis, y: Axis, values: Sequence[float], named: Callable[[float], str]) -> Iterator[Shape]:
    """Lines across the drawing with their values at the left."""
    for value in values:
        yield Stroke("grid", [(x.start, y.at(value)), (x.stop, y.at(value))])
        yield Label("label", named(value), x.start - 6, y.at(value) + 4, "end")


def _columns(x: Axis, bottom: float, values: Sequence[float], title: str) -> Iterator[Shape]:
    """The line below the drawing, with values and what they are under it."""
    yield Stroke("axis", [(x.start, bottom), (x.stop, bottom)])
    for value in values:
        yield Label("label", tick_text(value), x.at(value), bottom + 16)
    yield Label("label", title, (x.start + x.stop) / 2, bottom + 36)


def _bar(x: Axis, y: Axis, across: _Span, up: _Span, kind: str, told: str) -> Rect:
    """A bar between two values; a count of one can still be seen next to any other."""
    left, right = x.at(across[0]) + _GAP, x.at(across[1]) - _GAP
    bottom, height = y.at(up[0]), y.at(up[0]) - y.at(up[1])
    if height and kind in ("bar", "count"):
        height = max(height, _LEAST)
    return Rect(kind, left, bottom - height, max(right - left, _GAP), height, told)


def _upright(x: Axis, place: float, low: float, high: float, text: str) -> Iterator[Shape]:
    """A line at a value, with its words at the upper end, on the side that has more room."""
    near_end = place > (x.start + x.stop) / 2
    yield Stroke("mark", [(place, low), (place, high)])
    yield Label("marked", text, place + (-5 if near_end else 5), high + 9, "end" if near_end else "start")


def _legend(entries: Sequence[tuple[str, str, str]], start: float, room: _Room) -> Iterator[Shape]:
    """Kinds with their form, "line" or that of a mark, and their names, in as many lines as they take."""
    x, y = start, room.top + 15
    for kind, form, name in entries:
        wide = 26 + text_width(name, "label")
        if x > start and x + wide > room.right:
            x, y = start, y + _LINE
        if form == "line":
            yield Stroke(kind, [(x, y - 4), (x + 20, y - 4)])
        else:
            yield Mark(kind, form, x + 10, y - 4)
        yield Label("label", name, x + 26, y, "start")
        x += wide + 14


def _below(legend: Sequence[Shape], room: _Room) -> float:
    """Where the drawing below a legend begins."""
    return max((shape.y for shape in legend if isinstance(shape, Label)), default=room.top) + 14


# --------------------------------------------------------------------------------------- the histogram


def _histogram(picture: LossHistogram, room: _Room) -> Iterator[Shape]:
    """The spread of the losses, with the mean marked where it lies within."""
    intervals, mean = picture.histogram.intervals, picture.mean
    low, high = (intervals[0].low, intervals[-1].high) if intervals else (0.0, 1.0)
    most = max((interval.count for interval in intervals), default=0) or 1
    x = Axis(low, high, _LEFT, room.right)
    y = Axis(0, most, room.bottom - _BOTTOM, room.top + 28)
    yield Label("label", "count", x.start - 6, room.top + 14, "end")
    yield from _rows(x, y, [tick for tick in ticks(0, most) if tick == int(tick)], _count_text)
    for part in intervals:
        if part.count:
            yield _bar(x, y, (part.low, part.high), (0, part.count), "bar", _spread(part))
    yield from _columns(x, y.start, ticks(low, high, room.most_ticks), of_unit("loss", picture.unit))
    if mean is not None and low <= mean <= high:
        yield from _upright(x, x.at(mean), y.start, room.top + 5, f"mean {short(mean)}")


def _spread(interval: Interval) -> str:
    return f"{short(interval.low)} to {short(interval.high)}: {interval.count:,}"


def _count_text(value: float) -> str:
    """A round count, short enough to stand left of its axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * size:
            return f"{value / size:,.0f}{letter}"
    return f"{int(value):,}"


# ----------------------------------------------------------------------------------------- reliability


def _reliability(picture: ReliabilityDiagram, room: _Room) -> Iterator[Shape]:
    """Accuracy by confidence; what lies between a bar and the diagonal is the error."""
    found = picture.reliability
    legend = list(
        _legend(
            [
                ("bar", "square", found.accuracy_is),
                ("over", "square", "probabilities too high"),
                ("under", "square", "too low"),
                ("ideal", "line", "perfect"),
            ],
            _LEFT,
            room,
        )
    )
    yield from legend
    strip_height = _STRIP * (room.bottom - room.top)
    x = Axis(0, 1, _LEFT, room.right)
    y = Axis(0, 1, room.bottom - _BOTTOM - strip_height - 16, _below(legend, room))
    most = max(part.count for part in found.bins) or 1
    strip = Axis(0, most, room.bottom - _BOTTOM, room.bottom - _BOTTOM - strip_height)
    yield from _rows(x, y, ticks(0, 1), "{:g}".format)
    filled = [part for part in found.bins if part.count]
    for part in filled:
        yield from _answers(x, y, part)
    yield Stroke("ideal", [(x.start, y.start), (x.stop, y.stop)])
    for part in filled:
        yield _bar(x, strip, (part.low, part.high), (0, part.count), "count", _told(part))
    yield Label("label", _count_text(most), x.start - 6, strip.stop + 9, "end")
    yield Label("label", "count", x.start - 6, strip.stop + 25, "end")
    yield from _columns(x, strip.start, ticks(0, 1), found.confidence_is)


def _answers(x: Axis, y: Axis, part: Bin) -> Iterator[Shape]:
    """The bar of one bin, and the gap between its accuracy and its mean confidence."""
    low, high = sorted((part.accuracy, part.confidence))
    kind = "over" if part.accuracy < part.confidence else "under"
    yield _bar(x, y, (part.low, part.high), (0, low), "bar", _told(part))
    yield _bar(x, y, (part.low, part.high), (low, high), kind, _told(part))


def _told(part: Bin) -> str:
    return (
        f"{part.low:.3g} to {part.high:.3g}: {part.count:,} predictions, "
        f"mean confidence {short(part.confidence)}, {short(part.accuracy)} came true"
    )


# -------------------------------------------------------------------------------------------- classes


def _classes(picture: ClassLosses, room: _Room) -> Iterator[Shape]:
    """One bar for each class, with its mean loss and its count, and the mean of all."""
    groups = picture.shown
    names = [_cut(visible(group.name), 0.36 * room.width) for group in groups]
    means = [group.loss if math.isfinite(group.loss) else 0.0 for group in groups]
    whole = [picture.whole] if math.isfinite(picture.whole) else []
    told = [f"{short(group.loss)} ({group.tally.counted:,})" for group in groups]
    left = 20 + max((text_width(name, "label") for name in names), default=0.0)
    room_right = max((text_width(text, "label") for text in told), default=0.0) + 8
    low, high = min([0.0, *means, *whole]), max([0.0, *means, *whole])
    x = Axis(low, high if high > low else low + 1.0, left, room.right - room_right)
    top, bottom = room.top + 24, room.bottom - _BOTTOM
    for tick in ticks(x.low, x.high):
        yield Stroke("grid", [(x.at(tick), top), (x.at(tick), bottom)])
    height = (bottom - top) / max(1, len(groups))
    for mean in whole:
        yield from _upright(x, x.at(mean), bottom, room.top + 5, f"mean of all {short(mean)}")
    for at, (name, mean, text) in enumerate(zip(names, means, told, strict=True)):
        start, end = sorted((x.at(0), x.at(mean)))
        middle = top + (at + 0.5) * height
        yield Rect("bar", start, middle - 0.36 * height, end - start, 0.72 * height, f"{name}: {text}")
        yield Label("label", name, left - 8, middle + 4, "end")
        yield Rect("paper", end + 4, middle - 8, text_width(text, "label"), 16)
        yield Label("label", text, end + 6, middle + 4, "start")
    across = f"{of_unit('mean loss', picture.unit)} (counted targets)"
    yield from _columns(x, bottom, ticks(x.low, x.high), across)


def _cut(name: str, width: float) -> str:
    """The name, or as much of it as has room."""
    if text_width(name, "label") <= width:
        return name
    kept = next(end for end in range(len(name), -1, -1) if text_width(f"{name[:end]}...", "label") <= width)
    return f"{name[:kept]}..."


# --------------------------------------------------------------------------------------------- curves


def _curve(picture: Curve, room: _Room) -> Iterator[Shape]:
    """The loss against the prediction, with the data on it."""
    names = [(colour, "line", line.name) for line, colour in zip(picture.lines, _COLOURS, strict=False)]
    marks = list(zip(picture.named_marks, _COLOURS, _FORMS, strict=False))
    names += [(colour, form, name) for (_, name), colour, form in marks]
    legend = list(_legend(names, _LEFT, room))
    yield from legend
    across, up = _with_room(picture.across, 0.02), _with_room(picture.up, 0.04)
    x = Axis(*across, _LEFT, room.right)
    y = Axis(*up, room.bottom - _BOTTOM, _below(legend, room) + 16)
    yield Label("label", of_unit("loss", picture.unit), 14, y.stop - 10, "start")
    yield from _rows(x, y, ticks(picture.up.low, picture.up.high), tick_text)
    for line, colour in zip(picture.lines, _COLOURS, strict=False):
        for run in _runs(line.x, line.y, *up):
            yield Stroke(colour, [(x.at(one), y.at(two)) for one, two in run])
    for (found, _), colour, form in marks:
        for one, two in found.inside(picture.across):
            yield Mark(colour, form, x.at(one), y.at(two))
    yield from _columns(
        x, y.start, ticks(picture.across.low, picture.across.high, room.most_ticks), picture.x_is
    )


def _with_room(bounds: Bounds, part: float) -> tuple[float, float]:
    """The ends and a little beyond, for marks that lie on them."""
    room = part * (bounds.high - bounds.low)
    return bounds.low - room, bounds.high + room


def _runs(
    x: Sequence[float], y: Sequence[float], low: float, high: float
) -> Iterator[list[tuple[float, float]]]:
    """The parts of a line that lie between two heights; what is not finite is a gap."""
    run: list[tuple[float, float]] = []
    for one, two in pairwise(zip(x, y, strict=True)):
        piece = _within(one, two, low, high)
        if not piece or (run and run[-1] != piece[0]):
            if run:
                yield run
            run = []
        run += piece[1:] if run else piece
    if run:
        yield run


def _within(
    one: tuple[float, float], two: tuple[float, float], low: float, high: float
) -> list[tuple[float, float]]:
    """The part of a segment between two heights, or nothing."""
    (x0, y0), (x1, y1) = one, two
    if not (math.isfinite(y0) and math.isfinite(y1)) or max(y0, y1) < low or min(y0, y1) > high:
        return []

    def at(height: float) -> tuple[float, float]:
        return x0 + (x1 - x0) * (height - y0) / (y1 - y0), height

    ends = (one, y0), (two, y1)
    return [at(low) if height < low else at(high) if height > high else end for end, height in ends]


# ---------------------------------------------------------------------------------------- the pictures


def _usual(picture: Picture, height: float) -> float:
    return height


def _of_classes(picture: ClassLosses, height: float) -> float:
    return 24 + _BOTTOM + 26.0 * max(3, len(picture.shown))


@record(frozen=True, slots=True)
class _Kind:
    """How a kind of picture is drawn: its shapes, its height."""

    shapes: Callable[[Any, _Room], Iterator[Shape]]
    height: Callable[[Any, float], float] = _usual


_KINDS: dict[type[Picture], _Kind] = {
    Curve: _Kind(_curve),
    LossHistogram: _Kind(_histogram),
    ClassLosses: _Kind(_classes, _of_classes),
    ReliabilityDiagram: _Kind(_reliability),
}
