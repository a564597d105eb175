"""The nouns that travel from a source to a renderer. They hold values and know how to combine.

source -> Batch -> loss.terms -> Terms -> Tally -> Report -> renderer and exit code
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from celoss_cli.exact import ExactSum, exact_sum
from celoss_cli.trace import Step

__all__ = [
    "Array",
    "Batch",
    "Bin",
    "Bounds",
    "Change",
    "Chunk",
    "ClassChange",
    "ClassWeight",
    "ClassWeights",
    "Comparison",
    "Conventions",
    "Deviation",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Gap",
    "Group",
    "Histogram",
    "Interval",
    "Outcome",
    "Quantile",
    "Reconciliation",
    "Reduction",
    "Reliability",
    "Report",
    "Row",
    "Section",
    "Severity",
    "Tally",
    "Terms",
    "ToolLoss",
    "Tried",
    "Verdict",
    "Workings",
]

Array = NDArray[Any]
Reduction = Literal["none", "mean", "sum", "batchmean"]
Severity = Literal["error", "warning", "note"]


def _row_number(row: int) -> str:
    return f"row {row}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of the data set.

    Attributes:
        input: what the loss takes; the first axis counts rows.
        target: the first axis counts rows too.
        aligned: further arrays with one value for each loss element (an element weight, say), each
            broadcast to the shape of ``input`` and cut along with it.
        shape: the extents of the loss elements of one row, () where a row is one element.
        start: index of the first row in the whole data set.
        place: names the place of a row, counted within this batch ("preds.csv:17").
        input_place: the same for the row's input, where that has a place of its own.
        ids: the rows' identifiers, when the data has them.
        labels: the classes' names, when the data has them.
        conversions: what was done to the targets to read them, in words.
        skipped: how many rows were left out for a missing value.
        groups: the group of each row, where the loss is broken down by a column.
        dimensions: how many axes the input had as it was given.

    """

    input: Array
    target: Array
    aligned: Mapping[str, Array] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    start: int = 0
    place: Callable[[int], str] = _row_number
    input_place: Callable[[int], str] | None = None
    ids: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    conversions: tuple[str, ...] = ()
    skipped: int = 0
    groups: Sequence[str] | None = None
    dimensions: int = 0

    def __len__(self) -> int:
        return len(self.input)

    def rows(self, start: int, stop: int) -> Batch:
        """The rows from ``start`` up to ``stop``, counted within this batch."""
        return replace(
            self,
            input=self.input[start:stop],
            target=self.target[start:stop],
            aligned={name: values[start:stop] for name, values in self.aligned.items()},
            start=self.start + start,
            place=lambda row: self.place(start + row),
            input_place=None if self.input_place is None else self._input_from(start),
            ids=None if self.ids is None else self.ids[start:stop],
            skipped=0 if start else self.skipped,
            groups=None if self.groups is None else self.groups[start:stop],
        )

    def _input_from(self, start: int) -> Callable[[int], str]:
        place = self.input_place or self.place
        return lambda row: place(start + row)

    def split(self, pieces: int) -> Iterator[Batch]:
        """This batch in at most so many pieces of equal size, in order.

        Only the last one may be smaller. Large sizes are round in binary, so that blocks and tiles fit in.
        """
        step = max(1, -(-len(self) // pieces))
        zeros = max(0, step.bit_length() - 8)
        step = -(-step >> zeros) << zeros
        if step >= len(self):
            yield self
            return
        for start in range(0, len(self), step):
            yield self.rows(start, min(start + step, len(self)))

    @property
    def elements_per_row(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A batch still to be read: chunks are handed out in order and read on any thread in any order.

    Attributes:
        rows: how many rows it has if it can be read at all.
        read: reads them.

    """

    rows: int
    read: Callable[[], Batch]

    def __len__(self) -> int:
        return self.rows


@dataclass(frozen=True, slots=True)
class Terms:
    """What a loss computes: values per element, never reduced.

    Attributes:
        loss: shape (elements,), weighted, exactly 0 where ignored.
        weight: shape (elements,), each element's share of the divisor of the mean.
        weight_is: what the sum of the weights is, in words.
        ignored: shape (elements,) of bool, or None where no element is ignored.
        clamped: how many logarithms hit a clamp.

    """

    loss: Array
    weight: Array
    weight_is: str
    ignored: Array | None = None
    clamped: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """Exact totals of any number of rows; ``Tally()`` is zero and ``+`` is exact in any order.

    Attributes:
        loss, weight: the sums of ``Terms.loss`` and ``Terms.weight``.
        squares: the sum of the squared losses, each square rounded once.
        rows: how many rows; a row of K-dimensional or multi-label data has several elements.
        elements, ignored, clamped: counts of loss elements.

    """

    loss: ExactSum = ExactSum()
    weight: ExactSum = ExactSum()
    squares: ExactSum = ExactSum()
    rows: int = 0
    elements: int = 0
    ignored: int = 0
    clamped: int = 0

    @classmethod
    def of(cls, terms: Terms, rows: int, *, squares: bool = False) -> Tally:
        """The tally of one batch; the squares are summed only when somebody will ask for them."""
        return cls(
            loss=exact_sum(terms.loss),
            weight=exact_sum(terms.weight),
            squares=exact_sum(np.square(terms.loss, dtype=np.float64)) if squares else ExactSum(),
            rows=rows,
            elements=terms.loss.size,
            ignored=0 if terms.ignored is None else int(np.count_nonzero(terms.ignored)),
            clamped=terms.clamped,
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.loss + other.loss,
            self.weight + other.weight,
            self.squares + other.squares,
            self.rows + other.rows,
            self.elements + other.elements,
            self.ignored + other.ignored,
            self.clamped + other.clamped,
        )

    def __sub__(self, other: Tally) -> Tally:
        """The tally of the remaining rows, where ``other`` is of some of these rows."""
        return Tally(
            self.loss - other.loss,
            self.weight - other.weight,
            self.squares - other.squares,
            self.rows - other.rows,
            self.elements - other.elements,
            self.ignored - other.ignored,
            self.clamped - other.clamped,
        )

    @property
    def counted(self) -> int:
        return self.elements - self.ignored

    def denominator(self, reduction: Reduction) -> float:
        """What the total is divided by: 1 for a sum."""
        if reduction == "mean":
            return float(self.weight)
        return float(self.rows) if reduction == "batchmean" else 1.0

    def reduce(self, reduction: Reduction) -> float:
        """The loss, rounded once from the exact totals; a mean over a total weight of 0 is nan."""
        if reduction == "mean":
            return self.loss / self.weight if self.weight != ExactSum() else math.nan
        return self.loss / self.rows if reduction == "batchmean" else float(self.loss)


@dataclass(frozen=True, slots=True)
class Row:
    """One loss element with its name: what ``--reduction none`` streams."""

    row: int
    index: tuple[int, ...]
    id: str | None
    target: float | int | tuple[float, ...]
    loss: float
    weight: float
    ignored: bool


@dataclass(frozen=True, slots=True)
class Workings:
    """One element with every step that led to its loss.

    Attributes:
        row: the element's name, target, loss and weight.
        steps: its steps in order; a "class" step holds (classes,) values, every other one () values.
        gathered: index of the class whose entry the target picks, if it picks one.

    """

    row: Row
    steps: tuple[Step, ...]
    gathered: int | None

    @property
    def probability(self) -> float | None:
        """The probability of the class that the target picks, where the steps have one."""
        if self.gathered is None:
            return None
        found = {step.name: step.value for step in self.steps if step.level == "class"}
        if "p" in found:
            return float(found["p"][self.gathered])
        return float(np.exp(found["log p"][self.gathered])) if "log p" in found else None

    @property
    def sample_weight(self) -> float | None:
        """The weight that the data gives this row, if it gives one."""
        return next((float(step.value) for step in self.steps if step.name == "sample weight"), None)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Quantile:
    """A loss that a fraction of the counted elements does not exceed.

    Attributes:
        fraction: from 0 to 1.
        value: the loss, off by at most ``bound`` of itself.
        bound: a relative error.

    """

    fraction: float
    value: float
    bound: float


@dataclass(frozen=True, slots=True)
class Interval:
    """How many losses lie from ``low`` up to, but not at, ``high``."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the losses of the counted elements are spread; every count is exact.

    Attributes:
        intervals: adjoining, of one width, a power of two; none where no loss is finite.
        above: how many finite losses are at or above the end of the last interval.
        infinite: how many losses are infinite.
        nan: how many losses are NaN.

    """

    intervals: Sequence[Interval]
    above: int = 0
    infinite: int = 0
    nan: int = 0


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a data set and its loss, as far as celoss knows.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: the loss in words.
        takes: what the loss calls its input.
        rows: how many.
        classes: the number of classes, or None.
        labels: the classes' names.
        value: the mean with the options in force, in ``unit``, or None where it cannot be computed.
        unit: "nats", "bits" or "dits".
        counted: how many predictions have one outcome as target.
        accuracy: the part of these whose largest prediction is that outcome, or None.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        checks: how many checks were made.
        findings: what they found.

    """

    loss: str
    title: str
    takes: str
    rows: int
    classes: int | None
    labels: Sequence[str] | None
    value: float | None
    unit: str
    counted: int
    accuracy: float | None
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    checks: int
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    worst: Sequence[Workings] = ()
    perplexity: float | None = None
    checks: Sequence[Verdict] = ()
    histogram: Histogram | None = None
    reliability: Reliability | None = None

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return not all(verdict.passed for verdict in self.checks)


@dataclass(frozen=True, slots=True)
class ClassWeight:
    """The weight of one class.

    Attributes:
        index: of the class.
        name: of the class, or its index as text.
        count: how often it is a counted target; of rows that have weights, the sum of those.
        weight: what a loss multiplies by.

    """

    index: int
    name: str
    count: float
    weight: float


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """Weights for all classes, in their order.

    Attributes:
        scheme: how they come about.
        formula: the same as a formula.
        beta: of the effective number of samples, else None.
        classes: one for each class.
        counted, ignored: counts of targets.
        source: where the targets came from and how they were read.

    """

    scheme: str
    formula: str
    beta: float | None
    classes: Sequence[ClassWeight]
    counted: int
    ignored: int
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolLoss:
    """What one tool makes of the data.

    Attributes:
        name: of the convention.
        facts: the tool, its function, clip, rescaling and source, for programs.
        value: the reduced loss, or None where the tool has no such loss.
        tally: the exact totals.
        denominator: what the total was divided by, or None where it was not.
        denominator_is: what that number is, in words.
        differing: how many elements have another loss than PyTorch gives them.
        refused: why there is no value, or "".

    """

    name: str
    facts: Mapping[str, Any]
    value: float | None
    tally: Tally
    denominator: float | None
    denominator_is: str | None
    differing: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """An element whose loss differs between tools.

    Attributes:
        row: its name and target, with the loss and weight that PyTorch gives it.
        probability: of the class that the target picks, if it picks one.
        losses: its loss by convention, without those that have no such loss.

    """

    row: Row
    probability: float | None
    losses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Conventions:
    """One data set as several tools compute its loss.

    Attributes:
        loss, title, takes, unit, reduction, options, source, labels: as in a report.
        rows, elements: counts of the data.
        tools: one for each convention.
        gaps: the elements whose loss differs most from PyTorch's, the largest difference first.

    """

    loss: str
    title: str
    takes: str
    unit: str
    reduction: Reduction
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    labels: Sequence[str] | None
    rows: int
    elements: int
    tools: Sequence[ToolLoss]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A named check of a config file after it ran.

    Attributes:
        name: the name in the config file.
        report: the result with its verdicts, or None where nothing could be computed.
        error: why nothing was computed, or "".
        exit_code: what this check alone answers.

    """

    name: str
    report: Report | None
    error: str = ""
    exit_code: int = 0

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdicts, none where nothing was computed."""
        return () if self.report is None else self.report.checks


@dataclass(frozen=True, slots=True)
class Bounds:
    """The two ends of an interval; nan where there is none."""

    low: float
    high: float

    def turned(self) -> Bounds:
        """The interval of the opposite number."""
        return Bounds(-self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Change:
    """A row whose loss differs between two data sets.

    Attributes:
        row: its number in A, from 0.
        id: its identifier, where the data has them.
        target: of a row of one loss element, else None.
        first, second: its loss in A and in B, weighted.

    """

    row: int
    id: str | None
    target: float | int | tuple[float, ...] | None
    first: float
    second: float

    @property
    def difference(self) -> float:
        """B - A."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The losses of the elements whose target is one class.

    Attributes:
        name: the class.
        counted: how many elements.
        first, second: their mean loss in A and in B, each total divided by the class's own weight.
        difference: B - A, from the exact totals.

    """

    name: str
    counted: int
    first: float
    second: float
    difference: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two data sets of the same rows and targets: A, the first, and B, the second.

    Attributes:
        loss, title, unit: as in a report.
        options: the options in force, by name.
        files: the names of A and B.
        sources: how each of them was read.
        aligned_by: "id" or "position".
        rows: how many rows each has.
        labels: the classes' names, where the data has them.
        counted: how many of them have a target that counts.
        units: how many of those are independent: the counted rows, or the groups.
        group_column: the column whose values are the groups, or None.
        denominator: what both totals were divided by.
        denominator_is: what that number is, in words.
        first, second: the losses of A and B, as their own reports have them.
        difference: B - A, rounded once from the exact totals.
        standard_error: of the difference; nan of fewer than two units.
        confidence, resamples, seed: how the interval was made.
        bounds: the bias-corrected and accelerated bootstrap interval of the difference.
        percentile: the plain bootstrap interval.
        wins, losses, ties: rows where B's loss is lower, higher, the same; no NaN is any of them.
        sign_p: the two-sided p-value of the sign test, over the units.
        flip_p: that of the permutation test, None where a loss is not finite.
        flip_exact: whether that test tried every permutation.
        regressions, improvements: the rows that lost and gained most, the largest change first.
        classes: the breakdown by class, where the targets are classes.
        agreement: the part of the predictions whose most probable outcome is the same, or None.
        divergence: the mean Kullback-Leibler divergence of B's predictions from A's, or None.
        checks: a verdict for each limit that was asked for.

    """

    loss: str
    title: str
    unit: str
    options: Mapping[str, Any]
    files: tuple[str, str]
    sources: tuple[Mapping[str, Any], Mapping[str, Any]]
    aligned_by: Literal["id", "position"]
    rows: int
    counted: int
    units: int
    group_column: str | None
    labels: Sequence[str] | None
    denominator: float
    denominator_is: str
    first: float
    second: float
    difference: float
    standard_error: float
    confidence: float
    resamples: int
    seed: int
    bounds: Bounds
    percentile: Bounds
    wins: int
    losses: int
    ties: int
    sign_p: float
    flip_p: float | None
    flip_exact: bool
    regressions: Sequence[Change] = ()
    improvements: Sequence[Change] = ()
    classes: Sequence[ClassChange] = ()
    agreement: float | None = None
    divergence: float | None = None
    checks: Sequence[Verdict] = ()

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return not all(verdict.passed for verdict in self.checks)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an explanation; each kind of content in its own field, mostly one of them.

    Attributes:
        title: its heading, or "".
        formulas: lines that are shown as they are.
        paragraphs: sentences to be broken between words.
        steps: the same, counted from 1.
        terms: names with their meaning.

    """

    title: str
    formulas: Sequence[str] = ()
    paragraphs: Sequence[str] = ()
    steps: Sequence[str] = ()
    terms: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way in which a computation may differ from the plain one.

    Attributes:
        dimension: what it is about ("denominator"); deviations of one dimension exclude each other.
        name: within the dimension, stable ("sum").
        words: the same for people.

    """

    dimension: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say about a loss, a finding, or all of them.

    Attributes:
        name: what was asked for ("ce", "CEL101"), or "" for the list.
        title: in words.
        facts: what identifies it: names with their value.
        sections: in the order they are read.
        command: a command line that shows it at work, or "".
        example: its result, computed now.

    """

    name: str
    title: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    command: str = ""
    example: Report | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A computation whose result is the number that somebody got.

    Attributes:
        loss: the name of the function that is computed, as in ``torch.nn.functional``.
        reading: what the input is taken for, in words.
        deviations: from the plain computation, none for the plain one itself.
        value: what it gives.
        formula: how it comes about, in words.
        command: the command that gives it, but for ``afterwards``; None where there is none.
        afterwards: what is done to the command's result by hand, in words.

    """

    loss: str
    reading: str
    deviations: tuple[Deviation, ...]
    value: float
    formula: str
    command: str | None
    afterwards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """The hypotheses with one number of deviations.

    Attributes:
        deviations: that number.
        hypotheses: how many were computed.
        distinct: how many values they gave that fewer deviations had not given.
        near: how many of those lie near the number that is to be explained and yet miss it.
        chance: how many would hit it by chance, as dense as values lie near it.
        found: how many explain it and need all of their deviations.

    """

    deviations: int
    hypotheses: int
    distinct: int
    near: int
    chance: float
    found: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A search for the semantics behind a number.

    Attributes:
        got: the number as it was given.
        value: the same as a number.
        tolerance: half a unit of its last digit.
        window: how far from it a value counts as near.
        rows: how many rows the data has.
        classes: how many classes, or None for data without a class axis.
        plain: the names of the plain computations and what they give.
        explanations: those that are shown, the fewest deviations first.
        tried: what was searched, by number of deviations.
        searched: for each dimension, the deviations that the data allows, in words.
        source: where the data came from and how it was read.
        files: the names of the data.

    """

    got: str
    value: float
    tolerance: float
    window: float
    rows: int
    classes: int | None
    plain: Sequence[tuple[str, float]]
    explanations: Sequence[Match]
    tried: Sequence[Tried]
    searched: Mapping[str, Sequence[str]]
    source: Mapping[str, Any]
    files: Sequence[str]

    @property
    def found(self) -> int:
        """How many explanations there are, shown or not."""
        return sum(level.found for level in self.tried)
