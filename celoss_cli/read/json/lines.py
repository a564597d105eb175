"""Row objects, streamed: JSON Lines, one a line, and the list that a document is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, Way, listed
from celoss_cli.read.arrays.slices import joined_dataset
from celoss_cli.read.batches import Peekable, streamed
from celoss_cli.read.json.numbers import Numbers, array_of, shown
from celoss_cli.read.json.objects import RowObjects, table_of
from celoss_cli.read.json.parsing import parse
from celoss_cli.read.labelled import row_of
from celoss_cli.read.request import Dataset, ReadRequest, Stream
from celoss_cli.read.text.blocks import Block, blocks, lines_of
from celoss_cli.read.tokens import may_be_scored

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Chunk
    from celoss_cli.read.json.text import Piece, Text
    from celoss_cli.read.roles.table import WholeTable

__all__ = [
    "ORIENTS",
    "columns_of_list",
    "dataset_of_list",
    "read",
    "read_columns",
    "read_values",
    "unknown",
]

_EXAMPLE = 'for example {"logits": [[0.9, 0.1]], "targets": [0]}'
ORIENTS = 'write it with to_json(orient="split") or to_json(orient="records")'
_BOM = "\ufeff"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads one JSON object a line; blank lines at the end are nothing.

    Raises:
        InputError: with file and line.

    """
    body = Peekable(blocks(stream, request, unterminated=True))
    objects: Iterator[tuple[str, dict[str, Any]]] = (
        found for block in body.peek() for found in _objects(block)
    )
    first = next(objects, None)
    if first is None:
        next(body, None)  # tells what is wrong
        raise InputError("expected row objects, got an empty file: no rows", place=stream.name)
    if may_be_scored(first[1]):
        from celoss_cli.read.tokens.quick import lines_read  # most rows are none
        from celoss_cli.read.tokens.records import scored_dataset

        records = (found for block in body for found in lines_read(block, _documents))
        found = scored_dataset(stream.name, first[1], records, request)
        if found is not None:
            return found
    second = next(objects, None)
    if second is not None:
        _refuse_header(first, second[1], stream)
        objects = chain([second], objects)
    reader = RowObjects(chain([first], objects), request)
    documents = reader.listed(stream.name, (found for block in body for found in _objects(block)))
    if documents is not None:
        return documents
    reader.frame(_first_line(body), first[1])

    def batch(block: Block, start: int) -> Batch:
        return block.told(_batch(reader, block, start))

    return Dataset(reader.described, streamed(body, lambda block: block.lines, batch, request))


def _refuse_header(first: tuple[str, dict[str, Any]], second: dict[str, Any], stream: Stream) -> None:
    """Refuses a first record that has nothing in common with the next one: it tells of the run, say."""
    place, record = first
    if record.keys() & second.keys():
        return
    ways: tuple[Way, ...] = ()
    if os.path.isfile(stream.path) and not stream.path.endswith((".gz", ".zst")):
        rest = ("tail", "-n", "+2", stream.path)
        ways = (Way("without the first record", (("--input-format", "jsonl"),), piped=rest),)
    raise InputError(
        f"expected records with the same keys, got {listed(record)} before {listed(second)}",
        ways=ways,
        place=place,
    )


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """One number or one list of numbers a line, as an array."""
    return _stacked((line for block in blocks(stream, request) for line in _documents(block)), request)


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable | Array:
    """A table of which some columns will be asked for, or what ``read_values`` reads."""
    every = list(blocks(stream, request))
    first = next(chain.from_iterable(map(_documents, every)), None)
    if first is None or not isinstance(first[1], dict):
        return _stacked(chain.from_iterable(map(_documents, every)), request)
    places, objects = zip(*chain.from_iterable(map(_objects, every)), strict=True)
    return table_of(objects, places, request)


def _stacked(lines: Iterable[tuple[str, Any]], request: ReadRequest) -> Array:
    rows: list[Array] = []
    for place, value in lines:
        row = array_of(value, "$", place, request)
        if rows and (row.shape, row.dtype.kind == "b") != (rows[0].shape, rows[0].dtype.kind == "b"):
            raise InputError(
                f"expected a line like the first, of shape {rows[0].shape}, got shape {row.shape}"
                if row.shape != rows[0].shape
                else "expected either numbers or true and false, got both",
                place=place,
            )
        rows.append(row)
    return np.array(rows)


