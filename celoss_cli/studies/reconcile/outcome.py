"""What a search comes to: the hits that need all of their deviations, and the record of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from celoss_cli.core.records import record
from celoss_cli.studies.reconcile.chance import Values, tried, window_of
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.studies.reconcile.reconciliation import Stated

__all__ = ["Searched", "needed", "outcome"]

Hit = TypeVar("Hit")


@record(frozen=True, slots=True)
class Searched:
    """What was searched.

    Attributes:
        rows: of the data.
        classes: of the data, or None where it has no class axis.
        values: of all hypotheses, by number type and number of deviations.
        plain: the names of the plain computations and what they give.
        words: of the deviations, by dimension.
        most: how many deviations were combined.

    """

    rows: int
    classes: int | None
    values: Values
    plain: Sequence[tuple[str, float]]
    words: Mapping[str, Mapping[str, None]]
    most: int


def needed(
    hits: Sequence[Hit], of: Callable[[Hit], tuple[Hashable, frozenset[tuple[str, str]]]]
) -> list[Hit]:
    """The hits that need all of their deviations: no other hit of the same start has only some of them.

    Args:
        hits: in any order.
        of: the start of a hit, and its deviations by dimension and name.

    """
    known = {of(hit) for hit in hits}

    def has_simpler(hit: Hit) -> bool:
        start, key = of(hit)
        parts = (frozenset(part) for size in range(len(key)) for part in combinations(key, size))
        return any((start, part) in known for part in parts)

    return [hit for hit in hits if not has_simpler(hit)]


def outcome(
    stated: Stated, searched: Searched, hits: Sequence[int], shown: Sequence[Match], source: Source
) -> Reconciliation:
    """The record of a search.

    Args:
        stated: the number and how far it is known.
        searched: what was searched.
        hits: how many deviations each hit has that needs all of them.
        shown: the explanations that are told.
        source: how the data was read.

    """
    return Reconciliation(
        got=stated.text,
        value=stated.value,
        tolerance=stated.tolerance,
        unit=stated.unit,
        window=window_of(stated),
        rows=searched.rows,
        classes=searched.classes,
        plain=searched.plain,
        explanations=shown,
        tried=list(tried(stated, searched.values, hits, searched.most)),
        searched={name: tuple(words) for name, words in searched.words.items()},
        source=source,
        files=list(source.get("files", ())),
    )
