"""Which columns of a table of targets are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, listed, quoted
from celoss_cli.read.arrow.rows import NUMBERS
from celoss_cli.read.request import TruthColumns
from celoss_cli.read.roles.headers import (
    ID_NAMES,
    TARGET_NAMES,
    has_roles,
    index_columns,
    suited_to_ids,
)
from celoss_cli.read.roles.naming import chosen_columns, one_of, refuse_repeated

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.headers import Typed

__all__ = ["refuse_what_truth_has", "truth_columns"]


def truth_columns(
    names: Sequence[str], request: ReadRequest, others: Sequence[str] | None, typed: Typed | None = None
) -> TruthColumns:
    """The columns of ids and of targets in a table that holds nothing else that is asked for.

    Args:
        names: its header.
        request: holds the options.
        others: the header of the input that it is joined with, or None where it stands alone.
        typed: what is known beyond the names.

    Raises:
        InputError: if the header does not settle it, with the option that does.
        UsageError: if an option names a column that is not there.

    """
    found = _TruthRoles(names, request, typed)
    row_id = found.id(others or ())
    target = found.target(row_id)
    unused = tuple(i for i in range(len(names)) if i != row_id and i not in target)
    further = [names[i] for i in unused if i not in found.index]
    if others is not None and row_id is None and further and request.columns.target is None:
        raise InputError(
            f"expected nothing but an id beside the targets {quoted(names[target[0]])}, "
            f"got {listed(further)}",
            hint="name what the rows are joined by: --id-column NAME; by position: --target-column NAME",
        )
    refuse_repeated(names, (*target, *(() if row_id is None else (row_id,))))
    return TruthColumns(tuple(names), row_id, tuple(target), unused)


class _TruthRoles:
    """The columns of a table of targets that options, names or types give a role.

    Attributes:
        index: the columns that pandas made of the index of the rows.

    """

    def __init__(self, names: Sequence[str], request: ReadRequest, typed: Typed | None) -> None:
        choice = request.columns
        self._names = names
        self._lowered = [name.lower() for name in names]
        self._typed = typed
        self._target = chosen_columns(names, choice.target, "--target-column")
        self._id = chosen_columns(names, choice.id, "--id-column") if choice.id in names else None
        self._input_has_ids = choice.id is not None
        taken = self._target or []
        self.index = [i for i in index_columns(names, typed) if i not in taken]
        self._listed = [i for i, name in enumerate(self._lowered) if name in ID_NAMES and i not in taken]

    def id(self, others: Sequence[str]) -> int | None:
        """The column of ids: the one that is named so, or that the header of the input has too."""
        if self._id is not None:
            return one_of(self._id, self._names, "--id-column")
        shared = self._shared(others)
        if self._listed:
            both = [i for i in self._listed if i in shared]
            return one_of(both or self._listed, self._names, "--id-column")
        if self._input_has_ids:
            shared = []
        if len(shared) > 1:
            raise InputError(
                "expected one column of ids among those that the input has too, "
                f"got {listed([self._names[i] for i in shared])}",
                hint="say which: --id-column NAME",
            )
        return one_of(shared or suited_to_ids(self.index, self._typed), self._names, "--id-column")

    def target(self, row_id: int | None) -> list[int]:
        """The column of targets; or where all are numbers and none is named, one for each class."""
        target = self._target if self._target is not None else self._by_name(row_id)
        if not target and row_id is None and self._are_classes():
            return list(range(len(self._names)))
        if len(target) == 1 or (self._target and self._are_numbers(self._target)):
            return target
        others = [i for i in range(len(self._names)) if i != row_id]
        raise InputError(
            f"expected one column of targets, got {listed([self._names[i] for i in target or others])}",
            hint="say which: --target-column NAME",
        )

    def _by_name(self, row_id: int | None) -> list[int]:
        others = [i for i in range(len(self._names)) if i not in {row_id, *self.index}]
        return others if len(others) == 1 else [i for i in others if self._lowered[i] in TARGET_NAMES]

    def _shared(self, others: Sequence[str]) -> list[int]:
        """The columns that may be ids because the header of the input has them too."""
        target = self._target if self._target is not None else self._by_name(None)
        shared = [i for i, name in enumerate(self._names) if name in others and i not in target]
        return [] if len(shared) == len(self._names) and self._are_classes() else shared

    def _are_classes(self) -> bool:
        """Whether these may be columns of classes, one-hot or probabilities."""
        unnamed = len(self._names) > 1 and not has_roles(self._names, self._typed)
        return unnamed and self._are_numbers(range(len(self._names)))

    def _are_numbers(self, columns: Sequence[int]) -> bool:
        return self._typed is not None and self._typed.among(columns, NUMBERS) == list(columns)


def refuse_what_truth_has(truth: TruthColumns, inputs: Sequence[str]) -> None:
    """Refuses columns of the input that may as well be copies of the table of targets."""
    copied = [name for name in truth.named(truth.unused) if name in inputs]
    if len(inputs) > 1 and len(truth.target) == 1:
        copied += [name for name in truth.named(truth.target) if name in inputs]
    if copied:
        raise InputError(
            f"expected columns that the table of targets has not, got {listed(copied)}",
            hint="if they are classes: --class-columns NAMES",
        )
