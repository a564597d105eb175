"""Shards of a data set, and what its files are known by."""

from __future__ import annotations

import os
import re

from celoss_cli.core.errors import InputError, UsageError, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.read.remote.urls import is_remote

__all__ = ["FileState", "RowGroups", "Shard", "shard_of_text", "state_of"]

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


@record(frozen=True, slots=True)
class RowGroups:
    """Consecutive row groups of a Parquet file.

    Attributes:
        first: counted from 0.
        end: the one behind the last.
        of: how many the file has.

    """

    first: int
    end: int
    of: int

    def __str__(self) -> str:
        last = f" to {self.end - 1}" if self.end - self.first > 1 else ""
        return f"row group{'s' if last else ''} {self.first}{last} of {self.of}"

    def share(self, other: RowGroups) -> bool:
        """Whether one is in both."""
        return self.first < other.end and other.first < self.end


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
