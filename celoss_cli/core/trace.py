"""Watching a computation from inside it.

The functions that compute take ``note`` and pass every intermediate value through it. ``silent``
hands the value on; a ``Recorder`` keeps a copy. A trace is therefore made by the same lines that
make the loss, and the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from celoss_cli.core.late import Array, np
from celoss_cli.core.records import record

__all__ = ["Level", "Note", "Recorder", "Step", "silent"]

A = TypeVar("A", bound=Array)
Level = Literal["class", "row", "term", "gradient"]


@record(frozen=True, slots=True)
class Step:
    """One recorded step.

    Attributes:
        name: the column heading or symbol, for example ``"e"``.
        formula: how the value came about, for example ``"exp z"``.
        value: shape (classes, rows) when ``level`` is "class", else (rows,).
        level: "class" has a value for each class of a row; "row" belongs to a row's workings; "term"
            is shown in the table that is summed; "gradient" is the derivative of the row's loss with
            respect to the input, shape (classes, rows) or (rows,).
        needed: whether the loss needs it, and not only a reader.

    """

    name: str
    formula: str
    value: Array
    level: Level
    needed: bool = True


class Note:
    """The silent note: passes values through, computes nothing, costs nothing measurable."""

    def __call__(self, name: str, formula: str, value: A) -> A:
        """A step of the computation: a (classes, rows) or (rows,) array, returned as it is."""
        return value

    def term(self, name: str, formula: str, value: A) -> A:
        """A step that the table of rows shows: a (rows,) array, returned as it is."""
        return value

    def lazy(self, name: str, formula: str, compute: Callable[[], Array]) -> None:
        """A step that a reader wants and the loss does not need.

        ``compute`` gives its value, shape (classes, rows) or (rows,), and runs only for a reader.
        """

    def gradient(self, formula: str, compute: Callable[[], Array]) -> None:
        """The derivative of each row's loss with respect to the input, in nats, computed only for a reader.

        ``compute`` gives it in the shape of the input, (classes, rows) or (rows,).
        """


silent = Note()


class Recorder(Note):
    """A note that keeps a copy of everything it is shown, in order.

    Attributes:
        steps: what was recorded so far.
        with_gradient: whether the gradient is computed and recorded too.

    """

    def __init__(self, *, with_gradient: bool = False) -> None:
        self.steps: list[Step] = []
        self.with_gradient = with_gradient

    def __call__(self, name: str, formula: str, value: A) -> A:
        self._keep(name, formula, value, "class" if value.ndim == 2 else "row")
        return value

    def term(self, name: str, formula: str, value: A) -> A:
        self._keep(name, formula, value, "term")
        return value

    def lazy(self, name: str, formula: str, compute: Callable[[], Array]) -> None:
        value = compute()
        self._keep(name, formula, value, "class" if value.ndim == 2 else "row", needed=False)

    def gradient(self, formula: str, compute: Callable[[], Array]) -> None:
        if self.with_gradient:
            self._keep("gradient", formula, compute(), "gradient")

    def _keep(self, name: str, formula: str, value: Array, level: Level, *, needed: bool = True) -> None:
        self.steps.append(Step(name, formula, np.array(value), level, needed))
