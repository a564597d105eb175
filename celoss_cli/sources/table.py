"""From rows of text cells to batches: the part of reading a table that knows roles and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.errors import InputError, quoted
from celoss_cli.sources.base import Dataset, ReadRequest
from celoss_cli.sources.columns import Mapping, Targets, map_columns
from celoss_cli.sources.numbers import MISSING, number, numbers

__all__ = ["dataset_of", "matrix_of"]

_CELLS_AT_A_TIME = 1 << 17

TableRow = tuple[int, Sequence[str]]
"""Where a row is (a line number), and its cells."""

Place = Callable[[int, int | None], str]
"""Names a place by line and, if known, by column counted from 1."""


def dataset_of(
    names: Sequence[str], rows: Iterable[TableRow], place: Place, first: int, request: ReadRequest
) -> Dataset:
    """A table as a data set; ``first`` is where the header is, for messages about it."""
    try:
        mapping = map_columns(names, request)
    except InputError as error:
        raise error.at(place(first, None)) from None
    dataset = Dataset({"columns": mapping.described()}, iter(()), counts={"skipped": 0})
    dataset.batches = _batches(mapping, iter(rows), place, request, dataset)
    return dataset


def _batches(
    mapping: Mapping, rows: Iterator[TableRow], place: Place, request: ReadRequest, dataset: Dataset
) -> Iterator[Batch]:
    cells = _Cells(mapping, place, request)
    per_batch = max(1, _CELLS_AT_A_TIME // len(mapping.names))
    start = 0
    while block := list(islice(rows, per_batch)):
        if request.missing == "skip":
            kept = [row for row in block if not any(row[1][i].strip() in MISSING for i in mapping.used)]
            dataset.counts["skipped"] += len(block) - len(kept)
            block = kept
        batch = cells.batch(block, start)
        if cells.conversion:
            dataset.described["targets"] = cells.conversion
        yield batch
        start += len(block)


class _Cells:
    """Turns blocks of rows into batches, by one mapping."""

    def __init__(self, mapping: Mapping, place: Place, request: ReadRequest) -> None:
        self._mapping = mapping
        self._place = place
        self._request = request
        self._targets = (
            Targets(mapping.labels, self._number)
            if (request.per_class and len(mapping.target) == 1)
            else None
        )

    @property
    def conversion(self) -> str:
        return self._targets.conversion if self._targets else ""

    def batch(self, block: Sequence[TableRow], start: int) -> Batch:
        mapping, request = self._mapping, self._request
        lines = [line for line, _ in block]
        input = self._matrix(block, mapping.inputs)
        if self._targets:
            column = mapping.target[0]
            target = self._targets.read(
                [cells[column] for _, cells in block],
                lambda row, error: self._at(block[row][0], column, error),
            )
        else:
            target = self._answers(block)
        if not request.per_class and len(mapping.inputs) == 1:
            input, target = input[:, 0], target[:, 0]
        aligned = {}
        if mapping.weight is not None:
            aligned["sample weight"] = self._matrix(block, (mapping.weight,))[:, 0]
        return Batch(
            input=input,
            target=target,
            aligned=aligned,
            start=start,
            place=lambda row: self._place(lines[row], None),
            ids=None if mapping.id is None else [cells[mapping.id].strip() for _, cells in block],
            labels=mapping.labels if request.per_class else None,
        )

    def _number(self, text: str) -> float:
        return number(text, decimal=self._request.decimal, allow_nonfinite=self._request.allow_nonfinite)

    def _matrix(self, block: Sequence[TableRow], columns: Sequence[int]) -> Array:
        flat = [cells[column] for _, cells in block for column in columns]
        values = numbers(flat, decimal=self._request.decimal)
        if values is None:
            values = np.array(
                [self._one(line, column, cells[column]) for line, cells in block for column in columns]
            )
        return values.reshape(len(block), len(columns))

    def _answers(self, block: Sequence[TableRow]) -> Array:
        """Numeric targets, where true and false are 1 and 0."""
        answers = {"true": "1", "false": "0"}

        def plain(cells: Sequence[str]) -> Sequence[str]:
            return [answers.get(cell.strip().lower(), cell) for cell in cells]

        return self._matrix([(line, plain(cells)) for line, cells in block], self._mapping.target)

    def _one(self, line: int, column: int, cell: str) -> float:
        try:
            return self._number(cell)
        except InputError as error:
            raise self._at(line, column, error) from None

    def _at(self, line: int, column: int, error: InputError) -> InputError:
        name = self._mapping.names[column]
        error.fact = error.fact.replace("expected a number", f"expected a number in column {quoted(name)}", 1)
        return error.at(self._place(line, column + 1))


def matrix_of(rows: Iterable[TableRow], names: Sequence[str], place: Place, request: ReadRequest) -> Array:
    """A table of nothing but numbers as an array: (rows, columns), or (rows,) for one column."""
    everything = Mapping(tuple(names), (), tuple(range(len(names))), tuple(names), None, None, ())
    values: Any = _Cells(everything, place, request)._matrix(list(rows), everything.inputs)
    return values[:, 0] if values.shape[1] == 1 else values
