"""One data set as each tool computes its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Reduction, Row, Tally

__all__ = ["Conventions", "Gap", "ToolLoss"]


@record(frozen=True, slots=True)
class ToolLoss:
    """What one tool makes of the data.

    Attributes:
        name: of the convention.
        facts: the tool, its function, clip, rescaling and source, for programs.
        value: the reduced loss, or None where the tool has no such loss.
        tally: the exact totals.
        denominator: what the total was divided by, or None where it was not.
        denominator_is: what that number is, in words.
        differing: how many elements have another loss than PyTorch gives them.
        refused: why there is no value, or "".

    """

    name: str
    facts: Mapping[str, Any]
    value: float | None
    tally: Tally
    denominator: float | None
    denominator_is: str | None
    differing: int = 0
    refused: str = ""


@record(frozen=True, slots=True)
class Gap:
    """An element whose loss differs between tools.

    Attributes:
        row: its name and target, with the loss and weight that PyTorch gives it.
        probability: of the class that the target picks, if it picks one.
        losses: its loss by convention, without those that have no such loss.

    """

    row: Row
    probability: float | None
    losses: Mapping[str, float]


@record(frozen=True, slots=True)
class Conventions:
    """One data set as several tools compute its loss.

    Attributes:
        loss, title, takes, unit, reduction, options, source, labels: as in a report.
        rows, elements: counts of the data.
        tools: one for each convention.
        gaps: the elements whose loss differs most from PyTorch's, the largest difference first.

    """

    loss: str
    title: str
    takes: str
    unit: str
    reduction: Reduction
    options: Mapping[str, Any]
    source: Mapping[str, Any]
    labels: Sequence[str] | None
    rows: int
    elements: int
    tools: Sequence[ToolLoss]
    gaps: Sequence[Gap]
