"""Binary cross entropy of probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import InputError, Way
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.binary import BinaryLoss, weighted
from celoss_cli.losses.options import WEIGHT
from celoss_cli.losses.outside import by_rounding, first_outside, ways_of_answers, ways_of_rounding
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "BinaryCrossEntropy", "binary_cross_entropy"]

_CLAMP = -100.0
"""The least logarithm that binary_cross_entropy uses, in any precision (as PyTorch does)."""


_LOGITS = (Way("scores and logits", (), "bce-logits"),)


@record(frozen=True, kw_only=True)
class BinaryCrossEntropy(BinaryLoss):
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
        The derivative with respect to p is (p - t) / (p (1 - p)), its divisor at least 1e-12 as in PyTorch.

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
                element = int(np.flatnonzero(outside.where)[0])
                value, is_input = values.reshape(-1)[element], values is batch.input
                rounded, is_score = by_rounding(value), is_input and not np.isnan(value)
                other = "scores and logits belong to bce-logits" if is_score else ""
                others = _LOGITS if is_score else () if is_input else ways_of_answers(values)
                ways = ways_of_rounding(values) if rounded and is_input else others
                raise InputError(
                    outside.fact,
                    hint="rounding took it there" if rounded else other,
                    ways=ways,
                    element=element,
                    in_input=is_input,
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
        out[...] = weighted(cost, aligned, note)
        note.gradient(
            "weight (p - t) / max(p (1 - p), 1e-12)", lambda: _slope(p, t) * aligned.get("weight", 1)
        )
        return int(hit)

    def log_predictions(self, batch: Batch) -> Array:
        p = batch.input.reshape(-1).astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.stack([np.log1p(-p), np.log(p)])

    def _probabilities(self, x: Array) -> Array:
        return x

    def _of_probability(self, p: Array) -> Array:
        return p

    def _loss_is(self) -> str:
        return super()._loss_is() if self.weight is not None else "-[t log p + (1-t) log(1-p)]"


def _slope(p: Array, t: Array) -> Array:
    """The derivative with PyTorch's guard against a vanishing divisor."""
    return (p - t) / np.maximum(p * (1 - p), 1e-12)


def _emitted(problem: Problem) -> Iterator[str]:
    yield 'with np.errstate(divide="ignore"):  # log 0 is clamped'
    yield "    log_p = np.maximum(np.log(probs), -100)"
    yield "    log_q = np.maximum(np.log1p(-probs), -100)"
    weight = "weight * " if problem.has("weight") else ""
    yield f"losses = -{weight}(targets * log_p + (1 - targets) * log_q)"


LOSS = LossSpec(
    command="bce",
    name="binary_cross_entropy",
    title="binary cross entropy",
    summary="Binary cross entropy of probabilities, logarithms clamped at -100.",
    takes="probs",
    target="0, 1 or a probability",
    declared=(WEIGHT,),
    loss=BinaryCrossEntropy,
    example="celoss bce --probs 0.9,0.2 --targets 1,0",
    reference="torch.nn.functional.binary_cross_entropy",
    emitted=_emitted,
    by_convention="by_convention:BinaryCrossEntropyByConvention",
    of_probs=("bce",),
)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: Reduction = "mean",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Binary cross entropy of probabilities: ``l = -w [t log p + (1-t) log(1-p)]``.

    Each logarithm is at least -100, so a certain and wrong answer costs 100.

    Args:
        input: probabilities p in [0, 1], any shape.
        target: t in [0, 1], the same shape.
        weight: a factor for each element; broadcasts to the input.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit, or a value is outside [0, 1] or NaN.

    Example:
        >>> binary_cross_entropy([0.9, 0.2], [1, 0])
        0.16425203348601802

    Its twin ``binary_cross_entropy_with_logits`` takes scores and needs no clamp. The definition is
    PyTorch's ``torch.nn.functional.binary_cross_entropy``.

    """
    return reduced(LOSS, input, target, reduction, dtype, weight=weight)
