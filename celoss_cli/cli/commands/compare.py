"""Runs ``celoss compare``: two data sets -> aligned rows -> a comparison -> renderer and exit code."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import (
    chosen_loss,
    other_input,
    read_request,
    refuse_foreign_semantics,
    refuse_unused_columns,
)
from celoss_cli.cli.output import note
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.result import chosen_format, chosen_reports, on_stdout, publish
from celoss_cli.core.errors import ExitCode, InputError, UsageError, plural, visible
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Request, default_jobs
from celoss_cli.findings import Facts, findings
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.base import UNITS, Loss
from celoss_cli.read.gather import gather
from celoss_cli.read.truth import read_truth
from celoss_cli.show import FormatSpec, formats_of
from celoss_cli.studies.compare.comparing import Plan, compared
from celoss_cli.studies.compare.comparison import Subject
from celoss_cli.studies.compare.document import document_of
from celoss_cli.studies.compare.pairing import Side, aligned, labels_of, paired, side_of
from celoss_cli.studies.compare.verdicts import comparison_verdicts

if TYPE_CHECKING:
    from celoss_cli.core.data import Reduction
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.studies.compare.comparison import Comparison

__all__ = ["run"]


def run(given: Mapping[str, Any]) -> int:
    """Compares and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    spec, format = LOSSES[given["loss"]], chosen_format(given)
    _refuse_unused(spec, given)
    extra = _reports(given)
    _refuse_no_checks((format, *(other for other, _ in extra)), given)
    comparison, sides = _compared(spec, _as_for_a_loss(given))
    checks = comparison_verdicts(comparison, given["max_increase"], given["non_inferior"])
    comparison = replace(comparison, checks=checks)
    failed = comparison.failed and not given["exit_zero"]
    code = ExitCode.CHECK_FAILED if failed else ExitCode.DONE
    _tell(spec.taking(given), comparison, sides, on_stdout(format, extra, given))
    publish(document_of(comparison), format, extra, given, code)
    return code


def _reports(given: Mapping[str, Any]) -> list[tuple[FormatSpec, str]]:
    """The further formats and their files."""
    extra = chosen_reports(given)
    for spec, _ in extra:
        if spec.name not in formats_of("number", "checks"):
            able = ", ".join(formats_of("number", "checks"))
            raise UsageError(f"Expected --report with a format of {able}, got {spec.name}.")
    return extra


def _refuse_no_checks(formats: Sequence[FormatSpec], given: Mapping[str, Any]) -> None:
    """Refuses formats that show nothing but checks where there is none."""
    for format in formats:
        if format.only_checks and given["max_increase"] is None and given["non_inferior"] is None:
            example = "for example --max-increase"
            raise UsageError(f"Expected a check with --format {format.name}, {example}, got none.")


def _refuse_unused(spec: LossSpec, given: Mapping[str, Any]) -> None:
    """Refuses options that this loss does not have."""
    refuse_foreign_semantics(spec, given)
    if given["reduction"] not in (None, *spec.reductions):
        raise UsageError(f"Expected --reduction mean with --loss {spec.command}, got {given['reduction']}.")
    if given["first"] == given["second"] == "-":
        raise UsageError("Expected standard input for A or for B, got it for both.")


