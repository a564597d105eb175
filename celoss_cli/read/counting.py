"""Targets that count the classes from 1, read as indices from 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Batch, Chunk
from celoss_cli.core.errors import InputError, UsageError, plural
from celoss_cli.read.roles.targets import BY_INDEX

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["classes_of", "counted", "from_first"]

_TOLD = "targets read as class indices, counted from {}"


def counted(dataset: Dataset, request: ReadRequest) -> Dataset:
    """The data set with targets that are counted from 0, whatever the first class is called."""
    if request.first_class:
        dataset.batches = _each(dataset.batches, request)
    return dataset


def _each(batches: Iterator[Batch | Chunk], request: ReadRequest) -> Iterator[Batch | Chunk]:
    for found in batches:
        if isinstance(found, Batch):
            yield _batch(found, request)
        else:
            yield Chunk(found.rows, lambda read=found.read: _batch(read(), request))  # type: ignore[misc]


def _batch(batch: Batch, request: ReadRequest) -> Batch:
    if batch.input.shape == batch.target.shape and batch.input.ndim:
        raise UsageError("Expected --first-class with class indices, got a target for each class.")
    classes = batch.input.shape[1 if batch.input.ndim > 1 else 0]
    try:
        target = from_first(batch.target, classes, request)
    except InputError as error:
        raise error.at(batch.place(error.element or 0)) from None
    told = _TOLD.format(request.first_class)
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
