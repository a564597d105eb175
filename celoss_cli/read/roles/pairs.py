"""Two texts as the answers of a binary loss: which of them is the positive one."""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.groups import labels_of

__all__ = ["PAIRS", "clear_positive", "is_negative", "positive_of", "positive_of_two"]

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


def clear_positive(targets: Sequence[str]) -> str | None:
    """The positive one of two texts, where everybody means the same by them."""
    given = {target.casefold(): target for target in targets}
    for positive, negative in PAIRS:
        if given.keys() <= {positive, negative}:
            return given.get(positive, positive)
    return None


def positive_of(name: str, targets: Sequence[str]) -> str | None:
    """The target that the name of a column speaks of: p_malignant of malignant and benign.

    Args:
        name: of the column, or of a class.
        targets: the different ones that are seen.

    """
    said = {name.casefold(), *(label.casefold() for label in labels_of([name]))}
    return next((target for target in targets if target.casefold() in said), None)


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
