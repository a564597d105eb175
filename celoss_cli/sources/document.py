"""JSON: arrays by name, a list of row objects, or pandas' split orientation."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.errors import InputError, LimitError, plural, quoted
from celoss_cli.sources.arrays import (
    ID_KEYS,
    INPUT_KEYS,
    OPTION_KEYS,
    TARGET_KEYS,
    Aligned,
    dataset_of_arrays,
    on_class_axis,
)
from celoss_cli.sources.base import Dataset, ReadRequest, Stream
from celoss_cli.sources.columns import map_columns
from celoss_cli.sources.numbers import number
from celoss_cli.sources.table import (
    Assembler,
    Place,
    Quoted,
    Rows,
    TableRow,
    WholeTable,
    dataset_of,
    whole_table,
)

__all__ = ["RowObjects", "array_of", "parse", "parsed", "read", "read_columns", "read_values", "table_of"]

_MAX_DEPTH = 64
_PIECE = 1 << 20
_MOST = 1 << 30
_LINES = "one row object a line? try --input-format jsonl"
_WEIGHT_KEYS = ("weight", "sample_weight", "case_weights")
"""Of a row object; of a document of arrays, "weight" is that of the classes."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a JSON document.

    Raises:
        InputError: with the line or the JSON path, for anything that is not one of the known shapes.

    """
    document = parsed(stream)
    if _is_split(document):
        return dataset_of(*_split(document, stream.name), request)
    if isinstance(document, dict):
        return _named_dataset(document, stream.name, request)
    if _are_objects(document):
        return _objects_dataset(document, _places(document, stream.name), request)
    if document == []:
        raise InputError("expected rows, got an empty list: no rows", place=stream.name)
    raise InputError(
        "expected an object of arrays or a list of row objects, got something else",
        hint='for example {"logits": [[0.9, 0.1]], "targets": [0]}',
        place=f"{stream.name}: $",
    )


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A JSON array of numbers, nested as deep as the array has axes, or the one that celoss weights wrote."""
    return _values(parsed(stream), stream.name, request)


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array:
    """A table of which some columns will be asked for, or what ``read_values`` reads."""
    document = parsed(stream)
    if _is_split(document):
        return whole_table(*_split(document, stream.name), request)
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
    pass


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
            place=f"{name}:{first_line + error.lineno - 1}:{error.colno}",
        ) from None
    except _Duplicate as error:
        raise InputError(f"expected each key once, got {quoted(str(error))} twice", place=name) from None


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
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Duplicate(key)
            seen.add(key)
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
        hint = "numbers are written without quotes" if isinstance(value, str) else ""
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


def _key(document: dict[str, Any], known: Sequence[str], role: str, name: str) -> str:
    found = [key for key in known if key in document]
    if len(found) == 1:
        return found[0]
    got = ", ".join(map(quoted, found or list(document)[:8])) or "an empty object"
    raise InputError(f"expected one key for the {role} ({', '.join(known)}), got {got}", place=f"{name}: $")


def _named_dataset(document: dict[str, Any], name: str, request: ReadRequest) -> Dataset:
    input_key = _key(document, INPUT_KEYS, "input", name)
    target_key = _key(document, TARGET_KEYS, "targets", name)
    id_key = next((key for key in ID_KEYS if key in document), None)
    options = {}
    for key in OPTION_KEYS:
        if isinstance(document.get(key), list):
            options[key] = array_of(document[key], f"$.{key}", name, request)
        elif document.get(key) is not None:
            options[key] = document[key]
    input = array_of(document[input_key], f"$.{input_key}", name, request)
    target = array_of(document[target_key], f"$.{target_key}", name, request)
    ids = _ids(document[id_key], f"{name}: $.{id_key}", len(input) if input.ndim else 1) if id_key else None
    unused = sorted(set(document) - {input_key, target_key, *options, *([id_key] if id_key else [])})
    described = {
        "columns": {
            "inputs": [input_key],
            "target": target_key,
            "id": id_key,
            "weight": None,
            "unused": unused,
        },
    }
    dataset = dataset_of_arrays(
        input,
        target,
        described,
        request,
        aligned=Aligned(None if ids is None else np.array(ids, dtype=object)),
        places=(f"{name}: $.{input_key}", f"{name}: $.{target_key}"),
    )
    dataset.options = options
    return dataset


def _ids(value: Any, place: str, rows: int) -> list[str]:
    if not isinstance(value, list) or len(value) != rows:
        raise InputError(f"expected a list of {plural(rows, 'id')}, got {_shown(value)}", place=place)
    return [_id(item) for item in value]


