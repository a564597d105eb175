"""The view for people: every step of the first rows, then the reduction, written out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record
from celoss_cli.show.breakdown import Breakdown, breakdowns
from celoss_cli.show.ledger import Ledger, ledger
from celoss_cli.show.numerals import (
    aligned,
    heading,
    reduction_line,
    row_name,
    short,
    target_name,
)
from celoss_cli.show.source import options_line, source_lines
from celoss_cli.show.steps import class_steps, numbered_class, row_steps, shown_classes
from celoss_cli.show.verdicts import Line, lines, lines_of, summary
from celoss_cli.studies.compare import wording as _comparison
from celoss_cli.studies.conventions import wording as _conventions
from celoss_cli.studies.diagnose import wording as _diagnosis
from celoss_cli.studies.reconcile import wording as _reconciliation
from celoss_cli.studies.weights import wording as _class_weights

if TYPE_CHECKING:
    from celoss_cli.core.data import Workings
    from celoss_cli.core.trace import Step
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

_STYLE_OF = {"pass": "green", "FAIL": "bold red", "ERROR": "bold red"}

_SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}

_PROSE = 100
"""Longer lines of text are hard to read."""

_PROSE_IN_A_PIPE = 80
_UNLIMITED = 100_000


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole view, piece by piece; no number is cut or wrapped at any width."""
    page = _Page(style)
    yield page.text(_title(report))
    for line in source_lines(report.source, report.takes, report.options):
        yield page.text(Text(line, "dim"))
    for workings in report.workings:
        yield "\n" + page.text(_row_title(workings, report))
        if any(step.level == "class" for step in workings.steps):
            yield page.table(
                _classes_table(workings, report, formulas=True),
                _classes_table(workings, report, formulas=False),
                _classes_table(workings, report, formulas=False, gap=1),
            )
        yield page.table(_steps_table(workings))
    if report.workings:
        book = ledger(report)
        yield "\n" + page.table(
            _rows_table(book, report, book.names),
            _rows_table(book, report, book.names, gap=1),
            _rows_table(book, report, [name for name in book.names if name in ("-log p[y]", *book.summed)]),
        )
    for extra in breakdowns(report):
        yield "\n" + page.text(Text(extra.title, "bold cyan"))
        yield page.table(_breakdown_table(extra), _breakdown_table(extra, gap=1))
    yield "\n" + page.text(Text(reduction_line(report), "bold"))
    if report.checks:
        yield "\n" + page.folded(_verdicts_table(lines_of(report.checks), ("verdict", "limit", "reason")))


