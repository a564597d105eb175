"""What is said of the losses beside their total: groups, quantiles, a histogram, reliability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Tally

__all__ = ["Bin", "Group", "Histogram", "Interval", "Quantile", "Range", "Reliability"]


@record(frozen=True, slots=True)
class Group:
    """The loss of a part of the data: a class, or the rows with one value of a column.

    Attributes:
        name: the class or the value.
        tally: its exact totals.
        loss: its total divided by its own weight.
        share: its part of the total loss, from 0 to 1.

    """

    name: str
    tally: Tally
    loss: float
    share: float


@record(frozen=True, slots=True)
class Quantile:
    """A loss that a fraction of the counted elements whose loss is a number does not exceed.

    Attributes:
        fraction: from 0 to 1.
        value: the loss, off by at most ``bound`` of itself; NaN where no loss is a number.
        bound: a relative error, of losses from 2**-1022 on; smaller ones are off by less than 2**-1030.

    """

    fraction: float
    value: float
    bound: float


@record(frozen=True, slots=True)
class Interval:
    """How many losses lie from ``low`` up to, but not at, ``high``."""

    low: float
    high: float
    count: int


@record(frozen=True, slots=True)
class Histogram:
    """How the losses of the counted elements are spread; every count is exact.

    Attributes:
        intervals: adjoining, of one width, a power of two; none where no loss is finite, or where they
            lie further apart than a double can say.
        above: how many finite losses are at or above the end of the last interval.
        infinite: how many losses are infinite.
        nan: how many losses are NaN.

    """

    intervals: Sequence[Interval]
    above: int = 0
    infinite: int = 0
    nan: int = 0


@record(frozen=True, slots=True)
class Bin:
    """The predictions whose confidence is above ``low`` and at most ``high``; 0 is in the first bin.

    Attributes:
        low, high: from 0 to 1.
        count: how many predictions.
        confidence: their mean confidence, nan of none.
        accuracy: the part of them that came true, nan of none.

    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float

    @property
    def gap(self) -> float:
        """Accuracy less confidence: negative where the predictions are too sure."""
        return self.accuracy - self.confidence


@record(frozen=True, slots=True)
class Range:
    """Where the expected calibration error of all predictions like these lies.

    Attributes:
        confidence: in which part of all samples it holds that error, at least.
        low, high: its ends; nan of no predictions.
        chance: the error that calibrated predictions would show about, for their number alone.

    """

    confidence: float
    low: float
    high: float
    chance: float


@record(frozen=True, slots=True)
class Reliability:
    """How often predictions of like confidence came true (Guo et al. 2017, "On calibration of modern
    neural networks", section 2).

    Attributes:
        bins: of equal width from 0 to 1.
        ece: expected calibration error, the mean over the predictions of |accuracy - confidence| of
            their bins, rounded once from exact sums; nan of no predictions.
        count: how many predictions the bins have.
        left_out: how many have no probability, because it came out as NaN.
        confidence_is, accuracy_is: what the two are, in words.
        range: where the error of all predictions like these lies.

    """

    bins: Sequence[Bin]
    ece: float
    count: int
    left_out: int
    confidence_is: str
    accuracy_is: str
    range: Range
