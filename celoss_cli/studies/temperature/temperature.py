"""What one temperature changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.evaluate.binned import Errors
    from celoss_cli.studies.temperature.fitting import Fitted

__all__ = ["Temperature"]


@record(frozen=True, slots=True)
class Temperature:
    """One temperature for all predictions.

    Attributes:
        loss: the name of the function.
        title: the loss in words.
        takes: what the input is.
        fit: the temperature, and the total loss without and with it.
        weight: what the totals are divided by.
        accuracy: which no temperature changes.
        before, after: the calibration errors without and with it; ``after`` is None where there is none.
        rows, classes, counted, ignored: the extents of the data.
        options: in force, by name.
        source: where the data came from and how it was read.
        labels: the classes' names.
        written: the file of the calibrated predictions, or "".

    """

    loss: str
    title: str
    takes: str
    fit: Fitted
    weight: float
    accuracy: float
    before: Errors
    after: Errors | None
    rows: int
    classes: int | None
    counted: int
    ignored: int
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    labels: Sequence[str] | None
    written: str = ""

    @property
    def loss_before(self) -> float:
        """The mean loss in nats as the data has it."""
        return self.fit.before / self.weight

    @property
    def loss_after(self) -> float:
        """The mean loss in nats with the temperature, or its limit."""
        return self.fit.after / self.weight

    @property
    def share(self) -> float:
        """The part of the loss that the temperature takes away; 0 of no loss."""
        return 1 - self.fit.after / self.fit.before if self.fit.before else 0.0
