"""Numbers that are no classes of one model, or too few: what else they may be, each with its command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import listed
from celoss_cli.core.records import replace
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read.roles.found import Candidate, Found
from celoss_cli.read.roles.groups import Group, initials

if TYPE_CHECKING:
    from celoss_cli.read.roles.evidence import Evidence, Search

__all__ = ["can_be_binary", "everything", "how_sure", "no_classes", "singles", "too_few"]

_SHOWN_COLUMNS = 4
"""So many columns get a command of their own."""


def no_classes(search: Search, group: Group, others: Sequence[str]) -> Found:
    """Columns of predictions that are no classes of one model: each may be one of its own.

    Args:
        search: the columns and the targets as far as they are known.
        group: of the columns.
        others: the targets where they are texts that name none of these classes.

    """
    evidence = search.evidence
    names = listed([search.names[i] for i in group.columns])
    if others:
        fact = f"targets that are named as the classes, got {listed(search.targets)} for {names}"
    else:
        fact = f"probabilities of classes, which add up to 1, got {names}, which do not"
    single = [_single(evidence, i) for i in group.columns[:_SHOWN_COLUMNS] if can_be_binary(search, i)]
    listing = _listed_by(evidence, group, others)
    stands = listing or initials(others, group.labels)
    options = (("--class-map", stands),) if stands else ()
    whole = Candidate(group.columns, "named by --class-columns", group.affix, options=options)
    if evidence.wanted.takes == "probs" and not evidence.are_fractions(group.columns):
        whole = replace(whole, why="scores and logits", options=(("--input-is", "logits"), *options))
    return Found((whole, *single) if listing else (*single, whole), fact)


def _listed_by(evidence: Evidence, group: Group, targets: Sequence[str]) -> str:
    """The map of targets to counted classes that a column tells, with their names in order in every row.

    As an option has it, low=0,mid=1,high=2; "" where no column does, or several do.
    """
    if not targets or list(group.labels) != [str(at) for at in range(len(group.labels))]:
        return ""
    lists = [i for i in range(len(evidence.columns)) if evidence.is_list(i) and evidence.is_constant(i)]
    found = {tuple(_items(evidence.columns[i].values.texts[0])) for i in lists}
    fitting = [names for names in found if len(names) == len(group.labels) and {*targets} <= {*names}]
    if len(fitting) != 1 or len({*fitting[0]}) < len(group.labels):
        return ""
    if any(mark in name for name in fitting[0] for mark in "=,"):
        return ""
    return ",".join(f"{name}={label}" for name, label in zip(fitting[0], group.labels, strict=True))


def _items(text: str) -> list[str]:
    """The items of a list as Python or JSON writes it; none of another text."""
    import ast  # few tables hold lists of names

    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [str(item) for item in found] if isinstance(found, list) else []


def can_be_binary(search: Search, i: int) -> bool:
    """Whether a column may be that of a binary loss, by the targets that are seen."""
    return len(search.targets) <= 2 and search.evidence.are_fractions([i])


def _single(evidence: Evidence, i: int) -> Candidate:
    command = evidence.wanted.binary or ("bce" if evidence.are_fractions([i]) else "bce-logits")
    return Candidate((i,), f"{evidence.names[i]} alone, in a binary loss", command=command)


def how_sure(search: Search, i: int) -> Found:
    """A number that says how sure a prediction is: of two classes that is a binary loss."""
    got, classes = f"a value for each class, got {listed([search.names[i]])}, which is", len(search.targets)
    if classes > 2:
        told = f"{got} the probability of the class predicted"
        return Found((), f"{told}: of {classes} classes the loss is not determined by it")
    from celoss_cli.read.roles.confidences import OF_POSITIVE, weighed  # few tables tell no more

    as_it_stands = replace(_single(search.evidence, i), why=OF_POSITIVE)
    candidates, said = weighed(search, i, as_it_stands, "bce")
    return Found(candidates, f"{got} {said}")


def singles(search: Search, soft: Sequence[int], others: Sequence[Candidate]) -> Found:
    """Columns of predictions that have no other beside them: of a binary loss, before other readings."""
    takes = [search.evidence.columns[i].says.takes for i in soft]
    names = listed([search.names[i] for i in soft])
    fact = f"two columns of {search.evidence.wanted.takes} or more, which are named alike, got {names}"
    if search.targets and {*takes} == {"log-probs"}:
        fact += ": exp of a log-probability of one answer is what bce takes"
    tokens = []
    if takes == ["log-probs"] and not search.targets and not search.evidence.wanted.elsewhere:
        options = (("--input-is", TOKENS),)
        tokens = [Candidate((soft[0],), "a scored token a row", alone=True, command="nll", options=options)]
    return Found((*tokens, *_binary(search, soft), *others), fact)


def _binary(search: Search, columns: Sequence[int]) -> list[Candidate]:
    """Each of some columns in a binary loss, which takes no logarithms, of no more than two targets."""
    evidence = search.evidence
    taken = [i for i in columns if evidence.columns[i].says.takes != "log-probs"]
    return [_single(evidence, i) for i in taken[:_SHOWN_COLUMNS] if len(search.targets) <= 2]


def everything(search: Search) -> list[Candidate]:
    """All numbers that might be classes, as a last reading."""
    every = [i for i in search.numbers if not search.evidence.certainly_other(i)] or search.numbers
    return [Candidate(tuple(every), "all numbers")] if len(every) > 1 else []


def too_few(search: Search, columns: Sequence[int]) -> Found:
    """One number, or none, that may be a class."""
    got = listed([search.names[i] for i in columns] or search.names)
    readings = (*_binary(search, columns), *everything(search))
    return Found(readings, f"two columns of {search.evidence.wanted.takes} or more, got {got}")
