"""Numbers that plausible mistakes give, each computed as whoever makes it would compute it.

A row names the mistake, the data that ``reconcile`` is given, the wrong number, and which deviations tell it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from celoss_cli.studies.reconcile import Problem

__all__ = ["MISTAKES", "Mistake"]

Told = set[tuple[str, str]]


class Mistake(NamedTuple):
    """One wrong number.

    Attributes:
        name: of the mistake.
        problem: the data.
        value: computes the wrong number.
        told: sets of deviations (dimension and name) of which any tells the mistake.

    """

    name: str
    problem: Problem
    value: Callable[[], Any]
    told: tuple[Told, ...]


MISTAKES: list[Mistake] = []


def mistake(problem: Problem, *told: Told) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Enters a function that makes a mistake into the table, under its own name."""

    def enter(function: Callable[[], Any]) -> Callable[[], Any]:
        MISTAKES.append(Mistake(function.__name__, problem, function, told))
        return function

    return enter


def torch() -> Any:
    return pytest.importorskip("torch")


def f() -> Any:
    return pytest.importorskip("torch.nn.functional")


def tensor(values: Any) -> Any:
    return torch().tensor(np.asarray(values))


def metrics() -> Any:
    return pytest.importorskip("sklearn.metrics")


# ---------------------------------------------------------------------------------------- class indices

RANDOM = np.random.default_rng(2024)
N, C = 203, 5
Y = RANDOM.choice(C, N, p=[0.4, 0.25, 0.2, 0.1, 0.05])
X = np.round(RANDOM.normal(size=(N, C)) * 1.5 + 2 * np.eye(C)[Y], 4)
NAMES = ("owl", "ant", "fox", "cat", "dog")
LOGITS = Problem(X, Y, kind="logits")
P = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
LOSS = -np.log(P[np.arange(N), Y])
W = np.array([1.0, 2.0, 2.5, 4.0, 8.0])
WEIGHTED = Problem(X, Y, kind="logits", weight=W)
S = np.round(RANDOM.uniform(0.2, 3, N), 3)
SAMPLED = Problem(X, Y, kind="logits", sample_weight=S)


@mistake(LOGITS, {("input", "softmax-twice")})
def softmax_before_cross_entropy() -> Any:
    return f().cross_entropy(tensor(X).softmax(dim=1), tensor(Y))


@mistake(LOGITS, {("axis", "softmax-0")})
def softmax_over_the_batch() -> Any:
    return f().nll_loss(tensor(X).log_softmax(dim=0), tensor(Y))


@mistake(LOGITS, {("axis", "softmax-all")})
def np_sum_without_an_axis() -> Any:
    p = np.exp(X) / np.sum(np.exp(X))
    return -np.log(p[range(N), Y]).mean()


@mistake(LOGITS, {("input", "log-probs")})
def nll_of_logits() -> Any:
    return f().nll_loss(tensor(X), tensor(Y))


@mistake(LOGITS, {("input", "no-log")})
def nll_of_softmax() -> Any:
    return f().nll_loss(tensor(X).softmax(dim=1), tensor(Y))


@mistake(LOGITS, {("denominator", "sum")})
def reduction_sum() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y), reduction="sum")


@mistake(LOGITS, {("denominator", "values")})
def np_mean_over_rows_and_classes() -> Any:
    return np.mean(-np.eye(C)[Y] * np.log(P))


@mistake(LOGITS, {("denominator", "batches-64")})
def mean_of_batch_means() -> Any:
    batches = [
        f().cross_entropy(x, y).item() for x, y in zip(tensor(X).split(64), tensor(Y).split(64), strict=True)
    ]
    return np.mean(batches)


@mistake(LOGITS, {("denominator", "batches-16-dropped")})
def drop_last() -> Any:
    """Of 16, 32, 48, 64 or 96 rows: 192 rows are whole batches of each."""
    return np.mean([LOSS[i : i + 32].mean() for i in range(0, N - 31, 32)])


