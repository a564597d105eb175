"""Every element of a data set in order, with its name: one by one, column by column, and as arrays."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Batch
from celoss_cli.core.records import record
from celoss_cli.core.spool import Spool
from celoss_cli.evaluate.workings import Row, row_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Terms
    from celoss_cli.evaluate.details import Details
    from celoss_cli.losses.base import Loss

__all__ = ["NamedTerms", "Rows", "named_terms"]


@record(frozen=True, slots=True)
class NamedTerms:
    """Consecutive loss elements with their names: what ``--reduction none`` streams.

    Attributes:
        row: of the whole data set, shape (elements,) of int64.
        id: the identifiers of these rows, or None.
        target: shape (elements,), or (elements, classes) of probabilities; tokens may be texts.
        loss, weight: shape (elements,) of float64.
        index: within the row, shape (elements, axes), with no axes where a row is one element.
        ignored: shape (elements,) of bool.
        probability: that each target was predicted with, NaN where there is none; None if not wanted.
        prediction: the likeliest outcome, -1 where there is none; None if not wanted.
        gradient: of the result, shape (elements, classes) or (elements,); None if not wanted.

    """

    row: Array
    id: Sequence[str] | None
    target: Array | Sequence[Any]
    loss: Array
    weight: Array
    index: Array
    ignored: Array
    probability: Array | None = None
    prediction: Array | None = None
    gradient: Array | None = None


class Rows(Iterable[Row]):
    """Every element of a data set in order; long ones wait in a temporary file.

    Attributes:
        with_gradient: whether elements are kept with their gradient.
        scale: what gradients are multiplied by to be those of the result, once its denominator is known.
        length: of the array of losses: the rows, or the elements where rows differ in their number.

    """

    def __init__(self, loss: Loss) -> None:
        self.with_gradient = False
        self.scale = 1.0
        self.length = 0
        self._loss = loss
        self._spool = Spool()
        self._parts = 0

    def add(self, batch: Batch, terms: Terms, details: Details | None = None) -> None:
        """Appends the elements of a canonical batch."""
        ids = None if batch.ids is None else list(batch.ids)
        kept = (batch.start, batch.shape, ids, batch.input.shape, batch.target, batch.offsets, terms, details)
        pickle.dump(kept, self._spool.written, pickle.HIGHEST_PROTOCOL)
        self._parts += 1
        self.length += len(batch) if batch.offsets is None else len(terms.loss)
        self.with_gradient |= details is not None and details.gradient is not None

    def __iter__(self) -> Iterator[Row]:
        for batch, terms, _ in self._kept():
            for element in range(terms.loss.size):
                yield row_of(self._loss, batch, terms, element)

    def by_column(self) -> Iterator[NamedTerms]:
        """The elements in order, as many at a time as were computed together."""
        for batch, terms, details in self._kept():
            yield named_terms(self._loss, batch, terms, details, self.scale)

    def losses(self) -> Iterator[Array]:
        """The losses batch by batch, shape (rows, ...) float64; flat where rows differ in their elements."""
        for batch, terms, _ in self._kept():
            yield terms.loss.astype(np.float64).reshape(_extents(batch))

    def gradients(self) -> Iterator[Array]:
        """The gradient of the result batch by batch, of the shape of the input with its classes second."""
        for batch, _, details in self._kept():
            if details is not None and details.gradient is not None:
                slopes = (details.gradient * self.scale).reshape(*_extents(batch), -1)
                slopes = np.moveaxis(slopes, -1, 1)
                yield slopes[:, 0] if details.gradient.ndim == 1 else slopes

    def _kept(self) -> Iterator[tuple[Batch, Terms, Details | None]]:
        file = self._spool.read()
        for _ in range(self._parts):
            kept = pickle.load(file)  # noqa: S301 - our own
            start, shape, ids, extents, target, offsets, terms, details = kept
            input = np.broadcast_to(0.0, extents)
            yield Batch(input, target, shape=shape, start=start, ids=ids, offsets=offsets), terms, details


def _extents(batch: Batch) -> tuple[int, ...]:
    """Those of an array of the elements, which is flat where rows differ in their number."""
    return (len(batch), *batch.shape) if batch.offsets is None else (int(batch.offsets[-1]),)


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
