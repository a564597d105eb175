"""How alike the predictions of two data sets are: some rows at a time, with nothing kept of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.index import NONE
from celoss_cli.losses.class_axis import largest_class, softmax_divergence
from celoss_cli.studies.compare.names import Join
from celoss_cli.studies.compare.rows import Inputs

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.losses.base import Loss
    from celoss_cli.studies.compare.side import Side

__all__ = ["Likeness", "same_tokens", "tokens_in_order"]

_BLOCK_BYTES = 1 << 19


class Likeness:
    """Exact sums over the rows of A that were held against theirs of B so far, from the first on.

    Rows count as often as the data's own weights say. Rows of B that stand as those of A do are used as they
    are read; others wait until all of them are there.
    """

    def __init__(self, a: Side, inputs: Inputs, *, by_position: bool) -> None:
        self._a = a
        self._inputs, self._others = inputs, Inputs()
        self._join = Join(a.batch.ids, by_position=by_position)
        self._rows = 0
        self._counted = a.counted
        self._weights = np.broadcast_to(1.0, len(a.batch)) if a.sample_weight is None else a.sample_weight
        self._step = max(1, _BLOCK_BYTES // max(1, a.batch.input[:1].nbytes))
        self._same = self._divisor = self._total = ExactSum()
        self._known = True

    def rows(self) -> Array:
        """The row of A for each row of B, as far as their names say, shape (rows of B,), once B is read."""
        return self._join.whole()

    def add(self, loss: Loss, batch: Batch) -> None:
        """Takes the next batch of B, canonical, and the loss that B is computed with."""
        rows = self._join.add(batch.ids, len(batch))
        if not self._known or batch.input.shape[1:] != self._a.batch.input.shape[1:]:
            return
        if self._others.count or not _go_on(rows, self._rows, len(self._a.batch)):
            self._others.add(rows[rows != NONE], batch.input[rows != NONE])
            return
        for start in range(0, len(batch), self._step):
            self._add(loss, batch.input[start : start + self._step])

    def add_waiting(self, loss: Loss) -> None:
        """Holds the rows of A that are left against those of B, once each is known to have its own."""
        while self._known and self._rows < len(self._a.batch):
            stop = min(self._rows + self._step, len(self._a.batch))
            self._add(loss, self._others.rows(self._rows, stop))

    def _add(self, loss: Loss, inputs: Array) -> None:
        part = slice(self._rows, self._rows + len(inputs))
        self._rows = part.stop
        if not self._known:
            return
        one = replace(
            self._a.batch.rows(part.start, part.stop), input=self._inputs.rows(part.start, part.stop)
        )
        found = _likeness(self._a.loss, one, loss, replace(one, input=inputs))
        if found is None:
            self._known = False
            return
        (same, divergence), counted, weights = found, self._counted[part], self._weights[part]
        kept = counted.reshape(-1) if same.size == counted.size else counted.any(axis=1)
        weight = weights if kept.size == weights.size else np.repeat(weights, kept.size // weights.size)
        if not kept.all():
            same, divergence, weight = same[kept], divergence[kept], weight[kept]
        self._same += exact_sum(weight * same)
        self._divisor += exact_sum(weight)
        self._total += exact_sum(np.where(weight == 0, 0, weight * divergence))

    def means(self) -> tuple[float | None, float | None]:
        """How often both find the same outcome most probable, and the mean divergence of B from A."""
        if not self._known:
            return None, None
        return self._same / self._divisor, self._total / self._divisor / float(self._a.loss.nats)


def _go_on(rows: Array, start: int, end: int) -> bool:
    """Whether these are the rows from ``start`` on, before ``end``."""
    return start + len(rows) <= end and bool((rows == np.arange(start, start + len(rows))).all())


def same_tokens(a: tuple[Array, Array], b: tuple[Array, Array]) -> float | None:
    """How often both find the same token most probable, where both say so and have the same tokens.

    Args:
        a: the most probable token of each place of A, and the sizes of its rows.
        b: the same of B, in the order of A.

    """
    (ours, sizes), (theirs, others) = a, b
    if not np.array_equal(sizes, others):
        return None
    known = (ours != 0) & (theirs != 0)
    return float(np.count_nonzero((ours == theirs) & known) / known.sum()) if known.any() else None


def tokens_in_order(tokens: tuple[Array, Array], order: Array) -> tuple[Array, Array]:
    """Tokens of rows, and the sizes of those rows, with the rows in another order."""
    found, sizes = tokens
    begins, sizes = (np.cumsum(sizes) - sizes)[order], sizes[order]
    return found[np.arange(len(found)) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)], sizes


def _likeness(a: Loss, ours: Batch, b: Loss, theirs: Batch) -> tuple[Array, Array] | None:
    """Which predictions have the same likeliest outcome, and the divergence of B's from A's."""
    x, y = a.logits(ours), b.logits(theirs)
    if x is not None and y is not None:
        return softmax_divergence(x, y)
    p, q = a.log_predictions(ours), b.log_predictions(theirs)
    if p is None or q is None:
        return None
    return largest_class(p) == largest_class(q), _divergence(p, q)


def _divergence(p: Array, q: Array) -> Array:
    """Sum of exp p (p - q) over the outcomes of log-probabilities (outcomes, n); 0 log 0 is 0.

    An outcome that q excludes and p does not makes it infinite, however small its p is.
    """
    with np.errstate(all="ignore"):
        parts = np.exp(p) * (p - q)
    np.copyto(parts, 0, where=np.isneginf(p) & ~np.isnan(q))
    np.copyto(parts, np.inf, where=np.isneginf(q) & (p > -np.inf))
    return np.asarray(parts.sum(axis=0))
