"""Shards of a data set, whole files or row groups of Parquet files, and what files are known by."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from celoss_cli.core.errors import InputError, UsageError, listed, plural, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.read.request import open_stream
from celoss_cli.read.row_groups import RowGroups

__all__ = ["FileState", "Piece", "Shard", "dealt", "parts_of", "row_groups_in", "shard_of_text", "state_of"]

_PARQUET = b"PAR1"

_MANY_FILES = 64
"""So many files are parts of a good size by themselves: nobody looks into them."""

_MOST_PARTS = 256
"""A file of more row groups makes no more parts, each of which takes some milliseconds."""

_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@record(frozen=True, slots=True)
class Shard:
    """One of the parts that the files of a data set are dealt out to.

    Attributes:
        index: from 0 to ``of - 1``.
        of: how many shards there are.

    """

    index: int
    of: int

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"


def shard_of_text(text: str) -> Shard:
    """A shard as it is written: 0/8, the first of eight.

    Raises:
        UsageError: for any other text.

    """
    found = _SHARD.fullmatch(text)
    if found is None:
        raise UsageError(f"expected a shard as I/N, for example 0/8, got {quoted(text)}")
    shard = Shard(int(found[1]), int(found[2]))
    if not shard.index < shard.of:
        last = f"{max(1, shard.of) - 1}/{max(1, shard.of)}"
        raise UsageError(f"expected a shard from 0/{max(1, shard.of)} to {last}, got {quoted(text)}")
    return shard


@record(frozen=True, slots=True)
class FileState:
    """What tells whether a file is still the one that was read.

    Attributes:
        name: its path.
        size: in bytes.
        stamp: when it was changed, in nanoseconds of its system; of a remote file its etag, "" where its
            server says none, so that nobody knows whether it is the same.
        row_groups: those that were read, None for the whole file.

    """

    name: str
    size: int
    stamp: str
    row_groups: RowGroups | None = None


def state_of(path: str, row_groups: RowGroups | None = None) -> FileState:
    """The state of a file as it is now, of which all is read or some row groups.

    Raises:
        InputError: if there is none.

    """
    if is_remote(path):
        from celoss_cli.read.remote.files import state_of_object  # most files are of this machine

        state = state_of_object(path)
        return FileState(path, state.size, state.stamp, row_groups)
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{getattr(error, 'strerror', None) or error}.", place=visible(path)) from None
    return FileState(path, found.st_size, str(found.st_mtime_ns), row_groups)


# ------------------------------------------------------------------------------------- how it is dealt out


@record(frozen=True, slots=True)
class Piece:
    """A file, or some row groups of a Parquet file.

    Attributes:
        path: of the file.
        row_groups: None for all that is in it.

    """

    path: str
    row_groups: RowGroups | None = None


def dealt(paths: Sequence[str], shard: Shard, *, split: bool = True) -> list[Piece]:
    """What belongs to a shard; the same on every machine that sees the same files.

    Every ``shard.of``-th file from ``shard.index`` on; where there are fewer files than shards, consecutive
    row groups of about one number.

    Args:
        paths: of all files.
        shard: which one.
        split: whether rows stand for themselves, so that files may be split between them.

    Raises:
        InputError: if there are fewer files and row groups than shards, so that some would hold nothing.

    """
    if len(paths) >= shard.of:
        return [Piece(path) for path in paths[shard.index :: shard.of]]
    return _share(_units(paths, shard.of, split), shard)


def parts_of(paths: Sequence[str], *, split: bool = True) -> list[tuple[Shard, list[Piece]]]:
    """All shards of a data set where nobody says how many: one a file, or of few files, one a row group.

    Args:
        paths: of all files.
        split: as for ``dealt``.

    """
    units = [Piece(path) for path in paths]
    if split and len(paths) < _MANY_FILES:
        units = [unit for path in paths for unit in _units_of(path)]
    of = max(len(paths), min(len(units), _MOST_PARTS))
    shards = [Shard(index, of) for index in range(of)]
    return [(shard, dealt(paths, shard) if of == len(paths) else _share(units, shard)) for shard in shards]


def row_groups_in(pieces: Sequence[Piece]) -> Mapping[str, RowGroups]:
    """The row groups that are meant of files of which not all is."""
    return {piece.path: piece.row_groups for piece in pieces if piece.row_groups is not None}


def _units(paths: Sequence[str], least: int, split: bool) -> list[Piece]:
    units = [unit for path in paths for unit in (_units_of(path) if split else [Piece(path)])]
    if len(units) < least:
        whole = [unit.path for unit in units if unit.row_groups is None]
        why = f"; only Parquet files of several row groups are split, not {listed(whole)}" if whole else ""
        why = (
            why
            if split
            else "; files of tokens are not split, for a document may go on in the next row group"
        )
        raise InputError(
            f"expected a file or a row group of a Parquet file for each of {least} shards, got {len(units)}",
            hint=f"deal them out to {plural(len(units), 'shard')} or fewer{why}",
        )
    return units


def _units_of(path: str) -> Iterator[Piece]:
    """The row groups of a file that has several, else the file."""
    with contextlib.closing(open_stream(path)) as stream:
        if not stream.head().startswith(_PARQUET):
            yield Piece(path)
            return
        from celoss_cli.read.arrow.arrow import RecordTable  # pyarrow, for Parquet alone

        of = RecordTable(stream).row_groups
    for index in range(of):
        yield Piece(path, RowGroups(index, index + 1, of) if of > 1 else None)


def _share(units: Sequence[Piece], shard: Shard) -> list[Piece]:
    """The consecutive units of a shard, those of one file as one piece."""
    start, end = (len(units) * index // shard.of for index in (shard.index, shard.index + 1))
    return [
        _joined(path, [unit.row_groups for unit in together])
        for path, together in groupby(units[start:end], lambda unit: unit.path)
    ]


def _joined(path: str, found: Sequence[RowGroups | None]) -> Piece:
    first, last = found[0], found[-1]
    if first is None or last is None or (first.first == 0 and last.end == last.of):
        return Piece(path)
    return Piece(path, RowGroups(first.first, last.end, last.of))
