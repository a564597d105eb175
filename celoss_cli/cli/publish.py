"""The end of every command's road: a result is judged, written in each format that is wanted, and kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.outlet import STDOUT, outlet_of
from celoss_cli.cli.output import PipeClosed, append_file, note, stdout_style, write_file, write_stdout
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import ExitCode, plural, visible
from celoss_cli.core.records import record, replace
from celoss_cli.core.version import __version__
from celoss_cli.show import FORMATS, FormatSpec, Style
from celoss_cli.show.loss.document import document_of

if TYPE_CHECKING:
    from celoss_cli.cli.gates import Gate
    from celoss_cli.cli.outlet import Outlet
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.report import Report
    from celoss_cli.report.verdict import Verdict
    from celoss_cli.show.document import Document
    from celoss_cli.studies.merge.parts import Partial

__all__ = [
    "Conclusion",
    "conclude",
    "conclusion_of",
    "print_verdicts",
    "publish",
    "remarks",
    "remarks_of",
    "tell",
]


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
    given: Any,
    *,
    partial_file: str | None = None,
    format: FormatSpec | None = None,
    arrays: bool = False,
) -> Conclusion:
    """What is to be done with a report.

    Args:
        given: the options of the command, with fields ``semantics``, ``writing``, ``limits`` and ``keeping``.
        partial_file: where the partial result goes, or None.
        format: of the result; the one that the options name if not given.
        arrays: whether the result has elements that may be written as an array.

    Raises:
        UsageError: for options that change nothing, and for a format that shows nothing but checks where
            there is none.
        InputError: for a file that is no baseline.

    """
    outlet, gate = outlet_of(given, format=format, arrays=arrays), None
    if any(given_options(given.limits)) or any(given_options(given.keeping)):
        from celoss_cli.cli.gates import gate_of  # most runs check nothing

        gate = gate_of(given.limits, given.keeping, given.semantics.reduction)
    if gate is None or not gate.asked:
        outlet.refuse_without_checks("--max")
    return Conclusion(outlet, gate, partial_file, started=perf_counter())


def conclude(report: Report, plan: Conclusion, part: Partial | None = None) -> ExitCode:
    """Judges a report, writes it and keeps it as a baseline; answers the exit code.

    Args:
        report: what was computed.
        plan: what is to be done with it.
        part: the partial result that goes with it, where one is wanted.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    if part is not None and plan.partial_file is not None:
        from celoss_cli.studies.merge.document import as_text

        write_file(plan.partial_file, [as_text(part)])
    gate = plan.gate
    if gate is not None:
        report = gate.judged(report)
    code = ExitCode.DONE if gate is None else gate.exit_code(report)
    if report.checks:
        print_verdicts(report.checks, plan.outlet)
    document = document_of(report, plan.command, seconds=perf_counter() - plan.started)
    publish(document, plan.outlet, code)
    tell(remarks(report))
    if gate is not None:
        gate.save_baselines(report)
    return code


def publish(document: Document, outlet: Outlet, code: ExitCode = ExitCode.DONE) -> ExitCode:
    """Writes a result in every format that is wanted, standard output last; answers the exit code.

    Args:
        document: the result.
        outlet: where it goes.
        code: how the command ends.

    Raises:
        OutputError: if something cannot be written.
        PipeClosed: if nobody reads standard output any more; a check that failed stays failed.

    """
    plain = Style(version=__version__)
    for spec, path in outlet.reports:
        if path != STDOUT:
            write_file(path, spec.render(document, plain))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(spec.name == "github" for spec in outlet.formats):
        append_file(summary, FORMATS["markdown"].render(document, plain))
    if outlet.file is not None:
        style = replace(plain, color=outlet.color == "always")
        write_file(outlet.file, outlet.format.render(document, style))
    shown = outlet.on_stdout
    try:
        if shown is not None:
            write_stdout(shown.render(document, stdout_style(outlet.color)))
    except PipeClosed:
        raise PipeClosed(code or ExitCode.PIPE_CLOSED) from None
    return code


def print_verdicts(verdicts: Iterable[Verdict], outlet: Outlet, *, of: str = "") -> None:
    """The verdicts on standard error, where standard output does not show them.

    Args:
        verdicts: in order.
        outlet: where the result goes.
        of: the name of the check, where there are several.

    """
    shown = outlet.on_stdout
    if shown is not None and shown.checks:
        return
    for verdict in verdicts:
        mark = "pass" if verdict.passed else "FAIL"
        name = " ".join(filter(None, (of, visible(verdict.name))))
        note(f"celoss: {mark} {name}: {visible(verdict.reason)}")


def remarks(report: Report) -> Iterator[str]:
    """What a reader should know of a report, for standard error."""
    return remarks_of(report.source.get("skipped", 0), report.findings)


def remarks_of(
    skipped: int, findings: Iterable[Finding], *, name: str = "", brief: bool = False
) -> Iterator[str]:
    """What a reader should know of data.

    Args:
        skipped: how many rows were left out for a missing value.
        findings: what was found in it.
        name: of the data, where there are several.
        brief: whether remedies are left out.

    """
    of = f"{name}: " if name else ""
    if skipped:
        yield f"note: {of}{plural(skipped, 'row')} with missing values skipped"
    for finding in findings:
        remedy = "" if brief or not finding.remedy else f"; try: {visible(finding.remedy)}"
        yield f"{finding.severity} {finding.code}: {of}{visible(finding.message)}{remedy}"


def tell(lines: Iterable[str]) -> None:
    """Remarks on standard error."""
    for line in lines:
        note(f"celoss: {line}")
