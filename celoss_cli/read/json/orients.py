"""Objects of JSON that are tables: what pandas, R and scoring servers write, as names and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celoss_cli.core.records import record
from celoss_cli.read.json.numbers import Numbers
from celoss_cli.read.roles.words import named

__all__ = ["Frame", "by_name", "framed"]

_SERVED = ("dataframe_split", "dataframe_records", "inputs", "instances")
"""What a request to a scoring server wraps its table in."""


@record(frozen=True, slots=True)
class Frame:
    """A table that an object holds.

    Attributes:
        names: of the columns.
        rows: their values.
        told: how the object was read, in words.

    """

    names: list[str]
    rows: list[list[Any]]
    told: str


def framed(document: Mapping[str, Any]) -> Frame | None:
    """The table that an object is, or None where it is arrays by name or nothing that is known.

    Args:
        document: of ``Numbers`` where it has arrays.

    """
    if len(document) == 1 and (only := next(iter(document))) in _SERVED:
        return _served(document[only])
    if {"schema", "data"} <= document.keys():
        rows = _plain(document["data"])
        return (
            _of_records(rows, "read as pandas writes with orient table") if isinstance(rows, list) else None
        )
    inner = list(document.values())
    if not inner or not all(isinstance(one, dict) for one in inner):
        return _of_lists(document)
    if any(list(one) != list(inner[0]) for one in inner) or not inner[0]:
        return None
    return _of_objects(document)


def by_name(document: Any) -> Frame | None:
    """The targets of an object with one for each row under its name, as a table with ids; else None."""
    if not isinstance(document, dict) or not document:
        return None
    if any(value is None or isinstance(value, (dict, list, Numbers)) for value in document.values()):
        return None
    return Frame(["id", "target"], [[row, value] for row, value in document.items()], "read row by row")


def _served(value: Any) -> Frame | None:
    value = _plain(value)
    told = "read as the table of a request"
    if isinstance(value, list):
        return _of_records(value, told)
    if isinstance(value, dict) and {"columns", "data"} <= value.keys():
        names, rows = _plain(value["columns"]), _plain(value["data"])
        if isinstance(rows, list) and all(isinstance(row, list) and len(row) == len(names) for row in rows):
            return Frame([str(name) for name in names], rows, told)
    return None


def _of_records(rows: list[Any], told: str) -> Frame | None:
    """A list of objects with the same keys."""
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    names = list(rows[0])
    if any(list(row) != names for row in rows):
        return None
    return Frame(names, [list(row.values()) for row in rows], told)


def _of_objects(document: Mapping[str, Any]) -> Frame | None:
    """An object of objects: by column, as pandas writes by default, or by row."""
    outer, inner = list(document), list(next(iter(document.values())))
    by_column, by_row = _count(inner), _count(outer)
    if by_column == by_row:
        by_column, by_row = any(map(_names_a_role, outer)), any(map(_names_a_role, inner))
    if by_column == by_row:
        return None
    if by_row:
        rows = [list(row.values()) for row in document.values()]
        return Frame(inner, rows, "read row by row, as pandas writes with orient index")
    columns = [list(column.values()) for column in document.values()]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Frame(outer, rows, "read column by column, as pandas writes with orient columns")


def _of_lists(document: Mapping[str, Any]) -> Frame | None:
    """An object of flat lists of one length: a table by columns."""
    if len(document) < 2 or not all(isinstance(value, Numbers) for value in document.values()):
        return None
    columns = [value.items() for value in document.values()]
    flat = all(not isinstance(item, (list, dict)) for column in columns for item in column)
    if not flat or len({len(column) for column in columns}) != 1 or not columns[0]:
        return None
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Frame(list(document), rows, "read column by column")


def _count(names: list[str]) -> bool:
    """Whether names number the rows from 0."""
    return names == [str(i) for i in range(len(names))]


def _names_a_role(name: str) -> bool:
    """Whether a name is that of a column of predictions or targets."""
    says = named(name)
    return bool(says.takes) or says.target > 1


def _plain(value: Any) -> Any:
    return value.items() if isinstance(value, Numbers) else value
