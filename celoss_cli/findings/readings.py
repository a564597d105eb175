"""Other readings of the predictions, and whether they explain the data where this one does not.

Each comparison is a likelihood ratio: the data must fit another reading better by more than the number of
readings that were tried allows, and by ``SURE`` nats beyond that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from celoss_cli.findings.choice import (
    logits_for_probabilities,
    not_log_probabilities,
    percentages,
    probabilities_for_log_probabilities,
)
from celoss_cli.findings.facts import SURE, Facts
from celoss_cli.findings.targets import binary_labels, from_one
from celoss_cli.findings.wording import number

if TYPE_CHECKING:
    from celoss_cli.evaluate.fit import Fit
    from celoss_cli.evaluate.priors import Reweighed

__all__ = [
    "allowance_of",
    "are_the_same",
    "compared",
    "entropy_of",
    "far_better",
    "frequencies_explain",
    "frequencies_fit_better",
    "known_mean",
    "mean_of",
    "outcomes_of",
    "quantity",
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

_DEVIATIONS_OF_FREQUENCIES = 5.0
"""By so many standard deviations a mean is off once in a million data sets, however sure predictions are."""

_LIKELY = math.log(100)
"""How much better, in nats, than the class frequencies the predictions must be once they are mended."""

_TWICE = math.log(2)
"""Ratios that differ by less are no other frequencies."""

_MUCH = 0.1
"""The part of the loss that another reading must save."""


def compared(facts: Facts) -> Fit | None:
    """How the predictions fit, where no other finding says already that they cannot."""
    told = any(check(facts) for check in _NO_PREDICTIONS) or are_the_same(facts)
    return None if told else facts.fit


def are_the_same(facts: Facts) -> bool:
    """Whether all predictions are the same, of so many that this is no chance."""
    fit = facts.fit
    many = fit is not None and fit.same is not None and fit.counted >= _ENOUGH_ROWS
    return many and outcomes_of(facts) >= 2


def quantity(facts: Facts, article: str = "the") -> str:
    """What readings are compared by; a loss that is not -log p is not its mean."""
    return f"{article} mean{'' if facts.loss.loss.is_log_loss else ' -log p'}"


def mean_of(fit: Fit) -> str:
    """The mean loss in words: a bound where costs are beyond what a survey counts, or infinite."""
    if fit.impossible:
        return "infinitely many"
    return f"{'at least ' if fit.beyond else ''}{number(fit.mean)}"


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
    guessing = count * math.log(outcomes_of(facts))
    return nats - other > needed and other < (1 - _MUCH) * nats and guessing - other > needed


def frequencies_fit_better(fit: Fit, nats: float, readings: float) -> bool:
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
        gained > max(needed, _MUCH * found.nats)
        and found.deviations > _DEVIATIONS_OF_FREQUENCIES
        and max(found.ratios) - min(found.ratios) > _TWICE
        and found.entropy_nats - found.reweighed_nats > _LIKELY
        and (found.heated_nats - found.reweighed_nats > more or not heated)
        and found.reweighed_nats - found.heated_after_nats < gained
    )


def outcomes_of(facts: Facts) -> int:
    return facts.classes or 2


def allowance_of(facts: Facts, fit: Fit) -> float:
    """The penalty of Schwarz for the frequencies that are fitted, in nats."""
    return (outcomes_of(facts) - 1) / 2 * math.log(fit.counted)


def entropy_of(facts: Facts) -> float:
    """What always predicting the frequencies of the classes costs, in nats."""
    given = facts.targets
    return -sum(n * math.log(n / given.total()) for n in given.values())
