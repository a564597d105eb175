"""Weights of classes, counted from targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celoss_cli.core.records import record

__all__ = ["ClassWeight", "ClassWeights"]


@record(frozen=True, slots=True)
class ClassWeight:
    """The weight of one class.

    Attributes:
        index: of the class.
        name: of the class, or its index as text.
        count: how often it is a counted target; of rows that have weights, the sum of those.
        weight: what a loss multiplies by.

    """

    index: int
    name: str
    count: float
    weight: float


@record(frozen=True, slots=True)
class ClassWeights:
    """Weights for all classes, in their order.

    Attributes:
        scheme: how they come about.
        formula: the same as a formula.
        beta: of the effective number of samples, else None.
        classes: one for each class.
        counted, ignored: counts of targets.
        source: where the targets came from and how they were read.

    """

    scheme: str
    formula: str
    beta: float | None
    classes: Sequence[ClassWeight]
    counted: int
    ignored: int
    source: Mapping[str, Any]
