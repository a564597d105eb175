"""Probabilities that rounding put outside of 0 to 1, taken for 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from celoss_cli.core.data import Batch, Chunk

__all__ = ["clipped"]


def clipped(batches: Iterable[Batch | Chunk], distance: float) -> Iterator[Batch | Chunk]:
    """The same rows; input values up to ``distance`` below 0 become 0, those as little above 1 become 1.

    Values further away stay, so that the loss refuses them.
    """
    for found in batches:
        if isinstance(found, Chunk):
            yield Chunk(found.rows, lambda read=found.read: _clipped(read(), distance))  # type: ignore[misc]
        else:
            yield _clipped(found, distance)


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
