"""An explanation as a document: a text with headings, and an example that is computed now."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from celoss_cli.show.blocks import Block, Example, Lines, Prose, View
from celoss_cli.show.document import Document
from celoss_cli.show.json import contract
from celoss_cli.show.loss.document import document_of as report_document

if TYPE_CHECKING:
    from celoss_cli.studies.explain.explanations import Explanation

__all__ = ["document_of"]


def document_of(explanation: Explanation) -> Document:
    """The document of an explanation."""
    return Document(view=partial(_view, explanation), values=partial(_values, explanation))


def _view(explanation: Explanation) -> View:
    title, *extents = filter(None, (explanation.name, explanation.title))
    return View(title, extents, tuple(_blocks(explanation)), is_text=True)


def _blocks(explanation: Explanation) -> Iterator[Block]:
    yield Lines([f"{key}: {value}" for key, value in explanation.facts.items()])
    yield from explanation.sections
    if explanation.example is not None:
        yield Example(explanation.command, report_document(explanation.example).view())


def _values(explanation: Explanation, version: str) -> dict[str, Any]:
    """The explanation as ``explanation.schema.json`` describes it."""
    example = explanation.example
    return {
        "explanation": {
            "name": explanation.name or None,
            "title": explanation.title,
            **explanation.facts,
            "sections": [_section(section) for section in explanation.sections],
            "example": None
            if example is None
            else {"command": explanation.command, "result": contract(report_document(example), version)},
        },
    }


def _section(section: Prose) -> dict[str, Any]:
    return {
        "title": section.title or None,
        "formulas": list(section.formulas),
        "paragraphs": list(section.paragraphs),
        "steps": list(section.steps),
        "terms": [{"name": name, "meaning": meaning} for name, meaning in section.terms],
    }
