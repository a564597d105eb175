"""An interval of the mean difference that keeps its level on skewed differences, without any draw.

Student's t of a skewed sample is skewed itself. Hall's transformation takes that out: with the skewness g
of n units and q = g / sqrt(n),

    u = t + q t^2 / 3 + q^2 t^3 / 27 + q / 6

is close to Student's distribution, and it is solved for t in closed form. The skewness is not known but
estimated, and mostly as too small, since the tail is what a sample lacks: each end of the interval takes the
skewness within two of its own standard errors that puts it farther out.

Of samples of 100 units whose differences are lognormal (sigma 1) or equal in 80 of 100 rows, the upper end
of the 95% interval lies below the true mean in at most 4 of 100 (tests/studies/test_interval.py). No rule
does so for every tail: where the skewness is large for the number of units, ``units_needed`` says so.

Sources: Hall 1992, "On the removal of skewness by transformation", JRSS B 54; Hill 1970, "Algorithm 396:
Student's t-quantiles", CACM 13.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from celoss_cli.core.bounds import Bounds

if TYPE_CHECKING:
    from celoss_cli.studies.compare.units import Units

__all__ = ["interval", "student", "units_needed"]

_ERRORS = 2
"""How many standard errors of the skewness each end allows for."""

_LEFT = 0.1
"""What must be left under the cube root: closer to 0 it is steep, and an end would be anywhere."""


def interval(units: Units, confidence: float) -> Bounds:
    """The interval of B - A.

    Args:
        units: any number; fewer than two have no interval, nan.
        confidence: between 0 and 1.

    """
    mean, error, n = units.mean, units.standard_error, len(units)
    if not (math.isfinite(mean) and math.isfinite(error)):
        return Bounds(math.nan, math.nan)
    if error == 0:
        return units.of_b_minus_a(Bounds(mean, mean))
    skewness, most = units.skewness, _largest_ratio(confidence)
    t = student((1 + confidence) / 2, n - 1)
    least, greatest = (
        max(-most, min(most, (skewness.value + sign * _ERRORS * skewness.error) / math.sqrt(n)))
        for sign in (-1, 1)
    )
    low, high = mean - error * _solved(t, least), mean - error * _solved(-t, greatest)
    return units.of_b_minus_a(Bounds(low, high))


def units_needed(skewness: float, confidence: float) -> int:
    """How many units of this skewness it takes for an interval that holds its level."""
    return max(2, math.ceil((skewness / _largest_ratio(confidence)) ** 2))


def _solved(u: float, q: float) -> float:
    """The t of a u of Hall's transformation."""
    if abs(q) < 1e-9:
        return u
    return 3 / q * (math.cbrt(1 + q * (u - q / 6)) - 1)


def _largest_ratio(confidence: float) -> float:
    """The q at which a tenth is left under the cube root, 1 - q z - q^2 / 6, z the normal quantile."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return 3 * (math.sqrt(z * z + (1 - _LEFT) * 2 / 3) - z)


def student(level: float, freedom: int) -> float:
    """The quantile of Student's distribution at a level above 1/2, to some 6 digits (Hill 1970).

    Args:
        level: between 1/2 and 1.
        freedom: degrees of freedom, at least 1.

    """
    n, p = freedom, 2 * (1 - level)
    if n == 1:
        return 1 / math.tan(p * math.pi / 2)
    if n == 2:
        return math.sqrt(2 / (p * (2 - p)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * p) ** (2 / n)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(p / 2)
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * x**2 + 6.3) * x**2 + 36) * x**2 + 94.5) / c - x**2 - 3) / b + 1) * x
        return math.sqrt(n * math.expm1(a * y * y))
    tail = 1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)
    return math.sqrt(n * ((tail * y - 1) * (n + 1) / (n + 2) + 1 / y))