@mistake(LOGITS, {("denominator", "batches-32-by-rows")})
def batch_means_divided_by_rows() -> Any:
    total = sum(LOSS[i : i + 32].mean() for i in range(0, N, 32))
    return total / N


@mistake(LOGITS, {("denominator", "batches-16-sum")})
def batch_means_added() -> Any:
    return sum(LOSS[i : i + 16].mean() for i in range(0, N, 16))


@mistake(LOGITS, {("denominator", "batch-sums-64")})
def batch_sums_averaged() -> Any:
    return np.mean([LOSS[i : i + 64].sum() for i in range(0, N, 64)])


@mistake(LOGITS, {("denominator", "batches-16-last")})
def last_batch_alone() -> Any:
    """The last eleven rows are that of 16, 32, 48, 64 and 96."""
    for i in range(0, N, 64):
        loss = f().cross_entropy(tensor(X[i : i + 64]), tensor(Y[i : i + 64]))
    return loss


@mistake(LOGITS, {("denominator", "batches-128-first")})
def first_batch_alone() -> Any:
    return LOSS[:128].mean()


@mistake(LOGITS, {("denominator", "folds-5")}, {("denominator", "batches-41")})
def mean_of_five_folds() -> Any:
    folds = pytest.importorskip("sklearn.model_selection").KFold(5).split(X)
    return np.mean([metrics().log_loss(Y[test], P[test], labels=range(C)) for _, test in folds])


@mistake(LOGITS, {("denominator", "folds-10")})
def mean_of_ten_folds() -> Any:
    return np.mean([part.mean() for part in np.array_split(LOSS, 10)])


@mistake(LOGITS, {("denominator", "padded-to-8")})
def rows_repeated_by_a_distributed_sampler() -> Any:
    again = -N % 8
    return np.concatenate([LOSS, LOSS[:again]]).mean()


@mistake(LOGITS, {("denominator", "without-first-1")})
def first_row_taken_for_a_header() -> Any:
    return metrics().log_loss(Y[1:], P[1:], labels=range(C))


@mistake(LOGITS, {("denominator", "without-last-1")})
def last_row_left_out() -> Any:
    return LOSS[:-1].mean()


@mistake(LOGITS, {("denominator", "class-means")})
def macro_average() -> Any:
    return np.mean([LOSS[c == Y].mean() for c in range(C)])


@mistake(LOGITS, {("base", "2")})
def np_log2() -> Any:
    return -np.log2(P[range(N), Y]).mean()


@mistake(LOGITS, {("base", "10")})
def math_log10() -> Any:
    return sum(-math.log10(p[y]) for p, y in zip(P, Y, strict=True)) / N


@mistake(LOGITS, {("sign", "negated")})
def forgotten_minus() -> Any:
    return np.log(P[range(N), Y]).mean()


@mistake(LOGITS, {("shown", "exp")})
def perplexity() -> Any:
    return torch().exp(f().cross_entropy(tensor(X), tensor(Y)))


@mistake(LOGITS, {("shown", "2**")})
def two_to_the_nats() -> Any:
    return 2 ** LOSS.mean()


@mistake(LOGITS, {("denominator", "mean-of-exp")})
def mean_of_perplexities() -> Any:
    return np.exp(LOSS).mean()


@mistake(LOGITS, {("shown", "exp-minus")})
def geometric_mean_probability() -> Any:
    return np.exp(-LOSS.mean())


@mistake(LOGITS, {("point", "x100")})
def in_percent() -> Any:
    return 100 * LOSS.mean()


@mistake(LOGITS, {("point", "x2")})
def counted_twice() -> Any:
    return 2 * LOSS.mean()


@mistake(LOGITS, {("point", "/4")})
def divided_by_the_accumulation_steps() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y)) / 4


@mistake(LOGITS, {("smoothing", "0.1")})
def label_smoothing() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y), label_smoothing=0.1)


@mistake(LOGITS, {("smoothing", "0.05")})
def label_smoothing_by_the_formula_of_keras() -> Any:
    soft = np.eye(C)[Y] * (1 - 0.05) + 0.05 / C
    return -(soft * np.log(P)).sum(axis=1).mean()


