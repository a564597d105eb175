"""NumPy and JAX: the formula itself, in the same words but for a few."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.core.records import record
from celoss_cli.studies.emit.literals import assigned

if TYPE_CHECKING:
    from celoss_cli.studies.emit.problem import DataCode, Problem, Values

__all__ = ["FORMULAS", "JAX", "NUMPY"]


@record(frozen=True, slots=True)
class _Arrays:
    """Writes a library of arrays.

    Attributes:
        namespace: the name of its module.
        module: the module.
        log_softmax: the statements that take the logits to ``log_p``.
        warns: whether log 0 warns.

    """

    namespace: str
    module: str
    log_softmax: tuple[str, ...]
    warns: bool

    def largest(self, problem: Problem) -> float:
        return math.inf

    def imports(self, problem: Problem) -> Iterator[str]:
        if self.module.startswith("jax"):
            yield "import jax"
        yield f"import {self.module} as {self.namespace}"

    def setup(self, problem: Problem) -> Iterator[str]:
        if self.module.startswith("jax") and problem.options["dtype"] == "float64":
            yield 'jax.config.update("jax_enable_x64", True)'

    def variable(self, problem: Problem, name: str, values: Values) -> str:
        dtype = "int64" if values.indices else problem.options["dtype"]
        if values.literal and dtype != "float32":
            return assigned(name, f"{self.namespace}.array", values.text)
        return assigned(name, f"{self.namespace}.array", values.text, f"dtype={self.namespace}.{dtype}")

    def computation(self, problem: Problem, data: DataCode) -> Iterator[str]:
        for line in FORMULAS[problem.spec.command](problem, self):
            yield line.replace("np.", f"{self.namespace}.")
        for line in _reduced(problem, data.sample_weight is not None):
            yield line.replace("np.", f"{self.namespace}.")
        yield f"print(loss.{'tolist' if problem.reduction == 'none' else 'item'}())"


NUMPY = _Arrays(
    namespace="np",
    module="numpy",
    log_softmax=(
        "z = logits - logits.max(axis=1, keepdims=True)",
        "log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
    ),
    warns=True,
)
JAX = _Arrays(
    namespace="jnp",
    module="jax.numpy",
    log_softmax=("log_p = jax.nn.log_softmax(logits, axis=1)",),
    warns=False,
)


# ------------------------------------------------------------------------------------ the class losses


def _cross_entropy(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    yield from arrays.log_softmax
    eps = problem.given("label_smoothing")
    if problem.probabilities:
        if eps is not None:
            yield f"targets = {1 - eps!r} * targets + {eps!r} / targets.shape[1]"
        yield f"losses = -({_per_class(problem)}targets * log_p).sum(axis=1)"
        return
    yield from _gathered(problem, "log_p")
    if eps is not None:
        yield f"uniform = -({_per_class(problem)}log_p).mean(axis=1)"
        yield f"losses = {1 - eps!r} * losses + {eps!r} * uniform"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


def _negative_log_likelihood(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    yield from _gathered(problem, "log_probs")
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


def _gathered(problem: Problem, log_p: str) -> Iterator[str]:
    """The weighted -log p of the targets."""
    if problem.ignoring:
        yield f"counted = targets != {problem.options['ignore_index']}"
        yield "targets = np.where(counted, targets, 0)"
    if problem.axes == 1:
        picked = f"{log_p}[np.arange(len(targets)), targets]"
    else:
        picked = f"np.take_along_axis({log_p}, np.expand_dims(targets, 1), axis=1).squeeze(1)"
    yield f"losses = -{'weight[targets] * ' if problem.given('weight') is not None else ''}{picked}"


def _per_class(problem: Problem) -> str:
    """The class weights as a factor of values by class."""
    if problem.given("weight") is None:
        return ""
    return "weight * " if problem.axes == 1 else f"weight.reshape(-1{', 1' * (problem.axes - 1)}) * "


# ----------------------------------------------------------------------------------- the element losses


def _binary_cross_entropy(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    lines = ["log_p = np.maximum(np.log(probs), -100)", "log_q = np.maximum(np.log1p(-probs), -100)"]
    if arrays.warns:
        yield 'with np.errstate(divide="ignore"):  # log 0 is clamped'
        lines = [f"    {line}" for line in lines]
    yield from lines
    yield f"losses = -{_weight(problem)}(targets * log_p + (1 - targets) * log_q)"


def _with_logits(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    factor = "" if problem.given("pos_weight") is None else "pos_weight * "
    yield f"positive = {factor}targets * np.logaddexp(0, -logits)"
    yield "negative = (1 - targets) * np.logaddexp(0, logits)"
    total = "positive + negative"
    yield f"losses = {total if problem.given('weight') is None else f'weight * ({total})'}"


def _soft_margin(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    yield "losses = np.logaddexp(0, -targets * scores)"


def _divergence(problem: Problem, arrays: _Arrays) -> Iterator[str]:
    if problem.given("log_target"):
        yield "losses = np.exp(targets) * (targets - log_probs)"
    else:
        yield "log_targets = np.log(np.where(targets == 0, 1, targets))  # 0 log 0 = 0"
        yield "losses = targets * (log_targets - log_probs)"


def _weight(problem: Problem) -> str:
    return "" if problem.given("weight") is None else "weight * "


FORMULAS = {
    "ce": _cross_entropy,
    "nll": _negative_log_likelihood,
    "bce": _binary_cross_entropy,
    "bce-logits": _with_logits,
    "soft-margin": _soft_margin,
    "kl": _divergence,
}
"""The statements that make ``losses``, by command."""


# -------------------------------------------------------------------------------------------- reduction


def _reduced(problem: Problem, sampled: bool) -> Iterator[str]:
    if sampled:
        if problem.axes > 1:
            yield f"sample_weight = sample_weight.reshape(-1{', 1' * (problem.axes - 1)})"
        yield "losses = sample_weight * losses"
    shares = _shares(problem, sampled)
    value = {
        "none": "losses",
        "sum": "losses.sum()",
        "batchmean": "losses.sum() / len(losses)",
        "mean": "losses.sum() / shares.sum()" if shares else "losses.mean()",
    }[problem.reduction]
    if problem.reduction == "mean" and shares:
        yield f"shares = {shares}"
    if problem.options["base"] != "e":
        value = f"{value} / np.log({problem.options['base']})"
    yield f"loss = {value}"


def _shares(problem: Problem, sampled: bool) -> str:
    """What each loss adds to the divisor of the mean, or "" where that is 1."""
    factors = []
    if sampled:
        factors.append(
            "sample_weight" if problem.axes == 1 else "np.broadcast_to(sample_weight, losses.shape)"
        )
    if problem.given("weight") is not None and problem.spec.per == "class" and not problem.probabilities:
        factors.append("weight[targets]")
    if problem.ignoring:
        factors.append("counted")
    return " * ".join(factors)
