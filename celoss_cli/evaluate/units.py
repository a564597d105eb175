"""The independent units that a mean loss is of, rows or groups of rows, collected in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.spool import Spool
from celoss_cli.evaluate.groups import Groups, codes_of
from celoss_cli.statistics.spread import Spread, spread_of, spread_of_all

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["UnitsOfRows", "by_row"]


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


class UnitsOfRows:
    """Takes the batches of a data set with their terms, and says how its units spread.

    Rows wait in memory, many of them in a temporary file, as 16 bytes each; of groups the exact sums are
    kept. Neither depends on how the data was cut into batches.
    """

    def __init__(self, *, by_row: bool, grouped: bool) -> None:
        """Begins without any.

        Args:
            by_row: whether the mean is over rows ("batchmean") and not over what the loss divides by.
            grouped: whether the rows of one group are one unit.

        """
        self._by_row, self._grouped = by_row, grouped
        self._spool, self._parts = Spool(), list[int]()
        self._groups = Groups()

    def add(self, batch: Batch, terms: Terms) -> None:
        """Takes the next batch, canonical; rows without a counted element are no units."""
        rows = by_row(batch, terms)
        if self._by_row:
            rows = replace(rows, weight=np.ones(len(batch)))
        if self._grouped:
            self._groups += Groups.of(*codes_of(batch.groups or ()), rows)
        elif rows.ignored is None:
            self._keep(rows.loss, rows.weight)
        else:
            self._keep(rows.loss[~rows.ignored], rows.weight[~rows.ignored])

    def _keep(self, value: Array, weight: Array) -> None:
        file = self._spool.written
        for values in (value, weight):
            file.write(np.ascontiguousarray(values).data)
        self._parts.append(len(value))

    def spread(self) -> Spread:
        """How the units spread, once all batches were taken.

        Raises:
            LimitError: if there are too many groups.

        """
        return spread_of_all(*self._groups.totals()) if self._grouped else spread_of(self._rows)

    def _rows(self) -> Iterator[tuple[Array, Array]]:
        file = self._spool.read()
        for count in self._parts:
            value, weight = (np.frombuffer(file.read(8 * count), np.float64) for _ in range(2))
            yield value, weight
