"""Independent units of paired rows in one order and one orientation, for draws of them.

Unit i, a row or a cluster of rows, has a difference d[i] (a sum of weighted losses) and a weight w[i].
What is drawn of them depends on the set of units only, never on their order, and it answers the question
"A or B" and the question "B or A" alike.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.bounds import Bounds
from celoss_cli.core.exact import exact_sum
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Units", "summed", "units_of"]


@record(frozen=True, slots=True)
class Units:
    """Independent units in an order that depends on nothing but their values.

    Attributes:
        difference: shape (units,), oriented so that their sum is not negative.
        weight: shape (units,).
        turned: -1 where the differences are those of A - B, to be turned round in the end, 1 where they are
            those of B - A, and 0 where the units are the same both ways.

    """

    difference: Array
    weight: Array
    turned: int

    def __len__(self) -> int:
        return len(self.difference)

    def of_b_minus_a(self, oriented: Bounds) -> Bounds:
        """An interval of the oriented mean as one of B - A; the same both ways where the units are."""
        if self.turned == 0:
            half = (oriented.high - oriented.low) / 2
            return Bounds(-half, half)
        return oriented if self.turned > 0 else oriented.turned()


def units_of(difference: Array, weight: Array) -> Units:
    """The units for draws, of differences and weights of shape (units,), all finite."""
    turned = _orientation(difference, weight)
    oriented, weight = _sorted(-difference if turned < 0 else difference, weight)
    return Units(oriented + 0.0, weight, turned)


def summed(difference: Array, weight: Array, codes: Array) -> tuple[Array, Array]:
    """The sums of the rows of each code, each rounded once; nan and infinite where a row is.

    Args:
        difference: shape (rows,).
        weight: shape (rows,).
        codes: shape (rows,), which of the sums a row belongs to.

    """
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))[1:]
    differences, weights = (np.split(values[order], starts) for values in (difference, weight))
    return np.array(list(map(_total, differences))), np.array(list(map(_total, weights)))


def _total(values: Array) -> float:
    return math.fsum(values) if np.isfinite(values).all() else float(values.sum())


def _orientation(difference: Array, weight: Array) -> int:
    """The sign of the sum; where it is 0, which way the sorted units come first; 0 where they are alike."""
    total = exact_sum(difference).scaled
    if total:
        return 1 if total > 0 else -1
    (rising, w), (falling, others) = (_sorted(values, weight) for values in (difference, -difference))
    unlike = np.flatnonzero((rising != falling) | (w != others))[:1]
    if not len(unlike):
        return 0
    return -1 if (*rising[unlike], *w[unlike]) < (*falling[unlike], *others[unlike]) else 1


def _sorted(difference: Array, weight: Array) -> tuple[Array, Array]:
    """The differences and the weights of the units, by difference and then by weight."""
    if weight.size and (weight == weight[0]).all():
        return np.sort(difference), weight
    order = np.lexsort((weight, difference))
    return difference[order], weight[order]
