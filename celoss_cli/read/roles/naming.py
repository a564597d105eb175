"""Names of columns in options: how a pattern is read, and how columns are named by one."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from celoss_cli.core.errors import InputError, UsageError, listed, quoted, visible

__all__ = ["chosen_columns", "one_of", "only_named", "pattern_of", "refuse_repeated", "refuse_two_roles"]

_RANGE_FROM = 4
_MOST_PATTERNS = 100
"""Each is compared with every name."""


def chosen_columns(names: Sequence[str], pattern: str | None, option: str) -> list[int] | None:
    """The columns that a comma-separated list of names, globs and ranges means, in that order.

    Raises:
        UsageError: if a part of it names no column.

    """
    if pattern is None:
        return None
    columns: list[int] = []
    exact = {name: i for i, name in reversed(list(enumerate(names)))}
    for part in [pattern] if pattern in exact else pattern.split(","):
        wanted = part.strip()
        first, colon, last = wanted.partition(":")
        if wanted in exact:
            columns.append(exact[wanted])
        elif colon and first in exact and last in exact:
            columns.extend(range(exact[first], exact[last] + 1))
        else:
            matched = [i for i, name in enumerate(names) if fnmatch.fnmatchcase(name, wanted)]
            if not matched:
                raise UsageError(f"{option}: expected a column of {listed(names)}, got {quoted(wanted)}.")
            columns.extend(matched)
    return list(dict.fromkeys(columns))


def pattern_of(names: Sequence[str], columns: Sequence[int], affix: str = "") -> str | None:
    """The shortest pattern that means these columns in this order; None where none does."""
    if not columns:
        return None
    tried = _patterns([names[column] for column in columns], affix)
    means = (pattern for pattern in tried if visible(pattern) == pattern and _means(names, pattern, columns))
    return next(means, None)


def _patterns(named: Sequence[str], affix: str) -> Iterator[str]:
    """What may be a pattern of columns with these names, the shortest first."""
    if affix:
        yield affix
    if len(named) >= _RANGE_FROM:
        yield f"{named[0]}:{named[-1]}"
    yield ",".join(named)
    if len(named) <= _MOST_PATTERNS:
        yield ",".join(map(_matching, named))


def _matching(name: str) -> str:
    """A glob of a name that may hold a comma, or blanks around it."""
    return "".join("?" if char in ", *[:" else char for char in name) or "?"


def _means(names: Sequence[str], pattern: str, columns: Sequence[int]) -> bool:
    try:
        return chosen_columns(names, pattern, "") == list(columns)
    except UsageError:
        return False


def one_of(columns: list[int], names: Sequence[str], option: str) -> int | None:
    """The one column among these, or None.

    Raises:
        InputError: if there are several, with the option that settles it.

    """
    if len(columns) > 1:
        raise InputError(
            f"expected one such column, got {listed([names[i] for i in columns])}",
            hint=f"say which: {option} NAME",
        )
    return columns[0] if columns else None


def only_named(names: Collection[str], known: Collection[str], role: str, option: str) -> str | None:
    """The one name that plays a role, in any case, or None.

    Raises:
        InputError: if there are several, with the option that settles it.

    """
    found = [name for name in names if name.lower() in known]
    if len(found) > 1:
        raise InputError(f"expected the {role} once, got {listed(found)}", hint=f"say which: {option} NAME")
    return found[0] if found else None


def refuse_repeated(names: Sequence[str], used: Sequence[int]) -> None:
    """Refuses a name in use that several columns have.

    Raises:
        InputError: with the name.

    """
    counts = Counter(names)
    for column in used:
        name = names[column]
        if counts[name] > 1:
            raise InputError(
                f"expected columns with names of their own, got {quoted(name)} {counts[name]} times"
            )


def refuse_two_roles(names: Sequence[str], what: str) -> None:
    """Refuses names that play more than one role.

    Args:
        names: of those that do.
        what: they are the names of: "a column", "an array".

    Raises:
        UsageError: for the first one.

    """
    if names:
        raise UsageError(f"Expected {what} to play one role, got {quoted(names[0])} twice.")
