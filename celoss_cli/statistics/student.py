"""Student's t: quantiles and tails.

Sources: Hill 1970, "Algorithm 396: Student's t-quantiles", CACM 13; DLMF 8.17.22, the continued fraction of
the incomplete beta function, evaluated as Lentz 1976 does, "Generating Bessel functions in Mie scattering
calculations using continued fractions", Applied Optics 15.
"""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["student", "student_tail"]

_TINY = 1e-300
_STEPS = 1000


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


def student_tail(t: float, freedom: int) -> float:
    """The probability that Student's t is above t: half of I_x(n / 2, 1 / 2) with x = n / (n + t^2).

    Args:
        t: at least 0.
        freedom: n, degrees of freedom, at least 1.

    """
    if math.isinf(t):
        return 0.0
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b), the regularised incomplete beta function; ``rest`` is 1 - x."""
    if rest == 0:
        return 1.0
    if x == 0:
        return 0.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, rest, x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / a * _continued(a, b, x)


def _continued(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            c, d = _not_zero(1 + part / c), 1 / _not_zero(1 + part * d)
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return found


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
