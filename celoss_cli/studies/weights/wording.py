"""What weights of classes say, laid out once for the formats that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.breakdown import Breakdown
from celoss_cli.show.numerals import class_name, exact, short

if TYPE_CHECKING:
    from celoss_cli.studies.weights.class_weights import ClassWeights

__all__ = ["formula", "table", "title"]


def title(weights: ClassWeights) -> str:
    """The scheme, and what was counted."""
    ignored = f", {weights.ignored} ignored" if weights.ignored else ""
    classes = plural(len(weights.classes), "class")
    counted = plural(weights.counted, "target")
    return f"class weights · {weights.scheme} · {classes}, {counted}{ignored}"


def formula(weights: ClassWeights) -> str:
    """How a weight comes about from counts."""
    beta = "" if weights.beta is None else f"; beta {short(weights.beta)}"
    counted = "classes" if all(found.count for found in weights.classes) else "classes that occur"
    return f"weight = {weights.formula}; n of the class, N of all, C {counted}{beta}"


def table(weights: ClassWeights) -> Breakdown:
    """One line a class."""
    names = [found.name for found in weights.classes]
    lines = [
        (
            " ".join(filter(None, (str(found.index), visible(class_name(found.index, names))))),
            short(found.count),
            exact(found.weight),
        )
        for found in weights.classes
    ]
    weighted = weights.source["columns"].get("weight")
    return Breakdown("", ("class",), ("sum of weights" if weighted else "count", "weight"), lines)
