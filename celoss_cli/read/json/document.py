"""JSON: arrays by name, a list of row objects, or pandas' split orientation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, plural, visible
from celoss_cli.read.arrays.slices import keyed_dataset
from celoss_cli.read.json.arrays import array_of, shown
from celoss_cli.read.json.objects import RowObjects, table_of
from celoss_cli.read.json.parsing import parsed
from celoss_cli.read.json.values import ValueTable, id_of, whole_table
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.roles.keys import keys_of

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.read.roles.table import Place, WholeTable

__all__ = ["read", "read_columns", "read_values"]

_CELLS_AT_A_TIME = 1 << 17
_EXAMPLE = 'for example {"logits": [[0.9, 0.1]], "targets": [0]}'
_ORIENTS = 'write it with to_json(orient="split") or to_json(orient="records")'


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a JSON document.

    Raises:
        InputError: with the line or the JSON path, for anything that is not one of the known shapes.

    """
    document = parsed(stream)
    if isinstance(document, dict):
        _refuse_orient(document, stream.name)
        read_object = _split_dataset if _is_split(document) else _named_dataset
        return read_object(document, stream.name, request)
    if _are_objects(document):
        return _objects_dataset(document, _places(document, stream.name), request)
    if document == []:
        raise InputError("expected rows, got an empty list: no rows", place=stream.name)
    of_lists = isinstance(document, list) and all(isinstance(row, list) for row in document)
    raise InputError(
        "expected an object of arrays or a list of row objects, "
        f"got {'a list of lists, which names nothing' if of_lists else 'something else'}",
        hint=_EXAMPLE + (f"; with pandas {_ORIENTS}" if of_lists else ""),
        place=f"{stream.name}: $",
    )


def _refuse_orient(document: dict[str, Any], name: str) -> None:
    """Refuses the objects of pandas that do not keep the order of rows and columns, or need its schema."""
    if {"schema", "data"} <= document.keys():
        orient = "table"
    elif document and all(isinstance(column, dict) for column in document.values()):
        orient = "columns or index"
    else:
        return
    raise InputError(
        f"expected arrays by name, got objects by name, as pandas writes them with orient {orient}",
        hint=_ORIENTS,
        place=f"{name}: $",
    )


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A JSON array of numbers, nested as deep as the array has axes, or the one that celoss weights wrote."""
    return _values(parsed(stream), stream.name, request)


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array:
    """A table of which some columns will be asked for, or what ``read_values`` reads."""
    document = parsed(stream)
    if _is_split(document):
        names, data, place = _split(document, stream.name)
        return whole_table(names, data, place, f"{stream.name}: $.columns", request)
    if _are_objects(document):
        return table_of(document, _places(document, stream.name), request)
    return _values(document, stream.name, request)


def _values(document: Any, name: str, request: ReadRequest) -> Array:
    if isinstance(document, dict) and {"scheme", "weights"} <= document.keys():
        return array_of(document["weights"], "$.weights", name, request)
    return array_of(document, "$", name, request)


def _is_split(document: Any) -> bool:
    return isinstance(document, dict) and "columns" in document and "data" in document


def _are_objects(document: Any) -> bool:
    return isinstance(document, list) and bool(document) and all(isinstance(row, dict) for row in document)


def _places(document: Sequence[Any], name: str) -> Sequence[str]:
    return [f"{name}: $[{i}]" for i in range(len(document))]


def _named_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    given = {key: value for key, value in document.items() if value is not None}
    try:
        keys = keys_of(given, request)
    except InputError as error:
        raise error.at(f"{name}: $") from None

    def load(key: str) -> Array:
        return array_of(given[key], f"$.{visible(key)}", name, request)

    options = {key: load(key) if isinstance(given[key], list) else given[key] for key in keys.options}
    ids = None if keys.id is None else _ids(given[keys.id], f"{name}: $.{visible(keys.id)}")
    return keyed_dataset(keys, load, ids, options, name, request)


def _ids(value: Any, place: str) -> Array:
    if not isinstance(value, list):
        raise InputError(f"expected a list of ids, got {shown(value)}", place=place)
    return np.array([id_of(item) for item in value], dtype=object)


def _split(document: dict[str, Any], name: str) -> tuple[list[str], list[list[Any]], Place]:
    """The columns' names, the rows, and how a place in them is named."""
    columns, data = document["columns"], document["data"]
    if not isinstance(columns, list) or not isinstance(data, list):
        raise InputError("expected lists of columns and of rows, got something else", place=f"{name}: $")
    names = [column if isinstance(column, str) else json.dumps(column) for column in columns]
    for index, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise InputError(
                f"expected {plural(len(names), 'value')}, got {shown(row)}", place=f"{name}: $.data[{index}]"
            )

    def place(row: int, column: int | None) -> str:
        return f"{name}: $.data[{row}]" + (f"[{column - 1}]" if column else "")

    return names, data, place


def _split_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    names, data, place = _split(document, name)
    table = ValueTable(names, data, f"{name}: $.columns", request)

    def batches() -> Iterator[Batch]:
        step = max(1, _CELLS_AT_A_TIME // max(1, len(names)))
        start = request.start
        for first in range(0, len(data), step):
            batch = table.batch(list(enumerate(data[first : first + step], first)), place, start)
            yield batch
            start += len(batch)

    return Dataset({"columns": table.mapping.described()}, batches())


def _objects_dataset(
    objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest
) -> Dataset:
    """A list of row objects as a data set."""
    reader = RowObjects(zip(places, objects, strict=True), request)
    return Dataset(reader.described, iter([reader.batch(objects, places, request.start)]))
