"""How well the predictions fit, and which other reading of them would fit better.

Each check is a likelihood ratio: the data must fit another reading better by more than the number of
readings that were tried allows, and by ``SURE`` nats beyond that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from celoss_cli.evaluate.fit import MATRIX_CLASSES, TEMPERATURES, Fit
from celoss_cli.evaluate.shifts import STEP, Shifted
from celoss_cli.findings.choice import (
    logits_for_probabilities,
    not_log_probabilities,
    percentages,
    probabilities_for_log_probabilities,
)
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.targets import binary_labels, from_one
from celoss_cli.findings.wording import listed, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celoss_cli.core.data import Array
    from celoss_cli.evaluate.orders import Guesses
    from celoss_cli.evaluate.priors import Reweighed

__all__ = [
    "always_the_same",
    "moved_by_one",
    "negated",
    "not_compared",
    "other_axis",
    "permuted",
    "shifted",
    "temperature",
    "weighted",
    "worse_than_frequencies",
    "worse_than_guessing",
]

_NO_PREDICTIONS = (
    binary_labels,
    from_one,
    logits_for_probabilities,
    not_log_probabilities,
    percentages,
    probabilities_for_log_probabilities,
)
"""Where one of these is found, no cost is -log of a probability, and comparing costs says nothing."""

_ENOUGH_ROWS = 10

_DEVIATIONS = 3.5
"""How many standard deviations of a count are no chance."""

_DEVIATIONS_OF_HALVES = 5.0
"""By so many a count is off once in a million data sets."""

_MUCH_OF_HALVES = 0.05
"""The part of all right predictions that another order of classes must add in half of the rows."""

_DEVIATIONS_OF_FREQUENCIES = 5.0
"""By so many standard deviations a mean is off once in a million data sets, however sure predictions are."""

_LIKELY = math.log(100)
"""How much better, in nats, than the class frequencies the predictions must be once they are mended."""

_TWICE = math.log(2)
"""Ratios that differ by less are no other frequencies."""


_FEW_DEVIATIONS = 2.0
"""How many let a doubt stand."""

MUCH = 0.1
"""The part of the loss that another reading must save."""


def compared(facts: Facts) -> Fit | None:
    """How the predictions fit, where no other finding says already that they cannot."""
    told = any(check(facts) for check in _NO_PREDICTIONS) or always_the_same(facts)
    return None if told else facts.fit


def quantity(facts: Facts, article: str = "the") -> str:
    """What readings are compared by; a loss that is not -log p is not its mean."""
    return f"{article} mean{'' if facts.loss.loss.is_log_loss else ' -log p'}"


def mean_of(fit: Fit) -> str:
    """The mean loss in words: a bound where costs are beyond what a survey counts, or infinite."""
    if fit.impossible:
        return "infinitely many"
    return f"{'at least ' if fit.beyond else ''}{number(fit.mean)}"


def _clamped(facts: Facts, fit: Fit) -> float | None:
    """The mean as it was computed, where a clamp or clip made it less than what the predictions cost."""
    plain = (
        facts.loss.loss.is_log_loss
        and facts.mean is not None
        and not facts.weighted
        and not facts.options.get("label_smoothing")
    )
    return facts.mean if fit.beyond and plain and math.isfinite(facts.mean or 0.0) else None


def _computed(facts: Facts, fit: Fit) -> float | None:
    """The mean loss as evidence, with what a clamp left of it."""
    clamped = _clamped(facts, fit)
    return known_mean(fit) if clamped is None else clamped


def _nats(facts: Facts, fit: Fit) -> float:
    """The total cost, or what a clamp left of it."""
    clamped = _clamped(facts, fit)
    return fit.nats if clamped is None else clamped * fit.counted


def _the_mean(facts: Facts, fit: Fit) -> str:
    """The mean loss as the beginning of a sentence."""
    clamped = _clamped(facts, fit)
    if clamped is not None:
        return f"the mean of {number(clamped)} nats"
    return "an infinite mean" if fit.impossible else f"the mean of {mean_of(fit)} nats"


def known_mean(fit: Fit) -> float | None:
    """The mean loss as evidence: none where all that is known is a bound."""
    return None if fit.beyond else fit.mean


def far_better(facts: Facts, count: int, nats: float, other: float, readings: float) -> bool:
    """Whether another reading of ``count`` predictions explains them, and this one does not.

    Args:
        facts: of the data.
        count: how many predictions.
        nats: what they cost as they are.
        other: what they cost in the other reading, which must beat guessing too.
        readings: the logarithm of how many readings were tried.

    """
    needed = SURE + readings
    guessing = count * math.log(_outcomes(facts))
    return nats - other > needed and other < (1 - MUCH) * nats and guessing - other > needed


def _frequencies_fit_better(fit: Fit, nats: float, readings: float) -> bool:
    """Whether a factor for each outcome explains the predictions better than another reading does (CEL407).

    Args:
        fit: of the predictions.
        nats: what they cost in the other reading.
        readings: the logarithm of how many such readings were tried.

    """
    found = fit.reweighed(SURE)
    if found is None:
        return False
    mended = (found.reweighed_nats + found.penalty) / found.counted
    return mended < (nats + readings) / fit.counted


def frequencies_explain(found: Reweighed) -> bool:
    """Whether factors explain the predictions, and neither chance nor a temperature does."""
    needed = SURE + found.penalty
    gained = found.nats - found.reweighed_nats
    uniform = found.counted * math.log(len(found.outcomes))
    heated = uniform - found.heated_nats > SURE  # else the temperature does no more than to erase them
    more = _LIKELY + found.penalty - math.log(found.counted) / 2  # a temperature is one number too
    return (
        gained > max(needed, MUCH * found.nats)
        and found.deviations > _DEVIATIONS_OF_FREQUENCIES
        and max(found.ratios) - min(found.ratios) > _TWICE
        and found.entropy_nats - found.reweighed_nats > _LIKELY
        and (found.heated_nats - found.reweighed_nats > more or not heated)
        and found.reweighed_nats - found.heated_after_nats < gained
    )


def _outcomes(facts: Facts) -> int:
    return facts.classes or 2


def shifted(facts: Facts) -> Observation | None:
    """The targets fit the predictions of another row or position much better than their own.

    One of the two columns lost or gained a row: a header read as data, a first batch left out, a language
    model whose targets were not moved by one.

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
    reweighed = fit.reweighed(SURE) if better else None
    if not better or (reweighed is not None and frequencies_explain(reweighed)):
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
    entropy, most, allowance = math.log(_outcomes(facts)), 1 / _outcomes(facts), 0.0
    if facts.fit is not None and facts.targets.total() == facts.fit.counted:
        entropy = _entropy(facts) / facts.fit.counted
        most = max(facts.targets.values()) / facts.fit.counted
        allowance = _allowance(facts, facts.fit)
    right = moved.hits - most * moved.pairs
    by_chance = _FEW_DEVIATIONS * math.sqrt(most * (1 - most) * moved.pairs)
    return own - entropy * moved.pairs <= SURE + allowance or right > by_chance


