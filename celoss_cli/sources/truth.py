"""Targets that are not in the file of the input: joined by id, or row by row."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch
from celoss_cli.errors import InputError, plural, quoted
from celoss_cli.sources import TABLES, format_of
from celoss_cli.sources.base import Dataset, ReadRequest, open_stream
from celoss_cli.sources.columns import Targets, truth_columns
from celoss_cli.sources.compressed import decompressed
from celoss_cli.sources.delimited import Table
from celoss_cli.sources.table import TableRow, parsed_number
from celoss_cli.sources.values import read_value

__all__ = ["Truth", "read_truth", "targets_alone"]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def read_truth(text: str, option: str, request: ReadRequest, *, counted: bool = True) -> Truth:
    """The targets that an option's text means: values in order, ``@table`` by id or in order, ``@array``.

    Args:
        text: of the option.
        option: for messages.
        request: what is asked of the reader.
        counted: whether there are rows of input to count them against; only then may a column of numbers
            come without a header.

    Raises:
        InputError: with the option, or the file and its place.

    """
    if not text.startswith("@"):
        return _in_order(option, read_value(text, option, request))
    request = replace(request, bare_column=counted)
    stream = decompressed(open_stream(text[1:]))
    with contextlib.closing(stream):
        spec = format_of(stream.path, stream.head(), None)
        if spec.name not in TABLES:
            return _in_order(stream.name, read_value(text, option, request))
        table = Table(stream, request.separated_by("\t") if spec.name == "tsv" else request)
        try:
            row_id, target = truth_columns(table.names, request)
        except InputError as error:
            raise error.at(table.place(table.header_line, None)) from None
        rows: list[TableRow] = [row for block in table.body() for row in table.rows(block)]
    if not rows:
        raise InputError("expected rows of targets, got no rows", place=stream.name)
    ids = None if row_id is None else [cells[row_id].strip() for _, cells in rows]
    cells = [cells[target].strip() for _, cells in rows]
    hint = table.other_reading if ids is None else ""
    return Truth(stream.name, cells, ids, lambda row: table.place(rows[row][0], None), hint)


def targets_alone(
    text: str, option: str, request: ReadRequest, classes: int | None, left_out: int
) -> Dataset:
    """Class targets without any input as a data set: every logit is 0.

    Args:
        text: what an option's text means, as for ``read_truth``.
        option: for messages.
        request: what is asked of the reader.
        classes: how many there are, or None for as many as the targets say.
        left_out: the target that stands for none.

    Raises:
        InputError: with the option, or the file and its place.

    """
    targets, labels, place = read_truth(text, option, request, counted=False).as_classes()
    if labels is None:
        counted = targets[targets != left_out]
        known = classes or (int(counted.max()) + 1 if counted.size and counted.max() >= 0 else 1)
    else:
        known = len(labels)
        if classes not in (None, known):
            raise InputError(f"expected the names of {classes} classes, got {known}", place=option)
    columns: dict[str, Any] = {"inputs": [], "target": option, "id": None, "weight": None, "unused": []}
    input = np.broadcast_to(np.zeros((), np.float32), (len(targets), known))
    return Dataset({"columns": columns}, iter([Batch(input, targets, labels=labels, place=place)]))


def _in_order(name: str, values: Array) -> Truth:
    return Truth(name, values, None, lambda row: f"{name}: row {row}")


class Truth:
    """The targets of a data set whose input comes from elsewhere.

    Args:
        name: what messages call the place they come from.
        values: the targets, shape (rows,) of numbers, or the text cells of a column.
        ids: the rows' identifiers, or None where the rows stand in the input's order.
        place: names a row of the targets.
        hint: the way out where the input has more rows than there are targets, or fewer.

    Raises:
        InputError: for an id that occurs twice.

    """

    def __init__(
        self,
        name: str,
        values: Array | Sequence[str],
        ids: Sequence[str] | None,
        place: Callable[[int], str],
        hint: str = "",
    ) -> None:
        self._name = name
        self._hint = hint
        self._values = values
        self._ids = ids
        self._place = place
        self._row_of = None if ids is None else {row_id: row for row, row_id in enumerate(ids)}
        self._used = np.zeros(len(values), bool)
        self._lock = threading.Lock()
        self._read: Array | None = None
        self.conversions: tuple[str, ...] = ()
        if ids is not None and len(set(ids)) < len(ids):
            row = next(row for row, row_id in enumerate(ids) if self._row_of_last(row_id) != row)
            raise InputError(f"expected each id once, got {quoted(ids[row])} twice", place=place(row))

    def _row_of_last(self, row_id: str) -> int:
        return -1 if self._row_of is None else self._row_of[row_id]

    def again(self) -> Truth:
        """The same targets for another data set."""
        return Truth(self._name, self._values, self._ids, self._place, self._hint)

    def read_as(self, labels: Sequence[str], request: ReadRequest, spelled: Sequence[str] = ()) -> None:
        """Settles what the targets mean, once the classes are known.

        Raises:
            InputError: for a cell that is no target, with its place.

        """
        if self._read is not None:
            return
        said: tuple[str, ...] = ()
        if request.per_class and np.ndim(self._values) == 1:
            self._read, said = self._classes(labels, request, spelled)
        elif isinstance(self._values, np.ndarray):
            self._read = self._values
        else:
            self._read = np.array([self._answer(row, request) for row in range(len(self._values))])
        joined = f"targets of {self._name} joined by {'position' if self._ids is None else 'id'}"
        self.conversions = (*said, joined)

    def _classes(
        self, labels: Sequence[str], request: ReadRequest, spelled: Sequence[str]
    ) -> tuple[Array, tuple[str, ...]]:
        """One class index a row, and how they were read."""
        values = self._values
        distinct = dict.fromkeys(values.tolist() if isinstance(values, np.ndarray) else values)
        targets = Targets(
            tuple(labels), lambda text: parsed_number(text, request), map(str, distinct), request, spelled
        )
        if isinstance(values, np.ndarray):
            if not targets.by_name:
                return values, ()
            found = targets.of_numbers(values)
            if found is not None:
                return found, (targets.conversion,)
        found = targets.cells(list(map(str, values)), lambda row, error: error.at(self._place(row)))
        return found, (targets.conversion,)

    def as_classes(self) -> tuple[Array, Sequence[str] | None, Callable[[int], str]]:
        """The targets as class indices, the names in order where they are names, and each one's place."""
        if isinstance(self._values, np.ndarray):
            return self._values.reshape(-1), None, self._place
        if all(_WHOLE.fullmatch(text) for text in self._values):
            return np.array(list(map(int, self._values)), np.int64), None, self._place
        names, codes = np.unique(np.array(list(self._values), dtype=str), return_inverse=True)
        return codes.astype(np.int64), names.tolist(), self._place

    def _answer(self, row: int, request: ReadRequest) -> float:
        text = str(self._values[row])
        try:
            return parsed_number({"true": "1", "false": "0"}.get(text.lower(), text), request)
        except InputError as error:
            raise error.at(self._place(row)) from None

    def of(self, start: int, rows: int, ids: Sequence[str] | None, place: Callable[[int], str]) -> Array:
        """The targets of the rows from ``start`` on, or of the rows with these ids.

        Raises:
            InputError: for a row without a target, an id that has none, or one that was asked for before.

        """
        assert self._read is not None  # noqa: S101 - for the type checker: the classes come first
        if self._row_of is None:
            if start + rows > len(self._read):
                raise InputError(
                    f"expected one target for each row, got {len(self._read)} of {self._name} for more rows",
                    hint=self._hint,
                    place=place(len(self._read) - start),
                )
            self._used[start : start + rows] = True
            return self._read[start : start + rows]
        if ids is None:
            raise InputError(
                f"expected a column of ids to join with {self._name}, got none",
                hint="name it: --id-column NAME",
                place=place(0),
            )
        found = np.fromiter((self._row_of.get(row_id, -1) for row_id in ids), np.int64, rows)
        missing = np.flatnonzero(found < 0)
        if missing.size:
            row = int(missing[0])
            raise InputError(
                f"expected an id that {self._name} has, got {quoted(ids[row])}", place=place(row)
            )
        again = self._repeated(found)
        if again is not None:
            raise InputError(f"expected each id once, got {quoted(ids[again])} again", place=place(again))
        return self._read[found]

    def _repeated(self, found: Array) -> int | None:
        """The first of these rows of targets that was used before; marks them as used."""
        with self._lock:
            used = self._used[found]
            self._used[found] = True
        _, first = np.unique(found, return_index=True)
        used |= ~np.isin(np.arange(len(found)), first)
        rows = np.flatnonzero(used)
        return int(rows[0]) if rows.size else None

    def verify(self) -> None:
        """Refuses targets that no row of the input asked for.

        Raises:
            InputError: with the first of them.

        """
        left = np.flatnonzero(~self._used)
        if left.size:
            row = int(left[0])
            which = f"the id {quoted(self._ids[row])}" if self._ids is not None else "this one"
            others = f" and {plural(left.size - 1, 'other')}" if left.size > 1 else ""
            raise InputError(
                f"expected a row of the input for each target, got none for {which}{others}",
                hint=self._hint,
                place=self._place(row),
            )
