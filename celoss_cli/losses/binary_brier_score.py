"""Brier score of binary answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.binary import BinaryLoss, log_answers, logistic, sigmoid, weighted
from celoss_cli.losses.options import WEIGHT
from celoss_cli.losses.outside import answers_outside, probabilities_outside
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "BinaryBrier", "binary_brier_score"]

_KINDS = ("probs", "logits")


@record(frozen=True, kw_only=True)
class BinaryBrier(BinaryLoss):
    """Squared difference of the predicted probability and what came: (p - t)^2, from 0 to 1.

    Formula:
        loss = w (p - t)^2

    Derivation:
        The best forecast of an answer is the nearest to what it turned out to be, 1 or 0.
        If the answer is 1 with the probability q, the expected loss is (p - q)^2 + q (1 - q): it is least at
            p = q, and what is left there is the uncertainty of the answer itself.
        It is bounded by 1, where binary cross entropy has no bound: rows that are sure and wrong weigh less.
        Of a logit z, p is the sigmoid g, and the difference (1 - t) g - t (1 - g) with 1 - g = sigmoid(-z),
            so that it keeps its digits.
        The derivative with respect to p is 2 w (p - t); of a logit it is that times g (1 - g).

    Attributes:
        input_is: what the values of the input are: probs, or logits for a sigmoid first.

    Twin:
        brier takes the probabilities of all classes; over two classes it is twice this.
        bce is the other proper score of the same predictions, and the one to train with.

    Reference:
        sklearn.metrics.brier_score_loss, whose numbers these are.
        Brier 1950, "Verification of forecasts expressed in terms of probability".
        Murphy 1973, "A new vector partition of the probability score", for its parts.

    Example:
        celoss brier-binary --probs '0.9,0.2;0.3,0.8' --targets '1,0;0,1' --rows 2

    """

    input_is: str = "probs"

    is_information: ClassVar[bool] = False
    is_log_loss: ClassVar[bool] = False
    predicts: ClassVar[str] = "predicted probability p"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_is not in _KINDS:
            raise UsageError(f"Expected input_is {', '.join(_KINDS)}, got {self.input_is!r}.")

    def violation(self, batch: Batch) -> Violation | None:
        outside = answers_outside(batch.target, 0, 1, "Expected a target from 0 to 1")
        if outside or self.input_is == "logits":
            return outside
        return probabilities_outside(batch.input)

    def log_predictions(self, batch: Batch) -> Array:
        if self.input_is == "logits":
            return log_answers(batch.input)
        p = batch.input.reshape(-1).astype(np.float64)
        with np.errstate(all="ignore"):
            return np.stack([np.log1p(-p), np.log(p)])

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        return super().predicting(self._of_probability(values), target, classes)

    def predicted(self, batch: Batch) -> Array:
        return self._probabilities(super().predicted(batch))

    def forecasts(self, batch: Batch) -> Array | None:
        return None if self.weight is not None else self.predicted(batch)[None]

    def _probabilities(self, x: Array) -> Array:
        return sigmoid(x) if self.input_is == "logits" else x

    def _of_probability(self, p: Array) -> Array:
        return super()._of_probability(p) if self.input_is == "logits" else p

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        d, slope = self._difference(x, t, note)
        square = note.term("d^2", "squared", d * d)
        out[...] = weighted(square, aligned, note)
        told = "2 weight d" + (" g (1 - g)" if self.input_is == "logits" else "")
        note.gradient(told, lambda: 2 * d * slope * aligned.get("weight", 1))
        return 0

    def _difference(self, x: Array, t: Array, note: Note) -> tuple[Array, Any]:
        """P - t, and the derivative of p with respect to the input, (elements,)."""
        if self.input_is == "probs":
            p = note.term("p", "input", x)
            return note.term("d", "p - t", p - note("t", "target", t)), 1
        z = note.term("z", "logit", x)
        note("t", "target", t)
        g, rest = note("g", "sigmoid(z) = 1 / (1 + exp -z)", logistic(z)), logistic(-z)
        return note.term("d", "(1-t) g - t (1-g)", (1 - t) * g - t * rest), g * rest

    def _loss_is(self) -> str:
        return "w x d^2" if self.weight is not None else "d^2"


def _emitted(problem: Problem) -> Iterator[str]:
    if problem.options.get("input_is") == "logits":
        yield "probs = 1 / (1 + np.exp(-probs))"
    weight = "weight * " if problem.has("weight") else ""
    yield f"losses = {weight}(probs - targets) ** 2"


LOSS = LossSpec(
    command="brier-binary",
    name="binary_brier_score",
    title="binary Brier score",
    summary="Brier score of probabilities of yes or no: (p - t)^2, 0 to 1.",
    takes="probs",
    target="0, 1 or a probability",
    loss=BinaryBrier,
    example="celoss brier-binary --probs 0.9,0.2 --targets 1,0",
    reference="sklearn.metrics.brier_score_loss",
    emitted=_emitted,
    declared=(WEIGHT,),
    kinds=_KINDS,
    of_probs=("brier-binary",),
)


def binary_brier_score(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: Reduction = "mean",
    input_is: str = "probs",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Brier score of binary answers: ``l = w (p - t)^2``.

    Args:
        input: probabilities p, any shape.
        target: t in [0, 1], the same shape.
        weight: a factor for each element; broadcasts to the input.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        input_is: "probs", or "logits" for a sigmoid of the input first.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        a number from 0 to 1, times the weights: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> binary_brier_score([0.75, 0.5], [1, 0])
        0.15625

    Its twin ``brier_score`` takes the probabilities of all classes. Brier 1950, "Verification of forecasts
    expressed in terms of probability"; also ``sklearn.metrics.brier_score_loss``.

    """
    return reduced(LOSS, input, target, reduction, dtype, weight=weight, input_is=input_is)
