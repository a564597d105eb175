"""``celoss check``: every check of the config file, one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import for_loss
from celoss_cli.cli.options import (
    GATE,
    Limits,
    Reading,
    Running,
    Semantics,
    Showing,
    Uncertainty,
    Writing,
    values,
)
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import CelossError, ExitCode, InputError, LimitError, UsageError, quoted, visible
from celoss_cli.core.option import FLAG, TEXT, Option
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS, formats_of

if TYPE_CHECKING:
    from celoss_cli.cli.config import Check, Config
    from celoss_cli.cli.gates import Gate
    from celoss_cli.cli.publish import Outlet
    from celoss_cli.report.report import Report
    from celoss_cli.studies.checks.outcome import Outcome

__all__ = ["COMMAND", "keys_of"]

_HELP = """Run the checks of the config file.

Reads the nearest celoss.toml, or the table tool.celoss of pyproject.toml: named checks with a loss, files, \
options and limits. A check whose data is bad is told, and the others still run. The keys format, color and \
jobs of the file are defaults of these options, the variables CELOSS_FORMAT, CELOSS_COLOR and CELOSS_JOBS go \
before.

Example: celoss check --report junit=checks.xml"""

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
class CheckOptions:
    """The options of ``celoss check``."""

    names: tuple[str, ...] = option(
        TEXT,
        "The checks to run; all of the config file if none is named.",
        default=(),
        metavar="[NAME]...",
        argument=True,
        repeatable=True,
    )
    config: str | None = option(TEXT, "Instead of the nearest celoss.toml or pyproject.toml.", metavar="FILE")
    update_baselines: bool = option(
        FLAG, "Replace the baselines instead of comparing with them.", default=False
    )
    exit_zero: bool = option(
        FLAG, "Exit 0 where a check failed; every other code stays.", default=False, panel=GATE
    )
    writing: Writing = part(Writing)
    running: Running = part(Running)


@record(frozen=True, slots=True)
class _Plan:
    """A check with its options parsed.

    Attributes:
        check: as the file has it.
        given: its keys.
        update: whether its baseline is replaced.
        running: as the command has it.

    """

    check: Check
    given: CheckedLoss
    update: bool
    running: Running


def run(given: CheckOptions) -> int:
    """Runs the checks and writes what came of them; answers the worst exit code.

    Raises:
        UsageError: for a mistake in the config file; no check runs then, or no other one.
        CelossError: if the result cannot be written.

    """
    from celoss_cli.cli.publish import outlet_of, publish
    from celoss_cli.cli.settings import config_of
    from celoss_cli.studies.checks.document import document_of

    outlet = outlet_of(given.writing, given)
    _refuse_formats(outlet)
    config = config_of(given.config)
    if config is None:
        raise UsageError(
            "Expected a config file, got none.", hint="celoss.toml, or [tool.celoss] in pyproject.toml"
        )
    plans = [_planned(check, given) for check in _chosen(config, given.names)]
    ran = [_ran(plan) for plan in plans]
    outcomes = [outcome for outcome, _ in ran]
    code = _worst([ExitCode(outcome.exit_code) for outcome in outcomes], given.exit_zero)
    _print_messages(outcomes, outlet)
    publish(document_of(outcomes), outlet, code)
    kept = [_save_baseline(outcome, gate) for outcome, gate in ran if gate is not None]
    return _worst([code, *kept], given.exit_zero)


def _refuse_formats(outlet: Outlet) -> None:
    for spec in outlet.formats:
        if spec.name not in formats_of("checks"):
            known = ", ".join(formats_of("checks"))
            raise UsageError(f"Expected a format of {known} for checks, got {spec.name}.")


def _chosen(config: Config, names: Sequence[str]) -> list[Check]:
    if not config.checks:
        raise UsageError("expected checks, got none", place=visible(config.path))
    for name in names:
        if name not in config.checks:
            known = ", ".join(map(visible, config.checks))
            raise UsageError(f"Expected a check of {known}, got {quoted(name)}.", place=visible(config.path))
    return [check for name, check in config.checks.items() if not names or name in names]


# ------------------------------------------------------------------------------- a check and its keys


def _command(loss: str) -> Command[CheckedLoss]:
    return for_loss(LOSSES[loss], CheckedLoss)


def keys_of(loss: str) -> list[str]:
    """The keys that a check of this loss may have beside ``loss`` and ``files``."""
    return list(_keys(loss))


def _keys(loss: str) -> dict[str, Option]:
    return {option.flag.removeprefix("--"): option for option in _command(loss).options()}


def _planned(check: Check, given: CheckOptions) -> _Plan:
    """The check with its options parsed as those of the command line are."""
    from celoss_cli.cli.app import parsed
    from celoss_cli.cli.config import refuse_unknown

    known = _keys(check.loss)
    refuse_unknown(check.options, list(known), check.place)
    flags = [flag for key, value in check.options.items() for flag in _flags(key, value, check, known[key])]
    try:
        found = parsed(_command(check.loss), flags)
    except UsageError as error:
        raise error.at(check.place) from None
    updated = given.update_baselines and found.limits.baseline is not None
    return _Plan(check, found, updated, given.running)


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


# ------------------------------------------------------------------------------------- running checks


def _computed(plan: _Plan) -> tuple[Report, Gate]:
    """The report with its verdicts, and the gate that gave them."""
    from celoss_cli.cli.computing import compute, planned
    from celoss_cli.cli.gates import gate_of
    from celoss_cli.cli.options import Keeping, LossOptions

    given = plan.given
    keeping = Keeping(update_baseline=plan.update)
    gate = gate_of(given.limits, keeping, given.semantics.reduction, in_config=True)
    if not gate.asked:
        raise UsageError("expected a limit, for example max = 0.5, got none")
    asked = LossOptions(
        files=tuple(plan.check.files()),
        input=given.input,
        reading=given.reading,
        semantics=given.semantics,
        showing=given.showing,
        uncertainty=given.uncertainty,
        running=plan.running,
        limits=given.limits,
    )
    return gate.judged(compute(planned(LOSSES[plan.check.loss], asked, _SHOWN)).report), gate


def _ran(plan: _Plan) -> tuple[Outcome, Gate | None]:
    """What came of a check; bad data is told and does not stop the others."""
    from celoss_cli.studies.checks.outcome import Outcome

    name = plan.check.name
    try:
        report, gate = _computed(plan)
    except UsageError as error:
        raise error.at(plan.check.place) from None
    except CelossError as error:
        return Outcome(name, None, str(error), error.exit_code), None
    except MemoryError:
        return Outcome(name, None, "out of memory", LimitError.exit_code), None
    except OSError as error:
        told = InputError(f"{error.strerror or error}.", place=str(error.filename or ""))
        return Outcome(name, None, str(told), told.exit_code), None
    except Exception as error:
        if plan.running.debug:
            _trace()
        told_bug = f"a bug in celoss, please report it ({type(error).__name__}: {error}; see --debug)"
        return Outcome(name, None, told_bug, ExitCode.BUG), None
    return Outcome(name, report, "", ExitCode.CHECK_FAILED if report.failed else ExitCode.DONE), gate


def _trace() -> None:
    import traceback

    from celoss_cli.cli.output import note

    note(traceback.format_exc().rstrip())


def _worst(codes: Sequence[ExitCode], exit_zero: bool) -> ExitCode:
    worst = min(codes, key=_WORST.index)
    return ExitCode.DONE if worst is ExitCode.CHECK_FAILED and exit_zero else worst


def _print_messages(outcomes: Sequence[Outcome], outlet: Outlet) -> None:
    """Errors and remarks on standard error, and verdicts where standard output does not show them."""
    from celoss_cli.cli.output import note
    from celoss_cli.cli.publish import remarks

    for outcome in outcomes:
        name = visible(outcome.name)
        if outcome.error:
            note(f"celoss: error: {name}: {visible(outcome.error)}")
        for remark in remarks(outcome.report) if outcome.report is not None else ():
            note(f"celoss: {name}: {remark}")
        for verdict in outcome.verdicts if outlet.on_stdout is None else ():
            mark = "pass" if verdict.passed else "FAIL"
            note(f"celoss: {mark} {name} {visible(verdict.name)}: {visible(verdict.reason)}")


def _save_baseline(outcome: Outcome, gate: Gate) -> ExitCode:
    """Writes the baseline where that is wanted; one that fails does not stop the others."""
    from celoss_cli.cli.output import note

    try:
        if outcome.report is not None:
            gate.save_baselines(outcome.report)
    except CelossError as error:
        note(f"celoss: error: {visible(outcome.name)}: {error}")
        return error.exit_code
    return ExitCode.DONE


COMMAND = Command("check", _HELP, CheckOptions, run)