def _first_line(body: Peekable[Block]) -> bytes:
    """The bytes of the first line, without those that end it."""
    data = next(iter(body.seen)).data
    return data[: data.index(b"\n")].removesuffix(b"\r")


def _batch(reader: RowObjects, block: Block, start: int) -> Batch:
    data = block.data.replace(b"\r\n", b"\n") if b"\r" in block.data else block.data
    place: Callable[[int], str] = lambda row: block.place(block.line + row)  # noqa: E731
    return reader.read(data, block.lines, b"\n", place, partial(_objects, block), start)


def _objects(block: Block) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, found in _documents(block):
        value = row_of(found)
        if not isinstance(value, dict):
            raise InputError("expected a row object, got another value", place=place)
        yield place, value


def _documents(block: Block) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines_of(block), block.line):
        place = block.place(number)
        if not line.strip():
            raise InputError("expected a row object, got an empty line", place=place)
        if line.startswith(_BOM):
            raise InputError("expected a row object, got a byte order mark within the text", place=place)
        yield place, parse(line.encode(), block.name, number)


# ------------------------------------------------------------------------------------ lists of documents


def unknown(name: str, *, of_lists: bool) -> InputError:
    return InputError(
        "expected an object of arrays or a list of row objects, "
        f"got {'a list of lists, which names nothing' if of_lists else 'something else'}",
        hint=_EXAMPLE + (f"; with pandas {ORIENTS}" if of_lists else ""),
        place=f"{name}: $",
    )


def dataset_of_list(text: Text, request: ReadRequest) -> Dataset:
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
    reader = RowObjects((found for piece in pieces.peek() for found in _elements(piece)), request)
    documents = reader.listed(text.name, _values_of(pieces, text))
    if documents is not None:
        return documents
    sample = first.sample()
    if sample is not None and isinstance(sample[1], dict):
        reader.frame(*sample)

    def batches() -> Iterator[Batch | Chunk]:
        yield from streamed(pieces, lambda piece: piece.elements, partial(_batch_of_list, reader), request)
        text.finish()

    return Dataset(reader.described, batches())


def _one_array(pieces: Peekable[Piece], text: Text, request: ReadRequest) -> Dataset:
    """A list of lists, which is the input where the targets are given apart."""
    numbers = Numbers.gathered(pieces, "$", text.name, request)
    text.finish()
    return joined_dataset(numbers.array(), text.name, request, source=text.name)


def _no_objects(pieces: Peekable[Piece], text: Text, *, any_values: bool) -> InputError:
    """What is wrong with a list that does not begin with an object, once all of it was read."""
    of_lists = True
    for piece in pieces:
        of_lists = of_lists and all(isinstance(value, list) for value in piece.values())
    text.finish()
    if not any_values:
        return InputError("expected rows, got an empty list: no rows", place=text.name)
    return unknown(text.name, of_lists=of_lists)


def _elements(piece: Piece) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, value in enumerate(map(row_of, piece.values()), piece.first):
        if not isinstance(value, dict):
            raise unknown(piece.name, of_lists=False)
        yield f"{piece.name}: $[{index}]", value


def _values_of(pieces: Iterable[Piece], text: Text) -> Iterator[tuple[str, dict[str, Any]]]:
    for piece in pieces:
        yield from _elements(piece)
    text.finish()


def _batch_of_list(reader: RowObjects, piece: Piece, start: int) -> Batch:
    place: Callable[[int], str] = lambda row: f"{piece.name}: $[{piece.first + row}]"  # noqa: E731
    rows = piece.rows(reader.lead)
    return reader.read(rows, piece.elements, b",", place, partial(_elements, piece), start)


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


def columns_of_list(text: Text, request: ReadRequest) -> WholeTable | Array | list[str]:
    pieces = Peekable(text.pieces(1))
    first = next(pieces.peek(), None)
    values = [] if first is None else first.values()
    if values and isinstance(values[0], str):
        return _names_of_list(pieces, text)
    if values and all(isinstance(value, dict) for value in values):
        places, objects = zip(*chain.from_iterable(map(_elements, pieces)), strict=True)
        text.finish()
        return table_of(objects, places, request)
    numbers = Numbers.gathered(pieces, "$", text.name, request)
    text.finish()
    return numbers.array()
