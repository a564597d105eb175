"""The texts and choices that all renderers of a picture share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.show.numerals import of_unit, short

if TYPE_CHECKING:
    from celoss_cli.evaluate.summaries import Group, Histogram, Reliability
    from celoss_cli.show.charts.figures import ClassLosses, LossHistogram

__all__ = [
    "beyond_line",
    "class_heading",
    "classes_line",
    "histogram_rows",
    "reliability_line",
    "shown_groups",
    "tick_text",
]

_MOST_CLASSES = 40
"""From more classes, those with the largest mean losses are drawn."""


def tick_text(value: float) -> str:
    """A round number in few characters.

    >>> tick_text(0.25), tick_text(20.0), tick_text(3e-7)
    ('0.25', '20', '3e-07')

    """
    return f"{value:.6g}"


def histogram_rows(picture: LossHistogram) -> list[tuple[str, int]]:
    """The intervals in words with their counts; losses beyond them only where there are any."""
    found = picture.histogram
    rows = [(f"{tick_text(part.low)} to {tick_text(part.high)}", part.count) for part in found.intervals]
    end = tick_text(found.intervals[-1].high) if found.intervals else ""
    beyond = [(f"{end} and more", found.above), ("infinite", found.infinite), ("NaN", found.nan)]
    return rows + [(name, count) for name, count in beyond if count]


def beyond_line(histogram: Histogram) -> list[str]:
    """What a histogram does not show, in a sentence, where there is any."""
    end = f"at {short(histogram.intervals[-1].high)} or above" if histogram.intervals else "finite"
    told = [(histogram.above, end), (histogram.infinite, "infinite"), (histogram.nan, "not a number")]
    parts = [f"{count:,} {words}" for count, words in told if count]
    return [f"Not shown: {', '.join(parts)}."] if parts else []


def class_heading(picture: ClassLosses) -> tuple[str, str, str, str]:
    """The columns of the classes."""
    return ("class", "counted", of_unit("mean", picture.unit), "share of total")


def shown_groups(groups: Sequence[Group]) -> Sequence[Group]:
    """All classes in their order, or the worst of many: NaN first, then the largest mean loss."""
    if len(groups) <= _MOST_CLASSES:
        return groups
    return sorted(groups, key=lambda group: (not math.isnan(group.loss), -group.loss))[:_MOST_CLASSES]


def classes_line(groups: Sequence[Group]) -> list[str]:
    """What is said where not all classes are drawn."""
    if len(groups) <= _MOST_CLASSES:
        return []
    return [f"the {_MOST_CLASSES} of {len(groups)} classes with the largest mean losses"]


def reliability_line(found: Reliability) -> str:
    """The error with what it is of."""
    noun = "prediction" if found.count == 1 else "predictions"
    return (
        f"expected calibration error = {short(found.ece)} over {found.count} {noun} in {len(found.bins)} bins"
    )
