"""JSON: the stable contract; within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["SCHEMA_VERSION", "contract", "finite", "render"]

SCHEMA_VERSION = 1

_TOKENS = 1 << 16
"""So many are held as text at a time."""


def contract(document: Document, version: str) -> dict[str, Any]:
    """The whole object of a document, as the schema of its command describes it."""
    tool = {"name": "celoss", "version": version}
    whole: dict[str, Any] = finite(document.values(version))
    return {"schema_version": SCHEMA_VERSION, "tool": tool, **whole}


def finite(value: Any) -> Any:
    """The value, with null for each number within that JSON has no digits for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    return list(map(finite, value)) if isinstance(value, list | tuple) else value


def render(document: Document, style: Style) -> Iterator[str]:
    """One object over several lines, in as many pieces as its size takes."""
    tokens = json.JSONEncoder(indent=2, allow_nan=False).iterencode(contract(document, style.version))
    tokens = chain(tokens, "\n")
    while piece := "".join(islice(tokens, _TOKENS)):
        yield piece
