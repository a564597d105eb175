"""What is known of every column of a table before roles are given."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.read.roles.naming import chosen_columns, only_named
from celoss_cli.read.roles.words import INPUT_KEYS

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.roles.column import Column
    from celoss_cli.read.roles.found import Found, Wanted

__all__ = ["Evidence", "Search", "adds_up"]

_LEVEL = re.compile(r"level_[0-9]+")
_CALIBRATED = "cal_"
"""Put by H2O before the name of a class's column for the same calibrated."""

_SINGLE, _HALF = 2.0**-23, 2.0**-11


class Evidence:
    """The columns, and which of them may be what.

    Attributes:
        columns: in the order of the header.
        wanted: what they are looked at for.
        chosen: the columns that an option names, by role, or None; as the input also a column of lists.
        why_chosen: what speaks for that input.
        taken: all of these.

    """

    def __init__(self, columns: Sequence[Column], wanted: Wanted) -> None:
        """Reads the options.

        Raises:
            InputError: for several columns of lists which are named as an input is.
            UsageError: if one of the options names no column.

        """
        self.columns = columns
        self.wanted = wanted
        self.names = [column.name for column in columns]
        choice = wanted.choice
        patterns = (
            ("target", None if wanted.elsewhere else choice.target, "--target-column"),
            ("classes", choice.classes, "--class-columns"),
            ("id", choice.id, "--id-column"),
            ("weight", choice.weight or None, "--weight-column"),
            ("predicted", choice.predicted, "--predicted-column"),
            ("group", choice.group, choice.group_option),
        )
        self.chosen = {
            role: chosen_columns(self.names, pattern, option) for role, pattern, option in patterns
        }
        self.why_chosen = "named by --class-columns"
        if choice.classes is None:
            lists = [column.name for column in columns if column.stored == "list"]
            if (found := only_named(lists, INPUT_KEYS, "input", "--class-columns")) is not None:
                self.chosen["classes"] = [self.names.index(found)]
                self.why_chosen = "a list for each row, named so"
        self.taken = {
            column
            for role, columns in self.chosen.items()
            if columns and role != "group"
            for column in columns
        }

    # ------------------------------------------------------------------------------- kinds of columns

    @cached_property
    def keys(self) -> list[int]:
        """The columns that name the rows, the likeliest first."""
        found = [(-self._key(i), i) for i in range(len(self.columns)) if self._key(i) and i not in self.taken]
        return [i for _, i in sorted(found)]

    @cached_property
    def _key_set(self) -> frozenset[int]:
        return frozenset(self.keys)

    def is_key(self, i: int) -> bool:
        """Whether a column names the rows."""
        return i in self._key_set

    def _key(self, i: int) -> int:
        column = self.columns[i]
        if self.wanted.joined is not None and column.name == self.wanted.joined:
            return 9
        if self._ids_are_renamed and self._holds_ids(i):
            return 8
        if column.is_index or (column.name == "" and i == 0):
            return 1
        if column.name == "":
            return 0
        if _LEVEL.fullmatch(column.name):
            return int(not self._levels_are_classes)
        return column.says.key

    @cached_property
    def _ids_are_renamed(self) -> bool:
        """Whether the ids of the targets' table have a name that no column here has."""
        return self.wanted.joined is not None and self.wanted.joined not in self.names

    def _holds_ids(self, i: int) -> bool:
        """Whether values are ids of the targets' table, each once."""
        values = self.columns[i].values
        are_ids = values.are_texts and values.are_unique and len(values.texts) > 1
        return are_ids and all(text in self.wanted.ids for text in values.texts)

    @cached_property
    def _levels_are_classes(self) -> bool:
        """Whether columns that are called as pandas calls an index are those of classes."""
        levels = [column for column in self.columns if _LEVEL.fullmatch(column.name)]
        names = {column.name for column in levels}
        others = [c for c in self.columns if c.name not in names and not (c.says.target or c.says.key)]
        return len(levels) > 1 and not any(c.is_number and not c.says.weight for c in others)

    def is_prediction(self, i: int) -> bool:
        """Whether the name speaks of predictions, whatever the values are."""
        says = self.columns[i].says
        return bool(says.takes) or says.confident

    def is_decision(self, i: int) -> bool:
        """Whether this may be the class that was decided for, and no number that says how likely it is."""
        column, says = self.columns[i], self.columns[i].says
        if not says.takes or column.is_empty:
            return says.decided
        values = column.values
        whole = values.are_truth or (values.numbers is not None and values.are_whole)
        return says.decided or not column.is_number or whole

    def is_copy(self, i: int) -> bool:
        """Whether this is H2O's calibrated twin of another column."""
        name = self.names[i]
        return name.startswith(_CALIBRATED) and self._begins(name.removeprefix(_CALIBRATED), whole=True)

    def is_confidence(self, i: int) -> bool:
        """Whether this is how sure a decision is: by its name, or as PyCaret calls it."""
        pycaret = self.names[i] == "prediction_score" and "prediction_label" in self.names
        return pycaret or self.columns[i].says.confident

    def is_answer(self, i: int) -> bool:
        """Whether a tool writes its decisions under this name: CatBoost's Class, SAS's I_ and _INTO_."""
        name = self.names[i]
        if self.columns[i].says.target == 1:  # mlr3 calls what it predicted so, H2O the truth
            return self._predicts and not self._has_decisions
        if name == "Class":
            catboost = self._begins("Probability:Class=") or self._begins("RawFormulaVal")
            if catboost and self._begins("Label", whole=True):
                return True
        if name == "_INTO_" and self._begins("_FROM_", whole=True):  # PROC LOGISTIC
            return True
        if name.startswith("I_"):
            subject = name[2:]
            if self._begins(f"F_{subject}", whole=True) or self._begins(f"P_{subject}"):
                return True
        return self._begins(f"{name} (")  # Orange: species (setosa)

    @cached_property
    def _predicts(self) -> bool:
        """Whether the name of any column speaks of predictions."""
        return any(column.says.takes for column in self.columns)

    @cached_property
    def _has_decisions(self) -> bool:
        """Whether a column that speaks of predictions holds the classes decided for."""
        every = range(len(self.columns))
        return any(self.is_decision(i) and not self.columns[i].is_empty for i in every)

    def is_list(self, i: int) -> bool:
        """Whether every cell of a text column is a list: the names of all classes, say, and no target."""
        column = self.columns[i]
        return column.stored in ("", "text") and column.values.are_lists

    def is_constant(self, i: int) -> bool:
        """Whether a value is the same in every one of several rows: the name of an answer, say."""
        values = self.columns[i].values
        return len(values.texts) > 1 and len(values.distinct) == 1

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.names)

    def _begins(self, start: str, *, whole: bool = False) -> bool:
        """Whether the name of a column begins so, or is this."""
        at = bisect_left(self._sorted, start)
        found = self._sorted[at] if at < len(self.names) else ""
        return found == start if whole else found.startswith(start)

    @cached_property
    def is_libsvm(self) -> bool:
        """Whether this is the header that svm-predict -b 1 writes: its answers, then a column a label."""
        names = self.names
        numbers = all(re.fullmatch(r"[+-]?[0-9]+", name) for name in names[1:])
        return len(names) > 2 and names[0] == "labels" and numbers

    def free_numbers(self, others: Iterable[int] = ()) -> list[int]:
        """The columns of numbers that have no other role by option, or by a name that leaves no doubt."""
        without = {*self.taken, *others, *self.keys}
        numbers = (i for i, c in enumerate(self.columns) if c.is_number and not c.says.weight)
        free = [i for i in numbers if i not in without and not self.is_copy(i)]
        return self.but_groups(free, 2 if self.wanted.per_class else 1)

    def but_groups(self, columns: list[int], least: int = 1) -> list[int]:
        """Those that no option names as the groups of rows; all where fewer than ``least`` are left."""
        groups = self.chosen["group"] or ()
        left = [i for i in columns if i not in groups]
        return left if len(left) >= least else columns

    @cached_property
    def weights(self) -> list[int]:
        """The columns that are, or may be, weights of the rows."""
        free = (i for i in range(len(self.columns)) if i not in self.taken)
        named = [i for i in free if self.columns[i].says.weight]
        sure = [i for i in named if self.columns[i].says.weight > 1]
        return sure or [i for i in named if self.columns[i].is_number]

    def plain(self, numbers: Iterable[int]) -> list[int]:
        """Those of some numbers whose names say neither prediction, target nor anything else."""
        return [
            i
            for i in numbers
            if not self.is_prediction(i)
            and self.columns[i].says.target in (0, 2)
            and not self.certainly_other(i)
        ]

    def certainly_other(self, i: int) -> bool:
        """Whether the name says something else, and the values agree: a fold, an epoch, a feature."""
        column = self.columns[i]
        return bool(column.says.other) and (column.values.are_whole or "feature" in column.says.other)

    def certainly_recorded(self, i: int) -> bool:
        """Whether a name says how the row was made, or a statistic: a fold, an epoch, a loss."""
        other = self.columns[i].says.other
        return bool(other) and "feature" not in other

    # ------------------------------------------------------------------------------------- the values

    def texts_of(self, i: int) -> tuple[str, ...]:
        """The different values, as the names of classes that they stand for."""
        meaning = self.wanted.class_map
        return tuple(dict.fromkeys(meaning.get(text, text) for text in self.columns[i].values.distinct))

    def texts_of_first(self, found: Found) -> tuple[str, ...]:
        """The different values of the likeliest column of what was found; none of several columns."""
        columns = found.candidates[0].columns if found.candidates else ()
        return self.texts_of(columns[0]) if len(columns) == 1 else ()

    def adds_up(self, columns: Sequence[int]) -> bool | None:
        """Whether the columns add up to 1 in every one of the first rows; None where no row tells."""
        values = [self.columns[i].values for i in columns]
        numbers = [v.numbers for v in values if v.numbers is not None]
        rows = set(values[0].rows).intersection(*(v.rows for v in values))
        if len(numbers) < len(values) or not rows:
            return None
        seen = [
            found if len(found) == len(rows) else found[[row in rows for row in v.rows]]
            for found, v in zip(numbers, values, strict=True)
        ]
        return adds_up(np.stack(seen), (v.digits for v in values))

    def are_fractions(self, columns: Sequence[int]) -> bool:
        return all(self.columns[i].values.are_fractions for i in columns)

    def agree(self, one: int, two: int) -> bool:
        """Whether two columns say the same of every row, in words of their own."""
        a, b = self.columns[one].values, self.columns[two].values
        if a.rows != b.rows or len(a.texts) < 2:
            return False
        if not (a.are_texts or b.are_texts) and not (a.are_whole and b.are_whole):
            return self.equal(one, two)  # values that never recur agree with any others
        pairs = set(zip(a.texts, b.texts, strict=True))
        return len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs}) > 1

    def equal(self, one: int, two: int) -> bool:
        """Whether two columns hold the same numbers."""
        a, b = self.columns[one].values, self.columns[two].values
        if a.numbers is None or b.numbers is None or a.rows != b.rows or not a.rows:
            return False
        return bool((a.numbers == b.numbers).all())


