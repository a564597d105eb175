"""The binary losses: one score and one target for each element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.records import record
from celoss_cli.losses.base import Answers, Violation, as_real, finite_weights
from celoss_cli.losses.elementwise import ElementLoss, first_outside

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.core.trace import Note

__all__ = ["BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "SoftMargin", "sigmoid"]

_CLAMP = -100.0
"""The least logarithm that binary_cross_entropy uses, in any precision (as PyTorch does)."""


def sigmoid(input: Any) -> Array:
    """Logistic function g(z) = 1 / (1 + exp(-z)), element by element.

    Args:
        input: any shape.

    Returns:
        float64 array of the input's shape; 0 and 1 at -inf and +inf.

    Raises:
        ValueError: if the input is not real.

    Example:
        >>> sigmoid([0.0])
        array([0.5])

    Its two-class relative is ``softmax``: sigmoid(z) = softmax([0, z])[1].

    """
    with np.errstate(all="ignore"):
        return _sigmoid(as_real("input", input).astype(np.float64))


def _sigmoid(z: Array) -> Array:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def _tail(z: Array) -> Array:
    """log(1 + exp(-|z|)), the part of softplus that neither overflows nor cancels."""
    return np.log1p(np.exp(-np.abs(z)))


def _log_answers(z: Array) -> Array:
    """log(1 - g) and log g of the logits of g, shape (2, elements)."""
    z = z.reshape(-1).astype(np.float64)
    with np.errstate(all="ignore"):
        tail = _tail(z)
        return np.stack([-(tail + np.maximum(z, 0)), -(tail + np.maximum(-z, 0))])


def _weighted(loss: Array, aligned: dict[str, Array], note: Note) -> Array:
    if "weight" not in aligned:
        return loss
    return loss * note.term("w", "weight of the element", aligned["weight"])


def _share(factor: Array, cost: Array) -> Array:
    """Factor x cost, where no part of an infinite cost is 0."""
    product = factor * cost
    product[(factor == 0) & np.isinf(cost)] = 0
    return product


def _answers(t: Array, no: float) -> Array:
    """0 where a target is the negative answer, 1 where it is 1, -1 where it is neither."""
    t = t.reshape(-1)
    return np.where(t == 1, 1, np.where(t == no, 0, -1))


@record(frozen=True, kw_only=True)
class _AnswerLoss(ElementLoss):
    """A loss of the probability of the positive answer."""

    drawn_targets: ClassVar[Mapping[str, float]] = {"target 1": 1, "target 0": 0}

    def answers(self, batch: Batch) -> Answers:
        """The positive answer of every element."""
        outside = self.violation(batch)
        if outside:
            raise InputError(outside.fact, element=int(np.flatnonzero(outside.where)[0]))
        hit = self._positive(batch.target.reshape(-1).astype(np.float64))
        return Answers(self._probabilities(batch.input.reshape(-1).astype(np.float64)), hit)

    def _probabilities(self, x: Array) -> Array:
        """The probability of the positive answer."""
        return sigmoid(x)

    def _positive(self, t: Array) -> Array:
        """How far the targets are the positive answer, from 0 to 1."""
        return t


@record(frozen=True, kw_only=True)
class _BinaryLoss(_AnswerLoss):
    """A binary loss with an element weight that broadcasts to the input.

    Attributes:
        weight: a factor on the loss of each element; broadcasts to the input from its last axis.

    """

    weight: Array | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight is not None:
            object.__setattr__(self, "weight", finite_weights("weights", self.weight))

    def unweighted(self) -> Self:
        return replace(self, weight=None)

    def _aligned(self) -> dict[str, Array]:
        return {} if self.weight is None else {"weight": self.weight}

    def outcomes(self, batch: Batch) -> Array:
        return _answers(batch.target, 0)

    def odd_options(self) -> list[str]:
        if self.weight is not None and (self.weight < 0).any():
            return [f"Expected weights of at least 0, got {self.weight.min():g}."]
        return []

    def _loss_is(self) -> str:
        return "w x cost" if self.weight is not None else "cost"


@record(frozen=True, kw_only=True)
class BinaryCrossEntropy(_BinaryLoss):
    """-[t log p + (1 - t) log(1 - p)], each logarithm at least -100.

    As ``torch.nn.functional.binary_cross_entropy`` defines it.

    Formula:
        loss = -w [t max(log p, -100) + (1 - t) max(log(1 - p), -100)]

    Derivation:
        An answer that is 1 with the probability p has the likelihood p^t (1 - p)^(1 - t) for a target t of
            0 or 1.
        Its negative logarithm is -[t log p + (1 - t) log(1 - p)]. A target between 0 and 1 is the
            probability of the answer 1, and this is the expected cost.
        log 0 is taken as -100, so that a certain and wrong answer costs 100 and not infinity. celoss
            says how many logarithms this met.
        The derivative with respect to p is (p - t) / (p (1 - p)).

    Twin:
        bce-logits takes the logit of p, needs no clamp and keeps the digits of small losses: prefer it
            where there are logits.

    Reference:
        torch.nn.functional.binary_cross_entropy, whose numbers and whose clamp these are.
        Good 1952, "Rational decisions", for the logarithm as a score of probabilities.

    Example:
        celoss bce --probs '0.9,0.2,0.6;0.3,0.8,0.5' --targets '1,0,1;0,1,0' --rows 2

    """

    predicts: ClassVar[str] = "predicted probability p"

    def check_domain(self, batch: Batch) -> None:
        for values, fact in (
            (batch.input, "Expected a probability from 0 to 1"),
            (batch.target, "Expected a target from 0 to 1"),
        ):
            outside = first_outside(values, 0, 1, fact)
            if outside:
                raise InputError(
                    outside.fact,
                    hint="scores and logits belong to bce-logits" if values is batch.input else "",
                    element=int(np.flatnonzero(outside.where)[0]),
                    in_input=values is batch.input,
                )

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        p = note.term("p", "input", x)
        note("t", "target", t)
        log_p, log_q = np.log(p), np.log1p(-p)
        hit = np.count_nonzero((log_p < _CLAMP) & (t > 0)) + np.count_nonzero((log_q < _CLAMP) & (t < 1))
        note.term("log p", "at least -100", np.maximum(log_p, _CLAMP, out=log_p))
        note.term("log(1-p)", "at least -100", np.maximum(log_q, _CLAMP, out=log_q))
        cost = -(t * log_p + (1 - t) * log_q)
        cost += 0.0  # no negative zero
        if aligned:
            note.term("cost", "-[t log p + (1-t) log(1-p)]", cost)
        out[...] = _weighted(cost, aligned, note)
        note.gradient("weight (p - t) / (p (1 - p))", lambda: _slope(p, t) * aligned.get("weight", 1))
        return int(hit)

    def log_predictions(self, batch: Batch) -> Array:
        p = batch.input.reshape(-1).astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.stack([np.log1p(-p), np.log(p)])

    def _probabilities(self, x: Array) -> Array:
        return x

    def _loss_is(self) -> str:
        return super()._loss_is() if self.weight is not None else "-[t log p + (1-t) log(1-p)]"


def _slope(p: Array, t: Array) -> Array:
    """The derivative with PyTorch's guard against a vanishing divisor."""
    return (p - t) / np.maximum(p * (1 - p), 1e-12)


