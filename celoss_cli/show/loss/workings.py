"""The steps of the shown elements as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.show.blocks import Block, Equation, Equations, Table
from celoss_cli.show.loss.steps import class_steps, numbered_class, row_steps, shown_classes
from celoss_cli.show.numerals import row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.evaluate.workings import Workings
    from celoss_cli.report.report import Report

__all__ = ["ignored_line", "row_title", "steps_of"]

_PICK = "<- target", "<- y"


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
    return Table(
        "",
        ("class",),
        names,
        lines,
        formulas=formulas,
        kinds=kinds,
        pick=_PICK,
        spare=[step.name for step in steps if not step.needed],
        label="steps by class",
    )
