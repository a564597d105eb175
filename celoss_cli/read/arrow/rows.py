"""Rows of typed columns, as pyarrow holds them, and their values as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import ROW_MAJOR_FROM
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "INTEGERS",
    "LISTS",
    "NUMBERS",
    "TEXT",
    "WORDS",
    "Asked",
    "Opened",
    "Rows",
    "cut",
    "distinct_of",
    "dtype_of",
    "is_stored_otherwise",
    "kind_of",
    "nulls_of",
    "stored",
    "stored_as",
    "values_of",
]

_FLOATS = frozenset(("float", "double"))
_SINGLE = frozenset(("halffloat", "float"))
INTEGERS = frozenset(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"))
NUMBERS = _SINGLE | INTEGERS | {"double"}
_VIEW = "string_view"
TEXT = frozenset(("string", "large_string", _VIEW))
WORDS = TEXT | frozenset(
    [
        *("bool", "date32", "date64", "timestamp", "time32", "time64", "duration"),
        *("binary", "large_binary", "binary_view", "fixed_size_binary"),
    ]
)
"""Types whose values are no numbers."""

LISTS = frozenset(("list", "large_list", "fixed_size_list"))


@record(frozen=True, slots=True)
class Asked:
    """What is asked of a table.

    Attributes:
        matrix: the columns of numbers to be read as one array.
        single: the other columns.
        size: at most so many rows at a time.

    """

    matrix: Sequence[str]
    single: Sequence[str]
    size: int


@record(frozen=True, slots=True)
class Rows:
    """Consecutive rows.

    Attributes:
        batch: a record batch of their columns.
        asked: what it was read for.
        assembled: the matrix, shape (rows, columns), where its columns are not in the batch.
        nulls: for columns that are not in the batch, in which rows they are null.

    """

    batch: Any
    asked: Asked
    assembled: Array | None = None
    nulls: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def matrix(self) -> Array:
        """The columns read together, shape (rows, columns): float32 where all are, else float64.

        A null is nan.
        """
        return self.matrix_of(self.asked.matrix) if self.assembled is None else self.assembled

    def matrix_of(self, names: Sequence[str]) -> Array:
        """Columns of numbers in the batch, as ``matrix`` gives them."""
        part = self.batch if self.batch.schema.names == names else self.batch.select(names)
        if len(set(part.schema.types)) == 1 and kind_of(part.schema.types[0]) in _FLOATS:
            wide = len(names) >= ROW_MAJOR_FROM
            tensor: Array = part.to_tensor(null_to_nan=True, row_major=wide).to_numpy()
            return tensor
        columns = np.empty((len(names), len(part)), dtype_of(part.schema, names))
        for line, column in zip(columns, part.columns, strict=True):
            line[:] = values_of(column)
        return columns.T

    def holes(self) -> dict[str, Array]:
        """For each column with nulls, in which rows they are."""
        found = nulls_of(zip(self.batch.schema.names, self.batch.columns, strict=True))
        nulls = {**self.nulls, **found}
        return {name: values_of(where) == 1 for name, where in nulls.items() if where.true_count}

    def at(self, indices: Array) -> Rows:
        """Only these rows."""
        matrix = None if self.assembled is None else self.assembled[indices]
        nulls = {name: where.take(indices) for name, where in self.nulls.items()}
        return Rows(self.batch.take(indices), self.asked, matrix, nulls)


@record(frozen=True, slots=True)
class Opened:
    """A file whose header was read.

    Attributes:
        schema: pyarrow's.
        pieces: reads what is asked, in order.
        count: how many rows there are, where the file says so.
        once: whether the rows can be read only once, and only from the open stream.
        row_groups: how many the whole file has.
        first: the number of the first of these rows in the file.

    """

    schema: Any
    pieces: Callable[[Asked], Iterator[Rows]]
    count: int | None = None
    once: bool = False
    row_groups: int = 1
    first: int = 0


def cut(batch: Any, asked: Asked) -> Iterator[Rows]:
    """The columns of a record batch that are asked for, in pieces of at most the size that is asked."""
    part = batch.select([*asked.matrix, *asked.single])
    for first in range(0, part.num_rows, asked.size):
        yield Rows(part.slice(first, asked.size), asked)


def is_stored_otherwise(dtype: Any) -> bool:
    """Whether ``stored`` changes columns of this type."""
    changed = kind_of(dtype) == _VIEW or _is_decimal(dtype)
    return changed or _is_dictionary(dtype) or hasattr(dtype, "storage_type")


def stored_as(dtype: Any) -> Any:
    """The type of the values themselves: a dictionary's values, and lists where they are called a tensor."""
    if _is_dictionary(dtype):
        return stored_as(dtype.value_type)
    if _is_decimal(dtype):
        return _double()
    return dtype.storage_type if len(getattr(dtype, "shape", ())) == 1 else dtype


def stored(column: Any) -> Any:
    """A column with the values themselves, of a type that pyarrow can work with."""
    if _is_dictionary(column.type):
        values = stored(column.dictionary)
        return type(column).from_arrays(column.indices, values).dictionary_decode()
    if kind_of(column.type) == _VIEW:
        return column.cast("large_string")
    if _is_decimal(column.type):
        return _doubles(column)
    return getattr(column, "storage", column)


def _is_decimal(dtype: Any) -> bool:
    """Whether this is SQL's DECIMAL."""
    return kind_of(dtype).startswith("decimal")


def _double() -> Any:
    import pyarrow as pa

    return pa.float64()


def _doubles(column: Any) -> Any:
    """Decimal numbers as the doubles next to them; a cast of pyarrow's rounds twice."""
    import pyarrow as pa

    return pa.array([None if value is None else float(value) for value in column.to_pylist()], pa.float64())


def nulls_of(columns: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """For each column with nulls, by name, an array of pyarrow's that is true where they are."""
    return {name: column.is_null() for name, column in columns if column.null_count}


def _is_dictionary(dtype: Any) -> bool:
    """Whether values are stored once and referred to by number."""
    return str(dtype).startswith("dictionary<")


def kind_of(dtype: Any) -> str:
    """The name of a type without its parameters."""
    name = str(dtype)
    for mark in "<[(":
        name = name.partition(mark)[0]
    return name


def dtype_of(schema: Any, names: Sequence[str]) -> np.dtype[Any]:
    """The type to compute in with columns of numbers: float32 where it holds them all, else float64."""
    kinds = {kind_of(stored_as(schema.field(name).type)) for name in names}
    return np.dtype(np.float32 if kinds <= _SINGLE else np.float64)


def values_of(column: Any) -> Array:
    """The values of one column of numbers or truth values, nan for null.

    ``to_numpy`` would import pandas where it is installed.
    """
    plain = column.cast("int8") if str(column.type) == "bool" else column
    if plain.null_count:
        plain = plain.cast("double", safe=False).fill_null(math.nan)
    return np.from_dlpack(plain)


def distinct_of(column: Any) -> tuple[Array, list[Any]]:
    """For each row the number of its value, and the values by number in the order they come."""
    coded = column.dictionary_encode()
    return np.from_dlpack(coded.indices), coded.dictionary.to_pylist()
