"""What a loss command found, and its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from celoss_cli.core.data import Reduction, Tally
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.evaluate.confusion import Confusion
    from celoss_cli.evaluate.rows import NamedTerms, Rows
    from celoss_cli.evaluate.scores import Scores
    from celoss_cli.evaluate.summaries import Group, Histogram, Quantile, Reliability
    from celoss_cli.evaluate.workings import Workings
    from celoss_cli.evaluate.worst_rows import RowLoss
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.tokens import Tokens
    from celoss_cli.report.verdict import Verdict
    from celoss_cli.statistics.interval import Estimate

__all__ = ["Report"]


@record(frozen=True, slots=True)
class Report:
    """A finished computation: everything that a renderer may show and a gate may ask.

    Attributes:
        loss: the name of the function, as in ``torch.nn.functional``.
        title: the loss in words.
        takes: what the loss calls its input ("logits").
        reduction: "none", "mean", "sum" or "batchmean".
        unit: "nats", "bits" or "dits"; "" of a loss that is a plain number.
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
        shown: the tally of the elements whose steps are shown.
        findings: warnings and notes.
        by: what ``groups`` are: "class" or the name of a column.
        groups: the breakdown, where it was asked for.
        quantiles: of the losses of the counted elements, where they were asked for.
        quantiles_left_out: how many of these losses are NaN, which has no place among them.
        worst: the elements with the largest losses, the largest first, where they were asked for.
        perplexity: exp of the mean in nats, for a mean of a loss of one class, or of scored tokens, bytes or
            words.
        checks: a verdict for each limit that was asked for.
        histogram: of the losses of the counted elements, where it was asked for.
        reliability: of the predictions of the counted elements, where it was asked for.
        confusion: how often each outcome came and which one was the likeliest, where it was asked for and the
            targets are outcomes.
        scores: accuracy, and the loss of the frequencies alone, where they were asked for and the targets are
            outcomes.
        tokens: the loss by each divisor, where the elements are scored tokens.
        of_rows: the totals of the rows whose elements are shown, where rows differ in their number of
        elements. worst_rows: the rows with the largest mean losses there, where they were asked for.
        estimate: the interval of the value, a mean, where it was asked for.
        group_column: whose values are the independent draws of that interval, None where each row is one.

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
    options: OptionValues
    source: Source
    labels: Sequence[str] | None = None
    rows: Rows | None = None
    workings: Sequence[Workings] = ()
    shown: Tally = Tally()
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
    confusion: Confusion | None = None
    scores: Scores | None = None
    tokens: Tokens | None = None
    of_rows: Mapping[int, Tally] = field(default_factory=dict)
    worst_rows: Sequence[RowLoss] = ()
    estimate: Estimate | None = None
    group_column: str | None = None

    @property
    def others(self) -> Tally:
        """The tally of the elements whose steps are not shown."""
        return self.tally - self.shown

    @property
    def named(self) -> Iterator[NamedTerms]:
        """Every element with its name, by column, some at a time."""
        return iter(()) if self.rows is None else self.rows.by_column()

    @property
    def by_element(self) -> bool:
        """Whether elements are told: they are the result, or their gradients are wanted."""
        return self.value is None or (self.rows is not None and self.rows.with_gradient)

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return not all(verdict.passed for verdict in self.checks)
