"""The view for people as a document: the text of the table, played to a recording console."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style as RichStyle
from rich.terminal_theme import TerminalTheme
from rich.text import Span, Text

from celoss_cli.core.errors import visible
from celoss_cli.show import Style, table

if TYPE_CHECKING:
    from celoss_cli.report.outcome import Outcome
    from celoss_cli.report.report import Report
    from celoss_cli.studies.compare.comparison import Comparison
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis

__all__ = [
    "THEME",
    "as_ascii",
    "comparison_pieces",
    "diagnosis_pieces",
    "recorded",
    "report_pieces",
    "run_pieces",
]

_WIDE = Style(width=120, color=True)
"""A document is as wide as this wherever it is written; a table that is wider keeps its own width."""

_INK, _MUTED = (31, 35, 40), (87, 96, 106)
_COLORS = [(176, 32, 32), (26, 110, 54), (138, 84, 0), (9, 85, 170), (120, 60, 150), (6, 102, 122)]
THEME = TerminalTheme((255, 255, 255), _INK, [_INK, *_COLORS, _MUTED])
"""Dark colours on white, each with a contrast of at least 5 to 1."""

_DIM = RichStyle(dim=False, color=Color.from_ansi(7))
"""Faint text in a colour that can still be read."""


def report_pieces(report: Report) -> Iterator[str]:
    """The table, and the findings, which the table leaves to standard error."""
    yield from table.render(report, _WIDE)
    for finding in report.findings:
        yield f"\n{finding.severity} {finding.code}: {visible(finding.message)}\n"


def run_pieces(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The verdicts of a config file."""
    return table.render_run(outcomes, _WIDE)


def comparison_pieces(comparison: Comparison) -> Iterator[str]:
    """The table of a comparison."""
    return table.render_comparison(comparison, _WIDE)


def diagnosis_pieces(diagnosis: Diagnosis) -> Iterator[str]:
    """The findings of a diagnosis."""
    return table.render_diagnosis(diagnosis, _WIDE)


def recorded(pieces: Iterable[str], margin: int = 0) -> Console:
    """A console that saw this text, wide enough for its longest line and a margin."""
    text = Text.from_ansi("".join(pieces))
    text.spans = [_readable(span) for span in text.spans]
    console = Console(
        record=True,
        file=StringIO(),
        width=max(map(cell_len, text.plain.splitlines()), default=0) + margin + 1,
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


def as_ascii(document: str) -> str:
    """Markup whose other characters are character references, so any encoding will do."""
    return document.encode("ascii", "xmlcharrefreplace").decode()
