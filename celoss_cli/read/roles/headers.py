"""What names of columns say of them, and how options choose among them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from celoss_cli.core.records import record
from celoss_cli.read.arrow.rows import INTEGERS, TEXT

__all__ = [
    "ID_NAMES",
    "TARGET_NAMES",
    "WEIGHT_NAMES",
    "Typed",
    "has_roles",
    "index_columns",
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
