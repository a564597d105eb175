"""JSON documents: arrays by name, a list of row objects, or pandas' split orientation, read as they come."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, Way, listed, quoted, visible
from celoss_cli.read.arrays.slices import keyed_dataset
from celoss_cli.read.batches import Peekable
from celoss_cli.read.json.lines import ORIENTS, columns_of_list, dataset_of_list, unknown
from celoss_cli.read.json.numbers import Numbers, array_of, shown
from celoss_cli.read.json.objects import RowObjects, table_of
from celoss_cli.read.json.tables import is_split, streamed_split, table_by_name, table_in
from celoss_cli.read.json.text import Text, keys_of, values_after
from celoss_cli.read.json.values import id_of, whole_table
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.roles.column import Shape
from celoss_cli.read.roles.keys import keys_of as roles_of
from celoss_cli.read.tokens import may_be_scored

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.roles.table import WholeTable

__all__ = ["read", "read_columns", "read_values"]

_SHOWN = 4
"""So many commands are offered."""


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a JSON document.

    Raises:
        InputError: with the line or the JSON path, for anything that is not one of the known shapes.
        LimitError: for a row of more than 64 MiB, or more values than are held that are no numbers.

    """
    text = Text(stream)
    if text.take(b"{"):
        return _dataset_of_object(text, request)
    if text.take(b"["):
        return dataset_of_list(text, request)
    text.value(b"")
    text.finish()
    raise unknown(stream.name, of_lists=False)


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A JSON array of numbers, nested as deep as the array has axes, or the one that celoss weights wrote."""
    text = Text(stream)
    if text.take(b"["):
        return _list(text, "$", 1, request).array()
    document = _object(text, request) if text.take(b"{") else text.value(b"")
    text.finish()
    return _values(document, stream.name, request)


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array | list[str]:
    """A table of which some columns will be asked for, a list of names, or what ``read_values`` reads."""
    text = Text(stream)
    if text.take(b"["):
        return columns_of_list(text, request)
    if not text.take(b"{"):
        value = text.value(b"")
        text.finish()
        return _values(value, stream.name, request)
    document = _object(text, request)
    text.finish()
    return _columns_of_object(document, "$", stream.name, request)


def _columns_of_object(
    document: dict[str, Any], path: str, name: str, request: ReadRequest
) -> WholeTable | Array:
    at = f"{name}: {path}"
    if "weights" in document:
        return _values(document, name, request)
    records = _records(document)
    arrays = [value for value in document.values() if isinstance(value, Numbers)]
    if records and (len(records) == len(arrays) == 1 or _has_schema(document)):
        places, objects = zip(*_placed(records, at), strict=True)
        return table_of(objects, places, request)
    table = table_in(document, at) or table_by_name(document, at)
    if table is not None:
        return whole_table(table.names, table.rows, table.place, table.header, request)
    inner = {} if arrays or _has_schema(document) else _objects_within(document)
    if len(inner) != 1:
        return _values(document, name, request)
    ((key, held),) = inner.items()
    path = f"{path}.{visible(key)}"
    return _columns_of_object(_with_numbers(held, path, name, request), path, name, request)


def _values(document: Any, name: str, request: ReadRequest) -> Array:
    if isinstance(document, dict) and {"scheme", "weights"} <= document.keys():
        return _array_of(document["weights"], "$.weights", name, request)
    return _array_of(document, "$", name, request)


def _array_of(value: Any, path: str, name: str, request: ReadRequest) -> Array:
    return value.array() if isinstance(value, Numbers) else array_of(value, path, name, request)


def _list(text: Text, path: str, within: int, request: ReadRequest) -> Numbers:
    """The array whose bracket was taken; one that is the document ends it."""
    numbers = Numbers.gathered(text.pieces(within), path, text.name, request)
    if within == 1:
        text.finish()
    return numbers


# ------------------------------------------------------------------------------------------- objects


def _object(text: Text, request: ReadRequest) -> dict[str, Any]:
    """The object whose bracket was taken, of ``Numbers`` where it has arrays."""
    return {key: _member(text, key, request) for key in keys_of(text)}


def _member(text: Text, key: str, request: ReadRequest) -> Any:
    return _list(text, f"$.{visible(key)}", 2, request) if text.take(b"[") else text.value(b'{"":')


def _dataset_of_object(text: Text, request: ReadRequest) -> Dataset:
    document: dict[str, Any] = {}
    keys = keys_of(text)
    for key in keys:
        if key == "data" and isinstance(document.get("columns"), Numbers):
            names = document["columns"].items()
            if text.take(b"["):
                return _split_dataset(names, text, keys, request)
        document[key] = _member(text, key, request)
    if may_be_scored(document):
        from celoss_cli.read.tokens.quick import value_read  # most objects are none
        from celoss_cli.read.tokens.records import scored_dataset

        first = {
            key: value.items() if isinstance(value, Numbers) else value for key, value in document.items()
        }
        records = chain([(f"{text.name}:1", first)], values_after(text, value_read))
        found = scored_dataset(text.name, first, records, request)
        if found is not None:
            return found
    text.finish()
    return _dataset_of_document(document, "$", text.name, request)


def _dataset_of_document(document: dict[str, Any], path: str, name: str, request: ReadRequest) -> Dataset:
    """The data set of an object that was read: what it is itself, or else what stands under one of its keys.

    Raises:
        InputError: if that is nothing, or stands under several.

    """
    at, refused = f"{name}: {path}", None
    try:
        found = _data_of(document, path, name, request)
        if found is not None:
            return found
    except InputError as error:
        if error.place != at:
            raise
        refused = error
    records, inner = _records(document), _objects_within(document)
    if len(records) == 1:
        return _told(_rows_dataset(_placed(records, at), request), *records)
    if len(inner) == 1:
        ((key, held),) = inner.items()
        below = f"{path}.{visible(key)}"
        try:
            found = _dataset_of_document(_with_numbers(held, below, name, request), below, name, request)
            return _told(found, key)
        except InputError:
            if refused is None:
                raise
    if several := [*records, *({} if refused else inner)]:
        raise _several(several, path, name)
    raise refused or _unread(document, name)


def _data_of(document: dict[str, Any], path: str, name: str, request: ReadRequest) -> Dataset | None:
    """The data set that an object itself is: rows, arrays by name or a table; None for nothing of the kind.

    Raises:
        InputError: where its names do not settle the roles, placed at the object, or for what it holds.

    """
    at = f"{name}: {path}"
    arrays = [value for value in document.values() if isinstance(value, Numbers)]
    records = _records(document)
    only = len(records) == len(arrays) == 1 or _has_schema(document)
    rows = _rows_by_id(document, at, request) or (_placed(records, at) if only else [])
    if rows:
        return _rows_dataset(rows, request)
    if _has_schema(document):
        data = document["data"]
        got = "none: no rows" if isinstance(data, Numbers) and not data.items() else "something else"
        told = f"expected row objects, as pandas writes with orient table, got {got}"
        raise InputError(told, hint=ORIENTS, place=f"{at}.data")
    refused: InputError | None = None
    if not is_split(document) and (arrays or not any(isinstance(value, dict) for value in document.values())):
        try:
            return _named_dataset(document, path, name, request)
        except InputError as error:
            if error.place != at:
                raise
            refused = error
    table = table_in(document, at)
    if table is None and refused is not None:
        raise refused
    return None if table is None else table.dataset(request)


def _told(dataset: Dataset, key: str) -> Dataset:
    columns = dataset.described["columns"]
    columns["told"] = [f"read what is under {quoted(key)}", *columns.get("told", ())]
    return dataset


def _has_schema(document: dict[str, Any]) -> bool:
    """Whether an object is a table as pandas writes it with orient table."""
    return {"schema", "data"} <= document.keys()


def _records(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The arrays of an object that are row objects; beside pandas' schema, its data."""
    keys = ["data"] if _has_schema(document) else [*document]
    held = {
        key: value.items() for key in keys if isinstance(value := document[key], Numbers) and value.is_odd
    }
    return {
        key: values
        for key, values in held.items()
        if values and all(isinstance(value, dict) and value for value in values)
    }


