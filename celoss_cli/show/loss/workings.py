"""The shown elements as blocks: the steps of each, and the table of what is summed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import visible
from celoss_cli.show.blocks import Block, Equation, Equations, Table
from celoss_cli.show.numerals import class_name, row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.evaluate.workings import Row, Step, Workings
    from celoss_cli.report.report import Report

__all__ = [
    "ignored_line",
    "ledger",
    "row_steps",
    "row_title",
    "steps_of",
]

_WIDE = 12
"""From more classes than this on, only the target and the largest are shown."""

_LARGEST = 6

_PICKED = ("p[y]", "-log p[y]")
"""The steps that the target of a row picks."""


def _class_steps(workings: Workings) -> list[Step]:
    """The steps that have a value for each class; the gradient last."""
    return _of(workings, "class") + _of(workings, "gradient")


def row_steps(workings: Workings) -> list[Step]:
    """The steps that have one value for the row, in the order they were computed; the gradient last."""
    found = _of(workings, "row", "term") + _of(workings, "gradient")
    return [step for step in found if step.name not in _unpicked(workings)]


def _unpicked(workings: Workings) -> tuple[str, ...]:
    """The steps without a meaning here: the target of an ignored row picks no class, not even an own one."""
    return _PICKED if workings.row.ignored else ()


def _of(workings: Workings, *levels: str) -> list[Step]:
    return [step for step in workings.steps if step.level in levels]


def _numbered_class(index: int, labels: Sequence[str] | None) -> str:
    """The number of a class, with its name where it has one."""
    return " ".join(filter(None, (str(index), class_name(index, labels))))


def _shown_classes(step: Step, gathered: int | None) -> tuple[list[int], int]:
    """The classes to show, in order, and how many are left out: the smallest of a wide row."""
    count = len(step.value)
    if count <= _WIDE:
        return list(range(count)), 0

    def size(index: int) -> float:
        """The value, or infinity for NaN: what spoils a row is shown."""
        value = float(step.value[index])
        return math.inf if math.isnan(value) else value

    largest = sorted(range(count), key=size, reverse=True)[:_LARGEST]
    chosen = sorted({*largest, *([] if gathered is None else [gathered])})
    return chosen, count - len(chosen)


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
    steps, ignored = _class_steps(workings), workings.row.ignored
    shown, left_out = _shown_classes(steps[0], workings.gathered)
    lines = [
        (_numbered_class(index, report.labels), *(short(step.value[index]) for step in steps))
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


_SHARE = "weight x sample weight"


def ledger(report: Report, *, named: bool = False) -> Table:
    """One line a shown element with its terms, what the rest adds up to, and the sum.

    Every column has the name of a term; two of them are summed: the divisor, if it is shown, and the loss.

    Args:
        report: one that shows workings.
        named: whether the elements have their identifiers here, where no steps name them.

    """
    terms, divisor = _columns(report)
    texts = ("row", "id", "target") if named else ("row", "target")
    lines = [(*_names(found.row, report.labels, named), *_cells(found, terms)) for found in report.workings]
    kinds = ["faint" if found.row.ignored else "" for found in report.workings]
    others = [(f"{report.others.elements} more", report.others)] if report.others.elements else []
    for name, tally in (*others, ("sum", report.tally)):
        sums = {divisor: short(float(tally.weight)), terms[-1]: short(float(tally.loss))}
        lines.append((name, *[""] * (len(texts) - 1), *(sums.get(term, "") for term in terms)))
        kinds.append("total" if name == "sum" else "")
    least = ("-log p[y]", divisor, terms[-1])
    return Table("", texts, terms, lines, kinds=kinds, least=least, label="rows that are summed")


def _columns(report: Report) -> tuple[list[str], str]:
    """The terms in their order, and that of them which is the divisor, or ""."""
    names = list(dict.fromkeys(name for workings in report.workings for name in _terms(workings)))
    result = list(_terms(report.workings[0]))[-1]
    names.sort(key=lambda name: name == result)  # the last column, also where only a later row has a weight
    shared = "share" in names  # of the divisor, which the weights do not enter
    if not shared and "weight" not in names and any(workings.row.ignored for workings in report.workings):
        names.insert(names.index("loss"), "weight")
    if not shared and {"weight", "sample weight"} <= set(names):
        names.insert(names.index("sample weight") + 1, _SHARE)
    divisors = ("share", _SHARE, "sample weight", "weight")
    return names, next((name for name in divisors if name in names), "")


def _names(row: Row, labels: Sequence[str] | None, named: bool) -> tuple[str, ...]:
    target = target_name(row, labels)
    if not named:
        return row_name(row), target
    return row_name(row), row.id or "", f"{target} (ignored)" if row.ignored else target


def _terms(workings: Workings) -> dict[str, str]:
    """The terms of one element by name, in the order they were computed."""
    terms = {step.name: short(step.value) for step in workings.steps if step.level == "term"}
    return terms | {name: "" for name in _unpicked(workings) if name in terms}


def _cells(workings: Workings, names: Sequence[str]) -> tuple[str, ...]:
    """The cells of one line; an element without a weight of its own counts once."""
    known = {
        "weight": "1",
        "w": "1",
        "share": short(workings.row.weight),
        _SHARE: short(workings.row.weight),
        **_terms(workings),
    }
    return tuple(known[name] for name in names)
