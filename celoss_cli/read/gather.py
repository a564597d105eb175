"""Several inputs as one data set."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.errors import InputError, quoted, visible
from celoss_cli.read import SourceSpec, format_of
from celoss_cli.read.batches import changed, counted
from celoss_cli.read.bytes.compressed import decompressed
from celoss_cli.read.paths import files_of, keys_of
from celoss_cli.read.request import Dataset, ReadRequest, Stream, open_stream

if TYPE_CHECKING:
    from celoss_cli.core.data import Batch, Chunk, Roles
    from celoss_cli.read.row_groups import RowGroups

__all__ = ["Watch", "gather", "opened_values", "read_stream", "recognised", "refuse_difference"]

_FEW_NAMES = 20
"""So many names of classes are repeated in a message; more are left to who reads it."""

Watch = Callable[[int, float | None], None]
"""Is told how many rows were handed out, and which part of all bytes was read, where that is known."""


def read_stream(stream: Stream, request: ReadRequest, chosen: str | None) -> Dataset:
    """The data set in a stream, in the format that its name, its first bytes or the user says."""
    spec, stream, request = recognised(stream, request, chosen)
    return counted(spec.load().read(stream, request), request)


def recognised(
    stream: Stream, request: ReadRequest, chosen: str | None
) -> tuple[SourceSpec, Stream, ReadRequest]:
    """The format of a stream, with what its reader takes: the data without compression, and the request."""
    stream = decompressed(stream)
    stream.threads = request.threads
    spec = format_of(stream.path, stream.head(), chosen)
    request.settled.read_as(spec.name, spec.uses)
    if spec.name == "tsv" and request.delimiter is None:
        request = request.separated_by("\t")
    return spec, stream, request


def opened_values(
    path: str, request: ReadRequest, chosen: str | None = None
) -> tuple[SourceSpec, Stream, ReadRequest]:
    """As ``recognised``, a file of values or of targets.

    Raises:
        InputError: for a format of scored tokens, which holds neither.

    """
    spec, stream, request = recognised(open_stream(path), request, chosen)
    if spec.scored:
        stream.close()
        raise InputError(
            f"expected values or targets, got {spec.summary}",
            hint="celoss nll takes such a file by its name, without @",
            place=stream.name,
        )
    return spec, stream, request


def gather(
    paths: Sequence[str],
    request: ReadRequest,
    chosen: str | None,
    watch: Watch | None = None,
    row_groups: Mapping[str, RowGroups] | None = None,
) -> Dataset:
    """The rows of all files, in order, as one data set described once.

    Args:
        paths: of files, folders and patterns.
        request: what is asked of the readers.
        chosen: the format where the user says it.
        watch: is told what was read, if anybody is.
        row_groups: those that are meant of the Parquet files of which not all is.

    Raises:
        InputError: if a file cannot be read, or differs from the first one in its columns or options.
        LimitError: if a pattern leads through too many folders.
        UsageError: if a file is named twice.

    """
    opened = contextlib.ExitStack()
    path, *others = paths = files_of(paths)
    request.settled.forget()
    group = request.columns.group
    if group is not None:
        _refuse_without_key(paths, group)
    streams: list[Stream] = []

    def read(path: str, request: ReadRequest) -> Dataset:
        stream = open_stream(path)
        opened.callback(stream.close)
        streams.append(stream)
        stream.row_groups = (row_groups or {}).get(path)
        request.settled.files += 1
        try:
            if group is not None and group in (keys := keys_of(path)):
                return _with_key(path, stream, request, chosen, group, keys[group])
            return read_stream(stream, request, chosen)
        except BaseException:
            opened.close()
            raise

    first = read(path, request)
    whole = Dataset(
        {"files": list(paths), **first.described},
        iter(()),
        dict(first.options),
        opened.close,
        first.scored,
        first.choices,
    )
    if others:
        whole.described.pop("choices", None)  # which are those of the first file

    def batches() -> Iterator[Batch | Chunk]:
        rows = request.start
        with opened:
            for found in first.batches:
                yield found
                rows += len(found)
            for name in others:
                opened.close()
                dataset = read(name, replace(request, start=rows))
                refuse_difference(whole, name, dataset)
                for found in dataset.batches:
                    yield found
                    rows += len(found)

    whole.batches = batches() if watch is None else _told(batches(), request.start, paths, streams, watch)
    return whole


def _told(
    batches: Iterator[Batch | Chunk], rows: int, paths: Sequence[str], streams: Sequence[Stream], watch: Watch
) -> Iterator[Batch | Chunk]:
    """The batches, with what was read told after each: of a pipe or a mapped file nobody knows the part."""
    sizes = [_size(path) for path in paths]
    total = sum(sizes) if all(sizes) else 0
    for found in batches:
        yield found
        rows += len(found)
        binary = streams[-1].binary
        read = binary.tell() if total and not binary.closed else 0
        watch(rows, (sum(sizes[: len(streams) - 1]) + read) / total if read else None)


def _size(path: str) -> int:
    """How many bytes a file has, 0 for what is no file."""
    return os.path.getsize(path) if path != "-" and os.path.isfile(path) else 0


def _refuse_without_key(paths: Sequence[str], group: str) -> None:
    """Refuses files without a key that the paths of others have, where groups are asked by it."""
    without = [path for path in paths if group not in keys_of(path)]
    if without and len(without) < len(paths):
        raise InputError(
            f"expected the key {quoted(group)} in the path of every file, as others have it, got none",
            place=visible(without[0]),
        )


def _with_key(
    path: str, stream: Stream, request: ReadRequest, chosen: str | None, name: str, key: str
) -> Dataset:
    """The data set of a stream, with the key of its path as the column that groups are asked by.

    Args:
        path: of the file.
        stream: its content.
        request: what is asked of the reader.
        chosen: the format where the user says it.
        name: of the key.
        key: its value, which every row has.

    Raises:
        InputError: if the data has a column of this name too.

    """
    dataset = read_stream(stream, replace(request, columns=replace(request.columns, group=None)), chosen)
    columns = dataset.described["columns"]
    if name in _named(columns):
        raise InputError(
            f"expected {quoted(name)} as a column or as a key of the path, got both", place=visible(path)
        )
    dataset.described = {**dataset.described, "columns": {**columns, "group": name}}
    dataset.batches = changed(dataset.batches, lambda batch: replace(batch, groups=[key] * len(batch)))
    return dataset


def _named(columns: Roles) -> Iterator[str]:
    """The columns that have a role, and those that have none."""
    single = (columns.get("target"), columns.get("id"), columns.get("weight"))
    for found in (columns.get("inputs"), *single, columns.get("unused")):
        yield from [found] if isinstance(found, str) else found or ()


def refuse_difference(whole: Dataset, path: str, dataset: Dataset) -> None:
    """Refuses a file that has other columns or options than the first one of its data set.

    Raises:
        InputError: with what differs.

    """
    mine, theirs = whole.described["columns"], dataset.described["columns"]
    role: Literal["inputs", "target", "weight", "predicted"]
    for role in ("inputs", "target", "weight", "predicted"):
        one, other = mine.get(role), theirs.get(role)
        if one != other:
            wanted = f"the columns of the first file ({role} {_shown(one)})"
            hint = _one_order(mine["inputs"], theirs["inputs"]) if role == "inputs" else ""
            raise InputError(f"expected {wanted}, got {_shown(other)}", hint=hint, place=visible(path))
    if {key: str(value) for key, value in dataset.options.items()} != {
        key: str(value) for key, value in whole.options.items()
    }:
        raise InputError("expected the options of the first file, got others", place=path)


def _one_order(mine: Sequence[str], theirs: Sequence[str]) -> str:
    """The option that gives files one order of the classes, where nothing but that differs."""
    if sorted(mine) != sorted(theirs):
        return ""
    listed = ",".join(mine)
    read_back = [name.strip() for name in listed.split(",")]
    can_be_listed = len(mine) <= _FEW_NAMES and read_back == list(mine) and visible(listed) == listed
    return f"in one order: --class-columns {shlex.quote(listed) if can_be_listed else 'NAMES'}"


def _shown(value: Any) -> str:
    return ", ".join(map(quoted, value)) if isinstance(value, list) else quoted(str(value))
