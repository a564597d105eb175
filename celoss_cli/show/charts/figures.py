"""The pictures of ``celoss plot`` as values: what is to be seen, in numbers and in words.

Nothing here is about how they are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.records import record
from celoss_cli.show.numerals import attributes, measured, of_unit, short

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.evaluate.summaries import Group, Histogram, Reliability

__all__ = ["ClassLosses", "Curve", "Line", "LossHistogram", "Marks", "Picture", "ReliabilityDiagram"]

_MOST_CLASSES = 40
"""From more classes, those with the largest mean losses are drawn."""


@record(frozen=True, slots=True)
class Picture:
    """What every picture has.

    Attributes:
        kind: the name of such pictures.
        loss: the name of the function, as in ``torch.nn.functional``.
        title: one line over the picture.
        unit: of the losses, "nats", "bits" or "dits", or "".
        notes: sentences under the picture.

    """

    kind: ClassVar[str]

    loss: str
    title: str
    unit: str
    notes: Sequence[str]

    @property
    def words(self) -> str:
        """What it is, for those who do not see it."""
        raise NotImplementedError

    @property
    def remarks(self) -> Sequence[str]:
        """What is said of it in sentences where nothing else says it."""
        return ()

    @property
    def about(self) -> Mapping[str, object]:
        """The numbers and words by name that belong to all of it."""
        raise NotImplementedError

    @property
    def numbers(self) -> Sequence[dict[str, Any]]:
        """Its numbers as a table: each line by column."""
        raise NotImplementedError


@record(frozen=True, slots=True)
class Line:
    """A curve: its points in the order of x; a loss that is not finite is a gap."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@record(frozen=True, slots=True)
class Marks:
    """Elements of the data with one kind of target.

    Attributes:
        name: the target, as the line of it is called, or "other targets".
        rows: the row of each element.
        x, y: what was predicted, and the loss.

    """

    name: str
    rows: Sequence[int]
    x: Sequence[float]
    y: Sequence[float]

    def inside(self, across: Bounds) -> list[tuple[float, float]]:
        """The elements that have a place in a picture of this width."""
        places = zip(self.x, self.y, strict=True)
        return [(x, y) for x, y in places if across.low <= x <= across.high and math.isfinite(y)]


@record(frozen=True, slots=True)
class Curve(Picture):
    """The loss against the prediction.

    Attributes:
        x_is: what x is, in words.
        lines: one for each target.
        marks: the user's elements.
        across, up: the part of the plane that is shown.

    """

    kind: ClassVar[str] = "curve"

    x_is: str
    lines: Sequence[Line]
    marks: Sequence[Marks]
    across: Bounds
    up: Bounds

    @property
    def words(self) -> str:
        return f"Curve of the loss by {self.x_is}"

    @property
    def about(self) -> Mapping[str, object]:
        return {"prediction_is": self.x_is}

    @property
    def numbers(self) -> Sequence[dict[str, Any]]:
        drawn = [
            ("curve", line.name, None, x, y)
            for line in self.lines
            for x, y in zip(line.x, line.y, strict=True)
        ]
        marked = [
            ("data", marks.name, row, x, y)
            for marks in self.marks
            for row, x, y in zip(marks.rows, marks.x, marks.y, strict=True)
        ]
        names = ("what", "target", "row", "prediction", "loss")
        return [dict(zip(names, values, strict=True)) for values in (*drawn, *marked)]

    @property
    def named_marks(self) -> list[tuple[Marks, str]]:
        """The kinds of elements with what a legend calls them: by their target where there are several."""
        several = len(self.lines) > 1
        return [
            (found, f"data{f', {found.name}' if several else ''} ({len(found.x)})") for found in self.marks
        ]


@record(frozen=True, slots=True)
class LossHistogram(Picture):
    """How the losses are spread, with their mean where that is told."""

    kind: ClassVar[str] = "histogram"

    histogram: Histogram
    mean: float | None = None

    @property
    def words(self) -> str:
        intervals = self.histogram.intervals
        if not intervals:
            return "Histogram of no finite losses"
        ends = f"from {short(intervals[0].low)} to {short(intervals[-1].high)}"
        return measured(f"Histogram of the losses {ends}", self.unit)

    @property
    def remarks(self) -> Sequence[str]:
        """The losses that no interval holds."""
        found = self.histogram
        end = f"at {short(found.intervals[-1].high)} or above" if found.intervals else "finite"
        told = [(found.above, end), (found.infinite, "infinite"), (found.nan, "not a number")]
        parts = [f"{count:,} {words}" for count, words in told if count]
        return [f"Not shown: {', '.join(parts)}."] if parts else []

    @property
    def about(self) -> Mapping[str, object]:
        return attributes(self.histogram, "above", "infinite", "nan")

    @property
    def numbers(self) -> Sequence[dict[str, Any]]:
        return [attributes(part, "low", "high", "count") for part in self.histogram.intervals]


@record(frozen=True, slots=True)
class ClassLosses(Picture):
    """The mean loss of every class beside the mean of all, which is ``whole``."""

    kind: ClassVar[str] = "classes"

    groups: Sequence[Group]
    whole: float

    @property
    def words(self) -> str:
        return of_unit("Mean loss by class", self.unit)

    @property
    def shown(self) -> Sequence[Group]:
        """All classes in their order, or the worst of many: NaN first, then the largest mean loss."""
        if len(self.groups) <= _MOST_CLASSES:
            return self.groups
        ordered = sorted(self.groups, key=lambda group: (not math.isnan(group.loss), -group.loss))
        return ordered[:_MOST_CLASSES]

    @property
    def remarks(self) -> Sequence[str]:
        count = len(self.groups)
        if count <= _MOST_CLASSES:
            return []
        return [f"the {_MOST_CLASSES} of {count} classes with the largest mean losses"]

    @property
    def about(self) -> Mapping[str, object]:
        return {"mean": self.whole}

    @property
    def numbers(self) -> Sequence[dict[str, Any]]:
        return [
            {"class": group.name, "counted": group.tally.counted, "mean": group.loss, "share": group.share}
            for group in self.groups
        ]


@record(frozen=True, slots=True)
class ReliabilityDiagram(Picture):
    """How often predictions of like confidence came true."""

    kind: ClassVar[str] = "reliability"

    reliability: Reliability

    @property
    def words(self) -> str:
        found = self.reliability
        return f"Reliability diagram: {found.accuracy_is} by {found.confidence_is}"

    @property
    def remarks(self) -> Sequence[str]:
        """The error with what it is of."""
        found = self.reliability
        noun = "prediction" if found.count == 1 else "predictions"
        error = f"expected calibration error = {short(found.ece)}"
        return [f"{error} over {found.count} {noun} in {len(found.bins)} bins"]

    @property
    def about(self) -> Mapping[str, object]:
        found = self.reliability
        return {
            "ece": found.ece,
            "predictions": found.count,
            **attributes(found, "left_out", "confidence_is", "accuracy_is"),
        }

    @property
    def numbers(self) -> Sequence[dict[str, Any]]:
        return [
            {
                **attributes(part, "low", "high", "count"),
                "confidence": part.confidence if part.count else None,
                "accuracy": part.accuracy if part.count else None,
            }
            for part in self.reliability.bins
        ]
