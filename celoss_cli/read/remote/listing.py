"""Remote files by pattern or folder."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import has_magic

from celoss_cli.core.errors import InputError, LimitError, quoted
from celoss_cli.read.remote.files import store_of

__all__ = ["fits", "remote_files"]

_ANY_FOLDERS = "**"


def remote_files(named: str, most: int) -> list[str]:
    """The files that a URL means: one, those that a pattern matches, or the data in a folder, ending in /.

    Args:
        named: the URL.
        most: so many names are looked at.

    Raises:
        InputError: if a pattern or a folder leads to none.
        LimitError: if there are too many.

    """
    store, url = store_of(named)
    is_folder = not url.key or url.key.endswith("/")
    if not is_folder and not has_magic(url.key):
        return [named]
    pattern = [name for name in url.key.split("/") if name]
    if is_folder:
        pattern.append(_ANY_FOLDERS)
    if pattern[-1] == _ANY_FOLDERS:
        pattern.append("*")
    fixed = pattern[: next(at for at, name in enumerate(pattern) if has_magic(name))]
    prefix = "".join(f"{name}/" for name in fixed)
    found = []
    for count, key in enumerate(store.keys(prefix)):
        if count == most:
            raise LimitError(
                f"expected at most {most} names to look at for {quoted(named)}",
                hint="begin the pattern with the folder that is meant",
            )
        names = key.split("/")
        beside = ("_", ".") if is_folder else (".",)
        hidden = any(name.startswith(beside) for name in names[len(fixed) :])
        if fits(names, pattern) and (not hidden or (not is_folder and "/." in named)):
            found.append(f"{named.partition('://')[0]}://{url.host}/{key}")
    if not found:
        what = "files of data below" if is_folder else "files that match"
        raise InputError(f"expected {what} {quoted(named)}, got none")
    return sorted(found)


def fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the names of a path fit those of a pattern, in which ``**`` is any number of folders.

    >>> fits(["a", "b", "c.csv"], ["a", "**", "*.csv"]), fits(["a", "c.txt"], ["**", "*.csv"])
    (True, False)

    """
    reached = {0}
    for name in names:
        reached = {
            at if pattern[at] == _ANY_FOLDERS else at + 1
            for at in _closed(reached, pattern)
            if at < len(pattern) and (pattern[at] == _ANY_FOLDERS or fnmatchcase(name, pattern[at]))
        }
    return len(pattern) in reached


def _closed(reached: set[int], pattern: Sequence[str]) -> set[int]:
    """The places that are reached also where ``**`` stands for nothing."""
    found = set(reached)
    for at in reached:
        while at < len(pattern) and pattern[at] == _ANY_FOLDERS:
            at += 1
            found.add(at)
    return found
