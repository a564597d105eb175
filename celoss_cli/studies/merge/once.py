"""Whether the data of parts counts once: no run twice, no file twice, and shards of one set."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.exact import ExactSum
from celoss_cli.core.records import record
from celoss_cli.read.remote.urls import is_remote

if TYPE_CHECKING:
    from celoss_cli.core.data import Tally
    from celoss_cli.read.row_groups import RowGroups
    from celoss_cli.read.shards import FileState, Shard

__all__ = ["Once", "Results", "alike"]

_ONE_SET = "a run over other files leaves its parts behind: merge those of one number alone, *-of-N.json"
_ONE_FILE = "leave one of the two out; other files are told apart by their names, sizes and times"


@record(frozen=True, slots=True)
class Once:
    """What the parts so far hold, each with the name of the part that holds it.

    Attributes:
        runs: by what identifies them.
        numbers: of shards that the sets have which they are of.
        files: by name, size and time; of a split file, each of its pieces.

    """

    runs: dict[str, str] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    files: dict[FileState, list[tuple[RowGroups | None, str]]] = field(default_factory=dict)

    def add(
        self, name: str, runs: Collection[str], shards: Iterable[Shard], files: Iterable[FileState]
    ) -> None:
        """Adds a part.

        Args:
            name: of its file, for messages.
            runs: what identifies those that it is the sum of.
            shards: those that it is the sum of.
            files: those of its data whose state is known.

        Raises:
            InputError: if it holds data that is in one before it, or a shard of another set.

        """
        for run in sorted(self.runs.keys() & runs):
            raise InputError(
                f"expected the data of each part once, got data that is in {self.runs[run]} already",
                hint="leave one of the two out; equal shards are told apart by the names of their files",
                place=name,
            )
        self._add_shards(name, shards)
        pieces = [(_whole(state), state.row_groups) for state in files if state.stamp]
        for file, groups in pieces:
            for before, first in self.files.get(file, ()):
                if before is None or groups is None or before.share(groups):
                    what = quoted(file.name) if groups is None else f"{quoted(file.name)} ({groups})"
                    told = f"expected each file once, got {what} that is in {first} already"
                    raise InputError(told, hint=_ONE_FILE, place=name)
        self.runs.update(dict.fromkeys(runs, name))
        for file, groups in pieces:
            self.files.setdefault(file, []).append((groups, name))

    def _add_shards(self, name: str, shards: Iterable[Shard]) -> None:
        for shard in shards:
            self.numbers.setdefault(shard.of, name)
            of, first = next(iter(self.numbers.items()))
            if shard.of != of:
                told = f"expected shards of {of} as in {first}, got shard {shard}"
                raise InputError(told, hint=_ONE_SET, place=name)


@record(frozen=True, slots=True)
class Results:
    """The parts so far by the sizes of their files and their totals, which a copy of a file has too.

    Attributes:
        first: the first file of each.
        pairs: files of one size and one result, whatever they are called and how old they are.

    """

    first: dict[Hashable, str] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def add(self, files: Sequence[FileState], tally: Tally) -> None:
        """Adds a part of these files."""
        if not files or tally.rows < 2 or tally.loss == ExactSum():  # which other files may well have
            return
        name = _whole(files[0]).name
        key = tuple((file.size, file.row_groups) for file in files), tally.loss, tally.weight, tally.rows
        before = self.first.setdefault(key, name)
        if before != name:
            self.pairs.append((before, name))


def _whole(state: FileState) -> FileState:
    """The state of the whole file under one name of its path: ./a.csv is a.csv."""
    name = state.name if is_remote(state.name) else os.path.normpath(state.name)
    return replace(state, name=name, row_groups=None)


def alike(files: Iterable[FileState]) -> list[tuple[str, str]]:
    """Paths of files that are likely the same: the last name, size and time are, the folders are not."""
    found: defaultdict[tuple[str, int, str], dict[str, None]] = defaultdict(dict)
    for state in files:
        if state.stamp:
            name = _whole(state).name
            found[name.rpartition("/")[2], state.size, state.stamp][name] = None
    return [(one, other) for names in found.values() for one, other in pairwise(names)]