@mistake(LOGITS, {("smoothing", "0.1-others")})
def label_smoothing_over_the_others() -> Any:
    soft = np.where(np.eye(C)[Y] == 1, 0.9, 0.1 / (C - 1))
    return -(soft * np.log(P)).sum(axis=1).mean()


@mistake(Problem(X, Y + 1, kind="logits"), {("labels", "-1")}, {("labels", "-1-modulo")})
def labels_counted_from_one() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y + 1) - 1)


@mistake(LOGITS, {("labels", "-1-modulo")})
def one_subtracted_once_too_often() -> Any:
    return -np.log(P[range(N), Y - 1]).mean()


@mistake(LOGITS, {("labels", "rows-1")})
def targets_of_the_next_row() -> Any:
    return -np.log(P[range(N), np.roll(Y, -1)]).mean()


@mistake(LOGITS, {("labels", "rows-1-ends")})
def targets_shifted_without_an_end() -> Any:
    return f().cross_entropy(tensor(X[:-1]), tensor(Y[1:]))


@mistake(LOGITS, {("labels", "reversed")})
def columns_reversed() -> Any:
    return -np.log(P[:, ::-1][range(N), Y]).mean()


@mistake(LOGITS, {("labels", "1<->2")})
def two_columns_exchanged() -> Any:
    return metrics().log_loss(Y, P[:, [0, 2, 1, 3, 4]], labels=range(C))


@mistake(Problem(X, Y, kind="logits", labels=NAMES), {("labels", "alphabetical")})
def label_encoder_against_the_columns_order() -> Any:
    encoder = pytest.importorskip("sklearn.preprocessing").LabelEncoder().fit(NAMES)
    return -np.log(P[range(N), encoder.transform([NAMES[y] for y in Y])]).mean()


@mistake(LOGITS, {("labels", "predicted")})
def own_predictions_taken_for_targets() -> Any:
    return f().cross_entropy(tensor(X), tensor(X).argmax(dim=1))


@mistake(LOGITS, {("scale", "negated")})
def distances_for_scores() -> Any:
    return f().cross_entropy(-tensor(X), tensor(Y))


@mistake(LOGITS, {("scale", "temperature-2")})
def temperature_of_two() -> Any:
    return f().cross_entropy(tensor(X) / 2, tensor(Y))


@mistake(LOGITS, {("scale", "temperature-0.5")})
def logits_doubled() -> Any:
    return f().cross_entropy(tensor(X) * 2, tensor(Y))


@mistake(LOGITS, {("precision", "float16-input")})
def logits_saved_in_float16() -> Any:
    return f().cross_entropy(tensor(X).half().double(), tensor(Y))


@mistake(LOGITS, {("precision", "bfloat16-input")})
def logits_saved_in_bfloat16() -> Any:
    return f().cross_entropy(tensor(X).bfloat16().double(), tensor(Y))


@mistake(LOGITS, {("precision", "probabilities-3")})
def probabilities_of_three_decimals() -> Any:
    return -np.log(np.round(P, 3)[range(N), Y]).mean()


@mistake(LOGITS, {("precision", "rounded-2")})
def losses_of_two_decimals() -> Any:
    return np.mean([round(float(loss), 2) for loss in LOSS])


@mistake(LOGITS, {("ignored", "0")})
def background_left_out() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y), ignore_index=0)


@mistake(LOGITS, {("targets", "one-hot")})
def binary_loss_of_one_hot_targets() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(X), tensor(np.eye(C)[Y]))


@mistake(LOGITS, {("quantity", "brier")})
def brier_score() -> Any:
    return ((P - np.eye(C)[Y]) ** 2).sum(axis=1).mean()


@mistake(LOGITS, {("quantity", "squares")})
def mean_squared_error() -> Any:
    return f().mse_loss(tensor(X).softmax(dim=1), tensor(np.eye(C)[Y]))


