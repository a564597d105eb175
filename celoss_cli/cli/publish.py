"""The end of every command's road: a result is written in every format that is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.output import PipeClosed, append_file, note, stdout_style, write_file, write_stdout
from celoss_cli.cli.table import given_options, options_in
from celoss_cli.core.errors import ExitCode, UsageError, Way, plural, quoted, visible
from celoss_cli.core.records import record, replace
from celoss_cli.core.suffix import is_device, suffix_of, without_suffix
from celoss_cli.core.version import __version__
from celoss_cli.show import ARRAYS, FORMATS, FormatSpec, Style, format_of_suffix, suffixes

if TYPE_CHECKING:
    from celoss_cli.cli.options import Writing
    from celoss_cli.findings.facts import Finding
    from celoss_cli.report.report import Report, Verdict
    from celoss_cli.show.document import Document

__all__ = ["Outlet", "outlet_of", "print_verdicts", "publish", "remark_of", "remarks"]

STDOUT = "-"
"""The file of --output and --report that is standard output."""


@record(frozen=True, slots=True)
class Outlet:
    """Where a result goes, and in which formats.

    Attributes:
        format: of the file, or of standard output.
        file: that it is written to; None for standard output.
        reports: further formats with their files, "-" for standard output.
        color: "auto", "always" or "never".

    """

    format: FormatSpec
    file: str | None = None
    reports: tuple[tuple[FormatSpec, str], ...] = ()
    color: str = "auto"

    @property
    def formats(self) -> list[FormatSpec]:
        """All formats, the main one first."""
        return [self.format, *(spec for spec, _ in self.reports)]

    @property
    def on_stdout(self) -> FormatSpec | None:
        """What standard output gets: the format, or where that goes to a file, that of --report FORMAT=-."""
        if self.file is None:
            return self.format
        return next((spec for spec, path in self.reports if path == STDOUT), None)

    @property
    def able(self) -> FormatSpec:
        """The main format with what the others show too."""
        specs = self.formats
        return replace(
            self.format,
            every_row=any(spec.every_row for spec in specs),
            workings=any(spec.workings for spec in specs),
            gradient=any(spec.gradient for spec in specs),
            predictions=any(spec.predictions for spec in specs),
            breakdown=any(spec.breakdown for spec in specs),
        )


def outlet_of(
    writing: Writing, options: Any, *, format: FormatSpec | None = None, arrays: bool = False
) -> Outlet:
    """Where the options say that the result goes.

    Args:
        writing: the options that say it.
        options: the record of all options of the command, whose other files must be other ones.
        format: of the result; the one that the options name if not given.
        arrays: whether the result has elements that may be written as an array.

    Raises:
        UsageError: for two formats where one is written, for a format that there is not, and for a file
            that has two uses.

    """
    if writing.json and writing.format not in (None, "json"):
        raise UsageError(f"Expected --json or --format {writing.format}, got both.")
    chosen: list[tuple[FormatSpec, str]] = []
    for text in writing.report:
        name, _, path = text.partition("=")
        if name not in FORMATS or not path:
            known = ", ".join(FORMATS)
            raise UsageError(f"Expected --report FORMAT=FILE with a format of {known}, got {quoted(text)}.")
        if path in (writing.output, *(other for _, other in chosen)):
            raise UsageError(f"Expected one format for each file, got two for {quoted(path)}.")
        if path == STDOUT and writing.output is None:
            told = f"Expected -o FILE together with --report {name}=-, got standard output for two formats."
            raise UsageError(told)
        chosen.append((FORMATS[name], path))
    if chosen or any(given.option.file == "written" for given in given_options(options)):
        from celoss_cli.cli.output_files import refuse_overwriting  # most runs write no file

        refuse_overwriting(options, (path for _, path in chosen))
    if format is not None:
        reports = any(option.name == "report" for option in options_in(type(options)))
        _refuse_ending(writing.output or STDOUT, format, reports=reports)
    main = format or _main(writing, options, arrays=arrays)
    return Outlet(main, writing.output, tuple(chosen), writing.color)


def _refuse_ending(path: str, format: FormatSpec, *, reports: bool) -> None:
    """Refuses a file whose ending says another format than the only one that a command writes.

    Args:
        path: of the file.
        format: the one that is written.
        reports: whether further ones may be written beside it.

    Raises:
        UsageError: with the file of the right ending, and that of the other format beside it.

    """
    ending = suffix_of(path)
    if path == STDOUT or not ending or ending.lower() in format.suffixes or is_device(path):
        return
    other, right = format_of_suffix(path), without_suffix(path) + format.suffixes[0]
    ways = [Way("", (("-o", right),))]
    if reports and other is not None and other.name in FORMATS:
        ways.append(Way("both", (("-o", right), ("--report", f"{other.name}={path}"))))
    raise UsageError(
        f"Expected -o with a file that ends in {' or '.join(format.suffixes)}, got {quoted(path)}.", ways=ways
    )


def _main(writing: Writing, options: Any, *, arrays: bool) -> FormatSpec:
    """The format of --format, or else of the ending of the file.

    Raises:
        UsageError: for an ending that says none, or one that the command does not write.

    """
    named = "json" if writing.json else writing.format
    path = writing.output or STDOUT
    if named is not None or path == STDOUT or not suffix_of(path) or is_device(path):
        return FORMATS[named or "table"]
    found = format_of_suffix(path)
    offered = next(option for option in options_in(type(options)) if option.name == "format").kind.choices
    able = [*offered, *(ARRAYS if arrays else ())]
    if found is None or found.name not in able:
        right = without_suffix(path) + suffixes(*able)[0]
        raise UsageError(
            f"Expected -o with a file that ends in {', '.join(suffixes(*able))}, got {quoted(path)}.",
            ways=(Way("", (("-o", right),)), Way("", (("--format", able[0]),))),
        )
    return found


def publish(document: Document, outlet: Outlet, code: ExitCode) -> None:
    """Writes a result in every format that is wanted, standard output last.

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
    if shown is None:
        return
    try:
        write_stdout(shown.render(document, stdout_style(outlet.color)))
    except PipeClosed:
        raise PipeClosed(code or ExitCode.PIPE_CLOSED) from None


def print_verdicts(verdicts: Iterable[Verdict], outlet: Outlet) -> None:
    """The verdicts on standard error, where standard output does not show them."""
    shown = outlet.on_stdout
    if shown is not None and shown.checks:
        return
    for verdict in verdicts:
        mark = "pass" if verdict.passed else "FAIL"
        note(f"celoss: {mark} {visible(verdict.name)}: {visible(verdict.reason)}")


def remarks(report: Report) -> Iterator[str]:
    """What a reader should know of a report, for standard error."""
    if report.source.get("skipped"):
        yield f"note: {plural(report.source['skipped'], 'row')} with missing values skipped"
    yield from map(remark_of, report.findings)


def remark_of(finding: Finding) -> str:
    """A finding on one line."""
    remedy = f"; try: {visible(finding.remedy)}" if finding.remedy else ""
    return f"{finding.severity} {finding.code}: {visible(finding.message)}{remedy}"
