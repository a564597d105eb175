"""What each loss must compute, refuse and convert: the reference values and every message."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import each
from running import celoss

import celoss_cli
from celoss_cli import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    log_softmax,
    nll_loss,
    sigmoid,
    soft_margin_loss,
    softmax,
)
from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.kl_div import KullbackLeibler
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.soft_margin_loss import SoftMargin

INF, NAN = math.inf, math.nan
X = [[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [1.0, 1.0, 1.0]]
Y = [0, 1, 2]
W = [1.0, 2.0, 3.0]


def close(expected: Any) -> Any:
    return pytest.approx(expected, rel=1e-14, abs=0, nan_ok=True)


def evaluated(loss: Loss, x: Any, target: Any, **aligned: Any) -> Evaluation:
    """What the command line sees: counts of oddities, and refusals of values outside the domain."""
    batch = Batch(np.asarray(x), np.asarray(target), {name: np.asarray(a) for name, a in aligned.items()})
    return evaluate(loss, [batch], Request(strict=True))


# --------------------------------------------------------------------------------- cross entropy


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"reduction": "none"}, [0.41703001627783354, 0.22004952302053787, 1.0986122886681098]),
        ({}, 0.5785639426554937),
        ({"reduction": "sum"}, 1.7356918279664812),
        (
            {"weight": W, "reduction": "none"},
            [0.41703001627783354, 0.44009904604107575, 3.295836866004329],
        ),
        ({"weight": W}, 0.6921609880538732),
        ({"weight": W, "reduction": "sum"}, 4.152965928323239),
        ({"weight": W, "ignore_index": 1}, 0.9282167205705407),
        ({"weight": W, "ignore_index": 1, "reduction": "sum"}, 3.712866882282163),
        ({"label_smoothing": 0.1}, 0.6574528315443826),
        ({"label_smoothing": 0.1, "weight": W}, 0.7713568390695908),
        ({"label_smoothing": 0.1, "weight": W, "ignore_index": 1}, 0.9753438304274504),
        ({"label_smoothing": 0.1, "ignore_index": 1}, 0.806154485806305),
    ],
)
def test_cross_entropy_has_the_reference_values(options: dict[str, Any], expected: Any) -> None:
    assert cross_entropy(X, Y, **options) == close(expected)


@each(
    ("x", "y", "options", "expected"),
    [
        pytest.param([[0.0, 1.0]], [-100], {}, NAN, id="all ignored, mean"),
        pytest.param([[0.0, 1.0]], [-100], {"reduction": "sum"}, 0.0, id="all ignored, sum"),
        pytest.param([[0.0, 1.0]], [-100], {"reduction": "none"}, [0.0], id="all ignored, none"),
        pytest.param(np.empty((0, 2)), [], {}, NAN, id="empty, mean"),
        pytest.param(np.empty((0, 2)), [], {"reduction": "sum"}, 0.0, id="empty, sum"),
        pytest.param(np.empty((0, 2)), [], {"reduction": "none"}, [], id="empty, none"),
        pytest.param([[0.0, 0.0], [NAN, INF]], [0, -100], {}, math.log(2), id="nan in an ignored row"),
        pytest.param([[0.0, 1.0]], [0], {"weight": [0, 1]}, NAN, id="zero total weight"),
        pytest.param(
            [[0.0, 1.0]], [0], {"weight": [0, 1], "label_smoothing": 0.1}, NAN, id="zero total weight, smooth"
        ),
        pytest.param([[-INF, 1.0]], [0], {"weight": [0, 1], "reduction": "none"}, [NAN], id="0 x inf"),
        pytest.param([[-INF, 0.0, 0.0]], [1], {}, math.log(2), id="-inf on another logit"),
        pytest.param([[-INF, 0.0, 0.0]], [0], {}, INF, id="-inf on the target"),
        pytest.param([[-INF, 0.0]], [1], {"label_smoothing": 0.1}, INF, id="-inf with smoothing"),
        pytest.param([[INF, 0.0]], [0], {}, NAN, id="+inf on the target"),
        pytest.param([[INF, 0.0]], [1], {}, NAN, id="+inf on another logit"),
        pytest.param([[-INF, -INF]], [0], {}, NAN, id="nothing but -inf"),
        pytest.param([[NAN, 0.0]], [1], {}, NAN, id="nan"),
        pytest.param([0.0, 0.0], 1, {}, math.log(2), id="unbatched"),
    ],
)
def test_cross_entropy_of_special_rows(x: Any, y: Any, options: dict[str, Any], expected: Any) -> None:
    assert cross_entropy(x, y, **options) == close(expected)


def test_an_unbatched_target_gives_a_scalar() -> None:
    assert np.shape(cross_entropy([0.0, 0.0], 1, reduction="none")) == ()


def test_an_ignored_class_stays_in_the_softmax_denominator() -> None:
    assert cross_entropy([[0.0, 0.0, 0.0]], [0], ignore_index=2) == close(math.log(3))


def test_index_0_can_be_ignored() -> None:
    assert cross_entropy([[9.0, 0.0], [0.0, 0.0]], [0, 1], ignore_index=0) == close(math.log(2))


def test_the_mean_over_positions_has_one_denominator_for_all_images() -> None:
    x = np.zeros((2, 2, 2))
    x[0, 0] = 1.0
    targets = np.array([[0, -100], [0, 0]])
    losses = cross_entropy(x, targets, reduction="none")
    assert cross_entropy(x, targets) == close(losses.sum() / 3)
    assert cross_entropy(x, targets) != close(np.mean([losses[0, 0], losses[1].mean()]))


def test_the_segmentation_target_has_no_class_axis() -> None:
    assert cross_entropy(np.zeros((2, 3, 4, 5)), np.zeros((2, 4, 5), int), reduction="none").shape == (
        2,
        4,
        5,
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 0.6405),
        ({"ignore_index": 1}, 0.4421),
        ({"weight": [1, 2]}, 0.7398),
        ({"weight": [2, 1]}, 0.5611),
    ],
)
def test_weights_and_ignored_targets_of_the_worked_case(options: dict[str, Any], expected: float) -> None:
    found = cross_entropy([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], [0, 1, 0], **options)
    assert found == pytest.approx(expected, abs=5e-5)


def test_weights_and_ignored_targets_at_once_in_the_worked_case() -> None:
    x = [[0.9, 0.1, 0.2], [0.8, 0.2, 0.1], [0.7, 0.3, 0.5], [0.1, 0.5, 0.6]]
    found = cross_entropy(x, [2, 1, 0, 1], weight=[2, 1, 2], ignore_index=2)
    assert found == pytest.approx(1.0401, abs=5e-5)


def test_the_three_numbers_of_the_article_that_confuses_the_axes() -> None:
    x = [[1.1879, 1.0780, 0.5312], [-0.3499, -1.9253, -1.5725], [-0.6578, -0.0987, 1.1570]]
    assert cross_entropy(x, Y) == pytest.approx(1.0778, abs=5e-5)
    assert nll_loss(log_softmax(x, axis=0), Y) == pytest.approx(1.3654, abs=5e-5)
    assert nll_loss(x, Y) == pytest.approx(-0.1399, abs=5e-5)


# ----------------------------------------------------------------------------- probability targets


def test_probability_targets_divide_by_their_number_and_never_by_the_weights() -> None:
    losses = cross_entropy(X, np.eye(3), weight=W, reduction="none")
    assert losses == close(cross_entropy(X, Y, weight=W, reduction="none"))
    assert cross_entropy(X, np.eye(3), weight=W) == close(losses.sum() / 3)
    assert cross_entropy(X, np.eye(3), weight=W) != close(cross_entropy(X, Y, weight=W))


def test_smoothing_mixes_probability_targets_with_the_uniform_distribution() -> None:
    q = np.array([[0.7, 0.2, 0.1]])
    smooth = 0.8 * q + 0.2 / 3
    assert cross_entropy(X[:1], q, label_smoothing=0.2) == close(cross_entropy(X[:1], smooth))


@pytest.mark.parametrize(
    ("targets", "weight", "expected"),
    [
        (Y, None, "number of counted targets"),
        (Y, W, "sum of the weights of the counted targets"),
        (np.eye(3), W, "number of targets; class weights do not enter it with probability targets"),
    ],
)
def test_the_outcome_says_which_denominator_was_used(targets: Any, weight: Any, expected: str) -> None:
    assert evaluated(CrossEntropy(weight=weight), X, targets).weight_is == expected


@pytest.mark.parametrize(
    ("targets", "count"),
    [([[0.5, 0.5]], 0), ([[0.5, 0.6]], 1), ([[1.5, -0.5]], 1), ([[NAN, 1.0]], 1)],
)
def test_targets_that_are_no_distribution_are_noticed(targets: Any, count: int) -> None:
    assert evaluated(CrossEntropy(), [[0.0, 1.0]], targets).seen["target-not-a-distribution"] == count


# -------------------------------------------------------------------------------- the other losses


@pytest.mark.parametrize(("x", "expected"), [([[2.0, 1.0, 0.1]], -2.0), ([[0.7, 0.2, 0.1]], -0.7)])
def test_nll_loss_takes_its_input_as_it_is_and_notices(x: Any, expected: float) -> None:
    assert nll_loss(x, [0]) == expected
    assert evaluated(NegativeLogLikelihood(), x, [0]).seen["not-log-probabilities"] == 1


def test_nll_loss_notices_nothing_in_log_probabilities() -> None:
    assert "not-log-probabilities" not in evaluated(NegativeLogLikelihood(), log_softmax(X), Y).seen


@pytest.mark.parametrize(
    ("p", "t", "expected", "clamped"),
    [
        (0.0, 1.0, 100.0, 1),
        (0.0, 0.3, 30.0, 1),
        (1.0, 0.0, 100.0, 1),
        (0.0, 0.0, 0.0, 0),
        (1.0, 1.0, 0.0, 0),
        (1e-300, 1.0, 100.0, 1),
        (0.5, 1.0, math.log(2), 0),
    ],
)
def test_binary_cross_entropy_clamps_logarithms_at_minus_100_and_counts_them(
    p: float, t: float, expected: float, clamped: int
) -> None:
    assert binary_cross_entropy([p], [t]) == close(expected)
    assert evaluated(BinaryCrossEntropy(), [p], [t]).tally.clamped == clamped


@pytest.mark.parametrize("function", [binary_cross_entropy, binary_cross_entropy_with_logits])
def test_the_mean_of_a_binary_loss_divides_by_the_number_of_elements(function: Callable[..., Any]) -> None:
    p, t, weight = [[0.2, 0.9], [0.5, 0.4]], [[0, 1], [1, 0]], [1.0, 3.0]
    losses = function(p, t, reduction="none")
    assert function(p, t, weight=weight, reduction="none") == close(losses * weight)
    assert function(p, t, weight=weight) == close((losses * weight).sum() / 4)


@pytest.mark.parametrize(
    ("z", "t", "expected"), [(-1000.0, 1.0, 1000.0), (1000.0, 0.0, 1000.0), (1000.0, 1.0, 0.0)]
)
def test_bce_with_logits_has_no_clamp(z: float, t: float, expected: float) -> None:
    assert binary_cross_entropy_with_logits([z], [t]) == expected


def test_pos_weight_multiplies_the_cost_of_the_positive_answer() -> None:
    z, t = np.array([0.5, -1.0]), np.array([1.0, 0.0])
    plain = binary_cross_entropy_with_logits(z, t, reduction="none")
    found = binary_cross_entropy_with_logits(z, t, pos_weight=[3.0], reduction="none")
    assert found == close(plain * [3.0, 1.0])


def test_pos_weight_of_channels_broadcasts_from_the_right() -> None:
    z, t = np.zeros((2, 3, 4, 4)), np.ones((2, 3, 4, 4))
    found = binary_cross_entropy_with_logits(z, t, pos_weight=np.array(W).reshape(3, 1, 1), reduction="none")
    assert found[0, :, 0, 0] == close(np.array(W) * math.log(2))


@pytest.mark.parametrize(
    ("s", "y", "expected"), [(-1000.0, 1, 1000.0), (1000.0, -1, 1000.0), (1000.0, 1, 0.0)]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_soft_margin_loss_does_not_overflow(s: float, y: int, expected: float, dtype: str) -> None:
    assert soft_margin_loss([s], [y], dtype=dtype) == expected


@pytest.mark.parametrize(
    ("log_q", "target", "options", "expected"),
    [
        ([-1.0, -2.0], [0.5, 0.25], {}, (0.5 * (math.log(0.5) + 1) + 0.25 * (math.log(0.25) + 2)) / 2),
        (
            [[-1.0, -2.0]],
            [[0.5, 0.25]],
            {"reduction": "batchmean"},
            0.5 * (1 - math.log(2)) + 0.25 * (2 - math.log(4)),
        ),
        ([-1.0], [math.log(0.5)], {"log_target": True}, 0.5 * (1 - math.log(2))),
        ([-1.0], [0.0], {}, 0.0),
        ([-INF], [0.5], {}, INF),
    ],
)
def test_kl_div_is_p_times_the_difference_of_logarithms(
    log_q: Any, target: Any, options: dict[str, Any], expected: float
) -> None:
    assert kl_div(log_q, target, **options) == close(expected)


@pytest.mark.parametrize(
    ("log_q", "target", "log_target"),
    [([NAN], [0.0], False), ([0.0], [NAN], False), ([NAN], [-INF], True), ([0.0], [NAN], True)],
)
def test_kl_div_keeps_nan_also_where_the_target_is_0(log_q: Any, target: Any, log_target: bool) -> None:
    assert math.isnan(kl_div(log_q, target, log_target=log_target))


def test_kl_div_notices_input_that_is_no_log_probability() -> None:
    assert evaluated(KullbackLeibler(), [0.5, -1.0], [0.5, 0.5]).seen["not-log-probabilities"] == 1


def test_softmax_of_the_worked_case() -> None:
    found = softmax([1, 2, 3, 4, 1, 2, 3])
    assert found == pytest.approx([0.024, 0.064, 0.175, 0.475, 0.024, 0.064, 0.175], abs=5e-4)


@pytest.mark.parametrize(("z", "expected"), [(0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN), (-800.0, 0.0)])
def test_sigmoid_has_its_limits(z: float, expected: float) -> None:
    assert sigmoid([z]) == close([expected])


# ------------------------------------------------------------------- deliberate differences, totals


@pytest.mark.parametrize("eps", [-0.1, 1.5, NAN, INF])
def test_label_smoothing_outside_0_to_1_is_refused(eps: float) -> None:
    with pytest.raises(UsageError) as refusal:
        cross_entropy(X, Y, label_smoothing=eps)
    assert str(refusal.value) == f"Expected label_smoothing from 0 to 1, got {eps:g}."


@pytest.mark.parametrize(
    "found",
    [
        cross_entropy([[40.0, 0.0]], [0]),
        cross_entropy([[40.0, 0.0]], [[1.0, 0.0]]),
        -log_softmax([40.0, 0.0])[0],
        binary_cross_entropy_with_logits([40.0], [1]),
        binary_cross_entropy_with_logits([-40.0], [0]),
        soft_margin_loss([40.0], [1]),
    ],
)
def test_a_tiny_loss_keeps_its_digits(found: float) -> None:
    assert found == 4.248354255291589e-18


@pytest.mark.parametrize(
    ("z", "t", "expected"), [(INF, 1, 0.0), (INF, 0, INF), (-INF, 0, 0.0), (-INF, 1, INF)]
)
@pytest.mark.parametrize("options", [{}, {"pos_weight": [2.0]}, {"weight": [2.0]}])
def test_infinite_logits_give_the_limits(
    z: float, t: float, expected: float, options: dict[str, Any]
) -> None:
    assert binary_cross_entropy_with_logits([z], [t], **options) == expected


def test_a_probability_0_on_a_logit_of_minus_infinity_costs_nothing() -> None:
    assert cross_entropy([[0.0, -INF, 0.0]], [[0.5, 0.0, 0.5]]) == close(math.log(2))


@pytest.mark.parametrize(("log_q", "target", "log_target"), [([-INF], [0.0], False), ([-1.0], [-INF], True)])
def test_kl_div_of_a_target_0_is_0(log_q: Any, target: Any, log_target: bool) -> None:
    assert kl_div(log_q, target, log_target=log_target) == 0.0


def test_one_class_costs_nothing_and_is_noticed() -> None:
    assert cross_entropy([[3.0], [5.0]], [0, 0]) == 0.0
    assert evaluated(CrossEntropy(), [[3.0], [5.0]], [0, 0]).seen["one-class"] == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8])
def test_the_type_of_the_input_does_not_decide_the_precision(dtype: type) -> None:
    x = np.array([[2, 1, 0], [0, 3, 1]], dtype)
    assert cross_entropy(x, [0, 1]) == cross_entropy(x.astype(np.float64), [0, 1])


def test_float32_is_computed_on_request() -> None:
    losses = cross_entropy(X, Y, reduction="none", dtype="float32")
    mean = cross_entropy(X, Y, dtype="float32")
    assert losses.dtype == np.float32
    assert losses == pytest.approx(cross_entropy(X, Y, reduction="none"), rel=1e-6)
    assert mean == np.float32(mean)
    assert mean != cross_entropy(X, Y)


def test_totals_are_exact_and_rounded_once() -> None:
    assert nll_loss([[-1e16], [-1.0], [1e16]], [0, 0, 0], reduction="sum") == 1.0
    assert nll_loss([[-1.7e308], [-1.7e308]], [0, 0]) == 1.7e308


@pytest.mark.parametrize(
    ("x", "dtype", "expected"),
    [
        ([[-1.7e308], [-1.7e308]], "float64", INF),
        ([[1.7e308], [1.7e308]], "float64", -INF),
        ([[-3e38], [-3e38]], "float32", INF),
    ],
)
def test_a_total_beyond_the_largest_number_is_infinite(x: Any, dtype: str, expected: float) -> None:
    assert nll_loss(x, [0, 0], reduction="sum", dtype=dtype) == expected


@pytest.mark.parametrize(("base", "expected"), [("e", math.log(2)), ("2", 1.0), ("10", math.log10(2))])
def test_the_base_of_the_logarithm_decides_the_unit(base: str, expected: float) -> None:
    assert evaluated(CrossEntropy(base=base), [[0.0, 0.0]], [0]).tally.reduce("mean") == close(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_a_row_of_sample_weight_2_counts_as_two_rows(name: str) -> None:
    loss, x, target = (
        LOSSES[name].loss(),
        np.array([[-0.5, -1.5], [-3.0, -0.25]]),
        np.array([[0.0, 1.0]] * 2),
    )
    if name == "bce":
        x = sigmoid(x)
    if loss.per_class:
        target = np.array([0, 1])
    once = evaluate(loss, [Batch(x[[0, 1, 1]], target[[0, 1, 1]])], Request()).tally
    weighted = evaluate(loss, [Batch(x, target, {SAMPLE_WEIGHT: np.array([1.0, 2.0])})], Request()).tally
    assert weighted.reduce("mean") == close(once.reduce("mean"))
    assert weighted.reduce("sum") == close(once.reduce("sum"))


# ------------------------------------------------------------------------------- accepted conversions


@pytest.mark.parametrize(
    "kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, list]
)
def test_targets_of_any_integer_width_are_class_indices(kind: Any) -> None:
    targets = Y if kind is list else np.array(Y, kind)
    assert cross_entropy(X, targets) == cross_entropy(X, Y)
    assert evaluated(CrossEntropy(), X, targets).conversions == ()


@pytest.mark.parametrize(
    ("targets", "indices", "conversion"),
    [
        ([0.0, 1.0, 2.0], Y, "integral floats read as class indices"),
        ([False, True, True], [0, 1, 1], "false and true read as class indices 0 and 1"),
        (np.eye(3, dtype=int), Y, "one-hot rows of integers read as class indices"),
        (np.eye(3, dtype=np.uint8), Y, "one-hot rows of integers read as class indices"),
        (np.eye(3, dtype=bool), Y, "one-hot rows of integers read as class indices"),
    ],
)
def test_a_conversion_of_targets_is_made_and_named(targets: Any, indices: list[int], conversion: str) -> None:
    for loss in (CrossEntropy(weight=W), NegativeLogLikelihood(weight=W)):
        found = evaluated(loss, X, targets)
        assert found.conversions == (conversion,)
        assert found.tally == evaluated(loss, X, indices).tally


def test_integer_one_hot_images_are_class_indices() -> None:
    x = np.arange(24.0).reshape(2, 3, 4) % 5
    y = np.arange(8).reshape(2, 4) % 3
    assert cross_entropy(x, np.moveaxis(np.eye(3, dtype=int)[y], -1, 1)) == cross_entropy(x, y)


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), BinaryCrossEntropyWithLogits()])
def test_truth_values_are_binary_targets(loss: Loss) -> None:
    found = evaluated(loss, [0.25, 0.75], [False, True])
    assert found.conversions == ("false and true read as 0 and 1",)
    assert found.tally == evaluated(loss, [0.25, 0.75], [0.0, 1.0]).tally


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float16])
def test_nll_loss_negates_input_of_any_type(kind: type) -> None:
    assert nll_loss(np.array([[1, 0], [0, 1]], kind), [0, 1], reduction="none").tolist() == [-1.0, -1.0]


# ------------------------------------------------------------------------------------------- refusals

PLACES = np.full((2, 3, 2, 2), 0.0)


def placed(shape: tuple[int, ...], index: tuple[int, ...], value: float, kind: type = float) -> np.ndarray:
    """Zeros with one other value."""
    array = np.zeros(shape, kind)
    array[index] = value
    return array


@each("reduction", ["mean", "sum", "none"])
@each(
    ("targets", "options", "message"),
    [
        ([0, 3, 1], {}, "row 1: Expected a target from 0 to 2 (3 classes), got 3."),
        ([0, 1, -5], {}, "row 2: Expected a target from 0 to 2 (3 classes), got -5."),
        (
            [0, 7, 1],
            {"ignore_index": 1},
            "row 1: Expected a target from 0 to 2 or ignore_index 1 (3 classes), got 7.",
        ),
        (
            [2, 3, 1],
            {},
            "row 1: Expected a target from 0 to 2 (3 classes), got 3. "
            "(the targets run from 1 to 3) (--first-class 1)",
        ),
        (
            [-100, 3, 1],
            {},
            "row 1: Expected a target from 0 to 2 (3 classes), got 3. "
            "(the targets run from 1 to 3) (--first-class 1)",
        ),
        (
            [0, -1, 1],
            {},
            "row 1: Expected a target from 0 to 2 (3 classes), got -1. "
            "(-1 may mark targets to leave out) (--ignore-index -1)",
        ),
        (
            [0, 255, 1],
            {},
            "row 1: Expected a target from 0 to 2 (3 classes), got 255. "
            "(255 may mark targets to leave out) (--ignore-index 255)",
        ),
        (
            [9, 255, 1],
            {},
            "row 0: Expected a target from 0 to 2 (3 classes), got 9. "
            "(255 may mark targets to leave out) (--ignore-index 255)",
        ),
    ],
)
@each("function", [cross_entropy, nll_loss])
def test_a_class_index_out_of_range_is_refused_with_its_place_and_a_way_out(
    function: Callable[..., Any], targets: list[int], options: dict[str, Any], message: str, reduction: str
) -> None:
    with pytest.raises(InputError) as refusal:
        function(X, targets, reduction=reduction, **options)
    assert str(refusal.value) == message


@each("reduction", ["mean", "none"])
@each(
    ("function", "x", "target", "message"),
    [
        pytest.param(
            cross_entropy,
            PLACES,
            placed((2, 2, 2), (1, 0, 1), 3, int),
            "row 1 [0, 1]: Expected a target from 0 to 2 (3 classes), got 3.",
            id="index",
        ),
        pytest.param(
            cross_entropy,
            PLACES,
            placed((2, 2, 2), (1, 0, 1), 0.5),
            "row 1 [0, 1]: Expected targets that are class indices, got 0.5.",
            id="float index",
        ),
        pytest.param(
            nll_loss,
            PLACES,
            placed((2, 2, 2), (1, 1, 0), NAN),
            "row 1 [1, 0]: Expected targets that are class indices, got nan.",
            id="nan index",
        ),
        pytest.param(
            cross_entropy,
            PLACES,
            placed((2, 2, 2), (1, 1, 0), INF),
            "row 1 [1, 0]: Expected targets that are class indices, got inf.",
            id="infinite index",
        ),
        pytest.param(
            cross_entropy,
            PLACES,
            placed((2, 2, 2), (1, 1, 1), 1e300),
            "row 1 [1, 1]: Expected targets that are class indices, got 1e+300.",
            id="huge float index",
        ),
        pytest.param(
            cross_entropy,
            PLACES,
            placed((2, 2, 2), (1, 1, 1), 2**63, np.uint64),
            "row 1 [1, 1]: Expected targets that are class indices, got 9223372036854775808.",
            id="huge index",
        ),
        pytest.param(
            cross_entropy,
            np.zeros((2, 3, 2)),
            [[[1, 1], [0, 0], [0, 0]], [[1, 1], [0, 0], [0, 1]]],
            "row 1 [1]: Expected integer targets of the input's shape to be one-hot rows, got other values. "
            "(probabilities are written as 1.0, class indices have no class axis)",
            id="one-hot",
        ),
        pytest.param(
            binary_cross_entropy,
            placed((2, 3), (1, 2), 1.5),
            np.zeros((2, 3)),
            "row 1 [2]: Expected a probability from 0 to 1, got 1.5. "
            "(scores and logits belong to bce-logits)",
            id="probability",
        ),
        pytest.param(
            binary_cross_entropy,
            placed((2, 3), (1, 0), NAN),
            np.zeros((2, 3)),
            "row 1 [0]: Expected a probability from 0 to 1, got nan.",
            id="nan probability",
        ),
        pytest.param(
            binary_cross_entropy,
            np.full(3, 0.5),
            placed((3,), (2,), -1.0),
            "row 2: Expected a target from 0 to 1, got -1.",
            id="binary target",
        ),
        pytest.param(
            binary_cross_entropy,
            np.full(3, 0.5),
            placed((3,), (2,), NAN),
            "row 2: Expected a target from 0 to 1, got nan.",
            id="nan binary target",
        ),
    ],
)
def test_a_bad_value_is_refused_with_its_row_and_its_index_in_the_row(
    function: Callable[..., Any], x: Any, target: Any, message: str, reduction: str
) -> None:
    with pytest.raises(InputError) as refusal:
        function(x, target, reduction=reduction)
    assert refusal.value.sentence == message


RAGGED = [[1.0, 2.0], [1.0]]


@each(
    ("compute", "message"),
    [
        (lambda: cross_entropy(X, [0, 1]), "Expected 3 targets, one for each row of the input, got 2."),
        (lambda: nll_loss(X, [0, 1, 2, 0]), "Expected 3 targets, one for each row of the input, got 4."),
        (
            lambda: cross_entropy(X, [[0.5, 0.5]] * 3),
            "Expected targets of shape (3,) for input of shape (3, 3), got shape (3, 2). "
            "(class indices have no class axis)",
        ),
        (
            lambda: cross_entropy(np.zeros((2, 3, 4)), [0, 1]),
            "Expected targets of shape (2, 4) for input of shape (2, 3, 4), got shape (2,).",
        ),
        (
            lambda: cross_entropy(X, 0),
            "Expected targets of shape (3,) for input of shape (3, 3), got shape ().",
        ),
        (
            lambda: cross_entropy(X, np.zeros((2, 3))),
            "Expected targets of shape (3,) for input of shape (3, 3), got shape (2, 3). "
            "(class indices have no class axis)",
        ),
        (
            lambda: cross_entropy(1.0, 0),
            "Expected input of shape (classes,), (rows, classes) or (rows, classes, ...), got ().",
        ),
        (
            lambda: cross_entropy([1.0, 2.0], [[0]]),
            "Expected input of shape (classes,), (rows, classes) or (rows, classes, ...), got (2,).",
        ),
        (
            lambda: cross_entropy(np.zeros((2, 0)), [0, 0]),
            "Expected at least one class, got an input with 0.",
        ),
        (lambda: nll_loss(np.zeros((2, 0)), [0, 0]), "Expected at least one class, got an input with 0."),
        (
            lambda: cross_entropy(X, Y, weight=[1.0, 2.0]),
            "Expected 3 class weights, one for each class, got 2.",
        ),
        (
            lambda: cross_entropy(X, Y, weight=1.0),
            "Expected class weights of shape (classes,), got shape ().",
        ),
        (
            lambda: nll_loss(X, Y, weight=[[1.0, 2.0, 3.0]]),
            "Expected class weights of shape (classes,), got shape (1, 3).",
        ),
        (
            lambda: cross_entropy(X, Y, weight=[1, NAN, 1]),
            "Expected finite class weights, got nan at index 1.",
        ),
        (lambda: nll_loss(X, Y, weight=[1, 1, -INF]), "Expected finite class weights, got -inf at index 2."),
        (
            lambda: binary_cross_entropy([0.5], [1], weight=[INF]),
            "Expected finite weights, got inf at index 0.",
        ),
        (
            lambda: binary_cross_entropy_with_logits([0.5], [1], pos_weight=[NAN]),
            "Expected finite positive weights, got nan at index 0.",
        ),
        (
            lambda: cross_entropy(X, np.eye(3), ignore_index=1),
            "Expected no ignore_index with probability targets, got 1. "
            "(a distribution has no index to ignore)",
        ),
        (
            lambda: nll_loss(X, np.eye(3)),
            "Expected targets that are class indices, got shape (3, 3) of float64.",
        ),
        (
            lambda: binary_cross_entropy([0.5, 0.5], [1]),
            "Expected 2 targets, one for each row of the input, got 1.",
        ),
        (
            lambda: kl_div([[-1.0, -2.0]], [0.5, 0.5]),
            "Expected targets of the input's shape (1, 2), got shape (2,).",
        ),
        (
            lambda: soft_margin_loss([1.0], 1),
            "Expected targets of the input's shape (1,), got shape ().",
        ),
        (
            lambda: binary_cross_entropy([0.5], [1], weight=[1.0, 2.0]),
            "Expected weight with a value for each row of the input (1), got 2.",
        ),
        (
            lambda: binary_cross_entropy_with_logits(
                np.zeros((2, 3)), np.zeros((2, 3)), pos_weight=[1.0, 2.0]
            ),
            "Expected pos_weight that broadcasts to the input's shape (2, 3), got shape (2,).",
        ),
        (
            lambda: cross_entropy(RAGGED, [0, 1]),
            "Expected input as a rectangular array, got rows that differ in length.",
        ),
        (
            lambda: kl_div([0.0], RAGGED),
            "Expected target as a rectangular array, got rows that differ in length.",
        ),
        (lambda: cross_entropy([["a", "b"]], [0]), "Expected input of real numbers, got an array of <U1."),
        (
            lambda: cross_entropy([[1.0, 2.0]], [None]),
            "Expected target of real numbers, got an array of object.",
        ),
        (lambda: soft_margin_loss([1j], [1]), "Expected input of real numbers, got an array of complex128."),
        (lambda: softmax([0.0], axis=1), "Expected an axis of a 1-dimensional input, got 1."),
        (lambda: log_softmax(0.0), "Expected an axis of a 0-dimensional input, got -1."),
    ],
)
def test_input_that_does_not_fit_is_refused(compute: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        compute()
    assert str(refusal.value) == message


@each(
    ("spec", "reduction"),
    [
        pytest.param(spec, reduction, id=f"{name}, {reduction}")
        for name, spec in LOSSES.items()
        for reduction in ("avg", "batchmean", "", None, "MEAN")
        if reduction not in spec.reductions
    ],
)
def test_another_reduction_is_refused(spec: LossSpec, reduction: Any) -> None:
    with pytest.raises(UsageError) as refusal:
        getattr(celoss_cli, spec.name)([[0.5]], [[1]], reduction=reduction)
    assert str(refusal.value) == f"Expected reduction {', '.join(spec.reductions)}, got {reduction!r}."


@pytest.mark.parametrize("spec", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"dtype": "float16"}, 'Expected dtype "float64" or "float32", got \'float16\'.'),
        ({"base": "3"}, 'Expected base "e", "2" or "10", got \'3\'.'),
    ],
)
def test_another_precision_or_unit_is_refused(spec: LossSpec, option: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        spec.loss(**option)
    assert str(refusal.value) == message


def test_every_refusal_is_a_value_error() -> None:
    assert issubclass(InputError, ValueError)
    assert issubclass(UsageError, ValueError)


# ------------------------------------------------------------------------------------- the two layers

OUTSIDE = [
    (BinaryCrossEntropyWithLogits(), [[0.0, 1.0]], [[1.0, 2.0]], "Expected a target from 0 to 1, got 2."),
    (BinaryCrossEntropyWithLogits(), [[0.0, 1.0]], [[1.0, NAN]], "Expected a target from 0 to 1, got nan."),
    (SoftMargin(), [[0.5, 1.0]], [[1.0, 0.0]], "Expected a label +1 or -1, got 0."),
    (SoftMargin(), [[0.5, 1.0]], [[True, False]], "Expected a label +1 or -1, got 0."),
    (KullbackLeibler(), [[-1.0, -2.0]], [[1.0, 1.5]], "Expected a probability from 0 to 1, got 1.5."),
    (
        KullbackLeibler(log_target=True),
        [[-1.0, -2.0]],
        [[-1.0, 0.5]],
        "Expected a log-probability of at most 0, got 0.5.",
    ),
]


@pytest.mark.parametrize(("loss", "x", "target", "fact"), OUTSIDE)
def test_the_command_line_refuses_what_is_outside_the_domain(
    loss: Loss, x: Any, target: Any, fact: str
) -> None:
    with pytest.raises(InputError) as refusal:
        evaluated(loss, x, target)
    assert refusal.value.sentence == f"row 0 [1]: {fact} (--allow-out-of-domain computes it anyway)"


@pytest.mark.parametrize(("loss", "x", "target", "fact"), OUTSIDE)
def test_the_functions_compute_what_is_outside_the_domain(loss: Loss, x: Any, target: Any, fact: str) -> None:
    batch = Batch(np.array(x), np.array(target))
    lenient = Request(strict=True, allow_out_of_domain=True)
    allowed = evaluate(loss, [batch], lenient)
    assert allowed.seen["out-of-domain"] == 1
    assert allowed.tally == evaluate(loss, [batch], Request()).tally


@pytest.mark.parametrize(
    ("loss", "odd"),
    [
        (CrossEntropy(weight=[1, -2]), ["Expected class weights of at least 0, got -2 for class 1."]),
        (
            NegativeLogLikelihood(weight=[-0.5, 1]),
            ["Expected class weights of at least 0, got -0.5 for class 0."],
        ),
        (BinaryCrossEntropy(weight=[1, -3]), ["Expected weights of at least 0, got -3."]),
        (
            BinaryCrossEntropyWithLogits(weight=[-1], pos_weight=[-2]),
            ["Expected weights of at least 0, got -1.", "Expected positive weights of at least 0, got -2."],
        ),
        (CrossEntropy(weight=[0, 2]), []),
        (BinaryCrossEntropyWithLogits(weight=[0], pos_weight=[0]), []),
    ],
)
def test_negative_weights_are_computed_and_named_for_the_command_line(loss: Loss, odd: list[str]) -> None:
    assert loss.out_of_domain_options() == odd


def test_log_softmax_computes_in_the_precision_that_is_asked_for() -> None:
    x = np.random.default_rng(0).normal(size=(5, 7)) * 10
    single = log_softmax(x, axis=1, dtype="float32")
    assert (single.dtype, log_softmax(x, axis=1).dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single, log_softmax(x, axis=1), rtol=1e-5)
    assert log_softmax(np.empty((0, 3)), dtype="float32").dtype == np.float32


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0000001192092896, "1.0000001192092896"), (-1e-9, "-1e-09"), (2, "2")]
)
def test_a_value_outside_of_the_domain_is_told_with_its_digits(value: float, shown: str) -> None:
    with pytest.raises(InputError, match=rf"Expected a probability from 0 to 1, got {shown}[. ]"):
        binary_cross_entropy([value], [1])


@pytest.mark.parametrize(("kind", "command"), [("logits", "bce-logits"), ("probs", "bce")])
def test_whole_numbers_with_several_labels_a_row_lead_to_a_loss_of_each(
    kind: str, command: str, tmp_path: Path
) -> None:
    x, t = np.array([[0.5, 0.4], [0.2, 0.8]]), np.array([[1, 1], [0, 1]])
    p = 1 / (1 + np.exp(-x)) if kind == "logits" else x
    value = float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())
    (tmp_path / "p.json").write_text(json.dumps({kind: x.tolist(), "targets": t.tolist()}))
    done = celoss("ce", "p.json", "--input-is", kind, cwd=tmp_path)
    assert done.returncode == 3
    (way,) = [line for line in done.stderr.splitlines() if f"celoss {command} p.json" in line]
    words = shlex.split(way.split("  (")[0])[1:]
    assert float(celoss(*words, "--format", "value", cwd=tmp_path).stdout) == pytest.approx(value, rel=1e-12)