@mistake(LOGITS, {("quantity", "binary")})
def binary_cross_entropy_of_a_softmax() -> Any:
    return f().binary_cross_entropy(tensor(X).softmax(dim=1), tensor(np.eye(C)[Y]))


@mistake(LOGITS, {("quantity", "errors")})
def error_rate() -> Any:
    return metrics().zero_one_loss(Y, P.argmax(axis=1))


@mistake(LOGITS, {("quantity", "accuracy")})
def accuracy() -> Any:
    return metrics().accuracy_score(Y, P.argmax(axis=1))


@mistake(LOGITS, {("quantity", "focal-2")})
def focal_loss() -> Any:
    ce = f().cross_entropy(tensor(X), tensor(Y), reduction="none")
    return ((1 - torch().exp(-ce)) ** 2 * ce).mean()


@mistake(LOGITS, {("quantity", "entropy")})
def entropy_of_the_predictions() -> Any:
    return -(P * np.log(P)).sum(axis=1).mean()


@mistake(LOGITS, {("quantity", "absolute")})
def mean_absolute_error() -> Any:
    return np.abs(P - np.eye(C)[Y]).mean()


@mistake(LOGITS, {("quantity", "hinge")})
def multi_class_hinge_loss() -> Any:
    return f().multi_margin_loss(tensor(X), tensor(Y))


@mistake(LOGITS, {("quantity", "exchanged")})
def arguments_of_keras_exchanged() -> Any:
    return -(P * np.log(np.clip(np.eye(C)[Y], 1e-7, 1 - 1e-7))).sum(axis=1).mean()


@mistake(LOGITS, {("input", "keras-logits")})
def from_logits_forgotten_in_keras() -> Any:
    shares = np.clip(X / X.sum(axis=1, keepdims=True), 1e-7, 1 - 1e-7)
    return -np.log(shares[range(N), Y]).mean()


@mistake(LOGITS, {("denominator", "median")})
def median_of_the_losses() -> Any:
    return tensor(LOSS).median()


@mistake(LOGITS, {("denominator", "by-log-of-classes")})
def logarithm_of_base_c() -> Any:
    return np.mean([math.log(1 / P[i, Y[i]], C) for i in range(N)])


@mistake(LOGITS, {("denominator", "mean-by-counted")})
def divided_by_the_rows_twice() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y)) / N


@mistake(LOGITS, {("quantity", "probability")})
def mean_probability_of_the_target() -> Any:
    return P[range(N), Y].mean()


# -------------------------------------------------------------------------------------------- weights


@mistake(WEIGHTED, {("weight", "unused")})
def class_weights_not_used() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y))


@mistake(WEIGHTED, {("denominator", "counted")})
def weighted_losses_averaged_over_rows() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y), weight=tensor(W), reduction="none").mean()


@mistake(WEIGHTED, {("denominator", "weights-sum-1")})
def class_weights_that_sum_to_one_averaged_over_rows() -> Any:
    return (LOSS * (W / W.sum())[Y]).mean()


@mistake(WEIGHTED, {("denominator", "weights-mean-1")})
def class_weights_of_mean_one_averaged_over_rows() -> Any:
    return (LOSS * (W / W.mean())[Y]).mean()


@mistake(WEIGHTED, {("denominator", "class-means-weighted")})
def weights_of_the_class_means() -> Any:
    return np.average([LOSS[c == Y].mean() for c in range(C)], weights=W)


@mistake(Problem(X, np.eye(C)[Y], kind="logits", weight=W), {("denominator", "weights")})
def one_hot_targets_divided_by_the_weights_of_their_classes() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y), weight=tensor(W))


@mistake(SAMPLED, {("denominator", "mean-by-counted")})
def row_weights_that_sum_to_one_averaged_over_rows() -> Any:
    return (S / S.sum() * LOSS).mean()


@mistake(SAMPLED, {("sample_weight", "unused")})
def row_weights_not_used() -> Any:
    return metrics().log_loss(Y, P)


