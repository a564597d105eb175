"""The temperature that fits best: Newton's method on exact sums.

With b = 1 / T the mean of log sum exp(b z) - b z[y] is convex in b, so that there is one least value: at a b
between 0 and infinity, at one of these ends, or everywhere where no row tells its classes apart. Guo, Pleiss,
Sun and Weinberger 2017, "On calibration of modern neural networks" (ICML), section 4.2.
"""

from __future__ import annotations

import math
import pickle
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


@record(frozen=True, slots=True)
class Fitted:
    """The temperature that fits best.

    Attributes:
        state: "found"; "zero" where every answer is right, so that the surer the better; "infinity" where the
            predictions are worse than saying nothing; "undefined" where no row tells its classes apart;
            "impossible" where a target has the probability 0, whose loss is infinite at every temperature.
        temperature: above 0; nan where it is not found.
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
        self.count, self.possible = 0, True

    def add(self, logs: Array, outcomes: Array, weights: Array) -> None:
        """Takes more predictions; one that rules out what came makes ``possible`` False.

        Args:
            logs: shape (outcomes, predictions), log-probabilities or logits.
            outcomes: shape (predictions,).
            weights: shape (predictions,), how often each counts.

        """
        step = max(1, _BLOCK // max(1, len(logs)))
        for start in range(0, logs.shape[1], step):
            part = slice(start, start + step)
            kept = logs[:, part] - logs[:, part].max(axis=0), outcomes[part], weights[part]
            pickle.dump(kept, self._spool.written, pickle.HIGHEST_PROTOCOL)
            self._parts += 1
        self.count += logs.shape[1]
        self.possible &= bool(np.isfinite(logs[outcomes, np.arange(logs.shape[1])]).all())

    def __iter__(self) -> Iterator[tuple[Array, Array, Array]]:
        file = self._spool.read()
        for _ in range(self._parts):
            yield pickle.load(file)  # noqa: S301 - our own


@record(frozen=True, slots=True)
class _Sums:
    """The total loss at b and its first two derivatives, each rounded once."""

    loss: float
    slope: float
    curve: float


def _sums_at(found: Predictions, b: float) -> _Sums:
    loss, slope, curve = ExactSum(), ExactSum(), ExactSum()
    with np.errstate(all="ignore"):
        for z, y, weights in found:
            own = z[y, np.arange(len(y))]
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
            own = z[y, np.arange(len(y))]
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
    before = _sums_at(found, 1.0)
    if not found.possible:
        return Fitted("impossible", math.nan, before.loss, before.loss, 0)
    even, slope, sure, right, flat = _limits(found)
    if flat:
        return Fitted("undefined", math.nan, before.loss, before.loss, 0)
    if right:
        return Fitted("zero", math.nan, before.loss, sure, 0)
    if not slope < 0:
        return Fitted("infinity", math.nan, before.loss, even, 0)
    b, low, high, at, steps = 1.0, 0.0, math.inf, before, 0
    while steps < _MOST_STEPS and at.slope != 0:
        low, high = (b, high) if at.slope < 0 else (low, b)
        after = b - at.slope / at.curve if at.curve > 0 else math.nan
        if not low < after < high:
            after = 2 * b if math.isinf(high) else low + (high - low) / 2
        steps += 1
        if abs(after - b) <= 1e-15 * b:
            break
        b, at = after, _sums_at(found, after)
    return Fitted("found", 1 / b, before.loss, at.loss, steps)
