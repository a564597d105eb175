"""A loss command with ``--convention all``: one data set, and the losses of several tools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.data import Data, data_of
from celoss_cli.cli.outlet import outlet_of
from celoss_cli.cli.publish import publish, remarks_of, tell
from celoss_cli.cli.reading import Opened, opened
from celoss_cli.cli.semantics import Chosen, chosen
from celoss_cli.cli.table import given_options
from celoss_cli.cli.uncertainty import group_of
from celoss_cli.core.errors import CelossError, ExitCode, InputError, UsageError
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Request
from celoss_cli.findings import Facts, findings
from celoss_cli.losses.base import UNITS
from celoss_cli.losses.conventions import CONVENTIONS
from celoss_cli.show import FormatSpec, formats_of
from celoss_cli.studies.conventions.document import document_of
from celoss_cli.studies.conventions.evaluation import (
    Conventions,
    evaluate_conventions,
    refusal_reason,
    tool_loss,
)

if TYPE_CHECKING:
    from celoss_cli.cli.options import LossOptions, Semantics
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss

__all__ = ["run"]

_TAKEN = ("files", "input", "reading", "semantics", "writing", "worst", "running")
"""What the numbers of all tools depend on; every other option asks something of one result."""

_SHOWN_GAPS = 5


@record(frozen=True, slots=True)
class _Plan:
    """What is to be computed.

    Attributes:
        data: the data.
        semantics: the options of each loss, but for its convention.
        request: what is asked of the computation.
        gaps: how many of the largest differences are shown.

    """

    data: Data
    semantics: Semantics
    request: Request
    gaps: int


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    outlet = outlet_of(given)
    for format in outlet.formats:
        _refuse_format(format)
    _refuse_unused(given)
    found = _computed(_planned(spec, given))
    publish(document_of(found), outlet, ExitCode.DONE)
    return ExitCode.DONE


def _refuse_format(format: FormatSpec) -> None:
    if format.name not in formats_of():
        able = " or ".join(formats_of())
        raise UsageError(f"Expected --format {able} with --convention all, got {format.name}.")


def _refuse_unused(given: LossOptions) -> None:
    for other in given_options(given, without=_TAKEN):
        raise UsageError(f"Expected one convention with {other.option.flag}, got all.")
    if given.semantics.on_empty != "error":
        raise UsageError("Expected one convention with --on-empty, got all.")


def _planned(spec: LossSpec, given: LossOptions) -> _Plan:
    group = group_of(given.showing.by, given.uncertainty)
    jobs = given.running.jobs
    data = data_of(
        spec, given.files, given.reading, given.semantics, values=given.input, group=group, jobs=jobs
    )
    request = Request(strict=True, allow_out_of_domain=given.reading.allow_out_of_domain, jobs=jobs)
    return _Plan(data, given.semantics, request, given.showing.worst or _SHOWN_GAPS)


def _computed(plan: _Plan) -> Conventions:
    spec, base = plan.data.spec, plan.semantics.base
    with opened(plan.data) as data:
        first, made, refused = _losses(plan, data)
        found = evaluate_conventions(made, data.dataset.batches, plan.request, plan.gaps)
    evaluation = found.evaluation
    if not evaluation.tally.counted:
        raise InputError("expected at least one counted target, got none")
    evaluation.facts.update(first.facts)
    facts = Facts(evaluation.seen, replace(spec, takes=plan.data.takes), classes=evaluation.classes)
    tell(remarks_of(evaluation.skipped, findings(facts), brief=True))
    found.refused.update(refused)
    return Conventions(
        loss=spec.name,
        title=spec.title,
        takes=plan.data.takes,
        unit=UNITS[base],
        reduction=first.reduction,
        options={**first.options, "convention": "all"},
        source=evaluation.described(data.dataset.described),
        labels=evaluation.labels,
        rows=evaluation.tally.rows,
        elements=evaluation.tally.elements,
        tools=[
            tool_loss(CONVENTIONS[name], spec.command, made.get(name), found, first.reduction, first.options)
            for name in _names_for(spec)
        ],
        gaps=found.gaps,
    )


def _losses(plan: _Plan, data: Opened) -> tuple[Chosen, dict[str, Loss], dict[str, str]]:
    """The choice of PyTorch's loss, which must be possible; all losses by convention; why one is missing."""
    name, *others = _names_for(plan.data.spec)
    first = chosen(plan.data, replace(plan.semantics, convention=name), data)
    if first.reduction == "none":
        raise UsageError("Expected a reduction with --convention all, got none.")
    made, refused = {name: first.loss}, {}
    for name in others:
        try:
            made[name] = chosen(plan.data, replace(plan.semantics, convention=name), data).loss
        except CelossError as error:
            refused[name] = refusal_reason(error)
    return first, made, refused


def _names_for(spec: LossSpec) -> list[str]:
    """The conventions that have this loss, PyTorch's first."""
    return [name for name, known in CONVENTIONS.items() if spec.command in known.functions]
