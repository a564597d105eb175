"""Focal loss over classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.class_axis import (
    log_softmax_columns,
    logit_columns,
    most_probable,
    negative_log_picked,
)
from celoss_cli.losses.class_loss import WeightedClassLoss, onehot
from celoss_cli.losses.emitted import counted, gathered, log_softmax_lines
from celoss_cli.losses.options import GAMMA, IGNORE_INDEX, WEIGHT
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "Focal", "focal_loss"]


@record(frozen=True, kw_only=True)
class Focal(WeightedClassLoss):
    """Cross entropy of logits in which answers that are right already count less: (1 - p)^gamma (-log p).

    Formula:
        p[c] = exp(x[c]) / sum exp(x), the softmax of the logits
        loss = w[y] (1 - p[y])^gamma (-log p[y])

    Derivation:
        The cross entropy of a target is -log p[y]. Where most targets are easy, their many small losses
            outweigh the few large ones.
        The factor (1 - p[y])^gamma lowers those of the easy ones: with gamma 2, a hundredfold at p[y] = 0.9
            and by less than a half at p[y] = 0.3.
        1 - p[y] is computed as -expm1(log p[y]), so that it keeps its digits where p[y] is near 1.
        The derivative with respect to the logits is w[y] a (p - onehot(y)), with a = (1 - p[y])^gamma (1 -
            gamma p[y] log p[y] / (1 - p[y])).

    Attributes:
        gamma: the exponent, from 0 on; 0 is the cross entropy.

    Reduction:
        mean: the total divided by the sum of w[y] over the counted targets, without weights their number, as
            ce divides. Others divide by the number of all targets, or, in detection, by that of the objects.

    Twin:
        ce is this loss with gamma 0.
        focal-binary takes one logit for each answer of yes or no.

    Reference:
        Lin et al. 2017, "Focal loss for dense object detection", arXiv 1708.02002.

    Example:
        celoss focal --logits '2,1,0.1;0.5,2.5,0.3' --targets 0,1 --gamma 2 --weight 1,2,3

    """

    gamma: float = 2.0

    is_log_loss: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.gamma < math.inf:
            raise UsageError(f"Expected gamma from 0 on, got {self.gamma:g}.")

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        parts = negative_log_picked(x, y, out, note)
        cost = note.term("-log p[y]", "log sum - z[y]", out.copy())
        rest = note.term("1 - p[y]", "-expm1(log p[y])", -np.expm1(-cost))
        factor = note.term("factor", f"(1 - p[y])^{self.gamma:g}", rest**self.gamma)
        np.multiply(factor, cost, out=out)
        if weights is not None:
            np.multiply(out, weights.take(y), out=out)
        note.gradient(
            "w a (p - onehot(y)), a = factor (1 - gamma p[y] log p[y] / (1 - p[y]))",
            lambda: parts.gradient(onehot(x, y, weights) * self._slope(cost, rest, factor)),
        )
        return None

    def _slope(self, cost: Array, rest: Array, factor: Array) -> Array:
        """The derivative of the loss by that of the cross entropy."""
        p = np.exp(-cost)
        ratio = np.where(rest == 0, 1, cost / rest)
        return factor * (1 + self.gamma * np.where(p == 0, 0, p * ratio))

    def logits(self, batch: Batch) -> Array | None:
        return logit_columns(batch.input)

    def log_predictions(self, batch: Batch) -> Array:
        return log_softmax_columns(batch.input)

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        return most_probable(batch.input)

    def _loss_is(self) -> str:
        return f"{'' if self.weight is None else 'weight x '}factor x -log p[y]"


def _emitted(problem: Problem) -> Iterator[str]:
    if problem.library == "torch":
        ignored = f", ignore_index={problem.ignored}" if problem.ignoring else ""
        yield f'losses = F.cross_entropy(logits, targets{ignored}, reduction="none")'
        if problem.ignoring:
            yield from counted(problem)
    else:
        yield from log_softmax_lines(problem)
        yield from gathered(problem, "log_p", weighted=False)
    yield f"losses = (-np.expm1(-losses)) ** {problem.options['gamma']!r} * losses"
    if problem.weight_by_target:
        yield "losses = weight[targets] * losses"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


LOSS = LossSpec(
    command="focal",
    name="focal_loss",
    title="focal loss",
    summary="Focal loss of logits over classes: cross entropy times (1 - p)^gamma.",
    takes="logits",
    target="class indices or class names",
    loss=Focal,
    example="celoss focal --logits '0.9,0.1;0.8,0.2' --targets 0,1 --gamma 2",
    reference="the formula of Lin et al. 2017",
    emitted=_emitted,
    declared=(WEIGHT, IGNORE_INDEX, GAMMA),
)


def focal_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Focal loss over classes: ``l = w[y] (1 - p[y])^gamma (-log p[y])`` with ``p = softmax(input)``.

    Args:
        input: logits, shape (C,), (N, C) or (N, C, d1, ..., dk).
        target: class indices of shape (), (N,) or (N, d1, ..., dk).
        weight: shape (C,), a factor for each class.
        ignore_index: targets of this value count neither in the sum nor in the divisor.
        gamma: the exponent, from 0 on.
        reduction: "none", "mean" or "sum"; the mean divides by the sum of w[y] over the counted targets.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the shape of ``target``.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> focal_loss([[0.0, 0.0]], [0], gamma=0)
        0.6931471805599453

    With gamma 0 it is its twin ``cross_entropy``; ``sigmoid_focal_loss`` is the same for answers of yes or
    no. Lin et al. 2017, "Focal loss for dense object detection".

    """
    return reduced(
        LOSS, input, target, reduction, dtype, weight=weight, ignore_index=ignore_index, gamma=gamma
    )
