"""A picture as shapes at places, before anything is known of its format: y grows downwards."""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.core.records import record

__all__ = ["PAINTS", "Label", "Mark", "Paint", "Rect", "Scene", "Shape", "Stroke", "text_width"]


@record(frozen=True, slots=True)
class Paint:
    """How a kind of shape looks on white paper; a page has colours of its own for the dark.

    Attributes:
        fill, stroke: colours, or "none".
        width: of the stroke.
        dash: lengths of dashes and gaps, or ().
        size: of text.
        bold: whether text is.
        opacity: of the fill.

    """

    fill: str = "none"
    stroke: str = "none"
    width: float = 1.0
    dash: tuple[float, ...] = ()
    size: float = 13.0
    bold: bool = False
    opacity: float = 1.0


_INK, _MUTED, _LINE = "#1d2228", "#59636e", "#d9dee4"

PAINTS = {
    "title": Paint(_INK, size=15.0, bold=True),
    "note": Paint(_MUTED, size=12.0),
    "label": Paint(_MUTED),
    "marked": Paint(_INK, bold=True),
    "paper": Paint("#ffffff"),
    "grid": Paint(stroke=_LINE),
    "axis": Paint(stroke=_MUTED),
    "ideal": Paint(stroke=_MUTED, dash=(4.0, 4.0)),
    "mark": Paint(stroke=_INK, width=1.5, dash=(2.0, 3.0)),
    "bar": Paint("#4a7fb5"),
    "over": Paint("#e3a18f"),
    "under": Paint("#7fb7a3"),
    "count": Paint(_MUTED, opacity=0.55),
    # The palette of Okabe and Ito 2008, which people with any colour vision can tell apart.
    "first": Paint("#0072b2", "#0072b2", 2.0),
    "second": Paint("#d55e00", "#d55e00", 2.0, (7.0, 3.0)),
    "third": Paint("#009e73", "#009e73", 2.0, (2.0, 3.0)),
}
"""The kinds of shapes."""


@record(frozen=True, slots=True)
class Rect:
    """A bar; ``told`` is what a reader is told who points at it."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    told: str = ""


@record(frozen=True, slots=True)
class Stroke:
    """A line from point to point."""

    kind: str
    points: Sequence[tuple[float, float]]


@record(frozen=True, slots=True)
class Mark:
    """A mark around a place: a "circle", "cross", "diamond" or "square"."""

    kind: str
    form: str
    x: float
    y: float


@record(frozen=True, slots=True)
class Label:
    """One line of text; its place is the "start", the "middle" or the "end" of its base line."""

    kind: str
    text: str
    x: float
    y: float
    anchor: str = "middle"


Shape = Rect | Stroke | Mark | Label


@record(frozen=True, slots=True)
class Scene:
    """A picture.

    Attributes:
        title: what it shows, in words, for those who do not see it.
        width, height: of the plane.
        shapes: from the back to the front.

    """

    title: str
    width: float
    height: float
    shapes: Sequence[Shape]


def text_width(text: str, kind: str) -> float:
    """About how wide a text is: no font is asked, so with some room to spare."""
    paint = PAINTS[kind]
    wide = sum(2 if ord(char) > 0x2E80 else 1 for char in text)  # East Asian characters take a square
    return wide * paint.size * (0.62 if paint.bold else 0.56)
