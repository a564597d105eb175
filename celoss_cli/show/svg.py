"""SVG: the table as a picture without script, web font or address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from io import StringIO
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style as RichStyle
from rich.terminal_theme import TerminalTheme
from rich.text import Span, Text

from celoss_cli.show import Style
from celoss_cli.show.table import pieces

if TYPE_CHECKING:
    from celoss_cli.show.document import Document

__all__ = ["render"]

_DOCUMENT = """\
<svg class="celoss" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-text {{ font: {char_height}px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace }}
{styles}
</style>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
<g transform="translate(26, 24)" class="{unique_id}-text">
{matrix}
</g>
</svg>
"""

_WIDE = Style(width=120, color=True)
"""A picture is as wide as this wherever it is written; a table that is wider keeps its own width."""

_INK, _MUTED = (31, 35, 40), (87, 96, 106)
_COLORS = [(176, 32, 32), (26, 110, 54), (138, 84, 0), (9, 85, 170), (120, 60, 150), (6, 102, 122)]
_THEME = TerminalTheme((255, 255, 255), _INK, [_INK, *_COLORS, _MUTED])
"""Dark colours on white, each with a contrast of at least 5 to 1."""

_DIM = RichStyle(dim=False, color=Color.from_ansi(7))
"""Faint text in a colour that can still be read."""

_MARGIN = 3
"""Columns at the right, as wide as the space at the left."""

_HEIGHT = 20
"""Of a character, as Rich draws it."""

_ASPECT = 0.6
"""Width of a character by its height."""

_TEXT = re.compile(r'<text (class="[^"]*" x="[^"]*" y="[^"]*") textLength="[^"]*"[^>]*>([^<]*)</text>')


def render(document: Document, style: Style) -> Iterator[str]:
    """The text of the table, with its findings; ASCII, so that any encoding will do."""
    console = _recorded("".join(pieces(document.view(), _WIDE, told=True)))
    picture = console.export_svg(
        title="", theme=_THEME, code_format=_DOCUMENT, font_aspect_ratio=_ASPECT, unique_id="celoss"
    )
    yield _TEXT.sub(_measured, picture).encode("ascii", "xmlcharrefreplace").decode()


def _recorded(shown: str) -> Console:
    """A console that saw this text, wide enough for its longest line and a margin."""
    text = Text.from_ansi(shown)
    text.spans = [_readable(span) for span in text.spans]
    console = Console(
        record=True,
        file=StringIO(),
        width=max(map(cell_len, text.plain.splitlines()), default=0) + _MARGIN + 1,
        color_system="standard",
        force_terminal=True,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(text, soft_wrap=True)
    return console


def _readable(span: Span) -> Span:
    if isinstance(span.style, RichStyle) and span.style.dim:
        return span._replace(style=span.style + _DIM)
    return span


def _measured(text: re.Match[str]) -> str:
    """A piece of text at the width of its cells, of which some characters take two and some none.

    Its spaces stay unbreakable: browsers collapse others, and stretch what is left to the width.
    """
    attributes, content = text[1], text[2]
    cells = cell_len(unescape(content).rstrip("\n"))
    if not cells:
        return ""
    return f'<text {attributes} textLength="{_HEIGHT * _ASPECT * cells:g}">{content}</text>\n'
