"""The pictures of ``celoss plot`` as values: what is to be seen, and nothing of how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.bounds import Bounds
    from celoss_cli.evaluate.summaries import Group, Histogram, Reliability

__all__ = ["ClassLosses", "Curve", "Line", "LossHistogram", "Marks", "Picture", "ReliabilityDiagram"]


@record(frozen=True, slots=True)
class Picture:
    """What every picture has.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: one line over the picture.
        unit: of the losses, "nats", "bits" or "dits", or "".
        notes: sentences under the picture.

    """

    loss: str
    title: str
    unit: str
    notes: Sequence[str]


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

    x_is: str
    lines: Sequence[Line]
    marks: Sequence[Marks]
    across: Bounds
    up: Bounds


@record(frozen=True, slots=True)
class LossHistogram(Picture):
    """How the losses are spread, with their mean where that is told."""

    histogram: Histogram
    mean: float | None = None


@record(frozen=True, slots=True)
class ClassLosses(Picture):
    """The mean loss of every class beside the mean of all, which is ``whole``."""

    groups: Sequence[Group]
    whole: float


@record(frozen=True, slots=True)
class ReliabilityDiagram(Picture):
    """How often predictions of like confidence came true."""

    reliability: Reliability
