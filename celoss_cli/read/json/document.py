"""JSON documents: arrays by name, a list of row objects, or pandas' split orientation, read as they come."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, visible
from celoss_cli.read.arrays.slices import joined_dataset, keyed_dataset
from celoss_cli.read.batches import Peekable, streamed
from celoss_cli.read.json.arrays import array_of, shown
from celoss_cli.read.json.numbers import Numbers
from celoss_cli.read.json.objects import RowObjects, table_of
from celoss_cli.read.json.orients import by_name, framed
from celoss_cli.read.json.split import SplitRows
from celoss_cli.read.json.text import Piece, Text, keys_of, values_after
from celoss_cli.read.json.values import id_of, whole_table
from celoss_cli.read.labelled import row_of
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.roles.keys import keys_of as roles_of
from celoss_cli.read.roles.shape import Shape
from celoss_cli.read.tokens import may_be_scored

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Chunk, Roles
    from celoss_cli.read.roles.table import WholeTable

__all__ = ["read", "read_columns", "read_values"]

_EXAMPLE = 'for example {"logits": [[0.9, 0.1]], "targets": [0]}'
_ORIENTS = 'write it with to_json(orient="split") or to_json(orient="records")'


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
        return _dataset_of_list(text, request)
    text.value(b"")
    text.finish()
    raise _unknown(stream.name, of_lists=False)


def _unknown(name: str, *, of_lists: bool) -> InputError:
    return InputError(
        "expected an object of arrays or a list of row objects, "
        f"got {'a list of lists, which names nothing' if of_lists else 'something else'}",
        hint=_EXAMPLE + (f"; with pandas {_ORIENTS}" if of_lists else ""),
        place=f"{name}: $",
    )


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
        return _columns_of_list(text, request)
    if not text.take(b"{"):
        value = text.value(b"")
        text.finish()
        return _values(value, stream.name, request)
    document = _object(text, request)
    text.finish()
    if _is_split(document):
        rows = SplitRows(*_columns_and_data(document, stream.name), stream.name)
        return whole_table(rows.names, rows.rows(), rows.place, f"{stream.name}: $.columns", request)
    frame = None if "weights" in document else framed(document) or by_name(document)
    if frame is not None:
        rows = SplitRows(frame.names, frame.rows, stream.name)
        return whole_table(rows.names, rows.rows(), rows.place, f"{stream.name}: $", request)
    return _values(document, stream.name, request)


def _values(document: Any, name: str, request: ReadRequest) -> Array:
    if isinstance(document, dict) and {"scheme", "weights"} <= document.keys():
        return _array_of(document["weights"], "$.weights", name, request)
    return _array_of(document, "$", name, request)


def _array_of(value: Any, path: str, name: str, request: ReadRequest) -> Array:
    return value.array() if isinstance(value, Numbers) else array_of(value, path, name, request)


def _list(text: Text, path: str, within: int, request: ReadRequest) -> Numbers:
    """The array whose bracket was taken; one that is the document ends it."""
    numbers = Numbers(path, text.name, request)
    for piece in text.pieces(within):
        numbers.add(piece)
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
        if key == "data" and isinstance(document.get("columns"), Numbers) and "schema" not in document:
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
    if not _is_split(document):
        return _framed_dataset(document, text.name, request)
    rows = SplitRows(*_columns_and_data(document, text.name), text.name)
    return Dataset(*rows.dataset(request))


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


def _framed_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    """Arrays by name, or else the table that an object is."""
    refused: InputError | None = None
    held = _named_rows(document, name, request) or _only_rows(document, name)
    if held is not None:
        return _rows_dataset(held, request)
    if all(isinstance(value, Numbers) for value in document.values()) or not _is_table(document):
        try:
            return _named_dataset(document, name, request)
        except InputError as error:
            refused = error
    frame = framed(document)
    if frame is None:
        _refuse_orient(document, name)
        if refused is None and any(isinstance(value, Numbers) for value in document.values()):
            return _named_dataset(document, name, request)  # arrays with objects of notes beside them
    if frame is None or (refused is not None and not refused.place.endswith("$")):
        raise refused or _unknown(name, of_lists=False)
    rows = SplitRows(frame.names, frame.rows, name)
    described, batches = rows.dataset(request)
    columns = described["columns"]
    columns["told"] = [frame.told]
    return Dataset(described, batches)


def _named_rows(
    document: dict[str, Any], name: str, request: ReadRequest
) -> list[tuple[str, dict[str, Any]]]:
    """The row objects with their places of an object whose keys are the ids of the targets; else none."""
    if request.truth is None or not request.truth.has_ids(document.keys()):
        return []
    key = request.takes.replace("-", "_")
    values = [value.items() if isinstance(value, Numbers) else value for value in document.values()]
    rows = zip(document, values, strict=True)
    return [(f"{name}: $.{visible(row)}", {"id": row, key: value}) for row, value in rows]


def _only_rows(document: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]] | None:
    """The row objects with their places of an object whose only array they are; else None."""
    arrays = [(key, value) for key, value in document.items() if isinstance(value, Numbers)]
    if len(arrays) != 1:
        return None
    key, values = arrays[0][0], arrays[0][1].items()
    if not values or not all(isinstance(value, dict) for value in values):
        return None
    return [(f"{name}: $.{visible(key)}[{index}]", value) for index, value in enumerate(values)]


def _rows_dataset(rows: list[tuple[str, dict[str, Any]]], request: ReadRequest) -> Dataset:
    """Row objects that are held as a data set."""
    reader = RowObjects(rows, request)
    places, objects = zip(*rows, strict=True)
    return Dataset(reader.described, iter([reader.batch(objects, places, request.start)]))


def _is_table(document: dict[str, Any]) -> bool:
    """Whether an object holds objects, as a table by columns or by rows does, or is a request's."""
    return bool(document) and any(isinstance(value, dict) for value in document.values())


