"""Which columns of a table of targets are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, listed, quoted
from celoss_cli.read.request import TruthColumns
from celoss_cli.read.roles.groups import labels_of, target_labels
from celoss_cli.read.roles.naming import chosen_columns, one_of, pattern_of, refuse_repeated
from celoss_cli.read.roles.words import named

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.column import Column

__all__ = ["has_roles", "refuse_what_truth_has", "truth_columns"]


def truth_columns(
    columns: Sequence[Column], request: ReadRequest, others: Sequence[str] | None
) -> TruthColumns:
    """The columns of ids and of targets in a table that holds nothing else that is asked for.

    Args:
        columns: with the values of the first rows.
        request: holds the options.
        others: the header of the input that it is joined with, or None where it stands alone.

    Raises:
        InputError: if they do not settle it, with the options that do.
        UsageError: if an option names a column that is not there.

    """
    found = _Truth(columns, request, others or ())
    row_id = found.id()
    target = found.target(row_id)
    names = [column.name for column in columns]
    unused = tuple(i for i in range(len(names)) if i != row_id and i not in target)
    further = [names[i] for i in unused if not _is_index(columns, i)]
    if others is not None and row_id is None and further and request.columns.target is None:
        raise InputError(
            f"expected nothing but an id beside the targets {quoted(names[target[0]])}, "
            f"got {listed(further)}",
            hint="name what the rows are joined by: --id-column NAME; by position: --target-column NAME",
            ways=found.ways([target]),
        )
    refuse_repeated(names, (*target, *(() if row_id is None else (row_id,))))
    seen = columns[target[0]].values.distinct if len(target) == 1 else ()
    examples = tuple(request.class_map.get(text, text) for text in seen)
    return TruthColumns(tuple(names), row_id, tuple(target), unused, examples)


def has_roles(columns: Sequence[Column]) -> bool:
    """Whether a header names ids or targets, and not only classes."""
    return any(c.says.key or c.says.target == 3 or _is_index(columns, i) for i, c in enumerate(columns))


def _is_index(columns: Sequence[Column], i: int) -> bool:
    """Whether a column holds the names that pandas or R gave the rows."""
    column = columns[i]
    return column.is_index or (column.says.key == 1 and (column.name != "" or i == 0))


class _Truth:
    """The columns of a table of targets that options, names or values give a role."""

    def __init__(self, columns: Sequence[Column], request: ReadRequest, others: Sequence[str]) -> None:
        choice = request.columns
        self._columns = columns
        self._names = [column.name for column in columns]
        self._others = others
        self._known = {*others}
        self._per_class = request.per_class
        self._target = chosen_columns(self._names, choice.target, "--target-column")
        is_named = choice.id in self._names
        self._id = chosen_columns(self._names, choice.id, "--id-column") if is_named else None
        self._input_has_ids = choice.id is not None
        taken = self._target or []
        self._keys = [i for i, c in enumerate(columns) if c.says.key > 1 and i not in taken]
        self._index = [i for i in range(len(columns)) if _is_index(columns, i) and i not in taken]

    # ------------------------------------------------------------------------------------------ ids

    def id(self) -> int | None:
        """The column of ids: one that the header of the input has too, before one that is named so."""
        if self._id is not None:
            return one_of(self._id, self._names, "--id-column")
        shared = self._shared()
        keys = [i for i in self._keys if i in shared] or self._keys
        if keys:
            return min(keys, key=lambda i: (-self._columns[i].says.key, i))
        if self._input_has_ids:
            shared = []
        shared = [i for i in shared if not self._columns[i].is_number or self._may_count(i)]
        if len(shared) > 1:
            raise InputError(
                "expected one column of ids among those that the input has too, "
                f"got {listed([self._names[i] for i in shared])}",
                ways=tuple(Way("", (("--id-column", self._names[i]),)) for i in shared),
            )
        suited = [i for i in self._index if self._columns[i].can_name_rows]
        return one_of(shared or suited, self._names, "--id-column")

    def _shared(self) -> list[int]:
        """The columns that may be ids because the header of the input has them too."""
        target = self._target if self._target is not None else self._likely(None)
        shared = [i for i, name in enumerate(self._names) if name in self._known and i not in target]
        numbers = all(column.is_number for column in self._columns)
        if len(shared) == len(self._names) and numbers and not self._keys:
            return [i for i in shared if self._counts_rows(i)]
        return shared

    def _may_count(self, i: int) -> bool:
        """Whether values are whole numbers that never recur."""
        values = self._columns[i].values
        return values.are_whole and values.are_unique

    def _counts_rows(self, i: int) -> bool:
        """Whether they do so in more than one row, and are no answers."""
        values = self._columns[i].values
        return self._may_count(i) and not values.are_binary and len(values.texts) > 1

    # -------------------------------------------------------------------------------------- targets

    def target(self, row_id: int | None) -> list[int]:
        """The column of targets, or one for each class.

        Raises:
            InputError: where several may be it.

        """
        target = self._target if self._target is not None else self._likely(row_id)
        if len(target) == 1 or (self._target and self._are_numbers(self._target)):
            return target
        others = [i for i in range(len(self._names)) if i not in {row_id, *self._index}]
        if (
            not target
            and len(others) > 1
            and self._are_numbers(others)
            and self._are_of_input(others, row_id)
        ):
            return others
        candidates = target or others
        raise InputError(
            f"expected one column of targets, got {listed([self._names[i] for i in candidates])}",
            ways=self.ways([[i] for i in candidates]),
        )

    def ways(self, readings: Sequence[Sequence[int]]) -> tuple[Way, ...]:
        """The options that choose columns of targets."""
        patterns = (pattern_of(self._names, reading) for reading in readings[:6])
        return tuple(Way("", (("--target-column", pattern),)) for pattern in patterns if pattern)

    def _are_of_input(self, columns: Sequence[int], row_id: int | None) -> bool:
        """Whether columns are named as those of the input are, or nothing but classes stands here."""
        if row_id is None and not self._keys:
            return True
        names = {name.casefold() for name in target_labels([self._names[i] for i in columns])}
        known = self._labels()
        return names <= known or {self._names[i].casefold() for i in columns} <= known

    def _likely(self, row_id: int | None) -> list[int]:
        """The columns that are targets by their names; the only one; the only one whose values can be."""
        others = [i for i in range(len(self._names)) if i not in {row_id, *self._index}]
        if len(others) == 1:
            return others
        for rank in (3, 2):
            if named := [i for i in others if self._columns[i].says.target == rank]:
                return named
        free = [i for i in others if i not in self._keys or (row_id is None and len(self._keys) > 1)]
        if row_id is None:
            named = [i for i in free if self._columns[i].values.are_texts and self._can_be(i)]
            return named if len(named) == 1 else []
        if len(free) == 1:
            return free
        possible = [i for i in free if self._can_be(i)]
        return possible if len(possible) == 1 else []

    def _can_be(self, i: int) -> bool:
        """Whether values are those of targets: names of classes that the input has, or 0 and 1."""
        column = self._columns[i]
        if column.says.other or column.is_empty:
            return False
        if column.values.are_texts:
            labels = self._labels()
            return all(text.casefold() in labels for text in column.values.distinct)
        return column.values.are_binary and not self._per_class

    def _labels(self) -> set[str]:
        """In lower case the names of the input's columns, and those of classes in all that are no ids."""
        cut = labels_of([name for name in self._others if name and not named(name).key] or [""])
        return {name.casefold() for name in (*self._others, *cut)}

    def _are_numbers(self, columns: Sequence[int]) -> bool:
        return all(self._columns[i].is_number for i in columns)


def refuse_what_truth_has(truth: TruthColumns, inputs: Sequence[str]) -> None:
    """Refuses columns of the input that may as well be copies of the table of targets."""
    copied = [name for name in truth.named(truth.unused) if name in inputs and not named(name).predicts]
    if len(inputs) > 1 and len(truth.target) == 1:
        copied += [name for name in truth.named(truth.target) if name in inputs]
    if copied:
        raise InputError(
            f"expected columns that the table of targets has not, got {listed(copied)}",
            hint="if they are classes: --class-columns NAMES",
        )
