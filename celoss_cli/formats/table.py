"""The view for people: every step of the first rows, then the reduction, written out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from celoss_cli.data import Report, Workings
from celoss_cli.errors import visible
from celoss_cli.formats import Style
from celoss_cli.formats._numerals import (
    class_name,
    heading,
    reduction_line,
    row_name,
    short,
    target_name,
)
from celoss_cli.trace import Step

__all__ = ["render"]

_WIDE = 12
"""From more classes than this on, only the target and the largest are shown."""

_LARGEST = 6
_UNLIMITED = 100_000
_NARROW = 80


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole view, piece by piece; no number is cut or wrapped at any width."""
    page = _Page(style)
    yield page.text(_title(report))
    for line in _source_lines(report):
        yield page.text(Text(line, "dim"))
    for workings in report.workings:
        yield "\n" + page.text(_row_title(workings, report))
        if any(step.level == "class" for step in workings.steps):
            yield page.table(
                _classes_table(workings, report, formulas=True),
                _classes_table(workings, report, formulas=False),
            )
        yield page.table(_steps_table(workings))
    if report.workings:
        yield "\n" + page.table(_rows_table(report, every_term=True), _rows_table(report, every_term=False))
    yield "\n" + page.text(Text(reduction_line(report), "bold"))


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

    def text(self, text: Text) -> str:
        """A paragraph, broken between words only."""
        if self._style.width is None:
            return self._printed(text, _UNLIMITED)
        lines = textwrap.wrap(
            text.plain,
            self._style.width,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "".join(self._printed(Text(line, text.style), _UNLIMITED) for line in lines)

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


def _table(*headings: tuple[str, str]) -> Table:
    """A table whose first column holds names, all others numbers; headings are name and formula."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False, header_style="bold")
    for position, (name, formula) in enumerate(headings):
        header = Text(name)
        if formula:
            header.append(f"\n{formula}", "not bold dim")
        if position:
            table.add_column(header, justify="right", no_wrap=True)
        else:
            table.add_column(header, overflow="fold", min_width=6)
    return table


def _title(report: Report) -> Text:
    return Text(f"{report.title} · {heading(report)} · reduction {report.reduction}", "bold")


def _source_lines(report: Report) -> Iterator[str]:
    source = report.source
    files = ", ".join("standard input" if path == "-" else visible(path) for path in source.get("files", ()))
    columns = source.get("columns")
    if columns and files:
        inputs = [visible(name) for name in columns["inputs"]]
        target = columns["target"] if isinstance(columns["target"], str) else ", ".join(columns["target"])
        parts = [f"{report.takes} {_listed(inputs)}", f"target {visible(target)}"]
        parts += [f"{role} {visible(columns[role])}" for role in ("id", "weight") if columns.get(role)]
        if columns.get("unused"):
            parts.append(f"not used {_listed([visible(name) for name in columns['unused']])}")
        yield f"{files}: {'; '.join(parts)}"
    yield from source.get("conversions", ())
    yield from (columns or {}).get("notes", ())
    if source.get("skipped"):
        yield f"{source['skipped']} rows with missing values skipped"
    options = [f"{name} {_option(value)}" for name, value in report.options.items() if value is not None]
    if options:
        yield f"options: {', '.join(options)}"


def _option(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_option(item) for item in value[:8])}{', ...' if len(value) > 8 else ''}]"
    return short(value) if isinstance(value, float) else str(value)


def _listed(names: Sequence[str]) -> str:
    return (
        ", ".join(names)
        if len(names) <= 8
        else f"{', '.join(names[:3])}, ... {names[-1]} ({len(names)} columns)"
    )


def _row_title(workings: Workings, report: Report) -> Text:
    row = workings.row
    title = Text(f"row {row_name(row)}", "bold cyan")
    if row.id is not None:
        title.append(f" · id {visible(row.id)}", "cyan")
    title.append(f" · target {target_name(row, report.labels)}", "cyan")
    if row.ignored:
        title.append(" · ignored: it enters neither the sum nor the divisor", "yellow")
    return title


def _classes_table(workings: Workings, report: Report, *, formulas: bool) -> Table:
    """One line a class, one column a step that has a value for each class."""
    steps = [step for step in workings.steps if step.level == "class"]
    steps += [step for step in workings.steps if step.level == "gradient"]
    shown, left_out = _shown_classes(steps[0], workings.gathered)
    table = _table(("class", ""), *((step.name, _heading_formula(step, formulas)) for step in steps))
    table.add_column("", no_wrap=True)
    for index in shown:
        picked = index == workings.gathered
        mark = ("<- target" if formulas else "<- y") if picked and not workings.row.ignored else ""
        cells = [short(step.value[index]) for step in steps]
        name = " ".join(filter(None, (str(index), class_name(index, report.labels))))
        table.add_row(name, *cells, mark, style="bold green" if mark else None)
    if left_out:
        table.add_row(f"and {left_out} smaller", *([""] * len(steps)), "", style="dim")
    return table


def _heading_formula(step: Step, wanted: bool) -> str:
    """The formula for a column's heading; that of the gradient is too long and stands below."""
    return step.formula if wanted and step.level != "gradient" else ""


def _shown_classes(step: Step, gathered: int | None) -> tuple[list[int], int]:
    """The classes to show, in order, and how many are left out: the smallest of a wide row."""
    count = len(step.value)
    if count <= _WIDE:
        return list(range(count)), 0
    largest = sorted(range(count), key=lambda index: float(step.value[index]), reverse=True)[:_LARGEST]
    chosen = sorted({*largest, *([] if gathered is None else [gathered])})
    return chosen, count - len(chosen)


def _steps_table(workings: Workings) -> Table:
    """The steps that have one value for the row, in the order they were computed."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    only_scalar = workings.gathered is None
    for step in workings.steps:
        if step.level in ("row", "term") or (
            step.level == "gradient" and only_scalar and not step.value.ndim
        ):
            style = "bold" if step.name == "loss" else ""
            table.add_row(Text(step.name, style), "=", Text(short(step.value), style), step.formula)
    return table


def _rows_table(report: Report, *, every_term: bool) -> Table:
    """One line a shown element with what is summed, and what the rest adds up to."""
    names = [step.name for step in report.workings[0].steps if step.level == "term"]
    if "weight" not in names and any(workings.row.ignored for workings in report.workings):
        names.insert(-1, "weight")
    if not every_term:
        names = [name for name in names[:-1] if name in ("-log p[y]", "weight")] + names[-1:]
    table = _table(("row", ""), ("target", ""), *((name, "") for name in names))
    for workings in report.workings:
        values = {step.name: short(step.value) for step in workings.steps if step.level == "term"}
        table.add_row(
            row_name(workings.row),
            target_name(workings.row, report.labels),
            *(values.get(name, "1") for name in names),
            style="dim" if workings.row.ignored else None,
        )
    others, tally = report.others, report.tally
    if others.elements:
        label = f"{others.elements} more"
        table.add_row(label, "", *_summed(names, float(others.weight), float(others.loss)))
    table.add_section()
    table.add_row("sum", "", *_summed(names, float(tally.weight), float(tally.loss)), style="bold")
    return table


def _summed(names: Sequence[str], weight: float, loss: float) -> list[str]:
    """The sums of the two columns that the reduction uses; other columns have none."""
    cells = [""] * len(names)
    cells[-1] = short(loss)
    if "weight" in names:
        cells[names.index("weight")] = short(weight)
    return cells
