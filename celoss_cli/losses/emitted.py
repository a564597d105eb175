"""A loss written out as code: the statements that losses share.

The statements are NumPy's; where PyTorch has a function of the same name and meaning, they are PyTorch's too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.losses.spec import Problem

__all__ = ["by_class", "counted", "gathered", "leading", "log_softmax_lines", "onehot_lines"]


def log_softmax_lines(problem: Problem) -> Iterator[str]:
    """The statements that make ``log_p`` of the logits."""
    yield f"z = {problem.input} - {problem.input}.max(axis=1, keepdims=True)"
    yield "log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))"


def gathered(problem: Problem, log_p: str, *, weighted: bool = True) -> Iterator[str]:
    """The -log p of the targets, times the weights of their classes if these are wanted."""
    if problem.ignoring:
        yield from counted(problem)
    picked = f"{log_p}[np.arange(len(targets)), targets]"
    if problem.axes > 1:
        picked = f"np.take_along_axis({log_p}, np.expand_dims(targets, 1), axis=1).squeeze(1)"
    yield f"losses = -{'weight[targets] * ' if weighted and problem.weight_by_target else ''}{picked}"


def counted(problem: Problem) -> Iterator[str]:
    """Which targets are counted, and class 0 in place of those that are not."""
    yield f"counted = targets != {problem.ignored}"
    yield "targets = np.where(counted, targets, 0)"


def by_class(problem: Problem) -> str:
    """The class weights as a factor of values by class."""
    if not problem.has("weight"):
        return ""
    return "weight * " if problem.axes == 1 else f"weight.reshape({leading(problem)}) * "


def leading(problem: Problem) -> str:
    """The shape of values of the first axis beside the axes of a row."""
    return f"-1{', 1' * (problem.axes - 1)}"


def onehot_lines(problem: Problem, name: str = "targets") -> Iterator[str]:
    """The statement that makes class indices distributions of the input's shape, under a name."""
    rows = f"np.eye({problem.input}.shape[1], dtype={problem.input}.dtype)[targets]"
    yield f"{name} = {rows}" if problem.axes == 1 else f"{name} = np.moveaxis({rows}, -1, 1)"
