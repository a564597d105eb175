"""Targets that are not in the file of the input: joined by id, or row by row."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, plural, quoted, visible
from celoss_cli.core.index import NONE, Index
from celoss_cli.core.names import Names
from celoss_cli.core.numbers import MISSING
from celoss_cli.read import COLUMNS
from celoss_cli.read.arrays.slices import answered
from celoss_cli.read.batches import from_first
from celoss_cli.read.gather import opened_values
from celoss_cli.read.printed import names_in
from celoss_cli.read.request import Dataset, ReadRequest, TruthColumns, columns_of
from celoss_cli.read.roles.answers import Answers, open_pair
from celoss_cli.read.roles.column import Column, KnownNames, sample_size, value_of
from celoss_cli.read.roles.groups import paired
from celoss_cli.read.roles.table import Rows, WholeTable
from celoss_cli.read.roles.targets import Targets, parsed_number, refuse_names
from celoss_cli.read.roles.truth_columns import has_roles, truth_columns
from celoss_cli.read.roles.words import named
from celoss_cli.read.values import read_value, refuse_file_names

if TYPE_CHECKING:
    pass

__all__ = ["Truth", "read_targets", "read_truth", "targets_alone"]

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
        refuse_file_names((option, text))
        names = names_in(text)
        return Truth(option, read_value(text, option, request) if names is None else names)
    request = replace(request, bare_column=counted)
    spec, stream, request = opened_values(text[1:], request)
    with contextlib.closing(stream):
        module = spec.load()
        given = (module.read_columns if spec.name in COLUMNS else module.read_values)(stream, request)
    return Truth(stream.name, np.atleast_1d(given) if isinstance(given, np.ndarray) else given)


def read_targets(text: str, option: str, request: ReadRequest) -> Array:
    """The targets that an option's text means, as an array, for an input of values without ids.

    Raises:
        InputError: with the option, or the file and its place; also for a table of targets with ids.

    """
    return read_truth(text, option, request).as_values(request)


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
    targets, labels, place = read_truth(text, option, request, counted=False).as_classes(request)
    if labels is None:
        if request.first_class:
            targets = from_first(targets, classes, request)
        counted = targets[targets != left_out]
        known = classes or (int(counted.max()) + 1 if counted.size and counted.max() >= 0 else 1)
    else:
        known = len(labels)
        if classes not in (None, known):
            raise InputError(f"expected the names of {classes} classes, got {known}", place=option)
    input = np.broadcast_to(np.zeros((), np.float32), (len(targets), known))
    return Dataset(
        {"columns": columns_of([], option)}, iter([Batch(input, targets, labels=labels, place=place)])
    )


class Truth:
    """The targets of a data set whose input comes from elsewhere.

    Args:
        name: what messages call the place they come from.
        given: values or names in the input's order, or a table with columns of ids and of targets.

    Attributes:
        conversions: what was done to read them, in words.

    """

    def __init__(self, name: str, given: Array | Sequence[str] | WholeTable) -> None:
        self._name = name
        self._given = given
        self._columns: TruthColumns | None = None
        self._values: Array | Sequence[str] | None = None
        self._ids: Sequence[str] | None = None
        self._index: Index | None = None
        self._place_of = given.columns.row_place if isinstance(given, WholeTable) else str
        self._has_names = not (isinstance(given, WholeTable) and given.positions)
        self._lock = threading.Lock()
        self._read: Array | None = None
        self._gaps: Array | None = None
        self._skipped = 0
        self.conversions: tuple[str, ...] = ()
        if not isinstance(given, WholeTable):
            self._take(given, None)

    @property
    def rows(self) -> int:
        """How many targets there are."""
        return self._rows

    def again(self) -> Truth:
        """The same targets for another data set."""
        return Truth(self._name, self._given)

    def choose_columns(self, names: Sequence[str] | None, request: ReadRequest) -> TruthColumns | None:
        """Settles which columns hold the ids and the targets, by the first header of the input.

        Args:
            names: the header, empty where the input has none, or None where there is no input.
            request: holds the options.

        Returns:
            The columns, or None where the targets are no table with a header.

        Raises:
            InputError: if the two headers do not settle it, for no rows, and for an id that occurs twice.
            UsageError: if an option names a column that is not there.

        """
        if not isinstance(self._given, WholeTable):
            return None
        if self._columns is None:
            self._columns = self._settled(self._given, names, request)
        return self._columns if self._has_names else None

    def _settled(self, table: WholeTable, names: Sequence[str] | None, request: ReadRequest) -> TruthColumns:
        if request.header is None and names:
            table = _without_header(table, names)
        if table.positions and names is not None:
            names = ()  # they have none in common
        try:
            found = truth_columns(table.looked_at, request, names)
        except InputError as error:
            raise error.at(table.header) from None
        self._has_names = not table.positions
        self._place_of = table.columns.row_place
        ids = None if found.id is None else table.columns.texts(found.id)
        if len(found.target) == 1:
            self._take(table.columns.texts(found.target[0]), ids)
        else:
            self._take(table.columns.numbers(found.target), ids)
        return found if self._index is None else replace(found, ids=self._index)

    def _take(self, values: Array | Sequence[str], ids: Sequence[str] | None) -> None:
        if isinstance(self._given, WholeTable) and not len(values):
            raise InputError("expected rows of targets, got no rows", place=self._name)
        self._values, self._ids = values, ids
        self._rows, self._reached = len(values), 0
        if ids is None:
            return
        self._uses = _Uses(len(values))
        self._ids = Names.of(ids)
        self._index = Index(self._ids)
        first = self._index.first_rows()
        again = first != np.arange(len(first))
        if again.any():
            row = int(first[again].min())
            fact = f"expected each id once, got {quoted(ids[row])} twice"
            raise InputError(fact, place=self._place(row), elsewhere=True)

    def _place(self, row: int) -> str:
        if isinstance(self._given, WholeTable):
            return self._place_of(row)
        return f"{self._name}: row {row}"

    @property
    def _other_reading(self) -> str:
        """What else the first line of targets in order may be, so that they are one more or less."""
        in_order = isinstance(self._given, WholeTable) and self._ids is None
        return self._given.other_reading if in_order else ""  # type: ignore[union-attr]

    @property
    def is_table(self) -> bool:
        """Whether they stand in a table, of which an option may name a column."""
        return isinstance(self._given, WholeTable)

    def has_ids(self, ids: Collection[str]) -> bool:
        """Whether they stand in a table whose first column is of ids, all of these among them."""
        given = self._given
        if not isinstance(given, WholeTable) or len(given.names) < 2 or not named(given.names[0]).key:
            return False
        return {*ids} <= {*given.columns.texts(0)}

    @property
    def has_gaps(self) -> bool:
        """Whether a target is missing, and its row to be skipped."""
        return self._gaps is not None and bool(self._gaps.any())

    def read_as(self, labels: Sequence[str], request: ReadRequest, spelled: Sequence[str] = ()) -> None:
        """Settles what the targets mean, once the classes are known.

        Raises:
            InputError: for a cell that is no target, with its place.

        """
        if self._read is not None:
            return
        self.choose_columns((), request)
        values = self._values
        assert values is not None  # noqa: S101 - for the type checker: they have met
        said: tuple[str, ...] = ()
        if not isinstance(values, np.ndarray):
            self._read, said = self._cells_read(values, labels, request, spelled)
        elif request.per_class and values.ndim == 1:
            self._read, said = self._numbers_read(values, labels, request)
        else:
            ordered = self._in_order_of(values, labels)
            self._read, said = answered(ordered, request.positive, request, self._name)
        self.conversions = (*said, self._joined())

    def _numbers_read(
        self, values: Array, labels: Sequence[str], request: ReadRequest
    ) -> tuple[Array, tuple[str, ...]]:
        """One class index a row, and how they were read."""
        if not labels:
            refuse_names(request)
            return values, ()
        examples = map(str, np.unique(values).tolist())
        targets = Targets(tuple(labels), examples, request)
        found = targets.of_numbers(values)
        if found is None:
            texts = list(map(str, values.tolist()))
            found = targets.cells(texts, lambda row, error: error.at(self._place(row)))
        return found, (targets.conversion,)

    def _in_order_of(self, values: Array, labels: Sequence[str]) -> Array:
        """Columns of targets in the order of the classes, where their names say which is whose."""
        if self._columns is None or not labels:
            return values
        try:
            order = paired(self._columns.names, self._columns.target, labels)
        except InputError as error:
            raise error.at(self._name) from None
        return values[:, [self._columns.target.index(column) for column in order]]

    def _cells_read(
        self, cells: Sequence[str], labels: Sequence[str], request: ReadRequest, spelled: Sequence[str]
    ) -> tuple[Array, tuple[str, ...]]:
        """The values of cells of text, and what was done to read them."""
        skip = request.missing == "skip"
        self._gaps = np.array([skip and cell in MISSING for cell in cells])
        rows = np.flatnonzero(~self._gaps).tolist()
        present = [cells[row] for row in rows]

        def fail(index: int, error: InputError) -> InputError:
            return error.at(self._place(rows[index]))

        said: tuple[str, ...] = ()
        if request.per_class:
            targets = Targets(tuple(labels), present, request, spelled)
            found, said = targets.cells(present, fail), (targets.conversion,)
        else:
            found, said = _answers(present, request, (*spelled, *labels), fail)
        read = np.zeros(len(cells), found.dtype)
        read[rows] = found
        return read, said

    def _joined(self) -> str:
        """How the targets find their rows, in words."""
        told = f"targets of {self._name} joined by {'position' if self._ids is None else 'id'}"
        if self._columns is None or not self._columns.unused:
            return told
        return f"{told}; not used of it: {', '.join(map(visible, self._columns.named(self._columns.unused)))}"

    def as_classes(self, request: ReadRequest) -> tuple[Array, Sequence[str] | None, Callable[[int], str]]:
        """The targets as class indices, the names in order where they are names, and each one's place."""
        self.choose_columns(None, request)
        values = self._values
        assert values is not None  # noqa: S101 - for the type checker: the columns are settled
        if isinstance(values, np.ndarray):
            return values.reshape(-1), None, self._place
        if all(_WHOLE.fullmatch(text) for text in values):
            return np.array(list(map(int, values)), np.int64), None, self._place
        names, codes = np.unique(np.array(list(values), dtype=str), return_inverse=True)
        return codes.astype(np.int64), names.tolist(), self._place

    def as_values(self, request: ReadRequest) -> Array:
        """The targets in order; of a table whose header gives no role, all columns.

        Raises:
            InputError: for a table with ids, which an input of values has not.

        """
        given = self._given
        if isinstance(given, WholeTable) and (len(given.names) == 1 or not has_roles(given.looked_at)):
            values = given.columns.numbers(range(len(given.names)))
            values = values[:, 0] if values.shape[1] == 1 else values
            return answered(values, request.positive, request, self._name)[0]
        self.read_as((), request)
        return self.of(0, self._rows, None, self._place)

    def of(self, start: int, rows: int, ids: Sequence[str] | None, place: Callable[[int], str]) -> Array:
        """The targets of the rows from ``start`` on, or of the rows with these ids.

        Raises:
            InputError: for a row without a target, an id that has none, or one that was asked for before.

        """
        assert self._read is not None  # noqa: S101 - for the type checker: the classes come first
        if self._index is None:
            return self._read[self._next(start, rows, place)]
        return self._read[self._by_id(start, rows, ids, place)]

    def of_complete(
        self, start: int, complete: Array, ids: Sequence[str] | None, place: Callable[[int], str]
    ) -> tuple[Array, Array]:
        """Which rows are complete and have a target, and these targets; the other rows use theirs up.

        Rows are to be asked for in order.

        Args:
            start: counts the rows before, without those that were skipped.
            complete: whether a row lacks no value of its own.
            ids: of all these rows.
            place: names one of them.

        Raises:
            InputError: as ``of`` does.

        """
        assert self._read is not None  # noqa: S101 - for the type checker: the classes come first
        rows = len(complete)
        by_id = self._index is not None
        found = self._by_id(start, rows, ids, place) if by_id else self._next(start, rows, place)
        kept = complete if self._gaps is None else complete & ~self._gaps[found]
        self._skipped += int(np.count_nonzero(~kept))
        return kept, self._read[found][kept]

    def _next(self, start: int, rows: int, place: Callable[[int], str]) -> slice:
        """The next rows of targets, all of which are used then."""
        start += self._skipped
        if start + rows > self._rows:
            raise InputError(
                f"expected one target for each row, got {self._rows} of {self._name} for more rows",
                hint=self._other_reading,
                place=place(self._rows - start),
            )
        with self._lock:
            self._reached = max(self._reached, start + rows)
        return slice(start, start + rows)

    def _by_id(self, start: int, rows: int, ids: Sequence[str] | None, place: Callable[[int], str]) -> Array:
        """The rows of targets with these ids, which are used then."""
        assert self._index is not None  # noqa: S101 - for the type checker: the caller has asked
        if ids is None:
            raise InputError(
                f"expected a column of ids to join with {self._name}, got none",
                hint="name it: --id-column NAME; targets without ids are taken in order",
                place=place(0),
            )
        found = self._index.rows(Names.of(ids))
        missing = np.flatnonzero(found == NONE)
        if missing.size:
            row = int(missing[0])
            raise InputError(
                f"expected an id that {self._name} has, got {quoted(ids[row])}", place=place(row)
            )
        with self._lock:
            again = self._uses.add(start, found, place)
        if again is not None:
            target, where = again
            repeated = self._ids[target]  # type: ignore[index]
            raise InputError(f"expected each id once, got {quoted(repeated)} again", place=where)
        return found

    def verify(self) -> None:
        """Refuses targets that no row of the input asked for.

        Raises:
            InputError: with the first of them.

        """
        left = np.arange(self._reached, self._rows) if self._ids is None else self._uses.left()
        if left.size:
            row = int(left[0])
            which = f"the id {quoted(self._ids[row])}" if self._ids is not None else "this one"
            others = f" and {plural(left.size - 1, 'other')}" if left.size > 1 else ""
            raise InputError(
                f"expected a row of the input for each target, got none for {which}{others}",
                hint=self._other_reading,
                place=self._place(row),
            )


