"""How a data set is dealt out: whole files where there are enough, else row groups of Parquet files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from celoss_cli.core.errors import InputError, listed, plural
from celoss_cli.core.records import record
from celoss_cli.read.request import open_stream
from celoss_cli.read.shards import RowGroups, Shard

__all__ = ["Piece", "dealt", "parts_of", "row_groups_in"]

_PARQUET = b"PAR1"

_MANY_FILES = 64
"""So many files are parts of a good size by themselves: nobody looks into them."""

_MOST_PARTS = 256
"""A file of more row groups makes no more parts, each of which takes some milliseconds."""


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
