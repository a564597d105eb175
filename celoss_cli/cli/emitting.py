"""A loss command with ``--emit``: the computation as code of a library instead of its result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.computing import evaluated, planned, reported
from celoss_cli.cli.outlet import refuse_overwriting
from celoss_cli.cli.output import write_file, write_stdout
from celoss_cli.cli.publish import remarks, tell
from celoss_cli.cli.reading import opened
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import ExitCode, UsageError, quoted
from celoss_cli.read.paths import files_of
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.show import FORMATS
from celoss_cli.studies.emit import LIBRARIES
from celoss_cli.studies.emit.code import program
from celoss_cli.studies.emit.kept import Kept
from celoss_cli.studies.emit.reading import Reading

if TYPE_CHECKING:
    from celoss_cli.cli.options import LossOptions
    from celoss_cli.losses import LossSpec

__all__ = ["READ_BY_CODE", "run"]

_TAKEN = ("files", "input", "reading", "semantics", "output", "color", "running", "emit")
"""What the code depends on, and where it goes; every other option says something of a result."""

READ_BY_CODE = (
    *("targets", "target_column", "class_columns", "id_column", "weight_column", "input_format", "delimiter"),
    *("decimal", "encoding", "header", "class_axis", "allow_unterminated", "allow_out_of_domain"),
)
"""The options of reading that lines which read the files know; with any other the values are written out."""


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes, so that the data is known to be good, and writes the code; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    _refuse_unused(spec, given)
    refuse_overwriting(given)
    plan, kept = planned(spec, given, replace(FORMATS["value"], every_row=False)), Kept()
    with opened(plan.data) as found:
        if found.dataset.scored:
            raise UsageError(
                "Expected no --emit with scored tokens, got one: there is nothing left to compute."
            )
        found.dataset.batches = kept.through(found.dataset.batches)
        result = evaluated(plan, found)
    report = reported(plan, result)
    loss = spec.loss(**report.options)
    text = "".join(program(spec, LIBRARIES[given.emit or ""], _reading(given), report, loss, kept))
    if given.writing.output is not None:
        write_file(given.writing.output, [text])
    else:
        write_stdout([text])
    tell(remarks(report))
    return ExitCode.DONE


def _refuse_unused(spec: LossSpec, given: LossOptions) -> None:
    for other in given_options(given, without=_TAKEN):
        raise UsageError(f"Expected no {other.option.flag} with --emit, got one.")
    for path in filter(is_remote, (*given.files, (given.reading.targets or "").removeprefix("@"))):
        raise UsageError(f"Expected files of this machine with --emit, got {quoted(path)}.")
    if given.reading.clip_domain is not None:
        raise UsageError("Expected no --clip-domain with --emit, got one.")
    semantics = given.semantics
    for flag, value, unsaid in (
        ("--convention", semantics.convention, None),
        ("--input-is", semantics.input_is if spec.by_convention else None, None),
        ("--on-empty", semantics.on_empty, "error"),
    ):
        if value != unsaid:
            raise UsageError(f"Expected no {flag} with --emit, got {value}.")


def _reading(given: LossOptions) -> Reading:
    reading = given.reading
    more = given_options(reading, without=READ_BY_CODE)
    return Reading(
        unwritten=tuple(other.option.flag for other in more),
        files=files_of(given.files) or ["-"],
        input=given.input,
        target=reading.targets,
        input_format=reading.input_format,
        delimiter=reading.delimiter,
        decimal=reading.decimal,
        encoding=reading.encoding,
        header=reading.header is not False,
        class_axis=reading.class_axis,
    )
