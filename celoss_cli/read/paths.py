"""Which files are meant by names, patterns and folders, each once."""

from __future__ import annotations

import os
from collections.abc import Sequence

from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.read.remote.urls import is_remote, url_of

__all__ = ["each_once", "files_of", "keys_of", "located"]


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
    if os.path.isfile(path) and not is_remote(name):
        return [path]
    from celoss_cli.read.patterns import MOST_ENTRIES, below, is_pattern, matching  # most names are of files

    if is_remote(name):
        from celoss_cli.read.remote.listing import remote_files

        return remote_files(name, MOST_ENTRIES)
    if os.path.isdir(path):
        return below(path)
    return matching(name, folder) if is_pattern(name) and not os.path.lexists(path) else [path]


def keys_of(path: str) -> dict[str, str]:
    """The keys in the names of the folders of a path, as Hive and Spark lay files out.

    >>> keys_of("logs/day=2026-01-01/model=a%2Fb/p.parquet")
    {'day': '2026-01-01', 'model': 'a/b'}

    """
    if "=" not in path:
        return {}
    from urllib.parse import unquote  # most paths have no keys

    from celoss_cli.read.patterns import with_slashes

    pairs = (name.partition("=") for name in with_slashes(path).split("/")[:-1])
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
