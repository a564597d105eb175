"""What the data looks like, and how well other readings of it would fit: one pass, mergeable."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.names import Names
from celoss_cli.core.records import fieldwise, record
from celoss_cli.evaluate.fit import Fit, fit_of
from celoss_cli.evaluate.kinds import NEAR_ONE, count_of, kinds, oddities

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.losses.base import Loss

__all__ = ["Survey", "survey"]

_COLUMN_STEP = 2.0**-30
_KNOWN_TARGETS = 4096


@record(frozen=True, slots=True)
class ColumnSums:
    """The sum of each column over the rows.

    Attributes:
        steps: shape (classes,); 0 where ``fits`` is false.
        fits: whether every value could be a probability.

    """

    steps: Array
    fits: bool

    def __add__(self, more: ColumnSums) -> ColumnSums:
        fits = self.fits and more.fits
        return ColumnSums((self.steps + more.steps) * fits, fits)

    @property
    def distributions(self) -> int:
        """How many distributions the columns add up to, the same number in each; 0 if they do not."""
        totals = self.steps * _COLUMN_STEP
        whole = max(1, round(float(totals[0])))
        return whole if self.fits and bool((np.abs(totals - whole) <= NEAR_ONE).all()) else 0


@record(frozen=True, slots=True)
class Survey:
    """What one pass over the data collects; ``Survey()`` is empty and ``+`` appends rows that follow.

    Attributes:
        rows: how many.
        classes: how many, or None.
        seen: oddities that the loss notices, and what the values look like, in numbers.
        targets: how often each whole-numbered target occurs, ignored and impossible ones too.
        others: targets that are not among them: fractions, and more values than are kept.
        one_hot: how many probability targets are one-hot.
        multi_hot: how many probability targets are rows of zeros and ones, with any number of ones.
        ignored: targets that ignore_index leaves out.
        columns: the sums of each column over all rows, of x and of exp x; None for other shapes.
        fit: how the predictions fit, or None where they predict no outcome.
        ids: a hash of each row's identifier, in parts.

    """

    rows: int = 0
    classes: int | None = None
    seen: Counter[str] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    others: int = 0
    one_hot: int = 0
    multi_hot: int = 0
    ignored: int = 0
    columns: tuple[ColumnSums, ColumnSums] | None = None
    fit: Fit | None = None
    ids: tuple[Array, ...] = ()

    def __add__(self, later: Survey) -> Survey:
        return fieldwise(
            operator.add,
            self,
            later,
            classes=later.classes if self.classes is None else self.classes,
            columns=_added(self, later),
            fit=later.fit if self.fit is None else self.fit if later.fit is None else self.fit + later.fit,
        )

    @property
    def resembles_bootstrap(self) -> bool:
        """Whether as many identifiers are left as drawing all rows with replacement leaves.

        Of n drawn from n, 1 - 1/e are left, with the variance (1/e - 2/e^2) / n of this part.
        """
        rows = sum(map(len, self.ids))
        left = len(np.unique(np.concatenate(self.ids))) / rows if rows else 0.0
        deviation = math.sqrt((math.exp(-1) - 2 * math.exp(-2)) / max(1, rows))
        return rows >= 10 and abs(left - (1 - math.exp(-1))) <= 4 * deviation

    def evenly_repeated(self) -> tuple[int, int] | None:
        """How many identifiers there are and how often nearly each of them occurs, where that is not once."""
        if not self.ids:
            return None
        _, times = np.unique(np.concatenate(self.ids), return_counts=True)
        usual = int(np.bincount(times).argmax())
        even = len(times) > 1 and usual > 1 and count_of(times == usual) >= 0.9 * len(times)
        return (len(times), usual) if even else None

    def repeated_id(self) -> tuple[int, int, int] | None:
        """How many rows carry an identifier of an earlier row, and the first two that share one."""
        ids = np.concatenate(self.ids) if self.ids else np.empty(0, np.int64)
        order = np.argsort(ids, kind="stable")
        again = np.flatnonzero(np.diff(ids[order]) == 0)
        if not again.size:
            return None
        first = again[np.argmin(order[again + 1])]
        return len(again), int(order[first]), int(order[first + 1])


def _added(one: Survey, other: Survey) -> tuple[ColumnSums, ColumnSums] | None:
    if not one.rows:
        return other.columns
    if one.columns is None or other.columns is None:
        return None
    return one.columns[0] + other.columns[0], one.columns[1] + other.columns[1]


def survey(loss: Loss, batch: Batch) -> Survey:
    """The survey of one canonical batch, whatever its values are.

    Args:
        loss: with its options; its log_predictions and outcomes are what the fit is about.
        batch: canonical; non-finite values and impossible targets are counted like any others.

    """
    if batch.offsets is not None:
        ids = () if batch.ids is None else (Names.of(batch.ids).hashes(),)
        return Survey(rows=len(batch), seen=oddities(loss, batch), ids=ids)
    with np.errstate(all="ignore"):
        found = Survey(
            rows=len(batch),
            classes=loss.classes(batch),
            seen=oddities(loss, batch) + kinds(loss, batch),
            columns=_column_sums(batch) if loss.per_class else None,
            fit=fit_of(loss, batch),
            ids=() if batch.ids is None else (Names.of(batch.ids).hashes(),),
        )
        return _with_targets(found, loss, batch)


def _with_targets(found: Survey, loss: Loss, batch: Batch) -> Survey:
    t = batch.target
    if loss.per_class and t.ndim == 3:
        hot = ((t == 0) | (t == 1)).all(axis=1)
        one_hot = hot & (t.sum(axis=1) == 1)
        return replace(found, one_hot=count_of(one_hot), multi_hot=count_of(hot), others=hot.size)
    flat = t.reshape(-1)
    whole = flat == np.floor(flat)
    values, counts = np.unique(flat[whole], return_counts=True)
    kept = Counter(dict(zip(map(int, values[:_KNOWN_TARGETS]), map(int, counts), strict=False)))
    return replace(found, targets=kept, others=flat.size - kept.total(), ignored=loss.left_out(batch))


def _column_sums(batch: Batch) -> tuple[ColumnSums, ColumnSums] | None:
    if batch.elements_per_row != 1 or not batch.input.size:
        return None
    x = batch.input[:, :, 0].astype(np.float64, copy=False)
    low, high = x.min(), x.max()
    return _rounded_sums(x, bool(low >= 0 and high <= 1)), _rounded_sums(x, bool(high <= 0), np.exp)


def _rounded_sums(x: Array, fits: bool, of: Callable[[Array], Array] = np.asarray) -> ColumnSums:
    """The sums of what ``of`` makes of the values, where each of these could be a probability."""
    if not fits:
        return ColumnSums(np.zeros(x.shape[1], np.int64), fits)
    return ColumnSums(np.rint(of(x) / _COLUMN_STEP).astype(np.int64).sum(axis=0), fits)
