"""Binary cross entropy of logits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.base import finite_weights
from celoss_cli.losses.binary import BinaryLoss, log_answers, logistic, share_of, tail_of, weighted
from celoss_cli.losses.options import POS_WEIGHT, WEIGHT
from celoss_cli.losses.outside import answers_outside
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "BinaryCrossEntropyWithLogits", "binary_cross_entropy_with_logits"]


@record(frozen=True, kw_only=True)
class BinaryCrossEntropyWithLogits(BinaryLoss):
    """pos_weight t softplus(-z) + (1 - t) softplus(z), with softplus(z) = log(1 + exp z).

    As ``torch.nn.functional.binary_cross_entropy_with_logits`` defines it, written with one cost for
    each of the two answers, so that infinite logits give the limits instead of nan.

    Formula:
        g = sigmoid(z) = 1 / (1 + exp(-z))
        loss = -w [pw t log g + (1 - t) log(1 - g)]
        -log g = softplus(-z) = max(-z, 0) + log(1 + exp(-|z|))
        -log(1 - g) = softplus(z) = max(z, 0) + log(1 + exp(-|z|))

    Derivation:
        The sigmoid turns a logit into the probability of the answer 1; the loss is that of bce.
        With the sigmoid written out, -log g = log(1 + exp(-z)) and -log(1 - g) = log(1 + exp(z)).
        The part that could overflow is split off: log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), exact
            for logits of any size and without a clamp.
        The derivative with respect to the logit is g - t; with pw it is (1 - t) g - pw t (1 - g).

    Attributes:
        pos_weight: pw, a factor on the cost of the answer 1 alone; above 1 it raises the recall, below 1
            the precision. One value, or one for each entry of the last axis, or any shape that broadcasts
            to the input.

    Twin:
        bce takes probabilities and clamps their logarithms at -100.
        soft-margin is this loss for labels y of +1 and -1, with t = (y + 1) / 2.
        Without weights it is ce of the two logits [0, z].

    Reference:
        torch.nn.functional.binary_cross_entropy_with_logits, whose numbers these are.
        Cox 1958, "The regression analysis of binary sequences", for the logit.

    Example:
        celoss bce-logits --logits '2,-1,0.5;-2,1.5,0' --targets '1,0,1;0,1,1' --pos-weight 1,1,3 --rows 3

    """

    pos_weight: Array | None = None

    predicts: ClassVar[str] = "logit z"
    predicts_probability: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pos_weight is not None:
            object.__setattr__(self, "pos_weight", finite_weights("positive weights", self.pos_weight))

    def _aligned(self) -> dict[str, Array]:
        extra = {} if self.pos_weight is None else {"pos_weight": self.pos_weight}
        return {**super()._aligned(), **extra}

    def out_of_domain_options(self) -> list[str]:
        odd = super().out_of_domain_options()
        if self.pos_weight is not None and (self.pos_weight < 0).any():
            odd.append(f"Expected positive weights of at least 0, got {self.pos_weight.min():g}.")
        return odd

    def violation(self, batch: Batch) -> Violation | None:
        return answers_outside(batch.target, 0, 1, "Expected a target from 0 to 1")

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        z = note.term("z", "logit", x)
        note("t", "target", t)
        note.lazy("g", "sigmoid(z) = 1 / (1 + exp -z)", lambda: logistic(z))
        tail = note("tail", "log(1 + exp -|z|)", tail_of(z))
        miss = note.term("-log g", "softplus(-z) = max(-z, 0) + tail", tail + np.maximum(-z, 0))
        alarm = note.term("-log(1-g)", "softplus(z) = max(z, 0) + tail", tail + np.maximum(z, 0))
        if "pos_weight" in aligned:
            miss = share_of(note.term("pos_weight", "option", aligned["pos_weight"]), miss)
        cost = share_of(t, miss) + share_of(1 - t, alarm)
        if "weight" in aligned:
            note.term("cost", self._cost_is(), cost)
        out[...] = weighted(cost, aligned, note)
        note.gradient(
            "weight [(1-t) g - pos_weight t (1-g)]",
            lambda: _slope(z, t, aligned.get("pos_weight")) * aligned.get("weight", 1),
        )
        return 0

    def log_predictions(self, batch: Batch) -> Array:
        return log_answers(batch.input)

    def costs_of_frequencies(self, totals: Array) -> Array | None:
        own = self.pos_weight
        if own is not None and own.size > 1 and own.shape != totals.shape[:1]:
            return None  # of elements that are no labels of a row
        return super().costs_of_frequencies(totals)

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        if self.pos_weight is not None and self.pos_weight.size > 1:
            raise UsageError(f"Expected one positive weight for a curve, got {self.pos_weight.size}.")
        alone = self if self.pos_weight is None else replace(self, pos_weight=self.pos_weight.reshape(()))
        return super(BinaryCrossEntropyWithLogits, alone).predicting(values, target, classes)

    def _cost_is(self) -> str:
        pos_weight = "" if self.pos_weight is None else "pos_weight "
        return f"{pos_weight}t (-log g) + (1-t) (-log(1-g))"

    def _loss_is(self) -> str:
        return super()._loss_is() if self.weight is not None else self._cost_is()


def _slope(z: Array, t: Array, pos_weight: Array | None) -> Array:
    """(1 - t) g - pos_weight t (1 - g), where the terms are of one size with twice the digits."""
    from celoss_cli.losses.double_double import difference_of_answers, of_one_size  # few ask for it

    alarm, miss = (
        (1 - t) * logistic(z),
        t * (logistic(-z) if pos_weight is None else pos_weight * logistic(-z)),
    )
    slope: Array = alarm - miss
    close = np.flatnonzero(of_one_size(alarm, miss))
    if close.size:
        found = difference_of_answers(z[close], t[close], None if pos_weight is None else pos_weight[close])
        slope[close] = np.where(np.isfinite(found), found, slope[close])
    return slope


def _emitted(problem: Problem) -> Iterator[str]:
    factor = "pos_weight * " if problem.has("pos_weight") else ""
    yield f"positive = {factor}targets * np.logaddexp(0, -logits)"
    yield "negative = (1 - targets) * np.logaddexp(0, logits)"
    yield f"losses = {'weight * (positive + negative)' if problem.has('weight') else 'positive + negative'}"


LOSS = LossSpec(
    command="bce-logits",
    name="binary_cross_entropy_with_logits",
    title="binary cross entropy with logits",
    summary="Binary cross entropy of logits: sigmoid, both logarithms, weights.",
    takes="logits",
    target="0, 1 or a probability",
    declared=(
        WEIGHT,
        POS_WEIGHT,
    ),
    loss=BinaryCrossEntropyWithLogits,
    example="celoss bce-logits --logits 2.2,-1.4 --targets 1,0 --pos-weight 3",
    reference="torch.nn.functional.binary_cross_entropy_with_logits",
    emitted=_emitted,
    of_probs=("bce",),
)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: Reduction = "mean",
    pos_weight: Any = None,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Binary cross entropy of logits: ``l = w [pw t softplus(-z) + (1-t) softplus(z)]``.

    Args:
        input: logits z, any shape.
        target: t, the same shape; usually in [0, 1].
        weight: a factor for each element; broadcasts to the input.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        pos_weight: pw, a factor on the positive answer; broadcasts to the input from the last axis.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape. Infinite logits give the limits:
        0 where the answer is right, inf where it is wrong.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> binary_cross_entropy_with_logits([0.0, 0.0], [1, 0])
        0.6931471805599453

    Its twins: ``binary_cross_entropy`` takes probabilities, ``soft_margin_loss`` labels +1 and -1.
    The definition is PyTorch's ``torch.nn.functional.binary_cross_entropy_with_logits``.

    """
    options = {"weight": weight, "pos_weight": pos_weight}
    return reduced(LOSS, input, target, reduction, dtype, **options)
