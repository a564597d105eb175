"""What every command that computes a loss does with its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.gates import gate_of
from celoss_cli.cli.output import PipeClosed, append_file, note, stdout_style, write_file, write_stdout
from celoss_cli.cli.written import STDOUT, refuse_overwriting
from celoss_cli.core.errors import ExitCode, UsageError, plural, quoted, visible
from celoss_cli.show import FORMATS, FormatSpec, Style
from celoss_cli.show.loss.document import document_of

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show.document import Document

__all__ = ["chosen_format", "chosen_reports", "gated", "on_stdout", "publish", "remarks"]


def gated(
    given: Mapping[str, Any],
    compute: Callable[[FormatSpec], Report],
    format: FormatSpec | None = None,
    command: str = "",
) -> ExitCode:
    """Computes, holds the report against the limits, writes it and keeps it; answers the exit code.

    Args:
        given: the options of the command.
        compute: the report, with whatever this format or another one asked for shows.
        format: how it is written; the one that the options name if not given.
        command: prints the number again, for a page.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    format, extra = format or chosen_format(given), chosen_reports(given)
    gate = gate_of(given)
    for spec in (format, *(spec for spec, _ in extra)):
        if spec.only_checks and not gate.asked:
            raise UsageError(f"Expected a check with --format {spec.name}, for example --max, got none.")
    report = gate.judged(compute(_able(format, extra)))
    code = gate.exit_code(report)
    _tell_verdicts(report, on_stdout(format, extra, given))
    publish(document_of(report, command), format, extra, given, code)
    for line in remarks(report):
        note(f"celoss: {line}")
    gate.keep(report)
    return code


def chosen_format(given: Mapping[str, Any]) -> FormatSpec:
    """The format that the options name.

    Raises:
        UsageError: if they name two.

    """
    if given["json"] and given["format"] not in (None, "json"):
        raise UsageError(f"Expected --json or --format {given['format']}, got both.")
    return FORMATS["json" if given["json"] else given["format"] or "table"]


def chosen_reports(given: Mapping[str, Any]) -> list[tuple[FormatSpec, str]]:
    """The further formats and the files they go to.

    Raises:
        UsageError: for a format that there is not, and for a file that has two uses.

    """
    chosen: list[tuple[FormatSpec, str]] = []
    for text in given["report"] or ():
        name, _, path = text.partition("=")
        if name not in FORMATS or not path:
            known = ", ".join(FORMATS)
            raise UsageError(f"Expected --report FORMAT=FILE with a format of {known}, got {quoted(text)}.")
        if path in (given["output"], *(other for _, other in chosen)):
            raise UsageError(f"Expected one format for each file, got two for {quoted(path)}.")
        if path == STDOUT and given["output"] is None:
            raise UsageError(
                f"Expected -o FILE together with --report {name}=-, got standard output for two formats."
            )
        chosen.append((FORMATS[name], path))
    refuse_overwriting(given, (path for _, path in chosen))
    return chosen


def on_stdout(
    format: FormatSpec, extra: Sequence[tuple[FormatSpec, str]], given: Mapping[str, Any]
) -> FormatSpec | None:
    """What standard output gets: the format, or where that goes to a file, the one of --report FORMAT=-."""
    if given["output"] is None:
        return format
    return next((spec for spec, path in extra if path == STDOUT), None)


def _able(format: FormatSpec, extra: Sequence[tuple[FormatSpec, str]]) -> FormatSpec:
    """The format with what the others show too."""
    specs = [format, *(spec for spec, _ in extra)]
    return replace(
        format,
        every_row=any(spec.every_row for spec in specs),
        workings=any(spec.workings for spec in specs),
        gradient=any(spec.gradient for spec in specs),
        breakdown=any(spec.breakdown for spec in specs),
    )


def publish(
    document: Document,
    format: FormatSpec,
    extra: Sequence[tuple[FormatSpec, str]],
    given: Mapping[str, Any],
    code: ExitCode,
) -> None:
    """Writes a result in every format that is wanted, standard output last.

    Raises:
        OutputError: if something cannot be written.
        PipeClosed: if nobody reads standard output any more; a check that failed stays failed.

    """
    plain = Style(version=stdout_style("never").version)
    for spec, path in extra:
        if path != STDOUT:
            write_file(path, spec.render(document, plain))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(spec.name == "github" for spec in (format, *(spec for spec, _ in extra))):
        append_file(summary, FORMATS["markdown"].render(document, plain))
    if given["output"] is not None:
        style = replace(plain, color=given["color"] == "always")
        write_file(given["output"], format.render(document, style))
    shown = on_stdout(format, extra, given)
    if shown is None:
        return
    try:
        write_stdout(shown.render(document, stdout_style(given["color"])))
    except PipeClosed:
        raise PipeClosed(code or ExitCode.PIPE_CLOSED) from None


def _tell_verdicts(report: Report, shown: FormatSpec | None) -> None:
    """The verdicts on standard error, where standard output does not show them."""
    if shown is not None and shown.checks:
        return
    for verdict in report.checks:
        mark = "pass" if verdict.passed else "FAIL"
        note(f"celoss: {mark} {visible(verdict.name)}: {visible(verdict.reason)}")


def remarks(report: Report) -> Iterator[str]:
    """What a reader should know of a report, for standard error."""
    if report.source.get("skipped"):
        yield f"note: {plural(report.source['skipped'], 'row')} with missing values skipped"
    for finding in report.findings:
        remedy = f"; try: {visible(finding.remedy)}" if finding.remedy else ""
        yield f"{finding.severity} {finding.code}: {visible(finding.message)}{remedy}"
