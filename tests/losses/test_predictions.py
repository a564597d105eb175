"""What each loss says that its input predicts, and of whom it says that their values are odd."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from formulas import expit, log_softmax
from numpy import exp, log, log1p

from celoss_cli import sigmoid
from celoss_cli import softmax as softmax_of
from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss, rows_out_of_domain
from celoss_cli.losses.binary_brier_score import BinaryBrier
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.brier_score import Brier
from celoss_cli.losses.by_convention import BinaryCrossEntropyByConvention, CrossEntropyByConvention
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.focal_loss import Focal
from celoss_cli.losses.js_div import JensenShannon
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.sigmoid_focal_loss import SigmoidFocal
from celoss_cli.losses.soft_margin_loss import SoftMargin

RANDOM = np.random.default_rng(8)
Z, SCORES = RANDOM.normal(0, 2, (5, 3)), RANDOM.normal(0, 2, 5)
P, YES = RANDOM.dirichlet(np.ones(3), 5), np.array([0.25, 0.9, 0.5, 0.75, 0.1])
Y, T = np.array([2, -100, 0, 1, 1]), np.array([1.0, 0.25, 0.0, 1.0, 0.0])
LOG_P = log(P)
WEIGHT = np.array([0.5, 1.25, 2.0])


def answers(log_no: Any, log_yes: Any) -> Any:
    return np.stack([log_no, log_yes], axis=1)


LOGISTIC = answers(log(1 - expit(SCORES)), log(expit(SCORES)))
BINARY = answers(log1p(-YES), log(YES))

PREDICTED: dict[str, tuple[Loss, Any, Any, Any]] = {  # the input, the targets, log p of every outcome
    "ce": (CrossEntropy(), Z, Y, log_softmax(Z, 1)),
    "focal": (Focal(), Z, Y, log_softmax(Z, 1)),
    "nll": (NegativeLogLikelihood(), LOG_P, Y, LOG_P),
    "brier": (Brier(), P, Y, LOG_P),
    "brier of logits": (Brier(input_is="logits"), Z, Y, log_softmax(Z, 1)),
    "brier of logarithms": (Brier(input_is="log-probs"), LOG_P, Y, LOG_P),
    "js": (JensenShannon(), P, Y, LOG_P),
    "js of logarithms": (JensenShannon(input_is="log-probs"), LOG_P, Y, LOG_P),
    "ce, probs": (CrossEntropyByConvention(), P, Y, LOG_P),
    "ce, log-probs": (CrossEntropyByConvention(input_is="log-probs"), LOG_P, Y, LOG_P),
    "ce, logits": (CrossEntropyByConvention(input_is="logits"), Z, Y, log_softmax(Z, 1)),
    "bce": (BinaryCrossEntropy(), YES, T, BINARY),
    "bce-logits": (BinaryCrossEntropyWithLogits(), SCORES, T, LOGISTIC),
    "soft-margin": (SoftMargin(), SCORES, np.sign(T - 0.5), LOGISTIC),
    "focal-binary": (SigmoidFocal(), SCORES, T, LOGISTIC),
    "brier-binary": (BinaryBrier(), YES, T, BINARY),
    "brier-binary of logits": (BinaryBrier(input_is="logits"), SCORES, T, LOGISTIC),
}
every_one = pytest.mark.parametrize("case", PREDICTED.values(), ids=PREDICTED)


@every_one
def test_the_logarithms_of_what_is_predicted(case: tuple[Loss, Any, Any, Any]) -> None:
    loss, x, y, expected = case
    found = loss.log_predictions(loss.canonical(Batch(x, y)))
    assert found is not None
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected.T, rtol=1e-12)


@every_one
def test_how_sure_an_answer_is_and_whether_it_came_true(case: tuple[Loss, Any, Any, Any]) -> None:
    loss, x, y, log_p = case
    confidence, hit = loss.answers(loss.canonical(Batch(x, y)))
    if log_p.shape[1] == 3:
        np.testing.assert_allclose(confidence, exp(log_p.max(1)), rtol=1e-12)
        np.testing.assert_array_equal(hit, log_p.argmax(1) == y)
    else:
        np.testing.assert_allclose(confidence, exp(log_p[:, 1]), rtol=1e-12)
        np.testing.assert_array_equal(hit, (y + 1) / 2 if isinstance(loss, SoftMargin) else y)


@every_one
def test_which_outcome_is_the_likeliest_and_which_one_came(case: tuple[Loss, Any, Any, Any]) -> None:
    loss, x, y, log_p = case
    batch = loss.canonical(Batch(x, y))
    found = loss.decisions(batch)
    assert found is not None
    decided, came = found
    np.testing.assert_array_equal(
        decided, (log_p[:, -1] > log(0.5)) if log_p.shape[1] == 2 else log_p.argmax(1)
    )
    if log_p.shape[1] == 2:
        np.testing.assert_array_equal(
            came, np.where(np.isin(y, (1, 0, -1)), (y + 1) // 2 if min(y) < 0 else y, -1)
        )
    else:
        np.testing.assert_array_equal(came, np.where(y < 0, -1, y))
        before = [[log_p[row] > log_p[row, max(y[row], 0)]] for row in range(5)]
        np.testing.assert_array_equal(loss.ranks(batch, came), [np.count_nonzero(found) for found in before])


CURVES: dict[str, tuple[Loss, float, Callable[[Any], Any]]] = {  # the loss of what is predicted
    "ce": (CrossEntropy(), 0, lambda p: -log(p)),
    "ce, ignore_index 0": (CrossEntropy(ignore_index=0), 0, lambda p: -log(p)),
    "ce, smooth": (
        CrossEntropy(label_smoothing=0.2),
        0,
        lambda p: -0.8 * log(p) - 0.2 / 4 * (log(p) + 3 * log((1 - p) / 3)),
    ),
    "ce, probs": (CrossEntropyByConvention(), 0, lambda p: -log(p)),
    "nll": (NegativeLogLikelihood(), 0, lambda p: -log(p)),
    "focal": (Focal(gamma=1.5), 0, lambda p: -((1 - p) ** 1.5) * log(p)),
    "brier": (Brier(), 0, lambda p: (1 - p) ** 2 + (1 - p) ** 2 / 3),
    "brier of logits": (Brier(input_is="logits"), 0, lambda p: (1 - p) ** 2 + (1 - p) ** 2 / 3),
    "bce": (BinaryCrossEntropy(), 1, lambda p: -log(p)),
    "bce, no": (BinaryCrossEntropy(), 0, lambda p: -log(1 - p)),
    "bce-logits": (BinaryCrossEntropyWithLogits(), 1, lambda z: -log(expit(z))),
    "bce-logits, pos_weight": (
        BinaryCrossEntropyWithLogits(pos_weight=[3.0]),
        1,
        lambda z: -3 * log(expit(z)),
    ),
    "soft-margin": (SoftMargin(), -1, lambda s: -log(expit(-s))),
    "brier-binary": (BinaryBrier(), 1, lambda p: (1 - p) ** 2),
}


@pytest.mark.parametrize("case", CURVES.values(), ids=CURVES)
def test_the_curve_of_a_loss(case: tuple[Loss, float, Callable[[Any], Any]]) -> None:
    loss, target, formula = case
    values = np.array([0.125, 0.5, 0.875])
    batch = loss.predicting(values, target, 4)
    np.testing.assert_allclose(loss.predicted(batch), values, rtol=1e-12)
    np.testing.assert_allclose(loss.terms(batch).loss, formula(values), rtol=1e-12)


def test_several_positive_weights_have_no_curve() -> None:
    with pytest.raises(ValueError, match=r"^Expected one positive weight for a curve, got 3\.$"):
        BinaryCrossEntropyWithLogits(pos_weight=WEIGHT).predicting(np.array([0.5]), 1, 2)


# ------------------------------------------------------------------------------------------ what is odd

HALVES = np.array([[0.5, 0.5, 0.5], [0.25, 0.25, 0.5]])
BELOW = np.array([[0.25, 0.75, 0.0], [1.0, -0.5, 0.5]])


@pytest.mark.parametrize(
    ("loss", "x", "expected"),
    [
        (CrossEntropyByConvention(), HALVES, {"not-probabilities": 1}),
        (CrossEntropyByConvention(input_is="log-probs"), log(HALVES), {"not-log-probabilities": 1}),
        (CrossEntropyByConvention(input_is="log-probs"), HALVES, {"not-log-probabilities": 2}),
        (Brier(), HALVES, {"not-probabilities": 1}),
        (Brier(input_is="log-probs"), log(HALVES), {"not-log-probabilities": 1}),
        (Brier(input_is="logits"), HALVES, {}),
        (Brier(input_is="logits"), HALVES[:, :1], {"one-class": 2}),
        (JensenShannon(), HALVES, {"not-probabilities": 1}),
        (JensenShannon(input_is="log-probs"), log(HALVES), {"not-log-probabilities": 1}),
        (NegativeLogLikelihood(), log(HALVES), {"not-log-probabilities": 1}),
        (NegativeLogLikelihood(), [[-0.5], [0.5]], {"not-log-probabilities": 1}),
        (NegativeLogLikelihood(), [[-0.5, -0.5], [-9, -9]], {"not-log-probabilities": 2}),
    ],
)
def test_rows_that_are_no_distribution_are_counted(loss: Loss, x: Any, expected: dict[str, int]) -> None:
    found = loss.observe(loss.canonical(Batch(np.array(x), np.array([0, 0]))))
    assert {name: count for name, count in found.items() if count} == expected


@pytest.mark.parametrize("convention", ["sklearn", "keras"])
def test_an_answer_is_clipped_once_where_its_logarithm_counts(convention: str) -> None:
    p, t = np.array([0.0, 0.0, 1.0, 1.0, 0.5]), np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    loss = BinaryCrossEntropyByConvention(convention=convention)
    assert loss.terms(loss.canonical(Batch(p, t))).clamped == 2


@pytest.mark.parametrize(
    ("loss", "x", "said"),
    [
        (
            CrossEntropyByConvention(),
            BELOW,
            "Expected a probability from 0 to 1, got -0.5. (scores and logits belong to --input-is logits)",
        ),
        (
            CrossEntropyByConvention(convention="keras"),
            BELOW,
            "Expected a probability of at least 0, got -0.5. (scores and logits belong to --input-is logits)",
        ),
        (
            CrossEntropyByConvention(),
            np.nextafter([[1.0, 0.0, 0.0]] * 2, 2),
            "Expected a probability from 0 to 1, got 1.0000000000000002. (rounding took it there)",
        ),
    ],
)
def test_what_is_no_probability_is_refused(loss: Loss, x: Any, said: str) -> None:
    batch = loss.canonical(Batch(x, np.array([0, 0])))
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        loss.terms(batch)


@pytest.mark.parametrize("target", [-1e20, 1e20, float(2**63)])
def test_a_target_beyond_64_bits_is_no_class(target: float) -> None:
    said = f"Expected targets that are class indices, got {target}."
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        CrossEntropy().canonical(Batch(Z, np.array([0, 1, target, 1, 1])))


def test_the_argument_that_holds_no_numbers_is_named() -> None:
    for function in (sigmoid, softmax_of):
        with pytest.raises(
            InputError, match=r"^Expected input of real numbers, got an array of complex128\."
        ):
            function([1j, 2.0])


def test_weights_are_rounded_to_the_precision_of_the_computation() -> None:
    weight = np.full(5, 0.1)
    for loss, x, t in (
        (BinaryCrossEntropy(dtype="float32", weight=weight), YES, T),
        (BinaryCrossEntropyWithLogits(dtype="float32", weight=weight), SCORES, T),
    ):
        plain = loss.unweighted()
        expected = plain.terms(plain.canonical(Batch(x, t))).loss * np.float32(0.1)
        found = loss.terms(loss.canonical(Batch(x, t))).loss
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


def test_how_many_targets_are_left_out() -> None:
    loss = CrossEntropy()
    assert loss.left_out(loss.canonical(Batch(Z, Y))) == 1
    assert loss.left_out(loss.canonical(Batch(Z, np.full(Z.shape, 1 / 3)))) == 0


@pytest.mark.parametrize("weight", [[3.0], [3.0, 3.0]])
def test_what_answers_cost_where_their_frequencies_are_answered(weight: list[float]) -> None:
    """Of two columns; one positive weight is that of both."""
    totals = np.array([[1.0, 3.0], [2.0, 2.0]])
    found = BinaryCrossEntropyWithLogits(pos_weight=weight).costs_of_frequencies(totals)
    p = totals[:, 1] / totals.sum(1)
    np.testing.assert_allclose(found, np.stack([-log(1 - p), -3 * log(p)], axis=1), rtol=1e-12)


def test_a_positive_weight_of_each_element_has_no_frequencies() -> None:
    loss = BinaryCrossEntropyWithLogits(pos_weight=WEIGHT)
    assert loss.costs_of_frequencies(np.array([[1.0, 3.0], [2.0, 2.0]])) is None


def test_a_row_is_clipped_once_where_any_of_its_answers_is() -> None:
    p = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.2, 0.3, 0.5]])
    q = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.2, 0.3, 0.5]])
    loss = CrossEntropyByConvention(convention="keras", ignore_index=None)
    assert loss.terms(loss.canonical(Batch(p, q))).clamped == 2


@pytest.mark.parametrize("kind", ["probs", "log-probs"])
def test_what_classes_cost_where_their_frequencies_are_answered(kind: str) -> None:
    """The divergence of the frequencies from certainty, by the definition with the mixture m."""
    p = np.array([0.25, 0.75])
    found = JensenShannon(input_is=kind).costs_of_frequencies(np.array([[2.0, 6.0]]))
    m = (p + np.eye(2)) / 2
    expected = [(log(1 / m[y, y]) + (p * log(p / m[y])).sum()) / 2 for y in range(2)]
    np.testing.assert_allclose(found, [expected], rtol=1e-12)


@pytest.mark.parametrize("loss", [SigmoidFocal(), BinaryCrossEntropyWithLogits(), BinaryBrier()])
@pytest.mark.parametrize("target", [1.5, -0.5])
def test_a_target_between_no_answers_is_outside_of_the_domain(loss: Loss, target: float) -> None:
    found = loss.violation(loss.canonical(Batch(YES, np.array([1.0, target, 0.0, 0.5, 1.0]))))
    assert found is not None
    assert found.fact == f"Expected a target from 0 to 1, got {target}."
    assert found.where.reshape(-1).tolist() == [False, True, False, False, False]


def test_rows_whose_weight_is_no_weight_are_told() -> None:
    loss, weights = CrossEntropy(), np.array([1.0, -1.0, 0.0, math.inf, math.nan])
    batch = loss.canonical(Batch(Z, Y, {SAMPLE_WEIGHT: weights}))
    assert rows_out_of_domain(batch).tolist() == [1, 3, 4]
    assert rows_out_of_domain(loss.canonical(Batch(Z, Y))).tolist() == []


def test_each_row_is_a_distribution_within_its_own_decimals() -> None:
    p = np.array([[0.33, 0.33, 0.33], [0.123456789, 0.4, 0.476543211]])
    assert not Brier().observe(Brier().canonical(Batch(p, np.array([0, 0]))))["not-probabilities"]


def test_what_a_weighted_divisor_counts_is_told() -> None:
    loss = CrossEntropy()
    found = loss.terms(loss.canonical(Batch(Z, Y, {SAMPLE_WEIGHT: np.ones(5)})))
    assert found.weight_is == "number of counted targets; each counts as often as its sample weight says"


def test_classes_on_the_last_axis_are_offered() -> None:
    with pytest.raises(InputError) as told:
        CrossEntropy().canonical(Batch(np.zeros((2, 5, 3)), np.zeros((2, 5), int)))
    assert [(way.meaning, str(way)) for way in told.value.ways] == [
        ("the classes are the last axis", "--class-axis -1")
    ]


def test_the_least_integer_is_a_target_out_of_range() -> None:
    loss = CrossEntropy()
    with pytest.raises(
        InputError, match=r"^Expected a target from 0 to 2 \(3 classes\), got -9223372036854775808\."
    ):
        loss.terms(loss.canonical(Batch(Z, np.array([0, 1, -(2.0**63), 1, 1]))))


def test_answers_need_probabilities() -> None:
    loss = JensenShannon()
    said = "Expected probabilities that add up to 1, got a sum of 1.5. "
    said += "(reliability needs probabilities; logits belong to ce)"
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        loss.answers(loss.canonical(Batch(HALVES, np.array([0, 0]))))


@pytest.mark.parametrize("typed", ["bce -x 0.5,nan -y 1,0", "ce -x 0.5,nan -y 0 --input-is probs"])
@pytest.mark.parametrize("allowed", [[], ["--allow-nonfinite"]])
def test_nan_as_a_probability_is_no_score_of_another_loss(
    typed: str, allowed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    from celoss_cli.cli.main import run

    assert run([*typed.split(), *allowed]) == 3
    err = capfd.readouterr().err
    assert "got" in err
    assert "belong to" not in err
    assert "bce-logits" not in err
    assert len(err.splitlines()) == 1
