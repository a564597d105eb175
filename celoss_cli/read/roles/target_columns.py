"""Which columns hold the targets.

1. those that an option names; 2. those whose names say so, whole names before words; 3. the only column that
speaks of no prediction whose values are the names of the classes; 4. the only other column whose values are
class indices, 0 or 1, or two texts. A decision that was made for a class is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, listed
from celoss_cli.read.roles.column import KnownNames
from celoss_cli.read.roles.found import POSITIVE, Candidate, Found
from celoss_cli.read.roles.groups import alike, initials, labels_of, predicting, spellings_of, targeting
from celoss_cli.read.roles.inputs import input_of

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence

__all__ = ["by_name", "by_position", "by_values"]

_WHOLE_NAME = "named so"
_WORD = "a word of its name says so"
_SHOWN_COLUMNS = 4
_ENOUGH = 4
"""So many rows show that a text is the same in all of them by more than chance."""


_STEM = 4
"""So many letters of a word say what it is, whatever ends it."""


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
    free = [i for i in others if not evidence.is_answer(i) and not evidence.is_list(i)]
    ranked = {rank: [i for i in free if columns[i].says.target == rank] for rank in (3, 2, 1)}
    if ranked[3] == [0] and evidence.is_libsvm:
        raise InputError(
            'expected targets, got "labels" before columns named by numbers, which is what '
            "svm-predict predicted",
            hint="give the truth: --targets VALUES; or --target-column labels",
        )
    if ranked[3]:
        found = _possible(evidence, _but_constant(evidence, evidence.but_groups(ranked[3])))
        return of_several(evidence, found, _WHOLE_NAME, inferred=False)
    paired = _paired(evidence, free)
    if paired is not None:
        return Found((paired,))
    grouped = {i for group in alike(columns, free) for i in group.columns}
    ranked[2] = [i for i in ranked[2] if i not in grouped or not columns[i].is_number]
    for rank in (2, 1):
        likely = [i for i in ranked[rank] if not evidence.is_constant(i)]
        if likely:
            return of_several(evidence, _possible(evidence, evidence.but_groups(likely)), _WORD)
    _refuse_taken(evidence)
    return Found(())


def _but_constant(evidence: Evidence, candidates: Sequence[int]) -> list[int]:
    """Those that are not one text in all of several rows; all where none differs, or rows are left unseen."""

    def is_one_text(i: int) -> bool:
        values = evidence.columns[i].values
        return evidence.is_constant(i) and values.are_texts and len(values.texts) >= _ENOUGH

    return [i for i in candidates if not (evidence.wanted.whole and is_one_text(i))] or list(candidates)


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
    candidates = tuple(Candidate((i,), why, inferred=inferred) for i in best[:_SHOWN_COLUMNS])
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

    known = KnownNames(labels)

    def unlikely(i: int) -> bool:
        are_texts = evidence.columns[i].values.are_texts
        return (
            not (are_texts and known.have(evidence.texts_of(i))) if evidence.wanted.per_class else are_texts
        )

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


# ------------------------------------------------------------------------ by their place and values


def by_values(evidence: Evidence) -> tuple[Found, Found]:
    """Targets and input where no name tells the targets: first the input, for what the targets may be."""
    named = _named_by_classes(evidence) if evidence.wanted.per_class else None
    if named is not None:
        return named
    possible = _targets_by_values(evidence)
    likely = [i for candidate in possible.candidates for i in candidate.columns]
    texts = () if possible.expected else evidence.texts_of_first(possible)
    inputs = input_of(evidence, *((), ()) if evidence.wanted.per_class else (likely, texts))
    only = inputs.only
    if only is None:
        likeliest = next(iter(inputs.candidates), None)
        if likeliest is not None and len(likeliest.columns) > 1 and not likeliest.command:
            possible = _targets_by_values(evidence, likeliest.columns)
        return _unsettled(evidence, possible), inputs
    target = _targets_by_values(evidence, only.columns)
    takes = any(evidence.columns[i].says.takes for i in only.columns)
    strong = takes or not only.inferred or only.why.startswith(POSITIVE)
    if target.only is not None and strong:
        again = input_of(evidence, target.only.columns, evidence.texts_of_first(target))
        return target, again
    return _unsettled(evidence, target), inputs


def _named_by_classes(evidence: Evidence) -> tuple[Found, Found] | None:
    """The targets and the classes where the values of one column are the names of others."""
    pairs = []
    classes = [KnownNames(labels) for labels in _labels(evidence)]
    for i, column in enumerate(evidence.columns):
        texts = evidence.texts_of(i)
        is_free = i not in evidence.taken and not evidence.is_key(i) and not evidence.is_prediction(i)
        if (
            is_free
            and not evidence.is_answer(i)
            and not evidence.is_list(i)
            and column.values.are_texts
            and texts
        ):
            pairs += [i] if any(known.have(texts) for known in classes) else []
    if not pairs:
        return None
    every = [label for labels in _labels(evidence, *pairs) for label in labels]
    found = _targets_by_values(evidence, labels=every)
    return (found, input_of(evidence, pairs, evidence.texts_of_first(found))) if found.candidates else None


def _labels(evidence: Evidence, *without: int) -> list[Sequence[str]]:
    """The names that classes may have: those of all numbers, and of the groups among them."""
    numbers = evidence.free_numbers(without)
    groups = [*predicting(evidence.columns, numbers), *alike(evidence.columns, numbers)]
    names = [[evidence.names[i] for i in group.columns] for group in groups]
    cut = [[*group.labels, *spellings_of(each)] for group, each in zip(groups, names, strict=True)]
    return [[evidence.names[i] for i in numbers], *cut]


def _unsettled(evidence: Evidence, found: Found) -> Found:
    """Targets that are only likely."""
    return Found(found.candidates, found.expected or f"a column of targets, got {listed(evidence.names)}")


def by_position(evidence: Evidence) -> Found:
    """The last column of a table without a header, if its values can be targets and no other's can."""
    last = len(evidence.columns) - 1
    if evidence.wanted.has_names or last < 1 or last in evidence.taken:
        return Found(())
    free = (i for i in range(last + 1) if i not in evidence.taken)
    answers = [i for i in free if _are_answers(evidence, i, max(last, 2))]
    if answers != [last] or evidence.is_constant(last):
        return Found(())
    return Found((Candidate((last,), "the last column, and the only one whose values can be targets"),))


