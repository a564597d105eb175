"""The road of a loss: plan, compute, judge, publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.cli.data import data_of
from celoss_cli.cli.outlet import unable
from celoss_cli.cli.publish import conclude, conclusion_of
from celoss_cli.cli.reading import Opened, opened
from celoss_cli.cli.semantics import Chosen, chosen
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError, Way, quoted, visible
from celoss_cli.core.records import record, replace
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.read.paths import files_of
from celoss_cli.report.assemble import report_of
from celoss_cli.show import ARRAYS, FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import LossOptions, Reading, Semantics, Showing
    from celoss_cli.cli.uncertainty import Group, Interval
    from celoss_cli.core.data import Source
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.findings import CommandWords
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.request import Settled
    from celoss_cli.read.row_groups import RowGroups
    from celoss_cli.read.shards import Piece, Shard
    from celoss_cli.report.report import Report
    from celoss_cli.statistics.interval import Estimate

__all__ = [
    "Evaluated",
    "Plan",
    "compute",
    "evaluated",
    "refuse_unshown",
    "reported",
    "request_of",
    "run",
]

_SHOWN_ROWS = 3


@record(frozen=True, slots=True)
class Plan:
    """What is to be computed, all of it known before any data is read.

    Attributes:
        data: the data.
        semantics: the loss's options.
        request: what is asked of the computation.
        quantiles: the fractions whose losses are reported.
        intervals: how many the histogram of the losses has at most, 0 for none.
        partial: whether the exact totals are wanted for ``celoss merge``.
        interval: of the mean, where it is wanted.
        shard: which one of the data set the files are, or None for all of it.

    """

    data: Data
    semantics: Semantics
    request: Request
    quantiles: tuple[float, ...] = ()
    intervals: int = 0
    partial: bool = False
    interval: Interval | None = None
    shard: Shard | None = None


@record(frozen=True, slots=True)
class Evaluated:
    """Data that went through a loss."""

    chosen: Chosen
    evaluation: Evaluation
    source: Source
    settled: Settled
    estimate: Estimate | None = None


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    end = conclusion_of(given, arrays=True)
    return conclude(compute(planned(spec, given, end.outlet.able)), end)


def planned(spec: LossSpec, given: LossOptions, format: FormatSpec) -> Plan:
    """What the options of a loss's command ask for, in this format.

    Raises:
        UsageError: for options that change nothing.

    """
    if format.name in ARRAYS and given.semantics.reduction != "none" and not given.showing.grad:
        told = "Expected --reduction none or --grad with a file of the elements, got none."
        ways = (Way("", (("--reduction", "none"),)),)
        raise UsageError(told, ways=ways, place=visible(given.writing.output or ""))
    partial = given.emit_partial is not None or given.cluster is not None
    meant = {"by": bool(given.limits.max_group) or partial, "quantiles": partial, "top_k": partial}
    refuse_unshown(given.showing, format, [name for name, means in meant.items() if means])
    interval, group = _uncertainty(given, format)
    if partial:
        _refuse_of_rows(given, interval)
    files, row_groups = _shards(given) if given.shard is not None or partial else (given.files, {})
    data = data_of(
        spec,
        files,
        given.reading,
        given.semantics,
        values=given.input,
        group=group,
        jobs=given.running.jobs,
    )
    request = request_of(given.showing, given.reading, given.running.jobs, format)
    limits = given.limits
    limited = limits.min_accuracy is not None or limits.min_skill is not None
    if limits.max_ece is not None:
        from celoss_cli.evaluate.calibration import BINS  # most runs count no predictions

        request = replace(request, wanted=replace(request.wanted, reliability=BINS))
    return Plan(
        replace(data, row_groups=row_groups) if row_groups else data,
        given.semantics,
        replace(request, scores=request.scores or limited or partial),
        given.showing.quantiles,
        partial=partial,
        interval=interval,
        shard=given.shard,
    )


def _uncertainty(given: LossOptions, format: FormatSpec) -> tuple[Interval | None, Group | None]:
    """The interval that is asked for, and the column of groups; most runs ask for neither."""
    of_rows = given.limits.gate_on is None and given.showing.by in (None, "class")
    if of_rows and not any(given_options(given.uncertainty)):
        return None, None
    from celoss_cli.cli.uncertainty import asked_interval, group_of

    interval = asked_interval(given.uncertainty, given.limits, format)
    return interval, group_of(given.showing.by, given.uncertainty)


def _refuse_of_rows(given: LossOptions, interval: Interval | None) -> None:
    """Refuses what takes every row, of which a partial result holds the totals."""
    for option, asked, why in (
        (
            "--worst",
            given.showing.worst,
            "a partial result holds totals and no rows, whose numbers would be those within each part",
        ),
        (
            "--interval",
            interval,
            "a partial result holds totals, and an interval takes the loss of every row",
        ),
        (
            "--max-ece",
            given.limits.max_ece,
            "a partial result holds the sums of scores and of losses, and no bins of confidence",
        ),
    ):
        if asked is not None:
            with_parts = given.in_parts or "--emit-partial"
            raise UsageError(f"Expected no {option} with {with_parts}, got one.", hint=why)


def _shards(given: LossOptions) -> tuple[Sequence[str], Mapping[str, RowGroups]]:
    """The files, those of the shard where one is asked for, and the row groups of those of which not all is.

    Raises:
        UsageError: if there are shards of something else than files that hold their own targets.

    """
    shards = "--shard" if given.shard is not None else given.in_parts
    if not shards:
        return given.files, {}
    if given.shard is not None and given.cluster is not None:
        raise UsageError("Expected --shard or --cluster, got both.")
    if given.input is not None or not given.files or "-" in given.files:
        raise UsageError(f"Expected files with {shards}, got data from elsewhere.")
    if given.reading.targets is not None:
        raise UsageError(
            f"Expected targets in the files themselves with {shards}, got --targets.",
            hint="targets of their own are joined with all rows, of which a shard has some",
        )
    if given.shard is None or given.in_parts:  # which deals them out itself
        return given.files, {}
    from celoss_cli.read.shards import dealt, row_groups_in  # most runs are of all data

    pieces = dealt(files_of(given.files), given.shard, split=given.semantics.of_rows)
    tell_of_row_groups(given.shard, pieces)
    return [piece.path for piece in pieces], row_groups_in(pieces)


def tell_of_row_groups(shard: Shard, pieces: Sequence[Piece]) -> None:
    """Tells which part of a file a shard is, where it is not all of it."""
    from celoss_cli.cli.output import note
    from celoss_cli.read.shards import row_groups_in

    split = [f"{groups} of {quoted(path)}" for path, groups in row_groups_in(pieces).items()]
    if split:
        note(f"celoss: note: shard {shard} is {' and '.join(split)}")


def refuse_unshown(showing: Showing, format: FormatSpec, meant: Iterable[str] = ()) -> None:
    """Refuses options that say what is shown, where the format does not show it.

    Args:
        showing: the options.
        format: what the result is written in.
        meant: those that mean something without a format too.

    Raises:
        UsageError: for the first one, with the formats that show it.

    """
    for given in given_options(showing, without=meant):
        if not getattr(format, given.option.needs):
            raise unable(given.option.flag, given.option.needs, format)


def request_of(showing: Showing, reading: Reading, jobs: int | None, format: FormatSpec) -> Request:
    """What is asked of the computation for a result in this format."""
    rows = _SHOWN_ROWS if showing.rows is None else showing.rows
    return Request(
        strict=True,
        allow_out_of_domain=reading.allow_out_of_domain,
        show=rows if format.workings else 0,
        show_row=showing.row if format.workings else None,
        gradient=showing.grad,
        keep=format.every_row,
        predictions=format.predictions,
        wanted=Wanted(showing.by, bool(showing.quantiles), showing.worst or 0),
        scores=format.scores,
        top=showing.top_k or 0,
        jobs=jobs,
    )


def compute(plan: Plan) -> Report:
    """The report of a plan.

    Raises:
        CelossError: for anything that stands in the way.

    """
    with opened(plan.data) as found:
        result = evaluated(plan, found)
    return reported(plan, result)


def evaluated(plan: Plan, found: Opened) -> Evaluated:
    """The data through the loss.

    Raises:
        CelossError: for anything that stands in the way.

    """
    choice = chosen(plan.data, plan.semantics, found)
    if plan.partial and choice.reduction == "none":
        raise UsageError("Expected a reduction with --emit-partial, got none.")
    none = choice.reduction == "none"
    units = None if plan.interval is None else plan.interval.units(choice.reduction)
    told = plan.request.keep and (none or plan.request.gradient)
    request = replace(
        plan.request,
        keep=told or units is not None,
        predictions=plan.request.predictions and none,
        scores=plan.request.scores and not none,
    )
    keep = None if units is None else units.add
    evaluation = evaluate(choice.loss, found.dataset.batches, request, keep)
    evaluation.facts.update(choice.facts)
    if request.show_row is not None and not evaluation.workings:
        rows = evaluation.tally.rows
        wanted = f"--row from 0 to {rows - 1}" if rows else "rows where --row names one"
        raise UsageError(f"Expected {wanted}, got {request.show_row if rows else 'no rows'}.")
    sure = None if units is None or plan.interval is None else plan.interval.of(units)
    return Evaluated(choice, evaluation, found.dataset.described, found.request.settled, sure)


def reported(plan: Plan, found: Evaluated) -> Report:
    """The report of an evaluation.

    Raises:
        InputError: if nothing was counted and nobody said what the answer is then.

    """
    return report_of(
        plan.data.spec,
        found.chosen.loss,
        found.evaluation,
        reduction=found.chosen.reduction,
        options=found.chosen.options,
        source=found.source,
        on_empty=plan.semantics.on_empty,
        by=plan.request.wanted.by,
        quantiles=plan.quantiles,
        said=lambda: _said(plan),
        intervals=plan.intervals,
        estimate=found.estimate,
        group_column=None if plan.interval is None else plan.interval.group_column,
        top=plan.request.top,
    )


def _said(plan: Plan) -> CommandWords:
    from celoss_cli.cli.leading import said_of  # most runs find nothing

    return said_of(plan.data, plan.semantics)
