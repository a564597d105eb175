"""Conventions of other tools: scikit-learn live, the others by values with their source, the command."""

from __future__ import annotations

import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import each
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from paths import schema
from running import celoss

from celoss_cli.core.data import Batch, Tally
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.workings import Recorder
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.conventions import CONVENTIONS
from celoss_cli.losses.pieces import losses_of
from celoss_cli.losses.spec import INPUT_KINDS
from celoss_cli.studies.conventions.evaluation import evaluate_conventions

SCHEMA = schema("conventions.schema")
KAGGLE = """\
id,p_a,p_b,target
1,0.5,0.5,0
2,0.1,0.9,0
3,0.01,0.99,0
4,0.9,0.1,1
5,0.75,0.25,1
6,0.001,0.999,1
"""
"""The example of kaggle.com/wiki/MultiClassLogLoss: its public rows."""
ZERO = KAGGLE + "7,0,1,0\n"


OF_CLASSES = [name for name, tool in CONVENTIONS.items() if "ce" in tool.functions]
OF_PROBABILITIES = [name for name in OF_CLASSES if "probs" in CONVENTIONS[name].takes]
"""Those that have cross entropy, and those that have it of probabilities."""


def made(command: str, convention: str | None, **options: Any) -> Loss:
    if command != "bce":
        options.setdefault("ignore_index", CONVENTIONS[convention or "torch"].ignore_index)
    kind = {"ce": "probs", "nll": "log-probs", "bce": "probs"}[command]
    return LOSSES[command].made(**{"input_is": kind, "convention": convention, **options})


def total(loss: Loss, input: Any, target: Any, sample_weight: Any = None) -> Tally:
    aligned = {} if sample_weight is None else {SAMPLE_WEIGHT: np.asarray(sample_weight, float)}
    batch = Batch(np.asarray(input), np.asarray(target), aligned=aligned)
    return evaluate(loss, [batch], Request(strict=True)).tally


def mean(command: str, convention: str | None, input: Any, target: Any, rows: Any = None, **options: Any):
    """The mean, where ``rows`` are the weights of the rows."""
    return total(made(command, convention, **options), input, target, rows).reduce("mean")


