"""What a comparison says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.errors import file_name, plural
from celoss_cli.show.intervals import Named
from celoss_cli.show.numerals import exact, measured, short
from celoss_cli.show.source import skipped_line
from celoss_cli.statistics.interval import POWER

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["conclusion", "heading", "interval_of", "meaning", "source_lines"]


_SKEWED = 1.0
"""Beyond this skewness of the differences a mean up and one down are not seen equally often."""


def heading(comparison: Comparison) -> str:
    """The extents and the direction of the difference."""
    rows = plural(comparison.rows, "row")
    left_out = comparison.rows - comparison.counted
    ignored = f", {left_out} of them ignored" if left_out else ""
    return f"B - A on the same {rows}{ignored}, aligned by {comparison.aligned_by}"


def conclusion(comparison: Comparison) -> str:
    """The difference as it is, with its interval."""
    difference = measured(exact(comparison.difference), comparison.unit)
    return f"B - A = {difference}, {interval_of(comparison).ends}"


def interval_of(comparison: Comparison) -> Named:
    """The interval with its words."""
    return Named(
        comparison.estimate,
        mean="mean difference",
        values="differences",
        beyond="other kinds of data, another training run or another seed of the models",
        gate="--non-inferior",
        group_column=comparison.group_column,
    )


def meaning(comparison: Comparison) -> Iterator[str]:
    """What the numbers say and what they do not, in sentences."""
    if not math.isnan(comparison.estimate.bounds.low):
        yield _where(comparison)
    yield from interval_of(comparison).sentences()
    yield from _power(comparison)
    yield from _sign_test(comparison)
    yield from _of_classes(comparison)


def _where(comparison: Comparison) -> str:
    bounds = comparison.estimate.bounds
    if bounds.low > 0:
        return "The interval lies above 0: the mean loss of B is higher than that of A."
    if bounds.high < 0:
        return "The interval lies below 0: the mean loss of B is lower than that of A."
    if bounds.low == bounds.high == 0:
        return "A and B have the same losses."
    return "The interval contains 0: these rows do not settle which of A and B has the lower mean loss."


def _power(comparison: Comparison) -> Iterator[str]:
    """What these rows could have shown."""
    found = comparison.estimate
    if found.detectable > 0:
        units = interval_of(comparison).units
        yield (
            f"With as many {units} as these, a true mean difference of "
            f"{measured(short(found.detectable), comparison.unit)}, up or down, would be seen (the interval "
            f"would leave 0 out) in about {100 * POWER:g} of 100 samples, a smaller one less often"
            f"{_away_from_the_tail(found.skewness)}."
        )


def _away_from_the_tail(skewness: float) -> str:
    """How often a mean on the shorter side of skewed differences is seen, as simulations say."""
    if abs(skewness) <= _SKEWED:
        return ""
    return (
        f"; one {'down' if skewness > 0 else 'up'}, away from the longer tail of the differences, in 55 to 78"
    )


def _sign_test(comparison: Comparison) -> Iterator[str]:
    """What the sign test asks, and where it and the mean point opposite ways."""
    told = (
        "The sign test asks something else: whether B is worse as often as better, by however little; it "
        "knows nothing of the size of a difference."
    )
    wins, losses = comparison.wins, comparison.losses
    if (losses - wins) * comparison.difference < 0:
        more, side = ("better", "higher") if wins > losses else ("worse", "lower")
        told += f" Here B is {more} on more rows, and yet its mean loss is {side}."
    if wins or losses:
        yield told


def _of_classes(comparison: Comparison) -> Iterator[str]:
    tested = [part for part in comparison.classes if part.adjusted_p is not None]
    if len(tested) > 1:
        yield (
            f"The p-values of the classes are adjusted for the {len(tested)} tests by Holm's method: where "
            "no class differs, any of them is below 0.05 in at most 5 of 100 comparisons."
        )


def source_lines(comparison: Comparison) -> Iterator[str]:
    """Where A and B come from and how they were read."""
    for name, path, source in zip("AB", comparison.files, comparison.sources, strict=True):
        yield f"{name} = {file_name(path)}{_columns(source)}"
    if comparison.aligned_by == "position":
        yield "rows are aligned by position: nothing checks that they are the same rows but their targets"


def _columns(source: Source) -> str:
    said = list(source.get("conversions", ()))
    if source.get("skipped"):
        said.append(skipped_line(source["skipped"]))
    return f" ({'; '.join(said)})" if said else ""
