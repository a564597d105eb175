"""The ending of a path as pathlib tells it, which takes longer to import than to do without."""

from __future__ import annotations

import os

__all__ = ["is_device", "suffix_of", "without_suffix"]


def is_device(path: str) -> bool:
    """Whether this is a pipe or a device, as of a shell's ``<(command)``."""
    return os.path.exists(path) and not os.path.isfile(path)


def suffix_of(path: str) -> str:
    """What stands behind the last point of the last part, with the point; "" where there is no such thing.

    >>> suffix_of("logs.d/preds.csv.GZ"), suffix_of(".csv"), suffix_of("preds."), suffix_of("logs.d/preds")
    ('.GZ', '', '', '')
    """
    name = os.path.basename(path.rstrip(os.sep))
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def without_suffix(path: str) -> str:
    """The path without its ending."""
    return path.removesuffix(suffix_of(path))
