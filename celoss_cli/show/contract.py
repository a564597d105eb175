"""JSON: the stable contract; within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["SCHEMA_VERSION", "contract", "render"]

SCHEMA_VERSION = 1

_TOKENS = 1 << 16
"""So many are held as text at a time."""


def contract(document: Document, version: str) -> dict[str, Any]:
    """The whole object of a document, as the schema of its command describes it."""
    tool = {"name": "celoss", "version": version}
    return {"schema_version": SCHEMA_VERSION, "tool": tool, **document.values(version)}


def render(document: Document, style: Style) -> Iterator[str]:
    """One object over several lines, in as many pieces as its size takes."""
    tokens = json.JSONEncoder(indent=2, allow_nan=False).iterencode(contract(document, style.version))
    tokens = chain(tokens, "\n")
    while piece := "".join(islice(tokens, _TOKENS)):
        yield piece
