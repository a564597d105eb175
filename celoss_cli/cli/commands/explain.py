"""Runs ``celoss explain``: a name -> its words, and for a loss an example computed on the spot."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.commands.loss import computed
from celoss_cli.cli.result import chosen_format, publish
from celoss_cli.core.errors import ExitCode
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS
from celoss_cli.studies.explain.document import document_of
from celoss_cli.studies.explain.explanations import explained, overview

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.studies.explain.explanation import Explanation

__all__ = ["run"]


def run(given: Mapping[str, Any]) -> int:
    """Explains one thing, or lists them all; answers the exit code.

    Raises:
        CelossError: for a name that there is not, and where the output cannot be written.

    """
    explanation = overview() if given["name"] is None else _with_example(explained(given["name"]))
    publish(document_of(explanation), chosen_format(given), (), given, ExitCode.DONE)
    return ExitCode.DONE


def _with_example(explanation: Explanation) -> Explanation:
    if not explanation.command:
        return explanation
    return replace(explanation, example=_computed(explanation.command))


def _computed(line: str) -> Report:
    """The report of a command line, which is parsed and computed as if the user had typed it."""
    from celoss_cli.cli.app import command

    _, name, *arguments = shlex.split(line)
    context = command(name).commands[name].make_context(name, arguments)
    return computed(LOSSES[name], context.params, FORMATS["table"])
