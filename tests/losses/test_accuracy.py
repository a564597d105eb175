"""Losses and every entry of their gradients against arithmetic of 1,200 bits, in units in the last place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from celoss_cli.core.data import Batch
from celoss_cli.evaluate.workings import Recorder
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


def computed(command: str, x: Any, t: Any, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """The losses, and the gradient of each with respect to its input."""
    loss, recorder = LOSSES[command].made(**options), Recorder(with_gradient=True)
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


def trained(size: Any) -> np.ndarray:
    """One class that is far more probable than the others."""
    x = RANDOM.normal(size=size) * 2
    x[np.arange(len(x)), RANDOM.integers(0, size[1], len(x))] += RANDOM.uniform(0, 40, len(x))
    return x


def offset(size: Any) -> np.ndarray:
    """Where the exponentials of all logits of a row may overflow or vanish."""
    return RANDOM.normal(size=size) * 5 + RANDOM.uniform(-800, 800, (size[0], 1))


def large(size: Any) -> np.ndarray:
    return RANDOM.normal(size=size) * 10.0 ** RANDOM.uniform(-3, 4, (size[0], 1))


def ties(size: Any) -> np.ndarray:
    return RANDOM.integers(-2, 3, size) * 0.1


def denormals(size: Any) -> np.ndarray:
    return RANDOM.integers(-100, 101, size) * TINY


def zeros(size: Any) -> np.ndarray:
    return np.where(RANDOM.random(size) < 0.5, 0.0, -0.0)


DRAWN: dict[str, Callable[[Any], np.ndarray]] = {
    draw.__name__: draw for draw in (three_digits, doubles, far_apart, ties, denormals, zeros)
}


CLASS_DRAWN = {**DRAWN, "trained": trained, "offset": offset, "large": large}
"""Logits of classes."""


# --------------------------------------------------------------------------------------- class indices


def cost_of_each(x: np.ndarray) -> list[Any]:
    """-log softmax of one row, for every class."""
    largest = exact(x.max())
    e = [mpmath.exp(exact(value) - largest) for value in x]
    total = sum(e)
    return [mpmath.log1p((total - own) / own) for own in e]


def rows_of(name: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets, every other of which is the most probable class: the loss is near 0 there."""
    rows = DRAWS // 2 if classes < 20 else 6
    x, y = CLASS_DRAWN[name]((rows, classes)), RANDOM.integers(0, classes, rows)
    y[::2] = x[::2].argmax(axis=1)
    return x, y


@pytest.mark.parametrize("name", CLASS_DRAWN)
@pytest.mark.parametrize("classes", [2, 3, 7, 63, 70])
def test_cross_entropy_and_its_gradient(name: str, classes: int) -> None:
    x, y = rows_of(name, classes)
    losses, slopes = computed("ce", x, y)
    for row, (logits, target) in enumerate(zip(x, y, strict=True)):
        costs = cost_of_each(logits)
        assert units(float(losses[row]), costs[target]) <= UNITS, (logits, target)
        for c, cost in enumerate(costs):
            expected = mpmath.exp(-cost) if c != target else mpmath.expm1(-cost)
            assert units(float(slopes[c, row]), expected) <= UNITS, (logits, target, c)


@pytest.mark.parametrize("name", CLASS_DRAWN)
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_smoothed_and_of_probabilities(name: str, weighted: bool) -> None:
    x, y = rows_of(name, 5)
    w = RANDOM.uniform(0.2, 5, 5) if weighted else np.ones(5)
    weights, eps = [exact(value) for value in w], exact(0.1)
    option = {"weight": w} if weighted else {}
    q = RANDOM.dirichlet(np.ones(5), len(x))
    smoothed, _ = computed("ce", x, y, label_smoothing=0.1, **option)
    soft, _ = computed("ce", x, q, **option)
    for row, target in enumerate(y):
        costs = [w * cost for w, cost in zip(weights, cost_of_each(x[row]), strict=True)]
        expected = (1 - eps) * costs[target] + eps * sum(costs) / 5
        assert units(float(smoothed[row]), expected) <= UNITS, (x[row], target)
        expected = sum(exact(share) * cost for share, cost in zip(q[row], costs, strict=True))
        assert units(float(soft[row]), expected) <= UNITS, (x[row], q[row])


def test_many_classes_are_added_without_an_error_for_each() -> None:
    x = np.round(RANDOM.normal(size=(4, 1000)) * 2, 3)
    y = x.argmax(axis=1)
    losses, slopes = computed("ce", x, y)
    for row, target in enumerate(y):
        others = sum(mpmath.exp(exact(v) - exact(x[row, target])) for v in np.delete(x[row], target))
        assert units(float(losses[row]), mpmath.log1p(others)) <= UNITS
        assert units(float(slopes[target, row]), -others / (1 + others)) <= UNITS


@pytest.mark.parametrize(
    "logits",
    [(560.906387208007, 43.750735720623595), (18.13, -15.835), (-680.25, -683.125), (712.5, 710.125)],
)
def test_logits_whose_difference_is_rounded_or_whose_exponentials_leave_the_range(logits: Any) -> None:
    (found,), _ = computed("ce", [logits], [0])
    assert units(float(found), mpmath.log1p(mpmath.exp(exact(logits[1]) - exact(logits[0])))) <= UNITS


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


