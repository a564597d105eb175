"""How much of each document of scored tokens counts, which two dumps must have in common to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["SIZES", "scored_of"]

SIZES = ("bytes", "tokens")
"""What says how much of a document is scored: bytes where both dumps know them, whatever their tokens are."""


def scored_of(unit: str, batch: Batch, terms: Terms) -> Array:
    """How much of each document counts, shape (documents,); NaN where nobody knows.

    Args:
        unit: one of ``SIZES``.
        batch: of documents.
        terms: of its tokens, which say what counts.

    """
    each = batch.aligned.get(unit)
    each = np.full(terms.loss.size, 1.0 if unit == "tokens" else np.nan) if each is None else each
    each = each if terms.ignored is None else np.where(terms.ignored, 0.0, each)
    return np.bincount(batch.places(np.arange(each.size))[0], each, len(batch))
