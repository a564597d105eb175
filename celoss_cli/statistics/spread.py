"""How independent units spread about their mean, whatever their order and however they are cut.

A unit is what was drawn independently: a row, or a cluster of rows. Unit i has a value v[i] (a sum of
weighted losses, or of their differences) and a weight w[i]; the mean is m = sum v / sum w and the residual
e[i] = v[i] - m w[i]. Every sum is exact and rounded once, so that no order and no cutting changes a bit, and
the opposite values have the opposite mean and skewness.

Source: Cochran 1977, "Sampling techniques", ch. 6 (standard error of a ratio) and ch. 9 (of clusters).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Drawn", "Spread", "spread_of", "spread_of_all"]

Drawn = Iterable["tuple[Array, Array]"]
"""Units in parts: their values and their weights, each of shape (units of the part,)."""

_AT_ONCE = 1 << 16
"""So many units are looked at together: bounds the memory of the residuals."""


@record(frozen=True, slots=True)
class Spread:
    """What the units say of their mean.

    Attributes:
        units: how many.
        mean: sum v / sum w; nan over a total weight of 0.
        standard_error: of the mean, sqrt(n / (n - 1) sum e^2) / sum w; nan of fewer than two units.
        skewness: the third central moment of the residuals over the cube of their standard deviation; 0 of
            equal ones.
        skewness_error: its standard error, as its influence function gives it.

    """

    units: int
    mean: float
    standard_error: float
    skewness: float
    skewness_error: float


def spread_of(drawn: Callable[[], Drawn]) -> Spread:
    """The spread of units that can be gone through several times.

    Args:
        drawn: begins a pass over the units.

    """
    return _Passes(drawn).spread()


def spread_of_all(value: Array, weight: Array) -> Spread:
    """The spread of units that are all at hand, of shape (units,)."""
    return spread_of(lambda: [(value, weight)])


class _Passes:
    """The passes over the units, each with what the ones before it found."""

    def __init__(self, drawn: Callable[[], Drawn]) -> None:
        self._drawn = drawn

    def spread(self) -> Spread:
        units, value, weight = 0, ExactSum(), ExactSum()
        for v, w in self._drawn():
            units, value, weight = units + len(v), value + exact_sum(v), weight + exact_sum(w)
        mean = value / weight
        with np.errstate(all="ignore"):
            square = float(self._total(lambda e: e * e, mean))
            error = math.sqrt(square) * math.sqrt(units / (units - 1)) if units > 1 else math.nan
            scale = np.sqrt(np.float64(square) / max(1, units))
            skewness = float(self._total(lambda e: _cube(e / scale), mean)) / max(1, units)
            doubt = float(self._total(lambda e: _influence(e / scale, skewness) ** 2, mean))
            known = math.isfinite(skewness) and math.isfinite(doubt)
            return Spread(
                units=units,
                mean=mean,
                standard_error=float(np.float64(error) / np.abs(np.float64(float(weight)))),
                skewness=skewness if known else 0.0,
                skewness_error=math.sqrt(doubt) / max(1, units) if known else 0.0,
            )

    def _total(self, of_residuals: Callable[[Array], Array], mean: float) -> ExactSum:
        """The exact sum of a function of the residuals."""
        total = ExactSum()
        for v, w in self._drawn():
            for start in range(0, len(v), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                total += exact_sum(of_residuals(v[part] - mean * w[part]))
        return total


def _cube(z: Array) -> Array:
    return z * z * z  # NumPy's power takes ten times as long


def _influence(z: Array, skewness: float) -> Array:
    """How much each standardised residual moves the skewness."""
    return np.asarray(_cube(z) - skewness - 3 * z - 1.5 * skewness * (z**2 - 1))
