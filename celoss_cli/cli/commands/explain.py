"""``celoss explain``: a name -> its words, and for a loss an example computed on the spot."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.options import Running, Writing, formats
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.option import TEXT
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celoss_cli.core.option import OptionValues

__all__ = ["COMMAND"]

_HELP = """Explain a loss or a finding.

A loss comes with its formula, a short derivation, the meaning of every option, an example computed on the \
spot, its twins and references; a finding with what it sees, why it matters and what to do. Without a name \
all are listed.

Example: celoss explain ce; celoss explain CEL103"""


def _names(typed: OptionValues) -> Iterable[str]:
    from celoss_cli.studies.explain import explained_names

    return explained_names()


@record(frozen=True, slots=True)
class ExplainOptions:
    """The options of ``celoss explain``."""

    name: str | None = option(
        TEXT,
        "A loss (ce, cross_entropy) or the code of a finding (CEL101); all are listed if not given.",
        metavar="[NAME]",
        argument=True,
        complete=_names,
    )
    writing: Writing = part(Writing, without=("report",), format=formats(help="How it is written."))
    running: Running = part(Running, without=("jobs",))


def run(given: ExplainOptions) -> int:
    """Explains one thing, or lists them all; answers the exit code.

    Raises:
        CelossError: for a name that there is not, and where the output cannot be written.

    """
    from celoss_cli.cli.outlet import outlet_of
    from celoss_cli.cli.publish import publish
    from celoss_cli.studies.explain import document_of, explained, overview

    explanation = overview() if given.name is None else explained(given.name)
    if explanation.command:
        from celoss_cli.cli.trying import report_of_words  # a finding has no example

        _, *words = shlex.split(explanation.command)
        explanation = replace(explanation, example=report_of_words(words, "table"))
    return publish(document_of(explanation), outlet_of(given))


COMMAND = Command("explain", _HELP, ExplainOptions, run)
