"""The statements from the arrays to the printed loss: PyTorch's function, or the formula in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.studies.emit import LibrarySpec
    from celoss_cli.studies.emit.problem import Problem

__all__ = ["FORMULAS", "computation"]


def computation(problem: Problem, library: LibrarySpec) -> Iterator[str]:
    """The statements that make ``loss`` of the variables, and print it."""
    if library.name == "torch" and not problem.sampled:
        yield f"loss = {_called(problem)}"
    else:
        lines = [*_losses(problem, library), *_reduced(problem)]
        yield from (line.replace("np.", f"{library.namespace}.") for line in lines)
    if problem.options["base"] != "e":
        yield f"loss = loss / math.log({problem.options['base']})"
    yield f"print(loss.{'tolist' if problem.reduction == 'none' else 'item'}())"


def _losses(problem: Problem, library: LibrarySpec) -> Iterator[str]:
    if library.name == "numpy":
        yield from FORMULAS[problem.spec.command](problem)
        return
    yield f"losses = {_call(problem, 'none')}"
    if problem.ignoring and problem.reduction == "mean":
        yield from _counted(problem)


# -------------------------------------------------------------------------------------------- PyTorch


def _called(problem: Problem) -> str:
    """The loss as PyTorch reduces it; the mean of its divergence by rows warns of its meaning."""
    if problem.spec.command == "kl" and problem.reduction == "mean":
        return f"{_call(problem, 'none')}.mean()"
    return _call(problem, problem.reduction)


def _call(problem: Problem, reduction: str) -> str:
    options = ("weight", "pos_weight", "ignore_index", "label_smoothing", "log_target")
    given = {
        name: name if "weight" in name else repr(problem.options[name])
        for name in filter(problem.has, options)
    }
    arguments = [problem.input, "targets", *(f"{name}={value}" for name, value in given.items())]
    return f'F.{problem.spec.name}({", ".join(arguments)}, reduction="{reduction}")'


# ------------------------------------------------------------------------------- the formulas in NumPy


def _cross_entropy(problem: Problem) -> Iterator[str]:
    eps = problem.options["label_smoothing"] if problem.has("label_smoothing") else None
    yield "z = logits - logits.max(axis=1, keepdims=True)"
    yield "log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))"
    if problem.probabilities:
        if eps is not None:
            yield f"targets = {1 - eps!r} * targets + {eps!r} / targets.shape[1]"
        yield f"losses = -({_by_class(problem)}targets * log_p).sum(axis=1)"
        return
    yield from _gathered(problem, "log_p")
    if eps is not None:
        yield f"uniform = -({_by_class(problem)}log_p).mean(axis=1)"
        yield f"losses = {1 - eps!r} * losses + {eps!r} * uniform"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


def _negative_log_likelihood(problem: Problem) -> Iterator[str]:
    yield from _gathered(problem, "log_probs")
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


def _gathered(problem: Problem, log_p: str) -> Iterator[str]:
    """The weighted -log p of the targets."""
    if problem.ignoring:
        yield from _counted(problem)
    picked = f"{log_p}[np.arange(len(targets)), targets]"
    if problem.axes > 1:
        picked = f"np.take_along_axis({log_p}, np.expand_dims(targets, 1), axis=1).squeeze(1)"
    yield f"losses = -{'weight[targets] * ' if problem.weight_by_target else ''}{picked}"


def _counted(problem: Problem) -> Iterator[str]:
    yield f"counted = targets != {problem.options['ignore_index']}"
    yield "targets = np.where(counted, targets, 0)"


def _by_class(problem: Problem) -> str:
    """The class weights as a factor of values by class."""
    if not problem.has("weight"):
        return ""
    return "weight * " if problem.axes == 1 else f"weight.reshape({_leading(problem)}) * "


def _leading(problem: Problem) -> str:
    """The shape of values of the first axis beside the axes of a row."""
    return f"-1{', 1' * (problem.axes - 1)}"


def _binary_cross_entropy(problem: Problem) -> Iterator[str]:
    yield 'with np.errstate(divide="ignore"):  # log 0 is clamped'
    yield "    log_p = np.maximum(np.log(probs), -100)"
    yield "    log_q = np.maximum(np.log1p(-probs), -100)"
    weight = "weight * " if problem.has("weight") else ""
    yield f"losses = -{weight}(targets * log_p + (1 - targets) * log_q)"


def _with_logits(problem: Problem) -> Iterator[str]:
    factor = "pos_weight * " if problem.has("pos_weight") else ""
    yield f"positive = {factor}targets * np.logaddexp(0, -logits)"
    yield "negative = (1 - targets) * np.logaddexp(0, logits)"
    yield f"losses = {'weight * (positive + negative)' if problem.has('weight') else 'positive + negative'}"


def _soft_margin(problem: Problem) -> Iterator[str]:
    yield "losses = np.logaddexp(0, -targets * scores)"


def _divergence(problem: Problem) -> Iterator[str]:
    if problem.has("log_target"):
        yield "losses = np.exp(targets) * (targets - log_probs)"
    else:
        yield "log_targets = np.log(np.where(targets == 0, 1, targets))  # 0 log 0 = 0"
        yield "losses = targets * (log_targets - log_probs)"


FORMULAS: dict[str, Callable[[Problem], Iterator[str]]] = {
    "ce": _cross_entropy,
    "nll": _negative_log_likelihood,
    "bce": _binary_cross_entropy,
    "bce-logits": _with_logits,
    "soft-margin": _soft_margin,
    "kl": _divergence,
}
"""The statements that make ``losses``, by command."""


# ------------------------------------------------------------------------- from the losses to one number


def _reduced(problem: Problem) -> Iterator[str]:
    """The statements from ``losses`` to ``loss``, the same in both libraries."""
    if problem.sampled:
        if problem.axes > 1:
            yield f"sample_weight = sample_weight.reshape({_leading(problem)})"
        yield "losses = sample_weight * losses"
    shares = _shares(problem)
    if problem.reduction == "mean" and shares:
        yield f"shares = {' * '.join(shares)}"
        yield "loss = losses.sum() / shares.sum()"
        return
    plain = {"none": "", "sum": ".sum()", "batchmean": ".sum() / len(losses)", "mean": ".mean()"}
    yield f"loss = losses{plain[problem.reduction]}"


def _shares(problem: Problem) -> list[str]:
    """The factors of what each loss adds to the divisor of the mean; none where that is 1."""
    sampled = ["sample_weight"] if problem.axes == 1 else ["sample_weight", "np.ones_like(losses)"]
    return [
        *(sampled if problem.sampled else ()),
        *(["weight[targets]"] if problem.weight_by_target else ()),
        *(["counted"] if problem.ignoring else ()),
    ]
