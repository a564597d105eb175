"""Running checks: each is computed and held against its limits, and what fails does not stop the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from celoss_cli.core.errors import CelossError, ExitCode, InputError, LimitError, UsageError, Way, visible
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS

if TYPE_CHECKING:
    from celoss_cli.cli.checks import CheckedLoss, CheckedParts, Plan
    from celoss_cli.cli.config import Check
    from celoss_cli.cli.gates import Gate
    from celoss_cli.cli.outlet import Outlet
    from celoss_cli.report.report import Report
    from celoss_cli.studies.checks.document import Outcome

__all__ = ["print_messages", "ran", "save_baseline", "worst"]

_WORST = (
    ExitCode.BUG,
    ExitCode.NO_OUTPUT,
    ExitCode.LIMIT,
    ExitCode.BAD_INPUT,
    ExitCode.CHECK_FAILED,
    ExitCode.DONE,
)

_SHOWN = replace(FORMATS["json"], every_row=False)


def _computed(plan: Plan) -> tuple[Report, Gate]:
    """The report with its verdicts, and the gate that gave them."""
    from celoss_cli.cli.checks import CheckedParts
    from celoss_cli.cli.gates import gate_of
    from celoss_cli.cli.options import Keeping

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
    from celoss_cli.cli.computing import compute, planned
    from celoss_cli.cli.options import LossOptions

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
    found = planned(LOSSES[plan.check.loss], asked, _SHOWN)
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
    from celoss_cli.studies.checks.document import Outcome

    name = plan.check.name
    try:
        report, gate = _computed(plan)
    except UsageError as error:
        raise error.at(plan.check.place) from None
    except CelossError as error:
        return Outcome(name, None, _told(error), error.exit_code), None
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


def _told(error: CelossError) -> str:
    """An error with its ways out as keys of the check, for the config file."""
    ways = [keys for way in error.ways if (keys := _keys(way))]
    return f"{error.sentence} (in the check: {'; or '.join(ways)})" if ways else error.sentence


def _keys(way: Way) -> str:
    """The keys of a check that say what a way out says: positive = "2"; "" where no key does."""
    if way.not_files or any(value.startswith("@targets") for _, value in way.options):
        return ""
    found = [f"loss = {_in_toml(way.command)}"] if way.command else []
    for name, value in way.options:
        if name in ("--header", "--no-header"):
            found.append(f"header = {str(name == '--header').lower()}")
        else:
            found.append(f"{name.removeprefix('--')} = {_in_toml(value) if value else 'true'}")
    return ", ".join([*found, *(f"no {name.removeprefix('--')}" for name in way.without)])


def _in_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _trace() -> None:
    import traceback

    from celoss_cli.cli.output import note

    note(traceback.format_exc().rstrip())


def worst(codes: Sequence[ExitCode], *, exit_zero: bool) -> ExitCode:
    """The worst of these exit codes; a check that failed is none where ``exit_zero`` is asked for."""
    found = min(codes, key=_WORST.index)
    return ExitCode.DONE if found is ExitCode.CHECK_FAILED and exit_zero else found


def print_messages(outcomes: Sequence[Outcome], outlet: Outlet) -> None:
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


def save_baseline(outcome: Outcome, gate: Gate) -> ExitCode:
    """Writes the baseline where that is wanted; one that fails does not stop the others."""
    from celoss_cli.cli.output import note

    try:
        if outcome.report is not None:
            gate.save_baselines(outcome.report)
    except CelossError as error:
        note(f"celoss: error: {visible(outcome.name)}: {error}")
        return error.exit_code
    return ExitCode.DONE
