"""Partial results as files: what they are called, how they are read, and which shards are there."""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from celoss_cli.core.errors import InputError, listed, plural, visible
from celoss_cli.read.json.text import parsed
from celoss_cli.read.request import Stream, open_stream
from celoss_cli.read.shards import Shard
from celoss_cli.studies.merge.document import read_partial

if TYPE_CHECKING:
    from celoss_cli.studies.merge.parts import Partial

__all__ = ["all_parts", "missing_of", "part_name", "partial_in"]

_DIGITS = 5

_USUAL = 1 << 20
"""A document of no more bytes is parsed at once, others in parts, which finds what is wrong with them."""


def part_name(shard: Shard) -> str:
    """The name of the file of a shard's partial result; names sort as shards do.

    >>> part_name(Shard(3, 64))
    'part-00003-of-00064.json'

    """
    digits = max(_DIGITS, len(str(shard.of)))
    return f"part-{shard.index:0{digits}d}-of-{shard.of:0{digits}d}.json"


def partial_in(path: str) -> Partial:
    """The partial result in a file.

    Raises:
        InputError: if there is none, or one that was changed since it was written.

    """
    with contextlib.closing(open_stream(path)) as stream:
        head = stream.binary.read(_USUAL)
        try:
            document = json.loads(head)  # which the checksum says is as it was written
        except (ValueError, RecursionError):
            whole = io.BufferedReader(_Rejoined(head, stream.binary))
            document = _document(Stream(stream.path, whole), head)
        return read_partial(document, stream.name)


def _document(stream: Stream, head: bytes) -> Any:
    """The document of a file; None of one that is no JSON at all."""
    try:
        return parsed(stream)
    except InputError:
        if head.lstrip().startswith(b"{"):  # cut off, or damaged
            raise
        return None


class _Rejoined(io.RawIOBase):
    """Bytes that were read, and then those that come after them; there may be no end of them."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def all_parts(parts: Iterable[tuple[str, Partial]], expected: int) -> Iterator[tuple[str, Partial]]:
    """The same parts, all that there must be, each once.

    Args:
        parts: with the names of their files; parts that are no shards are counted.
        expected: how many shards there must be.

    Raises:
        InputError: for a shard that is missing, is there twice, or is one of another number of shards.

    """
    holders: dict[Shard, str] = {}
    unnamed: list[str] = []
    for name, part in parts:
        if not part.shards:
            unnamed.append(name)
        for shard in part.shards:
            if shard.of != expected:
                raise InputError(f"expected shards of {expected}, got shard {shard}", place=visible(name))
            if shard in holders:
                raise InputError(
                    f"expected each shard once, got {shard} that is in {visible(holders[shard])} already",
                    place=visible(name),
                )
            holders[shard] = name
        yield name, part
    _refuse_others(holders, unnamed, expected)


def _refuse_others(holders: dict[Shard, str], unnamed: Sequence[str], expected: int) -> None:
    """Refuses missing shards, and parts that say of no shard that they are it where they are too many."""
    if holders and unnamed:
        raise InputError("expected shards, got a part that is none of them", place=visible(unnamed[0]))
    if not holders and len(unnamed) != expected:
        raise InputError(
            f"expected {plural(expected, 'part')}, got {len(unnamed)}: {listed(unnamed)}",
            hint="a part that --shard I/N made is missed by its name",
        )
    missing = missing_of(holders)
    if missing:
        first = missing[0]
        told = listed([str(shard) for shard in missing]).replace('"', "")
        raise InputError(
            f"expected {plural(expected, 'shard')}, got {len(holders)}: missing {told}",
            hint=f"run the command of the others with --shard {first}",
        )


def missing_of(shards: Iterable[Shard]) -> list[Shard]:
    """The shards that are not there, where all are of one number of shards and none is there twice."""
    found = Counter(iter(shards))
    numbers = {shard.of for shard in found}
    if len(numbers) != 1 or max(found.values()) > 1:
        return []
    of = numbers.pop()
    return [Shard(index, of) for index in range(of) if Shard(index, of) not in found]
