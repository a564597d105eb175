"""Markdown: the result and the shown rows, for a comment or a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from celoss_cli.data import Report
from celoss_cli.errors import visible
from celoss_cli.formats import Style
from celoss_cli.formats._numerals import heading, reduction_line, row_name, short, target_name

__all__ = ["render"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~:@$^-])")


def render(report: Report, style: Style) -> Iterator[str]:
    """A heading, a table of the shown rows and the reduction; names are escaped."""
    yield f"**{escaped(report.title)}**: {heading(report)}, reduction {report.reduction}\n\n"
    if report.workings:
        names = [step.name for step in report.workings[0].steps if step.level == "term"]
        yield _line(["row", "id", "target", *map(escaped, names)])
        yield _line(["---", "---", "---", *["---:"] * len(names)])
        for workings in report.workings:
            row = workings.row
            values = {step.name: short(step.value) for step in workings.steps if step.level == "term"}
            target = target_name(row, report.labels) + (" (ignored)" if row.ignored else "")
            yield _line(
                [row_name(row), escaped(row.id or ""), escaped(target), *(values.get(n, "") for n in names)]
            )
        if report.others.elements:
            blanks = [""] * (len(names) - 1)
            yield _line([f"{report.others.elements} more", "", "", *blanks, short(float(report.others.loss))])
        yield "\n"
    yield f"`{reduction_line(report)}`\n"
    for finding in report.findings:
        yield f"\n{finding.severity} {finding.code}: {escaped(finding.message)}\n"


def escaped(text: str) -> str:
    """``text`` as Markdown that shows exactly its characters."""
    return _SPECIAL.sub(r"\\\1", visible(text)).replace("&", "&amp;")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