def _targets_by_values(evidence: Evidence, inputs: Sequence[int] = (), labels: Sequence[str] = ()) -> Found:
    """The columns that may be targets by their values; the only one is it.

    Args:
        evidence: of the columns.
        inputs: the columns of the loss's input.
        labels: the names of the classes; by default those of the input.

    """
    columns, others = evidence.columns, {*inputs, *evidence.taken}
    names = [evidence.names[i] for i in inputs]
    labels = labels_of(names) if names else labels
    free = [
        i
        for i, column in enumerate(columns)
        if i not in others
        and not evidence.is_key(i)
        and not evidence.is_prediction(i)
        and not column.is_empty
        and not column.says.weight
        and not evidence.is_answer(i)
        and not evidence.is_list(i)
    ]
    free = evidence.but_groups(free)
    spelled = [*labels, *spellings_of(names)]
    texts = [i for i in free if columns[i].values.are_texts or _exceed(evidence, i, len(labels))]
    known = KnownNames(spelled)
    named = [i for i in texts if known.have(evidence.texts_of(i)) or _are_mapped(evidence, i)]
    if named:
        return of_several(evidence, named, "its values are the names of the classes")
    answers = [i for i in free if _are_answers(evidence, i, max(len(inputs), 2))]
    answers = [i for i in answers if not evidence.is_constant(i) and not evidence.certainly_recorded(i)]
    counted = not evidence.wanted.per_class or all(label.isdecimal() for label in labels)
    if counted and len(answers) == 1 and _is_meant(evidence, answers[0], inputs):
        return Found((Candidate((answers[0],), "the only other column whose values can be targets"),))
    if counted and len(answers) > 1 and not any(columns[i].says.other for i in answers):
        return of_several(evidence, answers, "the only other column whose values can be targets")
    recorded = [i for i in free if evidence.certainly_recorded(i) and _are_answers(evidence, i, 2)]
    answers += [i for i in recorded if i not in answers and not evidence.wanted.per_class]
    likely = (
        *_beginning(evidence, texts, labels),
        *_from_one(evidence, texts, len(labels)),
        *(Candidate((i,), columns[i].says.other) for i in answers[:_SHOWN_COLUMNS]),
    )
    shown = [i for i in answers if i not in recorded]
    got = [evidence.names[i] for i in shown] or evidence.names
    return Found(likely, f"a column of targets, got {listed(got)}")