@mistake(SAMPLED, {("denominator", "counted")})
def row_weights_not_in_the_divisor_as_in_keras() -> Any:
    return (LOSS * S).sum() / N


# --------------------------------------------------------------------------------- probabilities, with a 0

SURE = P.copy()
SURE[[3, 70]] = np.eye(C)[(Y[[3, 70]] + 1) % C]
PROBS = Problem(SURE, Y, kind="probs")


def own(p: np.ndarray) -> np.ndarray:
    return p[np.arange(N), Y]


@mistake(Problem(P, Y, kind="probs"), {("input", "logits")})
def cross_entropy_of_probabilities() -> Any:
    return f().cross_entropy(tensor(P), tensor(Y))


@mistake(Problem(P, Y, kind="probs"), {("input", "log-probs")})
def nll_of_probabilities() -> Any:
    return f().nll_loss(tensor(P), tensor(Y))


@mistake(PROBS, {("clip", "2.22e-16-sklearn")})
def scikit_learn_with_a_zero() -> Any:
    return metrics().log_loss(Y, SURE, labels=range(C))


@mistake(PROBS, {("clip", "1e-15-kaggle")}, {("clip", "1e-15-lightgbm")}, {("clip", "1e-15-spark")})
def older_scikit_learn_with_a_zero() -> Any:
    return -np.log(np.clip(own(SURE), 1e-15, 1 - 1e-15)).mean()


@mistake(PROBS, {("clip", "1e-07-keras")})
def keras_with_a_zero() -> Any:
    return -np.log(np.clip(own(SURE), 1e-7, 1 - 1e-7)).mean()


@mistake(PROBS, {("clip", "1e-16-xgboost")})
def xgboost_with_a_zero() -> Any:
    return -np.log(np.maximum(own(SURE), float(np.float32(1e-16)))).mean()


@mistake(PROBS, {("clip", "1e-08-added")}, {("clip", "1e-08")})
def small_number_added() -> Any:
    return -np.log(own(SURE) + 1e-8).mean()


@mistake(PROBS, {("clip", "1e-09")}, {("clip", "1e-09-added")})
def clipped_by_hand_at_a_billionth() -> Any:
    return -np.log(np.clip(own(SURE), 1e-9, 1.0)).mean()


@mistake(PROBS, {("clip", "1e-06-both")}, {("clip", "1e-06")})
def clipped_by_hand_at_a_millionth() -> Any:
    return -np.log(np.clip(own(SURE), 1e-6, 1 - 1e-6)).mean()


@mistake(PROBS, {("clip", "0.01-both")})
def clipped_at_a_hundredth() -> Any:
    return metrics().log_loss(Y, np.clip(SURE, 0.01, 0.99) / np.ones(C), labels=range(C))


@mistake(PROBS, {("clip", "0.001-added")})
def a_thousandth_added() -> Any:
    return -np.log(own(SURE) + 0.001).mean()


@mistake(Problem(np.round(P * np.linspace(0.5, 1, N)[:, None], 6), Y, kind="probs"), {("clip", "rescaled")})
def rows_rescaled() -> Any:
    p = np.round(P * np.linspace(0.5, 1, N)[:, None], 6)
    return -np.log(own(p / p.sum(axis=1, keepdims=True))).mean()


# ------------------------------------------------------------------------------------------ ignored rows

PADDED = np.where(np.arange(N) % 6 == 0, -100, Y)
MARKED = np.where(np.arange(N) % 6 == 0, 255, Y)
MASK = PADDED != -100


@mistake(Problem(X, PADDED, kind="logits"), {("denominator", "rows")})
def padding_in_the_divisor() -> Any:
    return f().cross_entropy(tensor(X), tensor(PADDED), reduction="none").mean()


@mistake(Problem(X, PADDED, kind="logits"), {("ignored", "as-0")})
def padding_counted_as_class_0() -> Any:
    return f().cross_entropy(tensor(X), tensor(np.maximum(PADDED, 0)))


