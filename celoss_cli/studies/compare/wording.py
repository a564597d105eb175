"""What a comparison says, laid out once for the formats that people read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.breakdown import Breakdown
from celoss_cli.show.numerals import class_name, exact, short
from celoss_cli.studies.compare.comparison import LEAST_P

if TYPE_CHECKING:
    from celoss_cli.studies.compare.comparison import Change, Comparison

__all__ = ["conclusion", "facts", "heading", "meaning", "source_lines", "tables"]

_FEW = 30
"""Below this many units the interval is told to be too narrow."""

Fact = tuple[str, str, str]
"""A name, a number and what it is."""


def heading(comparison: Comparison) -> str:
    """The extents and the direction of the difference."""
    rows = plural(comparison.rows, "row")
    left_out = comparison.rows - comparison.counted
    ignored = f", {left_out} of them ignored" if left_out else ""
    return f"B - A on the same {rows}{ignored}, aligned by {comparison.aligned_by}"


def facts(comparison: Comparison) -> Iterator[Fact]:
    """The numbers, each with what it is."""
    unit, percent = comparison.unit, f"{100 * comparison.confidence:g}%"
    divided = f"total / {short(comparison.denominator)} ({comparison.denominator_is}), {unit}"
    yield "mean of A", short(comparison.first), divided
    yield "mean of B", short(comparison.second), divided
    yield "B - A", short(comparison.difference), f"mean difference, {unit}"
    yield "standard error", short(comparison.standard_error), f"of the difference, from {_units(comparison)}"
    yield f"{percent} from", short(comparison.bounds.low), _interval_is(comparison)
    yield f"{percent} to", short(comparison.bounds.high), "its upper end"
    yield "B better", str(comparison.wins), "rows with a lower loss in B"
    yield "B worse", str(comparison.losses), "rows with a higher loss in B"
    yield "same", str(comparison.ties), "rows with the same loss"
    yield (
        "sign test p",
        _small(comparison.sign_p),
        f"two-sided, over {_units(comparison)}: is B worse as often as better",
    )
    if comparison.flip_p is not None:
        how = "all exchanges" if comparison.flip_exact else f"{comparison.resamples} random exchanges"
        yield "permutation p", short(comparison.flip_p), f"two-sided, {how} of A and B"
    if comparison.agreement is not None:
        same = "of the predictions have the same most probable outcome"
        yield "agreement", f"{100 * comparison.agreement:.2f}%", same
    if comparison.divergence is not None:
        yield (
            "KL(A || B)",
            short(comparison.divergence),
            f"mean divergence of B's predictions from A's, {unit}",
        )


def _interval_is(comparison: Comparison) -> str:
    return f"by Student's t, corrected for the differences' skewness of {comparison.skewness:.2g}"


def _small(p: float) -> str:
    return f"< {LEAST_P:g}" if p <= LEAST_P else short(p)


def conclusion(comparison: Comparison) -> str:
    """The difference as it is, with its interval."""
    bounds = comparison.bounds
    interval = f"{100 * comparison.confidence:g}% interval"
    ends = f"{interval} {short(bounds.low)} to {short(bounds.high)}"
    told = f"no {interval}" if math.isnan(bounds.low) else ends
    return f"B - A = {exact(comparison.difference)} {comparison.unit}, {told}"


def tables(comparison: Comparison) -> Iterator[Breakdown]:
    """The breakdown by class and the rows that changed most."""
    if comparison.classes:
        lines = [
            (
                visible(found.name),
                str(found.counted),
                *map(short, (found.first, found.second, found.difference)),
            )
            for found in comparison.classes
        ]
        yield Breakdown("by class", ("class",), ("counted", "mean of A", "mean of B", "B - A"), lines)
    for title, changes in (
        ("largest regressions, worse in B", comparison.regressions),
        ("largest improvements, better in B", comparison.improvements),
    ):
        if changes:
            rows = [_change_line(change, comparison.labels) for change in changes]
            yield Breakdown(title, ("row", "id", "target"), ("loss A", "loss B", "B - A"), rows)


def _change_line(change: Change, labels: Sequence[str] | None) -> tuple[str, ...]:
    losses = (change.first, change.second, change.difference)
    return (
        str(change.row),
        visible(change.id or ""),
        _target_text(change.target, labels),
        *map(short, losses),
    )


def _target_text(target: float | int | tuple[float, ...] | None, labels: Sequence[str] | None) -> str:
    """The target of a row, with the name of its class."""
    if target is None:
        return ""
    if isinstance(target, tuple):
        return f"{len(target)} probabilities"
    name = class_name(target, labels) if isinstance(target, int) else ""
    return f"{short(target)} {name}".rstrip()


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


def _units(comparison: Comparison) -> str:
    if comparison.group_column is None:
        return plural(comparison.units, "row")
    return f"{plural(comparison.units, 'group')} by {visible(comparison.group_column)}"
