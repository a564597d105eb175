"""Small tables by kinds of columns, for the tests of roles: ``"y_true:y prob:p"``."""

from __future__ import annotations

from collections.abc import Sequence

from celoss_cli.read.roles.column import Column
from celoss_cli.read.roles.columns import assign
from celoss_cli.read.roles.found import Assignment, ColumnChoice, Wanted

__all__ = ["CELLS", "columns", "given", "shown"]

CLASSES = ("setosa", "versicolor", "virginica")
_P = [(0.91, 0.06, 0.03), (0.12, 0.71, 0.17), (0.05, 0.4, 0.55), (0.2, 0.625, 0.175), (0.64, 0.27, 0.09)]
_L = [(2.5, -0.75, 0.3), (-1.2, 1.9, 0.4), (0.1, 0.2, -2.6), (0.0, 1.25, 3.1), (1.5, 0.5, -0.5)]
_Y3 = [0, 1, 2, 2, 0]
_Q = [0.83, 0.27, 0.64, 0.08, 0.35]
_Y = [1, 0, 1, 0, 1]
_D = [1, 0, 1, 0, 0]

CELLS: dict[str, list[str]] = {
    **{f"p{i}": [str(row[i]) for row in _P] for i in range(3)},
    **{f"l{i}": [str(row[i]) for row in _L] for i in range(3)},
    "y3": list(map(str, _Y3)),
    "t3": [CLASSES[i] for i in _Y3],
    "d3": ["setosa", "versicolor", "virginica", "versicolor", "setosa"],
    "p": list(map(str, _Q)),
    "1-p": [str(round(1 - q, 2)) for q in _Q],
    "m": ["0.71", "0.44", "0.52", "0.13", "0.9"],
    "s": ["1.5", "-0.25", "0.75", "-2.5", "-0.5"],
    "y": list(map(str, _Y)),
    "y1": ["1.0" if y else "0.0" for y in _Y],
    "b": ["True" if y else "False" for y in _Y],
    "yn": ["yes" if y else "no" for y in _Y],
    "mb": ["malignant" if y else "benign" for y in _Y],
    "pm": ["1" if y else "-1" for y in _Y],
    "d": list(map(str, _D)),
    "dyn": ["yes" if d else "no" for d in _D],
    "c": ["0.83", "0.73", "0.64", "0.92", "0.65"],
    "n": ["0", "1", "2", "3", "4"],
    "id": ["a7", "b3", "c9", "d1", "e4"],
    "path": [f"val/img_{i}.png" for i in range(5)],
    "date": [f"2024-03-0{i}" for i in range(1, 6)],
    "fold": ["0", "1", "0", "1", "0"],
    "f": ["34.5", "51.25", "29.0", "40.75", "66.5"],
    "i": ["34", "51", "29", "40", "66"],
    "w": ["1.0", "2.0", "0.5", "1.0", "1.5"],
    "k": ["1", "1", "1", "1", "1"],
}
"""The cells of each kind of column."""


def columns(layout: str) -> list[Column]:
    """The columns of a layout; a blank within a name is written as a tilde."""
    parts = [part.rpartition(":") for part in layout.split()]
    return [Column.of(name.replace("~", " "), CELLS[kind]) for name, _, kind in parts]


def given(layout: str, loss: str, *, whole: bool = True, **choice: str) -> Assignment:
    """The roles of a layout for "ce", "ce-probs", "bce", "bce-logits" or "soft-margin"."""
    takes = {"ce": "logits", "ce-probs": "probs", "bce": "probs", "bce-logits": "logits"}.get(loss, "scores")
    positive = choice.pop("positive", None)
    wanted = Wanted(
        loss.startswith("ce"), takes, choice=ColumnChoice(**choice), whole=whole, positive=positive
    )
    return assign(columns(layout), wanted)


def shown(found: Assignment) -> str:
    """An assignment in one line: inputs -> target."""

    def named(positions: Sequence[int]) -> str:
        return ",".join(found.names[i] for i in positions)

    positive = f" ({found.positive} is 1)" if found.positive is not None else ""
    return f"{named(found.inputs)} -> {named(found.target)}{positive}"
