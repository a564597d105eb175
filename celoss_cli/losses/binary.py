"""What the binary losses share: one score and one target for each element."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import InputError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.base import as_real, finite_weights
from celoss_cli.losses.elementwise import ElementLoss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celoss_cli.core.data import Array
    from celoss_cli.core.trace import Note

__all__ = [
    "AnswerLoss",
    "BinaryLoss",
    "answers_of",
    "log_answers",
    "logistic",
    "share_of",
    "sigmoid",
    "tail_of",
    "weighted",
]


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
        return logistic(as_real("input", input).astype(np.float64))


def logistic(z: Array) -> Array:
    """1 / (1 + exp(-z)) of an array of any shape, without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def tail_of(z: Array) -> Array:
    """log(1 + exp(-|z|)), the part of softplus that neither overflows nor cancels; of any shape."""
    return np.log1p(np.exp(-np.abs(z)))


def log_answers(z: Array) -> Array:
    """log(1 - g) and log g of the logits of g, shape (2, elements)."""
    z = z.reshape(-1).astype(np.float64)
    with np.errstate(all="ignore"):
        tail = tail_of(z)
        return np.stack([-(tail + np.maximum(z, 0)), -(tail + np.maximum(-z, 0))])


def weighted(loss: Array, aligned: dict[str, Array], note: Note) -> Array:
    """The loss of each element times its weight, shape (elements,), where the loss has weights."""
    if "weight" not in aligned:
        return loss
    return loss * note.term("w", "weight of the element", aligned["weight"])


def share_of(factor: Array, cost: Array) -> Array:
    """Factor x cost of arrays of one shape, where no part of an infinite cost is 0."""
    product = factor * cost
    product[(factor == 0) & np.isinf(cost)] = 0
    return product


def answers_of(t: Array, no: float) -> Array:
    """0 where a target is the negative answer, 1 where it is 1, -1 where it is neither: shape (elements,)."""
    t = t.reshape(-1)
    return np.where(t == 1, 1, np.where(t == no, 0, -1))


@record(frozen=True, kw_only=True)
class AnswerLoss(ElementLoss):
    """A loss of the probability of the positive answer."""

    drawn_targets: ClassVar[Mapping[str, float]] = {"target 1": 1, "target 0": 0}

    def answers(self, batch: Batch) -> tuple[Array, Array]:
        """Of the positive answer of every element; each of shape (elements,)."""
        outside = self.violation(batch)
        if outside:
            raise InputError(outside.fact, element=int(np.flatnonzero(outside.where)[0]))
        hit = self._positive(batch.target.reshape(-1).astype(np.float64))
        return self._probabilities(batch.input.reshape(-1).astype(np.float64)), hit

    def decided(self, batch: Batch) -> Array | None:
        return (batch.input.reshape(-1) > self._of_probability(np.array(0.5))).astype(np.int64)

    def costs_of_frequencies(self, totals: Array) -> Array | None:
        with np.errstate(all="ignore"):
            x = self._of_probability(totals[:, 1] / totals.sum(axis=1))
        no, yes = sorted(self.drawn_targets.values())
        plain = self.unweighted()
        targets = np.stack([np.full(len(x), no), np.full(len(x), yes)])
        batch = plain.canonical(Batch(np.stack([x, x]), targets))
        return plain.terms(batch).loss.astype(np.float64).reshape(2, -1).T

    def _of_probability(self, p: Array) -> Array:
        """The input that says this probability of the positive answer, of any shape."""
        with np.errstate(divide="ignore"):
            return np.log(p) - np.log1p(-p)

    def _probabilities(self, x: Array) -> Array:
        """The probability of the positive answer."""
        return sigmoid(x)

    def _positive(self, t: Array) -> Array:
        """How far the targets are the positive answer, from 0 to 1."""
        return t


@record(frozen=True, kw_only=True)
class BinaryLoss(AnswerLoss):
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

    def factors(self, batch: Batch) -> Array | None:
        found = super().factors(batch)
        if self.weight is None:
            return found
        own = batch.aligned["weight"].reshape(-1)
        return own if found is None else own * found

    def _aligned(self) -> dict[str, Array]:
        return {} if self.weight is None else {"weight": self.weight}

    def outcomes(self, batch: Batch) -> Array:
        return answers_of(batch.target, 0)

    def out_of_domain_options(self) -> list[str]:
        if self.weight is not None and (self.weight < 0).any():
            return [f"Expected weights of at least 0, got {self.weight.min():g}."]
        return []

    def _loss_is(self) -> str:
        return "w x cost" if self.weight is not None else "cost"
