"""The data that a number was computed from, held in memory and taken as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError, LimitError
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import refuse_odd_weights
from celoss_cli.losses.base import SAMPLE_WEIGHT

__all__ = ["MOST_VALUES", "Problem", "problem_of"]

MOST_VALUES = 2_000_000
"""The most input values that are searched: every hypothesis reads all of them."""


@record(frozen=True, slots=True)
class Problem:
    """Input and targets with the options that the number may have been computed with.

    Attributes:
        input: as it was given, the rows along the first axis.
        target: class indices, or values of the input's shape.
        kind: what the data says that the input is ("logits", "log-probs", "probs"), or None.
        arrays: whether the data are arrays, which can be turned, and not the columns of a table.
        class_axis: of the arrays as they were given, where it was said; ``input`` has it as axis 1 by then.
        labels: the classes' names.
        sample_weight: shape (rows,), or None.
        weight: of classes or elements, or None.
        pos_weight: of the positive answer, or None.
        ignore_index: targets of this value are left out.
        label_smoothing: eps.
        signed: whether targets that are 0 and 1 stood as -1 and +1.
        conversions: what was done to the targets to read them, in words.
        skipped: how many rows were left out for a missing value.

    """

    input: Array
    target: Array
    kind: str | None = None
    arrays: bool = True
    class_axis: int | None = None
    labels: Sequence[str] | None = None
    sample_weight: Array | None = None
    weight: Array | None = None
    pos_weight: Array | None = None
    ignore_index: int = -100
    label_smoothing: float = 0.0
    signed: bool = False
    conversions: tuple[str, ...] = ()
    skipped: int = 0


def problem_of(batches: Iterable[Batch | Chunk], source: str = "", **options: object) -> Problem:
    """All rows of a data set, read from ``source``, as one problem; ``options`` are its other attributes.

    Raises:
        InputError: for data without rows, with rows of several shapes, or with an odd weight of a row.
        LimitError: for more values than can be searched.

    """
    kept, values = [], 0
    for found in batches:
        batch = found.read() if isinstance(found, Chunk) else found
        refuse_odd_weights(batch)
        kept.append(batch)
        values += batch.input.size
        if values > MOST_VALUES:
            raise LimitError(
                f"expected at most {MOST_VALUES} values to search, got more",
                hint="a sample of the rows shows the same mistake, if the number is that of the sample",
            )
    if not values:
        raise InputError("expected rows to compute a loss of, got no rows", place=source)
    return Problem(
        input=_joined([batch.input for batch in kept]),
        target=_joined([batch.target for batch in kept]),
        labels=kept[0].labels,
        sample_weight=_weights(kept),
        conversions=tuple(dict.fromkeys(words for batch in kept for words in batch.conversions)),
        skipped=sum(batch.skipped for batch in kept),
        **options,  # type: ignore[arg-type]
    )


def _joined(parts: Sequence[Array]) -> Array:
    if len(parts) == 1:
        return parts[0]
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        raise InputError("expected rows of one shape, got several")
    return np.concatenate(parts)


def _weights(batches: Sequence[Batch]) -> Array | None:
    if SAMPLE_WEIGHT not in batches[0].aligned:
        return None
    return _joined([batch.aligned[SAMPLE_WEIGHT] for batch in batches]).reshape(-1)
