"""JSON: the stable contract; within one ``schema_version`` keys are only ever added."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from celoss_cli.show.numerals import attributes

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["SCHEMA_VERSION", "contract", "finite", "render"]

SCHEMA_VERSION = 1

_AT_A_TIME = 1 << 16
"""So many values are held as text at a time."""

_TEXTS = {str, int, bool, type(None)}
"""What stands in JSON as it is."""


def contract(document: Document, version: str) -> dict[str, Any]:
    """The whole object of a document, as the schema of its command describes it."""
    tool = {"name": "celoss", "version": version}
    whole: dict[str, Any] = finite(document.values(version))
    return {"schema_version": SCHEMA_VERSION, "tool": tool, **whole}


def finite(value: Any) -> Any:
    """The value as JSON has it: null for each number that it has no digits for, objects for records."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if not isinstance(value, list | tuple):
        names = getattr(type(value), "__record_fields__", ())
        return finite(attributes(value, *names)) if names else value
    kinds = set(map(type, value))
    sound = kinds <= _TEXTS or (kinds == {float} and all(map(math.isfinite, value)))
    return list(value) if sound else list(map(finite, value))


def render(document: Document, style: Style) -> Iterator[str]:
    """One object over several lines, in as many pieces as its size takes."""
    mark = "{"
    for name, value in contract(document, style.version).items():
        yield f"{mark}\n  {json.dumps(name)}: "
        yield from _lines(value)
        mark = ","
    yield "\n}\n"


def _lines(value: Any) -> Iterator[str]:
    """A member of the object; many values without members of their own are written by what is compiled."""
    if not isinstance(value, list) or not value or not set(map(type, value)) <= {float, *_TEXTS}:
        tokens = json.JSONEncoder(indent=2, allow_nan=False).iterencode(value)
        while piece := "".join(islice(tokens, _AT_A_TIME)):
            yield piece.replace("\n", "\n  ")
        return
    mark = "[\n    "
    for start in range(0, len(value), _AT_A_TIME):
        part = value[start : start + _AT_A_TIME]
        yield mark + json.dumps(part, allow_nan=False, separators=(",\n    ", ": "))[1:-1]
        mark = ",\n    "
    yield "\n  ]"
