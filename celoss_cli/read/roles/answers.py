"""Targets of a binary loss as texts: one of them is the positive answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, Way, listed, quoted
from celoss_cli.core.numbers import MISSING
from celoss_cli.read.roles.column import value_of
from celoss_cli.read.roles.pairs import answer_key, clear_positive

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Answers", "Decisions", "open_pair", "with_positive"]


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
