"""A loss command with ``--convention all``: one data set, and the losses of several tools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.data import data_of
from celoss_cli.cli.outlet import outlet_of
from celoss_cli.cli.publish import publish, remarks_of, tell
from celoss_cli.cli.reading import opened
from celoss_cli.cli.semantics import chosen
from celoss_cli.cli.table import given_options
from celoss_cli.cli.uncertainty import group_of
from celoss_cli.core.errors import CelossError, InputError, UsageError
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
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import LossOptions, Semantics
    from celoss_cli.cli.reading import Opened
    from celoss_cli.cli.semantics import Chosen
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss

__all__ = ["run"]

_TAKEN = ("files", "input", "reading", "semantics", "writing", "worst", "running")
"""What the numbers of all tools depend on; every other option asks something of one result."""

_SHOWN_GAPS = 5


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    outlet = outlet_of(given)
    for format in outlet.formats:
        _refuse_format(format)
    _refuse_unused(given)
    found = _computed(spec, given)
    return publish(document_of(found), outlet)


def _refuse_format(format: FormatSpec) -> None:
    if format.name not in formats_of():
        able = " or ".join(formats_of())
        raise UsageError(f"Expected --format {able} with --convention all, got {format.name}.")


def _refuse_unused(given: LossOptions) -> None:
    for other in given_options(given, without=_TAKEN):
        raise UsageError(f"Expected one convention with {other.option.flag}, got all.")
    if given.semantics.on_empty != "error":
        raise UsageError("Expected one convention with --on-empty, got all.")


def _computed(spec: LossSpec, given: LossOptions) -> Conventions:
    group, jobs = group_of(given.showing.by, given.uncertainty), given.running.jobs
    data = data_of(
        spec, given.files, given.reading, given.semantics, values=given.input, group=group, jobs=jobs
    )
    request = Request(strict=True, allow_out_of_domain=given.reading.allow_out_of_domain, jobs=jobs)
    with opened(data) as read:
        first, made, refused = _losses(data, given.semantics, read)
        gaps = given.showing.worst or _SHOWN_GAPS
        evaluation, found = evaluate_conventions(made, read.dataset.batches, request, gaps)
    if not evaluation.tally.counted:
        raise InputError("expected at least one counted target, got none")
    evaluation.facts.update(first.facts)
    facts = Facts(evaluation.seen, replace(spec, takes=data.takes), classes=evaluation.classes)
    tell(remarks_of(evaluation.skipped, findings(facts), brief=True))
    found.refused.update(refused)
    return Conventions(
        loss=spec.name,
        title=spec.title,
        takes=data.takes,
        unit=UNITS[given.semantics.base],
        reduction=first.reduction,
        options={**first.options, "convention": "all"},
        source=evaluation.described(read.dataset.described),
        labels=evaluation.labels,
        rows=evaluation.tally.rows,
        elements=evaluation.tally.elements,
        tools=[
            tool_loss(CONVENTIONS[name], spec.command, made.get(name), found, first.reduction, first.options)
            for name in _names_for(spec)
        ],
        gaps=found.gaps,
    )


def _losses(data: Data, semantics: Semantics, read: Opened) -> tuple[Chosen, dict[str, Loss], dict[str, str]]:
    """The choice of PyTorch's loss, which must be possible; all losses by convention; why one is missing."""
    name, *others = _names_for(data.spec)
    first = chosen(data, replace(semantics, convention=name), read)
    if first.reduction == "none":
        raise UsageError("Expected a reduction with --convention all, got none.")
    made, refused = {name: first.loss}, {}
    for name in others:
        try:
            made[name] = chosen(data, replace(semantics, convention=name), read).loss
        except CelossError as error:
            refused[name] = refusal_reason(error)
    return first, made, refused


def _names_for(spec: LossSpec) -> list[str]:
    """The conventions that have this loss, PyTorch's first."""
    return [name for name, known in CONVENTIONS.items() if spec.command in known.functions]
