"""A picture as PNG, its shapes painted by matplotlib: the same bytes for the same picture and version.

Nothing is taken from the user's own configuration of matplotlib.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from celoss_cli.core.errors import UsageError, visible
from celoss_cli.core.extras import installing
from celoss_cli.show.charts.scene import PAINTS, Label, Mark, Rect, Scene, Stroke

__all__ = ["png_of", "require_matplotlib"]

_STYLE: Mapping[str, object] = {"font.family": ["DejaVu Sans"], "text.parse_math": False}
_DPI = 144.0
_POINTS = 72.0
"""Of an inch: a unit of a scene is a point."""

_FORMS = {"circle": "o", "cross": "x", "diamond": "D", "square": "s"}
_SIZES = {"circle": 9.0, "cross": 8.0, "diamond": 7.0, "square": 10.0}
_EDGES = {"circle": 1.0, "cross": 2.0}


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
            "Expected the package matplotlib, which paints PNG, got an installation without it.",
            hint=f"SVG and pictures in the terminal need none; {installing('plot')}",
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


def png_of(scene: Scene) -> bytes:
    """The picture as the content of a file.

    Raises:
        UsageError: if matplotlib is not installed.

    """
    matplotlib = require_matplotlib()
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        size = (scene.width / _POINTS, scene.height / _POINTS)
        figure = import_module("matplotlib.figure").Figure(figsize=size, dpi=_DPI, facecolor="white")
        import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, scene.width), ylim=(scene.height, 0))
        axes.set_axis_off()
        for order, shape in enumerate(scene.shapes):
            axes.add_artist(_PAINTED[type(shape)](shape)).set_zorder(order)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _rect(shape: Rect) -> Any:
    paint = PAINTS[shape.kind]
    patches = import_module("matplotlib.patches")
    place = (shape.x, shape.y)
    return patches.Rectangle(
        place, shape.width, shape.height, facecolor=paint.fill, alpha=paint.opacity, linewidth=0
    )


def _stroke(shape: Stroke) -> Any:
    paint = PAINTS[shape.kind]
    x, y = zip(*shape.points, strict=True)
    dashes = (0, [length / paint.width for length in paint.dash]) if paint.dash else "-"
    line = import_module("matplotlib.lines").Line2D
    return line(x, y, color=paint.stroke, linewidth=paint.width, linestyle=dashes, dash_capstyle="butt")


def _mark(shape: Mark) -> Any:
    colour = PAINTS[shape.kind].fill
    return import_module("matplotlib.lines").Line2D(
        [shape.x],
        [shape.y],
        linestyle="none",
        marker=_FORMS[shape.form],
        markersize=_SIZES[shape.form],
        markerfacecolor=colour,
        markeredgecolor="white" if shape.form == "circle" else colour,
        markeredgewidth=_EDGES.get(shape.form, 0.0),
    )


def _label(shape: Label) -> Any:
    paint = PAINTS[shape.kind]
    return import_module("matplotlib.text").Text(
        shape.x,
        shape.y,
        _escaped(shape.text),
        color=paint.fill,
        fontsize=paint.size * 0.93,
        fontweight="bold" if paint.bold else "normal",
        horizontalalignment={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
        verticalalignment="baseline",
    )


def _escaped(text: str) -> str:
    """Text with an escape for each character that the font has no picture of."""
    fonts = import_module("matplotlib.font_manager")
    known = fonts.get_font(fonts.findfont("DejaVu Sans")).get_charmap()
    return "".join(char if ord(char) in known else _escape(char) for char in visible(text))


def _escape(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode()


_PAINTED: dict[type, Callable[[Any], Any]] = {Rect: _rect, Stroke: _stroke, Mark: _mark, Label: _label}
