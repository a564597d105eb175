"""What a comparison says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.numerals import exact, short

if TYPE_CHECKING:
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["conclusion", "heading", "meaning", "source_lines", "units", "unsure"]

_FEW = 30
"""Below this many units the interval is told to be too narrow."""


def heading(comparison: Comparison) -> str:
    """The extents and the direction of the difference."""
    rows = plural(comparison.rows, "row")
    left_out = comparison.rows - comparison.counted
    ignored = f", {left_out} of them ignored" if left_out else ""
    return f"B - A on the same {rows}{ignored}, aligned by {comparison.aligned_by}"


def conclusion(comparison: Comparison) -> str:
    """The difference as it is, with its interval."""
    bounds = comparison.bounds
    interval = f"{100 * comparison.confidence:g}% interval"
    ends = f"{interval} {short(bounds.low)} to {short(bounds.high)}"
    told = f"no {interval}" if math.isnan(bounds.low) else ends
    return f"B - A = {exact(comparison.difference)} {comparison.unit}, {told}"


def meaning(comparison: Comparison) -> Iterator[str]:
    """What the interval says and what it does not, in sentences."""
    bounds, percent = comparison.bounds, f"{100 * comparison.confidence:g}%"
    units = "groups" if comparison.group_column is not None else "rows"
    if math.isnan(bounds.low):
        yield f"There is no interval: {_no_interval(comparison)}."
        return
    yield _where(comparison)
    yield (
        f"The {percent} interval comes from a rule that would catch the true mean difference in about "
        f"{100 * comparison.confidence:g} of 100 new samples of {units} drawn like these. It is no range "
        f"that holds {percent} of the {units}, and it says nothing about other kinds of data, another "
        "training run or another seed of the models."
    )
    if comparison.group_column is None:
        yield (
            "It takes the rows as independent; where several belong together (one document, one user), "
            "it is too narrow: name their column with --group-column."
        )
    else:
        yield f"Rows of one {visible(comparison.group_column)} count as one draw."
    if not comparison.held:
        yield unsure(comparison)
    elif comparison.units < _FEW:
        yield f"With {comparison.units} {units} only, it tends to be too narrow."


def unsure(comparison: Comparison) -> str:
    """That the units are too few for their skewness."""
    units = "groups" if comparison.group_column is not None else "rows"
    return (
        "The differences are too skewed for the interval to be sure: "
        f"a skewness of {comparison.skewness:.2g} takes {comparison.units_needed} {units}, "
        f"got {comparison.units}; the mean may lie in a tail that they hardly show, and --non-inferior does "
        "not pass."
    )


def _where(comparison: Comparison) -> str:
    bounds = comparison.bounds
    if bounds.low > 0:
        return "The interval lies above 0: the mean loss of B is higher than that of A."
    if bounds.high < 0:
        return "The interval lies below 0: the mean loss of B is lower than that of A."
    if bounds.low == bounds.high == 0:
        return "A and B have the same losses."
    return "The interval contains 0: these rows do not settle which of A and B has the lower mean loss."


def _no_interval(comparison: Comparison) -> str:
    if comparison.flip_p is None:
        return "a loss is not finite"
    if comparison.units < 2:
        return f"it takes two {'groups' if comparison.group_column is not None else 'rows'} to see a spread"
    return "the weights of the resamples can add up to 0"


def source_lines(comparison: Comparison) -> Iterator[str]:
    """Where A and B come from and how they were read."""
    for name, path, source in zip("AB", comparison.files, comparison.sources, strict=True):
        shown = "standard input" if path == "-" else visible(path)
        yield f"{name} = {shown}{_columns(source)}"
    if comparison.aligned_by == "position":
        yield "rows are aligned by position: nothing checks that they are the same rows but their targets"


def _columns(source: Mapping[str, Any]) -> str:
    said = list(source.get("conversions", ()))
    if source.get("skipped"):
        said.append(f"{plural(source['skipped'], 'row')} with missing values skipped")
    return f" ({'; '.join(said)})" if said else ""


def units(comparison: Comparison) -> str:
    """The independent units with their number."""
    if comparison.group_column is None:
        return plural(comparison.units, "row")
    return f"{plural(comparison.units, 'group')} by {visible(comparison.group_column)}"
