"""Runs a loss command with ``--emit``: the computation as code of a library instead of its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import computed
from celoss_cli.cli.output import note, write_file, write_stdout
from celoss_cli.cli.result import remarks
from celoss_cli.core.errors import ExitCode, UsageError
from celoss_cli.show import FORMATS
from celoss_cli.studies.emit import LIBRARIES
from celoss_cli.studies.emit.code import program
from celoss_cli.studies.emit.kept import Kept
from celoss_cli.studies.emit.reading import Reading

if TYPE_CHECKING:
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss

__all__ = ["run"]

_OF_THE_RESULT = (
    "format",
    "json",
    "rows",
    "row",
    "emit_partial",
    "by",
    "worst",
    "quantiles",
    "grad",
    "max",
    "min",
    "expect",
    "baseline",
    "min_count",
    "max_group",
    "save_baseline",
    "report",
)
"""Options that say something of a result that is not printed."""


def run(spec: LossSpec, given: Mapping[str, Any]) -> int:
    """Computes, so that the data is known to be good, and writes the code; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    _refuse_unused(given)
    kept = Kept()
    report = computed(spec, given, replace(FORMATS["value"], every_row=False), kept.through)
    loss = _loss(spec, report.options)
    text = "".join(program(spec, LIBRARIES[given["emit"]], _reading(given), report, loss, kept))
    if given["output"] is not None:
        write_file(given["output"], [text])
    else:
        write_stdout([text])
    for line in remarks(report):
        note(f"celoss: {line}")
    return ExitCode.DONE


def _refuse_unused(given: Mapping[str, Any]) -> None:
    for name in _OF_THE_RESULT:
        if given[name] not in (None, False, (), []):
            raise UsageError(f"Expected no --{name.replace('_', '-')} with --emit, got one.")
    for name in ("convention", "input_is"):
        if given.get(name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"Expected no {option} with --emit, got {given[name]}.")
    if given["on_empty"] != "error":
        raise UsageError(f"Expected no --on-empty with --emit, got {given['on_empty']}.")


def _loss(spec: LossSpec, options: Mapping[str, Any]) -> Loss:
    return spec.load()(**options)


def _reading(given: Mapping[str, Any]) -> Reading:
    return Reading(
        files=given["files"] or ["-"],
        input=given["input"],
        target=given["targets"],
        input_format=given["input_format"],
        delimiter=given["delimiter"],
        decimal=given["decimal"],
        encoding=given["encoding"],
        header=given["header"] is not False,
        class_axis=given.get("class_axis"),
    )
