"""Which files are meant: patterns and folders searched within bounds, and each file once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import groupby

from celoss_cli.core.errors import InputError, LimitError, UsageError, quoted, visible
from celoss_cli.read.remote.urls import is_remote, url_of

__all__ = ["each_once", "files_of", "keys_of", "located", "matching"]

_ANY_FOLDERS = "**"

_MOST_ENTRIES = 1_000_000
"""So many names of files and folders are looked at for one pattern; more are a mistake, or a loop."""


_NO_DATA = (".", "_")
"""How names of what lies beside the data in a folder begin: .part-0.crc, _SUCCESS, _delta_log."""


def files_of(named: Sequence[str], folder: str = "") -> list[str]:
    """The files that names mean: a pattern those that it matches, a folder all data below it, in order.

    Args:
        named: paths and patterns; what exists under its name is no pattern, ``-`` is standard input.
        folder: what they are relative to, "" for the working directory.

    Returns:
        Paths with ``folder`` in front, each file once.

    Raises:
        InputError: if a pattern or a folder leads to no file.
        LimitError: if there are too many names to look at.
        UsageError: if one name is given twice.

    """
    paths = [located(name, folder) for name in named]
    each_once(paths)
    found = [path for name, path in zip(named, paths, strict=True) for path in _meant(name, path, folder)]
    return each_once(list(dict.fromkeys(found)))


def located(name: str, folder: str) -> str:
    """A path or a pattern with the folder in front that it is relative to; a URL is relative to none.

    Raises:
        UsageError: for a URL that holds a secret.

    """
    if is_remote(name):
        url_of(name)
        return name
    return os.path.join(folder, name) if folder else name


def _meant(name: str, path: str, folder: str) -> list[str]:
    if is_remote(name):
        from celoss_cli.read.remote.listing import remote_files  # most files are of this machine

        return remote_files(name, _MOST_ENTRIES)
    if os.path.isdir(path):
        return _below(path)
    return matching(name, folder) if _is_pattern(name) and not os.path.lexists(path) else [path]


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")


def _below(folder: str) -> list[str]:
    """The files of data in a folder and those below it, sorted by name."""
    parts = [path.split(os.sep) for path in _Search(folder).below(folder, (_ANY_FOLDERS, "*"))]
    start = len(folder.rstrip(os.sep).split(os.sep))
    files = [os.sep.join(names) for names in parts if not _is_beside_data(names[start:])]
    if not files:
        raise InputError("expected files of data in the directory, got none", place=visible(folder))
    return sorted(files)


def _is_beside_data(names: Sequence[str]) -> bool:
    return any(name.startswith(_NO_DATA) for name in names)


def keys_of(path: str) -> dict[str, str]:
    """The keys in the names of the folders of a path, as Hive and Spark lay files out.

    >>> keys_of("logs/day=2026-01-01/model=a%2Fb/p.parquet")
    {'day': '2026-01-01', 'model': 'a/b'}

    """
    if "=" not in path:
        return {}
    from urllib.parse import unquote  # most paths have no keys

    pairs = (name.partition("=") for name in _with_slashes(path).split("/")[:-1])
    return {unquote(key): unquote(value) for key, sign, value in pairs if key and sign}


def each_once(paths: Sequence[str]) -> list[str]:
    """The paths without those that lead to a file that an earlier one leads to.

    Args:
        paths: as they were given; ``-`` and what is no file are kept as they are.

    Raises:
        UsageError: if one name is given twice, which is a mistake more often than it is meant.

    """
    kept: dict[tuple[int, int] | str, str] = {}
    names = set[str]()
    for path in paths:
        if path in names:
            raise UsageError(f"Expected each file once, got {quoted(path)} twice.")
        names.add(path)
        kept.setdefault(_identity(path), path)
    return list(kept.values())


def _identity(path: str) -> tuple[int, int] | str:
    """Device and inode of a file; anything else is known by its name alone."""
    if not os.path.isfile(path):
        return path
    found = os.stat(path)
    return found.st_dev, found.st_ino


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
    search = _Search(pattern)
    drive, rest = os.path.splitdrive(_with_slashes(pattern))
    start = drive + os.sep if rest.startswith("/") else drive or folder
    names = [name for name in rest.split("/") if name]
    collapsed = [name for name, same in groupby(names) for _ in ([0] if name == _ANY_FOLDERS else same)]
    files = sorted(set(search.below(start, tuple(collapsed))))
    if not files:
        raise InputError(f"expected files that match {quoted(pattern)}, got none")
    return files


def _with_slashes(path: str) -> str:
    """The path with the separator that patterns and URLs have, where the system has another one."""
    return path if os.sep == "/" else path.replace(os.sep, "/")


class _Search:
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
        elif _is_pattern(name):
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
                    if self._entries > _MOST_ENTRIES:
                        raise LimitError(
                            f"expected at most {_MOST_ENTRIES} names to look at for {quoted(self._pattern)}",
                            hint="begin the pattern with the folder that is meant",
                        )
                    yield entry
        except (FileNotFoundError, NotADirectoryError):
            return  # nothing matches there
        except OSError as error:
            raise InputError(f"{error.strerror}.", place=visible(folder or os.curdir)) from None
