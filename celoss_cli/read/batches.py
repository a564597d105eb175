"""Batches on their way from a reader: in what order they are read, and what is changed in all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from celoss_cli.core.data import Batch, Chunk
from celoss_cli.core.errors import CelossError, InputError, UsageError, plural
from celoss_cli.read.roles.targets import BY_INDEX

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["Peekable", "changed", "classes_of", "clipped", "counted", "from_first", "streamed"]

T = TypeVar("T")


class Peekable(Iterator[T]):
    """An iterator with a view of what is to come; an item that cannot be read raises where it is due.

    Attributes:
        seen: the items that were peeked at and not yet handed out.

    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self.seen: deque[T] = deque()
        self._error: CelossError | None = None

    def peek(self) -> Iterator[T]:
        """The items to come, which stay to come; up to the first that cannot be read."""
        yield from list(self.seen)
        try:
            for item in self._items:
                self.seen.append(item)
                yield item
        except CelossError as error:
            self._error = error

    def __next__(self) -> T:
        if self.seen:
            return self.seen.popleft()
        if self._error is not None:
            raise self._error
        return next(self._items)


def streamed(
    parts: Iterable[T], rows: Callable[[T], int], read: Callable[[T, int], Batch], request: ReadRequest
) -> Iterator[Batch | Chunk]:
    """The batches of the parts of a stream, which any thread may read where the number of rows is known.

    Args:
        parts: of the stream, in order.
        rows: how many a part has; 0 where that is known only once it is read.
        read: gives the rows of a part, the first of which has this number.
        request: rows may be missing where it says so: then nobody knows how many there are.

    """
    start = request.start
    for part in parts:
        size = rows(part) if request.missing == "error" else 0
        found = Chunk(size, partial(read, part, start)) if size else read(part, start)
        yield found
        start += len(found)


def changed(batches: Iterable[Batch | Chunk], change: Callable[[Batch], Batch]) -> Iterator[Batch | Chunk]:
    """The same rows with a change, which is made where they are read."""
    for found in batches:
        if isinstance(found, Batch):
            yield change(found)
        else:
            yield Chunk(found.rows, lambda read=found.read: change(read()))  # type: ignore[misc]


def counted(dataset: Dataset, request: ReadRequest) -> Dataset:
    """The data set with targets that are counted from 0, whatever the first class is called."""
    if request.first_class:
        dataset.batches = changed(dataset.batches, lambda batch: _counted(batch, request))
    return dataset


def _counted(batch: Batch, request: ReadRequest) -> Batch:
    if batch.input.shape == batch.target.shape and batch.input.ndim:
        raise UsageError("Expected --first-class with class indices, got a target for each class.")
    classes = batch.input.shape[1 if batch.input.ndim > 1 else 0]
    try:
        target = from_first(batch.target, classes, request)
    except InputError as error:
        raise error.at(batch.place(error.element or 0)) from None
    told = f"targets read as class indices, counted from {request.first_class}"
    others = (other for other in batch.conversions if other != BY_INDEX)
    return replace(batch, target=target, conversions=(told, *others))


def from_first(target: Array, classes: int | None, request: ReadRequest) -> Array:
    """Targets as indices from 0; one that is no class stays as it is, for it may be left out.

    Args:
        target: shape (rows, ...).
        classes: how many there are, or None where nobody knows.
        request: says what the first one is called.

    Raises:
        InputError: for a target just below the first class, with its row as the element.

    """
    first = request.first_class
    below = target == first - 1
    if below.any() and not request.examined:
        known = f" to {classes - 1 + first} ({plural(classes, 'class')})" if classes else ""
        raise InputError(
            f"Expected a target from {first}{known}, got {first - 1}.",
            hint="counted from 0, they need no --first-class; rows to leave out are marked by -100",
            element=int(np.argwhere(np.atleast_1d(below))[0][0]),
        )
    inside = target >= first if classes is None else (target >= first) & (target < classes + first)
    return np.where(inside, target - first, target)


def classes_of(described: Source) -> int:
    """How many classes the data has, by how it was read."""
    shape = described.get("shape")
    if shape is None:
        return len(described["columns"]["inputs"])
    return int(shape[1]) if len(shape) > 1 else int(shape[0])


def clipped(batches: Iterable[Batch | Chunk], distance: float) -> Iterator[Batch | Chunk]:
    """The same rows; input values up to ``distance`` below 0 become 0, those as little above 1 become 1.

    Values further away stay, so that the loss refuses them.
    """
    return changed(batches, lambda batch: _clipped(batch, distance))


def _clipped(batch: Batch, distance: float) -> Batch:
    x = batch.input
    with np.errstate(invalid="ignore"):
        near = ((x < 0) & (x >= -distance)) | ((x > 1) & (x <= 1 + distance))
    if not near.any():
        return batch
    told = f"input up to {distance:g} outside of 0 to 1 taken for 0 or 1"
    return replace(
        batch,
        input=np.where(near, np.clip(x, 0, 1), x).astype(x.dtype, copy=False),
        conversions=(*batch.conversions, told),
    )
