"""What a file holds, and how it can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celoss_cli.core.records import record

__all__ = ["Inspection", "Part", "ReadingFound"]


@record(frozen=True, slots=True)
class Part:
    """A column of a table, one of several arrays, or a field of records.

    Attributes:
        name: of the header, or of the array.
        position: counted from 0.
        role: "input", "target", "id", "weight", "predicted" or "unused" in the first reading; None where
            there is none.
        why: what speaks for that, or what its name and values say.
        holds: what its first values are, in words; the shape of an array.
        first: its first values as they are written, None where one is missing.

    """

    name: str
    position: int
    role: str | None
    why: str
    holds: str
    first: Sequence[str | None]


@record(frozen=True, slots=True)
class ReadingFound:
    """One way to read the file.

    Attributes:
        command: the complete command line for a shell.
        loss: the loss in words.
        takes: what the values of the input are then.
        columns: the roles, as the JSON output of the command has them.
        told: what it is, where a refusal offered it, or "".
        notes: how the values are read, in words.
        plain: whether the file alone says so, without an option that chooses columns.

    """

    command: str
    loss: str
    takes: str
    columns: Mapping[str, Any]
    told: str = ""
    notes: Sequence[str] = ()
    plain: bool = True


@record(frozen=True, slots=True)
class Inspection:
    """What a file holds, and how it can be read.

    Attributes:
        files: as they were named.
        of: "columns", "arrays", or "fields" of a dump of a language model's scores.
        parts: its columns, arrays or fields, in order.
        rows: how many of the first rows were looked at.
        whole: whether these are all.
        readings: that the first rows can be computed with, best first.
        refused: what stands in the way of others, one sentence each.

    """

    files: Sequence[str]
    of: str
    parts: Sequence[Part]
    rows: int
    whole: bool
    readings: Sequence[ReadingFound]
    refused: Sequence[str]