def _allowance(facts: Facts, fit: Fit) -> float:
    """The penalty of Schwarz for the frequencies that are fitted, in nats."""
    return (_outcomes(facts) - 1) / 2 * math.log(fit.counted)


def _entropy(facts: Facts) -> float:
    """What always predicting the frequencies of the classes costs, in nats."""
    given = facts.targets
    return -sum(n * math.log(n / given.total()) for n in given.values())


def permuted(facts: Facts) -> Observation | None:
    """With the class columns in another order the loss would be far lower.

    The columns and the targets count the classes differently: sorted names against the order of first
    appearance, or two answers the wrong way round.

    Give the columns in the order of the indices (--class-columns), or the targets by name.

    Of many classes the order that half of the rows suggests by their largest classes is held against the
    other half.

    Reference: the order is the assignment of columns to classes with the least total loss (Jonker and
    Volgenant 1987); a likelihood ratio over all C! orders decides.
    """
    fit = compared(facts)
    if fit is not None and fit.of_many is not None and not moved_by_one(facts):
        return _many_permuted(facts, fit, fit.of_many)
    better = None if fit is None else fit.permuted()
    if fit is None or better is None or moved_by_one(facts):
        return None
    order, nats = better
    orders = math.lgamma(len(order) + 1)
    if not far_better(facts, fit.counted, fit.nats, nats, orders):
        return None
    if not _more_often_right(fit, order) or (_may_be_negated(facts) and fit.negated_nats < nats):
        return None
    if _frequencies_fit_better(fit, nats, orders):
        return None
    moved = [f"{facts.name(i)} -> {facts.name(int(j))}" for i, j in enumerate(order) if i != j]
    loss = nats / fit.counted
    return Observation(
        f"with the classes in another order {quantity(facts)} would be {number(loss)} nats instead of "
        f"{mean_of(fit)}: target -> column {listed(moved)}",
        len(moved),
        {"loss": known_mean(fit), "reordered_loss": loss, "column_of_class": [int(j) for j in order]},
        _reordered(facts, [int(j) for j in order]),
    )


