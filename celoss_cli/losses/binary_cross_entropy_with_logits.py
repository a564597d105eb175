"""Binary cross entropy of logits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from celoss_cli.core.errors import UsageError
from celoss_cli.core.records import record
from celoss_cli.losses.base import finite_weights
from celoss_cli.losses.binary import BinaryLoss, log_answers, logistic, share_of, tail_of, weighted
from celoss_cli.losses.elementwise import first_outside

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation

__all__ = ["BinaryCrossEntropyWithLogits"]


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

    def odd_options(self) -> list[str]:
        odd = super().odd_options()
        if self.pos_weight is not None and (self.pos_weight < 0).any():
            odd.append(f"Expected positive weights of at least 0, got {self.pos_weight.min():g}.")
        return odd

    def violation(self, batch: Batch) -> Violation | None:
        return first_outside(batch.target, 0, 1, "Expected a target from 0 to 1")

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        z = note.term("z", "logit", x)
        note("t", "target", t)
        note.aside("g", "sigmoid(z) = 1 / (1 + exp -z)", lambda: logistic(z))
        tail = note("tail", "log(1 + exp -|z|)", tail_of(z))
        miss = note.term("-log g", "softplus(-z) = max(-z, 0) + tail", tail + np.maximum(-z, 0))
        alarm = note.term("-log(1-g)", "softplus(z) = max(z, 0) + tail", tail + np.maximum(z, 0))
        positive, negative = t, 1 - t
        if "pos_weight" in aligned:
            positive = t * note.term("pos_weight", "option", aligned["pos_weight"])
        cost = share_of(positive, miss) + share_of(negative, alarm)
        if "weight" in aligned:
            note.term("cost", self._cost_is(), cost)
        out[...] = weighted(cost, aligned, note)
        note.gradient(
            "weight [(1-t) g - pos_weight t (1-g)]",
            lambda: (negative * logistic(z) - positive * logistic(-z)) * aligned.get("weight", 1),
        )
        return 0

    def log_predictions(self, batch: Batch) -> Array:
        return log_answers(batch.input)

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
