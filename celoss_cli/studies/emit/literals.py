"""Arrays as Python writes them: the shortest digits that read back as the same numbers."""

from __future__ import annotations

import json
import math
import textwrap
from typing import Any

__all__ = ["assigned", "literal", "string"]

_LINE = 100
_WIDTH = 88
"""Of a list, which is set in."""


def literal(values: Any, namespace: str) -> str:
    """Nested lists of numbers; infinities and nan are those of a module, ``np.inf``."""
    return _nested(values, namespace, _WIDTH)


def string(value: str | list[str]) -> str:
    """A text or a list of texts; what a terminal would hide or obey is escaped."""
    visible = value.isprintable() if isinstance(value, str) else all(map(str.isprintable, value))
    return json.dumps(value, ensure_ascii=not visible)


def _nested(values: Any, namespace: str, width: int) -> str:
    if not isinstance(values, list):
        return _number(values, namespace)
    items = [_nested(item, namespace, width - 1) for item in values]
    text = f"[{', '.join(items)}]"
    if len(text) <= width and "\n" not in text:
        return text
    if values and isinstance(values[0], list):
        return "[" + ",\n".join(items).replace("\n", "\n ") + "]"
    return "[" + "\n ".join(textwrap.wrap(", ".join(items), width - 2)) + "]"


def _number(value: float, namespace: str) -> str:
    if isinstance(value, int) or math.isfinite(value):
        return repr(value)
    return f"{'-' if value < 0 else ''}{namespace}.{'nan' if math.isnan(value) else 'inf'}"


def assigned(name: str, call: str, values: str, *rest: str) -> str:
    """A statement ``name = call(values, rest)``, over several lines where it is long."""
    line = f"{name} = {call}({', '.join([values, *rest])})"
    if len(line) <= _LINE and "\n" not in line:
        return line
    inner = "".join(f"{part},\n" for part in (values, *rest))
    return f"{name} = {call}(\n{textwrap.indent(inner, '    ')})"
