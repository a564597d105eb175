"""``celoss report``: a loss and everything there is to see of it -> one page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.options import (
    Keeping,
    Limits,
    Reading,
    Running,
    Semantics,
    Showing,
    Uncertainty,
    Writing,
    files,
    loss_name,
    loss_options,
    page,
)
from celoss_cli.cli.table import Command, part
from celoss_cli.core.errors import UsageError
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.show import FORMATS

if TYPE_CHECKING:
    from celoss_cli.cli.computing import Plan
    from celoss_cli.show import FormatSpec

__all__ = ["COMMAND"]

_HELP = """Write a page with all there is to see of a loss.

One file that needs nothing else: the number and how it comes about, how the losses are spread, whether the \
probabilities come true, the loss by class, the worst rows step by step, and the command that gives the \
number again.

Example: celoss report preds.csv -o report.html"""

_INTERVALS = 32
"""At most so many bars are told apart at the width of a phone."""

_MOST_CONFUSED = 20
"""The confusion matrix of more classes has no room."""

_QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.99)


@record(frozen=True, slots=True)
class ReportOptions:
    """The options of ``celoss report``."""

    files: tuple[str, ...] = files(metavar="FILE...", required=True)
    loss: str = loss_name(default="ce")
    writing: Writing = part(
        Writing,
        without=("format", "json", "color"),
        output=page("report.html"),
    )
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    showing: Showing = part(Showing, worst={"default": 5})
    uncertainty: Uncertainty = part(Uncertainty)
    running: Running = part(Running)
    limits: Limits = part(Limits)
    keeping: Keeping = part(Keeping)


def run(given: ReportOptions) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.command_line import command_line
    from celoss_cli.cli.computing import compute
    from celoss_cli.cli.publish import conclude, conclusion_of

    spec = LOSSES[given.loss]
    _refuse_reduction(spec, given.semantics.reduction)
    end = conclusion_of(given, format=FORMATS["html"])
    plan = _planned(spec, given, end.outlet.able)
    command = f"{command_line(plan.data, plan.semantics)} --format value"
    return conclude(compute(plan), replace(end, command=command))


def _refuse_reduction(spec: LossSpec, reduction: str | None) -> None:
    if reduction not in (None, *spec.reductions):
        known = ", ".join(name for name in spec.reductions if name != "none")
        raise UsageError(f"Expected --reduction {known} with --loss {spec.command}, got {reduction}.")


def _planned(spec: LossSpec, given: ReportOptions, format: FormatSpec) -> Plan:
    """What the command of the loss would compute, and what only a page shows."""
    from celoss_cli.cli.computing import Plan, request_of
    from celoss_cli.cli.data import data_of
    from celoss_cli.cli.semantics import refuse_foreign
    from celoss_cli.cli.uncertainty import asked_interval, group_of
    from celoss_cli.evaluate.calibration import BINS

    refuse_foreign(spec, given.reading, given.semantics)
    showing = given.showing
    asks_for_groups = showing.by or given.limits.max_group
    shown = replace(showing, by=showing.by or "class", quantiles=showing.quantiles or _QUANTILES)
    request = request_of(shown, given.reading, given.running.jobs, format)
    wanted = replace(
        request.wanted,
        reliability=BINS,
        confusion=_MOST_CONFUSED,
        if_any=frozenset({"reliability"} if asks_for_groups else {"reliability", "by"}),
    )
    return Plan(
        data_of(
            spec,
            given.files,
            given.reading,
            given.semantics,
            group=group_of(shown.by, given.uncertainty),
            jobs=given.running.jobs,
        ),
        given.semantics,
        replace(request, wanted=wanted, survey=True),
        shown.quantiles,
        _INTERVALS,
        interval=asked_interval(given.uncertainty, given.limits, format),
    )


COMMAND = Command("report", _HELP, ReportOptions, run, groups={"of_loss": loss_options()})
