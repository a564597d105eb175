"""Scales of charts and the round numbers that mark them."""

from __future__ import annotations

import math

from celoss_cli.core.records import record

__all__ = ["Axis", "tick_text", "ticks"]


@record(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` on a line from ``start`` to ``stop``, in units of the picture."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """The place of a value.

        >>> Axis(0.0, 10.0, 100.0, 0.0).at(2.5)
        75.0

        """
        part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.stop - self.start)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most ``most`` steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> ticks(0.0, 37.0)
    [0.0, 10.0, 20.0, 30.0]

    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_rounded(index * step, step) for index in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A round number in few characters.

    >>> tick_text(0.25), tick_text(20.0), tick_text(3e-7)
    ('0.25', '20', '3e-07')

    """
    return f"{value:.6g}"


def _rounded(value: float, step: float) -> float:
    """The value without the noise of the multiplication."""
    return round(value, max(0, 2 - math.floor(math.log10(step)))) + 0.0
