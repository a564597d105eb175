"""SVG: the view for people as a picture without script, web font or address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from typing import TYPE_CHECKING

from rich.cells import cell_len

from celoss_cli.show.recorded import (
    THEME,
    as_ascii,
    comparison_pieces,
    diagnosis_pieces,
    recorded,
    report_pieces,
    run_pieces,
)

if TYPE_CHECKING:
    from celoss_cli.report.outcome import Outcome
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style
    from celoss_cli.studies.compare.comparison import Comparison
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis

__all__ = ["render", "render_comparison", "render_diagnosis", "render_run"]

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

_MARGIN = 3
"""Columns at the right, as wide as the space at the left."""

_HEIGHT = 20
"""Of a character, as Rich draws it."""

_ASPECT = 0.6
"""Width of a character by its height."""

_TEXT = re.compile(r'<text (class="[^"]*" x="[^"]*" y="[^"]*") textLength="[^"]*"[^>]*>([^<]*)</text>')


def render(report: Report, style: Style) -> Iterator[str]:
    """The table of a report, with its findings."""
    yield _document(report_pieces(report))


def render_run(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """The verdicts of a config file."""
    yield _document(run_pieces(outcomes))


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """The table of a comparison."""
    yield _document(comparison_pieces(comparison))


def render_diagnosis(diagnosis: Diagnosis, style: Style) -> Iterator[str]:
    """The findings of a diagnosis."""
    yield _document(diagnosis_pieces(diagnosis))


def _document(pieces: Iterable[str]) -> str:
    console = recorded(pieces, _MARGIN)
    document = console.export_svg(
        title="", theme=THEME, code_format=_DOCUMENT, font_aspect_ratio=_ASPECT, unique_id="celoss"
    )
    return as_ascii(_TEXT.sub(_measured, document))


def _measured(text: re.Match[str]) -> str:
    """A piece of text at the width of its cells, of which some characters take two and some none.

    Its spaces stay unbreakable: browsers collapse others, and stretch what is left to the width.
    """
    attributes, content = text[1], text[2]
    cells = cell_len(unescape(content).rstrip("\n"))
    if not cells:
        return ""
    return f'<text {attributes} textLength="{_HEIGHT * _ASPECT * cells:g}">{content}</text>\n'
