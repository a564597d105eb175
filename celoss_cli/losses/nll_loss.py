"""Negative log likelihood of log-probabilities."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.class_axis import Block, most_of
from celoss_cli.losses.class_loss import WeightedClassLoss, columns_of, no_distribution, onehot
from celoss_cli.losses.emitted import gathered
from celoss_cli.losses.options import IGNORE_INDEX, WEIGHT
from celoss_cli.losses.spec import TOKENS, LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "NegativeLogLikelihood", "nll_loss"]


@record(frozen=True, kw_only=True)
class NegativeLogLikelihood(WeightedClassLoss):
    """Negative log likelihood of log-probabilities, as ``torch.nn.functional.nll_loss`` defines it.

    The input is taken at its word: nothing is normalised, as in PyTorch.

    Formula:
        loss = -w[y] x[y] for a class y, where x = log p

    Derivation:
        Independent rows have the likelihood prod p[y]. Its negative logarithm is sum -log p[y].
        The input holds log p already, so all that is left is to gather its entry at the target and to
            change the sign.
        The derivative with respect to the input is -1 at the target and 0 elsewhere.

    Attributes:
        input_is: what the values are: log-probs of each class, from which the target picks one, or
            token-logprobs, the log-probability of one token in each place, which needs no target. Dumps of
            scored tokens are known by their structure.

    Twin:
        ce takes logits and normalises them first: ce of x is nll of the log softmax of x. Logits given to
            nll give a number that may be negative and is no likelihood.

    Reference:
        torch.nn.functional.nll_loss, whose numbers these are.
        Fisher 1922, "On the mathematical foundations of theoretical statistics", for the likelihood.

    Example:
        celoss nll --log-probs '-0.357,-1.609,-2.303;-2.303,-0.511,-1.204' --targets 0,2 --weight 1,2,3

    """

    gives_perplexity: ClassVar[bool] = True

    def _each_block(self, x: Array) -> Iterator[tuple[Block, Array]]:
        rows, classes, positions = x.shape
        whole = Block(slice(0, rows), slice(0, positions), slice(0, rows * positions))
        yield whole, x.transpose(1, 0, 2).reshape(classes, rows * positions)

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        note("log p", "input", x)
        columns = np.arange(len(y))
        out[...] = x[y, columns]  # first in the dtype of the computation: unsigned numbers have no negative
        np.negative(out, out=out)
        note.term("-log p[y]", "gather", out)
        if weights is not None:
            np.multiply(out, weights.take(y), out=out)
        note.gradient("-weight onehot(y)", lambda: -onehot(np.zeros(x.shape), y, weights))
        return None

    def observe(self, batch: Batch) -> Counter[str]:
        if batch.input.shape[1] == 1:  # log p of the target alone, which is no distribution
            odd = ~(batch.input <= 0)
        else:
            odd = no_distribution(batch.input.astype(np.float64), logs=True)
        return Counter({"not-log-probabilities": int(np.count_nonzero(odd))})

    def log_predictions(self, batch: Batch) -> Array:
        return columns_of(batch.input.astype(np.float64))

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        wanted = "log-probabilities, with exponentials that add"
        return most_of(self.distributions(batch, _exp(batch), wanted, "logits belong to ce"))


def _exp(batch: Batch) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(batch.input.astype(np.float64))


def _emitted(problem: Problem) -> Iterator[str]:
    yield from gathered(problem, "log_probs")
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


LOSS = LossSpec(
    command="nll",
    name="nll_loss",
    title="negative log likelihood",
    summary="Negative log likelihood of log-probabilities: gather, weight, reduce.",
    takes="log-probs",
    target="class indices or class names",
    declared=(
        WEIGHT,
        IGNORE_INDEX,
    ),
    loss=NegativeLogLikelihood,
    example="celoss nll --log-probs=-0.1,-2.4 --targets 0",
    reference="torch.nn.functional.nll_loss",
    emitted=_emitted,
    by_convention="by_convention:NegativeLogLikelihoodByConvention",
    kinds=("log-probs", TOKENS),
    scored="scored_tokens:ScoredTokens",
    of_probs=("ce", "--input-is", "probs"),
)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Negative log likelihood of targets under given log-probabilities: ``l = -w[y] input[y]``.

    Args:
        input: log-probabilities, shape (C,), (N, C) or (N, C, d1, ..., dk). They are taken as they
            are; anything else gives a number that is no likelihood.
        target: class indices of shape (), (N,) or (N, d1, ..., dk).
        weight: shape (C,), a factor for each class.
        ignore_index: targets of this value count neither in the sum nor in the divisor.
        reduction: "none", "mean" or "sum"; the mean divides by the sum of w[y].
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the shape of ``target``.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> nll_loss([[-0.1, -2.4], [-1.6, -0.2]], [0, 1])
        0.15000000000000002

    Its twin ``cross_entropy`` takes logits and normalises them. The definition is PyTorch's
    ``torch.nn.functional.nll_loss``.

    """
    return reduced(LOSS, input, target, reduction, dtype, weight=weight, ignore_index=ignore_index)
