"""Negative log likelihood of log-probabilities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.losses.class_axis import Block
from celoss_cli.losses.class_loss import ClassLoss, columns_of, no_distribution, onehot

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.core.trace import Note

__all__ = ["NegativeLogLikelihood"]


@record(frozen=True, kw_only=True)
class NegativeLogLikelihood(ClassLoss):
    """Negative log likelihood of log-probabilities, as ``torch.nn.functional.nll_loss`` defines it.

    The input is taken at its word: nothing is normalised, as in PyTorch.

    Formula:
        loss = -w[y] x[y] for a class y, where x = log p

    Derivation:
        Independent rows have the likelihood prod p[y]. Its negative logarithm is sum -log p[y].
        The input holds log p already, so all that is left is to gather its entry at the target and to
            change the sign.
        The derivative with respect to the input is -1 at the target and 0 elsewhere.

    Twin:
        ce takes logits and normalises them first: ce of x is nll of the log softmax of x. Logits given to
            nll give a number that may be negative and is no likelihood.

    Reference:
        torch.nn.functional.nll_loss, whose numbers these are.
        Fisher 1922, "On the mathematical foundations of theoretical statistics", for the likelihood.

    Example:
        celoss nll --log-probs '-0.357,-1.609,-2.303;-2.303,-0.511,-1.204' --targets 0,2 --weight 1,2,3

    """

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
        return Counter({"not-log-probabilities": int(np.count_nonzero(no_distribution(_exp(batch))))})

    def log_predictions(self, batch: Batch) -> Array:
        return columns_of(batch.input.astype(np.float64))

    def _probabilities(self, batch: Batch) -> Array:
        return self.distributions(
            batch, _exp(batch), "log-probabilities, with exponentials that add", "logits belong to ce"
        )


def _exp(batch: Batch) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(batch.input.astype(np.float64))
