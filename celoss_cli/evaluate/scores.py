"""What is told beside the loss: how often the likeliest answer is right, and what frequencies alone cost.

The totals are exact and added in any order; what is divided is divided once, at the end. The loss of always
answering the frequencies is that of a constant prediction, computed by the loss itself for each outcome.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import UsageError
from celoss_cli.core.exact import POINT, ExactSum, exact_sum
from celoss_cli.core.exact_groups import ExactSums, exact_sums
from celoss_cli.core.records import fieldwise, record
from celoss_cli.losses.base import SAMPLE_WEIGHT

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Tally, Terms
    from celoss_cli.evaluate.calibration import Calibration
    from celoss_cli.evaluate.murphy import Parts
    from celoss_cli.losses.base import Loss

__all__ = ["Scores", "Totals", "scores_of", "totals_of"]


@record(frozen=True, slots=True)
class Totals:
    """What the scores are made of; ``Totals()`` is empty and ``+`` is exact in any order.

    Attributes:
        columns: how many answers a row has that are asked on their own: the labels of a row, else 1.
        count: how many predictions.
        missing: how many counted targets are no outcome, so that nothing can be said.
        weight: the sum of the sample weights of the predictions.
        hits: the same of those whose likeliest outcome came.
        top: the same of those whose outcome was among the likeliest ones.
        outcomes: the sum of the factors of each outcome of each column, column by column.
        forecasts: of a Brier score, the probabilities of each outcome in bins; () where there are none.

    """

    columns: int = 0
    count: int = 0
    missing: int = 0
    weight: ExactSum = ExactSum()
    hits: ExactSum = ExactSum()
    top: ExactSum = ExactSum()
    outcomes: ExactSums = ExactSums()
    forecasts: tuple[Calibration, ...] = ()

    def __add__(self, other: Totals) -> Totals:
        if self.columns and other.columns and self.outcomes.size != other.outcomes.size:
            return Totals(1, self.count + other.count, self.missing + other.missing + 1)
        size = max(self.outcomes.size, other.outcomes.size)
        return fieldwise(
            operator.add,
            self,
            other,
            columns=self.columns or other.columns,
            outcomes=self.outcomes.joined(other.outcomes, np.arange(other.outcomes.size), size),
            forecasts=self._forecasts_with(other),
        )

    def _forecasts_with(self, other: Totals) -> tuple[Calibration, ...]:
        """Those of both; none where one of them, not empty, has none."""
        if not self.count or not other.count:
            return self.forecasts or other.forecasts
        if len(self.forecasts) != len(other.forecasts):
            return ()
        return tuple(map(operator.add, self.forecasts, other.forecasts))


@record(frozen=True, slots=True)
class Scores:
    """What the totals say.

    Attributes:
        accuracy: the part of the predictions whose likeliest outcome came, by sample weight.
        prior_loss: what always answering the frequencies of the outcomes would have cost, reduced as the loss
            is; nan where that cannot be said.
        skill: 1 less the loss divided by the prior loss; nan where that is 0, or unknown.
        top: how many outcomes were looked at, and the part of the predictions whose outcome was among them.
        by_column: whether each label of a row has frequencies of its own.
        parts: of a mean Brier score without weights; None of anything else.

    """

    accuracy: float
    prior_loss: float
    skill: float
    top: tuple[int, float] | None = None
    by_column: bool = False
    parts: Parts | None = None


_MOST_COLUMNS = 1 << 12
"""A row with more elements holds no labels that are asked on their own."""


def totals_of(
    loss: Loss, batch: Batch, terms: Terms, decisions: tuple[Array, Array] | None, top: int
) -> Totals:
    """The totals of one canonical batch.

    Args:
        loss: with its options.
        batch: canonical.
        terms: of it.
        decisions: of the loss on it, each of shape (elements,); None where it makes none.
        top: among how many of the likeliest outcomes an outcome is looked for, 0 for not at all.

    Raises:
        UsageError: for likeliest outcomes where there are none, or where they are all that there are.

    """
    counted = terms.loss.size - (0 if terms.ignored is None else int(np.count_nonzero(terms.ignored)))
    if top:
        _refuse_top(loss, batch, top, ranked=decisions is not None)
    if decisions is None:
        return Totals(missing=counted)
    decided, outcomes = decisions
    known = outcomes >= 0
    count = int(np.count_nonzero(known))
    weights = batch.aligned.get(SAMPLE_WEIGHT)
    sure = known if np.isfinite(terms.loss).all() else known & ~np.isnan(terms.loss)

    def weighed(where: Array) -> ExactSum:
        if weights is None:
            return ExactSum(int(np.count_nonzero(where)) << POINT)
        return exact_sum(weights.reshape(-1)[where].astype(np.float64))

    columns, size = _columns(loss, batch)
    codes = outcomes if columns == 1 else outcomes + 2 * np.tile(np.arange(columns), len(batch))
    factors = loss.factors(batch)
    each = np.broadcast_to(np.ones(()), count) if factors is None else factors[known].astype(np.float64)
    return Totals(
        columns,
        count,
        counted - count,
        weighed(known),
        weighed((decided == outcomes) & sure),
        weighed((loss.ranks(batch, outcomes) < top) & sure) if top else ExactSum(),
        exact_sums(each, codes[known], size),
        _forecasts(loss, batch, outcomes) if weights is None else (),
    )


def _refuse_top(loss: Loss, batch: Batch, top: int, *, ranked: bool) -> None:
    """Refuses to look among the ``top`` likeliest classes where that says nothing."""
    classes = loss.classes(batch)
    if classes is None:
        answers = "answers of yes or no" if ranked else loss.predictions_are
        raise UsageError(f"Expected predictions of several classes with --top-k, got {answers}.")
    if not ranked and classes > 1:
        raise UsageError("Expected targets that are classes with --top-k, got distributions.")
    if top >= classes:
        raise UsageError(
            f"Expected --top-k below the number of classes, {classes}, got {top}.",
            hint="among all classes every target is found, whatever the predictions",
        )


def _forecasts(loss: Loss, batch: Batch, outcomes: Array) -> tuple[Calibration, ...]:
    p = loss.forecasts(batch)
    if p is None:
        return ()
    from celoss_cli.evaluate.murphy import binned_forecasts  # most losses are no Brier scores

    return binned_forecasts(p, outcomes)


def _columns(loss: Loss, batch: Batch) -> tuple[int, int]:
    """How many answers a row has that are asked on their own, and how many outcomes all of them have."""
    classes = loss.classes(batch)
    if classes is not None:
        return 1, classes
    labels = batch.shape[0] if len(batch.shape) == 1 and batch.shape[0] <= _MOST_COLUMNS else 1
    return max(1, labels), 2 * max(1, labels)


def scores_of(found: Totals, loss: Loss, tally: Tally, denominator: float, top: int = 0) -> Scores | None:
    """The scores of a whole data set; None where its targets are no outcomes, or nothing is predicted.

    Args:
        found: the totals of it.
        loss: with its options.
        tally: the totals of the loss.
        denominator: what the total of the loss is divided by.
        top: among how many of the likeliest outcomes an outcome was looked for, 0 for not at all.

    """
    if not found.count or found.missing:
        return None
    prior = _prior(found, loss)
    with np.errstate(all="ignore"):
        skill = float(1 - np.float64(float(tally.loss)) / np.float64(prior))
        prior = float(np.float64(prior) / np.float64(denominator))
    return Scores(
        accuracy=found.hits / found.weight,
        prior_loss=prior,
        skill=skill if prior and not math.isinf(prior) else math.nan,
        top=(top, found.top / found.weight) if top else None,
        by_column=found.columns > 1,
        parts=_parts(found, tally),
    )


def _parts(found: Totals, tally: Tally) -> Parts | None:
    if not found.forecasts:
        return None
    from celoss_cli.evaluate.murphy import parts_of  # most losses are no Brier scores

    return parts_of(found.forecasts, tally.reduce("mean"))


def _prior(found: Totals, loss: Loss) -> float:
    """The total loss of always predicting the frequencies; nan where they are none, or the loss has none."""
    totals = found.outcomes.rounded()
    if not ((totals >= 0) & (totals < math.inf)).all():  # of weights that are negative or not finite
        return math.nan
    costs = loss.costs_of_frequencies(totals.reshape(found.columns, -1))
    if costs is None:
        return math.nan
    occurs = totals > 0
    return math.fsum((totals[occurs] * costs.reshape(-1)[occurs]).tolist())
