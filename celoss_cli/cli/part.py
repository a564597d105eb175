"""The partial result of some files: its plan from words of a command line, and what it is computed from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import words_without_files
from celoss_cli.cli.computing import Evaluated, Plan, evaluated, planned, reported, request_of
from celoss_cli.cli.data import data_of
from celoss_cli.cli.options import Reading, Running, Semantics, Showing, Uncertainty, files
from celoss_cli.cli.publish import conclude, conclusion_of
from celoss_cli.cli.reading import opened
from celoss_cli.cli.table import for_loss, given_words, part
from celoss_cli.cli.uncertainty import group_of
from celoss_cli.core.errors import InputError, visible
from celoss_cli.core.option import flag_words
from celoss_cli.core.records import record
from celoss_cli.core.version import __version__
from celoss_cli.losses import LOSSES
from celoss_cli.read.paths import files_of
from celoss_cli.read.shards import state_of
from celoss_cli.read.tokens.identities import identities_of
from celoss_cli.show import FORMATS
from celoss_cli.studies.merge.document import as_text, identified
from celoss_cli.studies.merge.parts import Origin, Partial

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import LossOptions
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.row_groups import RowGroups
    from celoss_cli.read.shards import Shard
    from celoss_cli.studies.merge.local import Asked

__all__ = ["PartOptions", "origin_of", "part_of", "plan_of", "run", "text_of_part", "words_of"]

_SHOWN = replace(FORMATS["json"], every_row=False)


@record(frozen=True, slots=True)
class PartOptions:
    """What a partial result depends on, as options."""

    files: tuple[str, ...] = files()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    showing: Showing = part(Showing, without=("rows", "row", "worst", "grad"))
    running: Running = part(Running, without=("debug",))


def words_of(reading: Reading, semantics: Semantics, showing: Showing) -> list[str]:
    """The options that a partial result depends on, as words of a command line without its files."""
    collected = _collecting(showing.by, showing.quantiles, showing.top_k)
    return [*given_words(reading), *given_words(semantics), *collected]


def _collecting(by: str | None, quantiles: Sequence[float], top: int | None) -> Iterator[str]:
    """What is collected beside the totals, as words of a command line."""
    if by is not None:
        yield from flag_words("--by", by)
    if quantiles:
        yield f"--quantiles={','.join(map(repr, quantiles))}"
    if top is not None:
        yield from flag_words("--top-k", str(top))


def plan_of(
    loss: str,
    words: Sequence[str],
    shard: Shard | None = None,
    row_groups: Mapping[str, RowGroups] | None = None,
) -> Plan:
    """What is to be computed of some files.

    Args:
        loss: the command.
        words: options, "--" and files.
        shard: which one the files are, or None.
        row_groups: those that are meant of the files of which not all is.

    Raises:
        UsageError: for words that the command does not take.

    """
    spec = LOSSES[loss]
    end = words.index("--")
    given = _given(loss, tuple(words[:end]))
    group = group_of(given.showing.by, Uncertainty())
    jobs, files = given.running.jobs, words[end + 1 :]
    data = data_of(spec, files, given.reading, given.semantics, group=group, jobs=jobs)
    data = replace(data, row_groups=row_groups or {})
    request = request_of(given.showing, given.reading, jobs, _SHOWN)
    return Plan(data, given.semantics, request, given.showing.quantiles, partial=True, shard=shard)


@lru_cache(maxsize=8)
def _given(loss: str, options: tuple[str, ...]) -> PartOptions:
    """Options as they are typed, the same of all shards; to parse them takes as long as a small file."""
    return parsed(for_loss(LOSSES[loss], PartOptions), options)


def text_of_part(asked: Asked) -> str:
    """The partial result of a shard as a JSON document."""
    return as_text(part_of(plan_of(asked.loss, asked.words, asked.shard, asked.row_groups)))


def part_of(plan: Plan) -> Partial:
    """The partial result of a plan, with its origin; nobody is told how much was read.

    Raises:
        InputError: also if a file changed while it was read.
        CelossError: for anything else that stands in the way.

    """
    with _unchanged(plan) as origin, opened(plan.data, quiet=True) as found:
        return _partial_of(plan, evaluated(plan, found), origin)


def run(spec: LossSpec, given: LossOptions) -> int:
    """Computes, and writes the partial result beside the result; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.
        PipeClosed: if nobody reads standard output any more.

    """
    end = conclusion_of(given, partial_file=given.emit_partial, arrays=True)
    plan = planned(spec, given, end.outlet.able)
    with _unchanged(plan) as origin, opened(plan.data) as found:
        result = evaluated(plan, found)
    return conclude(reported(plan, result), end, _partial_of(plan, result, origin))


def _partial_of(plan: Plan, found: Evaluated, origin: Origin) -> Partial:
    """The exact totals for ``celoss merge``, with what they are of."""
    return identified(
        Partial(
            loss=plan.data.spec.command,
            options=found.chosen.options,
            reduction=found.chosen.reduction,
            by=plan.request.wanted.by,
            quantiles=plan.quantiles,
            top_k=plan.request.top,
            source=found.source,
            evaluation=found.evaluation,
            command_words=words_without_files(plan.data.reading, plan.semantics),
            shards=() if plan.shard is None else (plan.shard,),
            origin=origin,
            documents=identities_of(found.settled),
        )
    )


def origin_of(plan: Plan) -> Origin:
    """What a partial result is computed from, as it is now; of standard input nobody knows.

    Raises:
        InputError: if a file is not there.

    """
    data, asked = plan.data, plan.request
    kept = words_without_files(data.reading, plan.semantics)
    words = [data.spec.command, *kept.data, *chain(*kept.semantics.values())]
    words += _collecting(asked.wanted.by, plan.quantiles, asked.top or None)
    named = [word[1:] for word in words if word.startswith("@")]
    files = (state_of(path, data.row_groups.get(path)) for path in _files(data))
    return Origin(__version__, tuple(words), tuple(files), tuple(map(state_of, named)))


def _files(data: Data) -> list[str]:
    """The files of the data, among them one that the command line names in place of values."""
    values = data.values or ""
    named = [values[1:]] if values.startswith("@") else []
    return named + [path for path in files_of(data.files) if path != "-"]


@contextlib.contextmanager
def _unchanged(plan: Plan) -> Iterator[Origin]:
    """What a partial result is computed from, around the computation.

    Raises:
        InputError: if a file changed meanwhile.

    """
    origin = origin_of(plan)
    yield origin
    for before in (*origin.files, *origin.named):
        if state_of(before.name, before.row_groups) != before:
            raise InputError(
                "expected a file that stays as it is, got one that changed while it was read",
                place=visible(before.name),
            )