def render_run(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """A table of all verdicts of all checks, and the count."""
    page = _Page(style)
    yield page.folded(_verdicts_table(lines(outcomes), ("check", "verdict", "limit", "reason")))
    yield "\n" + page.text(Text(summary(outcomes), "bold"))


def render_comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    """The numbers of a comparison, its tables, and what the interval means."""
    page = _Page(style)
    yield page.text(Text(f"{comparison.title} · {_comparison.heading(comparison)}", "bold"))
    for line in _comparison.source_lines(comparison):
        yield page.text(Text(line, "dim"))
    if options := options_line(comparison.options):
        yield page.text(Text(options, "dim"))
    yield "\n" + page.folded(_facts_table(comparison))
    for extra in _comparison.tables(comparison):
        yield "\n" + page.text(Text(extra.title, "bold cyan"))
        yield page.table(_breakdown_table(extra), _breakdown_table(extra, gap=1))
    yield "\n" + page.text(Text(_comparison.conclusion(comparison), "bold"))
    for sentence in _comparison.meaning(comparison):
        yield page.text(Text(sentence))
    if comparison.checks:
        yield "\n" + page.folded(_verdicts_table(lines_of(comparison.checks), ("verdict", "limit", "reason")))


def render_class_weights(weights: ClassWeights, style: Style) -> Iterator[str]:
    """One line a class with its count and its weight."""
    page = _Page(style)
    yield page.text(Text(_class_weights.title(weights), "bold"))
    for line in (_class_weights.formula(weights), *weights.source["conversions"]):
        yield page.text(Text(line, "dim"))
    yield "\n" + page.table(_breakdown_table(_class_weights.table(weights)))


def render_conventions(conventions: Conventions, style: Style) -> Iterator[str]:
    """The loss under each convention, the rows that make the gaps, and what a convention does not have."""
    page = _Page(style)
    yield page.text(Text(f"{conventions.title} · {_conventions.heading(conventions)}", "bold"))
    for line in source_lines(conventions.source, conventions.takes, conventions.options):
        yield page.text(Text(line, "dim"))
    for extra in _conventions.tables(conventions):
        yield "\n" + page.text(Text(extra.title, "bold cyan"))
        yield page.table(_breakdown_table(extra), _breakdown_table(extra, gap=1))
    for index, sentence in enumerate(_conventions.refusals(conventions)):
        yield ("" if index else "\n") + page.text(Text(sentence, "dim"))


def render_diagnosis(diagnosis: Diagnosis, style: Style) -> Iterator[str]:
    """Each finding with its numbers and what mends it, the worst first within the order of the codes."""
    page = _Page(style)
    yield page.text(Text(f"diagnosis of {diagnosis.title} · {_diagnosis.heading(diagnosis)}", "bold"))
    for line in source_lines(diagnosis.source, diagnosis.takes, diagnosis.options):
        yield page.text(Text(line, "dim"))
    yield page.text(Text(", ".join(_diagnosis.result(diagnosis)) or "no loss can be computed"))
    for finding in diagnosis.findings:
        yield "\n" + page.text(Text(f"{finding.severity} {finding.code}", _SEVERITY_STYLES[finding.severity]))
        yield page.text(Text(f"  {visible(finding.message)}"))
        if finding.remedy:
            yield page.line(Text(f"  try: {visible(finding.remedy)}", "cyan"))
    yield "\n" + page.text(Text(_diagnosis.summary(diagnosis), "bold"))


def render_explanation(explanation: Explanation, style: Style) -> Iterator[str]:
    """The parts under their headings, broken between words at a width that reads well; then the example."""
    page = _Page(replace(style, width=min(style.width or _PROSE_IN_A_PIPE, _PROSE)))
    name = f"{explanation.name} · " if explanation.name else ""
    yield page.text(Text(f"{name}{explanation.title}", "bold"))
    for key, value in explanation.facts.items():
        yield page.text(Text(f"{key}: {value}", "dim"))
    for section in explanation.sections:
        yield "\n"
        yield from _section(section, page)
    if explanation.example is not None:
        yield "\n" + page.text(Text("Example", "bold cyan"))
        yield f"$ {explanation.command}\n\n"
        yield from render(explanation.example, style)


def _section(section: Section, page: _Page) -> Iterator[str]:
    if section.title:
        yield page.text(Text(section.title, "bold cyan"))
    for formula in section.formulas:
        yield page.text(Text(f"  {formula}", "green"), indent="      ")
    for paragraph in section.paragraphs:
        lead = "  " if section.title else ""
        yield page.text(Text(f"{lead}{paragraph}"), indent=lead * 2)
    for number, step in enumerate(section.steps, 1):
        yield page.text(Text(f"{number:>3} {step}"), indent="    ")
    if section.terms:
        yield page.folded(_terms_table(section.terms))


def _terms_table(terms: Sequence[tuple[str, str]]) -> Table:
    """One line a name, its meaning broken between words."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(min_width=max(cell_len(word) for _, meaning in terms for word in meaning.split()))
    for name, meaning in terms:
        table.add_row(f"  {name}", meaning)
    return table


def render_reconciliation(found: Reconciliation, style: Style) -> Iterator[str]:
    """The explanations of a number, what was tried, and how much a hit says."""
    page = _Page(style)
    yield page.text(Text(_reconciliation.heading(found), "bold"))
    for line in _reconciliation.source_lines(found):
        yield page.text(Text(line, "dim"))
    for entry in _reconciliation.entries(found):
        yield "\n" + page.text(Text(entry.title, "bold cyan"))
        for line in (*(f"- {words}" for words in entry.deviations), *entry.lines):
            yield page.text(Text(f"  {line}"))
        if entry.command:
            yield page.line(Text(f"  $ {entry.command}", "green"))
    levels = _reconciliation.levels(found)
    yield "\n" + page.text(Text(levels.title, "bold cyan"))
    yield page.table(_breakdown_table(levels), _breakdown_table(levels, gap=1))
    yield "\n"
    for sentence in _reconciliation.meaning(found):
        yield page.text(Text(sentence))


class _Page:
    """Turns Rich objects into text of this style."""

    def __init__(self, style: Style) -> None:
        self._style = style

    def _console(self, width: int) -> Console:
        return Console(
            file=StringIO(),
            width=width,
            color_system="standard" if self._style.color else None,
            force_terminal=self._style.color,
            no_color=not self._style.color,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def _printed(self, item: Text | Table, width: int) -> str:
        console = self._console(width)
        console.print(item, soft_wrap=isinstance(item, Text))
        assert isinstance(console.file, StringIO)  # noqa: S101 - for the type checker
        lines = console.file.getvalue().splitlines()
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def text(self, text: Text, indent: str = "  ") -> str:
        """A paragraph, broken between words only; the lines after the first are set in."""
        if self._style.width is None or cell_len(text.plain) <= self._style.width:
            return self._printed(text, _UNLIMITED)
        lines = textwrap.wrap(
            text.plain,
            self._style.width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "".join(self._printed(Text(line, text.style), _UNLIMITED) for line in lines)

    def line(self, text: Text) -> str:
        """A line that is to be copied, never broken."""
        return self._printed(text, _UNLIMITED)

    def table(self, *candidates: Table) -> str:
        """The first of these tables that fits, or the last one at its own width: nothing is ever cut."""
        for table in candidates:
            if not self._style.unicode:
                table.box = table.box and box.ASCII
            wide = self._console(_UNLIMITED)
            natural = Measurement.get(wide, wide.options, table).maximum
            if self._style.width is None or natural <= self._style.width:
                break
        return self._printed(table, natural)

    def folded(self, table: Table) -> str:
        """A table whose sentences are broken between words where it is too wide."""
        if not self._style.unicode:
            table.box = table.box and box.ASCII
        wide = self._console(_UNLIMITED)
        least, natural = Measurement.get(wide, wide.options, table)
        return self._printed(table, max(least, min(natural, self._style.width or natural)))


def _table(names: Sequence[str], columns: Sequence[_Column], *, gap: int) -> Table:
    """A table whose first column holds names, all others numbers; the gap is that between two columns."""
    padding = (0, gap - 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=padding, show_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", min_width=6)
    for column in columns:
        header = Text(column.name, justify="right")
        if column.formula:
            header.append(f"\n{column.formula}", "not bold dim")
        table.add_column(header, no_wrap=True)
    return table


@record(frozen=True, slots=True)
class _Column:
    """A column of numbers: its name, how it came about, and its cells from top to bottom."""

    name: str
    formula: str
    cells: Sequence[str]

    def aligned(self) -> list[str]:
        """The cells with their points in line, under the end of the heading."""
        return aligned(self.cells, max(len(self.name), len(self.formula)))


def _title(report: Report) -> Text:
    return Text(f"{report.title} · {heading(report)} · reduction {report.reduction}", "bold")


def _row_title(workings: Workings, report: Report) -> Text:
    row = workings.row
    title = Text(f"row {row_name(row)}", "bold cyan")
    if row.id is not None:
        title.append(f" · id {visible(row.id)}", "cyan")
    title.append(f" · target {target_name(row, report.labels)}", "cyan")
    if row.ignored:
        title.append(" · ignored: it enters neither the sum nor the divisor", "yellow")
    return title


def _classes_table(workings: Workings, report: Report, *, formulas: bool, gap: int = 2) -> Table:
    """One line a class, one column a step that has a value for each class."""
    steps = class_steps(workings)
    shown, left_out = shown_classes(steps[0], workings.gathered)
    columns = [
        _Column(step.name, _heading_formula(step, formulas), [short(step.value[index]) for index in shown])
        for step in steps
    ]
    table = _table(["class"], columns, gap=gap)
    table.add_column("", no_wrap=True)
    for index, *cells in zip(shown, *(column.aligned() for column in columns), strict=True):
        picked = index == workings.gathered
        mark = ("<- target" if formulas else "<- y") if picked and not workings.row.ignored else ""
        name = numbered_class(index, report.labels)
        table.add_row(name, *cells, mark, style="bold green" if mark else None)
    if left_out:
        table.add_row(f"and {left_out} smaller", *([""] * len(steps)), "", style="dim")
    return table


def _heading_formula(step: Step, wanted: bool) -> str:
    """The formula for a column's heading; that of the gradient is too long and stands below."""
    return step.formula if wanted and step.level != "gradient" else ""


def _steps_table(workings: Workings) -> Table:
    """The steps that have one value for the row, in the order they were computed; the gradient last."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    steps = row_steps(workings)
    values = aligned(["" if step.value.ndim else short(step.value) for step in steps])
    for step, value in zip(steps, values, strict=True):
        style = "bold" if step.name == "loss" else ""
        table.add_row(Text(step.name, style), "=", Text(value, style), step.formula)
    return table


def _facts_table(comparison: Comparison) -> Table:
    """One line a number: its name, the number, what it is."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    facts = list(_comparison.facts(comparison))
    for _ in range(3):
        table.add_column(no_wrap=True)
    words = [word for _, _, what in facts for word in what.split()]
    table.add_column(style="dim", min_width=max(map(cell_len, words)))
    for (name, _, what), value in zip(facts, aligned([fact[1] for fact in facts]), strict=True):
        style = "bold" if name == "B - A" else ""
        table.add_row(Text(name, style), "=", Text(value, style), what)
    return table


def _breakdown_table(extra: Breakdown, *, gap: int = 2) -> Table:
    texts = len(extra.names)
    columns = [
        _Column(name, "", [line[texts + at] for line in extra.lines]) for at, name in enumerate(extra.numbers)
    ]
    table = _table(extra.names, columns, gap=gap)
    for line, *cells in zip(extra.lines, *(column.aligned() for column in columns), strict=True):
        table.add_row(*line[:texts], *cells)
    return table


def _rows_table(book: Ledger, report: Report, names: Sequence[str], *, gap: int = 2) -> Table:
    """One line a shown element with these of its terms, what the rest adds up to, and the sum."""
    labels = [row_name(line.row) for line in book.lines]
    targets = [target_name(line.row, report.labels) for line in book.lines]
    ignored = [line.row.ignored for line in book.lines]
    lines = [line.cells for line in book.lines]
    if book.others is not None:
        labels.append(f"{report.others.elements} more")
        targets.append("")
        ignored.append(False)
        lines.append(book.others)
    lines.append(book.total)
    positions = {name: book.names.index(name) for name in names}
    columns = [_Column(name, "", [line[at] for line in lines]) for name, at in positions.items()]
    table = _table(["row", "target"], columns, gap=gap)
    *rows, total = zip(*(column.aligned() for column in columns), strict=True)
    for label, target, cells, dim in zip(labels, targets, rows, ignored, strict=True):
        table.add_row(label, target, *cells, style="dim" if dim else None)
    table.add_section()
    table.add_row("sum", "", *total, style="bold")
    return table


def _verdicts_table(lines: Sequence[Line], names: Sequence[str]) -> Table:
    """One line a verdict with these of its columns; only the sentence may be broken, between words."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    rows = [
        {"check": line.check, "verdict": line.mark, "limit": line.limit, "reason": line.reason}
        for line in lines
    ]
    for name in names:
        texts = [name, *(row[name] for row in rows)]
        pieces = [piece for text in texts for piece in (text.split() if name == "reason" else [text])]
        table.add_column(name, no_wrap=name != "reason", min_width=max(map(cell_len, pieces)))
    for row in rows:
        styles = {"verdict": _STYLE_OF[row["verdict"]]}
        table.add_row(*(Text(row[name], styles.get(name, "")) for name in names))
    return table
