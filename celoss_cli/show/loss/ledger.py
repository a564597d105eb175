"""The table of the shown rows: what is summed, and what the rest adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record
from celoss_cli.show.loss.steps import unpicked
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.core.data import Row, Workings
    from celoss_cli.report.report import Report

__all__ = ["Ledger", "Line", "ledger"]

_SHARE = "weight x sample weight"


@record(frozen=True, slots=True)
class Line:
    """One shown element.

    Attributes:
        row: its name, target, loss and weight.
        cells: its terms, one for each heading.

    """

    row: Row
    cells: tuple[str, ...]


@record(frozen=True, slots=True)
class Ledger:
    """Every column has the name of a term; two of them are summed.

    Attributes:
        names: the headings.
        summed: those of the columns that the reduction uses: the divisor, if it is shown, and the loss.
        lines: the shown elements.
        others: the sums over the elements that are not shown, or None where all are.
        total: the sums over all elements.

    """

    names: tuple[str, ...]
    summed: tuple[str, ...]
    lines: tuple[Line, ...]
    others: tuple[str, ...] | None
    total: tuple[str, ...]


def ledger(report: Report) -> Ledger:
    """The table of a report that shows workings."""
    names = list(dict.fromkeys(name for workings in report.workings for name in _terms(workings)))
    result = list(_terms(report.workings[0]))[-1]
    names.sort(key=lambda name: name == result)  # the last column, also where only a later row has a weight
    shared = "share" in names  # of the divisor, which the weights do not enter
    if not shared and "weight" not in names and any(workings.row.ignored for workings in report.workings):
        names.insert(names.index("loss"), "weight")
    if not shared and {"weight", "sample weight"} <= set(names):
        names.insert(names.index("sample weight") + 1, _SHARE)
    divisor = next((name for name in ("share", _SHARE, "sample weight", "weight") if name in names), None)
    others, tally = report.others, report.tally

    def sums(weight: float, loss: float) -> tuple[str, ...]:
        cells = {names[-1]: short(loss)} | ({divisor: short(weight)} if divisor else {})
        return tuple(cells.get(name, "") for name in names)

    return Ledger(
        names=tuple(names),
        summed=(*([divisor] if divisor else []), names[-1]),
        lines=tuple(Line(workings.row, _cells(workings, names)) for workings in report.workings),
        others=sums(float(others.weight), float(others.loss)) if others.elements else None,
        total=sums(float(tally.weight), float(tally.loss)),
    )


def _terms(workings: Workings) -> dict[str, str]:
    """The terms of one element by name, in the order they were computed."""
    terms = {step.name: short(step.value) for step in workings.steps if step.level == "term"}
    return terms | {name: "" for name in unpicked(workings) if name in terms}


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
