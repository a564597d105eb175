"""How alike the predictions of two data sets are: some rows at a time, with nothing kept of them."""

from __future__ import annotations

import itertools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import ExactSum, exact_sum

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.losses.base import Loss
    from celoss_cli.studies.compare.side import Side

__all__ = ["Likeness", "same_tokens"]

_BLOCK_BYTES = 1 << 19


class Likeness:
    """Exact sums over the rows of A that were held against theirs of B so far, from the first on.

    Rows count as often as the data's own weights say. The inputs of A are given back as they were used.

    Attributes:
        rows: how many they are.

    """

    def __init__(self, a: Side, *, by_position: bool) -> None:
        self.rows = 0
        self._a = a
        self._by_position = by_position
        self._names = iter(a.batch.ids or ())
        self._counted = a.counted
        ones = np.broadcast_to(1.0, len(a.batch))
        self._weights = ones if a.sample_weight is None else a.sample_weight
        self._step = max(1, _BLOCK_BYTES // max(1, a.batch.input[:1].nbytes))
        self._same = self._divisor = self._total = ExactSum()
        self._known = True

    def takes(self, loss: Loss, batch: Batch) -> bool:
        """Holds the next rows of A against this batch of B, canonical, if they are the same rows.

        Args:
            loss: that B is computed with.
            batch: the next of B; none is asked for after one that was not taken.

        """
        if not self._continues(batch):
            return False
        for start in range(0, len(batch), self._step):
            self._add(loss, batch.input[start : start + self._step])
        return True

    def _continues(self, batch: Batch) -> bool:
        """Whether the next rows of A, as they stand, are those of this batch of B."""
        stop = self.rows + len(batch)
        if stop > len(self._a.batch) or batch.input.shape[1:] != self._a.batch.input.shape[1:]:
            return False
        ours = self._a.batch.ids
        if self._by_position or ours is None or batch.ids is None:
            return self._by_position or ours is batch.ids
        return all(map(operator.eq, itertools.islice(self._names, len(batch)), batch.ids))

    def add_rest(self, b: Side, order: Array) -> None:
        """Holds the rows of A that are left against those of B.

        Args:
            b: the second data set, which holds their inputs.
            order: shape (rows,), the row of B of each row of A.

        """
        for start in range(self.rows, len(order), self._step):
            self._add(b.loss, b.inputs.rows(order[start : start + self._step]))

    def _add(self, loss: Loss, inputs: Array) -> None:
        part = slice(self.rows, self.rows + len(inputs))
        self.rows = part.stop
        if not self._known:
            return
        ours = self._a.inputs.between(part.start, part.stop)
        one = replace(self._a.batch.rows(part.start, part.stop), input=ours)
        p = self._a.loss.log_predictions(one)
        q = loss.log_predictions(replace(one, input=np.ascontiguousarray(inputs)))
        if p is None or q is None:
            self._known = False
            return
        counted, weights = self._counted[part], self._weights[part]
        kept = counted.reshape(-1) if p.shape[1] == counted.size else counted.any(axis=1)
        weight = np.repeat(weights, kept.size // weights.size)
        if not kept.all():
            p, q, weight = p[:, kept], q[:, kept], weight[kept]
        self._same += exact_sum(weight * (p.argmax(axis=0) == q.argmax(axis=0)))
        self._divisor += exact_sum(weight)
        self._total += exact_sum(np.where(weight == 0, 0, weight * _divergence(p, q)))
        self._a.inputs.forget(self.rows)

    def means(self) -> tuple[float | None, float | None]:
        """How often both find the same outcome most probable, and the mean divergence of B from A."""
        if not self._known:
            return None, None
        return self._same / self._divisor, self._total / self._divisor / float(self._a.loss.nats)


def same_tokens(a: tuple[Array, Array], b: tuple[Array, Array], order: Array) -> float | None:
    """How often both find the same token most probable, where both say so and have the same tokens.

    Args:
        a: the most probable token of each place of A, and the sizes of its rows.
        b: the same of B.
        order: the row of B for each row of A.

    """
    (ours, sizes), (theirs, others) = a, b
    if not np.array_equal(sizes, others[order]):
        return None
    begins, before = np.cumsum(sizes) - sizes, (np.cumsum(others) - others)[order]
    theirs = theirs[np.arange(len(ours)) + np.repeat(before - begins, sizes)]
    known = (ours != 0) & (theirs != 0)
    return float(np.count_nonzero((ours == theirs) & known) / known.sum()) if known.any() else None


def _divergence(p: Array, q: Array) -> Array:
    """Sum of exp p (p - q) over the outcomes of log-probabilities (outcomes, n); 0 log 0 is 0."""
    with np.errstate(all="ignore"):
        parts = np.exp(p) * (p - q)
    np.copyto(parts, 0, where=np.isneginf(p) & ~np.isnan(q))
    return np.asarray(parts.sum(axis=0))
