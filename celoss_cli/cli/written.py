"""Which files a command writes: each once, and none that it reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from celoss_cli.core.errors import UsageError, quoted

__all__ = ["STDOUT", "refuse_overwriting"]

_READ = ("files", "partials", "first", "second")
_NAMED = ("input", "targets", "weight", "pos_weight")
"""Options whose value may be the name of a file, most with an @ in front."""

STDOUT = "-"
"""The file of --output and --report that is standard output."""


def refuse_overwriting(given: Mapping[str, Any], reports: Iterable[str]) -> None:
    """Refuses a command that would write a file twice, or replace one that it reads.

    Args:
        given: the options of the command.
        reports: the files of --report.

    Raises:
        UsageError: naming the file and both of its uses.

    """
    used = {_real(path): what for what, path in _read(given)}
    for option, path in _written(given, reports):
        if path == STDOUT or _is_device(path):
            continue
        other = used.get(_real(path))
        if other is not None and (option, other) != ("--save-baseline", "--baseline"):
            raise UsageError(
                f"Expected another file for {option} than for {other}, got {quoted(path)} for both."
            )
        used[_real(path)] = option


def _read(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _READ:
        paths = given.get(name) or ()
        for path in (paths,) if isinstance(paths, str) else paths:
            yield "the input", path
    for name in _NAMED:
        if isinstance(given.get(name), str):
            yield f"the {name.replace('_', ' ')}", given[name].removeprefix("@")
    if given.get("baseline") is not None and not given.get("update_baseline"):
        yield "--baseline", given["baseline"]


def _written(given: Mapping[str, Any], reports: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in ("output", "emit_partial", "save_baseline"):
        if given.get(name) is not None:
            yield f"--{name.replace('_', '-')}", given[name]
    if given.get("update_baseline") and given.get("baseline") is not None:
        yield "--update-baseline", given["baseline"]
    for path in reports:
        yield "--report", path


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
