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
from celoss_cli.sources.rows import INTEGERS, NUMBERS, TEXT, WORDS

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
    "TruthColumns",
    "Typed",
    "has_roles",
    "in_natural_order",
    "map_columns",
    "paired",
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

_ID = frozenset(
    [
        *("id", "_id", "uid", "uuid", "guid", "index"),
        *("row_id", "rowid", "record_id", "sample_id", "sampleid", "example_id", "item_id", "object_id"),
        *("doc_id", "document_id", "text_id", "essay_id", "question_id", "image_id", "imageid", "video_id"),
        *("test_id", "case_id", "patient_id", "passengerid", "user_id", "customer_id", "transactionid"),
    ]
)
_WEIGHT = frozenset(["weight", "sample_weight", "case_weights"])
_INDEX = re.compile(r"Unnamed: 0(\.[0-9]+)*|__index_level_[0-9]+__")
"""How pandas calls an index without a name that it has read, or writes into typed columns."""

_LEVEL = re.compile(r"level_[0-9]+")
"""How pandas calls an index without a name that became a column, and how others call their classes."""

_NEVER = re.compile(
    r"predicted.*|predictions?|preds?|response|predict|y_?hat|y_pred"
    r"|[._]?pred(iction)?_(class|label|index|idx|id|name)s?|(label|class)_pred|prediction_score|stderr"
)
"""What was predicted, and how sure that is; neither a target nor a class. In lower case."""

_CALIBRATED = "cal_"
"""Put by H2O before the name of a class's column for the same calibrated."""

_BOOKKEEPING = frozenset(
    [
        *("fold", "folds", "cv_fold", "kfold", "split", "epoch", "confidence", "uncertainty"),
        *("loss", "log_loss", "logloss", "nll", "max_prob"),
    ]
)
_STATISTICS = frozenset(["max", "min", "mean", "median", "std", "var", "sum", "entropy", "margin", "argmax"])
"""Names, also after an affix, that tell of all classes together more often than of one."""

_NUMBERED = re.compile(r"([a-z]|logits?|probs?|proba|scores?|preds?|out|output|cls)[0-9]+", re.IGNORECASE)
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
class Typed:
    """What is known of typed columns beyond their names.

    Attributes:
        kinds: the type of each column's values, as ``rows.kind_of`` names it.
        index: the names of the columns that pandas calls the index of the rows.

    """

    kinds: Sequence[str]
    index: frozenset[str] = frozenset()

    def among(self, columns: Sequence[int], kinds: frozenset[str]) -> list[int]:
        """Those columns whose values are of one of these types."""
        return [column for column in columns if self.kinds[column] in kinds]


@record(frozen=True, slots=True)
class TruthColumns:
    """Which columns of a table of targets are used.

    Attributes:
        names: the header.
        id: the column of ids, or None where rows are joined by position.
        target: one column, or one for each class.
        unused: the rest.

    """

    names: tuple[str, ...]
    id: int | None
    target: tuple[int, ...]
    unused: tuple[int, ...]

    @property
    def row_id(self) -> str | None:
        """The name of the column of ids."""
        return None if self.id is None else self.names[self.id]

    def named(self, columns: Sequence[int]) -> list[str]:
        return [self.names[column] for column in columns]


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
    row_id = _one_of(roles.ids(), names, "--id-column")
    weight = _one_of(roles.of("weight", _WEIGHT), names, "--weight-column")
    group = _one_of(roles.chosen["group"] or [], names, request.columns.group_option)
    known = {*target, *(i for i in (row_id, weight) if i is not None)}
    grouping = {i for i in (group,) if i is not None} - known
    inputs = roles.inputs(known | grouping)
    overlap = known.intersection(inputs)
    if overlap:
        raise UsageError(f"Expected a column to play one role, got {quoted(names[min(overlap)])} twice.")
    if truth is not None and request.columns.classes is None and not positions:
        _refuse_what_truth_has(truth, [names[i] for i in inputs])
    labels = () if positions else _labels([names[i] for i in inputs])
    mapping = Mapping(
        names=tuple(names),
        target=paired(names, target, labels),
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
        self.chosen = {role: _chosen(names, pattern, option) for role, pattern, option in patterns}
        self._taken = {column for columns in self.chosen.values() if columns for column in columns}
        self._typed = typed
        self._index = [i for i in _index_columns(names, typed) if i not in self._taken]
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
        return self.of("id", _ID) or _suited_to_ids(self._index, self._typed)

    def _is_predicted(self, column: int) -> bool:
        """Whether a column speaks of predictions, and is neither a target nor a class."""
        name = self._names[column]
        calibrated = name.startswith(_CALIBRATED) and name.removeprefix(_CALIBRATED) in self._names
        return calibrated or _NEVER.fullmatch(self._lowered[column]) is not None

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
            rest = (i for i in range(len(self._names)) if i not in others | roles | {*self._index})
            columns = [i for i in rest if not self._is_predicted(i)]
            if self._typed is not None:
                words = self._typed.among(columns, WORDS)
                columns = [i for i in columns if i not in words]
            _refuse_mixture(self._names, columns, self._request)
        if not columns:
            raise InputError(
                f"expected columns of {self._request.takes}, got {_listed(self._names)}",
                hint="name them: --class-columns NAMES",
            )
        return columns


def _predicted_by_libsvm(names: Sequence[str]) -> bool:
    """Whether this is the header that svm-predict -b 1 writes: its answers, then a column a label."""
    return names[0] == "labels" and all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names[1:])


