"""The elements with the largest losses, with what is needed to show how each came about."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import LimitError
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["Elements", "Largest"]

_MOST = 100_000
"""More rows are no list that anybody reads."""

_MOST_BYTES = 1 << 28
"""At most so much of the data is kept, twice while it is sorted."""


@record(frozen=True, slots=True)
class Elements:
    """Elements of the data set, in any order.

    Attributes:
        loss: shape (elements,) float64.
        row, position: the place of each in the data set and within its row.
        shape: the extents of a row.
        batch: canonical, each a row of its own.

    """

    loss: Array
    row: Array
    position: Array
    shape: tuple[int, ...]
    batch: Batch

    def __len__(self) -> int:
        return len(self.loss)

    def place(self, at: int) -> tuple[int, tuple[int, ...]]:
        """The row of an element in the data set and its index within the row."""
        if self.batch.offsets is not None:
            return int(self.row[at]), (int(self.position[at]),)
        index = np.unravel_index(int(self.position[at]), self.shape) if self.shape else ()
        return int(self.row[at]), tuple(map(int, index))

    def largest(self, count: int) -> Elements:
        """So many of them at most, the worst first."""
        number = np.isnan(self.loss)
        size = np.where(number, np.inf, self.loss)
        chosen = np.lexsort((self.position, self.row, -size, ~number))[:count]
        return Elements(
            self.loss[chosen],
            self.row[chosen],
            self.position[chosen],
            self.shape,
            self.batch.elements(chosen, np.zeros_like(chosen)),
        )


def _together(parts: Sequence[Elements]) -> Elements:
    first, *_ = batches = [part.batch for part in parts]
    return Elements(
        np.concatenate([part.loss for part in parts]),
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.position for part in parts]),
        parts[0].shape,
        replace(
            first,
            input=np.concatenate([batch.input for batch in batches]),
            target=np.concatenate([batch.target for batch in batches]),
            aligned={
                name: np.concatenate([batch.aligned[name] for batch in batches]) for name in first.aligned
            },
            ids=None if first.ids is None else [name for batch in batches for name in batch.ids or ()],
            offsets=None if first.offsets is None else np.arange(sum(map(len, batches)) + 1),
        ),
    )


def _largest_of(terms: Terms, count: int) -> Array:
    """Places of the counted elements whose losses are among the largest, of equal ones the first."""
    losses = terms.loss.astype(np.float64)
    # NaN counts as infinite here, so that all of them stay in: which are worse is settled later.
    losses[np.isnan(losses)] = np.inf
    places = np.arange(len(losses)) if terms.ignored is None else np.flatnonzero(~terms.ignored)
    if len(places) <= count:
        return places
    limit = np.partition(losses[places], len(places) - count)[len(places) - count]
    if limit == np.inf:
        return _worst_of_infinite(terms, places[losses[places] == limit], count)
    above, at = places[losses[places] > limit], places[losses[places] == limit]
    return np.concatenate([above, at[: count - len(above)]])


def _worst_of_infinite(terms: Terms, places: Array, count: int) -> Array:
    """The first of NaN and then of infinite losses."""
    number = ~np.isnan(terms.loss[places])
    return places[np.argsort(number, kind="stable")[:count]]


@record(frozen=True, slots=True)
class Largest:
    """The elements with the largest losses; ``Largest()`` is empty.

    NaN is worse than infinity, and of equal losses the earlier element is worse.

    Attributes:
        parts: elements among which they are; they are sorted out when there are twice as many as wanted.

    """

    parts: tuple[Elements, ...] = ()

    @classmethod
    def of(cls, batch: Batch, terms: Terms, count: int) -> Largest:
        """The largest losses of the counted elements of one canonical batch.

        Args:
            batch: canonical.
            terms: of the batch.
            count: how many; more than there are is all of them.

        Raises:
            LimitError: if so many cannot be kept.

        """
        chosen = _largest_of(terms, count)
        if not chosen.size:
            return cls()
        row, position = batch.places(chosen)
        _refuse_many(batch, len(chosen))
        loss = terms.loss[chosen].astype(np.float64)
        kept = batch.elements(row, position)
        return cls((Elements(loss, batch.start + row, position, batch.shape, kept),))

    def joined(self, other: Largest, count: int) -> Largest:
        """So many of both.

        Raises:
            LimitError: if so many cannot be kept.

        """
        parts = (*self.parts, *other.parts)
        found = Largest(parts)
        return found if sum(map(len, parts)) < 2 * count else Largest(tuple(found.sorted(count)))

    def sorted(self, count: int) -> Iterator[Elements]:
        """So many of them at most, the worst first, as one part; none of nothing.

        Raises:
            LimitError: if so many cannot be kept.

        """
        if self.parts:
            found = _together(self.parts).largest(count)
            _refuse_many(found.batch, len(found))
            yield found


def _refuse_many(batch: Batch, count: int) -> None:
    """Refuses to keep so many elements of a batch."""
    bytes_of_one = batch.input.nbytes // max(1, batch.input.size) * math.prod(batch.input.shape[1:-1])
    most = min(_MOST, _MOST_BYTES // max(1, bytes_of_one))
    if count > most:
        raise LimitError(
            f"expected at most {most:,} of the largest losses to show (--worst), got more",
            hint="--reduction none writes the loss of every row",
        )
