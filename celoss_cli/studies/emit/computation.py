"""The statements from the arrays to the printed loss: PyTorch's function, or the formula in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError
from celoss_cli.core.option import VALUES
from celoss_cli.losses.emitted import counted, leading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.losses.spec import Problem
    from celoss_cli.studies.emit import LibrarySpec

__all__ = ["computation"]


def computation(problem: Problem, library: LibrarySpec) -> Iterator[str]:
    """The statements that make ``loss`` of the variables, and print it."""
    if _of_torch(problem) and not problem.sampled:
        yield f"loss = {_called(problem)}"
    else:
        lines = [*_losses(problem), *_reduced(problem)]
        yield from (line.replace("np.", f"{library.namespace}.") for line in lines)
    if problem.options.get("base", "e") != "e":
        yield f"loss = loss / math.log({problem.options['base']})"
    yield f"print(loss.{'tolist' if problem.reduction == 'none' else 'item'}())"


def _losses(problem: Problem) -> Iterator[str]:
    """The statements that make ``losses``: a call of PyTorch's function, or the formula of the loss."""
    if _of_torch(problem):
        yield f"losses = {_call(problem, 'none')}"
        if problem.ignoring and problem.reduction == "mean":
            yield from counted(problem)
    elif problem.spec.emitted is not None:
        yield from problem.spec.emitted(problem)
    else:
        raise UsageError(f"Expected no --emit with {problem.spec.command}, got one: it is not offered.")


# -------------------------------------------------------------------------------------------- PyTorch


def _of_torch(problem: Problem) -> bool:
    """Whether PyTorch has the loss of input of this kind."""
    kinds = problem.spec.kinds
    usual = not kinds or (problem.options.get("input_is") or kinds[0]) == kinds[0]
    return problem.library == "torch" and bool(problem.spec.torch) and usual


def _called(problem: Problem) -> str:
    """The loss as PyTorch reduces it; where it has a mean by rows too, its mean warns of its meaning."""
    if problem.reduction == "mean" and "batchmean" in problem.spec.reductions:
        return f"{_call(problem, 'none')}.mean()"
    return _call(problem, problem.reduction)


def _call(problem: Problem, reduction: str) -> str:
    given = {
        option.name: option.name if option.kind is VALUES else repr(problem.options[option.name])
        for option in problem.spec.declared
        if problem.has(option.name)
    }
    arguments = [problem.input, "targets", *(f"{name}={value}" for name, value in given.items())]
    return f'F.{problem.spec.torch}({", ".join(arguments)}, reduction="{reduction}")'


# ------------------------------------------------------------------------- from the losses to one number


def _reduced(problem: Problem) -> Iterator[str]:
    """The statements from ``losses`` to ``loss``, the same in both libraries."""
    if problem.sampled:
        if problem.axes > 1:
            yield f"sample_weight = sample_weight.reshape({leading(problem)})"
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
