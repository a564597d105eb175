"""The partial result of some files: its plan from words of a command line, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from celoss_cli.cli.app import parsed
from celoss_cli.cli.computing import Plan, data_of, evaluated, partial_of, request_of
from celoss_cli.cli.options import Reading, Running, Semantics, Showing, Uncertainty, files
from celoss_cli.cli.origins import unchanged
from celoss_cli.cli.reading import opened
from celoss_cli.cli.table import for_loss, given_options, part
from celoss_cli.cli.uncertainty import group_of
from celoss_cli.core.option import flag_words
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS
from celoss_cli.studies.merge.document import as_text

if TYPE_CHECKING:
    from celoss_cli.read.shards import RowGroups, Shard
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["Asked", "PartOptions", "part_of", "plan_of", "text_of_part", "words_of"]

_SHOWN = replace(FORMATS["json"], every_row=False)


@record(frozen=True, slots=True)
class PartOptions:
    """What a partial result depends on, as options."""

    files: tuple[str, ...] = files()
    reading: Reading = part(Reading)
    semantics: Semantics = part(Semantics)
    showing: Showing = part(Showing, without=("rows", "row", "worst", "grad"))
    running: Running = part(Running, without=("debug",))


@record(frozen=True, slots=True)
class Asked:
    """What is asked of a worker.

    Attributes:
        loss: the command.
        words: its files and options.
        shard: which one the files are.
        name: what messages call it.
        row_groups: those that are meant of the files of which not all is.

    """

    loss: str
    words: tuple[str, ...]
    shard: Shard
    name: str
    row_groups: Mapping[str, RowGroups] = field(default_factory=dict)


def words_of(reading: Reading, semantics: Semantics, showing: Showing) -> list[str]:
    """The options that a partial result depends on, as words of a command line without its files."""
    words = [
        word for options in (reading, semantics) for given in given_options(options) for word in given.words
    ]
    words += [] if showing.by is None else flag_words("--by", showing.by)
    words += [] if showing.top_k is None else flag_words("--top-k", str(showing.top_k))
    return words + ([f"--quantiles={','.join(map(repr, showing.quantiles))}"] if showing.quantiles else [])


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
    data = data_of(spec, words[end + 1 :], None, given.reading, given.semantics, group)
    data = replace(data, row_groups=row_groups or {}, jobs=given.running.jobs)
    request = request_of(given.showing, given.reading, given.running.jobs, _SHOWN)
    return Plan(data, given.semantics, request, given.showing.quantiles, partial=True, shard=shard)


@lru_cache(maxsize=8)
def _given(loss: str, options: tuple[str, ...]) -> PartOptions:
    """Options as they are typed, the same of all shards; to parse them takes as long as a small file."""
    return parsed(for_loss(LOSSES[loss], PartOptions), options)


def text_of_part(asked: Asked) -> str:
    """The partial result of a shard as a JSON document."""
    return as_text(part_of(plan_of(asked.loss, asked.words, asked.shard, asked.row_groups)))


def part_of(plan: Plan) -> Partial:
    """The partial result of a plan, with its origin.

    Raises:
        InputError: also if a file changed while it was read.
        CelossError: for anything else that stands in the way.

    """
    with unchanged(plan.origin()) as origin, opened(plan.data, quiet=True) as found:
        return partial_of(plan, evaluated(plan, found), origin)
