"""Several conventions as a document: the loss under each, and the rows that make the gaps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.blocks import Block, Full, Lines, Sentences, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, exact, nonfinite, row_name, short, target_name
from celoss_cli.show.source import source_lines

if TYPE_CHECKING:
    from celoss_cli.studies.conventions.evaluation import Conventions, Gap, ToolLoss

__all__ = ["document_of"]


def document_of(conventions: Conventions) -> Document:
    """The document of a data set under several conventions."""
    return Document(view=partial(_view, conventions), values=lambda version: _values(conventions))


def _view(conventions: Conventions) -> View:
    return View(conventions.title, (_heading(conventions),), tuple(_blocks(conventions)))


def _blocks(conventions: Conventions) -> Iterator[Block]:
    yield Full([Lines(list(source_lines(conventions.source, conventions.takes, conventions.options)))])
    yield from _tables(conventions)
    refusals = list(_refusals(conventions))
    if refusals:
        yield Sentences(refusals, "faint")


def _heading(conventions: Conventions) -> str:
    """The extents of the data."""
    rows = plural(conventions.rows, "row")
    more = f" of {conventions.elements} elements" if conventions.elements != conventions.rows else ""
    return f"{rows}{more} by convention · reduction {conventions.reduction}, {conventions.unit}"


def _tables(conventions: Conventions) -> Iterator[Table]:
    """The loss under each convention, and the rows that make the gaps, one column each."""
    computed = [tool for tool in conventions.tools if not tool.refused]
    numbers = ("clip", "clipped", "differ", "divided by", conventions.reduction)
    yield Table(
        "the loss as each tool computes it",
        ("convention", "rescales"),
        numbers,
        [(tool.name, "rows" if tool.facts["rescales"] else "", *_numbers(tool)) for tool in computed],
    )
    if conventions.gaps:
        yield _gaps(conventions, computed)


def _numbers(tool: ToolLoss) -> tuple[str, ...]:
    clip = tool.facts["clip"]
    return (
        "" if clip is None else f"{clip:.1e}",
        str(tool.tally.clamped) if clip or tool.tally.clamped else "",
        str(tool.differing),
        "" if tool.denominator is None else short(tool.denominator),
        exact(tool.value if tool.value is not None else float("nan")),
    )


def _gaps(conventions: Conventions, computed: list[ToolLoss]) -> Table:
    gaps = conventions.gaps
    lines = [
        ("target", *(target_name(gap.row, conventions.labels) for gap in gaps)),
        ("p[target]", *("" if gap.probability is None else short(gap.probability) for gap in gaps)),
        *((tool.name, *(_loss(gap, tool) for gap in gaps)) for tool in computed),
    ]
    if any(gap.row.id is not None for gap in gaps):
        lines.insert(0, ("id", *(visible(gap.row.id or "") for gap in gaps)))
    names = tuple(f"row {row_name(gap.row)}" for gap in gaps)
    title = f"rows whose loss differs most from that of {computed[0].name}"
    return Table(title, ("",), names, lines)


def _loss(gap: Gap, tool: ToolLoss) -> str:
    return short(gap.losses[tool.name]) if tool.name in gap.losses else ""


def _refusals(conventions: Conventions) -> Iterator[str]:
    """A sentence for each convention that computes nothing."""
    for tool in conventions.tools:
        if tool.refused:
            yield f"{tool.name}: {visible(tool.refused)}"


def _values(conventions: Conventions) -> dict[str, Any]:
    """The conventions as ``conventions.schema.json`` describes them."""
    return {
        **attributes(conventions, "loss", "reduction", "unit", "rows", "elements"),
        "conventions": [_tool_values(tool) for tool in conventions.tools],
        "gaps": [_gap_values(gap) for gap in conventions.gaps],
        "labels": conventions.labels,
        "options": dict(conventions.options),
        "input": dict(conventions.source),
    }


def _tool_values(tool: ToolLoss) -> dict[str, Any]:
    return {
        **attributes(tool, "name", "value"),
        "nonfinite": nonfinite(tool.value),
        "total": None if tool.refused else float(tool.tally.loss),
        **attributes(tool, "denominator", "denominator_is"),
        "clipped": tool.tally.clamped,
        "differing": tool.differing,
        "refused": tool.refused or None,
        **tool.facts,
    }


def _gap_values(gap: Gap) -> dict[str, Any]:
    return {
        **attributes(gap.row, "row", "index", "id", "target"),
        **attributes(gap, "probability", "losses"),
        "nonfinite": {name: nonfinite(loss) for name, loss in gap.losses.items() if nonfinite(loss)},
    }