def _placed(records: dict[str, list[dict[str, Any]]], at: str) -> list[tuple[str, dict[str, Any]]]:
    """The row objects with their places."""
    return [(f"{at}.{visible(key)}[{i}]", row) for key, rows in records.items() for i, row in enumerate(rows)]


def _objects_within(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects of an object that hold lists, as data does."""
    return {key: value for key, value in document.items() if isinstance(value, dict) and _holds_lists(value)}


def _holds_lists(value: dict[str, Any]) -> bool:
    inner = value.values()
    return any(isinstance(one, list) or (isinstance(one, dict) and _holds_lists(one)) for one in inner)


def _with_numbers(held: dict[str, Any], path: str, name: str, request: ReadRequest) -> dict[str, Any]:
    """An object within another one, of ``Numbers`` where it has arrays."""
    return {
        key: Numbers.of(value, f"{path}.{visible(key)}", name, request) if isinstance(value, list) else value
        for key, value in held.items()
    }


def _several(keys: Sequence[str], path: str, name: str) -> InputError:
    """The refusal of data that stands under several keys."""
    ways: tuple[Way, ...] = ()
    if os.path.isfile(name):
        names = {
            key: key if key.isidentifier() and key.isascii() else json.dumps(key) for key in keys[:_SHOWN]
        }
        ways = tuple(
            Way(
                f"what is under {quoted(key)}",
                (("--input-format", "json"),),
                piped=("jq", f"{path}.{said}"[1:], name),
            )
            for key, said in names.items()
        )
    return InputError(
        f"expected one set of arrays or rows, got several: {listed(keys)}", ways=ways, place=f"{name}: {path}"
    )


def _unread(document: dict[str, Any], name: str) -> InputError:
    """What is wrong with an object that is no data; those of pandas may not tell rows from columns."""
    if not document or not all(isinstance(column, dict) for column in document.values()):
        return unknown(name, of_lists=False)
    return InputError(
        "expected arrays by name, got objects by name, as pandas writes them with orient columns or index",
        hint=ORIENTS,
        place=f"{name}: $",
    )


def _rows_by_id(document: dict[str, Any], at: str, request: ReadRequest) -> list[tuple[str, dict[str, Any]]]:
    """The row objects with their places of an object whose keys are the ids of the targets; else none."""
    if request.truth is None or not request.truth.has_ids(document.keys()):
        return []
    key = request.takes.replace("-", "_")
    values = [value.items() if isinstance(value, Numbers) else value for value in document.values()]
    rows = zip(document, values, strict=True)
    return [(f"{at}.{visible(row)}", {"id": row, key: value}) for row, value in rows]


def _rows_dataset(rows: list[tuple[str, dict[str, Any]]], request: ReadRequest) -> Dataset:
    """Row objects that are held as a data set."""
    reader = RowObjects(rows, request)
    places, objects = zip(*rows, strict=True)
    return Dataset(reader.described, iter([reader.batch(objects, places, request.start)]))


def _split_dataset(names: list[Any], text: Text, keys: Iterator[str], request: ReadRequest) -> Dataset:
    """Rows that come after the names of their columns, as they come."""

    def rest() -> None:
        for key in keys:
            _member(text, key, request)
        text.finish()

    return streamed_split(names, Peekable(text.pieces(2)), rest, f"{text.name}: $", request)


def _named_dataset(document: dict[str, Any], path: str, name: str, request: ReadRequest) -> Dataset:
    values = {key: value for key, value in document.items() if value is not None}
    try:
        keys = roles_of(values, request, shape=lambda key: _shape_of(values[key]))
    except InputError as error:
        raise error.at(f"{name}: {path}") from None

    def load(key: str) -> Array:
        return _array_of(values.pop(key), f"{path}.{visible(key)}", name, request)

    options = {key: load(key) if isinstance(values[key], Numbers) else values[key] for key in keys.options}
    ids = None if keys.id is None else _ids(values[keys.id], f"{name}: {path}.{visible(keys.id)}")
    return keyed_dataset(keys, load, ids, options, name, request, path=path)


def _shape_of(value: Any) -> Shape | None:
    """The shape and type of an array; None for what is none."""
    if not isinstance(value, Numbers):
        return None
    with contextlib.suppress(InputError):
        values = value.array()
        return Shape.of(values)
    return None


def _ids(value: Any, place: str) -> Array:
    if not isinstance(value, Numbers):
        raise InputError(f"expected a list of ids, got {shown(value)}", place=place)
    return np.array([id_of(item) for item in value.items()], dtype=object)
