"""What a step says is what it computes: each formula that is shown, written out from the steps before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy import exp, log, log1p, maximum, minimum

from celoss_cli.core.data import Batch
from celoss_cli.evaluate.workings import Recorder
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.binary_brier_score import BinaryBrier
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from celoss_cli.losses.brier_score import Brier
from celoss_cli.losses.by_convention import BinaryCrossEntropyByConvention, CrossEntropyByConvention
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.focal_loss import Focal
from celoss_cli.losses.js_div import JensenShannon
from celoss_cli.losses.kl_div import KullbackLeibler
from celoss_cli.losses.nll_loss import NegativeLogLikelihood
from celoss_cli.losses.sigmoid_focal_loss import SigmoidFocal
from celoss_cli.losses.soft_margin_loss import SoftMargin

ROWS, CLASSES, IGNORED, EPS = 6, 3, 1, 0.2
WEIGHT = np.array([0.5, 1.25, 2.0])
RANDOM = np.random.default_rng(5)
Z, SCORES = RANDOM.normal(0, 2, (ROWS, CLASSES)), RANDOM.normal(0, 2, ROWS)
P = RANDOM.dirichlet(np.ones(CLASSES), ROWS)
Q = RANDOM.dirichlet(np.ones(CLASSES), ROWS)
P[2] = 1.0, 0.0, 0.0
Q[2] = 0.75, 0.25, 0.0
YES, T = np.array([0.25, 1.0, 0.0, 0.75, 1e-9, 0.5]), np.array([1.0, 0.25, 0.0, 1.0, 1.0, 0.5])
Y = np.array([2, -100, 0, 1, 1, 0])
HARD = np.array([0, 1, 0, 1, 1, 0])
SAMPLES = np.array([0.5, 1, 2, 0.25, 3, 1])

Steps = dict[str, Any]


class Said:
    """What a formula may speak of: the data, the options, and the steps before it by name."""

    def __init__(self, loss: Loss, batch: Batch) -> None:
        self.steps: Steps = {}
        self.loss: Any = loss
        self.input, self.target = batch.input.T, batch.target.T
        self.hard = batch.target.ndim == 1 and isinstance(loss, CrossEntropy | Brier | JensenShannon)
        self.hard |= isinstance(loss, Focal | NegativeLogLikelihood)
        self.kept = batch.target != -100
        self.y = np.where(self.kept, batch.target, 0).astype(int) if self.hard else None

    def __getitem__(self, name: str) -> Any:
        return self.steps[name]

    def own(self, values: Any) -> Any:
        """Of each row the value of its target."""
        return values[self.y, range(ROWS)]

    @property
    def onehot(self) -> Any:
        return np.eye(CLASSES)[self.y].T

    @property
    def w(self) -> Any:
        return WEIGHT[self.y]

    @property
    def q(self) -> Any:
        return self.steps.get("q'", self.steps.get("q"))

    @property
    def factor(self) -> Any:
        return 1 if self.loss.weight is None else self.w

    @property
    def smooth(self) -> Any:
        return (1 - EPS) * self.onehot + EPS / CLASSES


def counted(said: Said, values: Any) -> Any:
    return np.where(said.kept, values, 0)


def product(factor: Any, cost: Any) -> Any:
    """Factor x cost, 0 where the factor is."""
    return np.where(factor == 0, 0, factor * np.where(factor == 0, 0, cost))


def clipped(low: float, high: float = 1) -> Callable[[Any], Any]:
    return lambda p: minimum(maximum(p, low), high)


sklearn = clipped(2.0**-52, 1 - 2.0**-52)
keras = clipped(1e-7, 1 - 1e-7)


def chain(said: Said) -> Any:
    """The derivative of -sum a log r, where r is p, divided by its sum or not: 0 where r was clipped."""
    a = said.factor * (said.onehot if said.q is None else said.q)
    if "p" not in said.steps:
        return -a
    p, total = said["p"], said.steps.get("total")
    r = p if total is None else said["p / total"]
    low = {"keras": 1e-7, "sklearn": 2.0**-52, "lightgbm": 1.0000000036274937e-15}.get(
        said.loss.convention, 0
    )
    a = np.where((r < low) | (r > (1 if said.loss.convention in (None, "lightgbm") else 1 - low)), 0, a)
    slope = product(a, -1 / p) + (0 if total is None else a.sum(0) / total)
    return slope * p if said.loss.input_is == "log-probs" else slope


def divided(said: Said, yes: Any, no: Any) -> Any:
    kept, t = said["p"] == said["p clipped"], said["t"]
    return np.where(kept, (1 - t) / no - t / yes, 0)


FORMULAS: dict[tuple[str, str], Callable[[Said], Any]] = {
    # the softmax
    ("x", "logits"): lambda s: s.input,
    ("max", "largest logit"): lambda s: s["x"].max(0),
    ("z", "x - max"): lambda s: s["x"] - s["max"],
    ("e", "exp z"): lambda s: exp(s["z"]),
    ("sum", "sum of e over the classes"): lambda s: s["e"].sum(0),
    ("p", "e / sum"): lambda s: s["e"] / s["sum"],
    ("log sum", "log of the sum"): lambda s: log(s["sum"]),
    ("-log p", "log sum - z"): lambda s: s["log sum"] - s["z"],
    ("-log p[y]", "log sum - z[y]"): lambda s: s["log sum"] - s.own(s["z"]),
    # input and target
    ("log p", "input"): lambda s: s.input,
    ("log q", "input"): lambda s: s.input,
    ("p", "input"): lambda s: s.input,
    ("z", "logit"): lambda s: s.input,
    ("s", "score"): lambda s: s.input,
    ("p", "exp log p"): lambda s: exp(s["log p"]),
    ("q", "target"): lambda s: s.onehot if s.hard else s.target,
    ("t", "target"): lambda s: s.target,
    ("p", "target"): lambda s: s.target,
    ("y", "label"): lambda s: s.target,
    ("log p", "target"): lambda s: s.target,
    ("log q", "target"): lambda s: s.target,
    ("q", "exp log q"): lambda s: exp(s["log q"]),
    ("q", "1 at the target"): lambda s: s.onehot,
    ("log p", "log of the target"): lambda s: log(s["p"]),
    ("-log p[y]", "gather"): lambda s: -s.own(s["log p"]),
    # cross entropy
    ("mean", "mean over the classes of w x -log p"): lambda s: (
        s["-log p"] if s.loss.weight is None else WEIGHT[:, None] * s["-log p"]
    ).mean(0),
    ("q'", "(1 - eps) q + eps / classes"): lambda s: (1 - EPS) * s["q"] + EPS / CLASSES,
    ("q x -log p", "its share of the loss"): lambda s: product(s.q, s["-log p"]),
    ("w x q x -log p", "its share of the loss"): lambda s: product(WEIGHT[:, None] * s.q, s["-log p"]),
    ("weight", "0 where ignored"): lambda s: counted(s, 1.0),
    ("weight", "w[y], 0 where ignored"): lambda s: counted(s, s.w),
    ("loss", "-log p[y]"): lambda s: counted(s, s["-log p[y]"]),
    ("loss", "weight x -log p[y]"): lambda s: counted(s, s.w * s["-log p[y]"]),
    ("loss", "(1 - eps) weight x -log p[y] + eps mean, eps 0.2"): lambda s: counted(
        s, (1 - EPS) * s.w * s["-log p[y]"] + EPS * s["mean"]
    ),
    ("loss", "sum over the classes of q x -log p"): lambda s: s.steps.get(
        "w x q x -log p", s.steps.get("q x -log p")
    ).sum(0),
    ("gradient", "weight (p - onehot(y))"): lambda s: s.factor * (s["p"] - s.onehot),
    ("loss", "sum over the classes of q' x -log p"): lambda s: s["q x -log p"].sum(0),
    ("gradient", "p - q, q = 1 - eps + eps / C at the target, eps / C elsewhere"): lambda s: (
        s["p"] - s.smooth
    ),
    ("loss", "(1 - eps) -log p[y] + eps mean, eps 0.2"): lambda s: counted(
        s, (1 - EPS) * s["-log p[y]"] + EPS * s["mean"]
    ),
    ("gradient", "-weight onehot(y)"): lambda s: -s.w * s.onehot,
    ("gradient", "p sum(q) - q"): lambda s: s["p"] * s["q"].sum(0) - s["q"],
    ("gradient", "p sum(w q) - w q"): lambda s: s["p"] * (WEIGHT @ s["q'"]) - WEIGHT[:, None] * s["q'"],
    ("gradient", "p sum(w q) - w q, q = 1 - eps + eps / C at the target, eps / C elsewhere"): lambda s: (
        s["p"] * (WEIGHT @ s.smooth) - WEIGHT[:, None] * s.smooth
    ),
    # binary
    ("w", "weight of the element"): lambda s: np.full(ROWS, 2.5),
    ("log p", "at least -100"): lambda s: maximum(log(s["p"]), -100),
    ("log(1-p)", "at least -100"): lambda s: maximum(log1p(-s["p"]), -100),
    ("loss", "w x cost"): lambda s: s["w"] * s["cost"],
    ("gradient", "weight (p - t) / max(p (1 - p), 1e-12)"): lambda s: (
        s.steps.get("w", 1) * (s["p"] - s["t"]) / maximum(s["p"] * (1 - s["p"]), 1e-12)
    ),
    ("g", "sigmoid(z) = 1 / (1 + exp -z)"): lambda s: 1 / (1 + exp(-s["z"])),
    ("tail", "log(1 + exp -|z|)"): lambda s: log(1 + exp(-abs(s["z"]))),
    ("-log g", "softplus(-z) = max(-z, 0) + tail"): lambda s: log(1 + exp(-s["z"])),
    ("-log(1-g)", "softplus(z) = max(z, 0) + tail"): lambda s: log(1 + exp(s["z"])),
    ("pos_weight", "option"): lambda s: np.full(ROWS, 3.0),
    ("gradient", "weight [(1-t) g - pos_weight t (1-g)]"): lambda s: (
        s.steps.get("w", 1) * ((1 - s["t"]) * s["g"] - s.steps.get("pos_weight", 1) * s["t"] * (1 - s["g"]))
    ),
    ("y s", "margin"): lambda s: s["y"] * s["s"],
    ("tail", "log(1 + exp -|y s|)"): lambda s: log(1 + exp(-abs(s["y s"]))),
    ("loss", "log(1 + exp(-y s)) = max(-y s, 0) + tail"): lambda s: log(1 + exp(-s["y s"])),
    ("gradient", "-y / (1 + exp(y s))"): lambda s: -s["y"] / (1 + exp(s["y s"])),
    # divergences
    ("loss", "p (log p - log q), 0 where p is 0"): lambda s: product(s["p"], s["log p"] - s["log q"]),
    ("gradient", "-p"): lambda s: -s["p"],
    ("d", "(p - q) / (p + q), 0 where both are 0"): lambda s: np.where(
        s["p"] + s["q"] == 0, 0, (s["p"] - s["q"]) / (s["p"] + s["q"])
    ),
    ("share", "(p + q) / 4 [(1+d) log(1+d) + (1-d) log(1-d)]"): lambda s: (
        (s["p"] + s["q"]) / 4 * sum(product(1 + d, log(1 + d)) for d in (s["d"], -s["d"]))
    ),
    ("loss", "sum over the classes of the shares"): lambda s: (
        counted(s, s["share"].sum(0)) if s.hard else s["share"].sum(0)
    ),
    ("gradient", "log(p / m) / 2"): lambda s: log1p(s["d"]) / 2,
    ("gradient", "p log(p / m) / 2"): lambda s: s["p"] * log1p(s["d"]) / 2,
    # focal
    ("1 - p[y]", "-expm1(log p[y])"): lambda s: 1 - exp(-s["-log p[y]"]),
    ("factor", "(1 - p[y])^1.5"): lambda s: s["1 - p[y]"] ** 1.5,
    ("loss", "factor x -log p[y]"): lambda s: counted(s, s["factor"] * s["-log p[y]"]),
    ("loss", "weight x factor x -log p[y]"): lambda s: s["weight"] * s["factor"] * s["-log p[y]"],
    ("gradient", "w a (p - onehot(y)), a = factor (1 - gamma p[y] log p[y] / (1 - p[y]))"): lambda s: (
        s.factor
        * s["factor"]
        * (1 + 1.5 * s.own(s["p"]) * s["-log p[y]"] / (1 - s.own(s["p"])))
        * (s["p"] - s.onehot)
    ),
    ("1 - p_t", "t (1-g) + (1-t) g"): lambda s: s["t"] * (1 - s["g"]) + (1 - s["t"]) * s["g"],
    ("cost", "t softplus(-z) + (1-t) softplus(z)"): lambda s: (
        s["t"] * log(1 + exp(-s["z"])) + (1 - s["t"]) * log(1 + exp(s["z"]))
    ),
    ("factor", "(1 - p_t)^1.5"): lambda s: s["1 - p_t"] ** 1.5,
    ("factor", "alpha_t (1 - p_t)^1.5"): lambda s: (0.3 * s["t"] + 0.7 * (1 - s["t"])) * s["1 - p_t"] ** 1.5,
    ("loss", "factor x cost"): lambda s: s["factor"] * s["cost"],
    ("gradient", "factor [g - t + gamma (1-2t) g (1-g) / (1-p_t) cost]"): lambda s: (
        s["factor"]
        * (s["g"] - s["t"] + 1.5 * (1 - 2 * s["t"]) * s["g"] * (1 - s["g"]) / s["1 - p_t"] * s["cost"])
    ),
    # squares
    ("d", "p - onehot(y)"): lambda s: s["p"] - s.onehot,
    ("d^2", "squared"): lambda s: s["d"] ** 2,
    ("sum of d^2", "sum over the classes"): lambda s: s["d^2"].sum(0),
    ("loss", "sum of d^2"): lambda s: counted(s, s["sum of d^2"]),
    ("loss", "weight x sum of d^2"): lambda s: s["weight"] * s["sum of d^2"],
    ("gradient", "2 d"): lambda s: 2 * s["d"],
    ("gradient", "2 p d"): lambda s: 2 * s["p"] * s["d"],
    ("gradient", "2 weight p (d - sum p d)"): lambda s: (
        2 * s.w * s["p"] * (s["d"] - (s["p"] * s["d"]).sum(0))
    ),
    ("d", "p - t"): lambda s: s["p"] - s["t"],
    ("d", "(1-t) g - t (1-g)"): lambda s: s["g"] - s["t"],
    ("loss", "d^2"): lambda s: s["d^2"],
    ("loss", "w x d^2"): lambda s: s["w"] * s["d^2"],
    ("gradient", "2 weight d"): lambda s: 2 * s["d"],
    ("gradient", "2 weight d g (1 - g)"): lambda s: 2 * s["w"] * s["d"] * s["g"] * (1 - s["g"]),
    # conventions
    ("total", "sum of p over the classes"): lambda s: s["p"].sum(0),
    ("p / total", "rescaled to sum 1"): lambda s: s["p"] / s["total"],
    ("p[y]", "gather"): lambda s: s.own(s.steps.get("p / total", s["p"])),
    ("clipped", "at least 1e-07, at most 1 - 1e-07"): lambda s: keras(
        s.steps.get("p[y]", s.steps.get("p / total"))
    ),
    ("clipped", "at least 2.22e-16, at most 1 - 2.22e-16"): lambda s: sklearn(s["p[y]"]),
    ("clipped", "at least 1e-15"): lambda s: maximum(s["p[y]"], 1e-15),
    ("-log p[y]", "log of the clipped"): lambda s: -log(s["clipped"]),
    ("-log p[y]", "log"): lambda s: -log(s["p[y]"]),
    ("-log p", "log of the clipped"): lambda s: -log(s["clipped"]),
    ("-log p", "log"): lambda s: -log(s["p"]),
    ("-log p", "minus log p"): lambda s: -s["log p"],
    ("gradient", "by the chain of the steps"): chain,
    ("gradient", "by the chain of the steps, 0 where clipped"): chain,
    ("gradient", "(1 - t) / (1 - p) - t / p, 0 where clipped"): lambda s: divided(
        s, s["p clipped"], s["1-p clipped"]
    ),
    ("gradient", "(1 - t) / (1 - p) - t / p, of the shifted, 0 where clipped"): lambda s: divided(
        s, s["p shifted"], s["1-p shifted"]
    ),
    ("w", "w[y]"): lambda s: s.w,
    ("share", "of the divisor: 1 where counted"): lambda s: counted(s, 1.0) if s.hard else np.ones(ROWS),
    ("p clipped", "at least 1e-07, at most 1 - 1e-07"): lambda s: keras(s["p"]),
    ("1-p clipped", "1 - p clipped"): lambda s: 1 - s["p clipped"],
    ("p clipped", "at least 2.22e-16, at most 1 - 2.22e-16"): lambda s: sklearn(s["p"]),
    ("1-p clipped", "at least 2.22e-16, at most 1 - 2.22e-16"): lambda s: sklearn(1 - s["p"]),
    ("p shifted", "clipped + 1e-07"): lambda s: s["p clipped"] + 1e-7,
    ("1-p shifted", "clipped + 1e-07"): lambda s: s["1-p clipped"] + 1e-7,
    ("log p", "of the clipped"): lambda s: log(s["p clipped"]),
    ("log(1-p)", "of the clipped"): lambda s: log(s["1-p clipped"]),
    ("log p", "of the shifted"): lambda s: log(s["p shifted"]),
    ("log(1-p)", "of the shifted"): lambda s: log(s["1-p shifted"]),
    # whatever the loss
    ("sample weight", "from the data"): lambda s: SAMPLES,
    ("weighted loss", "sample weight x loss"): lambda s: s["sample weight"] * s["loss"],
    ("in bits", "loss / ln 2"): lambda s: s.steps.get("weighted loss", s["loss"]) / log(2),
    ("in dits", "loss / ln 10"): lambda s: s.steps.get("weighted loss", s["loss"]) / log(10),
}
BINARY = lambda s: -(s["t"] * s["log p"] + (1 - s["t"]) * s["log(1-p)"])  # noqa: E731
LOGISTIC = "t (-log g) + (1-t) (-log(1-g))"
for _name in ("cost", "loss"):
    FORMULAS[_name, "-[t log p + (1-t) log(1-p)]"] = BINARY
    FORMULAS[_name, LOGISTIC] = lambda s: s["t"] * s["-log g"] + (1 - s["t"]) * s["-log(1-g)"]
    FORMULAS[_name, f"pos_weight {LOGISTIC}"] = lambda s: (
        s["pos_weight"] * s["t"] * s["-log g"] + (1 - s["t"]) * s["-log(1-g)"]
    )

LOG_P, LOG_Q, LOG_T = (log(maximum(values, 1e-30)) for values in (P, Q, T))
CASES: dict[str, tuple[Loss, Any, Any]] = {
    "ce": (CrossEntropy(), Z, Y),
    "ce, weight, bits": (CrossEntropy(weight=WEIGHT, base="2"), Z, Y),
    "ce, smooth": (CrossEntropy(weight=WEIGHT, label_smoothing=EPS), Z, Y),
    "ce, smooth, no weight": (CrossEntropy(label_smoothing=EPS), Z, Y),
    "ce, probabilities": (CrossEntropy(), Z, Q),
    "ce, probabilities, smooth": (CrossEntropy(weight=WEIGHT, label_smoothing=EPS), Z, Q),
    "nll": (NegativeLogLikelihood(weight=WEIGHT), LOG_P, Y),
    "bce": (BinaryCrossEntropy(), YES, T),
    "bce, weight": (BinaryCrossEntropy(weight=[2.5]), YES, T),
    "bce-logits, dits": (BinaryCrossEntropyWithLogits(base="10"), SCORES, T),
    "bce-logits, pos_weight": (BinaryCrossEntropyWithLogits(pos_weight=[3.0]), SCORES, T),
    "bce-logits, weights": (BinaryCrossEntropyWithLogits(pos_weight=[3.0], weight=[2.5]), SCORES, T),
    "bce-logits, weight": (BinaryCrossEntropyWithLogits(weight=[2.5]), SCORES, T),
    "soft-margin": (SoftMargin(), SCORES, 2.0 * HARD - 1),
    "kl": (KullbackLeibler(), LOG_P[:, 1], T),
    "kl, log_target": (KullbackLeibler(log_target=True), LOG_P[:, 1], LOG_T),
    "js": (JensenShannon(), P, Q),
    "js, indices": (JensenShannon(), P, Y),
    "js, logs": (JensenShannon(input_is="log-probs", log_target=True), LOG_P, LOG_Q),
    "focal": (Focal(gamma=1.5), Z, Y),
    "focal, weight": (Focal(gamma=1.5, weight=WEIGHT), Z, Y),
    "focal-binary": (SigmoidFocal(gamma=1.5, alpha=0.3), SCORES, T),
    "focal-binary, no alpha": (SigmoidFocal(gamma=1.5, alpha=-1), SCORES, T),
    "brier": (Brier(), P, Y),
    "brier of logits": (Brier(input_is="logits", weight=WEIGHT), Z, HARD),
    "brier of logarithms": (Brier(input_is="log-probs"), LOG_P, Y),
    "brier-binary": (BinaryBrier(), YES, T),
    "brier-binary of logits": (BinaryBrier(input_is="logits", weight=[2.5]), SCORES, T),
    "ce, probs": (CrossEntropyByConvention(weight=WEIGHT), P, Y),
    "ce, log-probs": (CrossEntropyByConvention(input_is="log-probs"), LOG_P, Y),
    "ce, log-probs, probabilities": (CrossEntropyByConvention(input_is="log-probs"), LOG_P, Q),
    "ce, probs, probabilities": (CrossEntropyByConvention(), P, Q),
    "ce, keras": (CrossEntropyByConvention(convention="keras", weight=WEIGHT), P, Y),
    "ce, keras, smooth": (
        CrossEntropyByConvention(convention="keras", label_smoothing=EPS, ignore_index=None),
        P,
        HARD,
    ),
    "ce, sklearn": (CrossEntropyByConvention(ignore_index=None, convention="sklearn"), P, HARD),
    "ce, sklearn, log-probs": (
        CrossEntropyByConvention(ignore_index=None, convention="sklearn", input_is="log-probs"),
        LOG_P,
        HARD,
    ),
    "ce, lightgbm": (CrossEntropyByConvention(ignore_index=None, convention="lightgbm"), P, HARD),
    "bce, sklearn": (BinaryCrossEntropyByConvention(convention="sklearn"), YES, HARD),
    "bce, keras": (BinaryCrossEntropyByConvention(convention="keras"), YES, T),
    "bce, tf-keras": (BinaryCrossEntropyByConvention(convention="tf-keras"), YES, T),
}


@pytest.mark.parametrize("aligned", [{}, {SAMPLE_WEIGHT: SAMPLES}], ids=["", "sample weights"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_step_is_what_its_formula_says(case: tuple[Loss, Any, Any], aligned: dict[str, Any]) -> None:
    loss, x, y = case
    batch = loss.canonical(Batch(x, y, aligned))
    note = Recorder(with_gradient=True)
    loss.terms(batch, note)
    said = Said(loss, Batch(x, y))
    with np.errstate(all="ignore"):
        for step in note.steps:
            expected = FORMULAS[step.name, step.formula](said)
            np.testing.assert_allclose(step.value, expected, rtol=1e-11, atol=1e-15, err_msg=step.name)
            said.steps[step.name] = np.array(step.value)
