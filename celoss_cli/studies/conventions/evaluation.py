"""One data set under several conventions at once: the totals of each, and the rows that make the gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Tally
from celoss_cli.core.errors import CelossError
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.evaluate.workings import Row, row_of
from celoss_cli.losses import LOSSES

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Chunk, Reduction, Source, Terms
    from celoss_cli.core.option import OptionValues
    from celoss_cli.losses.base import Loss
    from celoss_cli.losses.conventions import Convention

__all__ = [
    "ConventionTotals",
    "Conventions",
    "Gap",
    "ToolLoss",
    "evaluate_conventions",
    "refusal_reason",
    "tool_loss",
]


@record(frozen=True, slots=True)
class ToolLoss:
    """What one tool makes of the data.

    Attributes:
        name: of the convention.
        facts: the tool, its function, clip, rescaling and source, for programs.
        value: the reduced loss, or None where the tool has no such loss.
        tally: the exact totals.
        denominator: what the total was divided by, or None where it was not.
        denominator_is: what that number is, in words.
        differing: how many elements have another loss than PyTorch gives them.
        refused: why there is no value, or "".

    """

    name: str
    facts: Mapping[str, object]
    value: float | None
    tally: Tally
    denominator: float | None
    denominator_is: str | None
    differing: int = 0
    refused: str = ""


@record(frozen=True, slots=True)
class Gap:
    """An element whose loss differs between tools.

    Attributes:
        row: its name and target, with the loss and weight that PyTorch gives it.
        probability: of the class that the target picks, if it picks one.
        losses: its loss by convention, without those that have no such loss.

    """

    row: Row
    probability: float | None
    losses: Mapping[str, float]


@record(frozen=True, slots=True)
class Conventions:
    """One data set as several tools compute its loss.

    Attributes:
        loss, title, takes, unit, reduction, options, source, labels: as in a report.
        rows, elements: counts of the data.
        tools: one for each convention.
        gaps: the elements whose loss differs most from PyTorch's, the largest difference first.

    """

    loss: str
    title: str
    takes: str
    unit: str
    reduction: Reduction
    options: OptionValues
    source: Source
    labels: Sequence[str] | None
    rows: int
    elements: int
    tools: Sequence[ToolLoss]
    gaps: Sequence[Gap]


_NOISE = 1e-12
"""Differences up to this size are the rounding of a division that others do not make."""


def refusal_reason(error: CelossError) -> str:
    """Why a convention computes nothing, in one line without a place."""
    return f"{error.fact}{f' ({error.hint})' if error.hint else ''}"


class ConventionTotals:
    """One data set under several conventions; one that refuses a batch is out for all of them.

    Gaps are differences from the first loss, kept for each convention on its own, so that nothing
    depends on the batch in which another one was found to be out.

    Attributes:
        tallies: the exact totals by convention, without those that are out.
        weight_is: what the denominator of each is.
        refused: why a convention computed nothing, by its name.
        differing: by convention, how many elements have another loss than under the first one.

    """

    def __init__(self, losses: Mapping[str, Loss], count: int) -> None:
        """Begins without batches.

        Args:
            losses: by convention.
            count: how many gaps are kept.

        """
        self.tallies = dict.fromkeys(losses, Tally())
        self.weight_is: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.differing: Counter[str] = Counter()
        self._losses, self._count = losses, count
        self._softmax: Batch | None = None  # of the present batch
        self._found: dict[str, list[_Found]] = {name: [] for name in losses}

    def add(self, batch: Batch, terms: Terms) -> None:
        """Takes a batch; the terms of the first loss are known already, the others are computed here."""
        first, *others = self.tallies
        self._softmax = None
        known = {first: terms} | {name: found for name in others if (found := self._terms(name, batch))}
        for name, found in known.items():
            self.tallies[name] += Tally.of(found, len(batch))
            self.weight_is[name] = found.weight_is
            distance = _distance(found.loss, terms.loss)
            self.differing[name] += int(np.count_nonzero(distance > _NOISE))
            kept = self._found[name]
            least = kept[-1][2] if len(kept) == self._count else _NOISE
            for element in _largest(distance, self._count, least):
                gap = self._gap(batch, terms, int(element), known)
                kept.append((batch.start, int(element), float(distance[element]), gap))
            self._found[name] = sorted(kept, key=_by_distance)[: self._count]

    def _terms(self, name: str, batch: Batch) -> Terms | None:
        try:
            self._losses[name].admit(batch)
            return self._terms_of(self._losses[name], batch)
        except CelossError as error:
            self.refused[name] = refusal_reason(error)
            del self.tallies[name]
            return None

    def _terms_of(self, loss: Loss, batch: Batch) -> Terms:
        """Those conventions that take the softmax of the logits share it; NaN would be no probability."""
        if clipping := loss.of_probabilities():
            self._softmax = loss.softmax_of(batch) if self._softmax is None else self._softmax
            if not np.isnan(np.min(self._softmax.input, initial=0)):
                return clipping.terms(self._softmax)
        return loss.terms(batch)

    def _gap(self, batch: Batch, terms: Terms, element: int, known: Mapping[str, Terms]) -> Gap:
        loss = self._losses[next(iter(self._losses))]
        losses = {name: float(found.loss[element]) for name, found in known.items()}
        return Gap(row_of(loss, batch, terms, element), _probability(loss, batch, element), losses)

    @property
    def gaps(self) -> list[Gap]:
        """The elements with the largest differences from the first loss, the largest first."""
        largest: dict[tuple[int, int], _Found] = {}
        for found in (found for name in self.tallies for found in self._found[name]):
            if found[2] > largest.get(found[:2], (0, 0, 0.0))[2]:
                largest[found[:2]] = found
        gaps = sorted(largest.values(), key=_by_distance)[: self._count]
        return [replace(gap, losses={name: gap.losses[name] for name in self.tallies}) for *_, gap in gaps]


_Found = tuple[int, int, float, Gap]
"""Where its batch starts, an element, how far its loss is from the first one, and what is told of it."""


def evaluate_conventions(
    losses: Mapping[str, Loss], batches: Iterable[Batch | Chunk], request: Request, count: int
) -> tuple[Evaluation, ConventionTotals]:
    """Computes one data set under several conventions in one pass.

    Args:
        losses: by convention; the first one must be able to compute the data.
        batches: of one data set, in order.
        request: what is asked of the computation.
        count: how many gaps are kept.

    Returns:
        The evaluation of the first loss, which reads the data, and what all of them make of it.

    Raises:
        InputError: with its place, for data that the first loss refuses.

    """
    found = ConventionTotals(losses, count)
    return evaluate(next(iter(losses.values())), batches, replace(request, keep=True), found.add), found


def _distance(losses: Array, others: Array) -> Array:
    """How far the losses of elements are apart; 0 where both are infinite or NaN."""
    with np.errstate(invalid="ignore"):
        differences = np.abs(losses.astype(np.float64) - others.astype(np.float64))
    return np.nan_to_num(differences, nan=0.0, posinf=np.inf)


def _by_distance(found: _Found) -> tuple[float, int, int]:
    """Sorts the largest first, and what is equal in the order of the data."""
    return -found[2], found[0], found[1]


def _largest(spread: Array, count: int, least: float) -> Array:
    """The elements with the largest spreads above ``least``, the first of those that are equal."""
    above = np.flatnonzero(spread > least)
    if len(above) > count:
        above = above[spread[above] >= np.partition(spread[above], -count)[-count]]
    order: Array = above[np.argsort(-spread[above], kind="stable")[:count]]
    return order


def _probability(loss: Loss, batch: Batch, element: int) -> float | None:
    """The probability of what the target picks, to the 15 digits that a logarithm leaves."""
    width = max(1, batch.elements_per_row)
    row, position = divmod(element, width)
    one = batch.rows(row, row + 1)
    logs, target = loss.log_predictions(one), loss.target_of(batch, element)
    if logs is None or isinstance(target, tuple) or target != int(target) or not 0 <= target < len(logs):
        return None
    return float(f"{np.exp(logs[int(target), position]):.15g}")


def tool_loss(
    convention: Convention,
    command: str,
    loss: Loss | None,
    found: ConventionTotals,
    reduction: Reduction,
    options: OptionValues,
) -> ToolLoss:
    """What one tool makes of the data.

    Args:
        convention: of the tool.
        command: of the loss.
        loss: under the convention, or None where it has none.
        found: the totals by convention.
        reduction: how the total becomes the value.
        options: those in force, by name.

    """
    name = convention.name
    computed = name in found.tallies
    tally = found.tallies.get(name, Tally())
    divided = computed and reduction == "mean"
    return ToolLoss(
        name=name,
        facts=_facts(convention, command, options),
        value=loss.rounded(tally.reduce(reduction)) if loss is not None and computed else None,
        tally=tally,
        denominator=tally.denominator(reduction) if divided else None,
        denominator_is=found.weight_is[name] if divided else None,
        differing=found.differing[name] if computed else 0,
        refused=found.refused.get(name, ""),
    )


def _facts(convention: Convention, command: str, options: OptionValues) -> dict[str, object]:
    """What a reader of the result may want to know of a tool."""
    kind = options["input_is"]
    return {
        "tool": convention.tool,
        "function": convention.functions[command],
        "clip": convention.clip_of(options["dtype"], kind) or None,
        "clips_above": convention.clips_above and convention.changes(kind),
        "rescales": convention.rescales and convention.changes(kind) and LOSSES[command].per == "class",
        "source": convention.source,
    }
