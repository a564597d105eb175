"""From the columns as roles saw them, and the roles of a reading, to what is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Roles
    from celoss_cli.read.roles.column import Column, Shape, Values

__all__ = ["Inspection", "Part", "ReadingFound", "of_arrays", "of_columns", "of_dump", "rows_looked_at"]


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
    columns: Roles
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


_ROLES: tuple[tuple[Literal["inputs", "target", "id", "weight", "predicted"], str], ...] = (
    ("inputs", "input"),
    ("target", "target"),
    ("id", "id"),
    ("weight", "weight"),
    ("predicted", "predicted"),
)
_FEW = 4
"""So many different texts are repeated."""

_TAKES = {
    "probs": "a probability",
    "logits": "a logit",
    "log-probs": "a log-probability",
    "scores": "a prediction",
}
_KINDS = {"f": "numbers", "i": "whole numbers", "u": "whole numbers", "b": "truth values", "U": "texts"}


def rows_looked_at(columns: Sequence[Column]) -> int:
    """How many of the first rows the columns were given their roles by."""
    return max((row + 1 for column in columns for row in column.values.rows[-1:]), default=0)


def of_columns(columns: Sequence[Column], roles: Roles | None, rows: int) -> list[Part]:
    """The columns of a table.

    Args:
        columns: as they were looked at.
        roles: of a reading, as its JSON output has them, or None where there is none.
        rows: how many of the first values are told.

    """
    said, shown = _said(roles), min(rows, rows_looked_at(columns))
    parts = []
    for position, column in enumerate(columns):
        role, why = said.get(column.name, ("unused" if roles else None, ""))
        texts = dict(zip(column.values.rows, column.values.texts, strict=True))
        parts.append(
            Part(
                column.name,
                position,
                role,
                why or _evidence(column),
                _holds(column),
                [texts.get(row) for row in range(shown)],
            )
        )
    return parts


def of_arrays(shapes: Mapping[str, Shape | None], roles: Roles | None, rows: int) -> list[Part]:
    """Arrays by name."""
    said = _said(roles)
    parts = []
    for position, (name, shape) in enumerate(shapes.items()):
        role, why = said.get(name, ("unused" if roles else None, ""))
        holds = "no array" if shape is None else f"{_KINDS.get(shape.kind, 'values')}{_extents(shape)}"
        parts.append(Part(name, position, role, why, holds, list(shape.cells[:rows]) if shape else []))
    return parts


_OF_DUMPS = {
    "tokens": {"input": "log-probabilities", "id": "a document a row"},
    "choices": {"input": "a logit a choice", "target": "the right choice", "id": "a document a row"},
}
"""What the fields of a dump hold, by their roles."""


def of_dump(kind: str, roles: Roles) -> list[Part]:
    """What records of a dump of a language model's scores have that plays a role.

    Args:
        kind: "tokens" or "choices".
        roles: as the JSON output has them.

    """
    said = _said(roles).items()
    return [
        Part(name, position, role, "", _OF_DUMPS[kind].get(role, ""), [])
        for position, (name, (role, _)) in enumerate(said)
    ]


def _extents(shape: Shape) -> str:
    """How many they are, or where nobody counted the rows, how many each of them has."""
    rows, inner = shape.extents[:1], " x ".join(map(str, shape.extents[1:]))
    if rows == (-1,):
        return f", {inner or 1} a row"
    return f" {' x '.join(map(str, shape.extents))}".rstrip()


def _said(roles: Roles | None) -> dict[str, tuple[str, str]]:
    """The role of each column and what speaks for it."""
    if roles is None:
        return {}
    why = roles.get("why", {})
    unused = why.get("unused", {})
    found = {name: ("unused", unused.get(name, "")) for name in roles.get("unused", ())}
    for key, role in _ROLES:
        named = roles.get(key) or ()
        for name in [named] if isinstance(named, str) else named:
            found[name] = role, why.get(key, "")
    return found


def _evidence(column: Column) -> str:
    """What a name says, in words."""
    return "; ".join(_words(column))


def _words(column: Column) -> Iterator[str]:
    says = column.says
    if column.is_index or says.key:
        yield "its name is that of row keys"
    if says.confident:
        yield "its name is that of how sure a prediction is"
    elif says.takes:
        what = "a decision" if says.decided else _TAKES[says.takes]
        yield f"its name is that of {what}"
    if says.target:
        yield "its name is that of targets" if says.target > 1 else "its name may be that of targets"
    if says.weight:
        yield "its name is that of weights of the rows"
    if says.other:
        yield says.other


def _holds(column: Column) -> str:
    """What the first values are, in words."""
    values = column.values
    if column.is_empty:
        return "nothing" if column.stored in ("", "number", "text") else column.stored
    if column.stored in ("list", "other"):
        return {"list": "lists"}.get(column.stored, "values of no known type")
    return _texts(column) if values.numbers is None else _numbers(values, values.numbers)


def _numbers(values: Values, numbers: Array) -> str:
    if values.are_truth:
        return "true or false"
    if values.are_binary:
        return "0 or 1"
    if values.are_signs:
        return "-1 or 1"
    known = numbers[numbers == numbers]  # NaN is no number that equals itself
    if not known.size:
        return "nan"
    least, most = float(known.min()), float(known.max())
    more = ", nan" if known.size < numbers.size else ""
    return f"{'whole, ' if values.are_whole else ''}{least:.4g} to {most:.4g}{more}"


def _texts(column: Column) -> str:
    values = column.values
    if values.mostly_numbers and column.stored != "text":
        return "numbers, and cells that are none"
    distinct = values.distinct
    if len(distinct) <= _FEW:
        return f"texts: {', '.join(distinct)}"
    return "texts, all different" if values.are_unique else f"{len(distinct)} different texts"
