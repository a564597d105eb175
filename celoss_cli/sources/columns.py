"""Which column of a table is what, worked out from the header, and cells turned into values."""

from __future__ import annotations

import contextlib
import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.errors import InputError, UsageError, plural, quoted, visible
from celoss_cli.records import record
from celoss_cli.sources.numbers import number

if TYPE_CHECKING:
    from celoss_cli.data import Array
    from celoss_cli.sources.base import ReadRequest
    from celoss_cli.sources.table import Cells

__all__ = [
    "BY_INDEX",
    "BY_NAME",
    "TARGET_NAMES",
    "Mapping",
    "Targets",
    "in_natural_order",
    "map_columns",
    "refuse_duplicates",
    "refuse_names",
    "truth_columns",
]

BY_INDEX = "targets read as class indices"
"""What is said of targets that count the columns in their order."""

BY_NAME = "targets matched to the class names"
"""What is said of targets that are names of classes."""

TARGET_NAMES = frozenset(
    [
        "target",
        "targets",
        "label",
        "labels",
        "y",
        "y_true",
        "truth",
        "actual",
        "gold",
        "class",
        "obs",
        "label_ids",
    ]
)
"""What targets are called, in a table and among arrays."""

_ID = frozenset(["id", "row_id", "index", "sample_id", "doc_id", "sampleid"])
_WEIGHT = frozenset(["weight", "sample_weight", "case_weights"])
_UNNAMED = frozenset(["", "Unnamed: 0"])
"""How pandas calls the index that it writes as the first column, and what it reads that as."""

_NEVER = re.compile(r"predicted.*|predictions?|preds?|response|predict|y_?hat|y_pred")
_AFFIXES = (
    ("Probability:Class=", ""),
    ("P (class=", ")"),
    (".pred_", ""),
    ("log_prob_", ""),
    ("logprob_", ""),
    ("proba_", ""),
    ("prob_", ""),
    ("prob.", ""),
    ("logit_", ""),
    ("class_", ""),
    ("score_", ""),
    ("p_", ""),
)
_SEPARATORS = "_.:=- "


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


def map_columns(names: Sequence[str], request: ReadRequest, *, positions: bool = False) -> Mapping:
    """Gives every column of a header its role.

    Args:
        names: of the columns.
        request: what is asked of the reader.
        positions: whether the names only count the columns, and so name no class.

    Raises:
        InputError: if the header does not settle it, with the candidates and the option that does.
        UsageError: if an option names a column that is not there.

    """
    if request.class_axis not in (None, 1, -1):
        raise UsageError(
            f"Expected --class-axis 1 for a table, whose classes are its columns, got {request.class_axis}."
        )
    roles = _Roles(names, request)
    target = roles.target()
    row_id = _one_of(roles.of("id", _ID) or roles.unnamed, names, "--id-column")
    weight = _one_of(roles.of("weight", _WEIGHT), names, "--weight-column")
    group = _one_of(roles.chosen["group"] or [], names, request.columns.group_option)
    known = {*target, *(i for i in (row_id, weight) if i is not None)}
    grouping = {i for i in (group,) if i is not None} - known
    inputs = roles.inputs(known | grouping)
    overlap = known.intersection(inputs)
    if overlap:
        raise UsageError(f"Expected a column to play one role, got {quoted(names[min(overlap)])} twice.")
    labels = () if positions else _labels([names[i] for i in inputs])
    mapping = Mapping(
        names=tuple(names),
        target=_paired(names, target, labels),
        inputs=tuple(inputs),
        labels=labels,
        id=row_id,
        weight=weight,
        group=group,
        unused=tuple(sorted({*range(len(names))} - known - grouping - {*inputs})),
        notes=_order_notes([names[i] for i in inputs]) if request.per_class and labels else (),
    )
    refuse_duplicates(mapping)
    _refuse_mismatch(mapping, request)
    return mapping


