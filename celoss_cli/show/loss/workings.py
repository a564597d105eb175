"""The steps of the shown elements, and the table that adds them up, as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.show.blocks import Block, Equation, Equations, Table
from celoss_cli.show.loss.ledger import Ledger, ledger
from celoss_cli.show.loss.steps import class_steps, numbered_class, row_steps, shown_classes
from celoss_cli.show.numerals import row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.core.data import Workings
    from celoss_cli.report.report import Report

__all__ = ["ignored_line", "ledger_table", "named_ledger_table", "row_title", "steps_of"]

_PICK = "<- target", "<- y"
_CLASSES, _SUMMED = "steps by class", "rows that are summed"


def row_title(workings: Workings, report: Report) -> tuple[str, ...]:
    """The row, its identifier and its target."""
    row = workings.row
    named = () if row.id is None else (f"id {visible(row.id)}",)
    return (f"row {row_name(row)}", *named, f"target {target_name(row, report.labels)}")


def ignored_line(workings: Workings) -> str:
    """What is said of a row that is ignored."""
    return "ignored: it enters neither the sum nor the divisor" if workings.row.ignored else ""


def steps_of(workings: Workings, report: Report) -> Iterator[Block]:
    """The steps of one element: those by class as a table, the others one below the other."""
    if any(step.level == "class" for step in workings.steps):
        yield _by_class(workings, report)
    yield Equations(
        [
            Equation(
                step.name,
                "" if step.value.ndim else short(step.value),
                step.formula,
                strong=step.name == "loss",
            )
            for step in row_steps(workings)
        ]
    )


def _by_class(workings: Workings, report: Report) -> Table:
    """One line a class, one column a step that has a value for each class."""
    steps, ignored = class_steps(workings), workings.row.ignored
    shown, left_out = shown_classes(steps[0], workings.gathered)
    lines = [
        (numbered_class(index, report.labels), *(short(step.value[index]) for step in steps))
        for index in shown
    ]
    kinds = ["picked" if index == workings.gathered and not ignored else "" for index in shown]
    if left_out:
        lines.append((f"and {left_out} smaller", *[""] * len(steps)))
        kinds.append("faint")
    # That of the gradient is too long for a heading and stands below.
    formulas = ["" if step.level == "gradient" else step.formula for step in steps]
    names = [step.name for step in steps]
    return Table("", ("class",), names, lines, formulas=formulas, kinds=kinds, pick=_PICK, label=_CLASSES)


def ledger_table(report: Report) -> Table:
    """One line a shown element with its terms, what the rest adds up to, and the sum."""
    book = ledger(report)
    lines = [(row_name(line.row), target_name(line.row, report.labels), *line.cells) for line in book.lines]
    kinds = ["faint" if line.row.ignored else "" for line in book.lines]
    lines += _rest(book, report, 2)
    kinds += [""] * (len(lines) - len(kinds) - 1) + ["total"]
    least = ("-log p[y]", *book.summed)
    return Table("", ("row", "target"), book.names, lines, kinds=kinds, least=least, label=_SUMMED)


def named_ledger_table(report: Report) -> Table:
    """The same where the steps, which name the elements, are not shown."""
    book = ledger(report)
    lines = [
        (
            row_name(line.row),
            line.row.id or "",
            target_name(line.row, report.labels) + (" (ignored)" if line.row.ignored else ""),
            *line.cells,
        )
        for line in book.lines
    ]
    return Table("", ("row", "id", "target"), book.names, [*lines, *_rest(book, report, 3)])


def _rest(book: Ledger, report: Report, texts: int) -> Iterator[tuple[str, ...]]:
    """The sums over the other elements and over all, behind this many columns of text."""
    empty = [""] * (texts - 1)
    if book.others is not None:
        yield (f"{report.others.elements} more", *empty, *book.others)
    yield ("sum", *empty, *book.total)
