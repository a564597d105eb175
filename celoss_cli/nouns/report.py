"""What a loss command found, and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from celoss_cli.data import Reduction, Row, Tally, Workings
from celoss_cli.records import record

__all__ = [
    "Bin",
    "Finding",
    "Group",
    "Histogram",
    "Interval",
    "Quantile",
    "Reliability",
    "Report",
    "Severity",
    "Verdict",
]


Severity = Literal["error", "warning", "note"]


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

    """

    bins: Sequence[Bin]
    ece: float
    count: int
    left_out: int
    confidence_is: str
    accuracy_is: str


@record(frozen=True, slots=True)
class Finding:
    """Something about the data or the choice of loss that a reader should know.

    Attributes:
        code: stable name, "CEL" and three digits.
        severity: "error" where the number means nothing, "warning" or "note".
        message: one or two sentences with the numbers.
        count: how many rows or elements show it.
        evidence: the numbers by name.
        remedy: the command or the change that mends it, the command that shows more of it, or "".

    """

    code: str
    severity: Severity
    message: str
    count: int
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""


@record(frozen=True, slots=True)
class Verdict:
    """One limit held against a result.

    Attributes:
        name: the limit as it was asked for ("max", "max-increase 1%", "max-group dog").
        passed: whether it holds; never true of NaN, or where nothing was counted.
        value: the unrounded number that was compared, or None where there is none.
        relation: how it has to stand to the limit ("<=", ">=", "within 0.01 of").
        limit: the number it was compared with.
        compared: what the value is ("mean", "counted targets", "mean of class dog").
        reason: one sentence with the numbers.

    """

    name: str
    passed: bool
    value: float | None
    relation: str
    limit: float
    compared: str
    reason: str


@record(frozen=True, slots=True)
class Report:
    """A finished computation: everything that a renderer may show and a gate may ask.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: the loss in words.
        takes: what the loss calls its input ("logits").
        reduction: "none", "mean", "sum" or "batchmean".
        unit: "nats", "bits" or "dits".
        value: the reduced loss, or None where the reduction is "none".
        denominator: what the total was divided by, or None where it was not.
        denominator_is: what that number is, in words.
        tally: the exact totals.
        classes: the number of classes, or None for a loss that has none.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        labels: the classes' names.
        rows: every element, where they were asked for.
        workings: the elements whose steps are shown.
        others: the tally of the elements whose steps are not shown.
        findings: warnings and notes.
        by: what ``groups`` are: "class" or the name of a column.
        groups: the breakdown, where it was asked for.
        quantiles: of the losses of the counted elements, where they were asked for.
        quantiles_left_out: how many of these losses are NaN, which has no place among them.
        worst: the elements with the largest losses, the largest first, where they were asked for.
        perplexity: exp of the mean in nats, for a mean of a loss of one class.
        checks: a verdict for each limit that was asked for.
        histogram: of the losses of the counted elements, where it was asked for.
        reliability: of the predictions of the counted elements, where it was asked for.

    """

    loss: str
    title: str
    takes: str
    reduction: Reduction
    unit: str
    value: float | None
    denominator: float | None
    denominator_is: str | None
    tally: Tally
    classes: int | None
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    labels: Sequence[str] | None = None
    rows: Iterable[Row] = ()
    workings: Sequence[Workings] = ()
    others: Tally = Tally()
    findings: Sequence[Finding] = ()
    by: str | None = None
    groups: Sequence[Group] = ()
    quantiles: Sequence[Quantile] = ()
    quantiles_left_out: int = 0
    worst: Sequence[Workings] = ()
    perplexity: float | None = None
    checks: Sequence[Verdict] = ()
    histogram: Histogram | None = None
    reliability: Reliability | None = None

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return not all(verdict.passed for verdict in self.checks)
