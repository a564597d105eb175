"""``celoss merge``: partial results -> one report."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.kinds import REAL_FILE
from celoss_cli.cli.options import OUTPUT, Keeping, Limits, Running, Semantics, Writing, expect_parts
from celoss_cli.cli.table import Command, option, part
from celoss_cli.core.errors import InputError, Way
from celoss_cli.core.option import TEXT
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.studies.merge.once import Results
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["COMMAND", "NOT_OF_PARTS", "OF_THE_PARTS", "whole_of"]

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
    from celoss_cli.cli.merging import report_of_whole
    from celoss_cli.cli.publish import conclude, conclusion_of

    end = conclusion_of(given, partial_file=given.emit_partial)
    whole = whole_of(given.partials, given.expect_parts)
    return conclude(report_of_whole(whole, given.semantics), end, whole)


@contextlib.contextmanager
def _offering_parts(path: str) -> Iterator[None]:
    """Where a file is no partial result but data, offers the command that makes one of it."""
    try:
        yield
    except InputError as error:
        from celoss_cli.cli.inspecting import commands_of

        part = f"{os.path.splitext(path)[0]}.part.json"
        ways = [[*words[1:], "--emit-partial", part] for words in commands_of(path)]
        error.ways = tuple(Way("writes it", (), words=tuple(words)) for words in ways)
        raise


def whole_of(named: Sequence[str], expected: int | None) -> Partial:
    """The sum of the partial results in files.

    Args:
        named: files, folders and patterns.
        expected: how many shards there must be, or None.

    Raises:
        InputError: for parts that do not go together or are not all there.

    """
    from celoss_cli.cli.merging import tell_of_unseen
    from celoss_cli.cli.output import note
    from celoss_cli.core.errors import listed, visible
    from celoss_cli.read.paths import files_of
    from celoss_cli.studies.merge.files import all_parts, missing_of, partial_in
    from celoss_cli.studies.merge.once import Results
    from celoss_cli.studies.merge.parts import merged

    unsure: list[str] = []
    results = Results()

    def parts() -> Iterator[tuple[str, Partial]]:
        for path in files_of(named):
            with _offering_parts(path):
                part = partial_in(path)
            if not part.knows_its_files:
                unsure.append(path)
            results.add(part.states, part.evaluation.tally)
            yield visible(path), part

    whole = merged(parts() if expected is None else all_parts(parts(), expected))
    if len(whole.parts) > 1:
        tell_of_unseen(whole)
        _tell_of_doubt(unsure, whole, results)
    if missing := missing_of(whole.shards):
        told = listed([str(shard) for shard in missing]).replace('"', "")
        note(f"celoss: note: {len(whole.shards)} of {missing[0].of} shards, without {told}")
    return whole


def _tell_of_doubt(unsure: Sequence[str], whole: Partial, results: Results) -> None:
    """Tells where data may count twice and nothing shows it."""
    from celoss_cli.cli.output import note
    from celoss_cli.core.errors import listed, quoted
    from celoss_cli.studies.merge.once import alike

    if unsure:
        told = "is of a pipe or of an earlier version and does not say how its files were"
        note(f"celoss: note: {listed(unsure)} {told}: data that counts twice would not be seen")
    timed = alike(whole.states)
    found = [pair for pair in results.pairs if pair not in timed]
    for what, pairs in (("time", timed), ("result, to the last bit", found)):
        if pairs:
            one, other = map(quoted, pairs[0])
            more = f", and {len(pairs) - 1} more such pairs" if len(pairs) > 1 else ""
            note(f"celoss: note: {one} and {other} have one size and one {what}: is that a file twice?{more}")


COMMAND = Command("merge", _HELP, MergeOptions, run)
