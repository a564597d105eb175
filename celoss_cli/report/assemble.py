"""From an evaluation to a report: the last place where anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from celoss_cli.core.errors import InputError, file_name, plural
from celoss_cli.core.records import replace
from celoss_cli.findings import CommandWords, Facts, findings
from celoss_cli.read.roles.targets import BY_INDEX, BY_NAME
from celoss_cli.report.report import Report

if TYPE_CHECKING:
    from celoss_cli.core.data import Reduction, Source, Tally
    from celoss_cli.core.option import OptionValues
    from celoss_cli.evaluate.collect import Collected
    from celoss_cli.evaluate.confusion import Confusion
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.evaluate.scores import Scores, Totals
    from celoss_cli.evaluate.summaries import Reliability
    from celoss_cli.evaluate.survey import Survey
    from celoss_cli.evaluate.workings import Step, Workings
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.tokens import Tokens
    from celoss_cli.statistics.interval import Estimate

    class Examination(Protocol):
        """Who looked at the data, at all of it or at its first rows.

        Attributes:
            survey: of every row, or None where only the first ones were looked at.
            sample_weights: whether the data weights its rows.
            labels: the classes' names.
            conversions: what was done to the targets to read them.

        """

        @property
        def survey(self) -> Survey | None: ...
        @property
        def sample_weights(self) -> bool: ...
        @property
        def labels(self) -> Sequence[str] | None: ...
        @property
        def conversions(self) -> tuple[str, ...]: ...


__all__ = ["facts_of", "report_of"]

OnEmpty = Literal["error", "nan", "zero"]


def report_of(
    spec: LossSpec,
    loss: Loss,
    evaluation: Evaluation,
    *,
    reduction: Reduction,
    options: OptionValues,
    source: Source,
    on_empty: OnEmpty,
    by: str | None = None,
    quantiles: Sequence[float] = (),
    intervals: int = 0,
    said: Callable[[], CommandWords] = CommandWords,
    estimate: Estimate | None = None,
    group_column: str | None = None,
    top: int = 0,
) -> Report:
    """Reduces an evaluation and gathers what there is to say about it.

    Args:
        spec: the loss as the registry has it.
        loss: the loss with its options.
        evaluation: the totals and what was noticed.
        reduction: how the total becomes the value.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        on_empty: the answer where nothing was counted.
        by: what the evaluation's groups are.
        quantiles: the fractions whose losses are reported.
        intervals: how many the histogram of the losses has at most; none without.
        said: gives the command line; one that names the source's files if not given.
        estimate: the interval of the mean, where it is wanted.
        group_column: whose values are its independent draws, or None.
        top: among how many of the likeliest outcomes the evaluation looked for one, 0 for not at all.

    Raises:
        InputError: if nothing was counted and ``on_empty`` is "error".

    """
    spec = spec.taking(options)
    tally = evaluation.tally
    if not tally.counted and on_empty == "error":
        raise InputError(
            _nothing(tally, evaluation.skipped),
            hint="--on-empty nan answers as PyTorch does, --on-empty zero with 0",
            place=file_name(*source.get("files", ())),
        )
    value = None if reduction == "none" else loss.rounded(tally.reduce(reduction))
    if value is not None and not tally.counted and on_empty == "zero":
        value = 0.0
    divided = reduction in ("mean", "batchmean")
    facts = facts_of(
        spec,
        loss,
        evaluation,
        seen=evaluation.seen + Counter({"infinite-loss": tally.loss.posinf, "nan-loss": tally.loss.nan}),
        tally=tally,
        first_infinite=evaluation.first_infinite,
        first_nan=evaluation.first_nan,
        classes=evaluation.classes,
        options=options,
        source=source,
        said=said,
    )
    collected, rows = evaluation.collected, evaluation.rows
    scale, told = 1.0, ""
    if rows is not None or evaluation.workings or evaluation.worst:
        scale, told = _rescaled(loss, tally, reduction)
    if rows is not None:
        rows.scale = scale
    return Report(
        loss=spec.name,
        title=spec.title,
        takes=spec.takes,
        reduction=reduction,
        unit=loss.unit,
        value=value,
        denominator=tally.denominator(reduction) if divided else None,
        denominator_is=_denominator_is(evaluation, reduction, options.get("per")) if divided else None,
        tally=tally,
        classes=evaluation.classes,
        options=options,
        source=evaluation.described(source),
        labels=evaluation.labels,
        rows=rows,
        workings=[_of_value(workings, scale, told) for workings in evaluation.workings],
        shown=evaluation.shown,
        findings=findings(facts),
        by=by,
        groups=collected.breakdown(tally, evaluation.labels) if collected else (),
        quantiles=collected.quantiles(quantiles) if collected else (),
        quantiles_left_out=collected.unordered(tally.counted) if collected and quantiles else 0,
        worst=[_of_value(workings, scale, told) for workings in evaluation.worst],
        perplexity=_perplexity(loss, tally, reduction, value)
        if loss.gives_perplexity and options.get("per") != "document"
        else None,
        histogram=None
        if collected is None or not intervals
        else collected.histogram(tally.counted, intervals),
        reliability=_reliability(loss, collected) if collected else None,
        confusion=_confusion(collected) if collected else None,
        scores=None
        if evaluation.scores is None or reduction == "none"
        else _scores(loss, evaluation.scores, tally, reduction, top),
        tokens=_tokens(loss, evaluation, tally) if hasattr(loss, "per") else None,
        of_rows=evaluation.of_rows,
        worst_rows=collected.rows if collected else (),
        estimate=estimate,
        group_column=group_column,
    )


def facts_of(
    spec: LossSpec,
    loss: Loss,
    examination: Examination,
    *,
    seen: Mapping[str, int],
    tally: Tally | None,
    classes: int | None,
    options: OptionValues,
    source: Source,
    said: Callable[[], CommandWords],
    first_infinite: str = "",
    first_nan: str = "",
) -> Facts:
    """What the findings are about.

    Args:
        spec: the loss as the registry has it, with its options.
        loss: the loss with its options.
        examination: what was seen of the data.
        seen: oddities beside those of the survey, with their counts.
        tally: the totals of the loss, None where some of it cannot be computed.
        classes: the number of classes, or None.
        options: the options in force, by name.
        source: where the data came from and how it was read.
        said: gives the command line; where it names no data, the source's files do.
        first_infinite: the first row whose loss is infinite, or "".
        first_nan: the first row whose loss is NaN, or "".

    """
    survey = examination.survey
    value = None if tally is None else tally.mean
    return Facts(
        Counter(seen)
        + (Counter() if survey is None else survey.seen)
        + Counter({loss.clamp_is: 0 if tally is None else tally.clamped}),
        spec,
        survey=survey,
        elements=0 if tally is None else tally.elements,
        mean=None if value is None else float(value * loss.nats),
        classes=classes,
        options=options,
        weighted=examination.sample_weights or any(options.get(name) is not None for name in _WEIGHTS),
        labels=examination.labels,
        doubts=doubts(source, examination.conversions),
        said=lambda: _with_files(said(), source),
        columns=_counted_columns(source, examination),
        first_infinite=first_infinite,
        first_nan=first_nan,
        unused=source.get("columns", {}).get("unused", ()),
    )


def _with_files(said: CommandWords, source: Source) -> CommandWords:
    """The command line with the source's files, where it names no data."""
    return said if said.data else replace(said, data=source.get("files", ()))