def _without_header(table: WholeTable, classes: Sequence[str]) -> WholeTable:
    """A table of one column of text whose header is a class of the input, as its values are: it has none."""
    rows = table.columns
    if table.positions or len(table.names) != 1 or not isinstance(rows, Rows):
        return table
    known = KnownNames(classes)
    if not known.have([table.names[0]]) or not known.have(tuple(dict.fromkeys(rows.texts(0)))):
        return table
    cells = [(1, (table.names[0],)), *rows.rows]
    whole = replace(rows, names=("1",), rows=cells)
    looked_at = [Column.of("1", [row[0] for _, row in cells[: sample_size(1)]], has_name=False)]
    return replace(table, names=("1",), columns=whole, looked_at=looked_at, positions=True)


class _Uses:
    """Which rows of targets were used, by blocks of rows that may come before others above them."""

    def __init__(self, targets: int) -> None:
        self._by = np.full(targets, -1)
        self._reached = 0
        self._ahead: dict[int, tuple[Array, Callable[[int], str]]] = {}

    def left(self) -> Array:
        """The rows of targets that nobody used."""
        return np.flatnonzero(self._by < 0)

    def add(self, start: int, found: Array, place: Callable[[int], str]) -> tuple[int, str] | None:
        """Marks these rows of targets as used.

        Args:
            start: counts the rows of input before the block.
            found: the row of targets of each of its rows.
            place: names one of its rows.

        Returns:
            A row of targets that two rows of input have, and the place of the lower one of them; or None.

        """
        before = self._by[found]
        self._by[found] = np.maximum(before, start)
        again = before >= 0
        _, first = np.unique(found, return_index=True)
        again |= ~np.isin(np.arange(len(found)), first)
        if not again.any():
            self._note(start, found, place)
            return None
        row = int(np.flatnonzero(again)[0])
        target = int(found[row])
        if before[row] <= start:
            return target, place(row)
        others, place_of = self._ahead[int(before[row])]
        return target, place_of(int(np.flatnonzero(others == target)[0]))

    def _note(self, start: int, found: Array, place: Callable[[int], str]) -> None:
        """Keeps a block while one above it is still to come."""
        self._ahead[start] = found, place
        while (ready := min(self._ahead, default=self._reached + 1)) <= self._reached:
            self._reached = max(self._reached, ready + len(self._ahead.pop(ready)[0]))


def _answers(
    cells: Sequence[str],
    request: ReadRequest,
    names: Sequence[str],
    fail: Callable[[int, InputError], InputError],
) -> tuple[Array, tuple[str, ...]]:
    """The targets of a binary loss, and how they were read.

    Args:
        cells: of text.
        request: says which text is the positive one, where the user does.
        names: of the single column of the input, as it may be called.
        fail: gives an error of one cell its place.

    """
    distinct = list(dict.fromkeys(cells))
    said = next((text for text in distinct for name in names if text.casefold() == name.casefold()), None)
    are_texts = len(distinct) == 2 and all(value_of(text, request.decimal) is None for text in distinct)
    if request.positive is not None or are_texts:
        positive = open_pair(distinct, request.positive or said)
        answers = Answers(positive, distinct, request.answers)
        request.settled.answers = distinct
        return answers.cells(cells, fail), (answers.conversion,)
    return np.array([_answer(cell, index, request, fail) for index, cell in enumerate(cells)]), ()


def _answer(
    cell: str, index: int, request: ReadRequest, fail: Callable[[int, InputError], InputError]
) -> float:
    try:
        return parsed_number({"true": "1", "false": "0"}.get(cell.lower(), cell), request)
    except InputError as error:
        raise fail(index, error) from None
