"""What several conventions say of one data set, laid out once for the formats that people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.breakdown import Breakdown
from celoss_cli.show.numerals import exact, row_name, short, target_name

if TYPE_CHECKING:
    from celoss_cli.studies.conventions.conventions import Conventions, Gap, ToolLoss

__all__ = ["heading", "refusals", "tables"]


def heading(conventions: Conventions) -> str:
    """The extents of the data."""
    rows = plural(conventions.rows, "row")
    more = f" of {conventions.elements} elements" if conventions.elements != conventions.rows else ""
    return f"{rows}{more} by convention · reduction {conventions.reduction}, {conventions.unit}"


def tables(conventions: Conventions) -> Iterator[Breakdown]:
    """The loss under each convention, and the rows that make the gaps, one column each."""
    computed = [tool for tool in conventions.tools if not tool.refused]
    numbers = ("clip", "clipped", "differ", "divided by", conventions.reduction)
    yield Breakdown(
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


def _gaps(conventions: Conventions, computed: list[ToolLoss]) -> Breakdown:
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
    return Breakdown(title, ("",), names, lines)


def _loss(gap: Gap, tool: ToolLoss) -> str:
    return short(gap.losses[tool.name]) if tool.name in gap.losses else ""


def refusals(conventions: Conventions) -> Iterator[str]:
    """A sentence for each convention that computes nothing."""
    for tool in conventions.tools:
        if tool.refused:
            yield f"{tool.name}: {visible(tool.refused)}"
