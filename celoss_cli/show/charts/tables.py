"""Tables of a page: numbers with their points in line, each scrolling within itself where it is too wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.show.charts.markup import NOTHING, Markup, element, joined
from celoss_cli.show.numerals import aligned, row_name, short, target_name
from celoss_cli.show.steps import class_steps, numbered_class, row_steps, shown_classes

if TYPE_CHECKING:
    from celoss_cli.core.data import Workings
    from celoss_cli.report.report import Report
    from celoss_cli.show.breakdown import Breakdown
    from celoss_cli.show.ledger import Ledger

__all__ = [
    "breakdown_table",
    "classes_table",
    "formulas_table",
    "ledger_table",
    "lines_table",
    "steps_table",
    "table",
]

_LONG = 40
"""From more characters than this on, a text is broken into lines."""


def table(
    names: Sequence[str],
    numbers: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    caption: str,
    kinds: Sequence[str | None] | None = None,
    bars: Sequence[Markup] | None = None,
) -> Markup:
    """A table whose first columns are text and whose others are numbers.

    Args:
        names: the headings of the columns of text.
        numbers: the headings of the columns of numbers.
        lines: the cells, texts before numbers.
        caption: what it is, for those who hear it.
        kinds: the class of each line, for its colour.
        bars: a picture at the end of each line.

    """
    texts = len(names)
    columns = [aligned([line[texts + at] for line in lines]) if lines else [] for at in range(len(numbers))]
    rows = [
        element(
            "tr",
            *(element("td", cell, class_=_width(cell)) for cell in line[:texts]),
            *(element("td", column[at], class_="n") for column in columns),
            element("td", bars[at], class_="track") if bars else NOTHING,
            class_=kinds[at] if kinds else None,
        )
        for at, line in enumerate(lines)
    ]
    head = element(
        "tr",
        *(element("th", name, scope="col") for name in names),
        *(element("th", name, scope="col", class_="n") for name in numbers),
        element("td") if bars else NOTHING,
    )
    whole = element("table", element("thead", head), element("tbody", *rows))
    return element("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _width(cell: str) -> str | None:
    """The class of a text that is broken into lines, so that the numbers after it stay near."""
    return "long" if len(cell) > _LONG else None


def breakdown_table(found: Breakdown, bars: Sequence[Markup] | None = None) -> Markup:
    """A table beside the main one; a column without any content is left out."""
    heads = (*found.names, *found.numbers)
    kept = [at for at in range(len(heads)) if any(line[at] for line in found.lines)]
    names = [heads[at] for at in kept if at < len(found.names)]
    lines = [[line[at] for at in kept] for line in found.lines]
    return table(names, [heads[at] for at in kept[len(names) :]], lines, caption=found.title, bars=bars)


def lines_table(names: Sequence[str], lines: Sequence[Sequence[str]], caption: str) -> Markup:
    """A table of texts."""
    return table(names, (), lines, caption=caption)


def classes_table(workings: Workings, report: Report) -> Markup:
    """One line a class, one column a step that has a value for each class."""
    steps = class_steps(workings)
    shown, left_out = shown_classes(steps[0], workings.gathered)
    lines = [
        (numbered_class(index, report.labels), *(short(step.value[index]) for step in steps))
        for index in shown
    ]
    picked = [index == workings.gathered and not workings.row.ignored for index in shown]
    if left_out:
        lines.append((f"and {left_out} smaller", *[""] * len(steps)))
    return table(
        ("class",),
        [step.name for step in steps],
        lines,
        caption="steps by class",
        kinds=[*("picked" if one else None for one in picked), *(["faint"] if left_out else [])],
    )


def steps_table(workings: Workings) -> Markup:
    """The steps that have one value for the row, with how each came about."""
    steps = row_steps(workings)
    values = aligned(["" if step.value.ndim else short(step.value) for step in steps])
    rows = [
        element(
            "tr",
            element("th", step.name, scope="row"),
            element("td", value, class_="n"),
            element("td", step.formula, class_="how"),
            class_="total" if step.name == "loss" else None,
        )
        for step, value in zip(steps, values, strict=True)
    ]
    return _region(element("table", element("tbody", *rows), class_="steps"), "steps of the row")


def formulas_table(workings: Workings) -> Markup:
    """Every step's name and formula, in the order they are computed; the gradient last."""
    steps = sorted(workings.steps, key=lambda step: step.level == "gradient")
    rows = [
        element("tr", element("th", step.name, scope="row"), element("td", f"= {step.formula}", class_="how"))
        for step in steps
    ]
    return _region(element("table", element("tbody", *rows), class_="steps"), "formula")


def ledger_table(book: Ledger, report: Report) -> Markup:
    """One line a shown element, what the rest adds up to, and the sum."""
    lines = [(row_name(line.row), target_name(line.row, report.labels), *line.cells) for line in book.lines]
    kinds = ["faint" if line.row.ignored else None for line in book.lines]
    if book.others is not None:
        lines.append((f"{report.others.elements} more", "", *book.others))
        kinds.append(None)
    lines.append(("sum", "", *book.total))
    return table(
        ("row", "target"), book.names, lines, caption="rows that are summed", kinds=[*kinds, "total"]
    )


def _region(content: Markup, caption: str) -> Markup:
    return element("div", joined(content), class_="scroll", role="region", aria_label=caption, tabindex="0")
