"""Which outcome was found the likeliest where another one came: the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.losses.base import Loss

__all__ = ["Confusion", "confusion_of"]


@record(frozen=True, slots=True)
class Confusion:
    """How often each outcome came and which one was expected; ``Confusion()`` is empty, ``+`` in any order.

    Attributes:
        outcomes: how many outcomes there are, 0 of nothing.
        counts: of pairs that occur, (what came, what was the likeliest), each numbered from 0.
        missing: whether some counted target is no outcome, or the likeliest one of a row is not known.

    """

    outcomes: int = 0
    counts: Mapping[tuple[int, int], int] = field(default_factory=dict)
    missing: bool = False

    def __add__(self, other: Confusion) -> Confusion:
        counts = dict(self.counts)
        for pair, count in other.counts.items():
            counts[pair] = counts.get(pair, 0) + count
        return Confusion(max(self.outcomes, other.outcomes), counts, self.missing or other.missing)

    def matrix(self) -> Array:
        """The counts, shape (outcomes, outcomes) int64, a line for each outcome that came."""
        found = np.zeros((self.outcomes, self.outcomes), np.int64)
        for pair, count in self.counts.items():
            found[pair] = count
        return found


def confusion_of(
    loss: Loss, batch: Batch, terms: Terms, decisions: tuple[Array, Array] | None, most: int
) -> Confusion:
    """The confusion matrix of one canonical batch.

    Args:
        loss: with its options.
        batch: canonical.
        terms: of it.
        decisions: of the loss on it, each of shape (elements,); None where it makes none.
        most: so many outcomes are told apart; of more nothing is counted.

    """
    size = loss.classes(batch) or 2
    if decisions is None or size > most:
        return Confusion(missing=True)
    decided, outcomes = decisions
    counted = np.ones(terms.loss.size, bool) if terms.ignored is None else ~terms.ignored
    known = (outcomes >= 0) & ~np.isnan(terms.loss)
    pairs = np.bincount(outcomes[known] * size + decided[known], minlength=size * size)
    counts = {divmod(int(at), size): int(pairs[at]) for at in np.flatnonzero(pairs)}
    return Confusion(size, counts, bool((counted & ~known).any()))
