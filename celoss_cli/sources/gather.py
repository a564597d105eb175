"""Several inputs as one data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from celoss_cli.data import Batch
from celoss_cli.errors import InputError, quoted, visible
from celoss_cli.sources import read
from celoss_cli.sources.base import Dataset, ReadRequest, Stream, open_stream

__all__ = ["gather"]


def gather(paths: Sequence[str], request: ReadRequest, chosen: str | None) -> Dataset:
    """The rows of all files, in order, as one data set described once.

    Raises:
        InputError: if a file cannot be read, or differs from the first one in its columns or options.

    """
    datasets = ((path, _read(path, request, chosen)) for path in paths)
    path, first = next(datasets)
    whole = Dataset({"files": list(paths), **first.described}, iter(()), dict(first.options))
    whole.batches = _chained(whole, path, first, datasets)
    return whole


def _read(path: str, request: ReadRequest, chosen: str | None) -> Dataset:
    """The data set of one file, which is closed after its last batch or its first error."""
    stream = open_stream(path)
    try:
        dataset = read(stream, request, chosen)
    except BaseException:
        stream.close()
        raise
    dataset.batches = _until_closed(dataset.batches, stream)
    return dataset


def _until_closed(batches: Iterator[Batch], stream: Stream) -> Iterator[Batch]:
    try:
        yield from batches
    finally:
        stream.close()


def _chained(
    whole: Dataset, path: str, first: Dataset, others: Iterator[tuple[str, Dataset]]
) -> Iterator[Batch]:
    start = 0
    for name, dataset in _each(path, first, others):
        _refuse_difference(whole, name, dataset)
        offset = start
        for batch in dataset.batches:
            start = offset + batch.start + len(batch)
            yield replace(batch, start=offset + batch.start)
        for key, value in dataset.described.items():
            whole.described.setdefault(key, value)
        for key, count in dataset.counts.items():
            whole.counts[key] = whole.counts.get(key, 0) + count


def _each(path: str, first: Dataset, others: Iterator[tuple[str, Dataset]]) -> Iterator[tuple[str, Dataset]]:
    yield path, first
    yield from others


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
