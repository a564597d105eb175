"""Independent units of paired rows: what was drawn, its mean difference and how that spreads.

A unit is what was drawn independently: a row, or a cluster of rows. Unit i has a difference d[i] (a sum of
weighted losses) and a weight w[i]; the mean difference is D = sum d / sum w.

Everything here depends on the set of units only, never on their order, and it answers the question
"A or B" and the question "B or A" alike: units are brought to one order and one orientation first.

Source: Cochran 1977, "Sampling techniques", ch. 6 (standard error of a ratio) and ch. 9 (of clusters).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.bounds import Bounds
from celoss_cli.core.exact import exact_sum
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Skewness", "Units", "units_of"]


@record(frozen=True, slots=True)
class Skewness:
    """How lopsided the units' residuals are.

    Attributes:
        value: their third central moment over the cube of their standard deviation.
        error: its standard error, from the same sample.

    """

    value: float
    error: float


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

    @property
    def mean(self) -> float:
        """The oriented mean difference, rounded once; nan over a total weight of 0."""
        return exact_sum(self.difference) / exact_sum(self.weight)

    @property
    def residual(self) -> Array:
        """Shape (units,): e = d - mean w, which adds up to 0."""
        with np.errstate(all="ignore"):
            return np.asarray(self.difference - self.mean * self.weight)

    @property
    def standard_error(self) -> float:
        """Of the mean: sqrt(n / (n - 1) sum e^2) / sum w; nan of fewer than two units.

        With equal weights it is the standard deviation of the differences over sqrt(n).
        """
        n = len(self)
        if n < 2:
            return math.nan
        with np.errstate(all="ignore"):
            spread = float(exact_sum(self.residual**2))
            return float(np.sqrt(spread * n / (n - 1)) / np.abs(float(exact_sum(self.weight))))

    @property
    def skewness(self) -> Skewness:
        """Of the residuals, with the standard error that its influence function gives; 0 of equal ones."""
        residual = self.residual
        with np.errstate(all="ignore"):
            z = residual / np.sqrt(np.mean(residual**2))
            value = np.mean(z**3)
            influence = z**3 - value - 3 * z - 1.5 * value * (z**2 - 1)
            found = Skewness(float(value), float(np.sqrt(np.mean(influence**2) / len(self))))
        return found if math.isfinite(found.value) and math.isfinite(found.error) else Skewness(0.0, 0.0)

    def of_b_minus_a(self, oriented: Bounds) -> Bounds:
        """An interval of the oriented mean as one of B - A; the same both ways where the units are."""
        if self.turned == 0:
            half = (oriented.high - oriented.low) / 2
            return Bounds(-half, half)
        return oriented if self.turned > 0 else oriented.turned()


def units_of(difference: Array, weight: Array, clusters: Sequence[str] | None = None) -> Units:
    """The units of paired rows.

    Args:
        difference: shape (rows,), finite.
        weight: shape (rows,).
        clusters: the cluster of each row, or None where each row is a unit.

    """
    if clusters is not None:
        difference, weight = _summed(difference, weight, clusters)
    turned = _orientation(difference, weight)
    oriented = -difference if turned < 0 else difference
    order = np.lexsort((weight, oriented))
    return Units(oriented[order] + 0.0, weight[order], turned)


def _summed(difference: Array, weight: Array, clusters: Sequence[str]) -> tuple[Array, Array]:
    """The sums of each cluster, each rounded once."""
    number: dict[str, int] = {}
    codes = np.fromiter((number.setdefault(name, len(number)) for name in clusters), np.int64, len(clusters))
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))[1:]
    differences, weights = (np.split(values[order], starts) for values in (difference, weight))
    return np.array(list(map(math.fsum, differences))), np.array(list(map(math.fsum, weights)))


def _orientation(difference: Array, weight: Array) -> int:
    """The sign of the sum; where it is 0, which way the sorted units come first; 0 where they are alike."""
    total = exact_sum(difference).scaled
    if total:
        return 1 if total > 0 else -1
    rising, falling = (_sorted(values, weight) for values in (difference, -difference))
    unlike = np.argwhere(rising != falling)
    if not len(unlike):
        return 0
    return -1 if rising[tuple(unlike[0])] < falling[tuple(unlike[0])] else 1


def _sorted(difference: Array, weight: Array) -> Array:
    """The units as shape (units, 2), by difference and then by weight."""
    order = np.lexsort((weight, difference))
    return np.stack((difference[order], weight[order]), axis=1)
