"""More numbers that plausible mistakes give, one a row, on data of their own: the rest of ``MISTAKES``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mistakes import MISTAKES, Mistake, f, log_loss_of, metrics, tensor

from celoss_cli.studies.reconcile import Problem

__all__ = ["FURTHER"]

FURTHER: list[Mistake] = []


def row(problem: Problem, name: str, value: Callable[[], object], *told: tuple[str, str]) -> None:
    """Enters a mistake that each of these deviations tells alone."""
    FURTHER.append(Mistake(name, problem, value, tuple({found} for found in told)))


RANDOM = np.random.default_rng(77)
N, C = 157, 4
Y = RANDOM.choice(C, N, p=[0.45, 0.3, 0.15, 0.1])
X = np.round(RANDOM.normal(size=(N, C)) * 1.3 + 1.6 * np.eye(C)[Y], 3)
P = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
OWN = P[np.arange(N), Y]
LOSS = -np.log(OWN)
COUNTS = np.bincount(Y)
WRONG = P.argmax(axis=1) != Y
LOGITS = Problem(X, Y, kind="logits")
W = np.array([0.5, 1.0, 2.5, 3.0])
WEIGHTED = Problem(X, Y, kind="logits", weight=W)
Q = RANDOM.dirichlet(np.ones(C), N)
SOFT = Problem(X, Q, kind="logits")


def batches(size: int) -> list[np.ndarray]:
    return [LOSS[i : i + size] for i in range(0, N, size)]


def of_rounded_shares(decimals: int) -> float:
    rounded = np.round(P, decimals)
    return float(-np.log((rounded / rounded.sum(axis=1, keepdims=True))[np.arange(N), Y]).mean())


def weighted(weight: np.ndarray) -> object:
    return f().cross_entropy(tensor(X), tensor(Y), weight=tensor(weight))


def among(count: int) -> float:
    return metrics().top_k_accuracy_score(Y, P, k=count)


# ------------------------------------------------------------------------------- divisors and batches
row(LOGITS, "ddof_1", lambda: LOSS.sum() / (N - 1), ("denominator", "counted-1"))
row(LOGITS, "one_row_too_many", lambda: LOSS.sum() / (N + 1), ("denominator", "counted+1"))
row(
    LOGITS,
    "loss_item_times_batch_size",
    lambda: sum(b.mean() * 64 for b in batches(64)) / N,
    ("denominator", "batches-64-as-full"),
)
row(
    LOGITS,
    "batches_times_their_size",
    lambda: LOSS.sum() / (len(batches(64)) * 64),
    ("denominator", "batches-48-over-full"),
    ("denominator", "batches-64-over-full"),
    ("denominator", "batches-32-over-full"),
)
row(
    LOGITS,
    "rows_floor_batch_size",
    lambda: sum(b.mean() for b in batches(32)) / (N // 32),
    ("denominator", "batches-32-by-whole"),
)
row(
    LOGITS,
    "last_batch_dropped_all_rows_counted",
    lambda: LOSS[:128].sum() / N,
    ("denominator", "batches-8-whole-by-rows"),
    ("denominator", "batches-32-whole-by-rows"),
    ("denominator", "batches-64-whole-by-rows"),
    ("denominator", "batches-128-whole-by-rows"),
)
# ------------------------------------------------------------------------------------------- parts
row(LOGITS, "wrong_predictions_only", lambda: LOSS[WRONG].mean(), ("denominator", "wrong-alone"))
row(LOGITS, "right_predictions_only", lambda: LOSS[~WRONG].mean(), ("denominator", "right-alone"))
row(LOGITS, "class_3_only", lambda: LOSS[Y == 3].mean(), ("denominator", "class-3"))
row(
    LOGITS,
    "first_half",
    lambda: LOSS[: N // 2].mean(),
    ("denominator", "first-50%"),
    ("denominator", "batches-78-first"),
)
row(LOGITS, "test_split_of_a_fifth", lambda: LOSS[int(0.8 * N) :].mean(), ("denominator", "last-20%"))
row(
    LOGITS, "training_split_of_four_fifths", lambda: LOSS[: int(0.8 * N)].mean(), ("denominator", "first-80%")
)
row(LOGITS, "every_second_row", lambda: LOSS[::2].mean(), ("denominator", "every-2-from-0"))
row(LOGITS, "worst_loss", LOSS.max, ("denominator", "largest"))
row(LOGITS, "np_std", LOSS.std, ("denominator", "deviation"))
row(LOGITS, "pandas_std", lambda: LOSS.std(ddof=1), ("denominator", "deviation-1"))
row(LOGITS, "standard_error", lambda: LOSS.std(ddof=1) / np.sqrt(N), ("denominator", "error"))
row(LOGITS, "mean_square", lambda: (LOSS**2).mean(), ("denominator", "squares"))
row(LOGITS, "root_mean_square", lambda: np.sqrt((LOSS**2).mean()), ("denominator", "root-squares"))
# ------------------------------------------------------------------------------ of the probabilities
row(LOGITS, "log_of_the_mean_probability", lambda: -np.log(OWN.mean()), ("quantity", "log-of-mean"))
row(
    LOGITS, "rounded_to_2_and_rescaled", lambda: of_rounded_shares(2), ("precision", "probabilities-2-shares")
)
row(
    LOGITS, "rounded_to_3_and_rescaled", lambda: of_rounded_shares(3), ("precision", "probabilities-3-shares")
)
row(LOGITS, "sigmoid_for_softmax", lambda: np.log1p(np.exp(-X[np.arange(N), Y])).mean(), ("input", "sigmoid"))
row(LOGITS, "mean_squared_error_of_logits", lambda: ((X - np.eye(C)[Y]) ** 2).mean(), ("input", "squares"))
row(
    LOGITS,
    "root_mean_squared_error",
    lambda: np.sqrt(((P - np.eye(C)[Y]) ** 2).mean()),
    ("quantity", "root-squares"),
)
row(
    LOGITS,
    "root_of_the_brier_score",
    lambda: np.sqrt(((P - np.eye(C)[Y]) ** 2).sum(axis=1).mean()),
    ("quantity", "root-brier"),
)
row(LOGITS, "times_p", lambda: (OWN * LOSS).mean(), ("quantity", "times-p"))
row(LOGITS, "log_of_one_minus_p", lambda: -np.log(1 - OWN).mean(), ("quantity", "log-of-rest"))
row(LOGITS, "one_minus_p", lambda: 1 - OWN.mean(), ("quantity", "rest"))
row(LOGITS, "log_loss_of_decisions", lambda: WRONG.mean() * -np.log(1e-15), ("quantity", "decided-1e-15"))
row(LOGITS, "error_of_the_best_2", lambda: 1 - among(2), ("quantity", "beyond-2"))
row(LOGITS, "accuracy_of_the_best_3", lambda: among(3), ("quantity", "top-3"))
row(LOGITS, "focal_of_the_mean", lambda: (1 - np.exp(-LOSS.mean())) ** 2 * LOSS.mean(), ("shown", "focal-2"))
row(LOGITS, "focal_gamma_1.5", lambda: ((1 - OWN) ** 1.5 * LOSS).mean(), ("quantity", "focal-1.5"))
row(LOGITS, "perplexity_of_a_rounded_loss", lambda: np.exp(round(float(LOSS.mean()), 3)), ("shown", "exp-3"))
row(LOGITS, "dummy_of_priors", lambda: -np.log(COUNTS[Y] / N).mean(), ("quantity", "prior"))
row(
    LOGITS,
    "normalised_entropy",
    lambda: LOSS.mean() / -np.log(COUNTS[Y] / N).mean(),
    ("quantity", "normalised"),
)
row(LOGITS, "mcfadden", lambda: 1 - LOSS.mean() / -np.log(COUNTS[Y] / N).mean(), ("quantity", "skill"))
row(LOGITS, "untrained", lambda: np.log(C), ("quantity", "uniform"))
row(
    LOGITS,
    "hinge_loss_of_scikit_learn",
    lambda: metrics().hinge_loss(Y, np.log(P)),
    ("quantity", "hinge-largest"),
)
row(LOGITS, "targets_reversed", lambda: -np.log(P[np.arange(N), Y[::-1]]).mean(), ("labels", "rows-reversed"))
row(
    LOGITS,
    "last_class_dropped",
    lambda: f().cross_entropy(tensor(X[Y < 3][:, :3]), tensor(Y[Y < 3])),
    ("labels", "no-last"),
)
# ------------------------------------------------------------------------------------------ weights
row(LOGITS, "complement_weights", lambda: weighted(1 - COUNTS / N), ("weight", "complement"))
row(LOGITS, "root_inverse_weights", lambda: weighted(1 / np.sqrt(COUNTS)), ("weight", "root-inverse"))
row(
    LOGITS,
    "effective_number",
    lambda: weighted((1 - 0.99) / (1 - 0.99**COUNTS)),
    ("weight", "effective-0.99"),
)
row(WEIGHTED, "inverse_of_the_weights", lambda: weighted(1 / W), ("weight", "inverse"))
row(WEIGHTED, "weights_squared", lambda: weighted(W**2), ("weight", "squared"))
row(WEIGHTED, "weights_reversed", lambda: weighted(W[::-1].copy()), ("weight", "reversed"))
# ------------------------------------------------------------------------------------ distributions
row(SOFT, "kl_div_mean", lambda: f().kl_div(tensor(X).log_softmax(1), tensor(Q)), ("quantity", "kl-elements"))
row(
    SOFT,
    "kl_div_of_softmax",
    lambda: f().kl_div(tensor(X).softmax(1), tensor(Q), reduction="batchmean"),
    ("quantity", "kl-no-log"),
)
row(
    SOFT,
    "jensen_shannon",
    lambda: ((P * np.log(2 * P / (P + Q)) + Q * np.log(2 * Q / (P + Q))).sum(axis=1) / 2).mean(),
    ("quantity", "js"),
)
row(
    SOFT,
    "softmax_of_the_targets",
    lambda: f().cross_entropy(tensor(X), tensor(Q).softmax(1)),
    ("labels", "softmax"),
)
# ------------------------------------------------------------------------------------------- binary
M = 143
HIT = (RANDOM.random(M) < 0.35).astype(float)
Z = np.round(RANDOM.normal(size=M) * 1.1 + 2 * HIT - 1.2, 3)
G = 1 / (1 + np.exp(-Z))
R = np.round(G, 4)
SIGN = 2 * HIT - 1
YESNO, SCORES = (Problem(x, HIT, kind=kind, arrays=False) for x, kind in ((R, "probs"), (Z, "logits")))
FOCAL = np.where(HIT == 1, 0.25, 0.75) * (1 - np.exp(-log_loss_of(G, HIT))) ** 2 * log_loss_of(G, HIT)
row(YESNO, "positives_only", lambda: log_loss_of(R, HIT)[HIT == 1].mean(), ("denominator", "class-1"))
row(
    YESNO,
    "divided_by_the_positives",
    lambda: log_loss_of(R, HIT).sum() / HIT.sum(),
    ("denominator", "positives"),
)
row(
    YESNO,
    "decisions_in_scikit_learn",
    lambda: metrics().log_loss(HIT, (R > 0.5).astype(float)),
    ("quantity", "decided-2.22e-16"),
)
row(
    YESNO,
    "decisions_in_torch",
    lambda: f().binary_cross_entropy(tensor((R > 0.5).astype(float)), tensor(HIT)),
    ("quantity", "decided-100"),
)
row(
    YESNO,
    "root_mean_squared_error_of_one_answer",
    lambda: np.sqrt(((R - HIT) ** 2).mean()),
    ("quantity", "root-brier"),
)
row(YESNO, "l1_loss", lambda: f().l1_loss(tensor(R), tensor(HIT)), ("quantity", "absolute"))
row(YESNO, "area_under_the_curve", lambda: metrics().roc_auc_score(HIT, R), ("quantity", "auc"))
row(
    YESNO,
    "wrong_sign_of_one_part",
    lambda: -(HIT * np.log(R) - (1 - HIT) * np.log(1 - R)).mean(),
    ("quantity", "turned-part"),
)
row(YESNO, "hinge_of_probabilities", lambda: np.maximum(0, 1 - SIGN * R).mean(), ("quantity", "hinge-p"))
row(SCORES, "squared_hinge", lambda: (np.maximum(0, 1 - SIGN * Z) ** 2).mean(), ("quantity", "squared-hinge"))
row(
    SCORES,
    "focal_divided_by_the_positives",
    lambda: FOCAL.sum() / HIT.sum(),
    ("quantity", "focal-by-positives"),
)
# ------------------------------------------------------------------------- several labels, positions
TAGS = (RANDOM.random((61, 3)) < 0.3).astype(float)
TAG_LOGITS = np.round(RANDOM.normal(size=(61, 3)) + 1.5 * TAGS - 0.8, 3)
MULTI = Problem(TAG_LOGITS, TAGS, kind="logits")
TAG_LOSS = log_loss_of(1 / (1 + np.exp(-TAG_LOGITS)), TAGS)
SHARES = TAGS / np.maximum(TAGS.sum(axis=1, keepdims=True), 1)
row(MULTI, "first_label_only", lambda: TAG_LOSS[:, 0].mean(), ("denominator", "column-0"))
row(MULTI, "positive_labels_only", lambda: TAG_LOSS[TAGS == 1].mean(), ("denominator", "class-1"))
row(
    MULTI,
    "softmax_of_equal_shares",
    lambda: f().cross_entropy(tensor(TAG_LOGITS), tensor(SHARES)),
    ("targets", "as-shares"),
)
TEXT, NEXT = np.round(RANDOM.normal(size=(17, 6, 9)) * 1.5, 3), RANDOM.integers(0, 6, (17, 9))
MODEL = Problem(TEXT, NEXT, kind="logits")


def token_losses() -> np.ndarray:
    return np.asarray(f().cross_entropy(tensor(TEXT), tensor(NEXT), reduction="none"))


row(
    MODEL,
    "first_token_dropped",
    lambda: token_losses()[:, 1:].mean(),
    ("denominator", "without-first-column"),
)
row(MODEL, "last_token_only", lambda: token_losses()[:, -1].mean(), ("denominator", "column-8"))

MISTAKES += FURTHER
