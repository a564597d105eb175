"""The temperature that fits best: Newton's method on exact sums.

With b = 1 / T the mean of log sum exp(b z) - b z[y] is convex in b, so that there is one least value: at a b
between 0 and infinity, at one of these ends, or everywhere where no row tells its classes apart. Guo, Pleiss,
Sun and Weinberger 2017, "On calibration of modern neural networks" (ICML), section 4.2.
"""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.records import record
from celoss_cli.core.spool import Spool

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Fitted", "Predictions", "State", "fitted"]


State = Literal["found", "zero", "infinity", "undefined", "impossible"]

_MOST_STEPS = 200
"""Newton's method doubles the digits of each step; the rest is for a start far away."""

_BLOCK = 1 << 16

_ORDINARY = 10
"""Up to this size, the exponent of the largest difference between logits makes 1 a good start as it is."""


@record(frozen=True, slots=True)
class Fitted:
    """The temperature that fits best.

    Attributes:
        state: "found"; "zero" where every answer is right, so that the surer the better; "infinity" where the
            predictions are worse than saying nothing; "undefined" where no row tells its classes apart;
            "impossible" where a target has the probability 0, whose loss is infinite at every temperature.
        temperature: above 0, and within what a double holds; nan where it is not found.
        before, after: the total loss in nats without and with it; with the limit where it is not found.
        steps: how many steps were taken.

    """

    state: State
    temperature: float
    before: float
    after: float
    steps: int