def _split(document: dict[str, Any], name: str) -> tuple[list[str], Iterator[TableRow], Place, int]:
    """The columns' names, the rows, how to name a place in them, and where they begin."""
    columns, data = document["columns"], document["data"]
    if not isinstance(columns, list) or not isinstance(data, list):
        raise InputError("expected lists of columns and of rows, got something else", place=f"{name}: $")
    names = [column if isinstance(column, str) else json.dumps(column) for column in columns]

    def rows() -> Iterator[TableRow]:
        for index, row in enumerate(data):
            if not isinstance(row, list) or len(row) != len(names):
                raise InputError(
                    f"expected {plural(len(names), 'value')}, got {_shown(row)}",
                    place=f"{name}: $.data[{index}]",
                )
            yield index, [_cell(value, f"{name}: $.data[{index}][{i}]") for i, value in enumerate(row)]

    def place(row: int, column: int | None) -> str:
        return f"{name}: $.data[{row}]" + (f"[{column - 1}]" if column else "")

    return names, rows(), place, 0


class RowObjects:
    """Reads row objects that all look like the first: of flat values a table, of lists an array a key.

    Attributes:
        described: how they are read.

    """

    def __init__(self, first: dict[str, Any], place: str, request: ReadRequest) -> None:
        self._first = first
        self._names = list(first)
        self._request = request
        self._stacked = any(isinstance(value, list) for value in first.values())
        if self._stacked:
            self._input_key = _key(first, INPUT_KEYS, "input", place)
            self._target_key = _key(first, TARGET_KEYS, "target", place)
            self._id_key = next((key for key in ID_KEYS if key in first), None)
            self._weight_key = next((key for key in _WEIGHT_KEYS if key in first), None)
            columns: dict[str, Any] = {
                "inputs": [self._input_key],
                "target": self._target_key,
                "id": self._id_key,
                "weight": self._weight_key,
                "unused": sorted(
                    set(first) - {self._input_key, self._target_key, self._id_key, self._weight_key}
                ),
            }
        else:
            try:
                mapping = map_columns(self._names, request)
            except InputError as error:
                raise error.at(place) from None
            cells = [_cell(first[key], f"{place}.{key}") for key in self._names]
            self._assembler = Assembler(mapping, request, cells)
            columns = mapping.described()
        self.described: dict[str, Any] = {"columns": columns}

    def batch(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        """The batch of these objects, the first of which is row ``start``.

        Raises:
            InputError: with its place, for an object of other keys or values.

        """
        _refuse_other_keys(objects, places, self._first)
        if self._stacked:
            return self._arrays(objects, places, start)
        return self._assembler.complete(_rows_of(objects, places, self._names, self._request), start)

    def _arrays(self, objects: Sequence[dict[str, Any]], places: Sequence[str], start: int) -> Batch:
        arrays = {}
        for key in filter(None, (self._input_key, self._target_key, self._weight_key)):
            shape, kind = _shape(self._first[key]), None
            for row, place in zip(objects, places, strict=True):
                kind = _check(row[key], f"{place}.{key}", shape, kind, self._request)
            arrays[key] = np.array([_plain(row[key]) for row in objects])
        input, target = arrays[self._input_key], arrays[self._target_key]
        if self._request.class_axis is not None:
            input, target = on_class_axis(input, target, self._request.class_axis)
        return Batch(
            input,
            target,
            aligned={"sample weight": arrays[self._weight_key]} if self._weight_key else {},
            ids=None if self._id_key is None else [_id(row[self._id_key]) for row in objects],
            place=lambda row: places[row],
            start=start,
        )


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


def _rows_of(
    objects: Sequence[dict[str, Any]], places: Sequence[str], names: Sequence[str], request: ReadRequest
) -> Rows:
    rows = [
        (index, [_cell(row[key], f"{places[index]}.{key}") for key in names])
        for index, row in enumerate(objects)
    ]

    def place(row: int, column: int | None) -> str:
        return places[row] + (f".{names[column - 1]}" if column else "")

    return Rows(names, rows, place, request)


def table_of(objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest) -> WholeTable:
    """Row objects as a table of which some columns will be asked for.

    Raises:
        InputError: for objects of other keys than the first, and for values that are no cells.

    """
    _refuse_other_keys(objects, places, objects[0])
    names = list(objects[0])
    return WholeTable(names, _rows_of(objects, places, names, request), places[0])


def _objects_dataset(
    objects: Sequence[dict[str, Any]], places: Sequence[str], request: ReadRequest
) -> Dataset:
    """A list of row objects as a data set."""
    reader = RowObjects(objects[0], places[0], request)
    return Dataset(reader.described, iter([reader.batch(objects, places, request.start)]))


def _id(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(value: Any, place: str) -> str:
    """A JSON value as the text cell that means the same; a number in quotes keeps them and is refused."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return "-inf" if value == -math.inf else repr(value)
    if isinstance(value, _Refused):
        return {"NaN": "nan", "Infinity": "inf"}.get(value, str(value))
    if not isinstance(value, str):
        raise InputError(f"expected a number or a name, got {_shown(value)}", place=place)
    return Quoted(f'"{value}"') if value[:1] in "0123456789+-." else value
