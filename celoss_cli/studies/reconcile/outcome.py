"""What a search comes to: the hits that need all of their deviations, and how much a hit says.

What a hit says is how many hypotheses would give the number without a cause. Values lie more densely close by
a plain result than elsewhere, so the density is taken from several windows around the number, and the largest
counts.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.studies.reconcile.deviations import half_step
from celoss_cli.studies.reconcile.reconciliation import Reconciliation, Tried

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source
    from celoss_cli.studies.reconcile.reconciliation import Deviation, Match, Stated

__all__ = ["Hit", "Run", "Search", "Values", "gives", "needed", "tried", "window_of"]


class _Answer(Protocol):
    """A choice of a hypothesis: a deviation, or None for what is plain."""

    @property
    def deviation(self) -> Deviation | None: ...


Answer = TypeVar("Answer", bound=_Answer)

Values = Mapping[str, Mapping[int, list["Array"]]]
"""What hypotheses gave, by the number type that the result is rounded to ("" for none) and by deviations."""


@record(frozen=True, slots=True)
class Hit(Generic[Answer]):
    """A hypothesis that gives the number.

    Attributes:
        start: what it begins with; hits that begin alike are compared.
        choices: what it is made of.
        value: what it gives.

    """

    start: Any
    choices: tuple[Answer, ...]
    value: float

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        return tuple(choice.deviation for choice in self.choices if choice.deviation is not None)

    @property
    def key(self) -> frozenset[tuple[str, str]]:
        return frozenset((found.dimension, found.name) for found in self.deviations)


@record(slots=True)
class Search(Generic[Answer]):
    """What a search has seen.

    Attributes:
        stated: the number and how far it is known.
        most: how many deviations are combined.
        values: of all hypotheses, by their number of deviations; of those that round the result to a number
            type, what they round, by that type too.
        hits: those that give the number.
        count: how many hypotheses were computed.
        plain: the results without a deviation: the name, what the input is taken for, and the number.
        searched: the words of the deviations, by dimension.

    """

    stated: Stated
    most: int
    values: dict[str, dict[int, list[Array]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    hits: list[Hit[Answer]] = field(default_factory=list)
    count: int = 0
    plain: list[tuple[str, str, float]] = field(default_factory=list)
    searched: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def remember(self, choices: Iterable[Answer]) -> None:
        """Counts these deviations among those that were tried."""
        for choice in choices:
            if choice.deviation is not None:
                self.searched[choice.deviation.dimension][choice.deviation.words] = None

    def take(
        self,
        start: object,
        sets: Sequence[tuple[Answer, ...]],
        deviations: int,
        values: Array,
        unrounded: tuple[str, Array] | None = None,
    ) -> None:
        """What sets of choices give that have as many deviations.

        Args:
            start: what they begin with.
            sets: the choices of each.
            deviations: how many each has.
            values: what each gives, shape (sets,).
            unrounded: the number type that these were rounded to, and what they were before.

        """
        self.count += len(values)
        grid, before = unrounded or ("", values)
        self.values[grid][deviations].append(before)
        with np.errstate(invalid="ignore"):
            hit = np.flatnonzero(np.abs(values - self.stated.value) <= self.stated.reach)
        self.hits += [Hit(start, sets[i], float(values[i])) for i in hit.tolist()]

    def concluded(
        self,
        hits: Sequence[Hit[Answer]],
        explanations: Sequence[Match],
        rows: int,
        classes: int | None,
        source: Source,
    ) -> Reconciliation:
        """The record of the search.

        Args:
            hits: those that need all of their deviations.
            explanations: those of them that are told, in words.
            rows: of the data.
            classes: of the data, or None where it has no class axis.
            source: how the data was read.

        """
        return Reconciliation(
            got=self.stated.text,
            value=self.stated.value,
            tolerance=self.stated.tolerance,
            unit=self.stated.unit,
            window=window_of(self.stated),
            rows=rows,
            classes=classes,
            plain=self.plain,
            explanations=explanations,
            tried=list(tried(self.stated, self.values, [len(hit.deviations) for hit in hits], self.most)),
            searched={name: tuple(words) for name, words in self.searched.items()},
            source=source,
            files=list(source.get("files", ())),
        )


def needed(hits: Sequence[Hit[Answer]]) -> list[Hit[Answer]]:
    """The hits that need all of their deviations: no other hit of the same start has only some of them."""
    known = {(id(hit.start), hit.key) for hit in hits}

    def has_simpler(hit: Hit[Answer]) -> bool:
        key = hit.key
        parts = (frozenset(part) for size in range(len(key)) for part in combinations(key, size))
        return any((id(hit.start), part) in known for part in parts)

    return [hit for hit in hits if not has_simpler(hit)]


Run = Callable[[str], "float | None"]
"""Gives the number of a command, or None where it is refused."""

_AGREE = 1e-9
"""Part of a number: a command whose result is off by more does not compute it."""


def gives(result: float | None, value: float, afterwards: Iterable[Callable[[Array], Array] | None]) -> bool:
    """Whether the result of a command is a value, after what is done to it by hand."""
    if result is None:
        return False
    number = np.array([result])
    with np.errstate(all="ignore"):
        for change in afterwards:
            number = number if change is None else change(number)
    return math.isclose(float(number[0]), value, rel_tol=_AGREE, abs_tol=sys.float_info.epsilon)


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
