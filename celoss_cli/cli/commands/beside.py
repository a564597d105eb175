"""Runs a loss command with ``--convention all``: one data set -> several tools' losses -> renderer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import chosen_loss, kind_of, opened, other_input
from celoss_cli.cli.gates import is_given
from celoss_cli.cli.output import note
from celoss_cli.cli.result import chosen_format, chosen_reports, publish
from celoss_cli.core.data import Reduction, Tally
from celoss_cli.core.errors import CelossError, ExitCode, InputError, UsageError, plural
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Evaluation, Request, default_jobs
from celoss_cli.findings import Facts, findings
from celoss_cli.losses.base import UNITS, Loss
from celoss_cli.losses.conventions import CONVENTIONS, Convention
from celoss_cli.show import FormatSpec, formats_of
from celoss_cli.studies.conventions.beside import Beside, beside, told
from celoss_cli.studies.conventions.conventions import Conventions, ToolLoss
from celoss_cli.studies.conventions.document import document_of

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["run"]

_OF_ONE = (
    *("max", "min", "expect", "baseline", "max_increase", "min_count", "max_group", "save_baseline"),
    *("atol", "rtol", "require", "update_baseline", "exit_zero"),
    *("emit", "emit_partial", "by", "quantiles", "grad", "row", "rows"),
)
"""Options that ask something of one result."""

_SHOWN_GAPS = 5


def run(spec: LossSpec, given: Mapping[str, Any]) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    format, extra = chosen_format(given), chosen_reports(given)
    for wanted in (format, *(known for known, _ in extra)):
        _refuse_format(wanted)
    _refuse_options(given)
    conventions = _computed(spec, format, given)
    publish(document_of(conventions), format, extra, given, ExitCode.DONE)
    return ExitCode.DONE


def _refuse_format(format: FormatSpec) -> None:
    if format.name not in formats_of():
        able = " or ".join(formats_of())
        raise UsageError(f"Expected --format {able} with --convention all, got {format.name}.")


def _refuse_options(given: Mapping[str, Any]) -> None:
    for name in _OF_ONE:
        if is_given(given[name]):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected one convention with {option}, got all.")
    if given["on_empty"] != "error":
        raise UsageError("Expected one convention with --on-empty, got all.")


def _computed(spec: LossSpec, format: FormatSpec, given: Mapping[str, Any]) -> Conventions:
    with opened(spec, format, given) as (dataset, request):
        made = _losses(spec, given, dataset, request)
        wanted = Request(
            strict=True,
            allow_out_of_domain=given["allow_out_of_domain"],
            jobs=given["jobs"] or default_jobs(),
        )
        found = beside(made.losses, dataset.batches, wanted, given["worst"] or _SHOWN_GAPS)
    if request.truth is not None:
        request.truth.verify()
    evaluation = found.evaluation
    if not evaluation.tally.counted:
        raise InputError("expected at least one counted target, got none")
    evaluation.facts.update(other_input(spec, given, dataset))
    _tell(evaluation, spec.taking(given))
    found.refused.update(made.refused)
    return Conventions(
        loss=spec.name,
        title=spec.title,
        takes=kind_of(spec, given),
        unit=UNITS[given["base"]],
        reduction=made.reduction,
        options={**made.options, "convention": "all"},
        source={
            **dataset.described,
            "conversions": list(evaluation.conversions),
            "skipped": evaluation.skipped,
        },
        labels=evaluation.labels,
        rows=evaluation.tally.rows,
        elements=evaluation.tally.elements,
        tools=[_tool(name, spec.command, found, made) for name in names_for(spec)],
        gaps=found.gaps,
    )


@record(slots=True)
class _Made:
    """The losses by convention, what is common to them, and why a convention has none."""

    losses: dict[str, Loss]
    refused: dict[str, str]
    reduction: Reduction
    options: dict[str, Any]


def _losses(spec: LossSpec, given: Mapping[str, Any], dataset: Dataset, request: ReadRequest) -> _Made:
    """PyTorch's loss must be possible; the others are told where they are not."""
    first, *others = names_for(spec)
    loss, reduction, options = chosen_loss(spec, {**given, "convention": first}, dataset, request)
    if reduction == "none":
        raise UsageError("Expected a reduction with --convention all, got none.")
    _refuse_odd(loss, given)
    made = _Made({first: loss}, {}, reduction, options)
    for name in others:
        try:
            made.losses[name] = chosen_loss(spec, {**given, "convention": name}, dataset, request)[0]
        except CelossError as error:
            made.refused[name] = told(error)
    return made


def _refuse_odd(loss: Loss, given: Mapping[str, Any]) -> None:
    odd = loss.odd_options()
    if odd and not given["allow_out_of_domain"]:
        raise InputError(odd[0], hint="--allow-out-of-domain computes it all the same")


def names_for(spec: LossSpec) -> list[str]:
    """The conventions that have this loss, PyTorch's first."""
    return [name for name, known in CONVENTIONS.items() if spec.command in known.functions]


def _tool(name: str, command: str, found: Beside, made: _Made) -> ToolLoss:
    refused = found.refused.get(name, "")
    tally = Tally() if refused else found.tallies[name]
    divided = not refused and made.reduction == "mean"
    return ToolLoss(
        name=name,
        facts=_facts(CONVENTIONS[name], command, made.options),
        value=None if refused else made.losses[name].rounded(tally.reduce(made.reduction)),
        tally=tally,
        denominator=tally.denominator(made.reduction) if divided else None,
        denominator_is=found.weight_is[name] if divided else None,
        differing=0 if refused else found.differing[name],
        refused=refused,
    )


def _facts(convention: Convention, command: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader of the result may want to know of a tool."""
    kind = options["input_is"]
    return {
        "tool": convention.tool,
        "function": convention.functions[command],
        "clip": convention.clip_of(options["dtype"], kind) or None,
        "clips_above": convention.clips_above and convention.changes(kind),
        "rescales": convention.rescales and convention.changes(kind) and command != "bce",
        "source": convention.source,
    }


def _tell(evaluation: Evaluation, spec: LossSpec) -> None:
    """What a reader should know of the data, on standard error."""
    if evaluation.skipped:
        note(f"celoss: note: {plural(evaluation.skipped, 'row')} with missing values skipped")
    for found in findings(Facts(evaluation.seen, spec, classes=evaluation.classes)):
        note(f"celoss: {found.severity} {found.code}: {found.message}")
