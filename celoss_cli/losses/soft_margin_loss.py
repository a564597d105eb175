"""Soft margin loss: the logistic loss of scores and labels +1 and -1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.base import Violation
from celoss_cli.losses.binary import AnswerLoss, answers_of, log_answers, logistic, tail_of
from celoss_cli.losses.outside import ways_of_answers
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "SoftMargin", "soft_margin_loss"]


@record(frozen=True, kw_only=True)
class SoftMargin(AnswerLoss):
    """log(1 + exp(-y s)), as ``torch.nn.functional.soft_margin_loss`` defines it, without overflow.

    Formula:
        loss = log(1 + exp(-y s)) for a label y of +1 or -1

    Derivation:
        The sigmoid of the score s is the probability of the label +1, that of -s the probability of -1: of
            the label y it is sigmoid(y s).
        Its negative logarithm is log(1 + exp(-y s)), a smooth form of the margin's hinge.
        The part that could overflow is split off: max(-y s, 0) + log(1 + exp(-|y s|)).
        The derivative with respect to the score is -y / (1 + exp(y s)).

    Twin:
        bce-logits is this loss for targets t = (y + 1) / 2, and takes weights.

    Reference:
        torch.nn.functional.soft_margin_loss, whose numbers these are.
        Friedman, Hastie and Tibshirani 2000, "Additive logistic regression: a statistical view of
            boosting".

    Example:
        celoss soft-margin --scores '2,-1,0.5;-2,1.5,0' --targets '1,-1,1;-1,1,1' --rows 2

    """

    predicts: ClassVar[str] = "score s"
    predicts_probability: ClassVar[bool] = False
    drawn_targets: ClassVar[Mapping[str, float]] = {"target +1": 1, "target -1": -1}

    def violation(self, batch: Batch) -> Violation | None:
        labels = batch.target.reshape(-1)
        odd = np.abs(labels) != 1
        if not odd.any():
            return None
        fact = f"Expected a label +1 or -1, got {labels[int(np.flatnonzero(odd)[0])]:g}."
        return Violation(odd, fact, ways_of_answers(labels))

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        s = note.term("s", "score", x)
        note("y", "label", t)
        margin = note.term("y s", "margin", t * s)
        tail = note("tail", "log(1 + exp -|y s|)", tail_of(margin))
        np.add(tail, np.maximum(-margin, 0), out=out)
        note.gradient("-y / (1 + exp(y s))", lambda: -t * logistic(-margin))
        return 0

    def outcomes(self, batch: Batch) -> Array:
        return answers_of(batch.target, -1)

    def log_predictions(self, batch: Batch) -> Array:
        return log_answers(batch.input)

    def _positive(self, t: Array) -> Array:
        return (t + 1) / 2

    def _loss_is(self) -> str:
        return "log(1 + exp(-y s)) = max(-y s, 0) + tail"


def _emitted(problem: Problem) -> Iterator[str]:
    yield "losses = np.logaddexp(0, -targets * scores)"


LOSS = LossSpec(
    command="soft-margin",
    name="soft_margin_loss",
    title="soft margin loss",
    summary="Logistic loss of scores, labels +1 and -1: log(1 + exp(-y s)).",
    takes="scores",
    target="+1 or -1",
    loss=SoftMargin,
    example="celoss soft-margin --scores 2.2,-1.4 --targets 1,-1",
    reference="torch.nn.functional.soft_margin_loss",
    emitted=_emitted,
    overflows={"float64": 700.0, "float32": 80.0},
    of_probs=("bce",),
)


def soft_margin_loss(
    input: Any, target: Any, reduction: Reduction = "mean", *, dtype: str = "float64"
) -> float | Array:
    """Logistic loss of scores: ``l = log(1 + exp(-y s))``.

    Args:
        input: scores s, any shape.
        target: labels y, the same shape; usually +1 and -1.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> soft_margin_loss([0.0], [-1])
        0.6931471805599453

    Equal to its twin ``binary_cross_entropy_with_logits`` with t = (y + 1) / 2. The definition is
    PyTorch's ``torch.nn.functional.soft_margin_loss``.

    """
    return reduced(LOSS, input, target, reduction, dtype)
