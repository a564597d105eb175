"""Focal loss of binary answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.option import FINITE, Option
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.binary import AnswerLoss, answers_of, log_answers, logistic, share_of, tail_of
from celoss_cli.losses.options import GAMMA, SEMANTICS
from celoss_cli.losses.outside import answers_outside
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "SigmoidFocal", "sigmoid_focal_loss"]

ALPHA = Option(
    "alpha",
    FINITE,
    "The factor of the answer 1, 1 less it that of 0; below 0 for none; 0.25 if not given.",
    metavar="A",
    panel=SEMANTICS,
)


@record(frozen=True, kw_only=True)
class SigmoidFocal(AnswerLoss):
    """Binary cross entropy of logits in which answers that are right already count less.

    As ``torchvision.ops.sigmoid_focal_loss`` defines it, without its overflow.

    Formula:
        g = sigmoid(z) = 1 / (1 + exp(-z))
        cost = -[t log g + (1 - t) log(1 - g)]
        1 - p_t = t (1 - g) + (1 - t) g, how far the answer is from the target
        alpha_t = alpha t + (1 - alpha) (1 - t)
        loss = alpha_t (1 - p_t)^gamma cost

    Derivation:
        The cost is that of bce-logits. Where one answer is rare, the many small costs of the other one
            outweigh its few large ones.
        The factor (1 - p_t)^gamma lowers the costs of answers that are right already: with gamma 2, a
            hundredfold at p_t = 0.9.
        alpha_t balances the two answers, whatever the model says.
        1 - g is computed as sigmoid(-z), so that it keeps its digits where g is near 1.
        The derivative with respect to the logit is alpha_t (1 - p_t)^gamma [g - t + gamma (1 - 2t) g (1 - g)
            / (1 - p_t) cost].

    Attributes:
        alpha: the factor of the cost of the answer 1; that of 0 is 1 - alpha. Below 0 neither has one.
        gamma: the exponent, from 0 on; 0 is the binary cross entropy.

    Reduction:
        none: the loss of every element, which torchvision gives where none is named.
        mean: the total divided by the number of elements, as torchvision divides; the paper divides by the
            number of objects, which is the sum divided by hand.

    Twin:
        bce-logits is this loss with gamma 0 and alpha below 0.
        focal takes a logit for each class.

    Reference:
        torchvision.ops.sigmoid_focal_loss, whose numbers these are.
        Lin et al. 2017, "Focal loss for dense object detection", arXiv 1708.02002.

    Example:
        celoss focal-binary --logits '2,-1,0.5;-2,1.5,0' --targets '1,0,1;0,1,1' --alpha 0.25 --rows 2

    """

    alpha: float = 0.25
    gamma: float = 2.0

    is_log_loss: ClassVar[bool] = False
    predicts: ClassVar[str] = "logit z"
    predicts_probability: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alpha <= 1:
            raise UsageError(f"Expected alpha from 0 to 1, or below 0 for none, got {self.alpha:g}.")
        if not 0 <= self.gamma < math.inf:
            raise UsageError(f"Expected gamma from 0 on, got {self.gamma:g}.")

    def violation(self, batch: Batch) -> Violation | None:
        return answers_outside(batch.target, 0, 1, "Expected a target from 0 to 1")

    def outcomes(self, batch: Batch) -> Array:
        return answers_of(batch.target, 0)

    def log_predictions(self, batch: Batch) -> Array:
        return log_answers(batch.input)

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        z = note.term("z", "logit", x)
        note("t", "target", t)
        g = note("g", "sigmoid(z) = 1 / (1 + exp -z)", logistic(z))
        rest = note.term("1 - p_t", "t (1-g) + (1-t) g", t * logistic(-z) + (1 - t) * g)
        tail = tail_of(z)
        miss, alarm = tail + np.maximum(-z, 0), tail + np.maximum(z, 0)
        cost = note.term(
            "cost", "t softplus(-z) + (1-t) softplus(z)", share_of(t, miss) + share_of(1 - t, alarm)
        )
        factor = note.term("factor", self._factor_is(), self._alpha_t(t) * rest**self.gamma)
        np.copyto(out, share_of(factor, cost))
        note.gradient(
            "factor [g - t + gamma (1-2t) g (1-g) / (1-p_t) cost]",
            lambda: factor * ((1 - t) * g - t * logistic(-z) + self.gamma * self._pull(z, t, rest, cost)),
        )
        return 0

    def _pull(self, z: Array, t: Array, rest: Array, cost: Array) -> Array:
        """(1 - 2t) g (1 - g) / (1 - p_t) cost, with the limits of hard targets for 0 / 0 and 0 x infinity."""
        ratio = np.where(rest == 0, 1, logistic(z) * logistic(-z) / rest)
        return (1 - 2 * t) * share_of(ratio, cost)

    def _alpha_t(self, t: Array) -> Any:
        alpha = t.dtype.type(self.alpha)
        return alpha * t + (1 - alpha) * (1 - t) if alpha >= 0 else t.dtype.type(1)

    def _factor_is(self) -> str:
        return f"{'alpha_t ' if self.alpha >= 0 else ''}(1 - p_t)^{self.gamma:g}"

    def _loss_is(self) -> str:
        return "factor x cost"


def _emitted(problem: Problem) -> Iterator[str]:
    alpha, gamma = problem.options["alpha"], problem.options["gamma"]
    yield "miss = np.logaddexp(np.zeros_like(logits), -logits)  # -log g, g = sigmoid of the logits"
    yield "alarm = np.logaddexp(np.zeros_like(logits), logits)  # -log(1 - g)"
    yield "rest = targets * np.exp(-alarm) + (1 - targets) * np.exp(-miss)"
    yield f"losses = rest ** {gamma!r} * (targets * miss + (1 - targets) * alarm)"
    if alpha >= 0:
        yield f"losses = ({alpha!r} * targets + {1 - alpha!r} * (1 - targets)) * losses"


LOSS = LossSpec(
    command="focal-binary",
    name="sigmoid_focal_loss",
    title="binary focal loss",
    summary="Focal loss of logits of yes or no: alpha_t (1 - p_t)^gamma times binary cross entropy.",
    takes="logits",
    target="0, 1 or a probability",
    loss=SigmoidFocal,
    example="celoss focal-binary --logits 2.2,-1.4 --targets 1,0",
    reference="torchvision.ops.sigmoid_focal_loss",
    emitted=_emitted,
    declared=(ALPHA, GAMMA),
)


def sigmoid_focal_loss(
    input: Any,
    target: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "none",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Focal loss of binary answers: ``l = alpha_t (1 - p_t)^gamma (-log p_t)`` for targets of 0 and 1.

    Args:
        input: logits z, any shape; p is their sigmoid.
        target: t, the same shape, usually 0 or 1: p_t is p for 1 and 1 - p for 0.
        alpha: the factor of the answer 1, 1 - alpha that of 0; below 0 for none.
        gamma: the exponent, from 0 on.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: an array of the input's shape, or for "mean" and "sum" a float.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> sigmoid_focal_loss([0.0, 0.0], [1, 0], alpha=-1, gamma=0)
        array([0.69314718, 0.69314718])

    With gamma 0 and no alpha it is its twin ``binary_cross_entropy_with_logits``; ``focal_loss`` is the same
    over classes. The definition, with its default of "none", is torchvision's
    ``torchvision.ops.sigmoid_focal_loss``; Lin et al. 2017, "Focal loss for dense object detection".

    """
    return reduced(LOSS, input, target, reduction, dtype, alpha=alpha, gamma=gamma)
