"""Which ways of computing give a number that somebody got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celoss_cli.core.records import record

__all__ = ["Deviation", "Match", "Reconciliation", "Tried"]


@record(frozen=True, slots=True)
class Deviation:
    """One way in which a computation may differ from the plain one.

    Attributes:
        dimension: what it is about ("denominator"); deviations of one dimension exclude each other.
        name: within the dimension, stable ("sum").
        words: the same for people.

    """

    dimension: str
    name: str
    words: str


@record(frozen=True, slots=True)
class Match:
    """A computation whose result is the number that somebody got.

    Attributes:
        loss: the name of the function that is computed, as in ``torch.nn.functional``.
        reading: what the input is taken for, in words.
        deviations: from the plain computation, none for the plain one itself.
        value: what it gives.
        formula: how it comes about, in words.
        command: the command that gives it, but for ``afterwards``; None where there is none.
        afterwards: what is done to the command's result by hand, in words.

    """

    loss: str
    reading: str
    deviations: tuple[Deviation, ...]
    value: float
    formula: str
    command: str | None
    afterwards: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Tried:
    """The hypotheses with one number of deviations.

    Attributes:
        deviations: that number.
        hypotheses: how many were computed.
        distinct: how many values they gave that fewer deviations had not given.
        near: how many of those lie near the number that is to be explained and yet miss it.
        chance: how many would hit it by chance, as dense as values lie near it.
        found: how many explain it and need all of their deviations.

    """

    deviations: int
    hypotheses: int
    distinct: int
    near: int
    chance: float
    found: int


@record(frozen=True, slots=True)
class Reconciliation:
    """A search for the semantics behind a number.

    Attributes:
        got: the number as it was given.
        value: the same as a number.
        tolerance: half a unit of its last digit.
        unit: what the number counts, as it says itself, or "".
        window: how far from it a value counts as near.
        rows: how many rows the data has.
        classes: how many classes, or None for data without a class axis.
        plain: the names of the plain computations and what they give.
        explanations: those that are shown, the fewest deviations first.
        tried: what was searched, by number of deviations.
        searched: for each dimension, the deviations that the data allows, in words.
        source: where the data came from and how it was read.
        files: the names of the data.

    """

    got: str
    value: float
    tolerance: float
    unit: str
    window: float
    rows: int
    classes: int | None
    plain: Sequence[tuple[str, float]]
    explanations: Sequence[Match]
    tried: Sequence[Tried]
    searched: Mapping[str, Sequence[str]]
    source: Mapping[str, Any]
    files: Sequence[str]

    @property
    def found(self) -> int:
        """How many explanations there are, shown or not."""
        return sum(level.found for level in self.tried)