def _many_permuted(facts: Facts, fit: Fit, guesses: Guesses) -> Observation | None:
    """The same of so many classes that the largest ones alone are counted, or that all are turned by one."""
    turned = {+1: fit.nats_after, -1: fit.nats_before}
    by, nats = min(turned.items(), key=lambda each: each[1])
    if far_better(facts, fit.counted, fit.nats, nats, math.log(len(turned))):
        loss, classes = nats / fit.counted, _outcomes(facts)
        where = "after" if by > 0 else "before"
        return Observation(
            f"against the class {where} theirs {quantity(facts)} is {number(loss)} nats, against their own "
            f"{mean_of(fit)}: the {classes} columns are turned by one",
            classes,
            {"loss": known_mean(fit), "reordered_loss": loss, "by": by},
            "reorder the columns",
        )
    found = guesses.order()
    gained = found.other - found.own
    chance = _DEVIATIONS_OF_HALVES * math.sqrt(found.other + found.own)
    if gained <= max(chance, _MUCH_OF_HALVES * fit.hits, 1) or found.other <= 2 * found.own:
        return None
    moved = [
        f"{facts.name(i)} -> {facts.name(j)}"
        for i, j in zip(found.targets.tolist(), found.columns.tolist(), strict=True)
    ]
    return Observation(
        f"with {len(moved)} classes in other places, as half of the rows suggest, {found.other} predictions "
        f"of the other half would be right instead of {found.own}: target -> column {listed(moved)}",
        len(moved),
        {
            "right": found.own,
            "reordered_right": found.other,
            "targets": found.targets.tolist(),
            "columns": found.columns.tolist(),
        },
        "reorder the columns",
    )


def _more_often_right(fit: Fit, order: Array) -> bool:
    """Whether the other order is also right in more cases, so that no few certain answers decide."""
    if fit.guesses is None:
        return False
    moved = np.flatnonzero(order != np.arange(len(order)))
    own, other = (int(fit.guesses[moved, columns[moved]].sum()) for columns in (np.arange(len(order)), order))
    return other - own > _DEVIATIONS * math.sqrt(other + own) or (own == 0 and other > 1)


def _reordered(facts: Facts, order: Sequence[int]) -> str:
    if facts.loss.per != "class" or not facts.labels:
        return "swap the two answers" if len(order) == 2 else "reorder the columns"
    names = [facts.columns[j] for j in order] if len(facts.columns) == len(order) else []
    if names and (again := facts.with_columns(names)):
        return again
    right = [facts.name(order.index(j)) for j in range(len(order))]
    return f"correct the names of the columns, which are {listed(right, 12)} as far as the targets tell"


