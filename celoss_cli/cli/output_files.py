"""Which files a command writes: each once, and none that it reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError, quoted

if TYPE_CHECKING:
    from celoss_cli.cli.table import GivenOption

__all__ = ["refuse_overwriting"]

_UPDATED = {"--baseline", "--save-baseline"}
"""Options that may name one file: it is compared with before it is replaced."""


def refuse_overwriting(options: Any, reports: Iterable[str]) -> None:
    """Refuses a command that would write a file twice, or replace one that it reads.

    Args:
        options: the record of the command's options.
        reports: the files of --report.

    Raises:
        UsageError: naming the file and both of its uses.

    """
    given = list(given_options(options))
    used: dict[str, str] = {}
    for found in given:
        if found.option.file == "read":
            used.update((_real(path), _use(found)) for path in _paths(found))
    written = [(found.option.flag, found.value) for found in given if found.option.file == "written"]
    for option, path in (*written, *(("--report", path) for path in reports)):
        if path == "-" or _is_device(path):
            continue
        other = used.get(_real(path))
        if other is not None and {option, other} != _UPDATED:
            raise UsageError(
                f"Expected another file for {option} than for {other}, got {quoted(path)} for both."
            )
        used[_real(path)] = option


def _paths(given: GivenOption) -> Iterator[str]:
    """The files that an option names: @FILE where it takes values too."""
    values = given.value if given.option.repeatable else (given.value,)
    for value in values:
        if not given.option.kind.or_file:
            yield value
        elif value.startswith("@"):
            yield value[1:]


def _use(given: GivenOption) -> str:
    """What messages call the use of a file that is read."""
    option = given.option
    if option.argument:
        return "the input"
    return f"the {option.name.replace('_', ' ')}" if option.kind.or_file else option.flag


def _real(path: str) -> str:
    """The file itself, whatever way leads to it; as it is named where the working directory is gone."""
    if "\0" in path:
        return path
    try:
        return os.path.realpath(path)
    except OSError:
        return path


def _is_device(path: str) -> bool:
    """Whether a path names what has no content to lose, as /dev/null."""
    return "\0" not in path and os.path.exists(path) and not os.path.isfile(path)
