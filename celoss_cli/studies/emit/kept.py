"""Batches on their way to the computation: what the code to be written must know of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.studies.emit.literals import DataCode, Values, literal

__all__ = ["MOST", "Kept"]

MOST = 10_000
"""More values than this are not written out."""


@record(slots=True)
class Kept:
    """Looks at batches and keeps them as long as they are few.

    Attributes:
        first: the first batch, as it was read.
        size: how many values the input had so far.
        infinite: whether an input or a target was infinite.
        largest: the largest finite magnitude of the input.

    """

    first: Batch | None = None
    size: int = 0
    infinite: bool = False
    largest: float = 0.0
    _batches: list[Batch] = field(default_factory=list)

    def through(self, batches: Iterator[Batch | Chunk]) -> Iterator[Batch | Chunk]:
        """The same batches, looked at."""
        for found in batches:
            batch = found.read() if isinstance(found, Chunk) else found
            self._see(batch)
            yield batch

    def _see(self, batch: Batch) -> None:
        self.first = self.first or batch
        self.size += batch.input.size
        for values in (batch.input, batch.target):
            if values.dtype.kind == "f":
                self.infinite |= bool(np.isinf(values).any())
        finite = batch.input[np.isfinite(batch.input)]
        self.largest = max(self.largest, float(np.abs(finite).max(initial=0)))
        self._batches = [*self._batches, batch] if self.size <= MOST else []

    def written_out(self, loss: Loss, namespace: str, beyond: str = "") -> DataCode:
        """All values as literals in the shape that the loss takes, the class axis second.

        Args:
            loss: with its options.
            namespace: what the code calls the library's module.
            beyond: what lines that read the files themselves would not do, or "".

        Raises:
            InputError: if they are too many.

        """
        if self.size > MOST:
            files = "from a CSV, TSV, JSON or NPY file the code reads them itself"
            raise InputError(
                f"Expected at most {MOST} values to write out, got {self.size}.",
                hint=f"the code does not read files with this: {beyond}" if beyond else files,
            )
        found = [loss.canonical(batch) for batch in self._batches]
        extents = found[0].shape
        input = np.concatenate([_shaped(batch.input, extents) for batch in found])
        target = np.concatenate([_shaped(batch.target, extents) for batch in found])
        weights = [
            weight for batch in self._batches if (weight := batch.aligned.get(SAMPLE_WEIGHT)) is not None
        ]

        def values(array: Array, indices: bool = False) -> Values:
            numbers = array.astype(int if indices else float).tolist()
            return Values(literal(numbers, namespace), literal=True, indices=indices)

        return DataCode(
            input=values(input),
            target=values(target, loss.per_class and target.ndim < input.ndim),
            sample_weight=values(np.concatenate(weights)) if weights else None,
        )


def _shaped(values: Array, extents: tuple[int, ...]) -> Array:
    """Canonical values with the extents of a row in place of their one axis."""
    return values.reshape(*values.shape[:-1], *extents)