def near(shares: list[Any], closeness: float) -> np.ndarray:
    """Targets near probabilities that are given exactly, off by about this share of them."""
    return np.array([float(p) * (1 + closeness * RANDOM.normal()) for p in shares])


def slope_units(found: float, expected: Any, terms: Any) -> float:
    """Units in the last place, or of 2^-100 of the terms where the difference is below 2^-48 of these."""
    if abs(expected) < terms * mpmath.mpf(2) ** -48:
        return float(abs(exact(found) - expected) / max(terms * mpmath.mpf(2) ** -100, exact(TINY)))
    return units(found, expected)


CLOSENESS = [0.5, 1e-2, 1e-5, 1e-10, 1e-14, 0.0]


@pytest.mark.parametrize("closeness", CLOSENESS)
@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("pos_weight", [None, 3.7])
def test_slopes_of_one_answer_near_its_target(name: str, closeness: float, pos_weight: float | None) -> None:
    z = DRAWN[name]((DRAWS // 3, 1))[:, 0]
    pw = exact(pos_weight or 1)
    # Where (1 - t) g = pw t (1 - g), the slope is 0.
    still = [mpmath.exp(exact(v)) / (pw + mpmath.exp(exact(v))) for v in z]
    t = np.clip(near(still, closeness), 0, 1)
    option = {} if pos_weight is None else {"pos_weight": np.array(pos_weight)}
    losses, slopes = computed("bce-logits", z, t, **option)
    for value, target, loss, slope in zip(z, t, losses, slopes.ravel(), strict=True):
        x, q = exact(value), exact(target)
        expected = (1 - q) * mpmath.log1p(mpmath.exp(x)) + pw * q * mpmath.log1p(mpmath.exp(-x))
        assert units(float(loss), expected) <= UNITS, (value, target)
        g = 1 / (1 + mpmath.exp(-x))
        alarm, miss = (1 - q) * g, pw * q * (1 - g)
        assert slope_units(float(slope), alarm - miss, max(alarm, miss, pw * q * g)) <= UNITS, (value, target)


@pytest.mark.parametrize("name", DRAWN)
def test_soft_targets_of_logits(name: str) -> None:
    z, t = DRAWN[name]((DRAWS, 1))[:, 0], RANDOM.random(DRAWS)
    losses, slopes = computed("bce-logits", z, t)
    for value, target, loss, slope in zip(z, t, losses, slopes.ravel(), strict=True):
        x, q = exact(value), exact(target)
        expected = (1 - q) * mpmath.log1p(mpmath.exp(x)) + q * mpmath.log1p(mpmath.exp(-x))
        assert units(float(loss), expected) <= UNITS, (value, target)
        assert units(float(slope), 1 / (1 + mpmath.exp(-x)) - q) <= UNITS, (value, target)


@pytest.mark.parametrize("closeness", CLOSENESS)
@pytest.mark.parametrize("name", CLASS_DRAWN)
@pytest.mark.parametrize("weighted", [False, True])
def test_slopes_of_probabilities_near_them(name: str, closeness: float, weighted: bool) -> None:
    classes, rows = 6, 4
    x = CLASS_DRAWN[name]((rows, classes))
    w = RANDOM.uniform(0.2, 5, classes) if weighted else np.ones(classes)
    shares = [[mpmath.exp(-cost) for cost in cost_of_each(logits)] for logits in x]
    q = np.array([near(p, closeness) for p in shares]) / w
    _, slopes = computed("ce", x, q, **({"weight": w} if weighted else {}))
    for row, p in enumerate(shares):
        a = [exact(factor) * exact(part) for factor, part in zip(w, q[row], strict=True)]
        for c in range(classes):
            terms = max(p[c] * sum(a), a[c])
            expected = p[c] * sum(a) - a[c]
            assert slope_units(float(slopes[c, row]), expected, terms) <= UNITS, (x[row], q[row], c)


@pytest.mark.parametrize("name", CLASS_DRAWN)
@pytest.mark.parametrize("eps", [0.1, 1e-3, 1e-12])
@pytest.mark.parametrize("classes", [3, 70])
def test_slopes_of_smoothed_targets(name: str, eps: float, classes: int) -> None:
    x, y = rows_of(name, classes)
    x, y = x[:4], y[:4]
    # The probability that a smoothed target asks for, where the slope is nearly 0.
    x[0] = np.where(np.arange(classes) == y[0], np.log1p(-eps + eps / classes), np.log(eps / classes))
    q = np.eye(classes)[y]
    for target in (y, q):
        _, slopes = computed("ce", x, target, label_smoothing=eps)
        for row, own in enumerate(y):
            for c, cost in enumerate(cost_of_each(x[row])):
                a = (1 - exact(eps)) * (c == own) + exact(eps) / classes
                p = mpmath.exp(-cost)
                assert slope_units(float(slopes[c, row]), p - a, max(p, a)) <= UNITS, (x[row], own, c)


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
