"""How sure predictions are: the probability of the class predicted, which is no fixed class's.

Of two classes it gives that of the positive one, where the class predicted is known: p, or 1 - p. Of more
than two it says nothing of the others, and no loss is determined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, listed, plural, quoted, visible
from celoss_cli.core.records import replace
from celoss_cli.read.roles.answers import (
    clear_positive,
    decided_of,
    is_of_decisions,
    positive_of,
    same_answer,
)
from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.found import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from celoss_cli.read.roles.evidence import Evidence, Search

__all__ = ["OF_POSITIVE", "decided_in", "doubtful", "is_sure_of", "weighed"]

OF_POSITIVE = "the probability of the positive class"
"""What a number is that is read as it stands."""

_HALF = 0.5
_TWO = 2


def is_sure_of(search: Search, i: int) -> bool:
    """Whether a number is never under a half beside decisions for several answers, or several targets.

    Among them are the labels of a pipeline, which are called ``label`` beside their ``score``.
    """
    evidence = search.evidence
    values = evidence.columns[i].values
    never = values.numbers is not None and bool((values.numbers >= _HALF).all())
    others = (j for j in range(len(search.names)) if evidence.is_prediction(j) and j != i)
    both = any(evidence.is_decision(j) and len(evidence.texts_of(j)) >= _TWO for j in others)
    pipeline = search.names[i] == "score" and "label" in search.names and _are_several_words(search)
    return never and (both or pipeline or len(search.target) > 1)


def _are_several_words(search: Search) -> bool:
    return sum(value_of(target) is None for target in search.targets) > 1


def _decisions(search: Search, confidence: int) -> list[int]:
    """The columns that may hold the class predicted, of two, the likeliest first.

    Their names say so, or they are one of several that may be the targets, or have the same values.
    """
    evidence, every = search.evidence, range(len(search.names))
    several = search.target[::-1] if len(search.target) > 1 else ()
    named = [j for j in every if j != confidence and evidence.is_prediction(j) and evidence.is_decision(j)]
    same = (j for j in every if j not in search.target and not evidence.columns[j].says.other)
    equal = [j for j in same if {*evidence.texts_of(j)} == {*search.targets}]
    likely = (j for j in (*named, *several, *equal) if j not in evidence.taken)
    return [j for j in dict.fromkeys(likely) if 1 <= len(evidence.texts_of(j)) <= _TWO]


def _turned(search: Search, confidence: int, command: str = "") -> Iterator[Candidate]:
    """The readings of a number as the probability of the class in each of those columns.

    Args:
        search: the columns and the targets as far as they are known.
        confidence: the number.
        command: of the loss that takes it, where it is another one.

    """
    name = search.names[confidence]
    positive = positive_of(name, search.targets)
    for j in _decisions(search, confidence):
        why = f"1 less it where {search.names[j]} is the other class"
        one = Candidate((confidence,), why, positive=positive, predicted=j, command=command)
        if _can_be_turned(search, j):
            yield one
            continue
        seen = search.evidence.texts_of(j)
        for text in (text for text in seen if is_of_decisions(text, seen, search.targets)):
            told = f"{why}; {text} as {clear_positive(search.targets)}"
            yield replace(one, why=told, options=(("--positive", text),))


def _can_be_turned(search: Search, decided: int) -> bool:
    """Whether the classes predicted are called as the targets are, whichever is the positive one."""
    told = search.evidence.wanted.positive
    either: Sequence[str | None] = search.targets if _are_several_words(search) else (told,)
    seen = search.evidence.texts_of(decided)
    return any(decided_of(seen, search.targets, one) is not None for one in either)


def weighed(
    search: Search, confidence: int, as_it_stands: Candidate, command: str
) -> tuple[tuple[Candidate, ...], str]:
    """The readings of what is called as a confidence, the likeliest first, and what it is in words.

    Args:
        search: the columns and the targets as far as they are known.
        confidence: the number.
        as_it_stands: its reading as the probability of the positive class.
        command: of the loss that takes it turned, where it is another one.

    """
    cut = _positive_by_cut(search, confidence)
    if cut is not None:
        j, positive = cut
        usual = clear_positive(search.targets) or "1"
        is_target = any(same_answer(positive, target) for target in search.targets)
        told = (("--positive", positive),) if is_target and not same_answer(positive, usual) else ()
        where = f"is over 0.5 where {listed([search.names[j]])} is {positive}, and nowhere else"
        return (replace(as_it_stands, options=told),), f"called as that of the class predicted and {where}"
    turned = tuple(_turned(search, confidence, command))
    if below_half(search.evidence, confidence):
        return (as_it_stands, *turned), "called as that of the class predicted"
    said, decided = "the probability of the class predicted", _decisions(search, confidence)
    if decided and not any(_can_be_turned(search, j) for j in decided):
        names = listed([search.names[j] for j in decided])
        said += f", and the classes in {names} are not called as the targets are"
    return (*turned, as_it_stands), said


def _positive_by_cut(search: Search, confidence: int) -> tuple[int, str] | None:
    """The class whose probability a number is as the decisions beside it say, and their column."""
    for j in _decisions(search, confidence):
        seen = search.evidence.texts_of(j)
        told = clear_positive(seen) or clear_positive(search.targets)
        for text in seen:
            if (told is None or same_answer(text, told)) and is_of_positive(
                search.evidence, confidence, j, text
            ):
                return j, text
    return None


def below_half(evidence: Evidence, sure: int) -> int:
    """How many of the first rows have a probability below a half."""
    numbers = evidence.columns[sure].values.numbers
    return 0 if numbers is None else int((numbers < _HALF).sum())


def is_of_positive(evidence: Evidence, sure: int, predicted: int, positive: str) -> bool:
    """Whether a number is over a half where one class was predicted, and below it where the other was.

    It is then the probability of that class, and not of the one that was predicted.
    """
    values, classes = evidence.columns[sure].values, evidence.columns[predicted].values
    if values.numbers is None or values.rows != classes.rows:
        return False
    over = [same_answer(text, positive) for text in classes.texts]
    agree = all(
        number >= _HALF if is_over else number <= _HALF
        for number, is_over in zip(values.numbers.tolist(), over, strict=True)
    )
    return agree and below_half(evidence, sure) > 0


def doubtful(evidence: Evidence, sure: int) -> Iterator[str]:
    """That the class predicted is not the likelier of the two in some rows."""
    if rows := below_half(evidence, sure):
        yield (
            f"{visible(evidence.names[sure])} is below 0.5 in {plural(rows, 'row')} of the first: of two "
            "classes that is no class predicted, unless the cut is not at 0.5"
        )


def decided_in(
    evidence: Evidence, sure: int, predicted: int, targets: Sequence[str], positive: str | None
) -> tuple[str, ...]:
    """The classes predicted, the positive one first; they are called as the targets are, or a clear pair.

    Args:
        evidence: of the columns.
        sure: the column of the probability of the class predicted.
        predicted: the column of the class predicted.
        targets: the different targets.
        positive: the one that is the positive answer, or None where it is a clear one.

    Raises:
        InputError: for classes that are called otherwise, and for the probability of one fixed class.

    """
    seen, named = evidence.texts_of(predicted), quoted(evidence.names[predicted])
    found = decided_of(seen, targets, positive)
    as_it_stands = Way(OF_POSITIVE, (), without=("--predicted-column",))
    if found is None:
        several = "of more than two classes the probability of one says nothing of the others"
        alike = f"write the classes in {named} as the targets are written"
        raise InputError(
            f"expected two classes in {named}, called as the targets are, {listed(targets)}, "
            f"got {listed(seen)}",
            hint=several if len(seen) > _TWO else alike,
            ways=(
                *(
                    Way(f"{text} as {clear_positive(targets)}", (("--positive", text),))
                    for text in seen
                    if is_of_decisions(text, seen, targets)
                ),
                *((as_it_stands,) if len(seen) <= _TWO else ()),
            ),
        )
    for text in found:
        if is_of_positive(evidence, sure, predicted, text):
            of, options = quoted(text), () if text == found[0] else (("--positive", text),)
            raise InputError(
                f"expected the probability of the class in {named}, got {quoted(evidence.names[sure])}, "
                f"which is over 0.5 where that is {of} and nowhere else: the probability of {of}",
                ways=(as_it_stands._replace(options=options),),
            )
    return found
