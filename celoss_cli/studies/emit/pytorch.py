"""PyTorch: the loss is one function of ``torch.nn.functional``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.studies.emit.literals import assigned

if TYPE_CHECKING:
    from celoss_cli.studies.emit.problem import DataCode, Problem, Values

__all__ = ["TORCH"]


_OVERFLOWS = {"soft-margin": {"float64": 700.0, "float32": 80.0}}
"""Functions that take the exponential of their input, and up to which size they may, by dtype."""

_WARN_OF_THEIR_MEAN = {"kl"}
"""Functions whose reduction "mean" warns that it will change its meaning."""


class _Torch:
    """Writes PyTorch."""

    namespace = "torch"

    def largest(self, problem: Problem) -> float:
        return _OVERFLOWS.get(problem.spec.command, {}).get(problem.options["dtype"], math.inf)

    def imports(self, problem: Problem) -> Iterator[str]:
        if problem.options["base"] != "e":
            yield "import math"
        yield "import torch"
        yield "import torch.nn.functional as F"

    def setup(self, problem: Problem) -> Iterator[str]:
        yield from ()

    def variable(self, problem: Problem, name: str, values: Values) -> str:
        dtype = "int64" if values.indices else problem.options["dtype"]
        return assigned(name, "torch.tensor", values.text, f"dtype=torch.{dtype}")

    def computation(self, problem: Problem, data: DataCode) -> Iterator[str]:
        if data.sample_weight is None:
            yield f"loss = {_whole(problem)}"
        else:
            yield from _weighted(problem)
        if problem.options["base"] != "e":
            yield f"loss = loss / math.log({problem.options['base']})"
        yield f"print(loss.{'tolist' if problem.reduction == 'none' else 'item'}())"


TORCH = _Torch()


def _call(problem: Problem, reduction: str) -> str:
    arguments = [problem.input, "targets"]
    arguments += [f"{name}={name}" for name in ("weight", "pos_weight") if problem.given(name) is not None]
    for name in ("ignore_index", "label_smoothing", "log_target"):
        if problem.given(name) is not None:
            arguments.append(f"{name}={problem.options[name]!r}")
    arguments.append(f'reduction="{reduction}"')
    return f"F.{problem.spec.name}({', '.join(arguments)})"


def _whole(problem: Problem) -> str:
    """The reduced loss."""
    if problem.reduction == "mean" and problem.spec.command in _WARN_OF_THEIR_MEAN:
        return f"{_call(problem, 'none')}.mean()"
    return _call(problem, problem.reduction)


def _weighted(problem: Problem) -> Iterator[str]:
    """The losses of rows that count as often as their weights say, and what is made of them."""
    if problem.axes > 1:
        yield f"sample_weight = sample_weight.reshape(-1{', 1' * (problem.axes - 1)})"
    yield f"losses = sample_weight * {_call(problem, 'none')}"
    if problem.reduction == "none":
        yield "loss = losses"
    elif problem.reduction == "mean":
        yield from _shares(problem)
        yield "loss = losses.sum() / shares.sum()"
    else:
        yield f"loss = losses.sum(){' / len(losses)' if problem.reduction == 'batchmean' else ''}"


def _shares(problem: Problem) -> Iterator[str]:
    """What each loss adds to the divisor of the mean."""
    factors = ["sample_weight.expand_as(losses)"]
    by_class = problem.given("weight") is not None and problem.spec.per == "class"
    if problem.ignoring:
        yield f"counted = targets != {problem.options['ignore_index']}"
        factors.append("counted")
    if by_class and not problem.probabilities:
        factors.append("weight[targets.where(counted, 0)]" if problem.ignoring else "weight[targets]")
    yield f"shares = {' * '.join(factors)}"