def rows_of_probabilities(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Peaked distributions with exact zeros and ones among them, targets, and weights of rows."""
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.full(classes, 0.2), rows)
    p[0] = np.eye(classes)[1]
    p[1] = np.eye(classes)[0]
    y = random.integers(0, classes, rows)
    y[: min(rows, classes)] = np.arange(min(rows, classes))
    return p, y, random.uniform(0.1, 3, rows)


# ------------------------------------------------------------------------------- scikit-learn, live


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_sklearn_log_loss(dtype: str, classes: int, weighted: bool) -> None:
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    p, y, weight = rows_of_probabilities(200, classes, seed=classes)
    p = p.astype(dtype)
    weights = weight if weighted else None
    theirs = log_loss(y, p, labels=np.arange(classes), sample_weight=weights)
    ours = mean("ce", "sklearn", p, y, weights, dtype=dtype)
    assert ours == pytest.approx(theirs, rel=1e-14 if dtype == "float64" else 2e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("weighted", [False, True])
def test_sklearn_log_loss_of_one_probability(dtype: str, weighted: bool) -> None:
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    p, y, weight = rows_of_probabilities(200, 2, seed=1)
    p, weights = p[:, 1].astype(dtype), weight if weighted else None
    theirs = log_loss(y, p, sample_weight=weights)
    ours = mean("bce", "sklearn", p, y.astype(float), weights, dtype=dtype)
    assert ours == pytest.approx(theirs, rel=1e-14 if dtype == "float64" else 2e-6)


def test_sklearn_takes_sums_and_rows_that_do_not_sum_to_1() -> None:
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    p, y = np.array([[0.2, 0.2], [0.9, 0.6]]), np.array([0, 1])
    with pytest.warns(UserWarning, match="do not sum to one"):
        theirs = log_loss(y, p, normalize=False)
    assert float(total(made("ce", "sklearn"), p, y).loss) == pytest.approx(theirs, rel=1e-15)


@given(
    arrays.arrays(np.float64, (4, 3), elements=st.floats(0, 1, allow_subnormal=False)),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
)
@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
def test_sklearn_on_anything_between_0_and_1(p: np.ndarray, y: list[int]) -> None:
    log_loss = pytest.importorskip("sklearn.metrics").log_loss
    assert mean("ce", "sklearn", p, y) == pytest.approx(
        log_loss(y, p, labels=[0, 1, 2]), rel=1e-14, abs=1e-15
    )


# ---------------------------------------------------------------------- one row with p(true) = 0


P_ZERO = {
    ("torch", "float64"): math.inf,
    ("sklearn", "float64"): -math.log(2.0**-52),
    ("sklearn", "float32"): -math.log(2.0**-23),
    ("kaggle", "float64"): -math.log(1e-15),
    ("keras", "float64"): -math.log(1e-7),
    ("keras", "float32"): -math.log(1e-7),
    ("xgboost", "float64"): -math.log(float(np.float32(1e-16))),
    ("xgboost", "float32"): 36.841362,
    ("lightgbm", "float64"): float(np.float32(-math.log(1e-15))),
    ("spark", "float64"): -math.log(1e-15),
}
"""The formulas of each tool's source (``Convention.source``) at p = 0; 36.841362 is -std::log(1e-16f).

LightGBM's kEpsilon is a float, so that -std::log(kEpsilon) is one too: 34.53877639770508.
"""


@pytest.mark.parametrize(("convention", "dtype"), P_ZERO)
def test_what_a_probability_of_0_costs(convention: str, dtype: str) -> None:
    expected = pytest.approx(P_ZERO[convention, dtype], rel=1e-15 if dtype == "float64" else 1e-6)
    assert mean("ce", convention, [[0.0, 1.0]], [0], dtype=dtype) == expected
    binary = mean("bce", convention, [0.0], [1.0], dtype=dtype)
    assert binary == (100.0 if convention == "torch" else expected)


def test_the_documented_numbers_of_a_probability_of_0() -> None:
    costs = {name: round(mean("ce", name, [[0.0, 1.0]], [0]), 3) for name in OF_PROBABILITIES}
    assert costs == {
        "torch": math.inf,
        "sklearn": 36.044,
        "kaggle": 34.539,
        "keras": 16.118,
        "xgboost": 36.841,
        "lightgbm": 34.539,
        "spark": 34.539,
    }


@pytest.mark.parametrize("convention", ["sklearn", "kaggle", "keras", "spark"])
def test_a_probability_of_1_is_clipped_too_where_the_tool_does_so(convention: str) -> None:
    clip = CONVENTIONS[convention].clip["float64"]
    assert mean("ce", convention, [[1.0, 0.0]], [0]) == pytest.approx(-math.log1p(-clip), rel=1e-15)
    assert mean("ce", convention, [[1.0, 0.0]], [0]) > 0


@pytest.mark.parametrize(
    ("dtype", "cost"), [("float32", 15.942384719848633), ("float64", -math.log(1 - (1 - 1e-7)))]
)
def test_keras_takes_1_less_the_clipped_probability(dtype: str, cost: float) -> None:
    """Keras 3.15 in float32: BinaryCrossentropy()([0.0], [1.0]), where 1 - 1e-7 is rounded."""
    assert mean("bce", "keras", [1.0], [0.0], dtype=dtype) == pytest.approx(cost, rel=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_older_tf_keras_adds_its_epsilon_to_what_it_clipped(dtype: str) -> None:
    """tensorflow.org, tf.keras.metrics.BinaryCrossentropy of 2.x: 3.833 of 1, 1, 1, 0 against 1, 0, 1, 0.

    keras/backend.py of 2.15: clip to [1e-7, 1 - 1e-7], then y log(p + 1e-7) + (1 - y) log(1 - p + 1e-7).
    """
    eps = np.dtype(dtype).type(1e-7)
    p, t = np.array([0, 1, 1, 0, 0.3, 0.9, 1e-8], dtype), np.array([1, 0, 1, 0, 1, 0, 0.5], dtype)
    kept = np.clip(p, eps, 1 - eps)
    expected = -(t * np.log(kept + eps) + (1 - t) * np.log(1 - kept + eps))
    loss = made("bce", "tf-keras", dtype=dtype)
    ours = loss.terms(loss.canonical(Batch(p, t))).loss
    assert ours.tolist() == pytest.approx(expected.tolist(), rel=1e-15 if dtype == "float64" else 2e-7)
    documented = mean("bce", "tf-keras", [1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], dtype="float32")
    assert documented == pytest.approx(3.833, abs=5e-4)


def test_the_gradient_of_older_tf_keras_is_that_of_its_number() -> None:
    loss, p, t = made("bce", "tf-keras"), np.array([0.3, 0.9, 1e-6, 1 - 1e-6]), np.array([1.0, 0, 1, 0])
    recorder = Recorder(with_gradient=True)
    loss.terms(loss.canonical(Batch(p, t)), recorder)
    expected = (1 - t) / (1 - p + 1e-7) - t / (p + 1e-7)
    assert next(
        step.value for step in recorder.steps if step.name == "gradient"
    ).ravel().tolist() == pytest.approx(expected.tolist(), rel=1e-12)


def test_catboost_has_the_softmax_of_raw_values_divided_by_the_weights() -> None:
    """metric.cpp: the weighted sum of -(a[t] - max - log sum exp(a - max)) over the sum of the weights."""
    x, y, weight = np.random.default_rng(3).normal(size=(50, 4)), np.arange(50) % 4, np.linspace(0.1, 2, 50)
    costs = np.log(np.exp(x).sum(axis=1)) - x[np.arange(50), y]
    ours = mean("ce", "catboost", x, y, weight, input_is="logits")
    assert ours == pytest.approx((costs * weight).sum() / weight.sum(), rel=1e-14)
    with pytest.raises(UsageError, match="Expected input of logits with convention catboost, got probs"):
        made("ce", "catboost", input_is="probs")


@each(
    ("command", "tool", "told"),
    [
        ("bce", "catboost", "take raw values and clip nothing: bce-logits computes them"),
        ("nll", "catboost", "ce computes it"),
        ("ce", "tf-keras", "--convention keras"),
    ],
)
def test_a_loss_of_a_tool_that_another_command_has_is_named(command: str, tool: str, told: str) -> None:
    done = celoss(command, "-x", "0.5", "-y", "1", "--convention", tool)
    assert (done.returncode, f'got "{tool}" (' in done.stderr) == (2, True)
    assert told in done.stderr


def test_what_is_said_of_the_other_losses_of_catboost_and_tf_keras() -> None:
    """metric.cpp: log(1 + exp f) - t f; backend.py: log of the clipped p, then a softmax of these."""
    random = np.random.default_rng(4)
    f, t = random.normal(size=40) * 3, random.random(40)
    ours = losses_of(LOSSES["bce-logits"].made(), Batch(f, t), 1)
    assert ours.tolist() == pytest.approx((np.log1p(np.exp(f)) - t * f).tolist(), rel=1e-12)
    p = random.dirichlet(np.full(6, 0.02), 400)
    y = random.integers(0, 6, 400)
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    sparse = np.log(clipped.sum(axis=1)) - np.log(clipped[np.arange(400), y])
    categorical = losses_of(made("ce", "keras"), Batch(p, y), 1)
    assert 1e-8 < np.abs(sparse - categorical).max() < 6e-7


def test_lightgbm_prints_the_logarithm_of_its_epsilon_in_float32() -> None:
    """binary_metric.hpp: -std::log(1.0f - prob) above kEpsilon, else -std::log(kEpsilon), a float."""
    assert mean("bce", "lightgbm", [1.0], [0.0]) == 34.53877639770508
    assert mean("ce", "lightgbm", [[1e-15, 1.0]], [0]) == 34.53877639770508


@pytest.mark.parametrize("convention", ["torch", "xgboost", "lightgbm"])
def test_a_probability_of_1_costs_nothing_elsewhere(convention: str) -> None:
    assert math.copysign(1, mean("ce", convention, [[1.0, 0.0]], [0])) == 1
    assert mean("ce", convention, [[1.0, 0.0]], [0]) == 0


# ------------------------------------------------------------------------------ values with a source


def test_kaggle_documents_this_score() -> None:
    """kaggle.com/wiki/MultiClassLogLoss: ``Assert.AreEqual(1.881797068998267, actual: publicScore)``."""
    p = [[0.5, 0.5], [0.1, 0.9], [0.01, 0.99], [0.9, 0.1], [0.75, 0.25], [0.001, 0.999]]
    assert mean("ce", "kaggle", p, [0, 0, 0, 1, 1, 1]) == pytest.approx(1.881797068998267, rel=1e-15)


def test_kaggle_divides_a_row_by_its_sum_before_it_clips() -> None:
    assert mean("ce", "kaggle", [[2.0, 6.0]], [0]) == pytest.approx(-math.log(0.25), rel=1e-15)
    assert mean("ce", "kaggle", [[0.0, 1e-20]], [0]) == pytest.approx(-math.log(1e-15), rel=1e-15)


def test_keras_documents_these_losses() -> None:
    """keras.io: categorical_crossentropy gives [0.0513, 2.303], the mean 1.177, with weights .3, .7 .814."""
    p, y = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [1, 2]
    losses = made("ce", "keras").terms(made("ce", "keras").canonical(Batch(np.array(p), np.array(y)))).loss
    assert losses.tolist() == pytest.approx([0.051293294, 2.302585093], rel=1e-8)
    assert mean("ce", "keras", p, y) == pytest.approx(1.1769392, rel=1e-7)
    assert mean("ce", "keras", p, y, [0.3, 0.7]) == pytest.approx(0.8135988, rel=1e-7)


def test_keras_documents_this_binary_loss() -> None:
    """keras.io, BinaryCrossentropy: y_true [0, 1, 0, 0], probabilities [.6, .3, .2, .8] and their like."""
    p, y = np.array([0.6, 0.3, 0.2, 0.8]), np.array([0.0, 1.0, 0.0, 0.0])
    assert mean("bce", "keras", p, y) == pytest.approx(-(np.log([0.4, 0.3, 0.8, 0.2]).mean()), rel=1e-14)


@pytest.mark.torch
def test_keras_by_the_formula_of_its_torch_backend() -> None:
    """keras/src/backend/torch/nn.py, categorical_crossentropy: divide, clip, log, sum with the target."""
    torch = pytest.importorskip("torch")
    p, y, weight = rows_of_probabilities(50, 4, seed=3)
    p[3:] *= 1.7
    output = torch.tensor(p)
    output = torch.clip(output / output.sum(dim=-1, keepdim=True), 1e-7, 1.0 - 1e-7)
    target = torch.nn.functional.one_hot(torch.tensor(y), 4)
    losses = -(target * torch.log(output)).sum(dim=-1)
    assert mean("ce", "keras", p, y) == pytest.approx(losses.mean().item(), rel=1e-14)
    weighted = (losses * torch.tensor(weight)).sum() / len(y)  # losses/loss.py: sum_over_batch_size
    assert mean("ce", "keras", p, y, weight) == pytest.approx(weighted.item(), rel=1e-14)
    soft = target.double() * 0.9 + 0.1 / 4  # losses.py: y_true * (1 - smoothing) + smoothing / num_classes
    smoothed = -(soft * torch.log(output)).sum(dim=-1).mean()
    assert mean("ce", "keras", p, y, label_smoothing=0.1) == pytest.approx(smoothed.item(), rel=1e-14)


def test_keras_divides_by_the_number_of_unmasked_targets() -> None:
    """keras/src/losses/loss.py, apply_mask: sum(loss * sample_weight) / valid."""
    p, y = [[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]], [0, 1, 9]
    weights = np.array([3.0, 5.0])
    tally = total(made("ce", "keras", ignore_index=9, weight=weights), p, y, [2.0, 1.0, 7.0])
    assert tally.denominator("mean") == 2
    expected = (3 * 2 * -math.log(0.5) + 5 * -math.log(0.8)) / 2
    assert tally.reduce("mean") == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("convention", "clip"), [("xgboost", 1e-16), ("lightgbm", 1e-15)])
def test_boosters_by_the_formula_of_their_source(convention: str, clip: float) -> None:
    """xgboost: -log(max(p, 1e-16f)), elementwise x log(max(y, eps)); LightGBM: log p, or of 1e-15f."""
    p, y, weight = rows_of_probabilities(60, 3, seed=5)
    eps = np.float32(clip)
    own = p[np.arange(60), y]
    least = -np.log(float(eps)) if convention == "xgboost" else float(-np.log(eps))
    costs = np.where(own > eps, -np.log(np.maximum(own, float(eps))), least)
    expected = (costs * weight).sum() / weight.sum()
    assert mean("ce", convention, p, y, weight) == pytest.approx(expected, rel=1e-13)
    single = p[:, 0].astype(np.float32)
    positive, negative = np.maximum(single, eps), np.maximum(np.float32(1) - single, eps)
    losses = -np.where(y == 0, np.log(positive), np.log(negative))
    ours = mean("bce", convention, single, (y == 0).astype(float), dtype="float32")
    assert ours == pytest.approx(losses.mean(dtype=float), rel=2e-6)


def test_spark_by_the_formula_of_its_source() -> None:
    """MulticlassMetrics.logLoss: log(eps) below eps, log1p(-eps) above 1 - eps, else log(p), weighted."""
    p, y, weight = rows_of_probabilities(60, 3, seed=7)
    own = p[np.arange(60), y]
    losses = np.where(own < 1e-15, -math.log(1e-15), np.where(own > 1 - 1e-15, -math.log1p(-1e-15), 0))
    inside = losses == 0
    losses[inside] = -np.log(own[inside])
    expected = (losses * weight).sum() / weight.sum()
    assert mean("ce", "spark", p, y, weight) == pytest.approx(expected, rel=1e-14)


def test_onnx_by_the_formula_of_its_reference() -> None:
    """onnx/reference/ops/op_softmax_cross_entropy_loss.py: divides by the sum of the gathered weights."""
    x, y = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [1.0, 1.0, 1.0]]), np.array([0, 1, 2])
    weight = np.array([1.0, 2.0, 3.0])
    ours = mean("ce", "onnx", x, y, input_is="logits", weight=weight, ignore_index=1)
    assert ours == pytest.approx(0.9282167205705407, rel=1e-15)  # SEMANTICS.md: the same as PyTorch's
    with pytest.raises(InputError, match=r"Expected a target from 0 to 2 \(3 classes\), got -100"):
        mean("ce", "onnx", x, [0, -100, 2], input_is="logits")


# ------------------------------------------------------------------------------------- what stays


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"weight": np.array([1.0, 2.0, 3.0])}])
@pytest.mark.parametrize("convention", ["torch", None])
def test_pytorch_by_name_has_the_bits_of_cross_entropy(convention: str | None, options: dict) -> None:
    x, y = np.random.default_rng(0).normal(size=(500, 3)), np.arange(500) % 3
    y[::7] = -100
    plain = total(LOSSES["ce"].loss(**options), x, y)
    assert total(made("ce", convention, input_is="logits", **options), x, y) == plain


def test_log_probabilities_are_taken_as_they_are() -> None:
    lp = np.log(rows_of_probabilities(50, 3, seed=2)[0][2:])
    y = np.arange(48) % 3
    plain = total(LOSSES["nll"].loss(), lp, y)
    assert total(made("nll", "torch"), lp, y) == plain
    assert total(made("ce", None, input_is="log-probs"), lp, y) == plain
    assert total(made("nll", "onnx"), lp, y) == plain


def test_keras_takes_logits_without_a_clip_and_the_others_after_the_softmax() -> None:
    x, y = np.array([[-60.0, 0.0]]), [0]
    assert mean("ce", "keras", x, y, input_is="logits") == pytest.approx(60, rel=1e-15)
    assert mean("ce", "sklearn", x, y, input_is="logits") == pytest.approx(-math.log(2.0**-52), rel=1e-15)


def test_a_convention_of_probabilities_shows_the_softmax_that_logits_go_through() -> None:
    words = ("--logits", "1,2,3", "--targets", "0", "--input-is", "logits", "--convention", "sklearn")
    shown = celoss("ce", *words).stdout
    e = np.exp([-2.0, -1, 0])
    for formula in ("x - max", "exp z", "e / sum", f"sum        =  {e.sum():.6f}"):
        assert formula in shown
    assert [f"{p:.6f}" in shown for p in e / e.sum()] == [True, True, True]


@pytest.mark.parametrize("convention", OF_PROBABILITIES)
def test_the_three_kinds_of_input_agree_away_from_the_clips(convention: str) -> None:
    x = np.random.default_rng(4).normal(size=(40, 5))
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    y = np.arange(40) % 5
    losses = [
        mean("ce", convention, values, y, input_is=kind)
        for kind, values in zip(INPUT_KINDS, (x, np.log(p), p), strict=True)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-13)
    assert losses[0] == pytest.approx(losses[2], rel=1e-13)


@pytest.mark.parametrize("convention", ["kaggle", "keras"])
@given(st.floats(0.01, 100), st.integers(0, 2))
def test_a_tool_that_rescales_does_not_see_the_scale(convention: str, scale: float, y: int) -> None:
    p = np.array([[0.2, 0.5, 0.3]])
    scaled = mean("ce", convention, p * scale, [y])
    assert scaled == pytest.approx(mean("ce", convention, p, [y]), rel=1e-13)


@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize("convention", OF_CLASSES)
def test_every_cut_into_batches_gives_the_same_bits(convention: str, rows: int) -> None:
    p, y, _ = rows_of_probabilities(30, 80, seed=11)
    kind = CONVENTIONS[convention].takes[-1]
    x = np.log(p + 1e-9) if kind == "log-probs" else p
    loss = made("ce", convention, input_is=kind)
    parts = [Batch(x[i : i + rows], y[i : i + rows], start=i) for i in range(0, 30, rows)]
    assert evaluate(loss, parts, Request()).tally == total(loss, x, y)


def test_positions_of_dense_predictions_are_rescaled_each_on_its_own() -> None:
    p = np.random.default_rng(8).uniform(0, 1, (2, 3, 4, 5))
    y = np.random.default_rng(9).integers(0, 3, (2, 4, 5))
    flat = np.moveaxis(p, 1, -1).reshape(-1, 3)
    dense = total(made("ce", "keras"), p, y)
    assert (dense.elements, dense.denominator("mean")) == (40, 40)
    assert dense.reduce("mean") == pytest.approx(mean("ce", "keras", flat, y.reshape(-1)), rel=1e-14)


# ------------------------------------------------------------------------------------- the gradient


@pytest.mark.parametrize("kind", INPUT_KINDS)
@pytest.mark.parametrize(
    ("convention", "target"),
    [(None, "index"), (None, "smoothed"), ("sklearn", "index"), ("kaggle", "index"), ("xgboost", "index")],
)
def test_the_gradient_is_that_of_the_steps(kind: str, convention: str | None, target: str) -> None:
    x = np.random.default_rng(6).normal(size=(3, 4))
    x = {"logits": x, "log-probs": x - 2, "probs": np.exp(x) / np.exp(x).sum(1, keepdims=True)}[kind]
    options = {"label_smoothing": 0.2} if target == "smoothed" else {}
    loss = made("ce", convention, input_is=kind, **options)
    batch = loss.canonical(Batch(x, np.array([0, 3, 1])))
    recorder = Recorder(with_gradient=True)
    loss.terms(batch, recorder)
    [gradient] = [step.value for step in recorder.steps if step.level == "gradient"]

    steps = np.zeros_like(x.T)
    for row, index in np.ndindex(x.shape):
        shifted = [x.copy(), x.copy()]
        shifted[0][row, index] += 1e-6
        shifted[1][row, index] -= 1e-6
        up, down = (loss.terms(loss.canonical(Batch(one, batch.target[:, 0]))).loss[row] for one in shifted)
        steps[index, row] = (up - down) / 2e-6
    assert gradient == pytest.approx(steps, abs=1e-6)


def test_a_clipped_probability_has_no_gradient() -> None:
    loss = made("ce", "sklearn")
    recorder = Recorder(with_gradient=True)
    loss.terms(loss.canonical(Batch(np.array([[0.0, 1.0]]), np.array([0]))), recorder)
    assert recorder.steps[-2].level == "gradient"
    assert (recorder.steps[-2].value == 0).all()


# ---------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("command", "convention", "options", "message"),
    [
        ("ce", "onnx", {"input_is": "probs"}, "Expected input of logits or log-probs with convention onnx"),
        ("ce", "onnx", {"input_is": "logits", "label_smoothing": 0.1}, "Expected no label_smoothing"),
        ("ce", "sklearn", {"weight": [1.0, 2.0]}, "Expected no weight with convention sklearn"),
        ("ce", "kaggle", {"ignore_index": 0}, "Expected no ignore_index with convention kaggle"),
        ("ce", "keras", {"label_smoothing": 0.1, "weight": [1.0, 2.0]}, "Expected label_smoothing or weight"),
        (
            "ce",
            "keras",
            {"label_smoothing": 0.1, "ignore_index": 1},
            "Expected label_smoothing or ignore_ind",
        ),
        ("bce", "onnx", {}, "Expected no convention onnx with bce"),
        ("bce", "xgboost", {"weight": [1.0]}, "Expected no weight with convention xgboost"),
        ("ce", "caffe", {"ignore_index": None}, "Expected convention torch, sklearn, kaggle"),
        ("ce", None, {"input_is": "odds"}, "Expected input_is logits, log-probs, probs, got 'odds'"),
    ],
)
def test_what_a_tool_does_not_have_is_refused(command, convention, options, message) -> None:
    known = convention if convention in CONVENTIONS else None
    if command == "ce":
        options = {"ignore_index": CONVENTIONS[known or "torch"].ignore_index, **options}
    with pytest.raises(UsageError, match=message):
        LOSSES[command].made(**{"input_is": "probs", "convention": convention, **options})


def test_what_data_holds_and_a_tool_does_not_have_is_refused() -> None:
    p = [[0.5, 0.5]]
    with pytest.raises(UsageError, match="Expected no weights of rows with convention kaggle, got some"):
        mean("ce", "kaggle", p, [0], [1.0])
    with pytest.raises(UsageError, match="Expected no targets that are probabilities with convention spark"):
        mean("ce", "spark", p, [[0.5, 0.5]])
    with pytest.raises(
        UsageError, match="Expected no targets that are probabilities with convention lightgbm"
    ):
        mean("bce", "lightgbm", [0.5], [0.5])
    with pytest.raises(UsageError, match="Expected soft_targets or weight with convention keras"):
        total(made("ce", "keras", weight=[1.0, 2.0]), p, [[0.5, 0.5]])


@pytest.mark.parametrize("value", [-0.1, 1.5, math.nan, math.inf])
def test_values_that_are_no_probabilities_are_refused_but_not_in_ignored_rows(value: float) -> None:
    p = [[0.5, 0.5], [value, 0.5]]
    with pytest.raises(InputError, match="Expected a probability from 0 to 1, got"):
        mean("ce", None, p, [0, 1])
    assert mean("ce", None, p, [0, -100]) == pytest.approx(math.log(2))


def test_soft_targets_where_0_log_0_is_0() -> None:
    p, q = [[0.0, 0.5, 0.5]], [[0.0, 0.25, 0.75]]
    assert mean("ce", None, p, q) == pytest.approx(math.log(2), rel=1e-15)
    assert mean("ce", "keras", p, q) == pytest.approx(math.log(2), rel=1e-15)


# ------------------------------------------------------------------------------------- side by side


P = np.array([[0.5, 0.5], [1e-9, 1 - 1e-9], [0.0, 1.0], [1e-12, 1 - 1e-12]])
NAMES = ("torch", "sklearn", "keras", "kaggle")


def cut(y: list[int], rows: int) -> list[Batch]:
    return [Batch(P[i : i + rows], np.array(y[i : i + rows]), start=i) for i in range(0, len(P), rows)]


@pytest.mark.parametrize("rows", [1, 3, 4])
def test_beside_counts_what_differs_from_pytorch_and_keeps_the_largest_gaps(rows: int) -> None:
    losses = {name: made("ce", name) for name in NAMES}
    _, found = evaluate_conventions(losses, cut([0, 0, 0, 0], rows), Request(strict=True), 2)
    assert [gap.row.row for gap in found.gaps] == [2, 3]
    assert found.gaps[1].probability == 1e-12
    assert found.gaps[1].losses == pytest.approx(
        {"torch": 27.631021, "sklearn": 27.631021, "keras": 16.118096, "kaggle": 27.631021}, rel=1e-7
    )
    assert found.differing == {"torch": 0, "sklearn": 1, "keras": 3, "kaggle": 1}
    assert {name: tally.reduce("mean") for name, tally in found.tallies.items()} == {
        name: mean("ce", name, P, [0, 0, 0, 0]) for name in NAMES
    }


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_a_convention_that_refuses_a_row_is_out_however_the_rows_are_cut(rows: int) -> None:
    losses = {"torch": made("ce", "torch", ignore_index=9), "keras": made("ce", "keras", ignore_index=9)}
    losses["sklearn"] = made("ce", "sklearn")
    _, found = evaluate_conventions(losses, cut([0, 0, 0, 9], rows), Request(strict=True), 5)
    assert list(found.tallies) == ["torch", "keras"]
    assert found.refused == {"sklearn": "Expected a target from 0 to 1 (2 classes), got 9."}
    assert [(gap.row.row, list(gap.losses)) for gap in found.gaps] == [
        (2, ["torch", "keras"]),
        (1, ["torch", "keras"]),
    ]


# ---------------------------------------------------------------------------------------- the command


def answer(*arguments: str, data: str = ZERO) -> Any:
    done = celoss(*arguments, "--json", data=data)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_options_in_force_name_the_convention_and_the_input() -> None:
    options = answer("ce", "--input-is", "probs", "--convention", "sklearn")["options"]
    assert (options["input_is"], options["convention"], options["ignore_index"]) == ("probs", "sklearn", None)
    assert answer("ce", "--input-is", "probs")["options"]["convention"] is None
    assert not {"input_is", "convention"} & set(answer("ce")["options"])


def test_the_view_shows_what_the_tool_does() -> None:
    shown = celoss("ce", "--input-is", "probs", "--convention", "keras", "--row", "6", data=ZERO).stdout
    for line in ("p / total", "rescaled to sum 1", "at least 1e-07, at most 1 - 1e-07", "16.118096"):
        assert line in shown
    assert "mean = 27.408878 / 7 (number of counted targets) = 3.9155540092782743 nats" in shown


def test_all_conventions_stand_side_by_side() -> None:
    found = answer("ce", "--input-is", "probs", "--convention", "all")
    SCHEMA.validate(found)
    values = {tool["name"]: tool["value"] for tool in found["conventions"]}
    for name in values.keys() - {"torch", "onnx", "catboost"}:
        assert values[name] == answer("ce", "--input-is", "probs", "--convention", name)["value"]
    torch_row = found["conventions"][0]
    assert (torch_row["name"], torch_row["value"], torch_row["nonfinite"]) == ("torch", None, "inf")
    assert found["conventions"][-1]["refused"].startswith("Expected input of logits or log-probs")
    [gap] = found["gaps"]
    assert (gap["row"], gap["id"], gap["target"], gap["probability"]) == (6, "7", 0, 0.0)
    assert gap["losses"]["keras"] == pytest.approx(16.118095650958317)
    assert gap["nonfinite"] == {"torch": "inf"}
    differing = [tool["differing"] for tool in found["conventions"]]
    assert differing == [0, 1, 1, 1, 1, 1, 0, 1, 0]


@pytest.mark.parametrize("classes", [3, 70])
@pytest.mark.parametrize("options", [[], ["--label-smoothing", "0.1"], ["--dtype", "float32"]])
def test_conventions_of_logits_side_by_side_are_those_of_each(classes: int, options: list[str]) -> None:
    # All of them share one softmax, which each alone takes of the logits.
    x = np.random.default_rng(classes).standard_normal((40, classes)) * 30
    rows = [f"{','.join(map(repr, row))},{place % classes}" for place, row in enumerate(x.tolist())]
    data = "\n".join([",".join([*(f"c{c}" for c in range(classes)), "target"]), *rows, ""])
    found = json.loads(celoss("ce", "--convention", "all", "--json", *options, data=data).stdout)
    alone = 0
    for tool in found["conventions"]:
        if not tool.get("refused"):
            done = celoss("ce", "--convention", tool["name"], "--json", *options, data=data)
            assert json.loads(done.stdout)["value"] == tool["value"], tool["name"]
            alone += 1
    assert alone >= 5 - 3 * ("--label-smoothing" in options)


def test_nan_has_a_loss_under_every_convention_that_has_one_of_it_alone() -> None:
    data = "a,b,target\n1,nan,0\n0,1,1\n"
    found = json.loads(celoss("ce", "--convention", "all", "--allow-nonfinite", "--json", data=data).stdout)
    for tool in found["conventions"]:
        alone = celoss("ce", "--convention", tool["name"], "--allow-nonfinite", "--json", data=data)
        assert ("error" in json.loads(alone.stdout)) == bool(tool.get("refused")), tool["name"]


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_all_conventions_for_people(format: str) -> None:
    done = celoss("ce", "--input-is", "probs", "--convention", "all", "--format", format, data=ZERO)
    assert done.returncode == 0
    for text in ("6.762062257586679", "36.043653", "row 6", "onnx"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ce", "--convention", "all", "--max", "1"], 2, "Expected one convention with --max, got all."),
        (
            ["ce", "--input-is", "probs", "--emit", "torch"],
            2,
            "Expected no --input-is with --emit, got probs",
        ),
        (["ce", "--convention", "all", "--emit", "torch"], 2, "Expected one convention with --emit, got all"),
        (["ce", "--convention", "all", "--max", "0"], 2, "Expected one convention with --max, got all."),
        (["ce", "--convention", "all", "--exit-zero"], 2, "Expected one convention with --exit-zero"),
        (
            ["ce", "--convention", "all", "--format", "value"],
            2,
            "Expected --format table or json or markdown",
        ),
        (
            ["ce", "--convention", "all", "--reduction", "none"],
            2,
            "Expected a reduction with --convention all",
        ),
        (
            ["ce", "--convention", "all", "--emit-partial", "x"],
            2,
            "Expected one convention with --emit-partial",
        ),
        (["ce", "--convention", "all", "--on-empty", "nan"], 2, "Expected one convention with --on-empty"),
        (["ce", "--convention", "caffe"], 2, "expected torch, sklearn, kaggle"),
        (["ce", "--convention", "onnx", "--label-smoothing", "0.1"], 2, "SoftmaxCrossEntropyLoss of ONNX"),
        (["ce", "--convention", "onnx", "--input-is", "probs"], 2, "Expected input of logits or log-probs"),
        (["bce-logits", "--convention", "keras"], 2, "No such option"),
        (["ce", "--input-is", "probs", "--convention", "spark", "--max", "1"], 1, "CEL306"),
        (
            ["ce", "--input-is", "probs", "--convention", "spark", "--max", "7"],
            0,
            "1 probability of the target",
        ),
        (["ce", "--input-is", "probs", "--max", "1000"], 1, ""),
    ],
)
def test_exit_codes(arguments: list[str], code: int, message: str) -> None:
    done = celoss(*arguments, data=ZERO)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr


def test_bad_probabilities_are_told_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("a,b,target\n0.5,0.5,0\n1.5,-0.5,1\n")
    done = celoss("ce", str(path), "--input-is", "probs", "--class-columns", "a,b")
    assert done.returncode == 3
    assert "p.csv:3: Expected a probability from 0 to 1, got 1.5." in done.stderr
    assert celoss("ce", str(path), "--input-is", "probs", "--convention", "all").returncode == 3
    path.write_text("a,b,target\n0.5,0.1,0\n")
    done = celoss("ce", str(path), "--input-is", "probs", "--class-columns", "a,b")
    assert done.returncode == 0
    assert "warning CEL110: 1 row has probabilities that do not sum to 1" in done.stderr


def test_shards_of_one_convention_merge_and_of_two_do_not(tmp_path: Path) -> None:
    head, *lines = ZERO.splitlines(keepends=True)
    names = []
    for part, convention in (("1", "keras"), ("2", "keras"), ("3", "sklearn")):
        rows = lines[:3] if part == "1" else lines[3:]
        names.append(str(tmp_path / f"{part}.json"))
        options = ("--input-is", "probs", "--convention", convention, "--emit-partial", names[-1])
        assert celoss("ce", *options, data="".join([head, *rows])).returncode == 0
    merged = celoss("merge", *names[:2], "--json")
    whole = answer("ce", "--input-is", "probs", "--convention", "keras")
    assert json.loads(merged.stdout)["value"] == whole["value"]
    assert json.loads(merged.stdout)["options"] == whole["options"]
    assert celoss("merge", names[0], names[2]).returncode == 3


def test_a_check_of_the_config_file_takes_a_convention(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(ZERO)
    config = tmp_path / "celoss.toml"
    check = '[checks.a]\nloss = "ce"\nfiles = ["p.csv"]\ninput-is = "probs"\nmax = 7\nconvention = '
    config.write_text(f'{check}"spark"\n')
    assert celoss("check", "--config", str(config)).returncode == 0
    config.write_text(f'{check}"all"\n')
    done = celoss("check", "--config", str(config))
    assert (done.returncode, "Expected convention torch, sklearn" in done.stderr) == (2, True)


def test_a_comparison_takes_a_convention(tmp_path: Path) -> None:
    for name, text in (("a.csv", ZERO), ("b.csv", ZERO.replace("0.9,0.1", "0.8,0.2"))):
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--loss", "ce"]
    found = answer("compare", *files, "--input-is", "probs", "--convention", "sklearn")["comparison"]
    assert found["mean_a"] == answer("ce", "--input-is", "probs", "--convention", "sklearn")["value"]
    assert (found["options"]["convention"], found["options"]["input_is"]) == ("sklearn", "probs")
    done = celoss("compare", *files[:2], "--loss", "bce-logits", "--input-is", "probs")
    assert (done.returncode, "Expected no --input-is with --loss bce-logits" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["compare", "diagnose"])
def test_a_kind_of_input_that_a_loss_does_not_take_is_refused_by_every_command(
    tmp_path: Path, command: str
) -> None:
    """``celoss nll`` has no --input-is probs: what a diagnosis says to try would not run."""
    path = tmp_path / "a.csv"
    path.write_text(ZERO)
    files = [str(path)] * (2 if command == "compare" else 1)
    done = celoss(command, *files, "--loss", "nll", "--input-is", "probs")
    told = "Expected --input-is log-probs or token-logprobs with --loss nll, got probs."
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "--loss ce takes probs" in done.stderr


# ------------------------------------------------------------------------------------------ the table


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=list(CONVENTIONS))
def test_an_entry_is_whole_and_names_its_source(convention) -> None:
    assert CONVENTIONS[convention.name] is convention
    assert convention.source.split(":")[0].endswith(
        (".org", ".com", ".ai", "Loss", "keras", "version 2.15", "xgboost", "LightGBM", "catboost")
    )
    assert set(convention.functions) == set(convention.options)
    assert set(convention.functions) <= {name for name, spec in LOSSES.items() if spec.by_convention}
    assert set(convention.takes) <= set(INPUT_KINDS)
    assert set(convention.clip) in (set(), {"float64", "float32"})


@each(
    ("convention", "kind"),
    [
        (name, kind)
        for name, kind in product([None, *OF_CLASSES], INPUT_KINDS)
        if name is None or kind in CONVENTIONS[name].takes
    ],
)
def test_many_rows_give_the_same_bits_as_few(convention: str | None, kind: str) -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(600, 10))
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    given_as, y = {"logits": x, "log-probs": np.log(p), "probs": p}[kind], random.integers(0, 10, 600)
    loss = made("ce", convention, input_is=kind)
    whole = losses_of(loss, Batch(given_as, y), 1)
    assert list(whole) == [
        value
        for row in range(0, 600, 50)
        for value in losses_of(loss, Batch(given_as[row : row + 50], y[row : row + 50]), 1)
    ]
    assert whole.mean() == pytest.approx(-np.log(p[np.arange(600), y]).mean(), rel=1e-6)


@pytest.mark.parametrize(
    ("convention", "way_out"), [("sklearn", "sklearn has no ignore_index"), ("keras", "--ignore-index -1")]
)
def test_a_marker_of_rows_to_leave_out_is_met_with_what_the_convention_has(
    convention: str, way_out: str
) -> None:
    with pytest.raises(InputError) as refused:
        total(made("ce", convention), [[0.2, 0.8], [0.4, 0.6]], [1, -1])
    assert way_out in str(refused.value)
