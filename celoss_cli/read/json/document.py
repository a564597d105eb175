"""JSON documents: arrays by name, a list of row objects, or pandas' split orientation, read as they come."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, UsageError, Way, listed, quoted, visible
from celoss_cli.read.arrays.slices import keyed_dataset
from celoss_cli.read.batches import Peekable
from celoss_cli.read.json.lines import ORIENTS, columns_of_list, dataset_of_list, unknown
from celoss_cli.read.json.numbers import Numbers, array_of, shown
from celoss_cli.read.json.objects import RowObjects, table_of
from celoss_cli.read.json.tables import is_split, plain_of, streamed_split, table_by_name, table_in
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
    return _Object(document, "$", stream.name, request).columns()


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

        first = {key: plain_of(value) for key, value in document.items()}
        records = chain([(f"{text.name}:1", first)], values_after(text, value_read))
        found = scored_dataset(text.name, first, records, request)
        if found is not None:
            return found
    text.finish()
    return _Object(document, "$", text.name, request).dataset()


def _split_dataset(names: list[Any], text: Text, keys: Iterator[str], request: ReadRequest) -> Dataset:
    """Rows that come after the names of their columns, as they come."""

    def rest() -> None:
        for key in keys:
            _member(text, key, request)
        text.finish()

    return streamed_split(names, Peekable(text.pieces(2)), rest, f"{text.name}: $", request)


class _Object:
    """An object that was read: it may be data itself, or hold it under one of its keys.

    Args:
        members: of ``Numbers`` where it has arrays.
        path: of the object in the document.
        name: of the stream.
        request: what is asked of the reader.

    """

    def __init__(self, members: dict[str, Any], path: str, name: str, request: ReadRequest) -> None:
        self._members, self._path, self._name, self._request = members, path, name, request
        self._at = f"{name}: {path}"
        self._arrays = [value for value in members.values() if isinstance(value, Numbers)]
        self._has_schema = {"schema", "data"} <= members.keys()  # as pandas writes with orient table
        self._records = {
            key: values
            for key in (["data"] if self._has_schema else members)
            if (values := _records_in(members[key]))
        }
        self._objects = [key for key, value in members.items() if _holds_lists(value)]

    def dataset(self) -> Dataset:
        """The data set that it is itself, or else what stands under one of its keys.

        Raises:
            InputError: if that is nothing, or stands under several.

        """
        refused: InputError | None = None
        try:
            found = self._itself()
            if found is not None:
                return found
        except InputError as error:
            if error.place != self._at:
                raise
            refused = error
        if len(self._records) == 1:
            return _told(self._of_rows(self._placed()), *self._records)
        if len(self._objects) == 1:
            try:
                return _told(self._below(self._objects[0]).dataset(), self._objects[0])
            except InputError:
                if refused is None:
                    raise
        if several := [*self._records, *([] if refused else self._objects)]:
            raise _several(several, self._path, self._name)
        raise refused or self._unread()

    def columns(self) -> WholeTable | Array:
        """A table of which some columns will be asked for, or an array.

        Raises:
            InputError: if it is neither.

        """
        if "weights" not in self._members:
            if rows := self._rows():
                places, objects = zip(*rows, strict=True)
                return table_of(objects, places, self._request)
            table = table_in(self._members, self._at) or table_by_name(self._members, self._at)
            if table is not None:
                return whole_table(table.names, table.rows, table.place, table.header, self._request)
            if len(self._objects) == 1 and not self._arrays and not self._has_schema:
                return self._below(self._objects[0]).columns()
        return _values(self._members, self._name, self._request)

    def _itself(self) -> Dataset | None:
        """Rows, arrays by name or a table; None for nothing of the kind.

        Raises:
            InputError: where names do not settle the roles, placed at the object, or for what it holds.

        """
        rows = self._rows_by_id() or self._rows()
        if rows:
            return self._of_rows(rows)
        if self._has_schema:
            data = self._members["data"]
            got = "none: no rows" if isinstance(data, Numbers) and not data.items() else "something else"
            told = f"expected row objects, as pandas writes with orient table, got {got}"
            raise InputError(told, hint=ORIENTS, place=f"{self._at}.data")
        refused: InputError | UsageError | None = None
        has_objects = any(isinstance(value, dict) for value in self._members.values())
        if not is_split(self._members) and (self._arrays or not has_objects):
            try:
                return self._by_name()
            except UsageError as error:  # columns that are named may be those of a table
                refused = error
            except InputError as error:
                if error.place != self._at:
                    raise
                refused = error
        table = table_in(self._members, self._at)
        if table is None and refused is not None:
            raise refused
        return None if table is None else table.dataset(self._request)

    def _rows(self) -> list[tuple[str, dict[str, Any]]]:
        """The row objects with their places, where they are its only array."""
        only = self._has_schema or len(self._records) == len(self._arrays) == 1
        return self._placed() if only else []

    def _placed(self) -> list[tuple[str, dict[str, Any]]]:
        held = self._records.items()
        return [(f"{self._at}.{visible(key)}[{i}]", row) for key, rows in held for i, row in enumerate(rows)]

    def _rows_by_id(self) -> list[tuple[str, dict[str, Any]]]:
        """The row objects with their places, where the keys are the ids of the targets."""
        if self._request.truth is None or not self._request.truth.has_ids(self._members.keys()):
            return []
        key = self._request.takes.replace("-", "_")
        return [
            (f"{self._at}.{visible(row)}", {"id": row, key: plain_of(value)})
            for row, value in self._members.items()
        ]

    def _of_rows(self, rows: list[tuple[str, dict[str, Any]]]) -> Dataset:
        """Row objects that are held as a data set."""
        reader = RowObjects(rows, self._request)
        places, objects = zip(*rows, strict=True)
        return Dataset(reader.described, iter([reader.batch(objects, places, self._request.start)]))

    def _by_name(self) -> Dataset:
        values = {key: value for key, value in self._members.items() if value is not None}
        try:
            keys = roles_of(values, self._request, shape=lambda key: _shape_of(values[key]))
        except InputError as error:
            raise error.at(self._at) from None

        def load(key: str) -> Array:
            return _array_of(values.pop(key), f"{self._path}.{visible(key)}", self._name, self._request)

        options = {
            key: load(key) if isinstance(values[key], Numbers) else values[key] for key in keys.options
        }
        ids = None if keys.id is None else _ids(values[keys.id], f"{self._at}.{visible(keys.id)}")
        return keyed_dataset(keys, load, ids, options, self._name, self._request, path=self._path)

    def _below(self, key: str) -> _Object:
        """The object under a key."""
        path = f"{self._path}.{visible(key)}"
        members = {
            inner: Numbers.of(value, f"{path}.{visible(inner)}", self._name, self._request)
            if isinstance(value, list)
            else value
            for inner, value in self._members[key].items()
        }
        return _Object(members, path, self._name, self._request)

    def _unread(self) -> InputError:
        """What is wrong with an object that is no data; those of pandas may not tell rows from columns."""
        if not self._members or not all(isinstance(column, dict) for column in self._members.values()):
            return unknown(self._name, of_lists=False)
        return InputError(
            "expected arrays by name, got objects by name, "
            "as pandas writes them with orient columns or index",
            hint=ORIENTS,
            place=f"{self._name}: $",
        )


def _told(dataset: Dataset, key: str) -> Dataset:
    columns = dataset.described["columns"]
    columns["told"] = [f"read what is under {quoted(key)}", *columns.get("told", ())]
    return dataset


def _records_in(value: Any) -> list[dict[str, Any]]:
    """The row objects that an array is; none of anything else."""
    values = value.items() if isinstance(value, Numbers) and value.is_odd else []
    return values if all(isinstance(one, dict) and one for one in values) else []


def _holds_lists(value: Any) -> bool:
    """Whether this is an object with a list in it, as data has."""
    return isinstance(value, dict) and any(
        isinstance(one, list) or _holds_lists(one) for one in value.values()
    )


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