class Search:
    """What the searches for the input of either kind of loss begin with: the numbers that may be it.

    Args:
        evidence: of the columns.
        target: the columns of targets as far as they are known.
        targets: the different targets among the first rows, or none.

    Attributes:
        evidence, names, target, targets: these, and the names of the columns.
        free: the numbers without another role.
        numbers: those of them that are no decisions by their names.
        confident: those of these that say how sure a prediction is.

    """

    def __init__(self, evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> None:
        self.evidence = evidence
        self.names = evidence.names
        self.target = target
        self.targets = targets
        self.free = evidence.free_numbers(target)
        self.numbers = [i for i in self.free if not evidence.columns[i].says.decided]
        self.confident = [i for i in self.numbers if evidence.is_confidence(i)]


def adds_up(values: Array, digits_of: Iterable[int]) -> bool:
    """Whether the columns of probabilities add up to 1: half a unit of the last digit each, or of the type.

    Args:
        values: shape (classes, rows).
        digits_of: each column, after the decimal mark.

    """
    if not ((values >= -1e-6) & (values <= 1 + 1e-6)).all():
        return False
    digits = max(digits_of)
    is_half = bool((values == values.astype(np.float16)).all()) and digits > 3
    written = 0.5 * 10.0**-digits if digits else 0.0
    slack = max(written, _SINGLE, _HALF if is_half else 0.0)
    return bool((np.abs(values.sum(axis=0) - 1) <= 1.001 * slack * len(values)).all())
