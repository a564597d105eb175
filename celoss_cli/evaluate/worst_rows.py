"""The rows with the largest mean losses, where rows differ in their number of elements: documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["RowLoss", "worst", "worst_rows"]

_TEXT = 200
"""So many characters of a row's elements are kept."""


_SPAN = 80
"""So many elements of a row are kept with their losses."""

_LARGE = 1e6
"""An infinite loss is larger than any other."""


@record(frozen=True, slots=True)
class RowLoss:
    """What the elements of one row come to.

    Attributes:
        row: its number.
        id: its name, or None.
        counted: how many elements count.
        loss: their total.
        weight: their share of the divisor.
        text: how the row begins, where its elements are texts.
        span: consecutive elements with a large total, each as its text and its loss, NaN where it does not
        count; () where elements are no texts.
        first: where the first of them stands in the row.
        size: how many elements the row has.

    """

    row: int
    id: str | None
    counted: int
    loss: float
    weight: float
    text: str
    span: Sequence[tuple[str, float]] = ()
    first: int = 0
    size: int = 0

    @property
    def mean(self) -> float:
        return self.loss / self.weight


def worst(rows: Iterable[RowLoss], count: int) -> tuple[RowLoss, ...]:
    """So many of these at most, the largest mean first, NaN before it, and of equal ones the earlier."""
    return tuple(sorted(rows, key=_order)[:count])


def _order(row: RowLoss) -> tuple[bool, float, int]:
    is_number = not math.isnan(row.mean)
    return is_number, -row.mean if is_number else 0.0, row.row


def worst_rows(batch: Batch, terms: Terms, count: int) -> tuple[RowLoss, ...]:
    """So many rows of a canonical batch; those without a share of the divisor are none of them.

    Args:
        batch: canonical, its rows with numbers of elements of their own.
        terms: of the batch.
        count: how many; more than there are is all of them.

    """
    rows = batch.places(np.arange(terms.loss.size))[0]
    ignored = np.zeros(len(rows), bool) if terms.ignored is None else terms.ignored
    loss, weight, counted = (
        np.bincount(rows, values, len(batch)) for values in (terms.loss, terms.weight, ~ignored)
    )
    shared = np.flatnonzero(weight > 0)
    with np.errstate(all="ignore"):
        mean = loss[shared] / weight[shared]
    size = np.where(np.isnan(mean), np.inf, mean)
    chosen = shared[np.argsort(-size, kind="stable")[:count]]
    found = (
        RowLoss(
            batch.start + row,
            None if batch.ids is None else batch.ids[row],
            int(counted[row]),
            float(loss[row]),
            float(weight[row]),
            _text(batch, row),
            *_span(batch, row, np.where(ignored, np.nan, terms.loss)),
        )
        for row in chosen.tolist()
    )
    return worst(found, count)


def _text(batch: Batch, row: int) -> str:
    part = batch.rows(row, row + 1).target[:_TEXT].tolist()
    return "".join(part)[:_TEXT] if part and all(isinstance(text, str) for text in part) else ""


def _span(batch: Batch, row: int, losses: Array) -> tuple[Sequence[tuple[str, float]], int, int]:
    """The elements with the largest total, the place of the first one, and how many the row has."""
    assert batch.offsets is not None  # noqa: S101 - for the type checker: rows differ in their elements
    start, end = int(batch.offsets[row]), int(batch.offsets[row + 1])
    texts, own = batch.target[start:end], losses[start:end].astype(np.float64)
    if not all(isinstance(text, str) for text in texts):
        return (), 0, end - start
    finite = np.nan_to_num(own, nan=0, posinf=_LARGE, neginf=0)
    so_far = np.concatenate([[0], np.cumsum(finite)])
    size = min(_SPAN, len(own))
    first = int(np.argmax(so_far[size:] - so_far[: len(so_far) - size]))
    part = slice(first, first + size)
    return list(zip(texts[part].tolist(), own[part].tolist(), strict=True)), first, end - start
