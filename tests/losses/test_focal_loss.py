"""Focal loss over classes and of binary answers: the paper's formulas, torchvision's, derivatives, limits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

from celoss_cli import (
    UsageError,
    binary_cross_entropy_with_logits,
    cross_entropy,
    focal_loss,
    sigmoid_focal_loss,
)
from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses.base import Loss
from celoss_cli.losses.focal_loss import Focal
from celoss_cli.losses.sigmoid_focal_loss import SigmoidFocal

X = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [1.0, 1.0, 1.0]])
Y = np.array([0, 1, 2])
WEIGHT = np.array([1.0, 2.0, 3.0])
GAMMAS = [0.0, 0.5, 1.0, 2.0, 5.0]


def over_classes(x: Any, y: int, gamma: float) -> Decimal:
    """(1 - p)^gamma (-log p), p the softmax at y, with 200 digits; 1 - p is the others' share."""
    with localcontext() as context:
        context.prec = 200
        e = [Decimal(value).exp() for value in x]
        others = sum((value for c, value in enumerate(e) if c != y), Decimal(0))
        p, rest = e[y] / (e[y] + others), others / (e[y] + others)
        return rest ** Decimal(gamma) * -p.ln()


def binary(z: Decimal, t: int, alpha: float, gamma: float) -> Decimal:
    """alpha_t (1 - p_t)^gamma (-log p_t) with 200 digits."""
    with localcontext() as context:
        context.prec = 200
        p_t = 1 / (1 + (-z if t else z).exp())
        rest = 1 / (1 + (z if t else -z).exp())
        factor = 1 if alpha < 0 else Decimal(alpha) if t else 1 - Decimal(alpha)
        return factor * rest ** Decimal(gamma) * -p_t.ln()


def gradients(loss: Loss, batch: Batch) -> np.ndarray:
    workings = evaluate(loss, [batch], Request(show=1 << 20, gradient=True)).workings
    return np.array(
        [next(step.value for step in each.steps if step.level == "gradient") for each in workings]
    )


@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_formula_over_classes(gamma: float) -> None:
    each = [float(over_classes(x, y, gamma)) for x, y in zip(X.tolist(), Y.tolist(), strict=True)]
    assert focal_loss(X, Y, gamma=gamma, reduction="none") == pytest.approx(each, rel=1e-14)
    weighted = [value * weight for value, weight in zip(each, WEIGHT[Y].tolist(), strict=True)]
    assert focal_loss(X, Y, WEIGHT, gamma=gamma, reduction="none") == pytest.approx(weighted, rel=1e-14)
    assert focal_loss(X, Y, WEIGHT, gamma=gamma) == pytest.approx(sum(weighted) / 6, rel=1e-14)
    ignoring = focal_loss(X, Y, WEIGHT, 1, gamma)
    assert ignoring == pytest.approx((weighted[0] + weighted[2]) / 4, rel=1e-14)


def test_gamma_0_is_the_cross_entropy() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(50, 4, 3)) * 5, random.integers(0, 4, (50, 3))
    np.testing.assert_array_equal(
        focal_loss(x, y, gamma=0, reduction="none"), cross_entropy(x, y, reduction="none")
    )
    t = random.random((50, 4, 3))
    np.testing.assert_allclose(
        sigmoid_focal_loss(x, t, alpha=-1, gamma=0),
        binary_cross_entropy_with_logits(x, t, reduction="none"),
        rtol=1e-15,
    )


@pytest.mark.parametrize("gap", [10, 40, 200])
def test_answers_that_are_nearly_right_keep_their_digits(gap: int) -> None:
    found = focal_loss([[float(gap), 0.0]], [0], reduction="none")
    assert found == pytest.approx([float(over_classes([gap, 0], 0, 2))], rel=1e-14, abs=0)
    found = sigmoid_focal_loss([float(gap), -float(gap)], [1, 0])
    expected = [float(binary(Decimal(gap), 1, 0.25, 2)), float(binary(Decimal(-gap), 0, 0.25, 2))]
    assert found == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize("alpha", [0.25, 0.0, 1.0, -1.0])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_formula_of_binary_answers(alpha: float, gamma: float) -> None:
    z, t = [2.0, -1.0, 0.5, -3.0, 0.0, 1.5], [1, 0, 0, 1, 1, 0]
    expected = [float(binary(Decimal(a), b, alpha, gamma)) for a, b in zip(z, t, strict=True)]
    assert sigmoid_focal_loss(z, t, alpha, gamma) == pytest.approx(expected, rel=1e-14)
    mean = sigmoid_focal_loss(z, t, alpha, gamma, reduction="mean")
    assert mean == pytest.approx(sum(expected) / 6, rel=1e-14)