def _index_columns(names: Sequence[str], typed: Typed | None) -> list[int]:
    """The columns that pandas made of the index of the rows."""
    known = frozenset() if typed is None else typed.index
    found = [i for i, name in enumerate(names) if _INDEX.fullmatch(name) or name in known]
    found += [0] if names and names[0] == "" else []
    levels = [i for i, name in enumerate(names) if _LEVEL.fullmatch(name)]
    others = (name for i, name in enumerate(names) if i not in {*found, *levels})
    if len(levels) == 1 or any(name.lower() not in TARGET_NAMES | _ID | _WEIGHT for name in others):
        found += levels  # else they are the classes
    return sorted({*found})


def _suited_to_ids(columns: list[int], typed: Typed | None) -> list[int]:
    return columns if typed is None else typed.among(columns, TEXT | INTEGERS)


def has_roles(names: Sequence[str], typed: Typed | None) -> bool:
    """Whether a header names ids or targets, and not only classes."""
    return bool(_index_columns(names, typed)) or any(name.lower() in TARGET_NAMES | _ID for name in names)


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
            f"got {_listed(further)}",
            hint="name what the rows are joined by: --id-column NAME; by position: --target-column NAME",
        )
    _refuse_repeated(names, (*target, *(() if row_id is None else (row_id,))))
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
        self._target = _chosen(names, choice.target, "--target-column")
        self._id = _chosen(names, choice.id, "--id-column") if choice.id in names else None
        self._input_has_ids = choice.id is not None
        taken = self._target or []
        self.index = [i for i in _index_columns(names, typed) if i not in taken]
        self._listed = [i for i, name in enumerate(self._lowered) if name in _ID and i not in taken]

    def id(self, others: Sequence[str]) -> int | None:
        """The column of ids: the one that is named so, or that the header of the input has too."""
        if self._id is not None:
            return _one_of(self._id, self._names, "--id-column")
        shared = self._shared(others)
        if self._listed:
            both = [i for i in self._listed if i in shared]
            return _one_of(both or self._listed, self._names, "--id-column")
        if self._input_has_ids:
            shared = []
        if len(shared) > 1:
            raise InputError(
                "expected one column of ids among those that the input has too, "
                f"got {_listed([self._names[i] for i in shared])}",
                hint="say which: --id-column NAME",
            )
        return _one_of(shared or _suited_to_ids(self.index, self._typed), self._names, "--id-column")

    def target(self, row_id: int | None) -> list[int]:
        """The column of targets; or where all are numbers and none is named, one for each class."""
        target = self._target if self._target is not None else self._by_name(row_id)
        if not target and row_id is None and self._are_classes():
            return list(range(len(self._names)))
        if len(target) == 1 or (self._target and self._are_numbers(self._target)):
            return target
        others = [i for i in range(len(self._names)) if i != row_id]
        raise InputError(
            f"expected one column of targets, got {_listed([self._names[i] for i in target or others])}",
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


def _refuse_what_truth_has(truth: TruthColumns, inputs: Sequence[str]) -> None:
    """Refuses columns of the input that may as well be copies of the table of targets."""
    copied = [name for name in truth.named(truth.unused) if name in inputs]
    if len(inputs) > 1 and len(truth.target) == 1:
        copied += [name for name in truth.named(truth.target) if name in inputs]
    if copied:
        raise InputError(
            f"expected columns that the table of targets has not, got {_listed(copied)}",
            hint="if they are classes: --class-columns NAMES",
        )


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


def _refuse_mixture(names: Sequence[str], columns: Sequence[int], request: ReadRequest) -> None:
    """Refuses columns that are not named alike, or some of which may be no classes."""
    every = [names[i] for i in columns]
    odd = [name for name in every if not _affix(name) and name not in _numbered_alike(every)]
    if not odd or len(odd) == len(every):
        odd = _doubtful(every)
    if not odd:
        return
    alike = [name for name in every if name not in odd]
    beside = f"{_listed(alike)} beside {_listed(odd)}" if alike else _listed(odd)
    raise InputError(
        f"expected columns of {request.takes} that are named alike, got {beside}",
        hint="name them: --class-columns NAMES",
    )


def _numbered_alike(names: Sequence[str]) -> list[str]:
    """The names that are numbered in the same way as another: p0, p1."""
    stems = {name: found[1] for name in names if (found := _NUMBERED.fullmatch(name))}
    counts = Counter(stems.values())
    return [name for name, stem in stems.items() if counts[stem] > 1]


def _doubtful(names: Sequence[str]) -> list[str]:
    """The names, of several, that may be of something else than a class."""
    if len(names) < 2:
        return []
    labels = zip(names, _labels(names), strict=True)
    return [name for name, label in labels if name.lower() in _BOOKKEEPING or label.lower() in _STATISTICS]


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


def paired(names: Sequence[str], target: Sequence[int], labels: Sequence[str]) -> tuple[int, ...]:
    """The columns of targets in the order of the classes, where their names say which is whose.

    Raises:
        InputError: if some of them are named as classes are, and others are not.

    """
    if len(target) < 2:
        return tuple(target)
    named = _labels([names[i] for i in target])
    column_of = dict(zip(named, target, strict=True))
    if set(column_of) == set(labels):
        return tuple(column_of[label] for label in labels)
    if {name.casefold() for name in named} & {label.casefold() for label in labels}:
        odd = [name for name in named if name not in labels]
        without = [label for label in labels if label not in column_of]
        got = [*([_listed(odd)] if odd else []), *([f"none for {_listed(without)}"] if without else [])]
        raise InputError(
            f"expected columns of targets named as the classes, got {' and '.join(got)}",
            hint="choose them: --class-columns NAMES, --target-column NAMES",
        )
    return tuple(target)


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
    _refuse_repeated(mapping.names, mapping.used)


def _refuse_repeated(names: Sequence[str], used: Sequence[int]) -> None:
    counts = Counter(names)
    for column in used:
        name = names[column]
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
