"""JSON: arrays by name, a list of row objects, or pandas' split orientation."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, takewhile
from typing import Any

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, LimitError, plural, quoted, visible
from celoss_cli.read.arrays.slices import keyed_dataset, on_class_axis
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.roles.columns import map_columns
from celoss_cli.read.roles.keys import WEIGHT_KEYS, keys_of
from celoss_cli.read.roles.table import Assembler, Place, Quoted, Rows, WholeTable
from celoss_cli.read.roles.targets import refuse_names
from celoss_cli.read.text.numbers import is_number, number

__all__ = ["RowObjects", "array_of", "parse", "parsed", "read", "read_columns", "read_values", "table_of"]

_MAX_DEPTH = 64
_PIECE = 1 << 20
_MOST = 1 << 30
_CELLS_AT_A_TIME = 1 << 17
_LINES = "one row object a line? try --input-format jsonl"
_UNQUOTED = "numbers are written without quotes"
_EXAMPLE = 'for example {"logits": [[0.9, 0.1]], "targets": [0]}'
_ORIENTS = 'write it with to_json(orient="split") or to_json(orient="records")'

_ROW_WEIGHTS = ("weight", *WEIGHT_KEYS)
"""In a row object; of a document of arrays, "weight" is that of the classes."""

_MARK = re.compile(
    r'(?P<opening>[\[{])|(?P<closing>[\]}])|(?P<string>"(?:[^"\\]|\\.)*+")(?P<colon>\s*+:)?', re.DOTALL
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


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
        return _whole_table(names, data, place, f"{stream.name}: $.columns", request)
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


# ------------------------------------------------------------------------------------------- parsing


class _Refused(str):
    """A token that is JSON and no number of ours; it is refused where it stands."""

    __slots__ = ()


class _Duplicate(Exception):
    """Some object has a key twice."""


def parsed(stream: Stream) -> Any:
    """The one document in a stream.

    Raises:
        InputError: as ``parse`` does.
        LimitError: for more than 1 GiB.

    """
    return parse(_whole(stream), stream.name)


def _whole(stream: Stream) -> bytes:
    """All bytes, but nothing after a NUL: no JSON goes on there, and a device may never end."""
    whole = bytearray()
    while piece := stream.binary.read(_PIECE):
        whole += piece
        if b"\0" in piece:
            break
        if len(whole) > _MOST:
            raise LimitError(
                f"expected a JSON document of at most {_MOST >> 20} MiB, got a longer one",
                hint="JSON Lines and NumPy's files have no such limit",
                place=stream.name,
            )
    return bytes(whole)


def parse(data: bytes, name: str, first_line: int = 1) -> Any:
    """The document in ``data``; numbers that no double holds are left as refusable tokens.

    Raises:
        InputError: for text that is not JSON, duplicate keys, nesting deeper than 64 or trailing data.

    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("expected UTF-8, got UTF-16", place=name)
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"expected UTF-8, got the byte 0x{data[error.start]:02x} at offset {error.start}", place=name
        ) from None
    if not text.strip():
        raise InputError("expected a JSON document, got nothing: no rows", place=name)
    if _depth(data) > _MAX_DEPTH:
        raise InputError(f"expected at most {_MAX_DEPTH} levels of nesting, got more", place=name)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"expected JSON, got {_found(text, error.pos)}: {error.msg}",
            hint=_LINES if error.lineno > 1 and _goes_on(error) else "",
            place=_place_of(error, name, first_line),
        ) from None
    except _Duplicate:
        key, position = next(_repeated(text))
        raise InputError(
            f"expected each key once, got {quoted(key)} twice",
            place=_place_of(json.JSONDecodeError("", text, position), name, first_line),
        ) from None


def _place_of(error: json.JSONDecodeError, name: str, first_line: int) -> str:
    return f"{name}:{first_line + error.lineno - 1}:{error.colno}"


def _repeated(text: str) -> Iterator[tuple[str, int]]:
    """The keys that their object had before, and where; the text is JSON at least up to the first one."""
    seen: list[set[str]] = []
    for mark in _MARK.finditer(text):
        if mark["opening"]:
            seen.append(set())
        elif mark["closing"]:
            seen.pop()
        elif mark["colon"]:
            key = json.loads(mark["string"])
            if key in seen[-1]:
                yield key, mark.start()
            seen[-1].add(key)


