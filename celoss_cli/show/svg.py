"""SVG: the table as a picture without script, web font or address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style as RichStyle
from rich.text import Text

from celoss_cli.show import Style
from celoss_cli.show.console import console
from celoss_cli.show.markup import Markup, element, text
from celoss_cli.show.table import pieces

if TYPE_CHECKING:
    from celoss_cli.show.document import Document

__all__ = ["render"]

_WIDE = Style(width=120, color=True)
"""A picture is as wide as this wherever it is written; a table that is wider keeps its own width."""

_INK, _MUTED = "#1f2328", "#57606a"
_COLORS = ("#b02020", "#1a6e36", "#8a5400", "#0955aa", "#783c96", "#06667a")
"""Of the ANSI colours from 1 on: dark on white, each with a contrast of at least 5 to 1."""

_TEXT = {"font_family": "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace", "fill": _INK}
_CELL, _LINE, _MARGIN = 12.0, 24.4, 26.0
"""Width of a character of 20 pixels, height of a line, and what is empty around them."""


def render(document: Document, style: Style) -> Iterator[str]:
    """The text of the table, with its findings; ASCII, so that any encoding will do."""
    lines = Text.from_ansi("".join(pieces(document.view(), _WIDE, told=True))).split()
    width = 2 * _MARGIN + _CELL * max((cell_len(line.plain) for line in lines), default=0)
    height = 2 * _MARGIN + _LINE * len(lines)
    texts = [one for number, line in enumerate(lines, 1) for one in _texts(line, _LINE * number - 6)]
    yield element(
        "svg",
        element("rect", width="100%", height="100%", rx=8, fill="#ffffff"),
        element("g", *texts, transform=f"translate({_MARGIN:g} {_MARGIN:g})", font_size=20, **_TEXT),
        class_="celoss",
        viewBox=f"0 0 {width:g} {height:g}",
        xmlns="http://www.w3.org/2000/svg",
    )
    yield "\n"


def _texts(line: Text, y: float) -> Iterator[Markup]:
    """The pieces of a line, each as wide as its cells: some characters take two, and some none.

    Their spaces stay unbreakable: browsers collapse others, and stretch what is left to the width.
    """
    cells = 0
    for piece in line.render(console(_WIDE)):
        taken = cell_len(piece.text.rstrip("\n"))
        if piece.text.strip():
            style = piece.style or RichStyle.null()
            yield element(
                "text",
                Markup(text(piece.text.rstrip("\n")).replace(" ", "&#160;")),
                x=_CELL * cells,
                y=y,
                textLength=_CELL * taken,
                fill=_fill(style),
                font_weight="bold" if style.bold else None,
            )
        cells += taken


def _fill(style: RichStyle) -> str | None:
    """The colour, which faint text has too: it can still be read."""
    if style.dim:
        return _MUTED
    number = style.color.number if style.color is not None else None
    return _COLORS[number - 1] if number and number <= len(_COLORS) else None
