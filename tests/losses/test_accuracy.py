"""Losses and every entry of their gradients against arithmetic of 1,200 bits, in units in the last place.

A difference of logits is rounded to half a unit of its own, which the exponential turns into as many units of
its value as the difference has nats: the bound of cross entropy grows with the spread of the logits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from celoss_cli.core.data import Batch
from celoss_cli.core.trace import Recorder
from celoss_cli.losses import LOSSES

mpmath = pytest.importorskip("mpmath")

UNITS = 4
DRAWS = 120
TINY = 5e-324


@pytest.fixture(autouse=True)
def _many_bits() -> Iterator[None]:
    with mpmath.workprec(1200):
        yield


def exact(value: float) -> Any:
    return mpmath.mpf(float(value))


def units(found: float, expected: Any) -> float:
    """The distance in units in the last place of the rounded expected value."""
    rounded = float(expected)
    if math.isinf(rounded) or math.isinf(found):
        return 0.0 if rounded == found else math.inf
    return float(abs(exact(found) - expected) / exact(math.ulp(rounded)))


def computed(command: str, x: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
    """The losses, and the gradient of each with respect to its input."""
    loss, recorder = LOSSES[command].made(), Recorder(with_gradient=True)
    losses = loss.terms(loss.canonical(Batch(np.asarray(x), np.asarray(t))), recorder).loss
    return losses, next(step.value for step in recorder.steps if step.level == "gradient")


# --------------------------------------------------------------------------------------------- drawings

RANDOM = np.random.default_rng(15)


def three_digits(size: Any) -> np.ndarray:
    return np.round(RANDOM.normal(size=size) * 4, 3)


def doubles(size: Any) -> np.ndarray:
    """Of every magnitude up to differences of 740, a row of one magnitude."""
    return RANDOM.uniform(-1, 1, size) * np.exp(RANDOM.uniform(np.log(1e-3), np.log(370), (size[0], 1)))


def far_apart(size: Any) -> np.ndarray:
    """Differences up to 745, beyond which an exponential is 0."""
    return RANDOM.uniform(-745, 0, size) * (RANDOM.random(size) < 0.7)


def ties(size: Any) -> np.ndarray:
    return RANDOM.integers(-2, 3, size) * 0.1


def denormals(size: Any) -> np.ndarray:
    return RANDOM.integers(-100, 101, size) * TINY


def zeros(size: Any) -> np.ndarray:
    return np.where(RANDOM.random(size) < 0.5, 0.0, -0.0)


DRAWN: dict[str, Callable[[Any], np.ndarray]] = {
    draw.__name__: draw for draw in (three_digits, doubles, far_apart, ties, denormals, zeros)
}


# --------------------------------------------------------------------------------------- class indices


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_cross_entropy_and_its_gradient(name: str, classes: int) -> None:
    x = DRAWN[name]((DRAWS, classes))
    y = RANDOM.integers(0, classes, DRAWS)
    losses, slopes = computed("ce", x, y)
    for row in range(DRAWS):
        z = [exact(value) for value in x[row]]
        bound = UNITS + float(x[row].max() - x[row].min())
        others = sum(mpmath.exp(value - z[y[row]]) for c, value in enumerate(z) if c != y[row])
        assert units(float(losses[row]), mpmath.log1p(others)) <= bound, (x[row], y[row])
        total = sum(mpmath.exp(value) for value in z)
        for c in range(classes):
            expected = mpmath.exp(z[c]) / total if c != y[row] else -others / (1 + others)
            assert units(float(slopes[c, row]), expected) <= bound, (x[row], y[row], c)


def test_of_logits_of_three_digits_the_loss_is_within_a_few_units() -> None:
    """What a reader of printed logits has: the spread is a few nats."""
    x = np.round(np.random.default_rng(3).normal(size=(200, 5)) * 1.5, 3)
    y = x.argmax(axis=1)
    losses, _ = computed("ce", x, y)
    for row in range(200):
        others = sum(mpmath.exp(exact(value) - exact(x[row, y[row]])) for value in np.delete(x[row], y[row]))
        assert units(float(losses[row]), mpmath.log1p(others)) <= UNITS


def test_infinite_logits_have_their_limits() -> None:
    x = np.array([[0.5, -np.inf, 1.0], [-np.inf, 0.25, -np.inf]])
    losses, slopes = computed("ce", x, [0, 1])
    assert units(float(losses[0]), mpmath.log1p(mpmath.exp(mpmath.mpf("0.5")))) <= UNITS
    assert (losses[1], slopes[1, 0], slopes[:, 1].tolist()) == (0.0, 0.0, [0.0, 0.0, 0.0])
    assert computed("ce", [[-np.inf, 1.0]], [0])[0].tolist() == [np.inf]


def test_nll_is_exact() -> None:
    logs = -np.abs(doubles((DRAWS, 4)))
    losses, slopes = computed("nll", logs, np.zeros(DRAWS, int))
    assert losses.tolist() == (-logs[:, 0]).tolist()
    assert slopes.tolist() == [[-1.0] * DRAWS, *[[0.0] * DRAWS] * 3]


# ------------------------------------------------------------------------------------------- one answer


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_binary_cross_entropy_of_logits_and_the_soft_margin(name: str, t: float) -> None:
    z = DRAWN[name]((DRAWS, 1))[:, 0]
    for command, target in (("bce-logits", t), ("soft-margin", 2 * t - 1)):
        losses, slopes = computed(command, z, np.full(DRAWS, target))
        for value, loss, slope in zip(z, losses, slopes.ravel(), strict=True):
            wrong = exact(value) if t == 0 else -exact(value)  # how far the logit speaks for the other answer
            assert units(float(loss), mpmath.log1p(mpmath.exp(wrong))) <= UNITS, (command, value)
            share = 1 / (1 + mpmath.exp(-wrong))
            assert units(float(slope), share if t == 0 else -share) <= UNITS, (command, value)


@pytest.mark.parametrize("name", DRAWN)
def test_soft_targets_of_logits(name: str) -> None:
    """The slope is p - t, whose digits are those of p: near p = t few are left."""
    z, t = DRAWN[name]((DRAWS, 1))[:, 0], RANDOM.random(DRAWS)
    losses, slopes = computed("bce-logits", z, t)
    for value, target, loss, slope in zip(z, t, losses, slopes.ravel(), strict=True):
        x, q = exact(value), exact(target)
        expected = (1 - q) * mpmath.log1p(mpmath.exp(x)) + q * mpmath.log1p(mpmath.exp(-x))
        assert units(float(loss), expected) <= UNITS, (value, target)
        p = 1 / (1 + mpmath.exp(-x))
        left = float(max(p, q) / abs(p - q))
        assert units(float(slope), p - q) <= UNITS * max(1.0, 2 * left), (value, target)


def probabilities() -> np.ndarray:
    small = 10.0 ** -RANDOM.uniform(0, 320, DRAWS)
    parts = [
        RANDOM.random(DRAWS),
        small,
        1 - 2.0 ** -RANDOM.uniform(1, 53, DRAWS),
        np.array([0.0, 1.0, TINY]),
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("t", [0.0, 1.0, 0.3])
def test_binary_cross_entropy_of_probabilities(t: float) -> None:
    p = probabilities()
    losses, slopes = computed("bce", p, np.full(len(p), t))
    for value, loss, slope in zip(p, losses, slopes.ravel(), strict=True):
        x, q = exact(value), exact(t)
        logs = [max(mpmath.log(part) if part else -1000, -100) for part in (x, 1 - x)]
        assert units(float(loss), -(q * logs[0] + (1 - q) * logs[1])) <= UNITS, value
        expected = (x - q) / max(x * (1 - x), exact(1e-12))
        assert units(float(slope), expected) <= UNITS, value


def test_the_divergence_where_its_terms_do_not_cancel() -> None:
    logs, p = -np.exp(RANDOM.uniform(-5, 6, 3 * DRAWS)), RANDOM.random(3 * DRAWS)
    losses, slopes = computed("kl", logs[:, None], p[:, None])
    for q, t, loss, slope in zip(logs, p, losses, slopes.ravel(), strict=True):
        terms = mpmath.log(exact(t)), exact(q)
        left = float(max(map(abs, terms)) / abs(terms[0] - terms[1]))
        assert units(float(loss), exact(t) * (terms[0] - terms[1])) <= UNITS * max(1.0, left), (q, t)
        assert slope == -t
