"""Two texts as the answers of a binary loss: which of them is the positive one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.groups import labels_of
from celoss_cli.read.roles.words import VERSIONS

_PARTS = re.compile(r"[\W_]+")

__all__ = [
    "PAIRS",
    "answer_key",
    "clear_positive",
    "is_negative",
    "positive_of",
    "positive_of_two",
    "same_answer",
]

PAIRS = (
    ("1", "0"),
    ("1", "-1"),
    ("true", "false"),
    ("yes", "no"),
    ("pos", "neg"),
    ("positive", "negative"),
    ("t", "f"),
    ("y", "n"),
)
"""The positive answer and the negative one; in lower case."""


def same_answer(one: str, two: str) -> bool:
    """Whether two texts are one answer."""
    return answer_key(one) == answer_key(two)


def answer_key(text: str) -> float | str:
    """What is compared of an answer: numbers by their value, texts without regard to case."""
    value = value_of(text)
    return text.casefold() if value is None else value


def clear_positive(targets: Sequence[str]) -> str | None:
    """The positive one of two texts, where everybody means the same by them."""
    given = {target.casefold(): target for target in targets}
    for positive, negative in PAIRS:
        if given.keys() <= {positive, negative}:
            return given.get(positive, positive)
    return None


def positive_of(name: str, targets: Sequence[str]) -> str | None:
    """The target that the name of a column speaks of: p_malignant of malignant and benign.

    What follows a word of versions counts these: prob_seed_0 speaks of no target.

    Args:
        name: of the column, or of a class.
        targets: the different ones that are seen.

    """
    label = labels_of([name])[0].casefold()
    parts = _PARTS.split(label)
    answers = [part for before, part in zip(["", *parts], parts, strict=False) if before not in VERSIONS]
    said = [label, *answers[::-1], name.casefold()]
    for part in said:
        value = value_of(part)
        for target in targets:
            if target.casefold() == part or (value is not None and value == value_of(target)):
                return target
    return next((found for part in said if (found := _by_meaning(part, targets)) is not None), None)


def _by_meaning(part: str, targets: Sequence[str]) -> str | None:
    """The target that means the same as a word of another clear pair: No of 0, 0 of false."""
    given = {target.casefold(): target for target in targets}
    for positive, negative in PAIRS:
        if given and given.keys() <= {positive, negative}:
            if is_negative(part):
                return given.get(negative)
            if any(part == other for other, _ in PAIRS):
                return given.get(positive)
    return None


def positive_of_two(labels: Sequence[str], targets: Sequence[str]) -> int | None:
    """Which of two classes is the positive answer: by a clear pair; the second where targets are their names.

    With targets that are names either would do, as the probabilities add up to 1.
    """
    lowered = [label.casefold() for label in labels]
    words = {target.casefold() for target in targets if value_of(target) is None}
    if not words <= {*lowered}:
        return None
    for positive, negative in PAIRS:
        if set(lowered) == {positive, negative}:
            return lowered.index(positive)
    return 1 if words else None


def is_negative(label: str) -> bool:
    """Whether a class is called as the negative answer of a clear pair is."""
    return any(label.casefold() == negative for _, negative in PAIRS)