class _Roles:
    """The columns that options or names give a role.

    Attributes:
        chosen: the columns that an option names, by role, or None.
        unnamed: the first column where it is the index that pandas writes without a name.

    """

    def __init__(self, names: Sequence[str], request: ReadRequest) -> None:
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
        self.chosen = {role: _chosen(names, pattern, option) for role, pattern, option in patterns}
        self._taken = {column for columns in self.chosen.values() if columns for column in columns}
        self.unnamed = [0] if names and names[0] in _UNNAMED and 0 not in self._taken else []

    def of(self, role: str, known: frozenset[str]) -> list[int]:
        """The columns that were chosen for a role, else those whose names say it."""
        chosen = self.chosen[role]
        if chosen is not None:
            return chosen
        return [i for i, name in enumerate(self._lowered) if name in known and i not in self._taken]

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
                f"expected a column of targets, got {_listed(names)}",
                hint="name it: --target-column NAME; or give them apart: --targets @FILE",
            )
        if request.columns.target is None and len(target) > 1:
            raise InputError(
                f"expected one column of targets, got {_listed([names[i] for i in target])}",
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
                    f"expected a column of targets, got {_listed(taken)}, which {option} takes",
                    hint="leave it out there, or give the targets apart: --targets @FILE",
                )

    def inputs(self, others: set[int]) -> list[int]:
        """The columns of the loss's input: those chosen, else all that have no other role."""
        columns = self.chosen["classes"]
        if columns is None:
            roles = {i for i, name in enumerate(self._lowered) if name in TARGET_NAMES | _ID | _WEIGHT}
            rest = (i for i in range(len(self._names)) if i not in others | roles | {*self.unnamed})
            columns = [i for i in rest if not _NEVER.fullmatch(self._lowered[i])]
            columns = _of_one_kind(self._names, columns, self._request)
        if not columns:
            raise InputError(
                f"expected columns of {self._request.takes}, got {_listed(self._names)}",
                hint="name them: --class-columns NAMES",
            )
        return columns


def _predicted_by_libsvm(names: Sequence[str]) -> bool:
    """Whether this is the header that svm-predict -b 1 writes: its answers, then a column a label."""
    return names[0] == "labels" and all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names[1:])


def truth_columns(names: Sequence[str], request: ReadRequest) -> tuple[int | None, int]:
    """The columns of ids and of targets in a table that holds nothing else that is asked for.

    Raises:
        InputError: if the header does not settle it, with the option that does.
        UsageError: if an option names a column that is not there.

    """
    choice = request.columns
    ids = _chosen(names, choice.id, "--id-column") if choice.id in names else None
    if ids is None:
        ids = [i for i, name in enumerate(names) if name.lower() in _ID and name != choice.target]
        ids = ids or ([0] if len(names) > 1 and names[0] in _UNNAMED else [])
    row_id = _one_of(ids, names, "--id-column")
    others = [i for i in range(len(names)) if i != row_id]
    target = _chosen(names, choice.target, "--target-column")
    if target is None:
        target = others if len(others) == 1 else [i for i in others if names[i].lower() in TARGET_NAMES]
    if len(target) != 1:
        raise InputError(
            f"expected one column of targets, got {_listed([names[i] for i in target or others])}",
            hint="say which: --target-column NAME",
        )
    return row_id, target[0]


def _chosen(names: Sequence[str], pattern: str | None, option: str) -> list[int] | None:
    """The columns that a comma-separated list of names, globs and ranges means, in that order."""
    if pattern is None:
        return None
    columns: list[int] = []
    exact = {name: i for i, name in reversed(list(enumerate(names)))}
    for part in [pattern] if pattern in exact else pattern.split(","):
        wanted = part.strip()
        first, colon, last = wanted.partition(":")
        if wanted in exact:
            columns.append(exact[wanted])
        elif colon and first in exact and last in exact:
            columns.extend(range(exact[first], exact[last] + 1))
        else:
            matched = [i for i, name in enumerate(names) if fnmatch.fnmatchcase(name, wanted)]
            if not matched:
                raise UsageError(f"{option}: expected a column of {_listed(names)}, got {quoted(wanted)}.")
            columns.extend(matched)
    return list(dict.fromkeys(columns))


def _one_of(columns: list[int], names: Sequence[str], option: str) -> int | None:
    if len(columns) > 1:
        raise InputError(
            f"expected one such column, got {_listed([names[i] for i in columns])}",
            hint=f"say which: {option} NAME",
        )
    return columns[0] if columns else None


def _of_one_kind(names: Sequence[str], columns: list[int], request: ReadRequest) -> list[int]:
    """The columns that are all named alike; a mixture is refused, for it could mean anything."""
    with_affix = [i for i in columns if _affix(names[i])]
    if not with_affix or len(with_affix) == len(columns):
        return columns
    others = [names[i] for i in columns if i not in with_affix]
    raise InputError(
        f"expected columns of {request.takes} that are named alike, "
        f"got {_listed([names[i] for i in with_affix])} beside {_listed(others)}",
        hint="name them: --class-columns NAMES",
    )


def _affix(name: str) -> tuple[str, str] | None:
    for prefix, suffix in _AFFIXES:
        if name.startswith(prefix) and name.endswith(suffix) and len(name) > len(prefix) + len(suffix):
            return prefix, suffix
    return None


