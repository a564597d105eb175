"""Pictures drawn by matplotlib, as PNG or SVG: the same bytes for the same numbers and version.

Nothing is taken from the user's own configuration of matplotlib, and text in SVG is drawn as paths, so
that a picture looks the same everywhere.
"""

from __future__ import annotations

import io
import logging
import math
import os
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import UsageError, visible
from celoss_cli.core.extras import installing
from celoss_cli.show.charts.figures import ClassLosses, Curve, LossHistogram, Picture, ReliabilityDiagram
from celoss_cli.show.charts.words import classes_line, histogram_rows, reliability_line, shown_groups
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds

__all__ = ["KINDS", "drawn", "require_matplotlib"]

KINDS = ("png", "svg")

_STYLE: Mapping[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "celoss",
    "figure.dpi": 100.0,
    "savefig.dpi": 150.0,
}
_METADATA: Mapping[str, Mapping[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}
_BLUE, _ORANGE, _GREEN, _RED = "#0072b2", "#d55e00", "#009e73", "#b2182b"
"""Of the palette of Okabe and Ito 2008, which people with any colour vision can tell apart."""

_DASHES = ("-", "--", ":")
_MARKS = ("o", "x", "D")


def require_matplotlib() -> Any:
    """Matplotlib, which comes with an extra of celoss.

    Raises:
        UsageError: if it is not installed; the hint names the extra.

    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        with _no_backend():
            return import_module("matplotlib")
    except ImportError:
        raise UsageError(
            "Expected the package matplotlib, which draws PNG and SVG, got an installation without it.",
            hint=f"without -o the picture is drawn in the terminal; {installing('plot')}",
        ) from None


@contextmanager
def _no_backend() -> Iterator[None]:
    """Hides a backend that the user chose for windows: matplotlib fails where it knows none of that name."""
    chosen = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen


def drawn(picture: Picture, kind: str) -> bytes:
    """The picture as the content of a file.

    Args:
        picture: any.
        kind: "png" or "svg".

    Raises:
        UsageError: if matplotlib is not installed.

    """
    matplotlib = require_matplotlib()
    with _own_style(matplotlib):
        figure = import_module("matplotlib.figure").Figure(figsize=(7.0, 4.6), layout="constrained")
        import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
        _DRAWN[type(picture)](picture, figure)
        _label(picture, figure)
        content = io.BytesIO()
        figure.savefig(content, format=kind, metadata=dict(_METADATA[kind]))
    return content.getvalue()


def _label(picture: Picture, figure: Any) -> None:
    """The title above and the notes below, broken where the figure ends."""
    inches = figure.get_size_inches()[0]
    title = textwrap.fill(_written(picture.title), int(inches * 11))
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
    notes = [textwrap.fill(_written(sentence), int(inches * 17)) for sentence in picture.notes]
    if notes:
        figure.supxlabel("\n".join(notes), x=0.01, ha="left", fontsize=8, color="#555555")


@contextmanager
def _own_style(matplotlib: Any) -> Iterator[None]:
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _written(text: str) -> str:
    """Text with an escape for each character that the font has no picture of."""
    fonts = import_module("matplotlib.font_manager")
    known = fonts.get_font(fonts.findfont("DejaVu Sans")).get_charmap()
    return "".join(char if ord(char) in known else _escape(char) for char in visible(text))


def _escape(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode()


# ---------------------------------------------------------------------------------------------- curves


def _curve(picture: Curve, figure: Any) -> None:
    axes = figure.add_subplot()
    colours = (_BLUE, _ORANGE, _GREEN)
    for line, dash, colour in zip(picture.lines, _DASHES, colours, strict=False):
        axes.plot(line.x, line.y, dash, color=colour, linewidth=1.8, label=line.name)
    for marks, mark, colour in zip(picture.marks, _MARKS, colours, strict=False):
        name = f"data ({len(marks.x)})" if len(picture.lines) == 1 else f"data, {marks.name} ({len(marks.x)})"
        filled = {} if mark == "x" else {"edgecolors": "white", "linewidths": 0.6}
        places = marks.inside(picture.across)
        x, y = [x for x, _ in places], [y for _, y in places]
        axes.scatter(x, y, s=34, marker=mark, color=colour, zorder=3, label=name, **filled)
    axes.set_ylim(*_with_room(picture.up, 0.04))
    axes.set_xlim(*_with_room(picture.across, 0.02))
    axes.set_xlabel(picture.x_is)
    axes.set_ylabel(f"loss, {picture.unit}")
    axes.legend()


def _with_room(bounds: Bounds, part: float) -> tuple[float, float]:
    """The bounds and a little beyond, for marks that lie on them."""
    room = part * (bounds.high - bounds.low)
    return bounds.low - room, bounds.high + room


# ------------------------------------------------------------------------------------------------ bars


def _histogram(picture: LossHistogram, figure: Any) -> None:
    axes = figure.add_subplot()
    found = picture.histogram
    lows = [part.low for part in found.intervals]
    width = found.intervals[0].high - found.intervals[0].low if lows else 1.0
    axes.bar(
        lows, [part.count for part in found.intervals], width, align="edge", color=_BLUE, edgecolor="white"
    )
    beyond = histogram_rows(picture)[len(lows) :]
    end = found.intervals[-1].high if lows else 0.0
    for place, (name, count) in enumerate(beyond):
        at = end + (1.5 * place + 0.75) * width
        axes.bar([at], [count], width, align="edge", color="white", edgecolor=_ORANGE, hatch="///")
        axes.annotate(
            f"{name}: {count}",
            (at + width / 2, count),
            (0, 4),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
    axes.set_xlabel(f"loss, {picture.unit}")
    axes.set_ylabel("count")
    axes.grid(False, axis="x")


def _classes(picture: ClassLosses, figure: Any) -> None:
    groups = shown_groups(picture.groups)
    figure.set_size_inches(7.0, max(3.0, 1.4 + 0.28 * len(groups)))
    axes = figure.add_subplot()
    places = range(len(groups))
    means = [group.loss if math.isfinite(group.loss) else 0.0 for group in groups]
    axes.barh(places, means, color=_BLUE, height=0.7)
    for place, group, mean in zip(places, groups, means, strict=True):
        text = f"{short(group.loss)}  ({group.tally.counted})"
        axes.annotate(
            text,
            (max(mean, 0.0), place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    if math.isfinite(picture.whole):
        axes.axvline(
            picture.whole, color=_ORANGE, linestyle="--", label=f"mean of all, {short(picture.whole)}"
        )
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0))
    axes.set_yticks(list(places), [_written(_cut(group.name)) for group in groups])
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.margins(x=0.18)
    about = f"mean loss, {picture.unit}, with the number of counted targets"
    axes.set_xlabel("\n".join([about, *classes_line(picture.groups)]))
    axes.grid(False, axis="y")


def _cut(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:27]}..."


# ----------------------------------------------------------------------------------------- reliability


def _reliability(picture: ReliabilityDiagram, figure: Any) -> None:
    found = picture.reliability
    figure.set_size_inches(5.6, 6.6)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    width = found.bins[0].high - found.bins[0].low
    full = [bin for bin in found.bins if bin.count]
    lows = [bin.low for bin in full]
    above.bar(
        lows,
        [bin.accuracy for bin in full],
        width,
        align="edge",
        color=_BLUE,
        edgecolor="white",
        label=found.accuracy_is,
    )
    above.bar(
        lows,
        [-bin.gap for bin in full],
        width,
        bottom=[bin.accuracy for bin in full],
        align="edge",
        color="none",
        edgecolor=_RED,
        hatch="////",
        linewidth=0.8,
        label="gap to the confidence",
    )
    above.plot([0, 1], [0, 1], "--", color="#555555", linewidth=1, label="perfect")
    above.set_xlim(0, 1)
    above.set_ylim(0, 1)
    above.set_ylabel(found.accuracy_is)
    above.legend(loc="upper left", frameon=True, framealpha=1, edgecolor="none")
    above.set_title(reliability_line(found), fontsize=9, loc="left")
    below.bar(
        [bin.low for bin in found.bins],
        [bin.count for bin in found.bins],
        width,
        align="edge",
        color=_BLUE,
        edgecolor="white",
    )
    below.set_ylabel("count")
    below.set_xlabel(found.confidence_is)


_DRAWN: dict[type[Picture], Callable[[Any, Any], None]] = {
    Curve: _curve,
    LossHistogram: _histogram,
    ClassLosses: _classes,
    ReliabilityDiagram: _reliability,
}
