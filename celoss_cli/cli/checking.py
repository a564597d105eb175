"""A check of the config file: its keys are options of its loss; planned, computed, held against its limits.

What fails does not stop the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.merge import NOT_OF_PARTS, OF_THE_PARTS
from celoss_cli.cli.config import refuse_unknown, toml
from celoss_cli.cli.faults import bug, refused, tell_trace
from celoss_cli.cli.options import (
    Keeping,
    Limits,
    LossOptions,
    Reading,
    Running,
    Semantics,
    Showing,
    Uncertainty,
    expect_parts,
    values,
)
from celoss_cli.cli.output import note
from celoss_cli.cli.table import Command, for_loss, part
from celoss_cli.core.errors import CelossError, ExitCode, InputError, UsageError, Way, visible
from celoss_cli.core.records import record, replace
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS

if TYPE_CHECKING:
    from celoss_cli.cli.config import Check
    from celoss_cli.cli.gates import Gate
    from celoss_cli.cli.outlet import Outlet
    from celoss_cli.core.option import Option
    from celoss_cli.report.report import Report
    from celoss_cli.studies.checks import Outcome

__all__ = [
    "CheckedLoss",
    "CheckedParts",
    "Plan",
    "keys_of",
    "planned",
    "print_messages",
    "ran",
    "save_baseline",
    "worst",
]

_WORST = (
    ExitCode.BUG,
    ExitCode.NO_OUTPUT,
    ExitCode.LIMIT,
    ExitCode.BAD_INPUT,
    ExitCode.CHECK_FAILED,
    ExitCode.DONE,
)

_SHOWN = replace(FORMATS["json"], every_row=False)


@record(frozen=True, slots=True)
class CheckedLoss:
    """The keys of a check in the config file: what is computed and what it is held against."""

    input: str | None = values()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    showing: Showing = part(Showing, without=("rows", "row", "worst", "quantiles", "grad"))
    uncertainty: Uncertainty = part(Uncertainty)
    limits: Limits = part(Limits)


@record(frozen=True, slots=True)
class CheckedParts:
    """The keys of a check of partial results: the data has been read, and the loss been chosen."""

    expect_parts: int | None = expect_parts()
    semantics: Semantics = part(Semantics, without=OF_THE_PARTS)
    limits: Limits = part(Limits, without=NOT_OF_PARTS)


@record(frozen=True, slots=True)
class Plan:
    """A check with its options parsed.

    Attributes:
        check: as the file has it.
        given: its keys.
        update: whether its baseline is replaced.
        running: as the command has it.
        cluster: that computes the data file by file, or None.

    """

    check: Check
    given: CheckedLoss | CheckedParts
    update: bool
    running: Running
    cluster: str | None


def _command(loss: str, *, in_parts: bool = False) -> Command[Any]:
    if in_parts:
        return Command(loss, "", CheckedParts, lambda given: 0)
    return for_loss(LOSSES[loss], CheckedLoss)


def keys_of(loss: str) -> list[str]:
    """The keys that a check of this loss may have beside ``loss`` and ``files``."""
    return list(_options(_command(loss)))


def _options(command: Command[Any]) -> dict[str, Option]:
    return {option.flag.removeprefix("--"): option for option in command.options()}


def planned(check: Check, running: Running, cluster: str | None = None, *, update_baselines: bool) -> Plan:
    """The check with its options parsed as those of the command line are.

    Args:
        check: as the config file has it.
        running: as the command has it.
        cluster: that computes the data file by file, or None.
        update_baselines: whether a baseline is replaced instead of compared with.

    Raises:
        UsageError: for a key or a value that the loss does not have.

    """
    from celoss_cli.cli.app import parsed

    command = _command(check.loss, in_parts=check.in_parts)
    known = _options(command)
    refuse_unknown(check.options, list(known), check.place)
    flags = [flag for key, value in check.options.items() for flag in _flags(key, value, check, known[key])]
    try:
        found = parsed(command, flags)
    except UsageError as error:
        raise error.at(check.place) from None
    updated = update_baselines and found.limits.baseline is not None
    return Plan(check, found, updated, running, cluster)


def _flags(key: str, value: Any, check: Check, option: Option) -> Iterator[str]:
    """A value of the file as the command line has it; paths are relative to the file."""
    if isinstance(value, bool):
        yield from option.words(value)
    elif isinstance(value, dict) and option.repeatable:
        yield from (f"--{key}={name}={_text(limit, key, check, option)}" for name, limit in value.items())
    elif isinstance(value, list) and option.repeatable:
        yield from (f"--{key}={_text(one, key, check, option)}" for one in value)
    else:
        yield f"--{key}={_text(value, key, check, option)}"


def _text(value: Any, key: str, check: Check, option: Option) -> str:
    if isinstance(value, str):
        if value.startswith("@"):
            return f"@{check.path(value[1:])}"
        return check.path(value) if option.file and not option.kind.or_file else value
    if isinstance(value, list):
        texts = all(isinstance(one, str) for one in value)
        return ",".join(value) if texts else _json(value, key, check)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise UsageError(f"expected a text, a number or a list, got {value}", place=f"{check.place}.{key}")


def _json(value: Any, key: str, check: Check) -> str:
    try:
        return json.dumps(value)
    except TypeError:
        raise UsageError("expected a list of numbers", place=f"{check.place}.{key}") from None


def _computed(plan: Plan) -> tuple[Report, Gate]:
    """The report with its verdicts, and the gate that gave them."""
    from celoss_cli.cli.gates import gate_of

    given = plan.given
    keeping = Keeping(update_baseline=plan.update)
    gate = gate_of(given.limits, keeping, given.semantics.reduction, in_config=True)
    if not gate.asked:
        raise UsageError("expected a limit, for example max = 0.5, got none")
    found = _of_parts(plan.check, given) if isinstance(given, CheckedParts) else _of_data(plan, given)
    return gate.judged(found), gate


def _of_parts(check: Check, given: CheckedParts) -> Report:
    from celoss_cli.cli.merging import report_of_whole, whole_of

    whole = whole_of(check.files(), given.expect_parts)
    if whole.loss != check.loss:
        raise InputError(f"expected partial results of {check.loss}, got those of {whole.loss}")
    return report_of_whole(whole, given.semantics)


def _of_data(plan: Plan, given: CheckedLoss) -> Report:
    from celoss_cli.cli.computing import compute
    from celoss_cli.cli.computing import planned as planned_loss

    asked = LossOptions(
        files=tuple(plan.check.files()),
        input=given.input,
        reading=given.reading,
        semantics=given.semantics,
        showing=given.showing,
        uncertainty=given.uncertainty,
        running=plan.running,
        limits=given.limits,
        cluster=plan.cluster,
    )
    found = planned_loss(LOSSES[plan.check.loss], asked, _SHOWN)
    if asked.cluster is None:
        return compute(found)
    from celoss_cli.cli.in_parts import whole_of
    from celoss_cli.cli.merging import report_of_whole

    return report_of_whole(whole_of(found, asked), given.semantics, asked.files)


def ran(plan: Plan, config: str) -> tuple[Outcome, Gate | None]:
    """What came of a check of this config file, with the time it took."""
    start = perf_counter()
    outcome, gate = _ran(plan)
    return replace(outcome, file=config, seconds=perf_counter() - start), gate


def _ran(plan: Plan) -> tuple[Outcome, Gate | None]:
    """What came of a check; bad data is told and does not stop the others."""
    from celoss_cli.studies.checks import Outcome

    name = plan.check.name
    try:
        report, gate = _computed(plan)
    except UsageError as error:
        raise error.at(plan.check.place) from None
    except CelossError as error:
        return Outcome(name, None, _told(error), error.exit_code), None
    except Exception as error:
        if (found := refused(error)) is not None:
            return Outcome(name, None, str(found), found.exit_code), None
        if plan.running.debug:
            tell_trace()
        return Outcome(name, None, bug(error), ExitCode.BUG), None
    return Outcome(name, report, "", ExitCode.CHECK_FAILED if report.failed else ExitCode.DONE), gate


def _told(error: CelossError) -> str:
    """An error with its ways out as keys of the check, for the config file."""
    ways = [keys for way in error.ways if (keys := _keys(way))]
    return f"{error.sentence} (in the check: {'; or '.join(ways)})" if ways else error.sentence


def _keys(way: Way) -> str:
    """The keys of a check that say what a way out says: positive = "2"; "" where no key does."""
    if way.not_files or any(value.startswith("@targets") for _, value in way.options):
        return ""
    found = [f"loss = {toml(way.command)}"] if way.command else []
    for name, value in way.options:
        if name in ("--header", "--no-header"):
            found.append(f"header = {str(name == '--header').lower()}")
        else:
            found.append(f"{name.removeprefix('--')} = {toml(value) if value else 'true'}")
    return ", ".join([*found, *(f"no {name.removeprefix('--')}" for name in way.without)])


def worst(codes: Sequence[ExitCode], *, exit_zero: bool) -> ExitCode:
    """The worst of these exit codes; a check that failed is none where ``exit_zero`` is asked for."""
    found = min(codes, key=_WORST.index)
    return ExitCode.DONE if found is ExitCode.CHECK_FAILED and exit_zero else found


def print_messages(outcomes: Sequence[Outcome], outlet: Outlet) -> None:
    """Errors and remarks on standard error, and verdicts where standard output does not show them."""
    from celoss_cli.cli.publish import print_verdicts, remarks

    for outcome in outcomes:
        name = visible(outcome.name)
        if outcome.error:
            note(f"celoss: error: {name}: {visible(outcome.error)}")
        for remark in remarks(outcome.report) if outcome.report is not None else ():
            note(f"celoss: {name}: {remark}")
        print_verdicts(outcome.verdicts, outlet, of=name)


def save_baseline(outcome: Outcome, gate: Gate) -> ExitCode:
    """Writes the baseline where that is wanted; one that fails does not stop the others."""
    try:
        if outcome.report is not None:
            gate.save_baselines(outcome.report)
    except CelossError as error:
        note(f"celoss: error: {visible(outcome.name)}: {error}")
        return error.exit_code
    return ExitCode.DONE