def _labels(names: Sequence[str]) -> tuple[str, ...]:
    """The class names: the columns' names without their common affix."""
    affixes = {_affix(name) for name in names}
    affix = affixes.pop() if len(affixes) == 1 else None
    if affix:
        prefix, suffix = affix
        return tuple(name[len(prefix) : len(name) - len(suffix)] for name in names)
    if len(names) > 1:
        shared = _common_start(names)
        cut = max((shared.rfind(mark) for mark in _SEPARATORS), default=-1) + 1
        if all(re.fullmatch(r"[A-Za-z]+[0-9]+", name) for name in names):
            cut = len(re.match(r"[A-Za-z]*", shared)[0])  # type: ignore[index]
        if cut and all(len(name) > cut for name in names):
            return tuple(name[cut:] for name in names)
    return tuple(names)


def _paired(names: Sequence[str], target: Sequence[int], labels: Sequence[str]) -> tuple[int, ...]:
    """The columns of targets in the order of the classes, where their names say which is whose."""
    if len(target) < 2:
        return tuple(target)
    column_of = dict(zip(_labels([names[i] for i in target]), target, strict=True))
    return tuple(column_of[label] for label in labels) if set(column_of) == set(labels) else tuple(target)


def _common_start(names: Sequence[str]) -> str:
    """What all names start with; the least and the greatest in order differ first."""
    least, greatest = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(least, greatest, strict=False)) if a != b), len(least))
    return least[:length]


def _order_notes(names: Sequence[str]) -> tuple[str, ...]:
    natural = in_natural_order(names)
    if natural == list(names) or not all(re.search(r"[0-9]", name) for name in names):
        return ()
    at = next(at for at, name in enumerate(names) if name != natural[at])
    return (
        f"the columns are taken in the header's order, with {visible(names[at])} as class {at}; in natural "
        f"order that would be {visible(natural[at])}",
    )


