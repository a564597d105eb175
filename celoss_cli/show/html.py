"""HTML: the view for people as one self-contained document without script or address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

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
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>celoss</title>
</head>
<body style="margin: 1.5rem; color: {foreground}; background-color: {background}">
<pre style="overflow-x: auto; font: 14px/1.4 ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace">
{code}</pre>
</body>
</html>
"""


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
    return as_ascii(recorded(pieces).export_html(theme=THEME, code_format=_DOCUMENT, inline_styles=True))
