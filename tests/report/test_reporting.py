"""From an evaluation to a report: the printed value, its meaning and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import each
from profiles import some

from celoss_cli.core.data import Batch, Reduction
from celoss_cli.core.errors import InputError
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.report.assemble import report_of
from celoss_cli.report.report import Report

RNG = np.random.default_rng(7)
SHAPE = (4, 3)

INPUTS = {
    "ce": RNG.normal(size=SHAPE),
    "nll": -RNG.exponential(size=SHAPE),
    "bce": RNG.uniform(0.1, 0.9, SHAPE),
    "bce-logits": RNG.normal(size=SHAPE),
    "soft-margin": RNG.normal(size=SHAPE),
    "kl": -RNG.exponential(size=SHAPE),
    "js": RNG.dirichlet(np.ones(3) * 3, 4),
    "focal": RNG.normal(size=SHAPE),
    "focal-binary": RNG.normal(size=SHAPE),
    "brier": RNG.dirichlet(np.ones(3) * 3, 4),
    "brier-binary": RNG.uniform(0.1, 0.9, SHAPE),
}
TARGETS = {
    "ce": np.array([0, 2, -100, 1]),
    "nll": np.array([0, 2, -100, 1]),
    "bce": RNG.uniform(0, 1, SHAPE),
    "bce-logits": RNG.uniform(0, 1, SHAPE),
    "soft-margin": RNG.choice([-1.0, 1.0], SHAPE),
    "kl": RNG.dirichlet(np.ones(3), 4),
    "js": RNG.dirichlet(np.ones(3), 4),
    "focal": np.array([0, 2, -100, 1]),
    "focal-binary": RNG.uniform(0, 1, SHAPE),
    "brier": np.array([0, 2, -100, 1]),
    "brier-binary": RNG.uniform(0, 1, SHAPE),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "ce": {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.1},
    "nll": {"weight": [1.0, 2.0, 0.5]},
    "bce": {"weight": [1.0, 2.0, 0.5]},
    "bce-logits": {"weight": [1.0, 2.0, 0.5], "pos_weight": [3.0, 1.0, 2.0]},
    "soft-margin": {},
    "kl": {},
    "js": {},
    "focal": {"weight": [1.0, 2.0, 0.5], "gamma": 1.5},
    "focal-binary": {"alpha": 0.3},
    "brier": {"weight": [1.0, 2.0, 0.5]},
    "brier-binary": {"weight": [1.0, 2.0, 0.5]},
}


def report(
    loss: str,
    input: Any,
    reduction: Reduction = "mean",
    *,
    base: str = "e",
    weights: Any = None,
    target: Any = None,
    on_empty: Any = "error",
) -> Report:
    spec = LOSSES[loss]
    computed = spec.loss(base=base if spec.loss.is_information else "e", **OPTIONS[loss])
    aligned = {} if weights is None else {SAMPLE_WEIGHT: np.asarray(weights, float)}
    batch = Batch(np.asarray(input, float), TARGETS[loss] if target is None else np.asarray(target), aligned)
    request = Request(show=1000, gradient=True)
    return report_of(
        spec,
        computed,
        evaluate(computed, [batch], request),
        reduction=reduction,
        options={},
        source={},
        on_empty=on_empty,
    )


CASES = [(loss, reduction) for loss, spec in LOSSES.items() for reduction in spec.reductions[1:]]


@each(("loss", "reduction"), CASES)
@each("base", some(["10", "2", "e"], 1))
@each("weights", some([[2.0, 0.5, 1.0, 3.0], None], 1))
def test_the_gradient_shown_is_that_of_the_printed_value(
    loss: str, reduction: Reduction, base: str, weights: list[float] | None
) -> None:
    def value(input: Any) -> float:
        found = report(loss, input, reduction, base=base, weights=weights).value
        assert found is not None
        return found

    input = INPUTS[loss]
    shown = np.zeros(SHAPE)
    for workings in report(loss, input, reduction, base=base, weights=weights).workings:
        (step,) = (step for step in workings.steps if step.level == "gradient")
        shown[(workings.row.row, *workings.row.index)] = step.value
        assert (", divided by the denominator" in step.formula) == (
            reduction != "sum" and not workings.row.ignored
        )
    for place in np.ndindex(*SHAPE):
        nudge = np.zeros(SHAPE)
        nudge[place] = 1e-6
        slope = (value(input + nudge) - value(input - nudge)) / 2e-6
        assert shown[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("answer", "value"), [("nan", "nan"), ("zero", "0.0")])
def test_nothing_counted_is_answered_as_asked(answer: str, value: str) -> None:
    ignored = [-100] * 4
    assert str(report("ce", INPUTS["ce"], target=ignored, on_empty=answer).value) == value
    with pytest.raises(InputError, match="expected at least one counted target, got 4 that are all ignored"):
        report("ce", INPUTS["ce"], target=ignored)


def test_no_rows_are_refused_in_other_words() -> None:
    with pytest.raises(InputError, match="expected rows to compute a loss of, got no rows"):
        report("ce", np.empty((0, 3)), target=np.empty(0, int))


def test_what_is_not_shown_is_the_rest() -> None:
    found = report("ce", INPUTS["ce"])
    assert found.others.elements == 0
    assert float(found.others.loss) == 0.0
    assert len(found.workings) == 4
