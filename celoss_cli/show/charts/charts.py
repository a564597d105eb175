"""Charts as SVG within a page; their colours are those of the page, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.show.charts.axes import Axis, ticks
from celoss_cli.show.charts.figures import LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.charts.words import tick_text
from celoss_cli.show.markup import NOTHING, Markup, element, joined
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.evaluate.summaries import Bin, Histogram, Interval, Reliability

__all__ = ["chart_of", "histogram_chart", "reliability_chart"]

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 14, 44
_LINE = 14
"""Height of a line of text above the bars."""

_STRIP = 40
"""Height of the strip of counts below a reliability diagram."""

_LEAST = 1.0
"""Height of the smallest bar."""

_GAP = 0.5
"""Between a bar and the end of its interval."""


def chart_of(picture: Picture) -> Markup:
    """The chart of a picture."""
    if isinstance(picture, ReliabilityDiagram):
        return reliability_chart(picture.reliability)
    if isinstance(picture, LossHistogram):
        return histogram_chart(picture.histogram, picture.mean, picture.unit)
    raise TypeError(type(picture))


def histogram_chart(found: Histogram, mean: float | None, unit: str) -> Markup:
    """The spread of the losses, with the mean marked where it lies within.

    Args:
        found: at least one interval.
        mean: what is marked, or None.
        unit: of the losses.

    """
    low, high = found.intervals[0].low, found.intervals[-1].high
    most = max(interval.count for interval in found.intervals)
    x = Axis(low, high, _LEFT, _WIDTH - _RIGHT)
    y = Axis(0, most or 1, _HEIGHT - _BOTTOM, _TOP + _LINE)
    bars = joined(
        *(
            _bar(x, y, interval.low, interval.high, (0, interval.count), "bar", _spread(interval))
            for interval in found.intervals
            if interval.count
        )
    )
    return _chart(
        f"Histogram of the losses from {short(low)} to {short(high)} {unit}",
        _rows(y, [tick for tick in ticks(0, most or 1) if tick == int(tick)], _count_text),
        bars,
        _columns(x, y.start, ticks(low, high)),
        _label(f"loss, {unit}", (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6),
        _marked(x, y, mean) if mean is not None and low <= mean <= high else NOTHING,
    )


def reliability_chart(found: Reliability) -> Markup:
    """Accuracy by confidence; what lies between a bar and the diagonal is the error."""
    x = Axis(0, 1, _LEFT, _WIDTH - _RIGHT)
    y = Axis(0, 1, _HEIGHT - _BOTTOM - _STRIP - 8, _TOP)
    strip = Axis(
        0, max(part.count for part in found.bins) or 1, _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _STRIP
    )
    filled = [part for part in found.bins if part.count]
    return _chart(
        f"Reliability diagram: {found.accuracy_is} by {found.confidence_is}",
        _rows(y, ticks(0, 1), "{:g}".format),
        joined(*(piece for part in filled for piece in _answers(x, y, part))),
        element("line", class_="ideal", x1=x.start, y1=y.start, x2=x.stop, y2=y.stop),
        joined(
            *(_bar(x, strip, part.low, part.high, (0, part.count), "count", _told(part)) for part in filled)
        ),
        _columns(x, strip.start, ticks(0, 1)),
        _label(found.confidence_is, (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6),
        _label(found.accuracy_is, _LEFT, _TOP - 4, anchor="start"),
    )


def _answers(x: Axis, y: Axis, part: Bin) -> Iterator[Markup]:
    """The bar of one bin, and the gap between its accuracy and its mean confidence."""
    low, high = sorted((part.accuracy, part.confidence))
    kind = "over" if part.accuracy < part.confidence else "under"
    yield _bar(x, y, part.low, part.high, (0, low), "bar", _told(part))
    yield _bar(x, y, part.low, part.high, (low, high), kind, _told(part))


def _told(part: Bin) -> str:
    return (
        f"{part.low:.3g} to {part.high:.3g}: {part.count:,} predictions, "
        f"mean confidence {short(part.confidence)}, {short(part.accuracy)} came true"
    )


def _spread(interval: Interval) -> str:
    return f"{short(interval.low)} to {short(interval.high)}: {interval.count:,}"


def _count_text(value: float) -> str:
    """A round count, short enough to stand beside its axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * size:
            return f"{value / size:,.0f}{letter}"
    return f"{int(value):,}"


def _chart(title: str, *content: Markup) -> Markup:
    return element(
        "svg",
        element("title", title),
        *content,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        class_="chart",
    )


def _bar(
    x: Axis, y: Axis, low: float, high: float, values: tuple[float, float], kind: str, told: str
) -> Markup:
    """A bar between two values; a count of one can still be seen beside any other."""
    left, right = x.at(low) + _GAP, x.at(high) - _GAP
    bottom, top = y.at(values[0]), y.at(values[1])
    height = bottom - top
    if height and kind in ("bar", "count"):
        height = max(height, _LEAST)
    shape = element(
        "rect", class_=kind, x=left, y=bottom - height, width=max(right - left, _GAP), height=height
    )
    return element("g", element("title", told), shape)


def _rows(y: Axis, values: Sequence[float], named: Callable[[float], str]) -> Markup:
    """Lines across the chart with their values at the left."""
    return joined(
        *(
            joined(
                element("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y.at(value), y2=y.at(value)),
                _label(named(value), _LEFT - 6, y.at(value) + 4, anchor="end"),
            )
            for value in values
        )
    )


def _columns(x: Axis, bottom: float, values: Sequence[float]) -> Markup:
    """The line below the chart with values under it."""
    return joined(
        element("line", class_="axis", x1=x.start, x2=x.stop, y1=bottom, y2=bottom),
        *(_label(tick_text(value), x.at(value), bottom + 16) for value in values),
    )


def _marked(x: Axis, y: Axis, mean: float) -> Markup:
    """A line at the mean, with its number above the bars."""
    place = x.at(mean)
    near_end = place > (x.start + x.stop) / 2
    top = y.stop - _LINE
    side, anchor = (-5, "end") if near_end else (5, "start")
    return joined(
        element("line", class_="mark", x1=place, x2=place, y1=y.start, y2=top),
        _label(f"mean {short(mean)}", place + side, top + 8, anchor=anchor, kind="marked"),
    )


def _label(content: str, x: float, y: float, *, anchor: str = "middle", kind: str | None = None) -> Markup:
    return element("text", content, x=x, y=y, text_anchor=anchor, class_=kind)
