"""A data set in parts: each shard by itself, here or on a cluster, and all partial results added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.cli.computing import planned, tell_of_row_groups
from celoss_cli.cli.merging import report_of_whole, tell_of_unseen
from celoss_cli.cli.output import make_folder, note, write_file
from celoss_cli.cli.part import origin_of, part_of, text_of_part, words_of
from celoss_cli.cli.progress import Bar
from celoss_cli.cli.publish import conclude, conclusion_of
from celoss_cli.core.errors import InputError, UsageError, plural, quoted, visible
from celoss_cli.core.option import flag_words
from celoss_cli.core.records import record
from celoss_cli.read.paths import files_of
from celoss_cli.read.shards import Shard, dealt, parts_of, row_groups_in
from celoss_cli.studies.merge.document import as_text, read_partial
from celoss_cli.studies.merge.files import part_name, partial_in
from celoss_cli.studies.merge.parts import merged

if TYPE_CHECKING:
    from celoss_cli.cli.computing import Plan
    from celoss_cli.cli.options import LossOptions
    from celoss_cli.losses import LossSpec
    from celoss_cli.studies.merge.local import Asked
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["run", "whole_of"]


@record(frozen=True, slots=True)
class _Task:
    """A shard to be computed.

    Attributes:
        plan: with the files of the shard.
        path: the file of its partial result, or "" where none is kept.
        words: the files and options of the shard, for who computes it elsewhere.

    """

    plan: Plan
    path: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """What messages call it: the file of its part, or its first file."""
        first = self.plan.data.files[0]
        groups = self.plan.data.row_groups.get(first)
        return visible(self.path or (first if groups is None else f"{first} ({groups})"))

    @property
    def asked(self) -> Asked:
        """The same for a worker."""
        from celoss_cli.studies.merge.local import Asked  # multiprocessing, which most runs need not

        data, shard = self.plan.data, self.plan.shard or Shard(0, 1)
        return Asked(data.spec.command, self.words, shard, self.name, data.row_groups)


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes the shards whose parts do not stand yet, adds all and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    end = conclusion_of(given, partial_file=None if given.folder else given.emit_partial)
    plan = planned(spec, given, end.outlet.able)
    whole = whole_of(plan, given)
    return conclude(report_of_whole(whole, plan.semantics, given.files), end, whole)


def whole_of(plan: Plan, given: LossOptions) -> Partial:
    """The sum of the partial results of all shards; each is kept where there is a folder for them.

    Args:
        plan: of all the data.
        given: says where shards are computed and kept.

    Raises:
        CelossError: for anything that stands in the way of one of them.

    """
    _refuse_steps(given)
    tasks = _tasks(plan, given)
    if given.folder:
        make_folder(given.folder)
    whole = merged(_each(tasks, given.cluster))
    tell_of_unseen(whole)
    return whole


def _refuse_steps(given: LossOptions) -> None:
    """Refuses options that show the steps of rows: a partial result holds none."""
    for name in ("rows", "row", "grad"):
        if getattr(given.showing, name) not in (None, False):
            raise UsageError(f"Expected no --{name} with {given.in_parts}, got one.")


def _tasks(plan: Plan, given: LossOptions) -> list[_Task]:
    files, folder = files_of(given.files), given.folder
    if folder:
        _refuse_among(files, given.files, folder)
    split = given.semantics.of_rows
    parts = (
        [(given.shard, dealt(files, given.shard, split=split))]
        if given.shard
        else parts_of(files, split=split)
    )
    if given.shard:
        tell_of_row_groups(*parts[0])
    options = words_of(given.reading, given.semantics, given.showing)
    jobs = 1 if given.running.jobs is None else given.running.jobs
    plan = replace(plan, request=replace(plan.request, show=0, show_row=None), partial=True)
    return [
        _Task(
            replace(
                plan, data=replace(plan.data, files=found, row_groups=row_groups_in(pieces)), shard=shard
            ),
            os.path.join(folder, part_name(shard)) if folder else "",
            (*options, *flag_words("--jobs", str(jobs)), "--", *found),
        )
        for shard, pieces in parts
        for found in [[piece.path for piece in pieces]]
    ]


def _refuse_among(files: Sequence[str], named: Sequence[str], folder: str) -> None:
    """Refuses a folder of parts among the data, which they would be taken for in the next run."""
    inside = os.path.realpath(folder)
    folders = {os.path.realpath(os.path.dirname(path)) for path in files}
    above = [os.path.realpath(path) for path in named if path.endswith("/") or os.path.isdir(path)]
    if inside in folders or any(os.path.commonpath((inside, path)) == path for path in above):
        raise UsageError(
            f"Expected a folder for --emit-partial without files of the data, got {quoted(folder)}."
        )


def _each(tasks: Sequence[_Task], cluster: str | None) -> Iterator[tuple[str, Partial]]:
    """The partial result of each shard in order, as it stands or as it is computed, with its name."""
    standing = {at: kept for at, task in enumerate(tasks) if task.path and (kept := _standing(task))}
    left = [task for at, task in enumerate(tasks) if at not in standing]
    made = _made(left, cluster)
    with Bar("shards") as bar:
        for at, task in enumerate(tasks):
            part = standing.pop(at, None)
            yield task.name, next(made) if part is None else part
            bar.show(at + 1, (at + 1) / len(tasks))
    if len(left) < len(tasks):
        note(f"celoss: note: {len(tasks) - len(left)} of {plural(len(tasks), 'part')} taken as they stand")


def _made(left: Sequence[_Task], cluster: str | None) -> Iterator[Partial]:
    """The partial results that do not stand yet, in order, each written as soon as it is there."""
    for task, part in zip(left, _computed(left, cluster), strict=True):
        if task.path and not cluster:
            write_file(task.path, [as_text(part)])
        yield part


def _computed(left: Sequence[_Task], cluster: str | None) -> Iterator[Partial]:
    if cluster is None:
        yield from (part_of(task.plan) for task in left)
        return
    from celoss_cli.studies.merge.cluster import texts_of  # most runs are of one process

    def keep(at: int, text: str) -> None:
        if left[at].path:
            write_file(left[at].path, [text])

    texts = texts_of(cluster, [task.asked for task in left], text_of_part, keep) if left else ()
    for task, text in zip(left, texts, strict=True):
        yield read_partial(json.loads(text), task.name)


def _standing(task: _Task) -> Partial | None:
    """The partial result that is there, if it is of this shard, its files as they are, and these options."""
    try:
        part = partial_in(task.path)
    except InputError:  # none, or a broken one
        return None
    origin = origin_of(task.plan)
    known = all(file.stamp for file in origin.files)
    return part if known and part.shards == (task.plan.shard,) and part.origin == origin else None