def _as_for_a_loss(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the command of the loss would have them; a comparison computes in double precision."""
    return {**given, "dtype": "float64", "by": None}


def _compared(spec: LossSpec, given: Mapping[str, Any]) -> tuple[Comparison, tuple[Side, Side]]:
    request = _request(spec, given)
    a = _read(spec, given, given["first"], request)
    b = _read(spec, given, given["second"], request.again())
    _refuse_other_options(a, b)
    alignment = aligned(a.side, b.side, given["align"])
    pairs = paired(a.side, b.side, alignment, a.reduction)
    by_row = a.reduction == "batchmean"
    subject = Subject(
        loss=spec.name,
        title=spec.title,
        unit=UNITS[given["base"]],
        options={**a.options, "reduction": a.reduction},
        files=(given["first"], given["second"]),
        sources=(a.source, b.source),
        aligned_by=alignment.by,
        rows=len(a.side.batch),
        denominator_is="number of rows" if by_row else a.side.evaluation.weight_is,
        group_column=given["group_column"],
        labels=labels_of(a.side, b.side),
    )
    with Bar("draws") as bar:
        return compared(pairs, subject, replace(_plan(given), watch=bar.show)), (a.side, b.side)


def _refuse_other_options(a: _Read, b: _Read) -> None:
    ours, theirs = ({**read.options, "reduction": read.reduction} for read in (a, b))
    unlike = [name for name in ours if ours[name] != theirs[name]]
    if unlike:
        raise InputError(
            f"expected the {unlike[0]} of {a.side.name}, got another",
            hint=f"an option of the command line goes before the data's own: --{unlike[0].replace('_', '-')}",
            place=b.side.name,
        )


def _request(spec: LossSpec, given: Mapping[str, Any]) -> ReadRequest:
    request = read_request(spec, given)
    columns = replace(request.columns, group=given["group_column"], group_option="--group-column")
    request = replace(request, columns=columns)
    if given["targets"] is None:
        return request
    return replace(request, truth=read_truth(given["targets"], "--targets", request))


def _plan(given: Mapping[str, Any]) -> Plan:
    return Plan(
        confidence=given["confidence"],
        resamples=given["resamples"],
        seed=given["seed"],
        worst=given["worst"],
    )


@record(frozen=True, slots=True)
class _Read:
    """One data set, its reduction, the options in force and how it was read."""

    side: Side
    reduction: Reduction
    options: Mapping[str, Any]
    source: Mapping[str, Any]


def _read(spec: LossSpec, given: Mapping[str, Any], path: str, request: ReadRequest) -> _Read:
    bar = Bar()
    dataset = gather([path], request, given["input_format"], bar.show)
    with contextlib.closing(dataset), bar:
        refuse_unused_columns(dataset.described["columns"], given)
        loss, said, options = chosen_loss(spec, given, dataset, request)
        side = side_of(_name(path), loss, dataset.batches, _strictly(loss, given))
    if request.truth is not None:
        request.truth.verify()
    if given["group_column"] is not None and side.batch.groups is None:
        raise UsageError("Expected --group-column with a table, got arrays.")
    evaluation = side.evaluation
    odd = ["out-of-domain-weight"] if loss.odd_options() else []
    evaluation.facts.update([*odd, *other_input(spec, given, dataset)])
    told = {"conversions": list(evaluation.conversions), "skipped": evaluation.skipped}
    reduction: Reduction = "batchmean" if said == "batchmean" else "mean"
    return _Read(side, reduction, options, {**dataset.described, **told})


def _name(path: str) -> str:
    return "standard input" if path == "-" else visible(path)


def _strictly(loss: Loss, given: Mapping[str, Any]) -> Request:
    """What is asked of the computation; odd options are refused before it begins."""
    odd = loss.odd_options()
    if odd and not given["allow_out_of_domain"]:
        raise InputError(odd[0], hint="--allow-out-of-domain computes it all the same")
    return Request(
        strict=True,
        allow_out_of_domain=given["allow_out_of_domain"],
        jobs=given["jobs"] or default_jobs(),
    )


def _tell(spec: LossSpec, comparison: Comparison, sides: tuple[Side, Side], shown: FormatSpec | None) -> None:
    """On standard error: what a reader should know of the data, and verdicts that stdout does not show."""
    for side in sides:
        evaluation = side.evaluation
        if evaluation.skipped:
            rows = plural(evaluation.skipped, "row")
            note(f"celoss: note: {side.name}: {rows} with missing values skipped")
        seen = evaluation.seen + Counter({side.loss.clamp_is: evaluation.tally.clamped})
        for found in findings(Facts(seen, spec, classes=evaluation.classes)):
            note(f"celoss: {found.severity} {found.code}: {side.name}: {found.message}")
    if shown is None or not shown.checks:
        for verdict in comparison.checks:
            note(f"celoss: {'pass' if verdict.passed else 'FAIL'} {verdict.name}: {verdict.reason}")
