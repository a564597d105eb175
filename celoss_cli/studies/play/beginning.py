"""What the page starts with: settings of a loss over classes, and the names that the data has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from celoss_cli.core.records import record

__all__ = ["EXAMPLE", "Beginning", "DataSource", "Language"]

Language = Literal["en", "zh"]


@record(frozen=True, slots=True)
class DataSource:
    """Where the rows come from.

    Attributes:
        file: its name.
        shown: how many of its rows are on the page.
        more: whether there are more.

    """

    file: str
    shown: int
    more: bool


@record(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The state of the page when it is opened.

    Attributes:
        logits: rows of as many numbers each as there are classes; they may be infinite.
        targets: one class a row, or the number that leaves the row out.
        loss: "ce" or "nll".
        weight: one number a class, or None.
        label_smoothing, ignore_index, reduction, base: as the loss has them.
        labels: the names of the classes, or None.
        rows: the names of the rows, or None.
        source: of the data, or None for an example.

    """

    logits: Sequence[Sequence[float]]
    targets: Sequence[int]
    loss: Literal["ce", "nll"] = "ce"
    weight: Sequence[float] | None = None
    label_smoothing: float = 0.0
    ignore_index: int = -100
    reduction: str = "mean"
    base: str = "e"
    labels: Sequence[str] | None = None
    rows: Sequence[str] | None = None
    source: DataSource | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as compute.js knows them."""
        return {
            "loss": self.loss,
            "before": "none",
            "logits": [[_json_number(value) for value in row] for row in self.logits],
            "targets": list(self.targets),
            "weight": None if self.weight is None else list(self.weight),
            "smoothing": self.label_smoothing,
            "ignore": self.ignore_index,
            "temperature": 1,
            "axis": 1,
            "reduction": self.reduction,
            "base": self.base,
        }


def _json_number(value: float) -> float | str:
    """A number as JSON holds it: infinities are words there."""
    return value if abs(value) < float("inf") else str(value)


EXAMPLE = Beginning(logits=[[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]], targets=[0, 1])
"""What the page shows where there is no data: the first rows of docs/semantics.md."""