class Predictions:
    """The log-probabilities of counted predictions and what came, in a temporary file if there are many."""

    def __init__(self) -> None:
        """Begins without any."""
        self._spool, self._parts = Spool(), 0
        self._exponent: int | None = None
        self.count, self.possible = 0, True

    def add(self, logs: Array, outcomes: Array, weights: Array) -> None:
        """Takes more predictions; one that rules out what came makes ``possible`` False, if it counts.

        Args:
            logs: shape (outcomes, predictions), log-probabilities or logits.
            outcomes: shape (predictions,).
            weights: shape (predictions,), how often each counts.

        """
        step = max(1, _BLOCK // max(1, len(logs)))
        for start in range(0, logs.shape[1], step):
            part = slice(start, start + step)
            z, down = _below(logs[:, part])
            sizes = np.abs(z[np.isfinite(z) & (z != 0) & (weights[part] > 0)])
            if sizes.size:
                exponent = int(np.frexp(sizes.max())[1]) + down
                self._exponent = exponent if self._exponent is None else max(exponent, self._exponent)
            pickle.dump(
                (z, down, outcomes[part], weights[part]), self._spool.written, pickle.HIGHEST_PROTOCOL
            )
            self._parts += 1
        self.count += logs.shape[1]
        own = logs[outcomes, np.arange(logs.shape[1])]
        self.possible &= bool(np.isfinite(own[weights > 0]).all())

    @property
    def exponent(self) -> int:
        """Of the power of two that logits below the largest are divided by; 0 of ordinary ones."""
        found = self._exponent or 0
        return 0 if abs(found) <= _ORDINARY else min(found, 1023)

    def factor(self, temperature: float) -> float:
        """What the logits that are iterated over are multiplied by at a temperature."""
        mantissa, exponent = math.frexp(temperature)
        return float(np.ldexp(1 / mantissa, self.exponent - exponent))

    def __iter__(self) -> Iterator[tuple[Array, Array, Array]]:
        file, exponent = self._spool.read(), self.exponent
        for _ in range(self._parts):
            z, down, outcomes, weights = pickle.load(file)  # noqa: S301 - our own
            yield z if down == exponent else np.ldexp(z, down - exponent), outcomes, weights


def _below(logs: Array) -> tuple[Array, int]:
    """Logits less the largest of each prediction; where that may overflow, halves of them and a 1."""
    down = int((np.abs(logs, where=np.isfinite(logs), out=np.zeros(logs.shape)) >= 2.0**1022).any())
    with np.errstate(all="ignore"):
        halves = np.ldexp(logs, -down) if down else logs
        return halves - halves.max(axis=0), down


@record(frozen=True, slots=True)
class _Sums:
    """The total loss at b and its first two derivatives, each rounded once."""

    loss: float
    slope: float
    curve: float


def _own(z: Array, y: Array, weights: Array) -> Array:
    """The logit of what came, shape (predictions,); 0 where that counts nothing."""
    return np.where(weights > 0, z[y, np.arange(len(y))], 0)


def _sums_at(found: Predictions, b: float) -> _Sums:
    loss, slope, curve = ExactSum(), ExactSum(), ExactSum()
    with np.errstate(all="ignore"):
        for z, y, weights in found:
            own = _own(z, y, weights)
            p = np.exp(b * z)
            total = p.sum(axis=0)
            p /= total
            known = np.where(p > 0, z, 0)
            mean = (p * known).sum(axis=0)
            loss += exact_sum(weights * (np.log(total) - b * own))
            slope += exact_sum(weights * (mean - own))
            curve += exact_sum(weights * (p * (known - mean) ** 2).sum(axis=0))
    return _Sums(float(loss), float(slope), float(curve))


def _limits(found: Predictions) -> tuple[float, float, float, bool, bool]:
    """What the loss, and its slope, are at b = 0; the loss for b to infinity; all right; none tells apart."""
    even, slope, sure = ExactSum(), ExactSum(), ExactSum()
    right, flat = True, True
    with np.errstate(all="ignore"):
        for z, y, weights in found:
            counts = weights > 0
            own = _own(z, y, weights)
            finite = np.isfinite(z)
            known = finite.sum(axis=0)
            even += exact_sum(weights * np.log(known))
            slope += exact_sum(weights * (np.where(finite, z, 0).sum(axis=0) / known - own))
            sure += exact_sum(weights * np.log((z == 0).sum(axis=0)))
            right &= bool((own[counts] == 0).all())
            flat &= bool((np.where(finite, z, 0)[:, counts] == 0).all())
    return float(even), float(slope), float(sure), right, flat


def fitted(found: Predictions) -> Fitted:
    """The temperature that fits predictions best."""
    before = _sums_at(found, found.factor(1.0))
    if not found.possible:
        return Fitted("impossible", math.nan, before.loss, before.loss, 0)
    even, slope, sure, right, flat = _limits(found)
    if flat:
        return Fitted("undefined", math.nan, before.loss, before.loss, 0)
    if right:
        return Fitted("zero", math.nan, before.loss, sure, 0)
    if not slope < 0:
        return Fitted("infinity", math.nan, before.loss, even, 0)
    b, at, steps = _best(found, before if found.exponent == 0 else _sums_at(found, 1.0))
    with np.errstate(all="ignore"):
        temperature = float(np.ldexp(1 / b, found.exponent))
    if not sys.float_info.min <= temperature <= sys.float_info.max:
        temperature = min(max(temperature, _LEAST), sys.float_info.max)
        at = _sums_at(found, found.factor(temperature))
    return Fitted("found", temperature, before.loss, at.loss, steps)


_LEAST = 5e-324
"""Above 0."""


def _best(found: Predictions, at: _Sums) -> tuple[float, _Sums, int]:
    """The factor of least loss, what is there, and the steps from 1, where the sums are ``at``."""
    b, low, high, steps, jump = 1.0, 0.0, math.inf, 0, 2.0
    while steps < _MOST_STEPS and at.slope != 0:
        low, high = (b, high) if at.slope < 0 else (low, b)
        after = b - at.slope / at.curve if at.curve > 0 else math.nan
        if not low < after < high:
            if low > 0 and high < math.inf:
                after = math.sqrt(low) * math.sqrt(high) if high > 4 * low else low + (high - low) / 2
            else:
                after, jump = b * jump if low else b / jump, min(jump * jump, 2.0**64)
        steps += 1
        if abs(after - b) <= 1e-15 * b:
            break
        b, at = after, _sums_at(found, after)
    return b, at, steps