@record(frozen=True, kw_only=True)
class BinaryCrossEntropyWithLogits(_BinaryLoss):
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
        note.aside("g", "sigmoid(z) = 1 / (1 + exp -z)", lambda: _sigmoid(z))
        tail = note("tail", "log(1 + exp -|z|)", _tail(z))
        miss = note.term("-log g", "softplus(-z) = max(-z, 0) + tail", tail + np.maximum(-z, 0))
        alarm = note.term("-log(1-g)", "softplus(z) = max(z, 0) + tail", tail + np.maximum(z, 0))
        positive, negative = t, 1 - t
        if "pos_weight" in aligned:
            positive = t * note.term("pos_weight", "option", aligned["pos_weight"])
        cost = _share(positive, miss) + _share(negative, alarm)
        if "weight" in aligned:
            note.term("cost", self._cost_is(), cost)
        out[...] = _weighted(cost, aligned, note)
        note.gradient(
            "weight [(1-t) g - pos_weight t (1-g)]",
            lambda: (negative * _sigmoid(z) - positive * _sigmoid(-z)) * aligned.get("weight", 1),
        )
        return 0

    def log_predictions(self, batch: Batch) -> Array:
        return _log_answers(batch.input)

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


@record(frozen=True, kw_only=True)
class SoftMargin(_AnswerLoss):
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
        return Violation(odd, f"Expected a label +1 or -1, got {labels[int(np.flatnonzero(odd)[0])]:g}.")

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        s = note.term("s", "score", x)
        note("y", "label", t)
        margin = note.term("y s", "margin", t * s)
        tail = note("tail", "log(1 + exp -|y s|)", _tail(margin))
        np.add(tail, np.maximum(-margin, 0), out=out)
        note.gradient("-y / (1 + exp(y s))", lambda: -t * _sigmoid(-margin))
        return 0

    def outcomes(self, batch: Batch) -> Array:
        return _answers(batch.target, -1)

    def log_predictions(self, batch: Batch) -> Array:
        return _log_answers(batch.input)

    def _positive(self, t: Array) -> Array:
        return (t + 1) / 2

    def _loss_is(self) -> str:
        return "log(1 + exp(-y s)) = max(-y s, 0) + tail"