@mistake(Problem(X, MARKED, kind="logits"), {("ignored", "255")})
def void_label_left_out() -> Any:
    return f().cross_entropy(tensor(X), tensor(MARKED), ignore_index=255)


@mistake(Problem(X, MARKED, kind="logits"), {("ignored", "255-as-0")})
def void_label_counted_as_class_0() -> Any:
    return f().cross_entropy(tensor(X), tensor(np.where(MARKED == 255, 0, Y)))


@mistake(Problem(X, Y, kind="logits", ignore_index=0), {("ignored", "none")})
def ignored_class_counted() -> Any:
    return f().cross_entropy(tensor(X), tensor(Y))


# --------------------------------------------------------------------------------- sequences, (N, C, T)

B, V, T = 12, 6, 17
TOKENS = RANDOM.integers(0, V, (B, T))
LM = np.round(RANDOM.normal(size=(B, V, T)) + 1.5 * np.moveaxis(np.eye(V)[TOKENS], -1, 1), 4)
SEQUENCES = Problem(LM, TOKENS, kind="logits")
LENGTHS = RANDOM.integers(5, T + 1, B)
MASKED = np.where(np.arange(T) < LENGTHS[:, None], TOKENS, -100)
RAGGED = Problem(LM, MASKED, kind="logits")


@mistake(SEQUENCES, {("labels", "positions-1-ends")})
def targets_of_the_next_position() -> Any:
    return f().cross_entropy(tensor(LM[:, :, :-1]), tensor(TOKENS[:, 1:]))


@mistake(SEQUENCES, {("labels", "positions-2-ends")})
def shifted_twice() -> Any:
    return f().cross_entropy(tensor(LM[:, :, :-2]), tensor(TOKENS[:, 2:]))


@mistake(SEQUENCES, {("labels", "positions+1-ends")})
def shifted_the_other_way() -> Any:
    return f().cross_entropy(tensor(LM[:, :, 1:]), tensor(TOKENS[:, :-1]))


@mistake(SEQUENCES, {("axis", "reshaped")})
def view_for_a_transposition() -> Any:
    return f().cross_entropy(tensor(LM).reshape(-1, V), tensor(TOKENS).reshape(-1))


@mistake(SEQUENCES, {("axis", "softmax-2")})
def softmax_over_the_positions() -> Any:
    return f().nll_loss(tensor(LM).log_softmax(dim=2), tensor(TOKENS))


@mistake(SEQUENCES, {("denominator", "rows")})
def tokens_added_and_divided_by_sequences() -> Any:
    return f().cross_entropy(tensor(LM), tensor(TOKENS), reduction="sum") / B


@mistake(RAGGED, {("denominator", "row-means")})
def mean_of_the_sequences_means() -> Any:
    loss = f().cross_entropy(tensor(LM), tensor(MASKED), reduction="none")
    return (loss.sum(dim=1) / tensor(LENGTHS)).mean()


@mistake(RAGGED, {("denominator", "elements")})
def padded_tokens_in_the_divisor() -> Any:
    return f().cross_entropy(tensor(LM), tensor(MASKED), reduction="none").mean()


@mistake(RAGGED, {("denominator", "mean-of-row-exp")})
def mean_of_the_sequences_perplexities() -> Any:
    loss = f().cross_entropy(tensor(LM), tensor(MASKED), reduction="none")
    return torch().exp(loss.sum(dim=1) / tensor(LENGTHS)).mean()


# ------------------------------------------------------------------------------------- distributions

Q = RANDOM.dirichlet(np.full(C, 0.8), N)
SOFT = Problem(X, Q, kind="logits")
STUDENT = Problem(np.log(P), Q, kind="log-probs")


@mistake(SOFT, {("quantity", "kl")})
def kl_for_cross_entropy() -> Any:
    return f().kl_div(tensor(X).log_softmax(dim=1), tensor(Q), reduction="batchmean")


@mistake(SOFT, {("quantity", "reversed-kl")})
def reversed_kl() -> Any:
    return (P * (np.log(P) - np.log(Q))).sum(axis=1).mean()


