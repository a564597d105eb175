"""Rows of single values with a type, of JSON or of a sheet, as the cells of a table."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.numbers import BLANKS, is_number
from celoss_cli.read.json.numbers import UNQUOTED, shown
from celoss_cli.read.json.parsing import Refused
from celoss_cli.read.roles.column import Stored, sample_size
from celoss_cli.read.roles.columns import columns_of, map_columns
from celoss_cli.read.roles.table import Assembler, Place, Quoted, Rows, WholeTable
from celoss_cli.read.text.plain import NotPlain

if TYPE_CHECKING:
    from typing import Protocol

    from celoss_cli.core.data import Batch
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.table import Cells

    class Alike(Cells, Protocol):
        """Rows whose columns are of one kind each; a question that they cannot answer is ``NotPlain``."""

        def are_texts(self, columns: Iterable[int]) -> bool:
            """Whether any of these columns holds texts."""

        def refuse_others(self, read: Iterable[int]) -> None:
            """Takes a closer look where a column that is read is neither of texts nor of numbers."""


__all__ = ["ValueTable", "id_of", "whole_table"]

_CELLS_AT_A_TIME = 1 << 17


class ValueTable:
    """Makes batches of rows of typed values: a text is an id, a group or the name of a class, and no number.

    Attributes:
        mapping: which column is what.

    """

    def __init__(
        self,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
        at: str,
        request: ReadRequest,
        *,
        unquoted: str = UNQUOTED,
    ) -> None:
        """Settles how the first rows are read.

        Args:
            names: of the columns.
            rows: the first ones at least.
            at: the place of the header.
            request: what is asked of the reader.
            unquoted: what to do about a text that should be a number.

        Raises:
            InputError: with the place ``at``, if the names do not settle the roles.

        """
        request.settled.uses.add("missing")
        rows = iter(rows)
        first = list(islice(rows, sample_size(len(names)) + 1))
        rows = chain(first, rows)
        try:
            columns, whole = columns_of(
                names, [_flat_cells(row) for row in first], request, stored=_stored(names, first)
            )
            mapping = self.mapping = map_columns(columns, request, whole=whole)
        except InputError as error:
            raise error.at(at) from None
        self._request = request
        self._unquoted = unquoted
        self._by_class = mapping.target if request.per_class and len(mapping.target) == 1 else ()
        self._classes = {*mapping.labels, *mapping.spelled}
        self._numeric = {*mapping.used} - {mapping.id, mapping.predicted} - {*self._by_class}
        if mapping.positive is not None:
            self._numeric -= {*mapping.target}
        self._assembler = Assembler(mapping, request, (self._cells(row, lambda _: at) for row in rows))

    def batch(self, rows: Sequence[tuple[int, Sequence[Any]]], place: Place, start: int) -> Batch:
        """The batch of these rows, each with the index that its place has; the first is row ``start``."""
        cells = [(index, self._cells(values, partial(place, index))) for index, values in rows]
        return self._assembler.complete(Rows(self.mapping.names, cells, place, self._request), start)

    def batches(self, rows: Iterable[Sequence[Any]], place: Place, start: int) -> Iterator[Batch]:
        """The batches of all rows; the first one is row ``start``."""
        indexed, size = enumerate(rows), max(1, _CELLS_AT_A_TIME // len(self.mapping.names))
        while part := list(islice(indexed, size)):
            batch = self.batch(part, place, start)
            yield batch
            start += len(batch)

    def alike(self, cells: Alike, start: int) -> Batch | None:
        """The same batch of rows that are written alike, or None where they need a closer look."""
        mapping, request = self.mapping, self._request
        if request.decimal != "." or cells.are_texts([*self._numeric]):
            return None
        if request.truth is not None and request.truth.has_gaps:
            return None
        targets = self._assembler.targets
        if targets is not None and not self._fits(cells, mapping.target[0], in_words=targets.in_words):
            return None
        with contextlib.suppress(NotPlain):
            cells.refuse_others(mapping.used)
            return self._assembler.batch(cells, start)
        return None

    def _fits(self, cells: Alike, column: int, *, in_words: bool) -> bool:
        """Whether targets that are texts are names, and the others numbers."""
        is_text = cells.are_texts([column])
        return is_text == in_words and not (is_text and not self._request.settled.by_name)

    def _cells(self, values: Sequence[Any], place: Callable[[int], str]) -> list[str]:
        return [self._one(column, value, place) for column, value in enumerate(values)]

    def _one(self, column: int, value: Any, place: Callable[[int], str]) -> str:
        if isinstance(value, (list, dict)):
            raise InputError(f"expected a number or a name, got {shown(value)}", place=place(column + 1))
        if (
            type(value) is str
            and self._wants_number(column, value)
            and is_number(value, decimal=self._request.decimal, allow_nonfinite=True)
        ):
            raise InputError(
                f"expected a number in column {quoted(self.mapping.names[column])}, got {shown(value)}",
                hint=self._unquoted,
                place=place(column + 1),
            )
        return _cell(value)

    def _wants_number(self, column: int, text: str) -> bool:
        if column in self._by_class:
            return not (self._request.settled.by_name or text.strip() in self._classes)
        return column in self._numeric


def _flat_cells(row: Sequence[Any]) -> list[str]:
    """The values of a row as cells; what is none is refused where it stands."""
    return ["" if isinstance(value, (list, dict)) else _cell(value) for value in row]


def _stored(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Stored]:
    """The types of columns by their first values; a text among numbers is refused where it stands."""
    kinds: list[Stored] = []
    for column in range(len(names)):
        values = [row[column] for row in rows if row[column] is not None]
        texts = sum(isinstance(value, str) and not isinstance(value, Refused) for value in values)
        numbers = texts == len(values) and all(is_number(value, allow_nonfinite=True) for value in values)
        kinds.append("" if not texts else "text" if texts == len(values) and not numbers else "number")
    return kinds


def whole_table(
    names: Sequence[str], data: Iterable[Sequence[Any]], place: Place, header: str, request: ReadRequest
) -> WholeTable:
    request.settled.uses.add("missing")
    data = list(data)
    first = data[: sample_size(len(names)) + 1]
    rows = [
        (index, [_text_or_number(value, place, index, column) for column, value in enumerate(row, 1)])
        for index, row in enumerate(data)
    ]
    looked_at, _ = columns_of(
        names, [_flat_cells(row) for row in first], request, stored=_stored(names, first)
    )
    return WholeTable(names, Rows(names, rows, place, request), header, looked_at)


def _text_or_number(value: Any, place: Place, row: int, column: int) -> str:
    """A JSON value as a cell; a text stays one where a number is asked for."""
    if isinstance(value, (list, dict)):
        raise InputError(f"expected a number or a name, got {shown(value)}", place=place(row, column))
    cell = _cell(value)
    return Quoted(f'"{cell}"') if isinstance(value, str) and not isinstance(value, Refused) else cell


def id_of(value: Any) -> str:
    return value.strip(BLANKS) if isinstance(value, str) else json.dumps(value)


def _cell(value: Any) -> str:
    """A single JSON value as the text cell that means the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Refused):
        return {"NaN": "nan", "Infinity": "inf"}.get(value, str(value))
    if isinstance(value, (int, float)):
        return "-inf" if value == -math.inf else repr(value)
    return "" if value is None else str(value)
