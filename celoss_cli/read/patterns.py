"""The files that a pattern matches, and those of a folder: searched within bounds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import groupby

from celoss_cli.core.errors import InputError, LimitError, quoted, visible

__all__ = ["MOST_ENTRIES", "below", "is_pattern", "matching", "with_slashes"]

_ANY_FOLDERS = "**"

MOST_ENTRIES = 1_000_000
"""So many names of files and folders are looked at for one pattern; more are a mistake, or a loop."""

_NO_DATA = (".", "_")
"""How names of what lies beside the data in a folder begin: .part-0.crc, _SUCCESS, _delta_log."""


def is_pattern(name: str) -> bool:
    """Whether a name that no file has means those that it matches."""
    return any(mark in name for mark in "*?[")


def with_slashes(path: str) -> str:
    """The path with the separator that patterns and URLs have, where the system has another one."""
    return path if os.sep == "/" else path.replace(os.sep, "/")


def below(folder: str) -> list[str]:
    """The files of data in a folder and those below it, sorted by name.

    Raises:
        InputError: if there is none.
        LimitError: if there are too many names to look at.

    """
    parts = [path.split(os.sep) for path in _Walk(folder).below(folder, (_ANY_FOLDERS, "*"))]
    start = len(folder.rstrip(os.sep).split(os.sep))
    files = [os.sep.join(names) for names in parts if not _is_beside_data(names[start:])]
    if not files:
        raise InputError("expected files of data in the directory, got none", place=visible(folder))
    return sorted(files)


def _is_beside_data(names: Sequence[str]) -> bool:
    return any(name.startswith(_NO_DATA) for name in names)


def matching(pattern: str, folder: str = "") -> list[str]:
    """The files that a pattern matches, sorted by name; links to folders are not followed by ``**``.

    Args:
        pattern: relative to ``folder``: ``*``, ``?`` and ``[...]`` within a name, ``**`` for any folders.
        folder: "" for the working directory.

    Returns:
        Paths with ``folder`` in front.

    Raises:
        InputError: if the pattern matches no file.
        LimitError: if there are too many names to look at.

    """
    search = _Walk(pattern)
    drive, rest = os.path.splitdrive(with_slashes(pattern))
    start = drive + os.sep if rest.startswith("/") else drive or folder
    names = [name for name in rest.split("/") if name]
    collapsed = [name for name, same in groupby(names) for _ in ([0] if name == _ANY_FOLDERS else same)]
    files = sorted(set(search.below(start, tuple(collapsed))))
    if not files:
        raise InputError(f"expected files that match {quoted(pattern)}, got none")
    return files


class _Walk:
    """One walk through folders, each looked at once for what is left of the pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._entries = 0
        self._seen: set[tuple[str, tuple[str, ...]]] = set()

    def below(self, folder: str, names: tuple[str, ...]) -> Iterator[str]:
        """The files below a folder that the names of a pattern lead to."""
        if (folder, names) in self._seen:
            return
        self._seen.add((folder, names))
        name, left = names[0], names[1:]
        if name == _ANY_FOLDERS:
            yield from self.below(folder, left or ("*",))
            for entry in self._listed(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from self.below(os.path.join(folder, entry.name), names)
        elif is_pattern(name):
            for entry in self._listed(folder):
                hidden = entry.name.startswith(".") and not name.startswith(".")
                if not hidden and fnmatchcase(entry.name, name):
                    yield from self._at(os.path.join(folder, entry.name), left)
        else:
            yield from self._at(os.path.join(folder, name), left)

    def _at(self, path: str, left: tuple[str, ...]) -> Iterator[str]:
        if left:
            yield from self.below(path, left)
        elif os.path.lexists(path) and not os.path.isdir(path):
            yield path  # a link that leads nowhere is a file that is missing, and refused when it is read

    def _listed(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder or os.curdir) as entries:
                for entry in entries:
                    self._entries += 1
                    if self._entries > MOST_ENTRIES:
                        raise LimitError(
                            f"expected at most {MOST_ENTRIES} names to look at for {quoted(self._pattern)}",
                            hint="begin the pattern with the folder that is meant",
                        )
                    yield entry
        except (FileNotFoundError, NotADirectoryError):
            return  # nothing matches there
        except OSError as error:
            raise InputError(f"{error.strerror}.", place=visible(folder or os.curdir)) from None
