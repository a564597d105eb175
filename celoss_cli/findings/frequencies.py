"""Predictions for other class frequencies than those of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural
from celoss_cli.findings.choice import already_probabilities, probabilities_for_logits
from celoss_cli.findings.facts import SURE, Facts, Observation
from celoss_cli.findings.orders import moved_by_one, negated, other_axis, permuted
from celoss_cli.findings.readings import (
    compared,
    frequencies_explain,
    quantity,
)
from celoss_cli.findings.shifts import shifted
from celoss_cli.findings.wording import listed, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.evaluate.priors import Reweighed

__all__ = ["other_frequencies"]

_OTHER_READINGS = (
    already_probabilities,
    probabilities_for_logits,
    moved_by_one,
    permuted,
    negated,
    other_axis,
    shifted,
)
"""Where one of these is found, it explains the predictions better."""


def other_frequencies(facts: Facts) -> Observation | None:
    """The predictions fit other class frequencies than the targets have.

    The mean probability of a class is far from how often the class occurs, and one factor for each class
    mends it: the model was trained on other frequencies than the data has (balanced classes, sampled
    negatives, class weights in the loss), or the data was filtered by its targets.

    Multiply the probabilities by the factors and normalise them, or add the logarithms of the factors to the
    logits; fit them on held-out data, as here they are fitted to the targets that they are tested on.

    Reference: Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities"; the penalty of Schwarz 1978 for the factors that are fitted.
    """
    fit = compared(facts)
    found = None if fit is None else fit.reweighed(SURE)
    if (
        fit is None
        or found is None
        or not frequencies_explain(found)
        or any(told(facts) for told in _OTHER_READINGS)
    ):
        return None
    loss, mended = found.nats / found.counted, found.reweighed_nats / found.counted
    of = f"{quantity(facts)}{_part(facts, found, fit.counted)}"
    return Observation(
        "the predictions fit other class frequencies than the targets have: "
        f"{listed(_told(facts, found), 3)}; with probabilities times what the targets have over what fits, "
        f"{of} would be {number(mended)} nats instead of {number(loss)}",
        found.counted,
        {
            "loss": loss,
            "reweighed_loss": mended,
            "outcomes": list(found.outcomes),
            "frequencies": list(found.frequencies),
            "fitting_frequencies": list(found.trained),
            "mean_probabilities": list(found.expected),
        },
        "train for the frequencies of the data, or multiply by the ratios",
    )


def _part(facts: Facts, found: Reweighed, counted: int) -> str:
    """What the mean is of, where it is not of everything."""
    examined = f" of the {found.counted} predictions examined" if found.counted < counted else ""
    never = (facts.classes or 2) - len(found.outcomes)
    return examined + (f" without {plural(never, 'class')} of no target" if never else "")


def _told(facts: Facts, found: Reweighed) -> Iterator[str]:
    """What is off by most, first."""
    order = sorted(range(len(found.outcomes)), key=lambda at: -abs(found.ratios[at]))
    for at in order if len(order) > 2 else [1]:
        name = facts.name(found.outcomes[at]) if facts.loss.per == "class" else str(found.outcomes[at])
        yield f"{name} fits {number(found.trained[at])} and has {number(found.frequencies[at])}"
