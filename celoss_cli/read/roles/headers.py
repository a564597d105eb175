"""What names of columns say of them, and how options choose among them."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, UsageError, listed, quoted
from celoss_cli.core.records import record
from celoss_cli.read.arrow.rows import INTEGERS, TEXT
from celoss_cli.read.roles.labels import affix_of, class_names

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = [
    "CALIBRATED",
    "ID_NAMES",
    "PREDICTED",
    "TARGET_NAMES",
    "WEIGHT_NAMES",
    "Typed",
    "chosen_columns",
    "has_roles",
    "index_columns",
    "one_of",
    "refuse_mixture",
    "refuse_repeated",
    "suited_to_ids",
]

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

ID_NAMES = frozenset(
    [
        *("id", "_id", "uid", "uuid", "guid", "index"),
        *("row_id", "rowid", "record_id", "sample_id", "sampleid", "example_id", "item_id", "object_id"),
        *("doc_id", "document_id", "text_id", "essay_id", "question_id", "image_id", "imageid", "video_id"),
        *("test_id", "case_id", "patient_id", "passengerid", "user_id", "customer_id", "transactionid"),
    ]
)
WEIGHT_NAMES = frozenset(["weight", "sample_weight", "case_weights"])
_INDEX = re.compile(r"Unnamed: 0(\.[0-9]+)*|__index_level_[0-9]+__")
"""How pandas calls an index without a name that it has read, or writes into typed columns."""

_LEVEL = re.compile(r"level_[0-9]+")
"""How pandas calls an index without a name that became a column, and how others call their classes."""

PREDICTED = re.compile(
    r"predicted.*|predictions?|preds?|response|predict|y_?hat|y_pred"
    r"|[._]?pred(iction)?_(class|label|index|idx|id|name)s?|(label|class)_pred|prediction_score|stderr"
)
"""What was predicted, and how sure that is; neither a target nor a class. In lower case."""

CALIBRATED = "cal_"
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


def index_columns(names: Sequence[str], typed: Typed | None) -> list[int]:
    """The columns that pandas made of the index of the rows."""
    known = frozenset() if typed is None else typed.index
    found = [i for i, name in enumerate(names) if _INDEX.fullmatch(name) or name in known]
    found += [0] if names and names[0] == "" else []
    levels = [i for i, name in enumerate(names) if _LEVEL.fullmatch(name)]
    others = (name for i, name in enumerate(names) if i not in {*found, *levels})
    if len(levels) == 1 or any(name.lower() not in TARGET_NAMES | ID_NAMES | WEIGHT_NAMES for name in others):
        found += levels  # else they are the classes
    return sorted({*found})


def suited_to_ids(columns: list[int], typed: Typed | None) -> list[int]:
    return columns if typed is None else typed.among(columns, TEXT | INTEGERS)


def has_roles(names: Sequence[str], typed: Typed | None) -> bool:
    """Whether a header names ids or targets, and not only classes."""
    return bool(index_columns(names, typed)) or any(name.lower() in TARGET_NAMES | ID_NAMES for name in names)


def refuse_repeated(names: Sequence[str], used: Sequence[int]) -> None:
    counts = Counter(names)
    for column in used:
        name = names[column]
        if counts[name] > 1:
            raise InputError(
                f"expected columns with names of their own, got {quoted(name)} {counts[name]} times"
            )


def chosen_columns(names: Sequence[str], pattern: str | None, option: str) -> list[int] | None:
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
                raise UsageError(f"{option}: expected a column of {listed(names)}, got {quoted(wanted)}.")
            columns.extend(matched)
    return list(dict.fromkeys(columns))


def one_of(columns: list[int], names: Sequence[str], option: str) -> int | None:
    if len(columns) > 1:
        raise InputError(
            f"expected one such column, got {listed([names[i] for i in columns])}",
            hint=f"say which: {option} NAME",
        )
    return columns[0] if columns else None


def refuse_mixture(names: Sequence[str], columns: Sequence[int], request: ReadRequest) -> None:
    """Refuses columns that are not named alike, or some of which may be no classes."""
    every = [names[i] for i in columns]
    numbered = _numbered_alike(every)
    odd = [name for name in every if not affix_of(name) and name not in numbered]
    if not odd or len(odd) == len(every):
        odd = _doubtful(every)
    if not odd:
        return
    alike = [name for name in every if name not in odd]
    beside = f"{listed(alike)} beside {listed(odd)}" if alike else listed(odd)
    raise InputError(
        f"expected columns of {request.takes} that are named alike, got {beside}",
        hint="name them: --class-columns NAMES",
    )


def _numbered_alike(names: Sequence[str]) -> set[str]:
    """The names that are numbered in the same way as another: p0, p1."""
    stems = {name: found[1] for name in names if (found := _NUMBERED.fullmatch(name))}
    counts = Counter(stems.values())
    return {name for name, stem in stems.items() if counts[stem] > 1}


def _doubtful(names: Sequence[str]) -> list[str]:
    """The names, of several, that may be of something else than a class."""
    if len(names) < 2:
        return []
    labels = zip(names, class_names(names), strict=True)
    return [name for name, label in labels if name.lower() in _BOOKKEEPING or label.lower() in _STATISTICS]
