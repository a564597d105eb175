"""Markdown: the result and the shown rows, for a comment or a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.show.breakdown import Breakdown, breakdowns
from celoss_cli.show.ledger import Ledger, ledger
from celoss_cli.show.numerals import heading, reduction_line, row_name, skipped_line, target_name
from celoss_cli.show.verdicts import Line, lines, lines_of, summary
from celoss_cli.studies.compare import wording as _comparison
from celoss_cli.studies.conventions import wording as _conventions
from celoss_cli.studies.diagnose import wording as _diagnosis
from celoss_cli.studies.reconcile import wording as _reconciliation
from celoss_cli.studies.weights import wording as _class_weights

if TYPE_CHECKING:
    from celoss_cli.report.outcome import Outcome
    from celoss_cli.report.report import Report
    from celoss_cli.show import Style
    from celoss_cli.studies.compare.comparison import Comparison
    from celoss_cli.studies.conventions.conventions import Conventions
    from celoss_cli.studies.diagnose.diagnosis import Diagnosis
    from celoss_cli.studies.explain.explanation import Explanation, Section
    from celoss_cli.studies.reconcile.reconciliation import Reconciliation
    from celoss_cli.studies.weights.class_weights import ClassWeights

__all__ = [
    "render",
    "render_class_weights",
    "render_comparison",
    "render_conventions",
    "render_diagnosis",
    "render_explanation",
    "render_reconciliation",
    "render_run",
]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~:@$^-]|(?<=www)\.)", re.IGNORECASE)
"""What Markdown would read as more than a character, links without brackets among it."""


def render(report: Report, style: Style) -> Iterator[str]:
    """A heading, a table of the shown rows and the reduction; names are escaped."""
    yield f"**{escaped(report.title)}**: {heading(report)}, reduction {report.reduction}\n\n"
    if report.workings:
        yield from _rows(ledger(report), report)
        yield "\n"
    for extra in breakdowns(report):
        yield from _breakdown(extra)
    if report.source.get("skipped"):
        yield f"{skipped_line(report.source['skipped'])}\n\n"
    yield f"`{reduction_line(report)}`\n"
    if report.checks:
        yield "\n"
        yield from _verdicts(lines_of(report.checks), ("verdict", "limit", "reason"))
    for finding in report.findings:
        yield f"\n{finding.severity} {finding.code}: {escaped(finding.message)}\n"


def render_diagnosis(diagnosis: Diagnosis, style: Style) -> Iterator[str]:
    """A heading, a list of the findings and their number."""
    yield f"**diagnosis of {escaped(diagnosis.title)}**: {_diagnosis.heading(diagnosis)}"
    yield "".join(f", {part}" for part in _diagnosis.result(diagnosis)) + "\n\n"
    for finding in diagnosis.findings:
        remedy = f" Try: {escaped(visible(finding.remedy))}" if finding.remedy else ""
        yield f"- {finding.severity} **{finding.code}**: {escaped(visible(finding.message))}.{remedy}\n"
    yield f"\n{escaped(_diagnosis.summary(diagnosis))}\n"


def render_run(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """A heading with the count and a table of all verdicts."""
    yield f"**celoss**: {summary(outcomes)}\n\n"
    yield from _verdicts(lines(outcomes), ("check", "verdict", "limit", "reason"))


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """A heading, the numbers, the tables and what the interval means; names are escaped."""
    yield f"**{escaped(comparison.title)}**: {escaped(_comparison.heading(comparison))}\n\n"
    for text in _comparison.source_lines(comparison):
        yield f"{escaped(text)}\n\n"
    yield _line(["", "", ""])
    yield _line(["---", "---:", "---"])
    for fact in _comparison.facts(comparison):
        yield _line(list(map(escaped, fact)))
    yield "\n"
    for extra in _comparison.tables(comparison):
        yield from _breakdown(extra)
    yield f"`{_comparison.conclusion(comparison)}`\n\n"
    for sentence in _comparison.meaning(comparison):
        yield f"{escaped(sentence)}\n\n"
    if comparison.checks:
        yield from _verdicts(lines_of(comparison.checks), ("verdict", "limit", "reason"))


def render_explanation(explanation: Explanation, style: Style) -> Iterator[str]:
    """A document with a heading for each part; formulas and command lines stand as code."""
    name = f"{escaped(explanation.name)}: " if explanation.name else ""
    yield f"## {name}{escaped(explanation.title)}\n\n"
    for key, value in explanation.facts.items():
        yield f"- {escaped(key)}: {escaped(value)}\n"
    for section in explanation.sections:
        yield "\n"
        yield from _section(section)
    if explanation.example is not None:
        yield f"\n### Example\n\n```console\n$ {explanation.command}\n```\n\n"
        yield from render(explanation.example, style)


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield f"### {escaped(section.title)}\n\n"
    if section.formulas:
        yield "".join(["```text\n", *(f"{formula}\n" for formula in section.formulas), "```\n"])
    yield "\n".join(f"{escaped(paragraph)}\n" for paragraph in section.paragraphs)
    yield from (f"{number}. {escaped(step)}\n" for number, step in enumerate(section.steps, 1))
    yield from (f"- `{name}`: {escaped(meaning)}\n" for name, meaning in section.terms)


def render_class_weights(weights: ClassWeights, style: Style) -> Iterator[str]:
    """A heading, the formula and one line a class; names are escaped."""
    yield f"`{_class_weights.formula(weights)}`\n\n"
    yield from _breakdown(replace(_class_weights.table(weights), title=_class_weights.title(weights)))


def render_conventions(conventions: Conventions, style: Style) -> Iterator[str]:
    """A heading, the tables and what a convention does not have; names are escaped."""
    yield f"**{escaped(conventions.title)}**: {escaped(_conventions.heading(conventions))}\n\n"
    for extra in _conventions.tables(conventions):
        yield from _breakdown(extra)
    for sentence in _conventions.refusals(conventions):
        yield f"{escaped(sentence)}\n\n"


def render_reconciliation(found: Reconciliation, style: Style) -> Iterator[str]:
    """A heading, the explanations, what was tried, and how much a hit says; names are escaped."""
    yield f"**{escaped(_reconciliation.heading(found))}**\n\n"
    for text in _reconciliation.source_lines(found):
        yield f"{escaped(text)}\n\n"
    for entry in _reconciliation.entries(found):
        yield f"{escaped(entry.title)}\n\n"
        yield from (f"- {escaped(line)}\n" for line in (*entry.deviations, *entry.lines))
        if entry.command:
            yield f"- {_code(entry.command)}\n"
        yield "\n"
    yield from _breakdown(_reconciliation.levels(found))
    for sentence in _reconciliation.meaning(found):
        yield f"{escaped(sentence)}\n\n"


def _code(text: str) -> str:
    """Text between more backticks than it holds in a row."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def _breakdown(extra: Breakdown) -> Iterator[str]:
    yield f"{escaped(extra.title)}\n\n"
    yield _line([*map(escaped, extra.names), *map(escaped, extra.numbers)])
    yield _line([*["---"] * len(extra.names), *["---:"] * len(extra.numbers)])
    for line in extra.lines:
        yield _line(list(map(escaped, line)))
    yield "\n"


def _verdicts(lines: Sequence[Line], names: Sequence[str]) -> Iterator[str]:
    yield _line(names)
    yield _line(["---"] * len(names))
    for line in lines:
        cells = {"check": line.check, "limit": line.limit, "reason": line.reason}
        shown = {name: escaped(text) for name, text in cells.items()}
        shown["verdict"] = line.mark if line.mark == "pass" else f"**{line.mark}**"
        yield _line([shown[name] for name in names])


def _rows(book: Ledger, report: Report) -> Iterator[str]:
    yield _line(["row", "id", "target", *map(escaped, book.names)])
    yield _line(["---", "---", "---", *["---:"] * len(book.names)])
    for line in book.lines:
        row = line.row
        target = target_name(row, report.labels) + (" (ignored)" if row.ignored else "")
        yield _line([row_name(row), escaped(row.id or ""), escaped(target), *line.cells])
    if book.others is not None:
        yield _line([f"{report.others.elements} more", "", "", *book.others])
    yield _line(["sum", "", "", *book.total])


def escaped(text: str) -> str:
    """``text`` as Markdown that shows exactly its characters."""
    return _SPECIAL.sub(r"\\\1", visible(text)).replace("&", "&amp;")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