def _is_split(document: Any) -> bool:
    return isinstance(document, dict) and "columns" in document and "data" in document


def _columns_and_data(document: dict[str, Any], name: str) -> tuple[list[Any], list[Any]]:
    columns, data = document["columns"], document["data"]
    if not isinstance(columns, Numbers) or not isinstance(data, Numbers):
        raise InputError("expected lists of columns and of rows, got something else", place=f"{name}: $")
    return columns.items(), data.items()


def _split_dataset(names: list[Any], text: Text, keys: Iterator[str], request: ReadRequest) -> Dataset:
    """Rows that come after the names of their columns, as they come."""

    def rest() -> None:
        for key in keys:
            if key == "schema":
                _refuse_orient({"schema": None, "data": None}, text.name)
            _member(text, key, request)
        text.finish()

    rows = SplitRows(names, [], text.name)
    return Dataset(*rows.dataset(request, Peekable(text.pieces(2)), rest))


def _named_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    values = {key: value for key, value in document.items() if value is not None}
    try:
        keys = roles_of(values, request, shape=lambda key: _shape_of(values[key], name, request))
    except InputError as error:
        raise error.at(f"{name}: $") from None

    def load(key: str) -> Array:
        return _array_of(values.pop(key), f"$.{visible(key)}", name, request)

    options = {key: load(key) if isinstance(values[key], Numbers) else values[key] for key in keys.options}
    ids = None if keys.id is None else _ids(values[keys.id], f"{name}: $.{visible(keys.id)}")
    return keyed_dataset(keys, load, ids, options, name, request)


def _shape_of(value: Any, name: str, request: ReadRequest) -> Shape | None:
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


# --------------------------------------------------------------------------------------------- lists


def _dataset_of_list(text: Text, request: ReadRequest) -> Dataset:
    """A list of row objects, as they come."""
    pieces = Peekable(text.pieces(1))
    first = next(pieces.peek(), None)
    values = [] if first is None else first.values()
    row = row_of(values[0]) if values else None
    if request.truth is not None and isinstance(row, list):
        return _one_array(pieces, text, request)
    if first is None or not isinstance(row, dict):
        raise _no_objects(pieces, text, any_values=bool(values))
    if may_be_scored(row):
        from celoss_cli.read.tokens.quick import elements_read  # most rows are none
        from celoss_cli.read.tokens.records import scored_dataset

        found = scored_dataset(text.name, row, elements_read(pieces, text), request)
        if found is not None:
            return found
    reader = RowObjects((found for piece in pieces.peek() for found in _objects(piece)), request)
    sample = first.sample()
    if sample is not None and isinstance(sample[1], dict):
        reader.frame(*sample)

    def batches() -> Iterator[Batch | Chunk]:
        yield from streamed(pieces, lambda piece: piece.elements, partial(_batch, reader), request)
        text.finish()

    return Dataset(reader.described, batches())


def _one_array(pieces: Peekable[Piece], text: Text, request: ReadRequest) -> Dataset:
    """A list of lists, which is the input where the targets are given apart."""
    numbers = Numbers("$", text.name, request)
    for piece in pieces:
        numbers.add(piece)
    text.finish()
    columns: Roles = {"inputs": [request.takes], "target": None, "id": None, "weight": None, "unused": []}
    return joined_dataset(numbers.array(), text.name, {"columns": columns}, request, source=text.name)


def _no_objects(pieces: Peekable[Piece], text: Text, *, any_values: bool) -> InputError:
    """What is wrong with a list that does not begin with an object, once all of it was read."""
    of_lists = True
    for piece in pieces:
        of_lists = of_lists and all(isinstance(value, list) for value in piece.values())
    text.finish()
    if not any_values:
        return InputError("expected rows, got an empty list: no rows", place=text.name)
    return _unknown(text.name, of_lists=of_lists)


def _objects(piece: Piece) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, value in enumerate(map(row_of, piece.values()), piece.first):
        if not isinstance(value, dict):
            raise _unknown(piece.name, of_lists=False)
        yield f"{piece.name}: $[{index}]", value


def _batch(reader: RowObjects, piece: Piece, start: int) -> Batch:
    place: Callable[[int], str] = lambda row: f"{piece.name}: $[{piece.first + row}]"  # noqa: E731
    found = reader.framed(piece.rows(reader.lead), piece.elements, b",", place, start)
    if found is not None:
        return found
    places, objects = zip(*_objects(piece), strict=True)
    return reader.batch(objects, places, start)


def _names_of_list(pieces: Peekable[Piece], text: Text) -> list[str]:
    """A list of texts, which are the names of classes."""
    names = [(index, name) for piece in pieces for index, name in enumerate(piece.values(), piece.first)]
    text.finish()
    for index, name in names:
        if not isinstance(name, str):
            raise InputError(
                f"expected the name of a class, got {shown(name)}", place=f"{text.name}: $[{index}]"
            )
    return [name for _, name in names]


def _columns_of_list(text: Text, request: ReadRequest) -> WholeTable | Array | list[str]:
    pieces = Peekable(text.pieces(1))
    first = next(pieces.peek(), None)
    values = [] if first is None else first.values()
    if values and isinstance(values[0], str):
        return _names_of_list(pieces, text)
    if values and all(isinstance(value, dict) for value in values):
        places, objects = zip(*chain.from_iterable(map(_objects, pieces)), strict=True)
        text.finish()
        return table_of(objects, places, request)
    numbers = Numbers("$", text.name, request)
    for piece in pieces:
        numbers.add(piece)
    text.finish()
    return numbers.array()
