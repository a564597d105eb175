"""``celoss merge``: partial results -> one report."""

from __future__ import annotations

from celoss_cli.cli.kinds import REAL_FILE
from celoss_cli.cli.options import OUTPUT, Keeping, Limits, Running, Semantics, Writing, expect_parts
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.option import TEXT
from celoss_cli.core.records import record

__all__ = ["COMMAND", "NOT_OF_PARTS", "OF_THE_PARTS"]

_HELP = """Combine the exact partial results of shards.

The result has the same bits as one run over all the data.

Example: celoss ce part1.csv --emit-partial 1.json; celoss merge 1.json 2.json"""


OF_THE_PARTS = (
    *("input_is", "convention", "reduction", "dtype", "base"),
    *("per", "score", "censored"),
)
"""What the parts say."""

NOT_OF_PARTS = ("gate_on", "max_ece")
"""Limits that need every row: a partial result holds totals."""


@record(frozen=True, slots=True)
class MergeOptions:
    """The options of ``celoss merge``."""

    partials: tuple[str, ...] = option(
        TEXT,
        "Files that --emit-partial wrote, their folder or a pattern in quotes, in any order.",
        default=(),
        metavar="PARTIAL...",
        argument=True,
        required=True,
        repeatable=True,
        file="read",
    )
    expect_parts: int | None = expect_parts()
    semantics: Semantics = part(Semantics, without=OF_THE_PARTS)
    emit_partial: str | None = option(
        REAL_FILE, "Also write the exact partial result of all.", panel=OUTPUT, file="written"
    )
    writing: Writing = part(Writing)
    running: Running = part(Running, without=("jobs",))
    limits: Limits = part(Limits, without=NOT_OF_PARTS)
    keeping: Keeping = part(Keeping)


def run(given: MergeOptions) -> int:
    """Adds and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    from celoss_cli.cli.merging import report_of_whole, whole_of
    from celoss_cli.cli.publish import conclude, conclusion_of

    end = conclusion_of(given, partial_file=given.emit_partial)
    whole = whole_of(given.partials, given.expect_parts)
    return conclude(report_of_whole(whole, given.semantics), end, whole)


COMMAND = Command("merge", _HELP, MergeOptions, run)