def _goes_on(error: json.JSONDecodeError) -> bool:
    """Whether another document follows a complete one."""
    return error.msg == "Extra data" and error.doc[error.pos] in "{["


def _depth(data: bytes) -> int:
    """The deepest nesting, or where that cannot be too deep an upper bound of it."""
    most = data.count(b"[") + data.count(b"{")
    if most <= _MAX_DEPTH:
        return most
    marks = np.frombuffer(_STRING.sub(b"", data), np.uint8)
    opening = (marks == ord("[")) | (marks == ord("{"))
    closing = (marks == ord("]")) | (marks == ord("}"))
    level = np.cumsum(opening.astype(np.int64) - closing)
    return int(level.max()) if level.size else 0


def _found(text: str, position: int) -> str:
    rest = text[position : position + 20].split("\n")[0]
    return quoted(rest) if rest else "the end of the text"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise _Duplicate
    return unique


def _double(token: str) -> Any:
    value = float(token)
    return _Refused(token) if math.isinf(value) else value


def _integer(token: str) -> Any:
    return int(token) if len(token) < 19 else _double(token)


def _constant(token: str) -> Any:
    return -math.inf if token == "-Infinity" else _Refused(token)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_double, parse_int=_integer, parse_constant=_constant
)


# ------------------------------------------------------------------------------------------- arrays


def array_of(value: Any, path: str, name: str, request: ReadRequest) -> Array:
    """A nested list of numbers as an array; of integers, booleans or float64.

    Raises:
        InputError: with the JSON path of the first value that is not a number or the first row that
            is too long or too short.

    """
    try:
        _check(value, path, _shape(value), None, request)
    except InputError as error:
        raise error.at(name) from None
    return np.array(_plain(value))


