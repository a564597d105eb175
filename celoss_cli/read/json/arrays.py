"""Nested lists of numbers as arrays, each value checked."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, plural, quoted
from celoss_cli.core.numbers import number
from celoss_cli.read.json.parsing import Refused

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.request import ReadRequest

__all__ = ["UNQUOTED", "array_of", "check", "plain", "shape_of", "shown"]

UNQUOTED = "numbers are written without quotes"
"""What to do about a text where a number is wanted."""


def array_of(value: Any, path: str, name: str, request: ReadRequest) -> Array:
    """A nested list of numbers as an array; of integers, booleans or float64.

    Raises:
        InputError: with the JSON path of the first value that is not a number or the first row that
            is too long or too short.

    """
    try:
        check(value, path, shape_of(value), None, request)
    except InputError as error:
        raise error.at(name) from None
    return np.array(plain(value))


def shape_of(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def check(
    value: Any, path: str, shape: tuple[int, ...], kind: type | None, request: ReadRequest
) -> type | None:
    """Refuses the first value that does not fit; answers whether the values are booleans."""
    if not shape:
        return _check_number(value, path, kind, request)
    if not isinstance(value, list):
        raise InputError(f"expected a list of {plural(shape[0], 'value')}, got {shown(value)}", place=path)
    if len(value) != shape[0]:
        raise InputError(f"expected {plural(shape[0], 'value')}, got {len(value)}", place=path)
    if len(shape) == 1 and _all_finite(value):
        return _check_number(value[0], f"{path}[0]", kind, request)
    for index, item in enumerate(value):
        kind = check(item, f"{path}[{index}]", shape[1:], kind, request)
    return kind


def _all_finite(values: list[Any]) -> bool:
    """Whether these are plainly numbers, decided without a look at each from Python."""
    return bool(values) and set(map(type, values)) <= {float, int} and math.isfinite(sum(map(abs, values)))


def _check_number(value: Any, path: str, kind: type | None, request: ReadRequest) -> type:
    if isinstance(value, Refused):
        try:
            number(
                {"NaN": "nan", "Infinity": "inf"}.get(value, value), allow_nonfinite=request.allow_nonfinite
            )
        except InputError as error:
            raise error.at(path) from None
        return float
    if not isinstance(value, (int, float)):
        hint = UNQUOTED if isinstance(value, str) else ""
        raise InputError(f"expected a number, got {shown(value)}", hint=hint, place=path)
    found = bool if isinstance(value, bool) else float
    if kind not in (None, found):
        raise InputError(
            f"expected {'true or false' if kind is bool else 'a number'}, got {shown(value)}", place=path
        )
    return found


_PLAIN = frozenset((float, int, bool))


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return value if _PLAIN.issuperset(map(type, value)) else [plain(item) for item in value]
    if isinstance(value, Refused):
        return math.nan if value == "NaN" else math.inf
    return value


def shown(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {plural(len(value), 'value')}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "an object" if isinstance(value, dict) else quoted(json.dumps(value, ensure_ascii=False))
