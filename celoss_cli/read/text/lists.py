"""Cells that hold a list of numbers, as pandas, NumPy, PyTorch and Spark write arrays into a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.numbers import BLANKS, MISSING, is_number
from celoss_cli.read.printed import plain_values, single_value
from celoss_cli.read.roles.column import sample_size

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = ["ListColumns"]


class ListColumns:
    """Which columns of a table hold lists; each stands for as many columns as its lists are long.

    Args:
        names: the header.
        rows: the first ones.
        request: says the decimal mark of the table.

    Attributes:
        told: the names of those columns.
        names: the header where each value of a list has a column of its own: probs.0, probs.1.

    """

    def __init__(self, names: Sequence[str], rows: Iterable[Sequence[str]], request: ReadRequest) -> None:
        self._header = names
        self._decimal = request.decimal
        self._widths = _widths(names, rows)
        each = [
            [f"{name}.{at}" for at in range(width)] if (width := self._widths.get(i, 1)) > 1 else [name]
            for i, name in enumerate(names)
        ]
        self.names = [name for names in each for name in names]
        self.told = [names[i] for i in self._widths]
        self._written = [i for i, names in enumerate(each) for _ in names]

    def __bool__(self) -> bool:
        return bool(self._widths)

    def written(self, column: int) -> int:
        """The column of the file that one of these comes from."""
        return self._written[column]

    def cells(self, row: Sequence[str]) -> list[str]:
        """The values of a row, those of lists one by one.

        Raises:
            InputError: for a list of another length than those of the first rows.

        """
        found: list[str] = []
        for i, cell in enumerate(row):
            found += self._values(cell, i) if i in self._widths else [cell]
        return found

    def _values(self, cell: str, column: int) -> list[str]:
        width = self._widths[column]
        if cell.strip(BLANKS) in MISSING:
            return [cell] * width
        values = _values_in(cell)
        if values is None or len(values) != width:
            name = quoted(self._header[column])
            raise InputError(f"expected a list of {width} numbers in column {name}, got {quoted(cell)}")
        return [value.replace(".", ",") for value in values] if self._decimal == "," else values


def _widths(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Mapping[int, int]:
    """How many numbers the lists of a column hold, of columns that hold nothing else."""
    size = sample_size(len(names))
    first = [row for _, row in zip(range(size), rows, strict=False)]
    found = {}
    for i in range(len(names)):
        cells = [cell for row in first if (cell := row[i]).strip(BLANKS) not in MISSING]
        lists = [_values_in(cell) for cell in cells if cell.rstrip()[-1:] in ("]", ")", ">")]
        lengths = {0 if values is None else len(values) for values in lists}
        if cells and len(lists) == len(cells) and len(lengths) == 1 and 0 not in lengths:
            found[i] = lengths.pop()
    return found


def _values_in(cell: str) -> list[str] | None:
    """The numbers in a list, or None for anything else."""
    try:
        plain = plain_values(cell)
    except InputError:
        return None
    if not (plain.startswith("[") and plain.endswith("]")):
        single = single_value(cell.strip())
        return [single] if single is not None and is_number(single, allow_nonfinite=True) else None
    inner = plain[1:-1].strip()
    if inner.startswith("[") and inner.endswith("]"):  # a batch of one row
        inner = inner[1:-1]
    values = [value.strip() for value in inner.split(",")]
    return values if all(is_number(value, allow_nonfinite=True) for value in values) else None
