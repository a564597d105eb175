"""One data set under several conventions at once: the totals of each, and the rows that make the gaps."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from celoss_cli.data import Array, Batch, Chunk, Gap, Tally, Terms
from celoss_cli.errors import CelossError
from celoss_cli.evaluate import Evaluation, Request, evaluate, row_of
from celoss_cli.losses.base import Loss

__all__ = ["Beside", "beside", "told"]

_NOISE = 1e-12
"""Differences up to this size are the rounding of a division that others do not make."""


def told(error: CelossError) -> str:
    """Why a convention computes nothing, in one line without a place."""
    return f"{error.fact}{f' ({error.hint})' if error.hint else ''}"


@dataclass(slots=True)
class Beside:
    """The outcome.

    Attributes:
        evaluation: that of the first loss, which reads the data.
        tallies: the exact totals by convention.
        weight_is: what the denominator of each is.
        refused: why a convention computed nothing, by its name.
        differing: how many elements have a loss of their own under some convention.
        gaps: the elements with the largest differences, the largest first.

    """

    evaluation: Evaluation
    tallies: dict[str, Tally] = field(default_factory=dict)
    weight_is: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    differing: int = 0
    gaps: list[Gap] = field(default_factory=list)


def beside(
    losses: Mapping[str, Loss], batches: Iterable[Batch | Chunk], request: Request, count: int
) -> Beside:
    """Computes one data set under several conventions in one pass.

    Args:
        losses: by convention; the first one must be able to compute the data.
        batches: of one data set, in order.
        request: what is asked of the computation.
        count: how many gaps are kept.

    Raises:
        InputError: with its place, for data that the first loss refuses.

    """
    panel = _Panel(losses, count)
    evaluation = evaluate(next(iter(losses.values())), batches, replace(request, keep=True), panel.add)
    return panel.finished(evaluation)


class _Panel:
    """Takes batch after batch; a convention that refuses one is out for all of them."""

    def __init__(self, losses: Mapping[str, Loss], count: int) -> None:
        self._losses = losses
        self._count = count
        self._tallies = dict.fromkeys(losses, Tally())
        self._weight_is: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._differing = 0
        self._found: list[tuple[float, int, int, Gap]] = []

    def add(self, batch: Batch, terms: Terms) -> None:
        """The terms of the first loss are known already; the others are computed of the same batch."""
        first, *others = self._losses
        known = {first: terms} | {name: found for name in others if (found := self._terms(name, batch))}
        for name, found in known.items():
            self._tallies[name] += Tally.of(found, len(batch))
            self._weight_is[name] = found.weight_is
        table = np.stack([found.loss.astype(np.float64) for found in known.values()])
        with np.errstate(invalid="ignore"):
            spread = np.nan_to_num(table.max(axis=0) - table.min(axis=0), nan=0.0, posinf=np.inf)
        self._differing += int(np.count_nonzero(spread > _NOISE))
        for element in _largest(spread, self._count):
            gap = self._gap(batch, terms, int(element), known)
            self._found.append((float(spread[element]), batch.start, -int(element), gap))
        self._found = heapq.nlargest(
            self._count, self._found, key=lambda found: (found[0], -found[1], found[2])
        )

    def _terms(self, name: str, batch: Batch) -> Terms | None:
        if name in self._refused:
            return None
        try:
            self._losses[name].admit(batch)
            return self._losses[name].terms(batch)
        except CelossError as error:
            self._refused[name] = told(error)
            return None

    def _gap(self, batch: Batch, terms: Terms, element: int, known: Mapping[str, Terms]) -> Gap:
        loss = self._losses[next(iter(self._losses))]
        losses = {name: float(found.loss[element]) for name, found in known.items()}
        return Gap(row_of(loss, batch, terms, element), _probability(loss, batch, element), losses)

    def finished(self, evaluation: Evaluation) -> Beside:
        """The outcome without what the conventions that are out had computed."""
        left = [name for name in self._losses if name not in self._refused]
        gaps = [
            replace(gap, losses={name: gap.losses[name] for name in left if name in gap.losses})
            for *_, gap in self._found
        ]
        tallies = {name: self._tallies[name] for name in left}
        return Beside(evaluation, tallies, self._weight_is, self._refused, self._differing, gaps)


def _largest(spread: Array, count: int) -> Array:
    """The elements with the largest spreads above rounding, the first of those that are equal."""
    order = np.argsort(-spread, kind="stable")[:count]
    return order[spread[order] > _NOISE]


def _probability(loss: Loss, batch: Batch, element: int) -> float | None:
    """The probability of what the target picks, to the 15 digits that a logarithm leaves."""
    width = max(1, batch.elements_per_row)
    row, position = divmod(element, width)
    one = batch.rows(row, row + 1)
    logs, target = loss.log_predictions(one), loss.target_of(batch, element)
    if logs is None or isinstance(target, tuple) or target != int(target) or not 0 <= target < len(logs):
        return None
    return float(f"{np.exp(logs[int(target), position]):.15g}")
