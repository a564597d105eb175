"""``celoss merge``: partial results -> one report."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from celoss_cli.cli.options import Keeping, Limits, Running, Semantics, Writing, partial_file
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.option import TEXT
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.cli.concluding import Computed
    from celoss_cli.core.data import Reduction
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["COMMAND"]

_HELP = """Combine the exact partial results of shards.

The result has the same bits as one run over all the data.

Example: celoss ce part1.csv --emit-partial 1.json; celoss merge 1.json 2.json"""


_OF_THE_PARTS = (
    *("input_is", "convention", "reduction", "dtype", "base"),
    *("per", "score", "censored"),
)
"""What the parts say."""


@record(frozen=True, slots=True)
class MergeOptions:
    """The options of ``celoss merge``."""

    partials: tuple[str, ...] = option(
        TEXT,
        "Files that --emit-partial wrote, in any order.",
        default=(),
        metavar="PARTIAL...",
        argument=True,
        required=True,
        repeatable=True,
        file="read",
    )
    semantics: Semantics = part(Semantics, without=_OF_THE_PARTS)
    emit_partial: str | None = partial_file()
    writing: Writing = part(Writing)
    running: Running = part(Running, without=("jobs",))
    limits: Limits = part(Limits, without=("gate_on",))
    keeping: Keeping = part(Keeping)


def run(given: MergeOptions) -> int:
    """Adds and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.concluding import conclude, conclusion_of

    end = conclusion_of(given, given.writing, given.limits, given.keeping, partial_file=given.emit_partial)
    return conclude(_computed(given.partials, given.semantics), end)


def _computed(paths: tuple[str, ...], semantics: Semantics) -> Computed:
    from celoss_cli.cli.command_line import words_of_merge
    from celoss_cli.cli.concluding import Computed
    from celoss_cli.losses import LOSSES
    from celoss_cli.report.assemble import report_of
    from celoss_cli.studies.merge.parts import loss_of, merged

    whole = merged((path, _read(path)) for path in paths)
    report = report_of(
        LOSSES[whole.loss],
        loss_of(whole),
        whole.evaluation,
        reduction=cast("Reduction", whole.reduction),
        options=whole.options,
        source=whole.source,
        on_empty=semantics.on_empty,
        by=whole.by,
        quantiles=whole.quantiles,
        command_words=words_of_merge(whole.source.get("files", ()), whole.command_words, semantics),
    )
    return Computed(report, whole)


def _read(path: str) -> Partial:
    from celoss_cli.read.json.text import parsed
    from celoss_cli.read.request import open_stream
    from celoss_cli.studies.merge.document import read_partial

    with contextlib.closing(open_stream(path)) as stream:
        return read_partial(parsed(stream), stream.name)


COMMAND = Command("merge", _HELP, MergeOptions, run)