def moved_by_one(facts: Facts) -> Observation | None:
    """Targets fit the class before or after theirs much better: they count from another number.

    If the last class does not occur, targets that count from 1 are all valid indices and no error occurs:
    every row is compared with the next class. So it is where the model has one class more in front, such as a
    background or a padding, that the targets do not count.

    Subtract 1 from every target, or add 1, or give the names of the classes.

    Reference: PyTorch documentation of CrossEntropyLoss: class indices in the range [0, C).
    """
    fit = compared(facts)
    if fit is None or facts.loss.per != "class" or _outcomes(facts) < 3 or not facts.targets:
        return None
    last = _outcomes(facts) - 1
    before = fit.nats_before if min(facts.targets) > 0 else math.inf
    after = fit.nats_after if max(facts.targets) < last else math.inf
    nats = min(before, after)
    if not far_better(facts, fit.counted, fit.nats, nats, math.log(2)):
        return None
    if _frequencies_fit_better(fit, nats, math.log(2)):
        return None
    loss, from_one = nats / fit.counted, before <= after
    told = (
        f"the targets count from 1, and the {last + 1} classes from 0"
        if from_one
        else f"the {last + 1} classes have one more in front than the targets count"
    )
    return Observation(
        f"against the class {'before' if from_one else 'after'} theirs {quantity(facts)} is {number(loss)} "
        f"nats, against their own {mean_of(fit)}: {told}",
        fit.counted,
        {"moved_loss": loss, "loss": known_mean(fit), "by": -1 if from_one else 1},
        facts.again("--first-class", "1")
        if from_one
        else "add 1 to every target, or leave the first class out",
    )


def other_axis(facts: Facts) -> Observation | None:
    """With the classes along another axis of the same length the loss would be far lower.

    Unless you say which axis holds the classes, an array of (rows, positions, classes) is read as (rows,
    classes, positions), and no error occurs if both are equally long.

    Say which axis it is: --class-axis -1.

    Reference: PyTorch documentation of CrossEntropyLoss: the input has the shape (N, C, d1, d2, ...).
    """
    fit = compared(facts)
    if fit is None or not fit.turned:
        return None
    axis, cost = min(fit.turned.items(), key=lambda found: found[1])
    nats = cost * STEP
    if not far_better(facts, fit.counted, fit.nats, nats, math.log(len(fit.turned))):
        return None
    said = "--class-axis" in facts.command_words.data
    return Observation(
        f"with the classes along axis {axis} {quantity(facts)} would be {number(nats / fit.counted)} nats "
        f"instead of {mean_of(fit)}",
        fit.counted,
        {"loss": known_mean(fit), "turned_loss": nats / fit.counted, "axis": axis},
        "the axis that --class-axis names is not that of the classes"
        if said
        else facts.again("--class-axis", str(axis)),
    )


def always_the_same(facts: Facts) -> Observation | None:
    """All predictions are the same.

    The model predicts the same whatever its input: inputs that were not read, weights that are all 0 or nan
    to begin with, a file that holds the last row again and again.

    Look at the model's inputs. A baseline that always predicts the class frequencies looks like this too.

    The check asks for ten rows.
    """
    fit = facts.fit
    if fit is None or fit.same is None or fit.counted < _ENOUGH_ROWS or _outcomes(facts) < 2:
        return None
    return Observation(f"all {fit.counted} predictions are the same", fit.counted)


def not_compared(facts: Facts) -> Observation | None:
    """There are too many classes to compare the costs of every order.

    Which column fits which class best takes a matrix of classes by classes. With many classes their largest
    predictions are held against another order, and all classes moved by one; a class needs a few rows to be
    seen so. Factors of the class frequencies (CEL407) are not tried.

    Compare a part of the classes, or the accuracy by class: --by class.
    """
    fit = facts.fit
    if fit is None or fit.of_many is None:
        return None
    tried = fit.of_many.tried
    order = (
        "is held against those moved by one alone, as too many pairs of target and prediction occur"
        if fit.of_many.full
        else f"is held against others by the largest class of each row, for the {tried} with rows enough"
    )
    return Observation(
        f"the order of {_outcomes(facts)} classes {order} (CEL214); frequencies of more than "
        f"{MATRIX_CLASSES} classes are not compared (CEL407)",
        _outcomes(facts),
        {"classes": _outcomes(facts), "most": MATRIX_CLASSES, "order_tried_of": tried},
        facts.shown("--by", "class"),
    )