def in_natural_order(names: Sequence[str]) -> list[str]:
    """Names sorted so that the numbers within them run by size."""
    return sorted(names, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts the numbers within names by size: the longer the larger."""
    parts = re.split(r"([0-9]+)", name)
    parts[1::2] = [digits.lstrip("0") for digits in parts[1::2]]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(parts)]


def refuse_duplicates(mapping: Mapping) -> None:
    """Refuses a name in use that several columns have.

    Raises:
        InputError: with the name.

    """
    counts = Counter(mapping.names)
    for column in mapping.used:
        name = mapping.names[column]
        if counts[name] > 1:
            raise InputError(
                f"expected columns with names of their own, got {quoted(name)} {counts[name]} times"
            )


def _refuse_mismatch(mapping: Mapping, request: ReadRequest) -> None:
    inputs, targets = len(mapping.inputs), len(mapping.target)
    if request.truth is not None or targets == inputs or (request.per_class and targets == 1):
        return
    wanted = "one target column or one" if request.per_class else "one target column"
    given = f"{plural(inputs, 'input column')} {_listed([mapping.names[i] for i in mapping.inputs])}"
    raise InputError(
        f"expected {wanted} for each of the {given}, got {targets}",
        hint="choose them: --class-columns NAMES, --target-column NAMES",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


class Targets:
    """Reads the targets of a class loss, one a row, all in the same way.

    Names that count 0, 1, 2, ... are the indices. Where other names of classes are numbers or truth values,
    targets are names unless one of the examples can only be an index, and are compared by what they say: 1,
    +1, 1.0 and true are one target. Where the names are words, the first example that is a name or an index
    decides. A name may also be spelled as its column is. A whole number that is neither a name nor an index
    stays as it is: it may be the one that is left out.

    Args:
        labels: the classes' names.
        number: reads a number from a cell.
        examples: the first targets.
        request: says what targets are where the user does, and remembers it for the files that follow.
        spelled: the names of the classes' columns, or none.

    Attributes:
        by_name: whether targets are names.
        in_words: whether they have to be read as text.
        names: the names of the classes where targets are names.
        conversion: what is done, in words.

    Raises:
        UsageError: where targets are asked to be names and classes have none.

    """

    def __init__(
        self,
        labels: tuple[str, ...],
        number: Callable[[str], float],
        examples: Iterable[str],
        request: ReadRequest,
        spelled: Sequence[str] = (),
    ) -> None:
        self._labels = labels
        self._number = number
        names = (*spelled, *labels)  # what is a class's own name is not another's column
        self._index = {name: index % len(labels) for index, name in enumerate(names)}
        self._values = [_value(label) for label in labels]
        known = {value: index for index, value in enumerate(self._values) if value is not None}
        self._index_of_value = known if len(known) == len(labels) - self._values.count(None) else {}
        others = iter(examples)
        example = next(others, "")
        self.by_name = self._are_names(example, others, request)
        self.in_words = self.by_name and not (len(known) == len(labels) and self._is_number(example))
        self.names: Container[str] = self._index if self.by_name else ()
        self.conversion = BY_INDEX
        if self.by_name:
            self.conversion = BY_NAME
        elif example.lower() in _TRUTH:
            self.conversion = "false and true read as class indices 0 and 1"

    def _are_names(self, example: str, others: Iterator[str], request: ReadRequest) -> bool:
        if request.target_is is not None:
            if not self._labels:
                refuse_names(request)
            return request.target_is == "name"
        if request.settled.by_name is None and example:
            request.settled.by_name = self._are_names_by(chain([example], others))
        return bool(request.settled.by_name)

    def _are_names_by(self, examples: Iterable[str]) -> bool:
        counting = self._values == list(range(len(self._values)))
        if not counting and any(value is not None for value in self._values):
            values = (_value(cell, self._number) for cell in examples)
            return not any(self._is_index(value) and value not in self._index_of_value for value in values)
        for cell in examples:
            value = _value(cell, self._number)
            if value is None or self._is_index(value):
                return cell in self._index and not (counting and cell in self._labels)
        return False

    def _is_index(self, value: float | None) -> bool:
        return value is not None and 0 <= value < len(self._labels) and value == np.floor(value)

    def _is_number(self, example: str) -> bool:
        with contextlib.suppress(InputError):
            self._number(example or "0")
            return True
        return False

    def column(self, cells: Cells, column: int) -> Array:
        """The class indices of a column, shape (rows,) of int64."""
        if not self.in_words:
            with contextlib.suppress(InputError):
                found = self.of_numbers(cells.numbers((column,))[:, 0])
                if found is not None:
                    return found
        return self.cells(cells.texts(column), lambda row, error: cells.refusal(row, column, error))

    def of_numbers(self, values: Array) -> Array | None:
        """The class indices of numbers, shape (rows,) of int64; None where one of them is no target."""
        if values.dtype.kind == "f":
            if not bool((values == np.floor(values)).all() and (np.abs(values) < 2.0**63).all()):
                return self._by_distinct(values) if self.by_name else None
        elif values.dtype == np.uint64 and values.size and int(values.max()) >= 2**63:
            return None
        return self._by_distinct(values) if self.by_name else values.astype(np.int64)

    def _by_distinct(self, values: Array) -> Array | None:
        distinct, codes = np.unique(values, return_inverse=True)
        try:
            indices = [self._named(str(value), float(value)) for value in distinct.tolist()]
        except InputError:
            return None
        return np.array(indices, np.int64)[codes]

    def cells(self, texts: Sequence[str], fail: Callable[[int, InputError], InputError]) -> Array:
        """The class indices of text cells; ``fail`` gives an error of one cell its place."""
        values = np.empty(len(texts), np.int64)
        for row, text in enumerate(texts):
            try:
                values[row] = self._one(text)
            except InputError as error:
                raise fail(row, error) from None
        return values

    def _one(self, cell: str) -> int:
        if self.by_name:
            return self._index[cell] if cell in self._index else self._named(cell, _value(cell, self._number))
        if cell.lower() in _TRUTH:
            return int(_TRUTH[cell.lower()])
        try:
            value = self._number(cell)
        except InputError as error:
            words = self._labels and all(value is None for value in self._values)
            names = f" or a name of {_listed(self._labels)}" if words else ""
            hint = _NAMES_FIRST if cell in self._index else error.hint
            raise InputError(f"expected a class index{names}, got {quoted(cell)}", hint=hint) from None
        if value != np.floor(value) or abs(value) >= 2**63:
            raise InputError(f"expected a class index, got {quoted(cell)}")
        return int(value)

    def _named(self, cell: str, value: float | None) -> int:
        """The index of the class of which this is the value; or a whole number that is no index either."""
        if value in self._index_of_value:
            return self._index_of_value[value]
        if (
            value is not None
            and value == np.floor(value)
            and abs(value) < 2**63
            and not self._is_index(value)
        ):
            return int(value)
        raise InputError(
            f"expected a class name of {_listed(self._labels)}, got {quoted(cell)}",
            hint=_INDICES if self._is_index(value) else "",
        )


def refuse_names(request: ReadRequest) -> None:
    """Refuses to take targets for names where classes have none.

    Raises:
        UsageError: if that was asked for.

    """
    if request.target_is == "name":
        raise UsageError("Expected --target-is index for classes without names, got name.")


_TRUTH = {"true": 1.0, "false": 0.0}
_INDICES = "if targets count the classes from 0: --target-is index"
_NAMES_FIRST = "if targets are the names of classes: --target-is name"


def _value(text: str, number: Callable[[str], float] = number) -> float | None:
    """The number that a target or the name of a class is, if it is one; true is 1."""
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    try:
        return number(text)
    except InputError:
        return None
