"""GitHub Actions: an annotation for each check that failed, and plain lines for the log.

GitHub shows ten error annotations a step; the last of them says how many more there are. The job
summary is the Markdown of the same checks, which the command line appends to the runner's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.report.outcome import Outcome
from celoss_cli.show.numerals import heading, reduction_line
from celoss_cli.show.verdicts import Line, lines, lines_of, summary
from celoss_cli.studies.compare.wording import conclusion
from celoss_cli.studies.compare.wording import heading as comparison_heading

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["MOST", "render", "render_comparison", "render_run"]

MOST = 10
"""As many error annotations of a step are shown."""


def render(report: Report, style: Style) -> Iterator[str]:
    """The reduction, and the checks of one report under the name of its loss."""
    outcome = Outcome(report.loss, report)
    yield _plain(f"{report.loss}: {heading(report)}: {reduction_line(report)}")
    yield from _checks(lines([outcome]))


def render_run(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """Every verdict as a line, then the annotations, then the count."""
    yield from _checks(lines(outcomes))
    yield _plain(summary(outcomes))


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """The difference, and the checks of a comparison under the name of its loss."""
    yield _plain(f"{comparison.loss}: {comparison_heading(comparison)}: {conclusion(comparison)}")
    yield from _checks(lines_of(comparison.checks, f"compare {comparison.loss}"))


def _checks(found: Sequence[Line]) -> Iterator[str]:
    for line in found:
        yield _plain(f"{line.mark} {_name(line)}: {line.reason}")
    bad = [line for line in found if line.mark != "pass"]
    shown = bad if len(bad) <= MOST else bad[: MOST - 1]
    for line in shown:
        yield f"::error title={_property(f'celoss: {_name(line)}')}::{_message(line.reason)}\n"
    if len(shown) < len(bad):
        yield f"::error title=celoss::{len(bad) - len(shown)} more checks failed\n"


def _name(line: Line) -> str:
    return f"{line.check} {line.limit}".rstrip()


def _plain(text: str) -> str:
    """A line of the log that the runner takes for no command: it starts with none and holds no ##[."""
    return f"{visible(text)}\n".replace("##[", "##\\x5b")


def _message(text: str) -> str:
    return visible(text).replace("%", "%25").replace("##[", "##\\x5b")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
