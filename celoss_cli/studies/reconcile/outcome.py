"""What a search comes to: the hits that need all of their deviations, and how much a hit says.

What a hit says is how many hypotheses would give the number without a cause. Values lie more densely close by
a plain result than elsewhere, so the density is taken from several windows around the number, and the largest
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.studies.reconcile.deviations import half_step
from celoss_cli.studies.reconcile.reconciliation import Match, Reconciliation, Tried

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source
    from celoss_cli.studies.reconcile.reconciliation import Stated

__all__ = ["Searched", "Values", "needed", "outcome", "tried", "window_of"]

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


# ------------------------------------------------------------------------------------ how much a hit says

_DIGITS = 12
"""Values whose mantissas agree to so many decimals are one value."""

_ROUGH = 3
"""A window of so many tolerances is the least; the values within the tolerance then count as near too."""

_NARROWER = (30, 100, 300, 1000)
"""Further windows, in tolerances."""


def window_of(stated: Stated) -> float:
    """How far from the number a value counts as near: half of it, and more where it is rough."""
    return max(abs(stated.value) / 2, _ROUGH * stated.tolerance)


Values = Mapping[str, Mapping[int, list["Array"]]]
"""What hypotheses gave, by the number type that the result is rounded to ("" for none) and by deviations."""


def tried(stated: Stated, values: Values, found: Sequence[int], most: int) -> Iterator[Tried]:
    """The counts by number of deviations.

    A result that is rounded to a number type hits from half a step of that type away, if the number is one of
    that type: it is held against the unrounded values, with that tolerance.

    Args:
        stated: the number.
        values: what the hypotheses gave.
        found: the number of deviations of each explanation.
        most: the largest number of deviations.

    """
    plain = list(_counted(stated, values.get("", {}), most))
    chance = [level.chance for level in plain]
    for name, rounds in values.items():
        step = half_step(name, stated.value, stated.reach) if name else 0.0
        if step:
            rough = replace(stated, tolerance=step + stated.tolerance)
            for deviations, level in enumerate(_counted(rough, rounds, most)):
                chance[deviations] += level.chance
    for deviations, level in enumerate(plain):
        of_types = sum(len(part) for name in values if name for part in values[name].get(deviations, ()))
        yield replace(
            level,
            hypotheses=level.hypotheses + of_types,
            chance=chance[deviations],
            found=list(found).count(deviations),
        )


def _counted(stated: Stated, values: Mapping[int, Sequence[Array]], most: int) -> Iterator[Tried]:
    """The counts of one kind of values, without what was found."""
    window, seen, fresh = window_of(stated), np.empty(0), []
    for deviations in range(most + 1):
        distinct = _distinct(np.concatenate([np.empty(0), *values.get(deviations, ())]))
        fresh.append(np.setdiff1d(distinct, seen, assume_unique=True))
        seen = np.union1d(seen, distinct)
    part = _expected(seen, stated, window) / max(1, len(seen))
    for deviations, new in enumerate(fresh):
        so_far = np.concatenate(fresh[: deviations + 1])
        narrower = [stated.tolerance * factor for factor in _NARROWER]
        yield Tried(
            deviations=deviations,
            hypotheses=sum(map(len, values.get(deviations, ()))),
            distinct=len(new),
            near=_near(new, stated, window),
            chance=max([len(new) * part, *(_expected(so_far, stated, w) for w in narrower if w < window)]),
            found=0,
        )


def _distinct(values: Array) -> Array:
    """The different finite values, rounded so that rounding errors make no difference."""
    mantissa, exponent = np.frexp(values[np.isfinite(values)])
    return np.unique(np.ldexp(np.round(mantissa, _DIGITS), exponent))


def _near(values: Array, stated: Stated, window: float) -> int:
    """How many values lie within the window and miss the number."""
    off = np.abs(values - stated.value)
    return int(np.count_nonzero((off > stated.reach) & (off <= window)))


def _expected(values: Array, stated: Stated, window: float) -> float:
    """How many values would lie within the tolerance if those of the window lay anywhere in it."""
    if not window:
        return 0.0
    if window <= _ROUGH * stated.tolerance:
        near = int(np.count_nonzero(np.abs(values - stated.value) <= window))
        return near * stated.tolerance / window
    return _near(values, stated, window) * stated.tolerance / (window - stated.tolerance)
