"""Brier score over classes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.class_axis import (
    exponentials_of,
    log_softmax_columns,
    logit_columns,
    most_of,
    most_probable,
    softmax,
    sum_over_classes,
)
from celoss_cli.losses.class_loss import WeightedClassLoss, columns_of, no_distribution
from celoss_cli.losses.emitted import counted, log_softmax_lines, onehot_lines
from celoss_cli.losses.options import IGNORE_INDEX, WEIGHT
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "Brier", "brier_score"]

_KINDS = ("probs", "logits", "log-probs")


@record(frozen=True, kw_only=True)
class Brier(WeightedClassLoss):
    """Squared distance of the predicted probabilities from the class that came: from 0 to 2.

    Formula:
        d[c] = p[c] - 1 for the class y that came, p[c] for every other
        loss = w[y] sum_c d[c]^2

    Derivation:
        The best forecast of a row is the one nearest to what came, which is 1 for its class and 0 for the
            others. Their squared distance is the loss.
        If the classes have the probabilities q, the expected loss is sum (p - q)^2 + 1 - sum q^2: it is least
            at p = q, and what is left there is the uncertainty of the rows themselves.
        It is bounded: the worst a row can cost is 2, for all probability on a class that did not come.
            Cross entropy has no bound, so that few rows that are sure and wrong weigh more there.
        For two classes d is p - 1 and 1 - p, and the loss twice that of brier-binary.
        Of logits, p is their softmax and 1 - p[y] the sum of the other classes, so that it keeps its digits.
        The derivative with respect to p is 2 w[y] d; of logits it is 2 w[y] p (d - sum p d).

    Attributes:
        input_is: what the values of the input are: probs, logits for a softmax first, or log-probs.

    Twin:
        brier-binary takes one probability for each row: (p - y)^2, from 0 to 1.
        ce is the other proper score of the same predictions, and the one to train with.

    Reference:
        sklearn.metrics.brier_score_loss, with scale_by_half=False over two classes.
        Brier 1950, "Verification of forecasts expressed in terms of probability".
        Murphy 1973, "A new vector partition of the probability score", for its parts.

    Example:
        celoss brier --probs '0.7,0.2,0.1;0.1,0.3,0.6' --targets 0,1 --rows 2

    """

    input_is: str = "probs"

    is_information: ClassVar[bool] = False
    is_log_loss: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_is not in _KINDS:
            raise UsageError(f"Expected input_is {', '.join(_KINDS)}, got {self.input_is!r}.")

    def violation(self, batch: Batch) -> Violation | None:
        if self.input_is == "logits":
            return None
        return self._no_probabilities(batch, batch.input, self.input_is == "log-probs")

    def observe(self, batch: Batch) -> Counter[str]:
        if self.input_is == "logits":
            return Counter({"one-class": len(batch)} if batch.input.shape[1] == 1 else {})
        in_logs = self.input_is == "log-probs"
        kind = "not-log-probabilities" if in_logs else "not-probabilities"
        odd = no_distribution(batch.input.astype(np.float64), logs=in_logs)
        return Counter({kind: int(np.count_nonzero(odd))})

    def logits(self, batch: Batch) -> Array | None:
        return logit_columns(batch.input) if self.input_is == "logits" else None

    def log_predictions(self, batch: Batch) -> Array:
        if self.input_is == "logits":
            return log_softmax_columns(batch.input)
        x = columns_of(batch.input.astype(np.float64))
        if self.input_is == "log-probs":
            return x
        with np.errstate(all="ignore"):
            return np.log(x)

    def _of_logs(self, logs: Array) -> Array:
        return np.exp(logs) if self.input_is == "probs" else logs

    def forecasts(self, batch: Batch) -> Array | None:
        if self.weight is not None:
            return None
        x = batch.input.astype(np.float64)
        with np.errstate(all="ignore"):
            if self.input_is == "logits":
                x = softmax(x, axis=1)
            return columns_of(np.exp(x) if self.input_is == "log-probs" else x)

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        if self.input_is == "logits":
            return most_probable(batch.input)
        x = batch.input.astype(np.float64)
        with np.errstate(all="ignore"):
            p = np.exp(x) if self.input_is == "log-probs" else x
        hint = "logits are named by --input-is logits"
        return most_of(self.distributions(batch, p, "probabilities that add", hint))

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        at = y, np.arange(len(y))
        p = self._predicted(x, note)
        d = p.copy(order="K")
        d[at] = 0
        d[at] = -self._rest(x[at] if self.input_is == "log-probs" else p[at], d)
        note("d", "p - onehot(y)", d)
        square = note("d^2", "squared", d * d)
        sum_over_classes(square, out)
        note.term("sum of d^2", "sum over the classes", out.copy() if weights is not None else out)
        if weights is not None:
            np.multiply(out, weights.take(y), out=out)
        factor: Any = 2 if weights is None else 2 * weights.take(y)
        note.gradient(self._slope_is(weights), lambda: factor * self._slope(p, d, square, at))
        return None

    def _predicted(self, x: Array, note: Note) -> Array:
        """The probabilities of a block, (classes, columns)."""
        if self.input_is == "logits":
            return exponentials_of(x, note).softmax()
        if self.input_is == "log-probs":
            return note("p", "exp log p", np.exp(note("log p", "input", x)))
        return note("p", "input", x)

    def _rest(self, own: Array, others: Array) -> Array:
        """1 - p[y] with all its digits, (columns,).

        Args:
            own: p[y], or its logarithm where the input holds logarithms, shape (columns,).
            others: p with 0 at the target, shape (classes, columns).

        """
        if self.input_is == "logits":
            return sum_over_classes(others, np.empty(others.shape[1], others.dtype))
        return -np.expm1(own) if self.input_is == "log-probs" else 1 - own

    def _slope(self, p: Array, d: Array, square: Array, at: tuple[Array, Array]) -> Array:
        """Half the derivative of the loss without its weight, (classes, columns)."""
        if self.input_is == "probs":
            return d
        if self.input_is == "log-probs":
            return p * d
        pulls = d - (p * d).sum(axis=0)
        pulls[at] = -square.sum(axis=0)  # which it is there, without the difference of nearly equal numbers
        return p * pulls

    def _slope_is(self, weights: Array | None) -> str:
        told = {"probs": "d", "log-probs": "p d", "logits": "p (d - sum p d)"}[self.input_is]
        return f"2 {'' if weights is None else 'weight '}{told}"

    def _loss_is(self) -> str:
        return "sum of d^2" if self.weight is None else "weight x sum of d^2"


def _emitted(problem: Problem) -> Iterator[str]:
    kind = problem.options.get("input_is")
    if kind == "logits":
        yield from _softmax_lines(problem)
    elif kind == "log-probs":
        yield "probs = np.exp(probs)"
    if problem.ignoring:
        yield from counted(problem)
    yield from onehot_lines(problem, "came")
    weight = "weight[targets] * " if problem.weight_by_target else ""
    yield f"losses = {weight}((probs - came) ** 2).sum(axis=1)"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


def _softmax_lines(problem: Problem) -> Iterator[str]:
    if problem.library == "torch":
        yield "probs = F.softmax(probs, dim=1)"
        return
    yield from log_softmax_lines(problem)
    yield "probs = np.exp(log_p)"


LOSS = LossSpec(
    command="brier",
    name="brier_score",
    title="Brier score",
    summary="Brier score over classes: the squared distance of probabilities from what came, 0 to 2.",
    takes="probs",
    target="class indices or class names",
    loss=Brier,
    example="celoss brier --probs '0.7,0.3;0.2,0.8' --targets 0,1",
    reference="sklearn.metrics.brier_score_loss, not scaled by half",
    emitted=_emitted,
    declared=(WEIGHT, IGNORE_INDEX),
    kinds=_KINDS,
    binary="brier-binary",
    of_probs=("brier",),
)


def brier_score(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    input_is: str = "probs",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Brier score over classes: ``l = w[y] sum_c (p[c] - onehot(y)[c])^2``.

    Args:
        input: probabilities p, shape (C,), (N, C) or (N, C, d1, ..., dk). They are taken as they are, and not
            divided by their sum.
        target: class indices of shape (), (N,) or (N, d1, ..., dk).
        weight: shape (C,), a factor for each class.
        ignore_index: targets of this value count neither in the sum nor in the divisor.
        reduction: "none", "mean" or "sum"; the mean divides by the sum of w[y] over the counted targets.
        input_is: "probs", or "logits" for a softmax of the input first, or "log-probs".
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        a number from 0 to 2, times the weights: a float, or for "none" an array of the shape of ``target``.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> brier_score([[0.75, 0.25], [0.5, 0.5]], [0, 1])
        0.3125

    Over two classes it is twice its twin ``binary_brier_score``, which takes one probability for each row.
    Brier 1950, "Verification of forecasts expressed in terms of probability"; also
    ``sklearn.metrics.brier_score_loss``.

    """
    return reduced(
        LOSS, input, target, reduction, dtype, weight=weight, ignore_index=ignore_index, input_is=input_is
    )
