"""Which columns hold the targets.

1. those that an option names; 2. those whose names say so, whole names before words; then, in ``unnamed``:
3. the only column that speaks of no prediction whose values are the names of the classes; 4. the only other
column whose values are class indices, 0 or 1, or two texts. A decision that was made for a class is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, listed
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.groups import alike, predicting, targeting

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["SHOWN_COLUMNS", "but_groups", "by_name", "is_constant", "of_several"]

_WHOLE_NAME = "named so"
_WORD = "a word of its name says so"
SHOWN_COLUMNS = 4


def by_name(evidence: Evidence) -> Found:
    """The columns that options or their names make targets; none where no name does.

    Raises:
        InputError: for the answers of svm-predict, and for an option that takes the target.

    """
    chosen = evidence.chosen["target"]
    if chosen is not None:
        return Found((Candidate(tuple(chosen), "named by --target-column", inferred=False),))
    columns = evidence.columns
    others = (i for i in range(len(columns)) if i not in evidence.taken and not columns[i].is_index)
    free = [i for i in others if not evidence.is_answer(i)]
    ranked = {rank: [i for i in free if columns[i].says.target == rank] for rank in (3, 2, 1)}
    if ranked[3] == [0] and evidence.is_libsvm:
        raise InputError(
            'expected targets, got "labels" before columns named by numbers, which is what '
            "svm-predict predicted",
            hint="give the truth: --targets VALUES; or --target-column labels",
        )
    if ranked[3]:
        found = _possible(evidence, but_groups(evidence, ranked[3]))
        return of_several(evidence, found, _WHOLE_NAME, inferred=False)
    paired = _paired(evidence, free)
    if paired is not None:
        return Found((paired,))
    grouped = {i for group in alike(columns, free) for i in group.columns}
    ranked[2] = [i for i in ranked[2] if i not in grouped or not columns[i].is_number]
    for rank in (2, 1):
        likely = [i for i in ranked[rank] if not is_constant(evidence, i)]
        if likely:
            return of_several(evidence, _possible(evidence, but_groups(evidence, likely)), _WORD)
    _refuse_taken(evidence)
    return Found(())


def is_constant(evidence: Evidence, i: int) -> bool:
    """Whether a value is the same in every one of several rows: the name of an answer, say."""
    values = evidence.columns[i].values
    return len(values.texts) > 1 and len(values.distinct) == 1


def but_groups(evidence: Evidence, candidates: Sequence[int]) -> Sequence[int]:
    """Those that an option does not name as the groups of rows; all where there is no other."""
    groups = evidence.chosen["group"] or ()
    return [i for i in candidates if i not in groups] or candidates


def _possible(evidence: Evidence, candidates: Sequence[int]) -> list[int]:
    """Those whose values the loss can take as targets; all where none is of that kind."""

    def can_be(i: int) -> bool:
        column = evidence.columns[i]
        if evidence.wanted.per_class:
            return column.stored == "list" or not column.is_number or column.values.are_whole
        return column.is_number or column.values.are_truth or len(column.values.distinct) <= 2

    return [i for i in candidates if can_be(i)] or list(candidates)


def of_several(evidence: Evidence, found: Sequence[int], why: str, *, inferred: bool = True) -> Found:
    """The one column, or that of several that say the same of every row."""
    best = _in_order(evidence, found) if len(found) > 1 else found
    candidates = tuple(Candidate((i,), why, inferred=inferred) for i in best[:SHOWN_COLUMNS])
    if len(best) < 2:
        return Found(candidates)
    if all(_are_twins(evidence, best[0], i) for i in best[1:]):
        told = listed([evidence.names[i] for i in best[1:]])
        return Found((Candidate((best[0],), f"{why}; {told} says the same of every row", inferred=inferred),))
    return Found(candidates, f"one column of targets, got {listed([evidence.names[i] for i in found])}")


def _are_twins(evidence: Evidence, one: int, two: int) -> bool:
    """Whether two columns are one target in two spellings; of one spelling only where all rows are seen."""
    a, b = evidence.columns[one].values, evidence.columns[two].values
    return evidence.agree(one, two) and (evidence.wanted.whole or a.are_texts != b.are_texts)


def _in_order(evidence: Evidence, found: Sequence[int]) -> list[int]:
    """The likeliest first: names of classes for classes, 0 and 1 for single values."""
    labels = {name for i, name in enumerate(evidence.names) if evidence.columns[i].is_number}
    for group in predicting(evidence.columns, evidence.free_numbers(found)):
        labels.update(group.labels)

    def unlikely(i: int) -> bool:
        if not evidence.wanted.per_class:
            return evidence.columns[i].values.are_texts
        return not (evidence.columns[i].values.are_texts and evidence.names_all(evidence.texts_of(i), labels))

    return sorted(found, key=unlikely)


def _paired(evidence: Evidence, free: Iterable[int]) -> Candidate | None:
    """Columns of targets, one for each class of a group of predictions, or of plain numbers, by label."""
    numbers = [i for i in free if evidence.columns[i].is_number]
    soft = [i for i in numbers if not evidence.is_decision(i)]
    inputs = predicting(evidence.columns, soft)
    for group in targeting(evidence.columns, numbers):
        labels = {label.casefold() for label in group.labels}
        plain = {evidence.names[i].casefold() for i in soft if i not in group.columns}
        if labels <= plain or any({label.casefold() for label in other.labels} == labels for other in inputs):
            return Candidate(group.columns, "named as the columns of the input", group.affix)
    marks = [i for i in numbers if evidence.columns[i].values.are_binary and not evidence.is_prediction(i)]
    for group in alike(evidence.columns, marks):
        if any({*group.labels} == {*other.labels} for other in inputs if not {*other.columns} & {*marks}):
            return Candidate(group.columns, "0 and 1, named as the columns of the input", group.affix)
    return None


def _refuse_taken(evidence: Evidence) -> None:
    """Refuses an option that takes the column which is the target by its name."""
    for role, option in (
        ("classes", "--class-columns"),
        ("id", "--id-column"),
        ("weight", "--weight-column"),
    ):
        taken = [
            evidence.names[i] for i in evidence.chosen[role] or () if evidence.columns[i].says.target == 3
        ]
        if taken:
            raise InputError(
                f"expected a column of targets, got {listed(taken)}, which {option} takes",
                hint="leave it out there, or give the targets apart: --targets @FILE",
            )
