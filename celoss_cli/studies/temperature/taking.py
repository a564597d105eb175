"""The predictions of a data set, and what one temperature makes of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.core.numbers import ALLOWED
from celoss_cli.core.records import record
from celoss_cli.evaluate.binned import Errors, errors_of
from celoss_cli.evaluate.calibration import BINS
from celoss_cli.evaluate.temperature import Fitted, Predictions, fitted

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Source, Terms
    from celoss_cli.core.option import OptionValues
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.losses import LossSpec
    from celoss_cli.losses.base import Loss
    from celoss_cli.studies.temperature.files import Kept

__all__ = ["Taken", "Temperature", "finite", "told"]


@record(frozen=True, slots=True)
class Temperature:
    """One temperature for all predictions.

    Attributes:
        loss: the name of the function.
        title: the loss in words.
        takes: what the input is.
        fit: the temperature, and the total loss without and with it.
        weight: what the totals are divided by.
        accuracy: which no temperature changes.
        before, after: the calibration errors without and with it; ``after`` is None where there is none.
        rows, classes, counted, ignored: the extents of the data.
        options: in force, by name.
        source: where the data came from and how it was read.
        labels: the classes' names.
        infinite: how many counted targets have an infinite loss, and the place of the first one, or "".
        written: the file of the calibrated predictions, or "".

    """

    loss: str
    title: str
    takes: str
    fit: Fitted
    weight: float
    accuracy: float
    before: Errors
    after: Errors | None
    rows: int
    classes: int | None
    counted: int
    ignored: int
    options: OptionValues
    source: Source
    labels: Sequence[str] | None
    infinite: tuple[int, str] = (0, "")
    written: str = ""

    @property
    def loss_before(self) -> float:
        """The mean loss in nats as the data has it."""
        return self.fit.before / self.weight

    @property
    def loss_after(self) -> float:
        """The mean loss in nats with the temperature, or its limit."""
        return self.fit.after / self.weight

    @property
    def share(self) -> float:
        """The part of the loss that the temperature takes away; 0 of no loss, nan of an infinite one."""
        return 1 - self.fit.after / self.fit.before if self.fit.before else 0.0


class Taken:
    """The predictions of a data set, and where they are written, the rows as they were."""

    def __init__(self, loss: Loss, kept: Kept | None) -> None:
        self.predictions, self.kept = Predictions(), kept
        self.infinite, self.first_infinite = 0, ""
        self._loss = loss

    def __call__(self, batch: Batch, terms: Terms) -> None:
        """Takes a canonical batch with its terms."""
        logits, outcomes = self._loss.logits(batch), self._loss.outcomes(batch)
        # Log-probabilities have lost what logits of one size differ by, and are infinite where these are not.
        logs = self._loss.log_predictions(batch) if logits is None else logits
        if logs is None or outcomes is None or logs.shape[1] != len(outcomes) or len(logs) < 2:
            raise InputError(
                "expected targets that are classes, or answers of yes or no, and a value for each class",
                hint="a temperature is fitted to what came, not to distributions",
            )
        counted = np.ones(len(outcomes), bool) if terms.ignored is None else ~terms.ignored
        _refuse(counted & (outcomes < 0), batch, "expected a target of 0 or 1, got a share between them")
        own = _own(logs, np.maximum(outcomes, 0))
        _refuse(counted & np.isnan(own), batch, "expected a target with a loss, got nan")
        self._note_infinite(counted & np.isneginf(own), batch)
        factors = self._loss.factors(batch)
        plain = np.ones(len(outcomes)) if factors is None else factors
        weights = np.asarray(terms.weight if self._loss.per_class else plain, np.float64)
        self.predictions.add(logs[:, counted], outcomes[counted], weights[counted])
        if self.kept is not None:
            self.kept.add(batch)

    def _note_infinite(self, where: Array, batch: Batch) -> None:
        """Counts the elements of a batch whose loss is infinite, and keeps the place of the first one."""
        if not self.infinite and where.any():
            self.first_infinite = _first_place(where, batch)
        self.infinite += int(np.count_nonzero(where))


def _own(logs: Array, outcomes: Array) -> Array:
    """Half of what each outcome's logit is below the largest: -inf where impossible, nan where unknown."""
    top = logs.max(axis=0)
    with np.errstate(invalid="ignore"):
        own = logs[outcomes, np.arange(len(outcomes))] / 2 - top / 2
    return np.where(np.isfinite(top), own, np.nan)


@contextlib.contextmanager
def finite() -> Iterator[None]:
    """Offers no way to take nan: no temperature fits it."""
    try:
        yield
    except InputError as error:
        error.ways = tuple(way for way in error.ways if way not in ALLOWED)
        raise


def _refuse(where: Array, batch: Batch, fact: str) -> None:
    """Refuses the first element of a batch that is odd."""
    if where.any():
        raise InputError(fact, place=_first_place(where, batch))


def _first_place(where: Array, batch: Batch) -> str:
    return batch.place(int(batch.places(np.flatnonzero(where)[:1])[0][0]))


def told(
    spec: LossSpec,
    loss: Loss,
    evaluation: Evaluation,
    taken: Taken,
    options: OptionValues,
    source: Source,
) -> Temperature:
    """One temperature for what was taken.

    Args:
        spec: the loss, with the kind of input that its options name.
        loss: with its options.
        evaluation: of all rows.
        taken: their predictions.
        options: of the loss, by name.
        source: where the data comes from, and how it was read.

    Raises:
        InputError: where nothing is counted, or all that is counted has the weight 0.

    """
    tally, scores = evaluation.tally, evaluation.scores
    if not tally.counted or scores is None:
        raise InputError("expected at least one counted target to fit a temperature to, got none")
    if not tally.weight.scaled:
        raise InputError("expected a counted target with a weight above 0, got none")
    fit = fitted(taken.predictions)
    after = _errors(loss, taken.predictions, fit.temperature) if fit.state == "found" else None
    return Temperature(
        loss=spec.name,
        title=spec.title,
        takes=spec.takes,
        fit=fit,
        weight=float(tally.weight),
        accuracy=scores.hits / scores.weight,
        before=_errors(loss, taken.predictions, 1.0),
        after=after,
        rows=tally.rows,
        classes=evaluation.classes,
        counted=tally.counted,
        ignored=tally.ignored,
        options=options,
        source=source,
        labels=evaluation.labels,
        infinite=(taken.infinite, taken.first_infinite),
    )


def _errors(loss: Loss, predictions: Predictions, temperature: float) -> Errors:
    """The calibration errors of the predictions at a temperature."""
    b = predictions.factor(temperature)

    def parts() -> Iterator[tuple[Array, Array]]:
        for z, y, _ in predictions:
            with np.errstate(over="ignore", under="ignore"):
                e = np.exp(b * z)
            yield e / e.sum(axis=0), y

    return errors_of(parts(), BINS, positive=not loss.per_class)
