"""What is done with the report of a loss: it is judged, written and kept."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.output import note, write_file
from celoss_cli.cli.publish import outlet_of, print_verdicts, publish, remarks
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import ExitCode, UsageError
from celoss_cli.core.records import record
from celoss_cli.show.loss.document import document_of

if TYPE_CHECKING:
    from celoss_cli.cli.gates import Gate
    from celoss_cli.cli.options import Keeping, Limits, Writing
    from celoss_cli.cli.publish import Outlet
    from celoss_cli.report.report import Report
    from celoss_cli.show import FormatSpec
    from celoss_cli.studies.merge.parts import Partial


__all__ = ["Computed", "Conclusion", "conclude", "conclusion_of"]


@record(frozen=True, slots=True)
class Computed:
    """A report, and the partial result that goes with it where one is wanted."""

    report: Report
    partial: Partial | None = None


@record(frozen=True, slots=True)
class Conclusion:
    """What is to be done with a report.

    Attributes:
        outlet: where it goes.
        gate: what it is held against, or None.
        partial_file: where the partial result goes, or None.
        command: a command line that prints the number again, for a page, or "".
        started: when the command began, in seconds of the clock that counts.

    """

    outlet: Outlet
    gate: Gate | None
    partial_file: str | None = None
    command: str = ""
    started: float = 0.0


def conclusion_of(
    options: Any,
    writing: Writing,
    limits: Limits,
    keeping: Keeping,
    *,
    reduction: str | None = None,
    partial_file: str | None = None,
    format: FormatSpec | None = None,
    arrays: bool = False,
) -> Conclusion:
    """What is to be done with a report.

    Args:
        options: the record of all options of the command.
        writing: how the result is written.
        limits: what it is held against.
        keeping: what happens after that.
        reduction: that the command line asks for, or None.
        partial_file: where the partial result goes, or None.
        format: of the result; the one that the options name if not given.
        arrays: whether the result has elements that may be written as an array.

    Raises:
        UsageError: for options that change nothing, and for a format that shows nothing but checks where
            there is none.
        InputError: for a file that is no baseline.

    """
    outlet = outlet_of(writing, options, format=format, arrays=arrays)
    gate = None
    if any(given_options(limits)) or any(given_options(keeping)):
        from celoss_cli.cli.gates import gate_of  # most runs check nothing

        gate = gate_of(limits, keeping, reduction)
    for spec in outlet.formats:
        if spec.only_checks and not (gate is not None and gate.asked):
            raise UsageError(f"Expected a check with --format {spec.name}, for example --max, got none.")
    return Conclusion(outlet, gate, partial_file, started=perf_counter())


def conclude(found: Computed, plan: Conclusion) -> ExitCode:
    """Judges a report, writes it and keeps it as a baseline; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    if found.partial is not None and plan.partial_file is not None:
        from celoss_cli.studies.merge.document import as_text

        write_file(plan.partial_file, [as_text(found.partial)])
    report, gate = found.report, plan.gate
    if gate is not None:
        report = gate.judged(report)
    code = ExitCode.DONE if gate is None else gate.exit_code(report)
    print_verdicts(report.checks, plan.outlet)
    document = document_of(report, plan.command, seconds=perf_counter() - plan.started)
    publish(document, plan.outlet, code)
    for line in remarks(report):
        note(f"celoss: {line}")
    if gate is not None:
        gate.save_baselines(report)
    return code
