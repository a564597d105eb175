"""Two aligned results -> a comparison.

A and B are two sets of predictions for the same rows and targets. What is compared is the mean loss, with
the loss's own denominator; the difference is always B - A, so a positive one says that B is worse. Nothing
here reads, prints or exits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.bounds import Bounds
from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.records import record, replace
from celoss_cli.evaluate.groups import codes_of
from celoss_cli.statistics.holm import holm
from celoss_cli.statistics.interval import estimate, p_value
from celoss_cli.statistics.spread import Spread, spread_of_all
from celoss_cli.studies.compare.comparison import Change, ClassChange, Comparison, Subject
from celoss_cli.studies.compare.resampling import (
    Watch,
    bootstrap,
    percentile,
    scaled,
    sign_flip_test,
    sign_test,
    summed,
    units_of,
)

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Pairs", "Plan", "compared"]


@record(frozen=True)
class Pairs:
    """The counted rows of A and B in A's order.

    Attributes:
        first, second: shape (rows,), the loss of each row in A and in B, weighted.
        weight: shape (rows,), the row's share of the divisor, the same in both.
        row: shape (rows,), the row's number in A; None for 0, 1, 2, ...
        ids: the rows' identifiers, or None.
        groups: the cluster of each row, or None where the rows are independent.
        target: the target of a row by its place in these arrays.
        totals: the exact totals of A, of B and of the weights, where the rows are sums themselves.
        classes: each class, and the spread of its differences by independent unit.
        agreement, divergence: of the predictions, as in a comparison.

    """

    first: Array
    second: Array
    weight: Array
    row: Array | None = None
    ids: Sequence[str] | None = None
    groups: Sequence[str] | None = None
    target: Callable[[int], float | int | str | tuple[float, ...] | None] = lambda row: None
    totals: tuple[ExactSum, ExactSum, ExactSum] | None = None
    classes: Sequence[tuple[ClassChange, Spread]] = ()
    agreement: float | None = None
    divergence: float | None = None

    @cached_property
    def sums(self) -> tuple[ExactSum, ExactSum, ExactSum]:
        """The exact totals of A, of B and of the weights."""
        return self.totals or (exact_sum(self.first), exact_sum(self.second), exact_sum(self.weight))

    @cached_property
    def difference(self) -> Array:
        """B - A of each row: nan where both are infinite."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.second - self.first

    def change(self, at: int) -> Change:
        """The row at this place, by name."""
        return Change(
            row=at if self.row is None else int(self.row[at]),
            id=None if self.ids is None else self.ids[at],
            target=self.target(at),
            first=float(self.first[at]),
            second=float(self.second[at]),
        )


@record(frozen=True, slots=True)
class Plan:
    """How much is asked of a comparison.

    Attributes:
        confidence: of the interval, between 0 and 1.
        resamples: of the bootstrap and of the permutation test.
        seed: of both.
        worst: how many rows are listed of those that lost and of those that gained.
        watch: is told how many resamples were drawn, and which part of all that is.

    """

    confidence: float = 0.95
    resamples: int = 10_000
    seed: int = 0
    worst: int = 5
    watch: Callable[[int, float], None] = lambda drawn, part: None

    def watched_from(self, before: int) -> Watch:
        """Tells of resamples after the first ones; the bootstrap and the test draw as many each."""
        return lambda drawn: self.watch(before + drawn, (before + drawn) / (2 * self.resamples))


def compared(pairs: Pairs, subject: Subject, plan: Plan = Plan()) -> Comparison:
    """The comparison of paired rows; it does not depend on their order.

    Args:
        pairs: at least one row.
        subject: what they are.
        plan: how much is asked.

    """
    regressions, improvements = _extremes(pairs, plan.worst)
    return Comparison(
        **{name: getattr(subject, name) for name in Subject.__dataclass_fields__},
        **_totals(pairs),
        **_spread(pairs, plan),
        resamples=plan.resamples,
        seed=plan.seed,
        regressions=regressions,
        improvements=improvements,
        classes=_class_changes(pairs.classes, plan.confidence),
        agreement=pairs.agreement,
        divergence=pairs.divergence,
    )


