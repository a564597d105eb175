"""One number grammar for every way in: options, CSV and JSON.

ASCII ``[+-]?(digits[.digits] | .digits)([eE][+-]?digits)?`` with blanks around it, and ``-inf``;
``[+-]?(inf|infinity|nan)`` in any case only when asked for. Everything else is refused, so that nothing is
guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, quoted

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["BLANKS", "MISSING", "is_number", "number", "numbers"]

_NUMBER = r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+"
_ONE = re.compile(_NUMBER)
_MANY = re.compile(rf"(?:[ \t]*+{_NUMBER}[ \t]*+\n)*+")
_NONFINITE = re.compile(r"[+-]?(?:inf|infinity|nan)", re.ASCII | re.IGNORECASE)

BLANKS = " \t"
"""What may stand around a value."""

MISSING = frozenset({"", "NA", "N/A", "null"})
"""Cells that mark a missing value."""


def number(text: str, *, decimal: str = ".", allow_nonfinite: bool = False) -> float:
    """The double nearest to the decimal number in ``text``.

    Raises:
        InputError: if the text is not a number of the grammar or too large for a double.

    """
    token = text.strip(BLANKS)
    if token == "-inf":
        return -math.inf
    if allow_nonfinite and _is_nonfinite(token):
        return float(token)
    plain = token
    if decimal == ",":
        plain = token.replace(",", ".") if "." not in token else token + "?"
    if not _ONE.fullmatch(plain):
        raise InputError(f"expected a number, got {quoted(text)}", hint=_advice(token, decimal))
    value = float(plain)
    if math.isinf(value):
        raise InputError(f"expected a number within the range of a double, got {quoted(text)}")
    return value


def is_number(text: str, *, decimal: str = ".", allow_nonfinite: bool = False) -> bool:
    """Whether ``number`` takes this text."""
    try:
        number(text, decimal=decimal, allow_nonfinite=allow_nonfinite)
    except InputError:
        return False
    return True


def _is_nonfinite(token: str) -> bool:
    """Whether a text without blanks around it spells an infinity or nan."""
    return _NONFINITE.fullmatch(token) is not None


def _advice(token: str, decimal: str) -> str:
    if token in MISSING:
        return "rows with missing values can be left out: --missing skip"
    if _is_nonfinite(token):
        return "nan and inf are accepted with --allow-nonfinite"
    if decimal == "." and _ONE.fullmatch(token.replace(",", ".", 1)) and "," in token:
        return "decimal comma? try --decimal ,"
    if decimal == "," and _ONE.fullmatch(token):
        return "the decimal mark was set to a comma"
    return ""


def numbers(cells: Sequence[str], *, decimal: str = ".", allow_nonfinite: bool = False) -> Array | None:
    """Many numbers at once as float64, or None where one of them needs a closer look."""
    text = "\n".join(cells) + "\n"
    if decimal == "." and _MANY.fullmatch(text) and text.count("\n") == len(cells):
        values = np.array(list(map(float, cells)), dtype=np.float64)
        return values if np.isfinite(values).all() else None
    return None