@mistake(SOFT, {("quantity", "kl-temperature-2")})
def distillation_at_temperature_2() -> Any:
    teacher = tensor(np.log(Q)) / 2
    student = tensor(X) / 2
    loss = f().kl_div(student.log_softmax(dim=1), teacher.softmax(dim=1), reduction="batchmean")
    return loss * 2 * 2


@mistake(SOFT, {("quantity", "kl-temperature-4")})
def distillation_at_temperature_4() -> Any:
    teacher, student = tensor(np.log(Q)) / 4, tensor(X) / 4
    return f().kl_div(student.log_softmax(1), teacher.softmax(1), reduction="batchmean") * 16


@mistake(STUDENT, {("denominator", "rows")})
def kl_batchmean() -> Any:
    return f().kl_div(tensor(np.log(P)), tensor(Q), reduction="batchmean")


@mistake(SOFT, {("labels", "hardened")})
def argmax_of_soft_targets() -> Any:
    return f().cross_entropy(tensor(X), tensor(Q).argmax(dim=1))


# ------------------------------------------------------------------------------------------- binary

M = 211
HIT = (RANDOM.random(M) < 0.3).astype(float)
Z = np.round(RANDOM.normal(size=M) * 1.2 + 2.2 * HIT - 1, 4)
G = 1 / (1 + np.exp(-Z))
BINARY = Problem(Z, HIT, kind="logits", arrays=False)
YESNO = Problem(np.round(G, 5), HIT, kind="probs", arrays=False)
R = np.round(G, 5)


def log_loss_of(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


@mistake(BINARY, {("input", "sigmoid-twice")})
def sigmoid_before_bce_with_logits() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z).sigmoid(), tensor(HIT))


@mistake(YESNO, {("input", "logits")})
def bce_with_logits_of_probabilities() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(R), tensor(HIT))


@mistake(YESNO, {("labels", "flipped")})
def probability_of_the_other_class() -> Any:
    return metrics().log_loss(HIT, np.c_[R, 1 - R])


@mistake(YESNO, {("quantity", "brier")})
def brier_score_of_one_answer() -> Any:
    return metrics().brier_score_loss(HIT, R)


@mistake(YESNO, {("quantity", "errors")})
def error_rate_of_one_answer() -> Any:
    return 1 - metrics().accuracy_score(HIT, R > 0.5)


@mistake(YESNO, {("quantity", "positive-part")})
def cross_entropy_without_its_negative_part() -> Any:
    return np.mean(-HIT * np.log(R))


@mistake(YESNO, {("base", "2")})
def bits() -> Any:
    return log_loss_of(R, HIT).mean() / np.log(2)


@mistake(BINARY, {("smoothing", "0.1")})
def binary_label_smoothing_by_the_formula_of_keras() -> Any:
    return log_loss_of(G, HIT * 0.9 + 0.05).mean()


@mistake(BINARY, {("quantity", "focal-0.25-2")})
def sigmoid_focal_loss_of_torchvision() -> Any:
    p_t, alpha = np.where(HIT == 1, G, 1 - G), np.where(HIT == 1, 0.25, 0.75)
    return (alpha * (1 - p_t) ** 2 * -np.log(p_t)).mean()


@mistake(BINARY, {("quantity", "balanced")})
def pos_weight_of_the_ratio_of_the_answers() -> Any:
    ratio = tensor((HIT == 0).sum() / (HIT == 1).sum())
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(HIT), pos_weight=ratio)


@mistake(BINARY, {("quantity", "hinge")})
def binary_hinge_loss() -> Any:
    return metrics().hinge_loss(HIT, Z)


@mistake(BINARY, {("quantity", "one-sided")})
def one_sided_label_smoothing() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(0.9 * HIT))


@mistake(BINARY, {("input", "keras-logits")})
def from_logits_forgotten_in_keras_for_one_answer() -> Any:
    return log_loss_of(np.clip(Z, 1e-7, 1 - 1e-7), HIT).mean()


