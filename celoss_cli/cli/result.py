"""What every command that computes a loss does with its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celoss_cli.cli.output import note, stdout_style, write_file, write_stdout
from celoss_cli.data import Report
from celoss_cli.errors import UsageError
from celoss_cli.formats import FORMATS, FormatSpec, Style
from celoss_cli.sources.columns import plural

__all__ = ["chosen_format", "deliver"]


def chosen_format(given: Mapping[str, Any]) -> FormatSpec:
    """The format that the options name.

    Raises:
        UsageError: if they name two.

    """
    if given["json"] and given["format"] not in (None, "json"):
        raise UsageError(f"Expected --json or --format {given['format']}, got both.")
    return FORMATS["json" if given["json"] else given["format"] or "table"]


def deliver(report: Report, format: FormatSpec, given: Mapping[str, Any]) -> None:
    """Writes the report where it is wanted, and on standard error what a reader should know of it."""
    if given["output"] is None:
        write_stdout(format.render(report, stdout_style(given["color"])))
    else:
        style = Style(color=given["color"] == "always", version=stdout_style("never").version)
        write_file(given["output"], format.render(report, style))
    if report.source.get("skipped"):
        note(f"celoss: note: {plural(report.source['skipped'], 'row')} with missing values skipped")
    for doubt in _doubts(report):
        note(f"celoss: warning: {doubt}")
    for finding in report.findings:
        note(f"celoss: {finding.severity} {finding.code}: {finding.message}")


def _doubts(report: Report) -> Sequence[str]:
    """What the header left open; names that the targets were matched to leave nothing open."""
    if "targets matched to the class names" in report.source["conversions"]:
        return ()
    notes: Sequence[str] = report.source["columns"].get("notes", ())
    return notes