def _totals(pairs: Pairs) -> dict[str, Any]:
    """What the rows add up to; each quotient is rounded once."""
    first, second, weight = pairs.sums
    return {
        "counted": len(pairs.first),
        "denominator": float(weight),
        "first": first / weight,
        "second": second / weight,
        "difference": (second + -first) / weight,
        "wins": _count(pairs.second < pairs.first),
        "losses": _count(pairs.second > pairs.first),
        "ties": _count(pairs.second == pairs.first),
    }


def _spread(pairs: Pairs, plan: Plan) -> dict[str, Any]:
    """What the differences of the independent units say; nothing of them is settled by one row."""
    difference, weight = _units(pairs)
    better, worse = _count(difference < 0), _count(difference > 0)
    found: dict[str, Any] = {
        "estimate": estimate(spread_of_all(difference, weight), plan.confidence),
        "sign_p": sign_test(better, worse),
        "untied": better + worse,
    }
    if not np.isfinite(difference).all():
        return found | {"percentile": Bounds(math.nan, math.nan), "flip_p": None, "flip_exact": False}
    return found | _draws(difference, weight, plan)


def _units(pairs: Pairs) -> tuple[Array, Array]:
    """The difference and the weight of what was drawn independently."""
    difference, weight = (
        values.astype(np.float64, copy=False) for values in (pairs.difference, pairs.weight)
    )
    if pairs.groups is None:
        return difference, weight
    return summed(difference, weight, codes_of(pairs.groups)[0])


def _draws(difference: Array, weight: Array, plan: Plan) -> dict[str, Any]:
    """What random draws of the units say.

    They are of the differences and weights divided by powers of two, so that no sum or square overflows.
    """
    (difference, up), (weight, down) = scaled(difference), scaled(weight)
    units = units_of(difference, weight)
    bounds = Bounds(math.nan, math.nan)
    if len(units) > 1:
        means = bootstrap(units, plan.resamples, plan.seed, plan.watched_from(0))
        found = percentile(units, means, plan.confidence)
        with np.errstate(over="ignore"):
            bounds = Bounds(*(float(np.ldexp(end, up - down)) for end in (found.low, found.high)))
    flip_p, flip_exact = sign_flip_test(units, plan.resamples, plan.seed, plan.watched_from(plan.resamples))
    return {"percentile": bounds, "flip_p": flip_p, "flip_exact": flip_exact}


def _count(where: Array) -> int:
    return int(np.count_nonzero(where))


def _extremes(pairs: Pairs, count: int) -> tuple[list[Change], list[Change]]:
    """The rows with the largest increases, NaN first, and with the largest decreases."""
    names: Sequence[Any] = pairs.ids if pairs.ids is not None else range(len(pairs.first))
    size = np.where(np.isnan(pairs.difference), np.inf, pairs.difference)

    def listed(key: Array) -> list[Change]:
        candidates = np.flatnonzero(key > 0)
        if len(candidates) > count > 0:
            least = np.partition(key[candidates], len(candidates) - count)[len(candidates) - count]
            candidates = candidates[key[candidates] >= least]
        ordered = sorted(candidates.tolist(), key=lambda at: (-key[at], names[at]))
        return [pairs.change(at) for at in ordered[:count]]

    return listed(size), listed(-size)


def _class_changes(parts: Sequence[tuple[ClassChange, Spread]], confidence: float) -> list[ClassChange]:
    """The difference of each class, with the p-values that hold for all of them together."""
    p = [p_value(spread, confidence) for _, spread in parts]
    adjusted = iter(holm([value for value in p if not math.isnan(value)]))
    return [
        part if math.isnan(value) else replace(part, p=value, adjusted_p=next(adjusted))
        for (part, _), value in zip(parts, p, strict=True)
    ]
