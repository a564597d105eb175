"""One number grammar for every way in: options, CSV and JSON. It needs no NumPy but for many at once.

ASCII ``[+-]?(digits[.digits] | .digits)([eE][+-]?digits)?`` with blanks around it, and ``-inf``;
``[+-]?(inf|infinity|nan)`` in any case only when asked for. Everything else is refused, so that nothing is
guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from celoss_cli.core.errors import InputError, Way, quoted
from celoss_cli.core.late import Array, np

__all__ = [
    "ALLOWED",
    "BLANKS",
    "GRAMMAR",
    "MISSING",
    "hundredths",
    "is_number",
    "number",
    "number_or_none",
    "numbers",
    "whole",
]


GRAMMAR = r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
"""A finite number with a decimal point, as a regular expression.

No group is possessive: up to Python 3.11.4 one that fails within keeps what it took, and 1e was a number.
"""

_ONE = re.compile(GRAMMAR)
_NONFINITE = re.compile(r"[+-]?(?:inf|infinity|nan)", re.ASCII | re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")

_PERCENT = re.compile(r"[ \t]*([+-]?[0-9][0-9.,]*|[+-]?[.,][0-9]+)[ \t\u00a0\u202f]*%[ \t]*", re.ASCII)

BLANKS = " \t"
"""What may stand around a value."""

MISSING = frozenset({"", "NA", "N/A", "null"})
"""Cells that mark a missing value."""


_SKIP = (Way("without the rows where a value is missing", (("--missing", "skip"),)),)
ALLOWED = (Way("with nan and inf as numbers", (("--allow-nonfinite", ""),)),)
"""The way out where a number is not finite."""


def number(text: str, *, decimal: str = ".", allow_nonfinite: bool = False) -> float:
    """The double nearest to the decimal number in ``text``.

    Raises:
        InputError: if the text is not a number of the grammar or too large for a double.

    """
    value = number_or_none(text, decimal=decimal, allow_nonfinite=allow_nonfinite)
    if value is not None:
        return value
    token = text.strip(BLANKS)
    if _ONE.fullmatch(_with_point(token, decimal)):
        raise InputError(f"expected a number within the range of a double, got {quoted(text)}")
    ways = _SKIP if token in MISSING else ALLOWED if _is_nonfinite(token) else ()
    raise InputError(f"expected a number, got {quoted(text)}", hint=_advice(token, decimal), ways=ways)


def number_or_none(text: str, *, decimal: str = ".", allow_nonfinite: bool = False) -> float | None:
    """The same double, or None where ``number`` would refuse the text."""
    token = text.strip(BLANKS)
    if token == "-inf":
        return -math.inf
    plain = token if decimal == "." else _with_point(token, decimal)
    if _ONE.fullmatch(plain):
        value = float(plain)
        return None if math.isinf(value) else value
    return float(token) if allow_nonfinite and _is_nonfinite(token) else None


def _with_point(token: str, decimal: str) -> str:
    """A number as Python writes it; one with a point where the decimal mark is a comma is none."""
    if decimal == ".":
        return token
    return token.replace(",", ".") if "." not in token else token + "?"


def hundredths(text: str) -> str:
    """A number before a % as the same with an exponent; any other text as it is.

    >>> hundredths("52.69%"), hundredths("52,7 %"), hundredths("52.69")
    ('52.69e-2', '52,7e-2', '52.69')

    """
    found = _PERCENT.fullmatch(text)
    return text if found is None else f"{found[1]}e-2"


def whole(text: str) -> int:
    """The whole number in ``text``, which may be written as 1e3 or 2.0.

    Raises:
        InputError: if the text is not a number of the grammar, or not a whole one below 2**63.

    """
    if _INTEGER.fullmatch(text.strip()):
        return int(text)  # no double holds every integer
    value = number(text)
    if abs(value) >= 2**63 or value != int(value):
        raise InputError(f"expected a whole number, got {quoted(text)}")
    return int(value)


def is_number(text: str, *, decimal: str = ".", allow_nonfinite: bool = False) -> bool:
    """Whether ``number`` takes this text."""
    return number_or_none(text, decimal=decimal, allow_nonfinite=allow_nonfinite) is not None


def _is_nonfinite(token: str) -> bool:
    """Whether a text without blanks around it spells an infinity or nan."""
    return _NONFINITE.fullmatch(token) is not None


def _advice(token: str, decimal: str) -> str:
    if token in MISSING:
        return "rows with missing values can be left out: --missing skip"
    if decimal == "." and _ONE.fullmatch(token.replace(",", ".", 1)) and "," in token:
        return "decimal comma? try --decimal ,"
    if decimal == "," and _ONE.fullmatch(token):
        return "the decimal mark was set to a comma"
    return ""


_MANY = re.compile(rf"(?>(?:[ \t]*+{GRAMMAR}[ \t]*+\n)*)")


def numbers(cells: Sequence[str], *, decimal: str = ".", allow_nonfinite: bool = False) -> Array | None:
    """Many numbers as float64, shape (cells,); None where one of them needs a closer look."""
    text = "\n".join(cells) + "\n"
    if decimal == "." and _MANY.fullmatch(text) and text.count("\n") == len(cells):
        values = np.array(list(map(float, cells)), dtype=np.float64)
        return values if np.isfinite(values).all() else None
    return None
