"""How well the predictions fit: held against constant predictions, and at another temperature."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.evaluate.fit import MATRIX_CLASSES, TEMPERATURES, Fit
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.readings import (
    allowance_of,
    are_the_same,
    compared,
    entropy_of,
    far_better,
    known_mean,
    mean_of,
    outcomes_of,
    quantity,
)
from celoss_cli.findings.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "always_the_same",
    "not_compared",
    "temperature",
    "weighted",
    "worse_than_frequencies",
    "worse_than_guessing",
]


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


def always_the_same(facts: Facts) -> Observation | None:
    """All predictions are the same.

    The model predicts the same whatever its input: inputs that were not read, weights that are all 0 or nan
    to begin with, a file that holds the last row again and again.

    Look at the model's inputs. A baseline that always predicts the class frequencies looks like this too.

    The check asks for ten rows.
    """
    fit = facts.fit
    if fit is None or not are_the_same(facts):
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
        f"the order of {outcomes_of(facts)} classes {order} (CEL214); frequencies of more than "
        f"{MATRIX_CLASSES} classes are not compared (CEL407)",
        outcomes_of(facts),
        {"classes": outcomes_of(facts), "most": MATRIX_CLASSES, "order_tried_of": tried},
        facts.shown("--by", "class"),
    )


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

    It is told where all rows together cost 14 nats (ln 1e6) more than guessing: less may be chance, so that
    few rows can be worse than guessing without it.

    Look at the worst rows (--worst 10), at --by class, and at the other findings here.

    Reference: the entropy of the uniform distribution over C outcomes is ln C.
    """
    fit = compared(facts)
    outcomes = outcomes_of(facts)
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
    outcomes = range(outcomes_of(facts))
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
        fit.possible_nats <= each * (fit.counted - fit.beyond)
        and fit.hits * outcomes_of(facts) >= fit.counted
    )


def worse_than_frequencies(facts: Facts) -> Observation | None:
    """The loss is larger than that of always predicting the frequencies of the classes.

    A prediction that ignores its input and always returns the class frequencies costs their entropy. A
    model should do better.

    It is told where all rows together cost 14 nats (ln 1e6) more, and what fitting the frequencies is worth
    besides: less may be chance.

    Look at --by class: a model that was trained on balanced data and tested on unbalanced data does this.

    Reference: Cover and Thomas, "Elements of information theory", section 2.3; the half logarithm of the
    number of rows for each frequency that is fitted is the penalty of Schwarz 1978.
    """
    fit, given = facts.fit, facts.targets
    if fit is None or given.total() != fit.counted or worse_than_guessing(facts):
        return None
    entropy = entropy_of(facts)
    if _nats(facts, fit) - entropy <= SURE + allowance_of(facts, fit):
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
