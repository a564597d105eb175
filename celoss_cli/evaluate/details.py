"""What a batch says of each of its elements beside the loss: the prediction, and the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.evaluate.workings import Recorder
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.losses.class_axis import largest_class, softmax_picked

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.losses.base import Loss

__all__ = ["Details", "details_of", "gradient_of"]

_BLOCK_VALUES = 1 << 15
"""Every loss computes so many values of its input in one block, with one recorded value for each step."""


@record(frozen=True, slots=True)
class Details:
    """What is told of the elements of a batch.

    Attributes:
        probability: that the target was predicted with, shape (elements,) float64; NaN where there is none.
        prediction: the likeliest outcome, shape (elements,) int64; -1 where there is none.
        gradient: of each element's loss in nats, shape (elements, classes) or (elements,), float64; times
            the weight that the data gives the row, 0 where ignored. None where it is not wanted.

    """

    probability: Array
    prediction: Array
    gradient: Array | None = None


def details_of(loss: Loss, batch: Batch, terms: Terms, *, predictions: bool, gradient: bool) -> Details:
    """The details of a canonical batch."""
    count = len(terms.loss)
    found = _predicted(loss, batch, count) if predictions and batch.offsets is None else None
    probability, prediction = found or (np.full(count, np.nan), np.full(count, -1))
    slopes = gradient_of(loss, batch, terms) if gradient else None
    return Details(probability, prediction, slopes)


def _predicted(loss: Loss, batch: Batch, count: int) -> tuple[Array, Array] | None:
    """The probabilities and predictions of ``Details``; None where not every element has its own."""
    outcomes, logits = loss.outcomes(batch), loss.logits(batch)
    logs = loss.log_predictions(batch) if logits is None else logits
    if logs is None or logs.shape[1] != count:
        return None
    y = np.zeros(count, np.int64) if outcomes is None else np.maximum(outcomes, 0)
    if logits is not None:
        chosen, p = softmax_picked(logits, y)
        unknown = np.isnan(p)
    else:
        chosen, unknown = largest_class(logs), np.asarray(np.isnan(logs).any(axis=0))
        with np.errstate(over="ignore"):
            p = np.exp(logs[y, np.arange(count)])
    told = np.zeros(count, bool) if outcomes is None else outcomes >= 0
    return np.where(told, p, np.nan), np.where(unknown, -1, chosen)


def gradient_of(loss: Loss, batch: Batch, terms: Terms) -> Array | None:
    """The gradient of every element's loss with respect to its input, in the shape that ``Details`` says."""
    width = max(1, batch.elements_per_row)
    count = len(terms.loss)
    step = max(1, _BLOCK_VALUES * width // max(1, batch.input[:1].size))
    parts = []
    for start in range(0, count, step):
        rows, positions = batch.places(np.arange(start, min(start + step, count)))
        recorder = Recorder(with_gradient=True)
        loss.terms(batch.elements(rows, positions), recorder)
        found = [step.value for step in recorder.steps if step.level == "gradient"]
        if not found:
            return None
        parts.append(found[0].T if found[0].ndim == 2 else found[0])
    if not parts:
        return None
    slopes = np.concatenate(parts).astype(np.float64)
    factors = np.ones(count)
    if SAMPLE_WEIGHT in batch.aligned:
        factors = np.broadcast_to(batch.aligned[SAMPLE_WEIGHT], (len(batch), width)).reshape(-1).copy()
    if terms.ignored is not None:
        factors[terms.ignored] = 0
        slopes[terms.ignored] = 0
    return slopes * (factors if slopes.ndim == 1 else factors[:, None])