def negated(facts: Facts) -> Observation | None:
    """With the other sign the logits would fit much better.

    The input is a cost or a distance, where small is good, or -log p in place of log p.

    Change the sign of the input.

    Reference: Royall 2000, "On the probability of observing misleading statistical evidence": where the
    predictions are right, a likelihood ratio of a million comes about at most once in a million data sets.
    """
    fit = compared(facts)
    if fit is None or not _may_be_negated(facts):
        return None
    if not far_better(facts, fit.counted, fit.nats, fit.negated_nats, 0.0):
        return None
    if _frequencies_fit_better(fit, fit.negated_nats, 0.0):
        return None
    better = permuted(facts)
    reordered = None if better is None else better.evidence.get("reordered_loss")
    if isinstance(reordered, float) and reordered * fit.counted < fit.negated_nats:
        return None
    loss = fit.negated_nats / fit.counted
    return Observation(
        f"with the other sign the input would have {quantity(facts, 'a')} of {number(loss)} nats instead of "
        f"{mean_of(fit)}",
        fit.counted,
        {"loss": known_mean(fit), "negated_loss": loss},
        "change the sign of the input",
    )


def _may_be_negated(facts: Facts) -> bool:
    """Whether the other sign is another reading: that of two classes is their other order."""
    return _outcomes(facts) != 2 and facts.loss.takes != "probs"


def temperature(facts: Facts) -> Observation | None:
    """Divided by a temperature far from 1, the logits would fit much better.

    A temperature above 1 says that the model is overconfident, one below 1 that it is too cautious, or
    that something flattened its predictions, such as a second softmax.

    Calibrate with one temperature fitted on held-out data; it changes no ranking.

    Reference: Guo et al. 2017, "On calibration of modern neural networks".
    """
    fit = compared(facts)
    if fit is None:
        return None
    best, nats = fit.best_temperature()
    if best == 1 or not far_better(facts, fit.counted, fit.nats, nats, math.log(len(TEMPERATURES))):
        return None
    loss = nats / fit.counted
    return Observation(
        f"divided by a temperature of about {best:g} the logits would have {quantity(facts, 'a')} of "
        f"{number(loss)} nats instead of {mean_of(fit)}: the predictions are "
        f"{'over' if best > 1 else 'under'}confident",
        fit.counted,
        {"temperature": best, "loss": known_mean(fit), "loss_at_temperature": loss},
    )


def worse_than_guessing(facts: Facts) -> Observation | None:
    """The loss is larger than that of giving every class the same probability.

    Such a guess costs ln C nats for C classes. A model that costs more is worse than no model: its classes
    are mixed up, its targets are of other rows, or it is confident where it is wrong.

    Look at the worst rows (--worst 10), at --by class, and at the other findings here.

    Reference: the entropy of the uniform distribution over C outcomes is ln C.
    """
    fit = compared(facts)
    outcomes = _outcomes(facts)
    if fit is None or _nats(facts, fit) - fit.counted * math.log(outcomes) <= SURE:
        return None
    found = _against(facts, fit, math.log(outcomes), dict.fromkeys(range(outcomes), 1))
    if found is None:
        return None
    told, mean, guessing = found
    costs = f"{f'ln {outcomes} = ' if facts.loss.loss.is_log_loss else ''}{number(guessing)}"
    return Observation(
        f"{told} is worse than guessing, which costs {costs}; {fit.hits} of {fit.counted} predictions are "
        "right",
        fit.counted,
        {"loss": mean, "guessing": guessing, "accuracy": fit.hits / fit.counted},
        facts.shown("--worst", "10"),
    )


