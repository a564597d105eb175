"""Arrays of one axis and one length, an array for each class, as the columns of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.read.json.tables import Table
from celoss_cli.read.roles.keys import INPUT_KEYS

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.read.roles.column import Shape

__all__ = ["are_columns", "table_of_columns"]

_AT_A_TIME = 1 << 14
_LEAST = 2
"""So many classes at least."""


def are_columns(names: Collection[str], shape: Callable[[str], Shape | None], request: ReadRequest) -> bool:
    """Whether arrays are a table by columns that a loss over classes may be computed of.

    Args:
        names: of the arrays.
        shape: gives the shape of one, None where it cannot be read; asked where names leave that open.
        request: what is asked of the reader.

    """
    if not request.per_class or len(names) < _LEAST + (request.truth is None):
        return False
    if any(name.lower() in INPUT_KEYS for name in names):
        return False
    extents = {None if found is None else found.extents for found in map(shape, names)}
    return len(extents) == 1 and all(one is not None and len(one) == 1 for one in extents)


def table_of_columns(columns: Mapping[str, Array], name: str, request: ReadRequest) -> Dataset:
    """The rows of these columns as a data set.

    Args:
        columns: arrays of shape (rows,) by name.
        name: of the file, for messages.
        request: what is asked of the reader.

    Raises:
        InputError: if the names do not settle the roles.

    """
    names = list(columns)

    def place(row: int, column: int | None) -> str:
        return f"{name}: $.{visible(names[column - 1])}[{row}]" if column else f"{name}: row {row}"

    rows: Any = _Rows([*columns.values()])
    return Table(names, rows, place, name, "read column by column").dataset(request)


class _Rows:
    """Rows that are put together as they are asked for, as often as that is."""

    def __init__(self, columns: Sequence[Array]) -> None:
        self._columns = columns

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(self._columns[0]), _AT_A_TIME):
            yield from zip(*(one[start : start + _AT_A_TIME].tolist() for one in self._columns), strict=True)
