"""How data was asked to be read, and the lines that open its files."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import PurePath
from typing import IO, Any

from celoss_cli.core.errors import CelossError
from celoss_cli.core.records import record
from celoss_cli.core.suffix import is_device
from celoss_cli.losses.base import ONE_HOT_READ, TRUTH_READ, TRUTH_READ_AS_CLASSES, WHOLE_READ
from celoss_cli.read import format_of
from celoss_cli.read.roles.targets import BY_INDEX, BY_NAME
from celoss_cli.studies.emit.literals import string

__all__ = ["RESHAPED", "Reading", "kind_of", "opened", "opening"]

RESHAPED = "targets of shape "
"""How it begins what is said of targets that lost an axis of length 1."""

_WRITTEN = (BY_INDEX, BY_NAME, WHOLE_READ, TRUTH_READ, TRUTH_READ_AS_CLASSES, ONE_HOT_READ)
"""What is said of targets that the lines bring to the same form."""


@record(frozen=True, slots=True)
class Reading:
    """What the command line says of the data.

    Attributes:
        files: the data files.
        input, target: the texts of the options that give values, or None.
        input_format: the format that was named, or None.
        delimiter: of a table, or None for the format's own.
        decimal: the decimal mark.
        encoding: of text.
        header: whether a table's first line names the columns.
        class_axis: of an array, where it is not 1.
        unwritten: the options that say more of how the data is read than the code can.

    """

    files: Sequence[str]
    input: str | None = None
    target: str | None = None
    input_format: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    encoding: str = "utf-8"
    header: bool = True
    class_axis: int | None = None
    unwritten: tuple[str, ...] = ()

    def beyond(self, conversions: Sequence[str]) -> str:
        """What lines that read the files themselves would not do to the data, or "".

        Args:
            conversions: what was done to the targets, in words. One that is not known here is beyond them.

        """
        unknown = (said for said in conversions if said not in _WRITTEN and not _in_order(said))
        return next(iter(self.unwritten), "") or next(unknown, "")


def _in_order(said: str) -> bool:
    """Whether it tells of a shape, or of a file of targets that is read row by row."""
    return said.startswith(RESHAPED) or said.endswith("joined by position")


def kind_of(path: str, chosen: str | None = None) -> str | None:
    """The format of a file that a few lines of Python may open, or None."""
    if path == "-" or is_device(path) or PurePath(path).suffix.lower() == ".zst":
        return None
    try:
        return format_of(path.removesuffix(".gz"), b"", chosen).name
    except CelossError:
        return None


def opening(path: str, written: str, encoding: str = "utf-8", *extra: str) -> tuple[tuple[str, ...], str]:
    """The imports and the expression that open a text file; ``written`` is the path as the code has it."""
    arguments = [*extra, f"encoding={string(_without_mark(encoding))}"]
    if path.endswith(".gz"):
        return ("import gzip",), f"gzip.open({', '.join([written, string('rt'), *arguments])})"
    return (), f"open({', '.join([written, *arguments])})"


def opened(path: str, encoding: str = "utf-8") -> IO[str]:
    """The file as the code opens it."""
    opener: Any = gzip.open if path.endswith(".gz") else open
    found: IO[str] = opener(path, "rt", encoding=_without_mark(encoding), newline="")
    return found


def _without_mark(encoding: str) -> str:
    """The encoding that takes a byte order mark for no character."""
    return "utf-8-sig" if encoding == "utf-8" else encoding
