"""The elements of a batch with their names, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import NamedTerms

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.evaluate.details import Details
    from celoss_cli.losses.base import Loss

__all__ = ["named_terms"]


def named_terms(
    loss: Loss, batch: Batch, terms: Terms, details: Details | None = None, scale: float = 1.0
) -> NamedTerms:
    """The terms of a canonical batch with the names of its elements.

    Args:
        loss: with its options.
        batch: canonical.
        terms: of the batch.
        details: of the batch, where they are wanted.
        scale: what gradients are multiplied by.

    """
    rows, positions = batch.places(np.arange(terms.loss.size))
    return NamedTerms(
        row=rows + batch.start,
        id=None if batch.ids is None else _of_elements(batch.ids, rows),
        target=_targets(loss, batch),
        loss=terms.loss.astype(np.float64, copy=False),
        weight=terms.weight.astype(np.float64, copy=False),
        index=_indices(batch, positions),
        ignored=np.zeros(terms.loss.size, bool) if terms.ignored is None else terms.ignored,
        probability=None if details is None else details.probability,
        prediction=None if details is None else details.prediction,
        gradient=None if details is None or details.gradient is None else details.gradient * scale,
    )


def _of_elements(ids: Sequence[str], rows: Array) -> Sequence[str]:
    """The identifier of each element's row."""
    if len(rows) == len(ids) == int(rows[-1]) + 1:
        return ids
    return [ids[row] for row in rows.tolist()]


def _indices(batch: Batch, positions: Array) -> Array:
    if batch.offsets is not None:
        return positions[:, None]
    axes = np.unravel_index(positions, batch.shape) if batch.shape else ()
    return np.stack(axes, axis=1) if axes else np.empty((len(positions), 0), np.int64)


def _targets(loss: Loss, batch: Batch) -> Array | Sequence[Any]:
    """Shape (elements,), or (elements, classes) of probabilities; tokens may be texts."""
    target = batch.target
    if batch.offsets is not None:
        return target if target.dtype.kind == "i" else _tokens(target)
    if not loss.per_class:
        return target.reshape(-1).astype(np.float64, copy=False)
    if target.ndim < 3:
        return target.reshape(-1)
    return np.moveaxis(target, 1, 2).reshape(-1, target.shape[1]).astype(np.float64, copy=False)


def _tokens(target: Array) -> list[str | int]:
    return [token if isinstance(token, str) else int(token) for token in target.tolist()]