def _are_mapped(evidence: Evidence, i: int) -> bool:
    """Whether the user has said of every value which class it stands for."""
    return {*evidence.columns[i].values.distinct} <= evidence.wanted.class_map.keys()


def _beginning(evidence: Evidence, texts: Iterable[int], labels: Sequence[str]) -> Iterator[Candidate]:
    """The columns whose values each begin the name of one class: H, D and A of home, draw and away."""
    if evidence.wanted.per_class and not evidence.wanted.class_map:
        for i in texts:
            if found := initials(evidence.texts_of(i), labels):
                yield Candidate((i,), "", options=(("--class-map", found),))


def _from_one(evidence: Evidence, columns: Iterable[int], classes: int) -> Iterator[Candidate]:
    """The columns that count the classes from 1."""
    for i in columns:
        found = evidence.columns[i].values.numbers
        if evidence.wanted.per_class and found is not None and found.min() == 1 and found.max() == classes:
            yield Candidate((i,), "classes counted from 1", options=(("--first-class", "1"),))


def _is_meant(evidence: Evidence, i: int, inputs: Sequence[int]) -> bool:
    """Whether a column may be what was predicted: not a feature, nor another thing than the input names."""
    if evidence.columns[i].says.other:
        return _is_decided(evidence, i)
    if len(inputs) != 1:
        return True
    subject = evidence.columns[inputs[0]].says.subject
    own = {word for word, _, _ in evidence.columns[i].says.words}
    own |= {text.casefold() for text in evidence.texts_of(i)}
    return not subject or any(_are_one_word(a, b) for a in own for b in subject)


def _are_one_word(one: str, two: str) -> bool:
    """Whether two words are one, or one goes on where the other ends: churn and churned."""
    short = min(one, two, key=len)
    return one == two or (len(short) >= _STEM and one.startswith(short) and two.startswith(short))


def _is_decided(evidence: Evidence, i: int) -> bool:
    """Whether a column of decisions has the same answers: what was decided for is no feature."""
    answers = {*evidence.texts_of(i)}
    every = range(len(evidence.columns))
    return any({*evidence.texts_of(j)} == answers for j in every if evidence.is_decision(j))


def _exceed(evidence: Evidence, i: int, classes: int) -> bool:
    """Whether whole numbers are no indices of so many classes, and so their names if anything: years."""
    values = evidence.columns[i].values
    return values.numbers is not None and values.are_whole and bool((values.numbers >= classes).any())


def _are_answers(evidence: Evidence, i: int, classes: int) -> bool:
    """Whether values are class indices, or for a loss of single values 0 and 1 or two texts."""
    values = evidence.columns[i].values
    if evidence.wanted.per_class:
        found = values.numbers
        return found is not None and values.are_whole and bool(((found >= 0) & (found < classes)).all())
    if evidence.wanted.takes == "scores" and values.are_signs:
        return True
    return values.are_binary or (values.are_texts and len(values.distinct) == 2)