def _counted_columns(source: Source, examination: Examination) -> Sequence[str]:
    """The header's names of the input where nothing but their order says what class each one is."""
    labels = examination.labels or ()
    if BY_INDEX not in examination.conversions or list(labels) == list(map(str, range(len(labels)))):
        return ()
    found: Sequence[str] = source.get("columns", {}).get("inputs", ())
    return found


_WEIGHTS = ("weight", "pos_weight")


def doubts(source: Source, conversions: Sequence[str]) -> Sequence[str]:
    """What the header left open; targets that were matched to the names of classes leave nothing open."""
    if BY_NAME in conversions:
        return ()
    found: Sequence[str] = source.get("columns", {}).get("notes", ())
    return found


def _perplexity(loss: Loss, tally: Tally, reduction: Reduction, value: float | None) -> float | None:
    """Exp of the mean in nats, where the mean is what was asked for and has a value."""
    if reduction != "mean" or value is None or not tally.counted:
        return None
    with np.errstate(over="ignore"):
        return float(np.exp(np.float64(value) * np.float64(loss.nats)))


def _reliability(loss: Loss, found: Collected) -> Reliability | None:
    if not found.calibration.bins:
        return None
    from celoss_cli.evaluate.calibration import reliability  # most runs count no predictions

    return reliability(found.calibration, positive=not loss.per_class)


def _confusion(found: Collected) -> Confusion | None:
    return None if not found.confusion.counts or found.confusion.missing else found.confusion


def _scores(loss: Loss, totals: Totals, tally: Tally, reduction: Reduction, top: int) -> Scores | None:
    from celoss_cli.evaluate.scores import scores_of  # a run that prints the number alone wants none

    return scores_of(totals, loss, tally, tally.denominator(reduction), top)


def _nothing(tally: Tally, skipped: int) -> str:
    if not tally.elements:
        because = f", {skipped} with missing values skipped" if skipped else ""
        return f"expected rows to compute a loss of, got no rows{because}"
    return f"expected at least one counted target, got {tally.ignored} that are all ignored"


def _denominator_is(evaluation: Evaluation, reduction: Reduction, per: str | None) -> str:
    if reduction == "batchmean":
        return "number of rows"
    of = f" of {plural(evaluation.sizes['documents'], 'document')}" if per not in (None, "document") else ""
    return f"{evaluation.weight_is}{of}"


def _tokens(loss: Any, evaluation: Evaluation, tally: Tally) -> Tokens:
    """The loss of scored tokens by each divisor."""
    from celoss_cli.report.tokens import tokens_of  # most data holds none

    return tokens_of(loss.per, evaluation.sizes, tally.loss, float(loss.nats))


def _rescaled(loss: Loss, tally: Tally, reduction: Reduction) -> tuple[float, str]:
    """What the derivative of a row's loss in nats is multiplied by to be that of the value, and in words."""
    with np.errstate(all="ignore"):
        divisor = np.float64(tally.denominator(reduction)) * np.float64(loss.nats)
        scale = float(np.float64(1.0) / divisor)
    divided = ", divided by the denominator" if reduction in ("mean", "batchmean") else ""
    return scale, divided if loss.base == "e" else f"{divided}, in {loss.unit}"


def _of_value(workings: Workings, scale: float, told: str) -> Workings:
    """Workings whose gradient is that of the value."""
    return replace(workings, steps=tuple(_step(step, workings, scale, told) for step in workings.steps))


def _step(step: Step, workings: Workings, scale: float, told: str) -> Step:
    if step.level != "gradient":
        return step
    if workings.row.ignored:
        return replace(step, formula="0 where ignored", value=step.value * 0.0)
    given = workings.sample_weight
    weighted = "" if given is None else ", times the sample weight"
    return replace(
        step,
        formula=f"{step.formula}{weighted}{told}",
        value=step.value * (scale * (1.0 if given is None else given)),
    )
