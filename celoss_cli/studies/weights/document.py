"""Class weights as a document: one line a class with its count and its weight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.show.blocks import Full, Lines, Table, View
from celoss_cli.show.document import Document
from celoss_cli.show.numerals import attributes, class_name, exact, short

if TYPE_CHECKING:
    from celoss_cli.studies.weights.schemes import ClassWeights

__all__ = ["document_of"]


def document_of(weights: ClassWeights) -> Document:
    """The document of class weights; the number is the list that ``--weight`` takes."""
    return Document(
        view=partial(_view, weights),
        values=lambda version: _values(weights),
        number=lambda: [",".join(exact(found.weight) for found in weights.classes)],
    )


def _view(weights: ClassWeights) -> View:
    lines = Lines([_formula(weights)])
    read = Full([Lines(list(weights.source["conversions"]))])
    return View("class weights", _extents(weights), (lines, read, _table(weights)))


def _extents(weights: ClassWeights) -> tuple[str, str]:
    """The scheme, and what was counted."""
    ignored = f", {weights.ignored} ignored" if weights.ignored else ""
    classes, counted = plural(len(weights.classes), "class"), plural(weights.counted, "target")
    return weights.scheme, f"{classes}, {counted}{ignored}"


def _formula(weights: ClassWeights) -> str:
    """How a weight comes about from counts."""
    beta = "" if weights.beta is None else f"; beta {short(weights.beta)}"
    counted = "classes" if all(found.count for found in weights.classes) else "classes that occur"
    return f"weight = {weights.formula}; n of the class, N of all, C {counted}{beta}"


def _table(weights: ClassWeights) -> Table:
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
    return Table("", ("class",), ("sum of weights" if weighted else "count", "weight"), lines)


def _values(weights: ClassWeights) -> dict[str, Any]:
    """The object whose key "weights" ``--weight @FILE`` reads, as ``weights.schema.json`` describes it."""
    return {
        **attributes(weights, "scheme", "formula", "beta"),
        "weights": [found.weight for found in weights.classes],
        "labels": [found.name for found in weights.classes],
        "counts": [found.count for found in weights.classes],
        **attributes(weights, "counted", "ignored"),
        "input": dict(weights.source),
    }
