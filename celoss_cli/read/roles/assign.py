"""Gives every column of a table its role, by weighing what its name and its values say.

A role that the evidence settles is given and told; one that it does not settle is refused with every reading,
each with the options that choose it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from celoss_cli.core.errors import listed
from celoss_cli.read.roles.class_inputs import over_classes
from celoss_cli.read.roles.column import KnownNames
from celoss_cli.read.roles.evidence import Evidence
from celoss_cli.read.roles.found import POSITIVE, Candidate, Found
from celoss_cli.read.roles.given import Given
from celoss_cli.read.roles.groups import alike, labels_of, predicting, spellings_of, target_labels
from celoss_cli.read.roles.naming import one_of
from celoss_cli.read.roles.target_columns import by_name, by_position, by_values

if TYPE_CHECKING:
    from celoss_cli.read.roles.assignment import Assignment
    from celoss_cli.read.roles.column import Column
    from celoss_cli.read.roles.wanted import Wanted

__all__ = ["assign"]


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
        from celoss_cli.read.roles.readings import doubt  # most tables are plain

        raise doubt(evidence, inputs, target, weight)
    return Given(evidence, chosen_inputs, chosen_target, weight.candidates[0]).assignment()


def _one(target: Found | None) -> Candidate | None:
    return Candidate((), "") if target is None else target.only


def _weighed(evidence: Evidence) -> tuple[Found | None, Found]:
    """What was found for the targets, None where they come from elsewhere, and for the input."""
    find = _finder(evidence)
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


def _finder(evidence: Evidence) -> Callable[[Evidence, Sequence[int], Sequence[str]], Found]:
    """What finds the input of the loss; of a loss still to be found too, where its answers are predicted."""
    wanted = evidence.wanted
    is_single = not wanted.per_class or (wanted.or_binary and evidence.chosen["predicted"] is not None)
    return _of_single_values if is_single else over_classes


def _of_single_values(evidence: Evidence, target: Sequence[int], targets: Sequence[str]) -> Found:
    from celoss_cli.read.roles.binary_inputs import of_single_values  # not for a loss over classes

    return of_single_values(evidence, target, targets)


def _beside_several(evidence: Evidence, target: Candidate) -> Found:
    """The input beside several columns of targets."""
    names = target_labels([evidence.names[i] for i in target.columns])
    if evidence.chosen["classes"] is not None or evidence.wanted.per_class:
        return _finder(evidence)(evidence, target.columns, ())
    return _of_single_values(_with_paired(evidence, names), target.columns, ())


def _with_paired(evidence: Evidence, names: tuple[str, ...]) -> Evidence:
    return Evidence(evidence.columns, replace(evidence.wanted, paired=names))


def _by_values(evidence: Evidence) -> tuple[Found, Found]:
    """Targets that no name tells: first the input, for what the targets may be."""
    named = _named_by_classes(evidence) if evidence.wanted.per_class else None
    if named is not None:
        return named
    find = _finder(evidence)
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
