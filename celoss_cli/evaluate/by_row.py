"""The terms of the elements as those of their rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["by_row"]


def by_row(batch: Batch, terms: Terms) -> Terms:
    """The sums of the elements of each row of a canonical batch; a row of ignored elements alone is ignored.

    Args:
        batch: of rows with one number of elements, or with a number of their own.
        terms: of the elements.

    Returns:
        terms of shape (rows,), in float64.

    """
    ignored = None if terms.ignored is None else _summed(batch, terms.ignored) == _sizes(batch)
    if batch.offsets is not None and ignored is None:
        ignored = _sizes(batch) == 0
    return replace(
        terms,
        loss=_summed(batch, terms.loss),
        weight=_summed(batch, terms.weight),
        ignored=ignored,
    )


def _summed(batch: Batch, values: Array) -> Array:
    if batch.offsets is not None:
        rows = batch.places(np.arange(values.size))[0]
        return np.bincount(rows, values, len(batch))
    each = values.reshape(len(batch), -1).astype(np.float64, copy=False)
    return each[:, 0] if each.shape[1] == 1 else np.asarray(each.sum(axis=1))


def _sizes(batch: Batch) -> Array | int:
    return batch.elements_per_row if batch.offsets is None else np.diff(batch.offsets)
