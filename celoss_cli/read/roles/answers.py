"""Two texts as the answers of a binary loss: which of them is the positive one, and what they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, Way, listed, quoted
from celoss_cli.core.numbers import MISSING
from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.groups import labels_of
from celoss_cli.read.roles.words import PAIRS, VERSIONS

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "Answers",
    "Decisions",
    "answer_key",
    "clear_positive",
    "decided_of",
    "is_negative",
    "is_of_decisions",
    "open_pair",
    "positive_of",
    "positive_of_two",
    "same_answer",
    "with_positive",
]

_PARTS = re.compile(r"[\W_]+")
_TWO = 2


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


# ---------------------------------------------------------------------------- the classes predicted


def decided_of(seen: Sequence[str], targets: Sequence[str], positive: str | None) -> tuple[str, ...] | None:
    """The classes predicted, the positive one first; None where they are not called as the targets are.

    They are called so where each is a target, or where they are a clear pair of their own: yes and no beside
    1 and 0; or where the positive one of two is named, and the targets are a clear pair. A class that no
    target has is not taken for the other one: it may be a third.

    Args:
        seen: the different classes predicted among the first rows.
        targets: the different targets.
        positive: the one that is the positive answer, or None for that of a clear pair, or 1.

    """
    if len(seen) > _TWO:
        return None
    known = [_is_one_of(text, targets) for text in seen]
    told = positive or clear_positive(targets) or "1"
    if seen and not _is_one_of(told, seen):
        if any(known):
            return (told, *seen) if all(known) and len(seen) < _TWO else None
        told = clear_positive(seen) or ""
        return (told, *_but(told, seen)) if told else None
    others = _but(told, seen)
    if not others:
        return (told, *_other(told, targets))
    fits = all(known) or _are_clear(told, others[0]) or is_of_decisions(positive or "", seen, targets)
    return (told, *others) if fits else None


def is_of_decisions(positive: str, seen: Sequence[str], targets: Sequence[str]) -> bool:
    """Whether the positive answer is one of two classes predicted, cat and dog, beside a clear pair.

    The targets are then 1 or 0, yes or no, whatever the classes are called.
    """
    named = _is_one_of(positive, seen) and len(seen) == _TWO == len(targets)
    return (
        named and not any(_is_one_of(text, targets) for text in seen) and clear_positive(targets) is not None
    )


def _is_one_of(text: str, texts: Sequence[str]) -> bool:
    return any(same_answer(text, one) for one in texts)


def _but(told: str, texts: Sequence[str]) -> list[str]:
    return [text for text in texts if not same_answer(text, told)]


def _are_clear(positive: str, negative: str) -> bool:
    found = clear_positive((positive, negative))
    return found is not None and same_answer(found, positive)


def _other(positive: str, targets: Sequence[str]) -> list[str]:
    """The negative answer where none was predicted yet: the other target, or that of a clear pair."""
    others = _but(positive, targets)
    if len(others) == 1 and len(targets) == _TWO:
        return others
    return [negative for one, negative in PAIRS if same_answer(one, positive)][:1]


# --------------------------------------------------------------------------------------- as numbers


class Answers:
    """Reads the positive and the one other answer as numbers.

    Args:
        positive: the positive one.
        seen: the different ones of the first rows.
        numbers: what the negative and the positive one become.

    Attributes:
        conversion: what is done, in words.

    """

    def __init__(self, positive: str, seen: Sequence[str], numbers: tuple[float, float]) -> None:
        self._positive = answer_key(positive)
        self._negative = next((key for text in seen if (key := answer_key(text)) != self._positive), None)
        self._seen = [*seen]
        self._numbers = numbers
        others = [text for text in seen if answer_key(text) != self._positive]
        negative, high = (f"{number:g}" for number in numbers)
        spelled = next((text for text in seen if answer_key(text) == self._positive), positive)
        self.conversion = f"targets read as {high} where they are {quoted(spelled)}" + (
            f", as {negative} where they are {quoted(others[0])}" if others else ""
        )

    def cells(self, texts: Sequence[str], fail: Callable[[int, InputError], InputError]) -> Array:
        """The answers of cells, shape (rows,); ``fail`` gives an error of one cell its place.

        Raises:
            InputError: for a third answer.

        """
        values = np.empty(len(texts))
        for row, text in enumerate(texts):
            key = answer_key(text)
            if key != self._positive:
                self._negative = key if self._negative is None else self._negative
                if key != self._negative:
                    known = listed(self._seen)
                    raise fail(row, InputError(f"expected one of two targets, {known}, got {quoted(text)}"))
            values[row] = self._numbers[key == self._positive]
        return values


class Decisions:
    """Turns how sure predictions are into the probability of the positive answer: p, or 1 - p.

    Args:
        name: of the column of the classes predicted.
        decided: these, the positive one first.

    Attributes:
        conversion: what is done, in words.

    """

    def __init__(self, name: str, decided: Sequence[str]) -> None:
        self._answers = Answers(decided[0], decided, (0.0, 1.0))
        self.conversion = (
            f"probabilities read as those of the class in {quoted(name)}: 1 less them where it is not "
            f"{quoted(decided[0])}"
        )

    def turned(
        self, sure: Array, texts: Sequence[str], fail: Callable[[int, InputError], InputError]
    ) -> Array:
        """Probabilities of the positive answer, shape (rows,) float64.

        Args:
            sure: how sure each prediction is, shape (rows,).
            texts: the classes predicted.
            fail: gives an error of one row its place.

        Raises:
            InputError: for no class, for a third one, and for what is no probability.

        """
        p = sure.astype(np.float64)
        for row, text in enumerate(texts):
            if text in MISSING:
                raise fail(row, InputError(f"expected the class predicted, got {quoted(text)}"))
        odd = np.flatnonzero(~((p >= 0) & (p <= 1)))
        if odd.size:
            row = int(odd[0])
            raise fail(row, InputError(f"expected a probability from 0 to 1, got {p[row]:g}"))
        return np.where(self._answers.cells(texts, fail) == 1, p, 1 - p)


def open_pair(texts: Sequence[str], positive: str | None) -> str:
    """The positive one of these targets: the one that is told, or that of a clear pair.

    Raises:
        InputError: if neither tells, with both ways out.

    """
    found = positive or clear_positive(texts)
    if found is None:
        ways = tuple(Way(f"{text} as 1", (("--positive", text),)) for text in texts[:2])
        raise InputError(f"expected to know the positive one of two targets, got {listed(texts)}", ways=ways)
    return found


def with_positive(values: Array, positive: str, numbers: tuple[float, float], at: str) -> Array:
    """Targets that are numbers, as the answers of a binary loss.

    Args:
        values: any shape.
        positive: the positive one.
        numbers: what the negative and the positive one become.
        at: the place of the values.

    Raises:
        InputError: for a positive one that is no number, and for a third value.

    """
    wanted = value_of(positive)
    if wanted is None:
        raise InputError(
            f"expected --positive of the targets, which are numbers, got {quoted(positive)}", place=at
        )
    others = np.unique(values[values != wanted])
    if len(others) > 1:
        shown = " and ".join(f"{value:g}" for value in others[:2])
        raise InputError(f"expected one target beside {quoted(positive)}, got {shown}", place=at)
    return np.where(values == wanted, numbers[1], numbers[0])
