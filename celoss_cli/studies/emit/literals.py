"""Numbers and texts as Python writes them: they read back as the same values. Variables that hold data."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import Any

from celoss_cli.core.records import record

__all__ = ["DataCode", "Values", "assigned", "literal", "string", "strings"]


@record(frozen=True, slots=True)
class Values:
    """An expression of Python that gives the values of a variable.

    Attributes:
        text: the expression; of several lines where it is a long list.
        literal: whether it is a list of numbers as they are.
        indices: whether the values are class indices, else they are real numbers.

    """

    text: str
    literal: bool = False
    indices: bool = False


@record(frozen=True, slots=True)
class DataCode:
    """Python that gives the data.

    Attributes:
        input, target: what the loss takes.
        sample_weight: the weights of the rows, where the data has them.
        imports: modules that it needs, as import statements.
        lines: statements before the variables are made.

    """

    input: Values
    target: Values
    sample_weight: Values | None = None
    imports: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


_LINE = 100
_WIDTH = 88
"""Of a list, which is set in."""


def string(text: str) -> str:
    """A text in double quotes; what a terminal would hide or obey is Python's escape."""
    quoted = {'"': '\\"', "'": "'"}
    return f'"{"".join(quoted.get(char) or repr(char)[1:-1] for char in text)}"'


def strings(texts: Iterable[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(string, texts))}]"


def literal(values: Any, namespace: str, width: int = _WIDTH) -> str:
    """Nested lists of numbers; infinities and nan are those of a module, ``np.inf``."""
    if not isinstance(values, list):
        return _number(values, namespace)
    items = [literal(item, namespace, width - 1) for item in values]
    text = f"[{', '.join(items)}]"
    if len(text) <= width and "\n" not in text:
        return text
    if isinstance(values[0], list):
        return "[" + ",\n".join(items).replace("\n", "\n ") + "]"
    return "[" + "\n ".join(textwrap.wrap(", ".join(items), width - 2)) + "]"


def _number(value: float, namespace: str) -> str:
    if isinstance(value, int) or math.isfinite(value):
        return repr(value)
    return f"{'-' if value < 0 else ''}{namespace}.{'nan' if math.isnan(value) else 'inf'}"


def assigned(name: str, call: str, *arguments: str) -> str:
    """A statement ``name = call(arguments)``, over several lines where it is long."""
    line = f"{name} = {call}({', '.join(arguments)})"
    if len(line) <= _LINE and "\n" not in line:
        return line
    inner = "".join(f"{argument},\n" for argument in arguments)
    return f"{name} = {call}(\n{textwrap.indent(inner, '    ')})"