def _against(
    facts: Facts, fit: Fit, nats: float, given: Mapping[int, int]
) -> tuple[str, float | None, float] | None:
    """The mean as the beginning of a sentence and as evidence, and what constant predictions cost.

    None where the mean is worse for the rounding of probabilities only, or, of a loss that is not -log p, no
    worse.

    Args:
        facts: of the data.
        fit: whose cost is worse than that of the constant predictions.
        nats: what these cost each.
        given: the frequencies of the outcomes that they are.

    """
    if _only_rounded(facts, fit, nats):
        return None
    if facts.loss.loss.is_log_loss:
        return _the_mean(facts, fit), _computed(facts, fit), nats
    own = _of_frequencies(facts, given)
    if own is None or facts.mean is None or facts.mean <= own:
        return None
    told = f"the mean of {number(facts.mean)}{' nats' if facts.loss.loss.is_information else ''}"
    return told, facts.mean, own


def _of_frequencies(facts: Facts, given: Mapping[int, int]) -> float | None:
    """What a loss that is not -log p costs where these frequencies of outcomes are always predicted.

    None where that cannot be said, or weights make the mean another one.
    """
    outcomes = range(_outcomes(facts))
    if facts.weighted or not set(given) <= set(outcomes):
        return None
    totals = np.array([[given.get(outcome, 0) for outcome in outcomes]], float)
    costs = facts.made().costs_of_frequencies(totals)
    if costs is None:
        return None
    occurs = totals > 0
    return float((totals[occurs] * costs[occurs]).sum() / totals.sum())


def _only_rounded(facts: Facts, fit: Fit, each: float) -> bool:
    """Whether but for targets of probability exactly 0 the predictions cost less than ``each`` nats.

    Rounded probabilities and the leaves of trees say 0 and 1: CEL303 tells what that costs.
    """
    says_so = facts.seen["exactly-0-or-1"] and (
        facts.loss.takes == "probs" or facts.nearly_all("probabilities")
    )
    if not (says_so and fit.beyond):
        return False
    return (
        fit.possible_nats <= each * (fit.counted - fit.beyond) and fit.hits * _outcomes(facts) >= fit.counted
    )


def worse_than_frequencies(facts: Facts) -> Observation | None:
    """The loss is larger than that of always predicting the frequencies of the classes.

    A prediction that ignores its input and always returns the class frequencies costs their entropy. A
    model should do better.

    Look at --by class: a model that was trained on balanced data and tested on unbalanced data does this.

    Reference: Cover and Thomas, "Elements of information theory", section 2.3; the half logarithm of the
    number of rows for each frequency that is fitted is the penalty of Schwarz 1978.
    """
    fit, given = facts.fit, facts.targets
    if fit is None or given.total() != fit.counted or worse_than_guessing(facts):
        return None
    entropy = _entropy(facts)
    if _nats(facts, fit) - entropy <= SURE + _allowance(facts, fit):
        return None
    found = _against(facts, fit, entropy / fit.counted, given)
    if found is None:
        return None
    told, mean, constant = found
    return Observation(
        f"{told} is worse than {number(constant)}, what always predicting the frequencies of the classes "
        "costs",
        fit.counted,
        {"loss": mean, "entropy" if facts.loss.loss.is_log_loss else "frequencies": constant},
        facts.shown("--by", "class"),
    )


def weighted(facts: Facts) -> Observation | None:
    """Because of weights, the mean differs from the plain mean.

    The mean over class indices divides by the sum of the weights of the counted rows, not by their
    number; over probabilities and in the binary losses weights do not enter the divisor at all.

    Compare numbers only with the same weights, or without.

    Reference: PyTorch documentation of CrossEntropyLoss and BCELoss, weight.
    """
    fit = compared(facts)
    if fit is None or not facts.weighted or facts.mean is None or not math.isfinite(facts.mean):
        return None
    if (
        not facts.loss.loss.is_log_loss
        or fit.beyond
        or facts.options.get("label_smoothing")
        or facts.options.get("convention")
    ):
        return None  # these change the mean too
    if abs(facts.mean - fit.mean) <= 1e-5 * max(1.0, abs(fit.mean)):
        return None
    return Observation(
        f"the weighted mean is {number(facts.mean)} nats, the plain mean {number(fit.mean)}",
        fit.counted,
        {"weighted": facts.mean, "plain": fit.mean},
    )
