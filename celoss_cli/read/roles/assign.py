"""Gives every column of a table its role, by weighing what its name and its values say.

A role that the evidence settles is given and told; one that it does not settle is refused with every reading,
each with the options that choose it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, UsageError, Way, listed, plural, quoted
from celoss_cli.read.roles.assignment import Assignment, Why
from celoss_cli.read.roles.binary_inputs import POSITIVE, of_single_values
from celoss_cli.read.roles.class_inputs import over_classes
from celoss_cli.read.roles.column import Column, value_of
from celoss_cli.read.roles.evidence import Evidence
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.groups import alike, labels_of, predicting, spellings_of, target_labels
from celoss_cli.read.roles.known import KnownNames
from celoss_cli.read.roles.labels import order_notes, paired
from celoss_cli.read.roles.naming import one_of, pattern_of, refuse_repeated
from celoss_cli.read.roles.pairs import clear_positive, positive_of
from celoss_cli.read.roles.target_columns import by_name, by_position, by_values

if TYPE_CHECKING:
    from celoss_cli.read.roles.wanted import Wanted

__all__ = ["assign"]

_MOST_WAYS = 6
_ELSEWHERE = Candidate((), "from another file", options=(("--targets", "@targets.csv"),))

Pair = tuple[Candidate, Candidate]
"""The inputs, and the targets."""


def assign(columns: Sequence[Column], wanted: Wanted) -> Assignment:
    """Gives every column its role.

    Args:
        columns: with the values of the first rows.
        wanted: the loss, and what the user has said.

    Raises:
        InputError: if the evidence does not settle it, with a way out for each reading.
        UsageError: if an option names a column that is not there, or one column has two roles.

    """
    evidence = Evidence(columns, wanted)
    target, inputs = _weighed(evidence)
    weight = _weight(evidence)
    chosen_target, chosen_inputs = _one(target), inputs.only
    if chosen_target is None or chosen_inputs is None or weight is None or chosen_inputs.command:
        raise _doubt(evidence, inputs, target, weight)
    return _Given(evidence, chosen_inputs, chosen_target, weight.candidates[0]).assignment()


def _one(target: Found | None) -> Candidate | None:
    return Candidate((), "") if target is None else target.only


def _weighed(evidence: Evidence) -> tuple[Found | None, Found]:
    """What was found for the targets, None where they come from elsewhere, and for the input."""
    find = over_classes if evidence.wanted.per_class else of_single_values
    if evidence.wanted.elsewhere:
        return None, find(evidence, (), evidence.wanted.examples)
    target = by_name(evidence)
    target = target if target.candidates else by_position(evidence)
    if target.candidates:
        columns = [i for candidate in target.candidates for i in candidate.columns]
        if (only := target.only) is not None and len(only.columns) > 1:
            return target, _beside_several(evidence, only)
        return target, find(evidence, columns, _texts(evidence, target))
    return _by_values(evidence)


def _beside_several(evidence: Evidence, target: Candidate) -> Found:
    """The input beside several columns of targets."""
    names = target_labels([evidence.names[i] for i in target.columns])
    if evidence.chosen["classes"] is not None or evidence.wanted.per_class:
        find = over_classes if evidence.wanted.per_class else of_single_values
        return find(evidence, target.columns, ())
    return of_single_values(_with_paired(evidence, names), target.columns, ())


def _with_paired(evidence: Evidence, names: tuple[str, ...]) -> Evidence:
    return Evidence(evidence.columns, replace(evidence.wanted, paired=names))


def _by_values(evidence: Evidence) -> tuple[Found, Found]:
    """Targets that no name tells: first the input, for what the targets may be."""
    named = _named_by_classes(evidence) if evidence.wanted.per_class else None
    if named is not None:
        return named
    find = over_classes if evidence.wanted.per_class else of_single_values
    possible = by_values(evidence, (), ())
    likely = [i for candidate in possible.candidates for i in candidate.columns]
    texts = () if possible.expected else _texts(evidence, possible)
    inputs = find(evidence, *((), ()) if evidence.wanted.per_class else (likely, texts))
    only = inputs.only
    if only is None:
        return _unsettled(evidence, possible), inputs
    labels = labels_of([evidence.names[i] for i in only.columns])
    target = by_values(evidence, only.columns, labels)
    takes = any(evidence.columns[i].says.takes for i in only.columns)
    strong = takes or not only.inferred or only.why.startswith(POSITIVE)
    if target.only is not None and strong:
        again = find(evidence, target.only.columns, _texts(evidence, target))
        return target, again
    return _unsettled(evidence, target), inputs


def _named_by_classes(evidence: Evidence) -> tuple[Found, Found] | None:
    """The targets and the classes where the values of one column are the names of others."""
    pairs = []
    classes = [KnownNames(labels) for labels in _labels(evidence)]
    for i, column in enumerate(evidence.columns):
        texts = evidence.texts_of(i)
        is_free = i not in evidence.taken and not evidence.is_key(i) and not evidence.is_prediction(i)
        if is_free and not evidence.is_answer(i) and column.values.are_texts and texts:
            pairs += [i] if any(known.have(texts) for known in classes) else []
    if not pairs:
        return None
    every = [label for labels in _labels(evidence, *pairs) for label in labels]
    found = by_values(evidence, (), every)
    return (found, over_classes(evidence, pairs, _texts(evidence, found))) if found.candidates else None


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


def _texts(evidence: Evidence, target: Found) -> tuple[str, ...]:
    """The different targets among the first rows, of the likeliest column."""
    columns = target.candidates[0].columns if target.candidates else ()
    return evidence.texts_of(columns[0]) if len(columns) == 1 else ()


# ------------------------------------------------------------------------------------------- weights


def _weight(evidence: Evidence) -> Found | None:
    """The weights of the rows: none, one column, or several readings."""
    wanted, columns = evidence.wanted, evidence.columns
    if wanted.choice.weight == "":
        return Found((Candidate((), "", inferred=False),))
    chosen = evidence.chosen["weight"]
    if chosen is not None:
        one_of(chosen, evidence.names, "--weight-column")
        return Found((Candidate(tuple(chosen), "named by --weight-column", inferred=False),))
    found = evidence.weights
    if not found:
        return Found((Candidate((), ""),))
    sure = columns[found[0]].says.weight > 1
    if len(found) == 1 and (sure or not _features(evidence)):
        return Found((Candidate(tuple(found), "named so", inferred=not sure),))
    return None


def _features(evidence: Evidence) -> list[int]:
    """Numbers that were measured of a row, beside which a weight may be one too."""
    return [i for i in evidence.free_numbers() if "feature" in evidence.columns[i].says.other]


# ------------------------------------------------------------------------------------------ refusals


def _doubt(evidence: Evidence, inputs: Found, target: Found | None, weight: Found | None) -> InputError:
    """A refusal with every reading."""
    facts = [found.expected for found in (target, inputs) if found is not None and found.expected]
    if target is not None and not target.candidates and not target.expected:
        facts.append(f"a column of targets, got {listed(evidence.names)}")
    if weight is None:
        names = listed([evidence.names[i] for i in evidence.weights])
        facts.append(f"weights of the rows or a feature, got {names}, which may be either")
    pairs = list(islice(_pairs(inputs, target), _MOST_WAYS))
    ways = [way for pair in pairs for way in _ways(evidence, *pair)]
    if weight is None:
        ways = [less for way in ways for less in _with_weights(evidence, way)][:_MOST_WAYS]
    return InputError(f"expected {'; and '.join(dict.fromkeys(facts))}", ways=tuple(ways))


def _pairs(inputs: Found, target: Found | None) -> Iterator[Pair]:
    targets = (Candidate((), ""),) if target is None else target.candidates or (_ELSEWHERE,)
    for one in inputs.candidates:
        for other in targets:
            if not set(one.columns) & set(other.columns):
                yield one, other


def _ways(evidence: Evidence, inputs: Candidate, target: Candidate) -> Iterator[Way]:
    """The way out for a reading; one for either of two texts where neither is the positive one by itself."""
    way = _way(evidence, inputs, target)
    if way is None:
        return
    wanted = evidence.wanted
    texts: tuple[str, ...] = ()
    if not wanted.per_class and not way.command and wanted.positive is None and len(target.columns) == 1:
        values = evidence.columns[target.columns[0]].values
        texts = values.distinct if values.are_texts and len(values.distinct) == 2 else ()
    named = inputs.columns and positive_of(evidence.names[inputs.columns[0]], texts)
    if not texts or named or clear_positive(texts) or any(name == "--positive" for name, _ in way.options):
        yield way
        return
    for text in texts:
        yield Way(f"{text} as 1", (*way.options, ("--positive", text)))


def _way(evidence: Evidence, inputs: Candidate, target: Candidate) -> Way | None:
    """The options that choose a reading, and what it is in words."""
    options: list[tuple[str, str]] = []
    for option, role, candidate in (
        ("--class-columns", "classes", inputs),
        ("--target-column", "target", target),
    ):
        if evidence.chosen[role] is not None or not candidate.columns:
            continue
        pattern = pattern_of(evidence.names, candidate.columns, candidate.affix)
        if pattern is None:
            return None
        options.append((option, pattern))
    said = inputs.why if inputs.inferred and inputs.why != ", ".join(_named(evidence, inputs)) else ""
    options += [*inputs.options, *target.options]
    if any(evidence.columns[i].values.in_percent for i in inputs.columns):
        options.append(("--percent", ""))
    if inputs.columns and _lacks_values(evidence, inputs.columns):
        options.append(("--missing", "skip"))
    return Way(said, tuple(options), inputs.command)


def _lacks_values(evidence: Evidence, columns: Sequence[int]) -> bool:
    """Whether a column lacks a value in a row where others have one."""
    rows = max(len(column.values.rows) for column in evidence.columns)
    return any(0 < len(evidence.columns[i].values.rows) < rows for i in columns)


def _named(evidence: Evidence, candidate: Candidate) -> list[str]:
    return [evidence.names[i] for i in candidate.columns]


def _with_weights(evidence: Evidence, way: Way) -> list[Way]:
    """A way out with each of the columns that may be weights, and without any."""
    names = [*(evidence.names[i] for i in evidence.weights), ""]
    return [
        Way(
            f"{name} as weight" if name else "no weights",
            (*way.options, ("--weight-column", name)),
            way.command,
        )
        for name in names
    ]


# -------------------------------------------------------------------------------------- the outcome


class _Given:
    """An assignment of settled candidates."""

    def __init__(self, evidence: Evidence, inputs: Candidate, target: Candidate, weight: Candidate) -> None:
        self._evidence = evidence
        self._names = evidence.names
        self._wanted = evidence.wanted
        self._inputs, self._target, self._weight = inputs, target, weight

    def assignment(self) -> Assignment:
        """The assignment.

        Raises:
            InputError: for columns that do not go together.
            UsageError: for a column with two roles.

        """
        wanted, names = self._wanted, self._names
        inputs, target = self._inputs.columns, self._target.columns
        row_id = self._id()
        weight = self._weight.columns[0] if self._weight.columns else None
        group = one_of(self._evidence.chosen["group"] or [], names, wanted.choice.group_option)
        known = {*target, *(i for i in (row_id, weight) if i is not None)}
        self._refuse_two_roles(known, inputs)
        grouping = {i for i in (group,) if i is not None} - known - {*inputs}
        labels = labels_of([names[i] for i in inputs]) if wanted.has_names else ()
        positive = self._positive()
        given = Assignment(
            names=tuple(names),
            target=paired(names, target, labels),
            inputs=tuple(inputs),
            labels=labels,
            id=row_id,
            weight=weight,
            group=group,
            unused=tuple(sorted({*range(len(names))} - known - grouping - {*inputs})),
            notes=order_notes([names[i] for i in inputs]) if wanted.per_class and labels else (),
            inferred=self._pinned(),
            positive=positive,
            answers=self._answers() if positive is not None else (),
        )
        refuse_repeated(names, given.used)
        self._refuse_mismatch(given)
        return self._explained(given)

    def _id(self) -> int | None:
        chosen = self._evidence.chosen["id"]
        if chosen is not None:
            return one_of(chosen, self._names, "--id-column")
        used = {*self._inputs.columns, *self._target.columns, *self._weight.columns}
        columns = self._evidence.columns
        suited = (i for i in self._evidence.keys if i not in used and columns[i].can_name_rows)
        return next(suited, None)

    def _positive(self) -> str | None:
        """The text that is the positive answer; None where targets are numbers.

        Raises:
            InputError: where two texts leave it open.

        """
        wanted = self._wanted
        if wanted.per_class or wanted.elsewhere or len(self._target.columns) != 1:
            return wanted.positive
        column = self._evidence.columns[self._target.columns[0]]
        values = column.values
        if wanted.positive is not None:
            return wanted.positive
        if column.stored in ("list", "other"):  # a target for each column, or no targets
            return None
        if values.are_signs and wanted.takes == "probs":
            return self._inputs.positive or "1"
        if not values.are_texts:
            return self._inputs.positive if self._is_odd(self._inputs.positive) else None
        told = self._inputs.positive or clear_positive(values.distinct)
        if told is None and len(values.distinct) <= 2:
            raise self._open_pair(values.distinct)
        return told

    def _answers(self) -> tuple[str, ...]:
        columns = self._target.columns
        return self._evidence.texts_of(columns[0]) if len(columns) == 1 else ()

    def _is_odd(self, positive: str | None) -> bool:
        """Whether the positive answer is another number than 1 or true."""
        return positive is not None and value_of(positive) != 1

    def _open_pair(self, texts: Sequence[str]) -> InputError:
        way = _way(self._evidence, self._inputs, self._target) or Way("", ())
        ways = tuple(Way(f"{text} as 1", (*way.options, ("--positive", text))) for text in texts)
        return InputError(f"expected to know the positive one of two targets, got {listed(texts)}", ways=ways)

    def _refuse_two_roles(self, known: set[int], inputs: Sequence[int]) -> None:
        if overlap := known.intersection(inputs):
            raise UsageError(
                f"Expected a column to play one role, got {quoted(self._names[min(overlap)])} twice."
            )

    def _refuse_mismatch(self, given: Assignment) -> None:
        wanted, inputs, targets = self._wanted, len(given.inputs), len(given.target)
        if wanted.elsewhere or targets == inputs or (wanted.per_class and targets == 1):
            return
        needed = "one target column or one" if wanted.per_class else "one target column"
        shown = f"{plural(inputs, 'input column')} {listed([given.names[i] for i in given.inputs])}"
        raise InputError(
            f"expected {needed} for each of the {shown}, got {targets}",
            hint="choose them: --class-columns NAMES, --target-column NAMES",
        )

    def _pinned(self) -> dict[str, tuple[str, str]]:
        """The roles that were inferred, with the options that pin them."""
        found = {}
        for role, option, candidate in (
            ("inputs", "--class-columns", self._inputs),
            ("target", "--target-column", self._target),
            ("weight", "--weight-column", self._weight),
        ):
            if candidate.inferred and candidate.columns:
                pattern = pattern_of(self._names, candidate.columns, candidate.affix)
                if pattern is not None:
                    found[role] = (option, pattern)
        return found

    def _explained(self, given: Assignment) -> Assignment:
        says = {i: self._evidence.columns[i].says for i in given.unused}
        unused = {i: _why_unused(self._evidence, i) for i in says}
        why = Why(
            self._inputs.why,
            self._target.why,
            "" if given.id is None else "it names the rows",
            self._weight.why,
            unused,
        )
        return replace(given, why=why)


def _why_unused(evidence: Evidence, i: int) -> str:
    """Why a column has no role, in words."""
    column = evidence.columns[i]
    if evidence.is_copy(i):
        return "the same predictions calibrated"
    if evidence.is_confidence(i):
        return "how sure the prediction is, and of no fixed class"
    if evidence.is_answer(i) or (column.says.takes and evidence.is_decision(i)):
        return "a decision, and no number that says how likely it is"
    if column.says.takes:
        return "another prediction"
    if column.says.other:
        return column.says.other
    if evidence.is_key(i) or column.says.key:
        return "it names the rows"
    if column.says.target:
        return "targets that are not used"
    return "nothing says that it has a role" if column.is_number else "no numbers"
