"""Which column of a table is what, worked out from the header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, UsageError, listed, plural, quoted
from celoss_cli.core.records import record
from celoss_cli.read.arrow.rows import WORDS
from celoss_cli.read.roles.headers import (
    CALIBRATED,
    ID_NAMES,
    PREDICTED,
    TARGET_NAMES,
    WEIGHT_NAMES,
    chosen_columns,
    index_columns,
    one_of,
    refuse_mixture,
    refuse_repeated,
    suited_to_ids,
)
from celoss_cli.read.roles.labels import class_names, order_notes, paired
from celoss_cli.read.roles.truth_columns import refuse_what_truth_has

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.roles.headers import Typed

__all__ = ["Mapping", "map_columns", "refuse_duplicates"]


@record(frozen=True, slots=True)
class Mapping:
    """Which column plays which role, by position.

    Attributes:
        names: the header.
        target: one column, or one for each input column.
        inputs: the columns of the loss's input, in the order of the classes.
        labels: the classes' names; () where the table has no header, and the classes no names.
        id, weight, group: a column, or None.
        unused: the rest.
        notes: what a reader of the output should know of it.

    """

    names: tuple[str, ...]
    target: tuple[int, ...]
    inputs: tuple[int, ...]
    labels: tuple[str, ...]
    id: int | None
    weight: int | None
    unused: tuple[int, ...]
    group: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def spelled(self) -> tuple[str, ...]:
        """The header's names of the input's columns, which may be longer than those of the classes."""
        return tuple(self.names[column] for column in self.inputs) if self.labels else ()

    @property
    def used(self) -> tuple[int, ...]:
        others = tuple(column for column in (self.id, self.weight) if column is not None)
        return (*self.inputs, *self.target, *others)

    def described(self) -> dict[str, Any]:
        """The mapping for the heading and the JSON output."""

        def named(columns: Sequence[int]) -> list[str]:
            return [self.names[column] for column in columns]

        described: dict[str, Any] = {"inputs": named(self.inputs), "target": named(self.target)}
        if not self.target:
            described["target"] = None
        if len(self.target) == 1:
            described["target"] = self.names[self.target[0]]
        described["id"] = None if self.id is None else self.names[self.id]
        described["weight"] = None if self.weight is None else self.names[self.weight]
        if self.group is not None:
            described["group"] = self.names[self.group]
        described["unused"] = named(self.unused)
        if self.notes:
            described["notes"] = list(self.notes)
        return described


def map_columns(
    names: Sequence[str], request: ReadRequest, typed: Typed | None = None, *, positions: bool = False
) -> Mapping:
    """Gives every column of a header its role; settles those of the targets' table, where there is one.

    Args:
        names: of the columns.
        request: what is asked of the reader.
        typed: what is known of the columns beyond their names.
        positions: whether the names only count the columns, and so name no class.

    Raises:
        InputError: if the header does not settle it, with the candidates and the option that does.
        UsageError: if an option names a column that is not there.

    """
    if request.class_axis not in (None, 1, -1):
        raise UsageError(
            f"Expected --class-axis 1 for a table, whose classes are its columns, got {request.class_axis}."
        )
    truth = None if request.truth is None else request.truth.meet(() if positions else names, request)
    roles = _Roles(names, request, typed, None if truth is None else truth.row_id)
    target = roles.target()
    row_id = one_of(roles.ids(), names, "--id-column")
    weight = one_of(roles.of("weight", WEIGHT_NAMES), names, "--weight-column")
    group = one_of(roles.chosen["group"] or [], names, request.columns.group_option)
    known = {*target, *(i for i in (row_id, weight) if i is not None)}
    grouping = {i for i in (group,) if i is not None} - known
    inputs = roles.inputs(known | grouping)
    overlap = known.intersection(inputs)
    if overlap:
        raise UsageError(f"Expected a column to play one role, got {quoted(names[min(overlap)])} twice.")
    if truth is not None and request.columns.classes is None and not positions:
        refuse_what_truth_has(truth, [names[i] for i in inputs])
    labels = () if positions else class_names([names[i] for i in inputs])
    mapping = Mapping(
        names=tuple(names),
        target=paired(names, target, labels),
        inputs=tuple(inputs),
        labels=labels,
        id=row_id,
        weight=weight,
        group=group,
        unused=tuple(sorted({*range(len(names))} - known - grouping - {*inputs})),
        notes=order_notes([names[i] for i in inputs]) if request.per_class and labels else (),
    )
    refuse_duplicates(mapping)
    _refuse_mismatch(mapping, request)
    return mapping


class _Roles:
    """The columns that options or names give a role.

    Args:
        names: the header.
        request: holds the options.
        typed: what is known beyond the names.
        row_id: how the table of targets calls the ids that it is joined by.

    Attributes:
        chosen: the columns that an option names, by role, or None.

    """

    def __init__(
        self, names: Sequence[str], request: ReadRequest, typed: Typed | None, row_id: str | None
    ) -> None:
        choice = request.columns
        self._names = names
        self._lowered = [name.lower() for name in names]
        self._request = request
        patterns = (
            ("target", None if request.truth is not None else choice.target, "--target-column"),
            ("classes", choice.classes, "--class-columns"),
            ("id", choice.id, "--id-column"),
            ("weight", choice.weight, "--weight-column"),
            ("group", choice.group, choice.group_option),
        )
        self.chosen = {role: chosen_columns(names, pattern, option) for role, pattern, option in patterns}
        self._taken = {column for columns in self.chosen.values() if columns for column in columns}
        self._typed = typed
        self._index = [i for i in index_columns(names, typed) if i not in self._taken]
        self._joined = [] if row_id is None else [i for i, name in enumerate(names) if name == row_id]

    def of(self, role: str, known: frozenset[str]) -> list[int]:
        """The columns that were chosen for a role, else those whose names say it."""
        chosen = self.chosen[role]
        if chosen is not None:
            return chosen
        return [i for i, name in enumerate(self._lowered) if name in known and i not in self._taken]

    def ids(self) -> list[int]:
        """The columns that may hold the ids of the rows."""
        if self.chosen["id"] is None and self._joined:
            return self._joined
        return self.of("id", ID_NAMES) or suited_to_ids(self._index, self._typed)

    def _is_predicted(self, column: int) -> bool:
        """Whether a column speaks of predictions, and is neither a target nor a class."""
        name = self._names[column]
        calibrated = name.startswith(CALIBRATED) and name.removeprefix(CALIBRATED) in self._names
        return calibrated or PREDICTED.fullmatch(self._lowered[column]) is not None

    def _grouped(self, known: frozenset[str]) -> list[int]:
        """The column of groups where its name says that it plays another role too."""
        return [i for i in self.chosen["group"] or () if self._lowered[i] in known]

    def target(self) -> list[int]:
        """The columns of targets; none where they come from elsewhere."""
        names, request = self._names, self._request
        if request.truth is not None:
            return []
        target = self.of("target", TARGET_NAMES) or self._grouped(TARGET_NAMES)
        if not target:
            self._refuse_taken_target()
            raise InputError(
                f"expected a column of targets, got {listed(names)}",
                hint="name it: --target-column NAME; or give them apart: --targets @FILE",
            )
        if request.columns.target is None and len(target) > 1:
            raise InputError(
                f"expected one column of targets, got {listed([names[i] for i in target])}",
                hint="say which: --target-column NAME",
            )
        if request.columns.target is None and target == [0] and _predicted_by_libsvm(names):
            raise InputError(
                f"expected targets, got {quoted(names[0])} before columns named by numbers, which is what "
                "svm-predict predicted",
                hint="give the truth: --targets VALUES; or --target-column labels",
            )
        return target

    def _refuse_taken_target(self) -> None:
        """Refuses an option that takes the column which is the target by its name."""
        for role, option in (
            ("classes", "--class-columns"),
            ("id", "--id-column"),
            ("weight", "--weight-column"),
        ):
            taken = [self._names[i] for i in self.chosen[role] or () if self._lowered[i] in TARGET_NAMES]
            if taken:
                raise InputError(
                    f"expected a column of targets, got {listed(taken)}, which {option} takes",
                    hint="leave it out there, or give the targets apart: --targets @FILE",
                )

    def inputs(self, others: set[int]) -> list[int]:
        """The columns of the loss's input: those chosen, else all that have no other role."""
        columns = self.chosen["classes"]
        if columns is None:
            roles = {
                i for i, name in enumerate(self._lowered) if name in TARGET_NAMES | ID_NAMES | WEIGHT_NAMES
            }
            rest = (i for i in range(len(self._names)) if i not in others | roles | {*self._index})
            columns = [i for i in rest if not self._is_predicted(i)]
            if self._typed is not None:
                words = self._typed.among(columns, WORDS)
                columns = [i for i in columns if i not in words]
            refuse_mixture(self._names, columns, self._request)
        if not columns:
            raise InputError(
                f"expected columns of {self._request.takes}, got {listed(self._names)}",
                hint="name them: --class-columns NAMES",
            )
        return columns


def _predicted_by_libsvm(names: Sequence[str]) -> bool:
    """Whether this is the header that svm-predict -b 1 writes: its answers, then a column a label."""
    return names[0] == "labels" and all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names[1:])


def refuse_duplicates(mapping: Mapping) -> None:
    """Refuses a name in use that several columns have.

    Raises:
        InputError: with the name.

    """
    refuse_repeated(mapping.names, mapping.used)


def _refuse_mismatch(mapping: Mapping, request: ReadRequest) -> None:
    inputs, targets = len(mapping.inputs), len(mapping.target)
    if request.truth is not None or targets == inputs or (request.per_class and targets == 1):
        return
    wanted = "one target column or one" if request.per_class else "one target column"
    given = f"{plural(inputs, 'input column')} {listed([mapping.names[i] for i in mapping.inputs])}"
    raise InputError(
        f"expected {wanted} for each of the {given}, got {targets}",
        hint="choose them: --class-columns NAMES, --target-column NAMES",
    )
