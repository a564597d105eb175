"""Partial results in files, added, and the report of the sum."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from celoss_cli.cli.command_line import words_of_merge
from celoss_cli.cli.output import note
from celoss_cli.core.errors import InputError, Way, listed, quoted, visible
from celoss_cli.core.records import replace
from celoss_cli.losses import LOSSES
from celoss_cli.read.paths import files_of
from celoss_cli.report.assemble import report_of
from celoss_cli.studies.merge.files import all_parts, missing_of, partial_in
from celoss_cli.studies.merge.once import Results, alike
from celoss_cli.studies.merge.parts import loss_of, merged

if TYPE_CHECKING:
    from celoss_cli.cli.options import Semantics
    from celoss_cli.core.data import Reduction
    from celoss_cli.findings import CommandWords
    from celoss_cli.report.report import Report
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["report_of_whole", "tell_of_unseen", "whole_of"]


def tell_of_unseen(whole: Partial) -> None:
    """Tells where parts have more documents than they name, so that one may count in two of them."""
    if whole.documents.one_in > 1:
        few = f"1 of {whole.documents.one_in} documents was looked for in other parts"
        note(f"celoss: note: {few}: a single one that counts twice may not be seen")


def report_of_whole(whole: Partial, semantics: Semantics, files: Iterable[str] | None = None) -> Report:
    """The report that one run over all the data would have, without the steps of its rows.

    Args:
        whole: the totals of all the data.
        semantics: says what the answer is where nothing is counted.
        files: how a remedy names the data, if not file by file.

    Raises:
        InputError: if nothing was counted and nobody said what the answer is then.

    """
    named = whole.source.get("files", ()) if files is None else files
    return report_of(
        LOSSES[whole.loss],
        loss_of(whole),
        whole.evaluation,
        reduction=cast("Reduction", whole.reduction),
        options=whole.options,
        source=whole.source,
        on_empty=semantics.on_empty,
        by=whole.by,
        quantiles=whole.quantiles,
        top=whole.top_k,
        said=lambda: _said(named, whole, semantics),
    )


def _said(files: Iterable[str], whole: Partial, semantics: Semantics) -> CommandWords:
    from celoss_cli.cli.leading import led  # most runs find nothing

    return replace(words_of_merge(files, whole.command_words, semantics), lead=led)


@contextlib.contextmanager
def _offering_parts(path: str) -> Iterator[None]:
    """Where a file is no partial result but data, offers the command that makes one of it."""
    try:
        yield
    except InputError as error:
        from celoss_cli.cli.inspecting import commands_of  # most files are parts

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
