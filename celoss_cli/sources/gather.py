"""Several inputs as one data set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from celoss_cli.data import Batch, Chunk
from celoss_cli.errors import InputError, quoted, visible
from celoss_cli.sources import read
from celoss_cli.sources.base import Dataset, ReadRequest, open_stream

__all__ = ["gather"]


def gather(paths: Sequence[str], request: ReadRequest, chosen: str | None) -> Dataset:
    """The rows of all files, in order, as one data set described once.

    Raises:
        InputError: if a file cannot be read, or differs from the first one in its columns or options.

    """
    opened = contextlib.ExitStack()
    path, *others = paths
    first = _read(path, request, chosen, opened)
    whole = Dataset({"files": list(paths), **first.described}, iter(()), dict(first.options), opened.close)

    def batches() -> Iterator[Batch | Chunk]:
        rows = request.start
        with opened:
            for found in first.batches:
                yield found
                rows += len(found)
            for name in others:
                opened.close()
                dataset = _read(name, replace(request, start=rows), chosen, opened)
                _refuse_difference(whole, name, dataset)
                for found in dataset.batches:
                    yield found
                    rows += len(found)

    whole.batches = batches()
    return whole


def _read(path: str, request: ReadRequest, chosen: str | None, opened: contextlib.ExitStack) -> Dataset:
    """The data set of one file, which ``opened`` closes; at once where it cannot be read."""
    stream = open_stream(path)
    opened.callback(stream.close)
    try:
        return read(stream, request, chosen)
    except BaseException:
        opened.close()
        raise


def _refuse_difference(whole: Dataset, path: str, dataset: Dataset) -> None:
    mine, theirs = whole.described["columns"], dataset.described["columns"]
    for role in ("inputs", "target", "weight"):
        if mine[role] != theirs[role]:
            wanted = f"the columns of the first file ({role} {_shown(mine[role])})"
            raise InputError(f"expected {wanted}, got {_shown(theirs[role])}", place=visible(path))
    if {key: str(value) for key, value in dataset.options.items()} != {
        key: str(value) for key, value in whole.options.items()
    }:
        raise InputError("expected the options of the first file, got others", place=path)


def _shown(value: Any) -> str:
    return ", ".join(map(quoted, value)) if isinstance(value, list) else quoted(str(value))