@mistake(YESNO, {("quantity", "exchanged")})
def arguments_of_keras_exchanged_for_one_answer() -> Any:
    return log_loss_of(np.clip(HIT, 1e-7, 1 - 1e-7), R).mean()


@mistake(BINARY, {("quantity", "focal-2")})
def focal_loss_without_alpha() -> Any:
    p_t = np.where(HIT == 1, G, 1 - G)
    return ((1 - p_t) ** 2 * -np.log(p_t)).mean()


@mistake(
    Problem(Z, HIT, kind="logits", arrays=False, pos_weight=np.array(3.0)), {("pos_weight", "as-weight")}
)
def pos_weight_taken_for_the_weight() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(HIT), weight=tensor(3.0))


@mistake(Problem(Z, HIT, kind="logits", arrays=False, weight=np.array(3.0)), {("weight", "as-pos_weight")})
def weight_taken_for_the_pos_weight() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(HIT), pos_weight=tensor(3.0))


@mistake(Problem(Z, HIT, kind="logits", arrays=False, pos_weight=np.array(3.0)), {("pos_weight", "unused")})
def pos_weight_not_used() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(HIT))


@mistake(Problem(Z, HIT, kind="logits", arrays=False, pos_weight=np.array(3.0)), {("denominator", "weights")})
def pos_weight_in_the_divisor() -> Any:
    weight = np.where(HIT == 1, 3.0, 1.0)
    return np.average(log_loss_of(G, HIT), weights=weight)


@mistake(Problem(Z, 2 * HIT - 1, kind="logits", arrays=False), {("labels", "raw-bce-logits")})
def signed_labels_given_to_bce_with_logits() -> Any:
    return f().binary_cross_entropy_with_logits(tensor(Z), tensor(2 * HIT - 1))


@mistake(BINARY, {("labels", "raw-soft-margin")})
def labels_0_and_1_given_to_the_soft_margin() -> Any:
    return f().soft_margin_loss(tensor(Z), tensor(HIT))


CERTAIN = R.copy()
CERTAIN[[5, 100]] = 1 - HIT[[5, 100]]
ZEROS = Problem(CERTAIN, HIT, kind="probs", arrays=False)


@mistake(ZEROS, {("clip", "1e-07-keras")})
def keras_binary_with_a_zero() -> Any:
    return log_loss_of(np.clip(CERTAIN, 1e-7, 1 - 1e-7), HIT).mean()


@mistake(ZEROS, {("clip", "1e-07-tf-keras")})
def older_keras_binary_with_a_zero() -> Any:
    p = np.clip(CERTAIN, 1e-7, 1 - 1e-7)
    return -(HIT * np.log(p + 1e-7) + (1 - HIT) * np.log(1 - p + 1e-7)).mean()


@mistake(ZEROS, {("clip", "2.22e-16-sklearn")})
def scikit_learn_binary_with_a_zero() -> Any:
    return metrics().log_loss(HIT, CERTAIN)


# ---------------------------------------------------------------------------------------- many labels

L = 4
TAGS = (RANDOM.random((90, L)) < 0.35).astype(float)
TAG_LOGITS = np.round(RANDOM.normal(size=(90, L)) + 2 * TAGS - 1, 4)
MULTI = Problem(TAG_LOGITS, TAGS, kind="logits")


@mistake(MULTI, {("denominator", "rows")})
def labels_added_rows_averaged() -> Any:
    return (
        f().binary_cross_entropy_with_logits(tensor(TAG_LOGITS), tensor(TAGS), reduction="none").sum(1).mean()
    )


@mistake(MULTI, {("targets", "as-distributions")})
def softmax_of_many_labels() -> Any:
    return f().cross_entropy(tensor(TAG_LOGITS), tensor(TAGS))


@mistake(MULTI, {("denominator", "batches-32")})
def batches_of_many_labels() -> Any:
    parts = zip(tensor(TAG_LOGITS).split(32), tensor(TAGS).split(32), strict=True)
    return np.mean([f().binary_cross_entropy_with_logits(x, t).item() for x, t in parts])
