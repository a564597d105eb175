"""Watching a computation from inside it.

The functions that compute take ``note`` and pass every intermediate value through it. ``silent`` hands the
value on; a recorder (``evaluate/workings.py``) keeps a copy. A trace is therefore made by the same lines
that make the loss, and the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from celoss_cli.core.late import Array

__all__ = ["Note", "silent"]

A = TypeVar("A", bound=Array)


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
