"""Shards of a data set: every so many-th file, and what its files are known by."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from celoss_cli.core.errors import InputError, UsageError, plural, quoted, visible
from celoss_cli.core.records import record
from celoss_cli.read.remote.urls import is_remote

__all__ = ["FileState", "Shard", "shard_of_text", "state_of"]

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

    def files(self, paths: Sequence[str]) -> list[str]:
        """Every ``of``-th of the paths, from ``index`` on; the same on every machine that has the same list.

        Raises:
            InputError: if there are fewer files than shards, so that some would hold nothing.

        """
        if len(paths) < self.of:
            raise InputError(
                f"expected a file at least for each of {self.of} shards, got {plural(len(paths), 'file')}",
                hint=f"deal them out to {len(paths)} shards or fewer",
            )
        return list(paths[self.index :: self.of])


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

    """

    name: str
    size: int
    stamp: str


def state_of(path: str) -> FileState:
    """The state of a file as it is now.

    Raises:
        InputError: if there is none.

    """
    if is_remote(path):
        from celoss_cli.read.remote.files import state_of_object  # most files are of this machine

        state = state_of_object(path)
        return FileState(path, state.size, state.stamp)
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{getattr(error, 'strerror', None) or error}.", place=visible(path)) from None
    return FileState(path, found.st_size, str(found.st_mtime_ns))
