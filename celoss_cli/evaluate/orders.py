"""Whether predictions of many classes fit their targets in another order of the classes.

A matrix of classes by classes is too large for many of them. What is counted is which class was the largest
where which was the target, in two halves of the rows: the order that one half suggests is held against the
other half, so that it need not be paid for that it was chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.evaluate.priors import hashes_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Guesses", "Order"]

_MOST_PAIRS = 1 << 20
"""More pairs of a target and a largest class than these are not kept."""

_TWICE = 2
"""So often a pair occurs before it suggests anything."""


@record(frozen=True, slots=True)
class Order:
    """Another order of the classes, and how often it is right in the half that it was not chosen from.

    Attributes:
        targets: the classes that it moves, shape (moved,).
        columns: where they are, shape (moved,).
        own: how many predictions of these targets are right as they are.
        other: how many are right in the other order.

    """

    targets: Array
    columns: Array
    own: int
    other: int


@record(frozen=True, slots=True)
class Guesses:
    """How often which class was the largest where which was the target; ``+`` adds rows.

    Attributes:
        classes: how many there are.
        pairs: (target x classes + largest) x 2 + half, rising, shape (pairs,).
        counts: how often, shape (pairs,).
        full: whether there were too many pairs, and none are kept.

    """

    classes: int
    pairs: Array
    counts: Array
    full: bool = False

    @classmethod
    def of(cls, classes: int, places: Array, y: Array, guess: Array) -> Guesses:
        """Of predictions.

        Args:
            classes: how many.
            places: in the whole data set, shape (predictions,).
            y: what came, shape (predictions,).
            guess: the largest class, shape (predictions,).

        """
        half = (hashes_of(places) >> np.uint64(63)).astype(np.int64)
        return cls(
            classes, (y.astype(np.int64) * classes + guess) * 2 + half, np.ones(len(y), np.int64)
        )._kept()

    def __add__(self, later: Guesses) -> Guesses:
        pairs = np.concatenate([self.pairs, later.pairs])
        counts = np.concatenate([self.counts, later.counts])
        return Guesses(self.classes, pairs, counts, self.full or later.full)._kept()

    def _kept(self) -> Guesses:
        pairs, place = np.unique(self.pairs, return_inverse=True)
        if self.full or len(pairs) > _MOST_PAIRS:
            return Guesses(self.classes, pairs[:0], pairs[:0], full=True)
        counts = np.bincount(place, weights=self.counts, minlength=len(pairs)).astype(np.int64)
        return Guesses(self.classes, pairs, counts)

    @property
    def tried(self) -> int:
        """How many classes have rows enough for another place of theirs to be seen."""
        first, second = (
            np.bincount(self._of(half)[0] // self.classes, self._of(half)[1], self.classes) for half in (0, 1)
        )
        return int(np.count_nonzero((first >= _TWICE) & (second > 0)))

    def _of(self, half: int) -> tuple[Array, Array]:
        """The pairs of a half of the rows and how often they occur, each of shape (pairs,)."""
        chosen = self.pairs % 2 == half
        return self.pairs[chosen] // 2, self.counts[chosen]

    def order(self) -> Order:
        """The order that the first half suggests, with what it gives in the second."""
        column = _likeliest(*self._of(0), self.classes)
        pairs, counts = self._of(1)
        targets, guesses = np.divmod(pairs, self.classes)
        moved = (column[targets] >= 0) & (column[targets] != targets)
        seen = np.unique(targets[moved])
        return Order(
            seen,
            column[seen],
            int(counts[moved & (guesses == targets)].sum()),
            int(counts[moved & (guesses == column[targets])].sum()),
        )


def _likeliest(pairs: Array, counts: Array, classes: int) -> Array:
    """The place of each class, the most frequent pairs first, each place once; -1 where nothing is left.

    Args:
        pairs: target x classes + largest, shape (pairs,).
        counts: how often, shape (pairs,).
        classes: how many.

    Returns:
        shape (classes,).

    """
    column, taken = np.full(classes, -1), np.zeros(classes, bool)
    for at in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts >= _TWICE)].tolist():
        target, guess = divmod(int(pairs[at]), classes)
        if column[target] < 0 and not taken[guess]:
            column[target], taken[guess] = guess, True
    return column
