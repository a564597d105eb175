"""Predictions held against the targets of other rows and positions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from celoss_cli.evaluate.shifts import Shifted
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.readings import (
    allowance_of,
    compared,
    entropy_of,
    far_better,
    frequencies_explain,
    outcomes_of,
    quantity,
)
from celoss_cli.findings.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celoss_cli.evaluate.fit import Fit

__all__ = ["shifted"]

_FEW_DEVIATIONS = 2.0
"""How many let a doubt stand."""


def shifted(facts: Facts) -> Observation | None:
    """The targets fit the predictions of another row or position much better than their own.

    One of the two columns lost or gained a row: a header read as data, a first batch left out, a language
    model whose targets were not moved by one. Or the rows of one are in reversed order, or in that of the
    text of their numbers, as names of files are sorted (1, 10, 11, 2); that is looked for where rows times
    classes are at most a million.

    Forecasts from earlier targets also fit those well, and are not a mistake: the finding appears only if
    the predictions say no more about their own targets than the class frequencies do.

    Align the rows again, best by an identifier: --targets @truth.csv joins by id.

    Reference: Royall 2000, "On the probability of observing misleading statistical evidence": where the
    predictions are right, a likelihood ratio of a million comes about at most once in a million data sets.
    """
    fit = compared(facts)
    if fit is None:
        return None
    better = _fitting_better(facts, _neighbours(fit)) or _fitting_better(facts, _farther(facts, fit))
    ordered = None if better else _in_another_order(facts, fit)
    reweighed = fit.reweighed(SURE) if better or ordered else None
    if reweighed is not None and frequencies_explain(reweighed):
        return None
    if ordered is not None:
        return _of_order(facts, *ordered)
    if not better:
        return None
    _, lag, what, moved = max(better, key=lambda found: found[0])
    own, other = (nats / moved.pairs for nats in moved.nats)
    return Observation(
        f"against the target of the {_which(lag, what)} {quantity(facts)} is {number(other)} nats, against "
        f"its own {number(own)}: the targets are shifted by {'one' if abs(lag) == 1 else abs(lag)} {what}"
        f"{'' if abs(lag) == 1 else 's'}",
        moved.pairs,
        {
            "shifted_loss": other,
            "loss": own,
            "target_of": "next" if lag > 0 else "previous",
            "by": abs(lag),
            "of": what,
        },
        "align predictions and targets again, best by an id (--targets @FILE)"
        if what == "row"
        else "move the targets along the sequence",
    )


_Read: TypeAlias = "tuple[float, int, str, Shifted]"
"""What another reading saves in nats, by how much the targets are shifted, of what, and its pairs."""

_Tried: TypeAlias = "tuple[Mapping[int, Shifted], str, int]"
"""Pairs by their distance, what it counts, and how many distances they were chosen from."""


def _neighbours(fit: Fit) -> list[_Tried]:
    found = ((fit.shifts.by_lag, "row"), (fit.along, "position"))
    count = sum(bool(moved.pairs) for by_lag, _ in found for moved in by_lag.values())
    return [(by_lag, what, count) for by_lag, what in found]


def _farther(facts: Facts, fit: Fit) -> list[_Tried]:
    """The best of all distances, where the predictions as a whole do not know their own targets."""
    whole = Shifted(fit.counted, fit.cost, 0, fit.hits)
    return [] if _knows_its_own(facts, whole) else [(fit.shifts.farther(), "row", 2 * fit.shifts.reach)]


def _in_another_order(facts: Facts, fit: Fit) -> tuple[str, Shifted] | None:
    """The order of all rows that fits far better, where the predictions do not know their own targets."""
    if _knows_its_own(facts, Shifted(fit.counted, fit.cost, 0, fit.hits)):
        return None
    orders = fit.shifts.reordered()
    found = {
        name: moved
        for name, moved in orders.items()
        if far_better(facts, moved.pairs, moved.limited_nats, moved.nats[1], math.log(max(2, len(orders))))
    }
    return min(found.items(), key=lambda one: one[1].other, default=None)


def _of_order(facts: Facts, name: str, moved: Shifted) -> Observation:
    own, other = (nats / moved.pairs for nats in moved.nats)
    order = (
        "the rows of one of the two are in reversed order"
        if name == "reversed"
        else f"the rows are in another order, {name} (1, 10, 11, 2)"
    )
    return Observation(
        f"with the targets in another order of the rows {quantity(facts)} is {number(other)} nats, with "
        f"this one {number(own)}: {order}",
        moved.pairs,
        {"shifted_loss": other, "loss": own, "order": name},
        "align predictions and targets again, best by an id (--targets @FILE)",
    )


def _fitting_better(facts: Facts, tried: list[_Tried]) -> list[_Read]:
    return [
        (moved.nats[0] - moved.nats[1], lag, what, moved)
        for by_lag, what, count in tried
        for lag, moved in by_lag.items()
        if moved.pairs
        and not _knows_its_own(facts, moved)
        and far_better(facts, moved.pairs, moved.limited_nats, moved.nats[1], math.log(max(2, count)))
    ]


def _which(lag: int, what: str) -> str:
    """The row or position that lies so far on, or back where it is negative."""
    if abs(lag) == 1:
        return f"{'next' if lag > 0 else 'previous'} {what}"
    return f"{what} {abs(lag)} {'later' if lag > 0 else 'earlier'}"


def _knows_its_own(facts: Facts, moved: Shifted) -> bool:
    """Whether predictions do not cost more, or are right more often, than the frequencies of the classes."""
    own, _ = moved.nats
    entropy, most, allowance = math.log(outcomes_of(facts)), 1 / outcomes_of(facts), 0.0
    if facts.fit is not None and facts.targets.total() == facts.fit.counted:
        entropy = entropy_of(facts) / facts.fit.counted
        most = max(facts.targets.values()) / facts.fit.counted
        allowance = allowance_of(facts, facts.fit)
    right = moved.hits - most * moved.pairs
    by_chance = _FEW_DEVIATIONS * math.sqrt(most * (1 - most) * moved.pairs)
    return own - entropy * moved.pairs <= SURE + allowance or right > by_chance