@pytest.mark.parametrize("alpha", [0.25, -1.0])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_torchvision_by_its_documented_formula(alpha: float, gamma: float) -> None:
    """torchvision.ops.sigmoid_focal_loss: ce (1 - p_t)^gamma, times alpha_t where alpha is at least 0."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    values, t = random.normal(size=(60, 3)) * 4, random.choice([0.0, 1.0, 0.3], (60, 3))
    z, target = torch.tensor(values, requires_grad=True), torch.tensor(t)
    p = torch.sigmoid(z)
    cost = torch.nn.functional.binary_cross_entropy_with_logits(z, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    expected = cost * (1 - p_t) ** gamma
    if alpha >= 0:
        expected = expected * (alpha * target + (1 - alpha) * (1 - target))
    expected.sum().backward()
    np.testing.assert_allclose(sigmoid_focal_loss(values, t, alpha, gamma), expected.detach(), rtol=1e-9)
    ours = gradients(SigmoidFocal(alpha=alpha, gamma=gamma), Batch(values, t))
    np.testing.assert_allclose(ours, z.grad.reshape(-1), rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_torch_gives_the_same_gradient_over_classes(gamma: float) -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(2)
    values, y = random.normal(size=(60, 5)) * 3, random.integers(0, 5, 60)
    weight = random.uniform(0.5, 2, 5)
    x = torch.tensor(values, requires_grad=True)
    log_p = torch.log_softmax(x, 1)[torch.arange(60), torch.tensor(y)]
    expected = torch.tensor(weight)[torch.tensor(y)] * (1 - log_p.exp()) ** gamma * -log_p
    expected.sum().backward()
    np.testing.assert_allclose(
        focal_loss(values, y, weight, gamma=gamma, reduction="none"), expected.detach(), rtol=1e-9
    )
    ours = gradients(Focal(gamma=gamma, weight=weight), Batch(values, y))
    np.testing.assert_allclose(ours, x.grad, rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_gradients_by_differences_of_many_digits(gamma: float) -> None:
    step = Decimal("1e-20")
    with localcontext() as context:
        context.prec = 200
        for y, x in zip(Y.tolist(), X.tolist(), strict=True):
            ours = gradients(Focal(gamma=gamma), Batch(np.array([x]), np.array([y])))[0]
            for c in range(3):
                moved = [
                    [Decimal(v) + (sign * step if i == c else 0) for i, v in enumerate(x)] for sign in (1, -1)
                ]
                expected = (over_classes(moved[0], y, gamma) - over_classes(moved[1], y, gamma)) / (2 * step)
                assert ours[c] == pytest.approx(float(expected), rel=1e-13)
        for z in (-3.0, 0.4, 30.0):
            for t in (0, 1):
                loss = SigmoidFocal(gamma=gamma)
                ours = gradients(loss, Batch(np.array([z]), np.array([float(t)])))[0]
                up, down = (binary(Decimal(z) + sign * step, t, 0.25, gamma) for sign in (1, -1))
                assert ours == pytest.approx(float((up - down) / (2 * step)), rel=1e-12)


def test_infinite_logits_have_the_limits() -> None:
    assert sigmoid_focal_loss([math.inf, math.inf, -math.inf, -math.inf], [1, 0, 1, 0]).tolist() == [
        0,
        math.inf,
        math.inf,
        0,
    ]
    assert focal_loss([[0.0, -math.inf]], [1]) == math.inf
    assert focal_loss([[0.0, -math.inf]], [0]) == 0
    z, t = np.array([800.0, 800.0, -800.0, -800.0]), np.array([1.0, 0.0, 1.0, 0.0])
    assert gradients(SigmoidFocal(), Batch(z, t)).tolist() == [0, 0.75, -0.25, 0]
    assert gradients(Focal(), Batch(np.array([[900.0, 0.0]]), np.array([0]))).tolist() == [[0, 0]]
    assert gradients(Focal(), Batch(np.array([[900.0, 0.0]]), np.array([1]))).tolist() == [[1, -1]]


@pytest.mark.parametrize("gamma", [-0.5, math.inf, math.nan])
def test_the_exponent_is_finite_and_from_0_on(gamma: float) -> None:
    with pytest.raises(UsageError, match=r"^Expected gamma from 0 on, got "):
        focal_loss(X, Y, gamma=gamma)
    with pytest.raises(UsageError, match=r"^Expected gamma from 0 on, got "):
        sigmoid_focal_loss([0.0], [1], gamma=gamma)


@pytest.mark.parametrize("alpha", [1.5, math.nan])
def test_alpha_is_at_most_1(alpha: float) -> None:
    with pytest.raises(UsageError, match=r"^Expected alpha from 0 to 1, or below 0 for none, got "):
        sigmoid_focal_loss([0.0], [1], alpha)
