"""Tables that JSON documents hold, as names and rows: what pandas, R and scoring servers write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, plural, visible
from celoss_cli.core.records import record
from celoss_cli.read.batches import streamed
from celoss_cli.read.json.frame import Frame, frame_of
from celoss_cli.read.json.numbers import Numbers, shown
from celoss_cli.read.json.values import ValueTable
from celoss_cli.read.request import Dataset
from celoss_cli.read.roles.words import named

if TYPE_CHECKING:
    from celoss_cli.core.data import Batch, Chunk
    from celoss_cli.read.batches import Peekable
    from celoss_cli.read.json.text import Piece
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.table import Place

__all__ = ["Table", "is_split", "plain_of", "streamed_split", "table_by_name", "table_in"]


@record(frozen=True, slots=True)
class Table:
    """A table that an object holds.

    Attributes:
        names: of the columns.
        rows: their values.
        place: of a row, or of one of its values.
        header: the place of the names.
        told: how the object was read, in words.

    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    place: Place
    header: str
    told: str = ""

    def dataset(self, request: ReadRequest) -> Dataset:
        """The rows as a data set.

        Raises:
            InputError: if the names do not settle the roles.

        """
        table = ValueTable(self.names, self.rows, self.header, request)
        columns = table.mapping.described()
        if self.told:
            columns["told"] = [self.told]
        return Dataset({"columns": columns}, table.batches(self.rows, self.place, request.start))


def is_split(document: Any) -> bool:
    """Whether the names of columns and the rows stand apart, as pandas writes with orient split."""
    return isinstance(document, dict) and "columns" in document and "data" in document


def table_in(document: Mapping[str, Any], at: str) -> Table | None:
    """The table that an object is, or None where it is arrays by name or nothing that is known.

    Args:
        document: of ``Numbers`` where it has arrays.
        at: the place of the object.

    Raises:
        InputError: for rows apart from their names that do not fit them.

    """
    if is_split(document):
        return _split(plain_of(document["columns"]), plain_of(document["data"]), at)
    inner = list(document.values())
    if not inner or not all(isinstance(one, dict) for one in inner):
        return _of_lists(document, at)
    if any(list(one) != list(inner[0]) for one in inner) or not inner[0]:
        return None
    if any(isinstance(value, (list, dict)) for one in inner for value in one.values()):
        return None
    return _of_objects(document, at)


def table_by_name(document: Any, at: str) -> Table | None:
    """The targets of an object with one for each row under its name, as a table with ids; else None."""
    if not isinstance(document, dict) or not document:
        return None
    if any(value is None or isinstance(value, (dict, list, Numbers)) for value in document.values()):
        return None
    rows = [[row, value] for row, value in document.items()]
    return Table(["id", "target"], rows, _places(at, list(document), []), at, "read row by row")


def _places(at: str, outer: Sequence[str], inner: Sequence[str]) -> Place:
    """Places in an object by rows, whose columns are the keys of what each row is, if they are any."""

    def place(row: int, column: int | None) -> str:
        return f"{at}.{visible(outer[row])}" + (f".{visible(inner[column - 1])}" if column and inner else "")

    return place


def _of_objects(document: Mapping[str, Any], at: str) -> Table | None:
    """An object of objects: by column, as pandas writes by default, or by row."""
    outer, inner = list(document), list(next(iter(document.values())))
    by_column, by_row = _count(inner), _count(outer)
    if by_column == by_row:
        by_column, by_row = any(map(_names_a_role, outer)), any(map(_names_a_role, inner))
    if by_column == by_row:
        return None
    if by_row:
        rows = [list(row.values()) for row in document.values()]
        told = "read row by row, as pandas writes with orient index"
        return Table(inner, rows, _places(at, outer, inner), at, told)
    columns = [list(column.values()) for column in document.values()]
    told = "read column by column, as pandas writes with orient columns"
    return _of_columns(outer, columns, at, inner, told)