def _shape(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _check(
    value: Any, path: str, shape: tuple[int, ...], kind: type | None, request: ReadRequest
) -> type | None:
    """Refuses the first value that does not fit; answers whether the values are booleans."""
    if not shape:
        return _check_number(value, path, kind, request)
    if not isinstance(value, list):
        raise InputError(f"expected a list of {plural(shape[0], 'value')}, got {_shown(value)}", place=path)
    if len(value) != shape[0]:
        raise InputError(f"expected {plural(shape[0], 'value')}, got {len(value)}", place=path)
    if len(shape) == 1 and _all_finite(value):
        return kind if kind is not bool else _check_number(value[0], f"{path}[0]", kind, request)
    for index, item in enumerate(value):
        kind = _check(item, f"{path}[{index}]", shape[1:], kind, request)
    return kind


def _all_finite(values: list[Any]) -> bool:
    """Whether these are plainly numbers, decided without a look at each from Python."""
    return bool(values) and set(map(type, values)) <= {float, int} and math.isfinite(sum(map(abs, values)))


def _check_number(value: Any, path: str, kind: type | None, request: ReadRequest) -> type:
    if isinstance(value, _Refused):
        try:
            number(
                {"NaN": "nan", "Infinity": "inf"}.get(value, value), allow_nonfinite=request.allow_nonfinite
            )
        except InputError as error:
            raise error.at(path) from None
        return float
    if not isinstance(value, (int, float)):
        hint = _UNQUOTED if isinstance(value, str) else ""
        raise InputError(f"expected a number, got {_shown(value)}", hint=hint, place=path)
    found = bool if isinstance(value, bool) else float
    if kind not in (None, found):
        raise InputError(
            f"expected {'true or false' if kind is bool else 'a number'}, got {_shown(value)}", place=path
        )
    return found


_PLAIN = frozenset((float, int, bool))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return value if _PLAIN.issuperset(map(type, value)) else [_plain(item) for item in value]
    if isinstance(value, _Refused):
        return math.nan if value == "NaN" else math.inf
    return value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {plural(len(value), 'value')}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "an object" if isinstance(value, dict) else quoted(json.dumps(value, ensure_ascii=False))


# ------------------------------------------------------------------------------------------- shapes


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
        raise InputError(f"expected a list of ids, got {_shown(value)}", place=place)
    return np.array([_id(item) for item in value], dtype=object)


def _split(document: dict[str, Any], name: str) -> tuple[list[str], list[list[Any]], Place]:
    """The columns' names, the rows, and how a place in them is named."""
    columns, data = document["columns"], document["data"]
    if not isinstance(columns, list) or not isinstance(data, list):
        raise InputError("expected lists of columns and of rows, got something else", place=f"{name}: $")
    names = [column if isinstance(column, str) else json.dumps(column) for column in columns]
    for index, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise InputError(
                f"expected {plural(len(names), 'value')}, got {_shown(row)}", place=f"{name}: $.data[{index}]"
            )

    def place(row: int, column: int | None) -> str:
        return f"{name}: $.data[{row}]" + (f"[{column - 1}]" if column else "")

    return names, data, place


def _split_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    names, data, place = _split(document, name)
    table = _Table(names, data, f"{name}: $.columns", request)

    def batches() -> Iterator[Batch]:
        step = max(1, _CELLS_AT_A_TIME // max(1, len(names)))
        start = request.start
        for first in range(0, len(data), step):
            batch = table.batch(list(enumerate(data[first : first + step], first)), place, start)
            yield batch
            start += len(batch)

    return Dataset({"columns": table.mapping.described()}, batches())


class _Table:
    """Makes batches of rows of JSON values: a text is an id, a group or the name of a class, and no number.

    Attributes:
        mapping: which column is what.

    """

    def __init__(
        self, names: Sequence[str], rows: Iterable[Sequence[Any]], at: str, request: ReadRequest
    ) -> None:
        """Settles how the first rows are read.

        Raises:
            InputError: with the place ``at``, if the names do not settle the roles.

        """
        try:
            self.mapping = map_columns(names, request)
        except InputError as error:
            raise error.at(at) from None
        mapping = self.mapping
        self._request = request
        self._by_class = mapping.target if request.per_class and len(mapping.target) == 1 else ()
        self._classes = {*mapping.labels, *mapping.spelled}
        self._numeric = {*mapping.used} - {mapping.id} - {*self._by_class}
        self._assembler = Assembler(mapping, request, (self._cells(row, lambda _: at) for row in rows))

    def batch(self, rows: Sequence[tuple[int, Sequence[Any]]], place: Place, start: int) -> Batch:
        """The batch of these rows, each with the index that its place has; the first is row ``start``."""
        cells = [(index, self._cells(values, partial(place, index))) for index, values in rows]
        return self._assembler.complete(Rows(self.mapping.names, cells, place, self._request), start)

    def _cells(self, values: Sequence[Any], place: Callable[[int], str]) -> list[str]:
        return [self._one(column, value, place) for column, value in enumerate(values)]

    def _one(self, column: int, value: Any, place: Callable[[int], str]) -> str:
        if isinstance(value, (list, dict)):
            raise InputError(f"expected a number or a name, got {_shown(value)}", place=place(column + 1))
        if (
            type(value) is str
            and self._wants_number(column, value)
            and is_number(value, decimal=self._request.decimal, allow_nonfinite=True)
        ):
            raise InputError(
                f"expected a number in column {quoted(self.mapping.names[column])}, got {_shown(value)}",
                hint=_UNQUOTED,
                place=place(column + 1),
            )
        return _cell(value)

    def _wants_number(self, column: int, text: str) -> bool:
        if column in self._by_class:
            return not (self._request.settled.by_name or text.strip() in self._classes)
        return column in self._numeric


class RowObjects:
    """Reads row objects that all look like the first: of flat values a table, of lists an array a key.

    Attributes:
        described: how they are read.

    """

    def __init__(self, objects: Iterable[tuple[str, dict[str, Any]]], request: ReadRequest) -> None:
        """Settles how these objects, the first ones with their places, are read.

        Raises:
            InputError: if the keys do not settle the roles.

        """
        objects = iter(objects)
        place, first = next(objects)
        self._first = first
        self._names = list(first)
        self._request = request
        self._stacked = any(isinstance(value, list) for value in first.values())
        columns: dict[str, Any]
        if self._stacked:
            refuse_names(request)
            try:
                self._keys = keys_of(self._names, request, _ROW_WEIGHTS, ())
            except InputError as error:
                raise error.at(place) from None
            columns = self._keys.described()
            if request.truth is not None:
                request.truth.read_as((), request)
        else:
            alike = takewhile(lambda row: row.keys() == first.keys(), (row for _, row in objects))
            rows = ([row[key] for key in self._names] for row in chain([first], alike))
            self._table = _Table(self._names, rows, place, request)
            columns = self._table.mapping.described()
        self.described: dict[str, Any] = {"columns": columns}

    def batch(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        """The batch of these objects, the first of which is row ``start``.

        Raises:
            InputError: with its place, for an object of other keys or values.

        """
        _refuse_other_keys(objects, places, self._first)
        if self._stacked:
            return self._arrays(objects, places, start)
        rows = [(index, [row[key] for key in self._names]) for index, row in enumerate(objects)]
        return self._table.batch(rows, _place_in(places, self._names), start)

    def _arrays(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        keys, request = self._keys, self._request

        def place(row: int) -> str:
            return places[row]

        input = self._stack(keys.input, objects, places)
        ids = None if keys.id is None else [_id(row[keys.id]) for row in objects]
        conversions: tuple[str, ...] = ()
        if keys.target is not None:
            target = self._stack(keys.target, objects, places)
        else:
            assert request.truth is not None  # noqa: S101 - for the type checker: else there is a key
            target = request.truth.of(start, len(objects), ids, place)
            conversions = request.truth.conversions
        if request.class_axis is not None:
            input, target = on_class_axis(input, target, request.class_axis)
        return Batch(
            input,
            target,
            aligned={"sample weight": self._stack(keys.weight, objects, places)} if keys.weight else {},
            ids=ids,
            place=place,
            source=places[0],
            start=start,
            conversions=conversions,
        )

    def _stack(self, key: str, objects: Sequence[dict[str, Any]], places: Sequence[str]) -> Array:
        """The values of one key, one row after the other."""
        shape, kind = _shape(self._first[key]), None
        for row, place in zip(objects, places, strict=True):
            kind = _check(row[key], f"{place}.{key}", shape, kind, self._request)
        return np.array([_plain(row[key]) for row in objects])


def _refuse_other_keys(
    objects: Sequence[dict[str, Any]], places: Sequence[str], first: dict[str, Any]
) -> None:
    for row, where in zip(objects, places, strict=True):
        if row.keys() != first.keys():
            odd = sorted(row.keys() ^ first.keys())
            raise InputError(
                f"expected the keys of the first row, got a difference in {', '.join(map(quoted, odd))}",
                place=where,
            )


def _place_in(places: Sequence[str], names: Sequence[str]) -> Place:
    return lambda row, column: places[row] + (f".{names[column - 1]}" if column else "")


def table_of(objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest) -> WholeTable:
    """Row objects as a table of which some columns will be asked for.

    Raises:
        InputError: for objects of other keys than the first, and for values that are no cells.

    """
    _refuse_other_keys(objects, places, objects[0])
    names = list(objects[0])
    rows = ([row[name] for name in names] for row in objects)
    return _whole_table(names, rows, _place_in(places, names), places[0], request)


def _whole_table(
    names: Sequence[str], data: Iterable[Sequence[Any]], place: Place, header: str, request: ReadRequest
) -> WholeTable:
    rows = [
        (index, [_text_or_number(value, place, index, column) for column, value in enumerate(row, 1)])
        for index, row in enumerate(data)
    ]
    return WholeTable(names, Rows(names, rows, place, request), header)


def _text_or_number(value: Any, place: Place, row: int, column: int) -> str:
    """A JSON value as a cell; a text stays one where a number is asked for."""
    if isinstance(value, (list, dict)):
        raise InputError(f"expected a number or a name, got {_shown(value)}", place=place(row, column))
    cell = _cell(value)
    return Quoted(f'"{cell}"') if isinstance(value, str) and not isinstance(value, _Refused) else cell


def _objects_dataset(
    objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest
) -> Dataset:
    """A list of row objects as a data set."""
    reader = RowObjects(zip(places, objects, strict=True), request)
    return Dataset(reader.described, iter([reader.batch(objects, places, request.start)]))


def _id(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(value: Any) -> str:
    """A single JSON value as the text cell that means the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Refused):
        return {"NaN": "nan", "Infinity": "inf"}.get(value, str(value))
    if isinstance(value, (int, float)):
        return "-inf" if value == -math.inf else repr(value)
    return "" if value is None else str(value)
