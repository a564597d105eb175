"""The table of the shown rows: what is summed, and what the rest adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.show.blocks import Table
from celoss_cli.show.loss.steps import unpicked
from celoss_cli.show.numerals import row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.evaluate.workings import Row, Workings
    from celoss_cli.report.report import Report

__all__ = ["ledger"]

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