def _of_lists(document: Mapping[str, Any], at: str) -> Table | None:
    """An object of flat lists of one length: a table by columns."""
    if len(document) < 2 or not all(isinstance(value, Numbers) for value in document.values()):
        return None
    columns = [value.items() for value in document.values()]
    flat = all(not isinstance(item, (list, dict)) for column in columns for item in column)
    if not flat or len({len(column) for column in columns}) != 1 or not columns[0]:
        return None
    return _of_columns(list(document), columns, at, [], "read column by column")


def _of_columns(
    names: Sequence[str], columns: Sequence[Sequence[Any]], at: str, keys: Sequence[str], told: str
) -> Table:
    """A table by columns, each a list, or an object whose keys name the rows."""

    def place(row: int, column: int | None) -> str:
        start = f"{at}.{visible(names[column - 1])}" if column else at
        return (
            f"{start}.{visible(keys[row])}" if keys else f"{start}[{row}]" if column else f"{at}: row {row}"
        )

    return Table(names, [list(row) for row in zip(*columns, strict=True)], place, at, told)


def _count(names: Sequence[str]) -> bool:
    """Whether names number the rows from 0."""
    return list(names) == [str(i) for i in range(len(names))]


def _names_a_role(name: str) -> bool:
    """Whether a name is that of a column of predictions or targets."""
    says = named(name)
    return bool(says.takes) or says.target > 1


def plain_of(value: Any) -> Any:
    """An array as a list, anything else as it is."""
    return value.items() if isinstance(value, Numbers) else value


# --------------------------------------------------------------------------- names and rows apart


def _split(names: Any, data: Any, at: str) -> Table:
    """Rows that were read with the names of their columns."""
    if not isinstance(names, list) or not isinstance(data, list):
        raise InputError("expected lists of columns and of rows, got something else", place=at)
    names = _texts(names)
    return Table(names, [*_checked(data, 0, len(names), at)], _data_places(at), f"{at}.columns")


def _texts(names: Sequence[Any]) -> list[str]:
    return [name if isinstance(name, str) else json.dumps(name) for name in names]


def _data_places(at: str) -> Place:
    return lambda row, column: f"{at}.data[{row}]" + (f"[{column - 1}]" if column else "")


def _checked(rows: Iterable[Any], first: int, width: int, at: str) -> Iterator[list[Any]]:
    for index, row in enumerate(rows, first):
        if not isinstance(row, list) or len(row) != width:
            raise InputError(
                f"expected {plural(width, 'value')}, got {shown(row)}", place=f"{at}.data[{index}]"
            )
        yield row


def streamed_split(
    names: Sequence[Any], pieces: Peekable[Piece], rest: Callable[[], None], at: str, request: ReadRequest
) -> Dataset:
    """Rows that come after the names of their columns, as they come.

    Args:
        names: as the document has them.
        pieces: the rows.
        rest: reads what follows them.
        at: the place of the document.
        request: what is asked of the reader.

    """
    names = _texts(names)
    place = _data_places(at)

    def of(piece: Piece) -> Iterator[list[Any]]:
        return _checked(piece.values(), piece.first, len(names), at)

    table = ValueTable(names, chain.from_iterable(map(of, pieces.peek())), f"{at}.columns", request)
    frame = next((found for found in (_frame(piece, len(names)) for piece in pieces.seen) if found), None)

    def batch(piece: Piece, start: int) -> Batch:
        framed = None if frame is None else frame.around(piece.rows(frame.lead), piece.elements, b",")
        if framed is not None:
            cells = framed.as_table(range(len(names)), lambda row: place(piece.first + row, None))
            found = table.alike(cells, start)
            if found is not None:
                return found
        return table.batch(list(enumerate(of(piece), piece.first)), place, start)

    def batches() -> Iterator[Batch | Chunk]:
        held = (piece for piece in pieces if piece.elements or not piece.closed or piece.values())
        yield from streamed(held, lambda piece: piece.elements, batch, request)
        rest()

    return Dataset({"columns": table.mapping.described()}, batches())


def _frame(piece: Piece, width: int) -> Frame | None:
    """What stands around the values of the rows, by one of them."""
    sample = piece.sample()
    if sample is None or not isinstance(sample[1], list) or len(sample[1]) != width:
        return None
    found = None if any(isinstance(value, list) for value in sample[1]) else frame_of(*sample)
    return None if found is None else found[0]
