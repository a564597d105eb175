"""A progress bar on standard error, for people who wait."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any

__all__ = ["Bar"]

_AFTER_SECONDS = 1.0
_DUMB = ("dumb", "unknown")


def _may_draw() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in _DUMB


class Bar:
    """Shows how much was done, from the second second on, where standard error is a terminal that draws.

    A bar is drawn with escape sequences, of which NO_COLOR wants none and TERM=dumb understands none.

    It is a context manager and leaves nothing behind; it counts what ``noun`` names.
    """

    def __init__(self, noun: str = "rows") -> None:
        self._noun = noun
        self._wanted = sys.stderr is not None and sys.stderr.isatty() and _may_draw()
        self._from = time.monotonic() + _AFTER_SECONDS
        self._progress: Any = None
        self._task: Any = None

    def show(self, count: int, part: float | None) -> None:
        """Tells how many were done and which part of all work that is, where that is known."""
        if not self._wanted or time.monotonic() < self._from:
            return
        if self._progress is None:
            self._start()
        total = None if part is None else 100.0
        completed = 0.0 if part is None else 100 * part
        self._progress.update(self._task, total=total, completed=completed, done=f"{count:,} {self._noun}")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[done]}"),
            TimeRemainingColumn(),
        )
        console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False)
        self._progress = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._task = self._progress.add_task("", total=None, done="")
        self._progress.start()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
