"""Parquet: the elements as a table of typed columns, written in groups of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.extras import extra_module
from celoss_cli.show.data import Columns, Words

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.data import Column
    from celoss_cli.show.document import Document

__all__ = ["ROWS_AT_A_TIME", "render", "written"]

ROWS_AT_A_TIME = 1 << 16
"""So many records are one group of rows."""

_TYPES = {
    **dict.fromkeys(("row", "prediction"), "int64"),
    **dict.fromkeys(("id", "class", "predicted_class"), "string"),
    **dict.fromkeys(("loss", "weight", "p_target"), "double"),
    "index": "list<int64>",
    "ignored": "bool",
}


def render(document: Document, style: Style) -> Iterator[bytes]:
    """The elements, of which a group of rows at a time is in memory."""
    found = None if document.records is None else document.records()
    if not isinstance(found, Columns):
        return
    pa = extra_module("pyarrow", "fast", "Parquet files")
    blocks = iter(found.blocks)
    first = next(blocks, [None] * len(found.names))
    columns = zip(found.names, first, strict=True)
    schema = pa.schema([(name, _type(pa, name, column)) for name, column in columns])
    tables = (_table(pa, schema, block) for block in chain([first] if first[0] is not None else [], blocks))
    yield from written(_joined(pa, tables), schema)


def written(tables: Iterable[Any], schema: Any) -> Iterator[bytes]:
    """The bytes of a file of tables of this schema, after each table those that are there."""
    pq = extra_module("pyarrow.parquet", "fast", "Parquet files")
    sink = _Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=ROWS_AT_A_TIME)
            yield sink.taken()
    yield sink.taken()


def _joined(pa: Any, tables: Iterable[Any]) -> Iterator[Any]:
    """Small tables put together to groups of rows."""
    waiting: list[Any] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= ROWS_AT_A_TIME:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _table(pa: Any, schema: Any, block: Sequence[Column]) -> Any:
    rows = 0 if block[0] is None else len(block[0])
    columns = zip(block, schema, strict=True)
    return pa.table([_values(pa, column, field, rows) for column, field in columns], schema=schema)


def _values(pa: Any, column: Any, field: Any, rows: int) -> Any:
    if column is None:
        return pa.nulls(rows, field.type)
    if isinstance(column, Words):
        return pa.array(column.words, field.type).take(pa.array(column.codes))
    return pa.array(column.tolist() if getattr(column, "ndim", 1) > 1 else column, field.type)


class _Sink(RawIOBase):
    """Holds what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        data, self._pieces = b"".join(self._pieces), []
        return data


def _type(pa: Any, name: str, column: Any) -> Any:
    """The type of a column: that of its first values where the loss decides."""
    named = _TYPES.get(name)
    if named is not None:
        return pa.list_(pa.int64()) if named == "list<int64>" else pa.type_for_alias(named)
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    one = pa.int64() if kind == "i" else pa.float64() if kind == "f" or column is None else pa.string()
    return pa.list_(one) if getattr(column, "ndim", 1) > 1 else one
