"""Kullback-Leibler divergence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError, Way
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.base import Violation
from celoss_cli.losses.class_loss import no_distribution
from celoss_cli.losses.elementwise import ElementLoss
from celoss_cli.losses.options import LOG_TARGET
from celoss_cli.losses.outside import by_rounding, first_outside, ways_of_rounding
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "KullbackLeibler", "kl_div"]


_KINDS = ("log-probs", "probs")


@record(frozen=True, kw_only=True)
class KullbackLeibler(ElementLoss):
    """p (log p - log q), 0 where p is 0, as ``torch.nn.functional.kl_div`` defines it.

    The input is log q; kl_div(q, p) is the divergence of q from p, in PyTorch's order of arguments.

    Formula:
        loss = p (log p - log q) for each outcome, 0 where p is 0
        KL(p || q) = sum over the outcomes of a row

    Derivation:
        A code made for q spends -log q on an outcome, one made for p spends -log p. Where p is the truth,
            the first costs sum p (log p - log q) more on average.
        That sum is never negative, and 0 only where q equals p; single terms may be negative.
        p log p goes to 0 with p, so that outcomes of probability 0 cost nothing.
        The derivative with respect to log q is -p.

    Attributes:
        log_target: the target holds log p instead of p.
        input_is: what the values of the input are: log-probs, or probs for q, whose logarithm is taken first.

    Reduction:
        none: the term of every outcome.
        sum: the total: the divergences of all rows together.
        mean: the total divided by the number of all elements, which is the divergence divided by the
            number of outcomes; PyTorch's default and hardly ever what is meant.
        batchmean: the total divided by the number of rows: the mean divergence.

    Twin:
        ce with probability targets p takes logits and is this divergence plus the entropy of p; both have
            the same derivative with respect to the model.

    Reference:
        torch.nn.functional.kl_div, whose numbers and whose order of arguments these are.
        Kullback and Leibler 1951, "On information and sufficiency".

    Example:
        celoss kl --log-probs '-0.357,-1.609,-2.303;-2.303,-0.511,-1.204'
            --targets '0.5,0.25,0.25;0.2,0.3,0.5' --reduction batchmean --rows 2

    """

    log_target: bool = False
    input_is: str = "log-probs"

    predicts: ClassVar[str] = "predicted probability q"
    drawn_targets: ClassVar[Mapping[str, float]] = {"target 1": 1, "target 0.5": 0.5}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_is not in _KINDS:
            raise UsageError(f"Expected input_is {', '.join(_KINDS)}, got {self.input_is!r}.")

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        with np.errstate(divide="ignore"):
            given = np.log(values) if self.input_is == "log-probs" else values
        return super().predicting(given, np.log(target) if self.log_target else target, classes)

    def predicted(self, batch: Batch) -> Array:
        given = super().predicted(batch)
        return np.exp(given) if self.input_is == "log-probs" else given

    def violation(self, batch: Batch) -> Violation | None:
        if self.input_is == "probs":
            outside = first_outside(batch.input, 0, 1, "Expected a probability from 0 to 1")
            if outside:
                first = batch.input.reshape(-1)[int(np.flatnonzero(outside.where)[0])]
                ways = ways_of_rounding(batch.input) if by_rounding(first) else ()
                return Violation(outside.where, outside.fact, ways, in_input=True)
        if self.log_target:
            return first_outside(batch.target, -np.inf, 0, "Expected a log-probability of at most 0")
        found = first_outside(batch.target, 0, 1, "Expected a probability from 0 to 1")
        if found is None or not (batch.target <= 0).all():
            return found
        told = f"{found.fact.removesuffix('.')}; --log-target takes logarithms."
        return Violation(found.where, told, ways=(Way("they are logarithms", (("--log-target", ""),)),))

    def observe(self, batch: Batch) -> Counter[str]:
        seen = Counter[str]()
        if self.input_is == "log-probs":
            seen["not-log-probabilities"] = int(np.count_nonzero((~(batch.input <= 0)).any(axis=1)))
        if len(batch.shape) == 1 and batch.elements_per_row > 1:
            q = batch.target.astype(np.float64)[..., np.newaxis]
            seen["target-not-a-distribution"] = int(np.count_nonzero(self._targets_out_of_domain(q)))
            seen["target-of-logarithms"] = int(np.count_nonzero(_of_logarithms(q, self.log_target)))
        return seen

    def _targets_out_of_domain(self, q: Array) -> Array:
        if self.log_target:
            return no_distribution(q, logs=True, within=1e-6)
        return np.asarray((q < 0).any(axis=1) | no_distribution(q, within=1e-6))

    def log_predictions(self, batch: Batch) -> Array | None:
        if len(batch.shape) != 1 or batch.elements_per_row < 2:
            return None
        x = batch.input.T.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return x if self.input_is == "log-probs" else np.log(x)

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        if self.input_is == "log-probs":
            log_q = note.term("log q", "input", x)
        else:
            log_q = note.term("log q", "log of the input", np.log(note.term("q", "input", x)))
        if self.log_target:
            log_p = note.term("log p", "target", t)
            p = note.term("p", "exp log p", np.exp(log_p))
        else:
            p = note.term("p", "target", t)
            log_p = note.term("log p", "log of the target", np.log(p))
        np.multiply(p, log_p - log_q, out=out)
        out[(p == 0) & ~np.isnan(log_q)] = 0
        if self.input_is == "log-probs":
            note.gradient("-p", lambda: -p)
        else:
            note.gradient("-p / q, 0 where p is 0", lambda: np.where(p == 0, 0, -p / x))
        return 0

    def _loss_is(self) -> str:
        return "p (log p - log q), 0 where p is 0"


def _emitted(problem: Problem) -> Iterator[str]:
    p, log_p = "targets", "np.log(np.where(targets == 0, 1, targets))"
    if problem.has("log_target"):
        p, log_p = "p", "np.where(p == 0, 0, targets)"
        yield "p = np.exp(targets)"
    yield f"log_p = {log_p}  # 0 log 0 = 0"
    if problem.options.get("input_is") == "probs":
        yield f"log_q = np.log(np.where({p} == 0, 1, log_probs))"
    else:
        yield f"log_q = np.where({p} == 0, 0, log_probs)"
    yield f"losses = {p} * (log_p - log_q)"


LOSS = LossSpec(
    command="kl",
    name="kl_div",
    title="Kullback-Leibler divergence",
    summary="Kullback-Leibler divergence of log-probabilities log q from targets p.",
    takes="log-probs",
    target="probabilities, or their logarithms with --log-target",
    declared=(LOG_TARGET,),
    loss=KullbackLeibler,
    example="celoss kl --log-probs='-0.7,-0.7' --targets 0.5,0.5 --reduction sum",
    reference="torch.nn.functional.kl_div",
    emitted=_emitted,
    reductions=("none", "mean", "sum", "batchmean"),
    kinds=_KINDS,
    of_probs=("kl", "--input-is", "probs"),
)


def kl_div(
    input: Any,
    target: Any,
    reduction: Reduction = "mean",
    log_target: bool = False,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Kullback-Leibler divergence: ``l = p (log p - log q)`` for each element, 0 where p is 0.

    Args:
        input: log q, any shape.
        target: p, the same shape, or log p with ``log_target``.
        reduction: "none", "mean" (over all elements), "batchmean" (over the first axis, which is the
            divergence) or "sum".
        log_target: the target holds log p.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> kl_div([[-0.6931471805599453, -0.6931471805599453]], [[0.5, 0.5]], reduction="batchmean")
        0.0

    ``cross_entropy`` with probability targets is this plus the entropy of p. The definition is
    PyTorch's ``torch.nn.functional.kl_div``; Kullback and Leibler 1951.

    """
    return reduced(LOSS, input, target, reduction, dtype, log_target=log_target)


def _of_logarithms(q: Array, log_target: bool) -> Array:
    """Which targets are logarithms of a distribution and are not said to be."""
    if log_target:
        return np.zeros(len(q), bool)
    return np.asarray((q <= 0).all(axis=(1, 2)) & ~no_distribution(q, logs=True)[:, 0])
