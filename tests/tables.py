"""Every way in which a table of text is read, so that one text can be tried by all of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np

from celoss_cli.core.data import Batch, Chunk
from celoss_cli.core.errors import CelossError
from celoss_cli.read.request import Dataset, ReadRequest, Settled, Stream
from celoss_cli.read.text import blocks, delimited, plain

__all__ = ["TABLE_WAYS", "Outcome", "batches_of", "outcome_of", "read_table"]


def _strict(*_: object) -> Any:
    raise plain.NotPlain


_PATCHES: dict[str, list[tuple[Any, str, object]]] = {
    "strict": [(delimited, "parsed", _strict)],
    "digits": [(plain, "has_pyarrow", lambda: False), (plain, "_FEW", 1.0)],
    "numpy": [(plain, "has_pyarrow", lambda: False), (plain, "_FEW", -1)],
    "pyarrow": [(plain, "_WORTH_IMPORTING_BYTES", 0), (plain, "is_for_a_library", lambda _: True)],
    "chosen": [],
}
TABLE_WAYS = tuple(_PATCHES)
"""The strict reader, each fast one alone, and whichever the program chooses."""


@dataclass(frozen=True)
class Outcome:
    """What reading came to; equal outcomes hold the same bits.

    Attributes:
        said: the error with its kind, or "".
        numbers: the input, the targets and the weights as bytes, and the shape of the input.
        names: ids, groups and places of the rows.
        skipped: rows left out.
        facts: oddities of the file.

    """

    said: str = ""
    numbers: tuple[Any, ...] = ()
    names: tuple[Any, ...] = ()
    skipped: int = 0
    facts: frozenset[str] = frozenset()


def batches_of(dataset: Dataset) -> Iterator[Batch]:
    for found in dataset.batches:
        yield found.read() if isinstance(found, Chunk) else found


def read_table(data: bytes, request: ReadRequest, way: str = "chosen", block: int = 1 << 20) -> Outcome:
    """Reads a table in one way, in blocks of so many bytes."""
    request = replace(request, settled=Settled())
    with ExitStack() as stack:
        stack.enter_context(patch.object(blocks, "_BLOCK_BYTES", block))
        for module, name, value in _PATCHES[way]:
            stack.enter_context(patch.object(module, name, value))
        return outcome_of(lambda: delimited.read(Stream("t.csv", io.BytesIO(data)), request))


def outcome_of(read: Callable[[], Dataset]) -> Outcome:
    """The rows of a data set, or the error that it came to."""
    try:
        return _joined(list(batches_of(read())))
    except CelossError as error:
        return Outcome(f"{type(error).__name__}: {error}")


def _joined(batches: list[Batch]) -> Outcome:
    if not batches:
        return Outcome()
    starts = np.cumsum([0, *map(len, batches)]).tolist()
    assert [batch.start for batch in batches] == starts[:-1]
    arrays = [
        np.concatenate([batch.input for batch in batches]),
        np.concatenate([batch.target for batch in batches]),
        *([np.concatenate([b.aligned["sample weight"] for b in batches])] if batches[0].aligned else []),
    ]
    return Outcome(
        numbers=tuple((array.shape, array.dtype.str, array.tobytes()) for array in arrays),
        names=(
            [name for batch in batches for name in batch.ids or ()],
            [name for batch in batches for name in batch.groups or ()],
            [batch.place(row) for batch in batches for row in range(len(batch))],
            batches[0].labels,
            batches[0].conversions,
        ),
        skipped=sum(batch.skipped for batch in batches),
        facts=frozenset().union(*(batch.facts for batch in batches)),
    )
