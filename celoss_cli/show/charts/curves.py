"""The loss as a function of the prediction, computed by the loss itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.bounds import Bounds
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.show.charts.figures import Curve, Line, Marks

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Terms

__all__ = ["Marker", "curve"]

_STEPS = 200
_SCORES = Bounds(-6.0, 6.0)
"""The scores of a curve without data."""

_PROBABLE = Bounds(0.01, 0.99)
"""The probabilities whose losses are shown in any case."""

_FARTHEST = 1e9
"""Scores beyond it have no place in a picture with others."""

_HIGHEST = 1e300
"""Room enough for a scale to be computed in doubles."""

_CELLS = 1 << 20
"""Class values computed at a time."""


class Marker:
    """Takes the batches of a data set with their terms and keeps its first counted elements.

    Their losses are those without the weights of rows, classes and elements: a weight scales the curve.
    """

    def __init__(self, loss: Loss, most: int) -> None:
        self._loss = loss.unweighted()
        self._room = most
        self._found: dict[str, list[tuple[int, float, float]]] = {name: [] for name in loss.drawn_targets}
        self._found["other targets"] = []
        self.weighted = False

    def __call__(self, batch: Batch, terms: Terms) -> None:
        """Keeps what there is still room for of a canonical batch."""
        width = max(1, batch.elements_per_row)
        counted = np.arange(terms.loss.size) if terms.ignored is None else np.flatnonzero(~terms.ignored)
        kept = counted[: self._room].tolist()
        self._room -= len(kept)
        self.weighted |= SAMPLE_WEIGHT in batch.aligned
        if kept:
            self._keep(_without_weights(batch.rows(0, kept[-1] // width + 1)), kept, width)

    def _keep(self, batch: Batch, elements: Sequence[int], width: int) -> None:
        x, y = self._loss.predicted(batch), self._loss.terms(batch).loss
        for element in elements:
            mark = (batch.start + element // width, float(x[element]), float(y[element]))
            self._found[self._name(batch, element)].append(mark)

    def _name(self, batch: Batch, element: int) -> str:
        drawn = self._loss.drawn_targets
        target = self._loss.target_of(batch, element)
        return next((name for name in drawn if len(drawn) == 1 or drawn[name] == target), "other targets")

    def marks(self) -> list[Marks]:
        """The elements that were kept, by target."""
        named = [(name, list(zip(*found, strict=True))) for name, found in self._found.items() if found]
        return [Marks(name, rows, x, y) for name, (rows, x, y) in named]


def _without_weights(batch: Batch) -> Batch:
    return replace(
        batch, aligned={name: values for name, values in batch.aligned.items() if name != SAMPLE_WEIGHT}
    )


def curve(
    loss: Loss, title: str, name: str, classes: int, marks: Sequence[Marks], notes: Sequence[str]
) -> Curve:
    """The curves of a loss with the elements of the data on them.

    Args:
        loss: with its options.
        title: over the picture.
        name: of the loss's function.
        classes: how many there are, where there are any.
        marks: elements of the data, or none.
        notes: under the picture.

    Raises:
        UsageError: if an option differs between the elements of a row.

    """
    bare = loss.unweighted()
    across = Bounds(0.0, 1.0) if loss.predicts_probability else _around(marks)
    x = _probabilities() if loss.predicts_probability else np.linspace(across.low, across.high, _STEPS + 1)
    lines = [
        Line(called, x.tolist(), _losses(bare, x, target, classes).tolist())
        for called, target in loss.drawn_targets.items()
    ]
    shown = [y for mark in marks for _, y in mark.inside(across)]
    return Curve(
        loss=name,
        title=title,
        unit=loss.unit,
        notes=[*notes, *_remarks(sum(len(mark.x) for mark in marks) - len(shown))],
        x_is=loss.predicts,
        lines=lines,
        marks=marks,
        across=across,
        up=_height(lines, shown, across if not loss.predicts_probability else _PROBABLE),
    )


def _probabilities() -> Array:
    """From 0 to 1, closer together towards both ends, where a loss rises without end."""
    close = np.logspace(-18, np.log10(1 / _STEPS), 60)
    return np.unique(np.concatenate([np.linspace(0, 1, _STEPS + 1), close, 1 - close]))


def _around(marks: Sequence[Marks]) -> Bounds:
    """The range of the scores: the usual one, and further where the data needs it."""
    found = [x for mark in marks for x in mark.x if abs(x) <= _FARTHEST]
    low, high = min([_SCORES.low, *found]), max([_SCORES.high, *found])
    return Bounds(float(math.floor(low)), float(math.ceil(high)))


def _losses(loss: Loss, x: Array, target: float, classes: int) -> Array:
    parts = np.array_split(x, math.ceil(len(x) * max(1, classes) / _CELLS))
    return np.concatenate([loss.terms(loss.predicting(part, target, classes)).loss for part in parts])


def _height(lines: Sequence[Line], marked: Iterable[float], usual: Bounds) -> Bounds:
    """From the least to the largest loss of the marks and of the usual predictions."""
    drawn = [y for line in lines for x, y in zip(line.x, line.y, strict=True) if usual.low <= x <= usual.high]
    losses = [*filter(math.isfinite, drawn), *marked]
    return Bounds(max(-_HIGHEST, min([0.0, *losses])), min(_HIGHEST, max(losses, default=0.0) or 1.0))


def _remarks(hidden: int) -> list[str]:
    return (
        [f"{hidden} of the data have no place in the picture: out of range, or not finite."] if hidden else []
    )
