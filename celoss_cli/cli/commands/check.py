"""Runs ``celoss check``: every check of the config file, one after another."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typer.exceptions import TyperException

from celoss_cli.cli.app import command
from celoss_cli.cli.commands.loss import computed
from celoss_cli.cli.config import Check, Config, refuse_unknown
from celoss_cli.cli.gates import Gate, gate_of
from celoss_cli.cli.output import note
from celoss_cli.cli.result import chosen_format, chosen_reports, on_stdout, publish, remarks
from celoss_cli.cli.settings import config_of
from celoss_cli.core.errors import CelossError, ExitCode, InputError, LimitError, UsageError, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS, FormatSpec, formats_of
from celoss_cli.studies.checks.document import document_of
from celoss_cli.studies.checks.outcome import Outcome

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["keys_of", "run"]

_NOT_IN_A_CHECK = {
    *("format", "json", "output", "rows", "row", "worst", "quantiles", "grad", "color", "jobs", "debug"),
    *("emit", "emit-partial", "save-baseline", "update-baseline", "exit-zero", "report", "files", "help"),
}
"""The options of a loss command that say what is shown and written, which a check does not choose."""

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
class _Job:
    """A check with its options parsed.

    Attributes:
        check: as the file has it.
        given: the options as those of its loss command.

    """

    check: Check
    given: dict[str, Any]

    def report(self) -> tuple[Report, Gate]:
        """The report with its verdicts, and the gate that gave them."""
        gate = gate_of(self.given)
        if not gate.asked:
            raise UsageError("expected a limit, for example max = 0.5, got none")
        files = self.check.files()
        return gate.judged(computed(LOSSES[self.check.loss], {**self.given, "files": files}, _SHOWN)), gate


def run(given: Mapping[str, Any]) -> int:
    """Runs the checks and writes what came of them; answers the worst exit code.

    Raises:
        UsageError: for a mistake in the config file; no check runs then, or no other one.
        CelossError: if the result cannot be written.

    """
    format, extra = chosen_format(given), chosen_reports(given)
    _refuse_formats([format, *(spec for spec, _ in extra)])
    config = config_of(given["config"])
    if config is None:
        raise UsageError(
            "Expected a config file, got none.", hint="celoss.toml, or [tool.celoss] in pyproject.toml"
        )
    jobs = [_job(check, given) for check in _chosen(config, given["names"] or ())]
    ran = [_ran(job) for job in jobs]
    outcomes = [outcome for outcome, _ in ran]
    code = _worst([ExitCode(outcome.exit_code) for outcome in outcomes], given["exit_zero"])
    _tell(outcomes, on_stdout(format, extra, given))
    publish(document_of(outcomes), format, extra, given, code)
    kept = [_kept(outcome, gate) for outcome, gate in ran if gate is not None]
    return _worst([code, *kept], given["exit_zero"])


def _refuse_formats(specs: Sequence[FormatSpec]) -> None:
    for spec in specs:
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


def keys_of(loss: str) -> list[str]:
    """The keys that a check of this loss may have beside ``loss`` and ``files``."""
    return [key for key in _options(loss) if key not in _NOT_IN_A_CHECK]


def _options(loss: str) -> dict[str, Any]:
    """The options of a loss command by their long names."""
    options = command(loss).commands[loss].params
    return {option.opts[0].removeprefix("--"): option for option in options}


def _job(check: Check, given: Mapping[str, Any]) -> _Job:
    """The check with its options parsed as those of the command line are."""
    known = _options(check.loss)
    refuse_unknown(check.options, keys_of(check.loss), check.place)
    flags = [flag for key, value in check.options.items() for flag in _flags(key, value, check, known[key])]
    try:
        context = command(check.loss).commands[check.loss].make_context(check.loss, flags, obj=check)
    except TyperException as error:
        raise UsageError(visible(error.format_message()), place=check.place) from None
    chosen = {"jobs": given["jobs"], "debug": given["debug"]}
    updated = given["update_baselines"] and "baseline" in check.options
    return _Job(check, {**context.params, **chosen, "update_baseline": updated})


def _flags(key: str, value: Any, check: Check, option: Any) -> Iterator[str]:
    """A value of the file as the command line spells it; paths are relative to the file."""
    repeated = option.multiple
    if isinstance(value, bool):
        yield from [f"--{key}"] if value else option.secondary_opts
    elif isinstance(value, dict) and repeated:
        yield from (f"--{key}={name}={_text(limit, key, check)}" for name, limit in value.items())
    elif isinstance(value, list) and repeated:
        yield from (f"--{key}={_text(one, key, check)}" for one in value)
    else:
        yield f"--{key}={_text(value, key, check)}"


def _text(value: Any, key: str, check: Check) -> str:
    if isinstance(value, str):
        if value.startswith("@"):
            return f"@{check.path(value[1:])}"
        return check.path(value) if key == "baseline" else value
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


def _ran(job: _Job) -> tuple[Outcome, Gate | None]:
    """What came of a check; bad data is told and does not stop the others."""
    name = job.check.name
    try:
        report, gate = job.report()
    except UsageError as error:
        raise error.at(job.check.place) from None
    except CelossError as error:
        return Outcome(name, None, str(error), error.exit_code), None
    except MemoryError:
        return Outcome(name, None, "out of memory", LimitError.exit_code), None
    except OSError as error:
        told = InputError(f"{error.strerror or error}.", place=str(error.filename or ""))
        return Outcome(name, None, str(told), told.exit_code), None
    except Exception as error:
        if job.given["debug"]:
            note(traceback.format_exc().rstrip())
        told_bug = f"a bug in celoss, please report it ({type(error).__name__}: {error}; see --debug)"
        return Outcome(name, None, told_bug, ExitCode.BUG), None
    return Outcome(name, report, "", ExitCode.CHECK_FAILED if report.failed else ExitCode.DONE), gate


def _worst(codes: Sequence[ExitCode], exit_zero: bool) -> ExitCode:
    worst = min(codes, key=_WORST.index)
    return ExitCode.DONE if worst is ExitCode.CHECK_FAILED and exit_zero else worst


def _tell(outcomes: Sequence[Outcome], shown: FormatSpec | None) -> None:
    """Errors and remarks on standard error, and verdicts where standard output does not show them."""
    for outcome in outcomes:
        name = visible(outcome.name)
        if outcome.error:
            note(f"celoss: error: {name}: {visible(outcome.error)}")
        for remark in remarks(outcome.report) if outcome.report is not None else ():
            note(f"celoss: {name}: {remark}")
        for verdict in outcome.verdicts if shown is None else ():
            mark = "pass" if verdict.passed else "FAIL"
            note(f"celoss: {mark} {name} {visible(verdict.name)}: {visible(verdict.reason)}")


def _kept(outcome: Outcome, gate: Gate) -> ExitCode:
    """Writes the baseline where that is wanted; one that fails does not stop the others."""
    try:
        if outcome.report is not None:
            gate.keep(outcome.report)
    except CelossError as error:
        note(f"celoss: error: {visible(outcome.name)}: {error}")
        return error.exit_code
    return ExitCode.DONE
