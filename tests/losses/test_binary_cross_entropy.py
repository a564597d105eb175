"""What binary cross entropy promises beyond its values: the sign of zero and the weighted derivative."""

from __future__ import annotations

import math

import numpy as np
import pytest

import celoss_cli
from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES

P, T, W = np.array([0.9, 0.2, 0.5, 0.75]), np.array([1.0, 0.0, 0.25, 0.0]), np.array([2.0, 0.5, 4.0, 0.0])
SLOPES = {
    "bce": (P, (P - T) / (P * (1 - P))),
    "bce-logits": (np.log(P / (1 - P)), P - T),
}
"""The input, and the derivative of its unweighted loss by the definition."""


@pytest.mark.parametrize("weight", [None, [3.0, 3.0]])
def test_a_certain_and_right_answer_costs_zero_without_a_sign(weight: list[float] | None) -> None:
    losses = celoss_cli.binary_cross_entropy([1.0, 0.0], [1.0, 0.0], weight, reduction="none")
    assert [math.copysign(1, loss) for loss in np.asarray(losses).tolist()] == [1, 1]
    assert np.count_nonzero(losses) == 0


@pytest.mark.parametrize("command", SLOPES)
@pytest.mark.parametrize("weight", [None, W])
def test_the_derivative_has_the_weight_of_its_element(command: str, weight: np.ndarray | None) -> None:
    x, slopes = SLOPES[command]
    loss = LOSSES[command].loss(weight=weight)
    batch = Batch(x[None], T[None]) if weight is not None else Batch(x, T)
    workings = evaluate(loss, [batch], Request(show=9, gradient=True)).workings
    found = [next(step.value for step in each.steps if step.level == "gradient") for each in workings]
    assert found == pytest.approx((slopes * (1 if weight is None else W)).tolist(), rel=1e-12)
