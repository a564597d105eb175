"""JSON strings of many tokens, decoded at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.read.tokens.texts import Texts, joined

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["texts_in"]

_SPACE = 0x20
_BETWEEN = 0
"""A byte that stands in none of the strings."""


def texts_in(text: Array, starts: Array, ends: Array) -> Texts | None:
    """What strings of JSON mean.

    Args:
        text: bytes; the strings have no quotation mark that is not escaped.
        starts: where each string begins, behind its quotation mark, shape (strings,).
        ends: where the mark is that ends it.

    Returns:
        None where one of them is no string, or has a NUL or half of a pair of UTF-16.

    """
    if not starts.size:
        return joined([])
    stops = np.cumsum(ends - starts + 1)
    found = text.take(np.arange(stops[-1]) + np.repeat(ends + 1 - stops, ends - starts + 1))
    if found.min() < _SPACE:
        return None
    found[stops - 1] = _BETWEEN
    data = found.tobytes()
    try:
        codes = _codes(data) if b"\\" in data or not data.isascii() else found
    except ValueError:
        return None
    between = np.flatnonzero(codes == _BETWEEN)
    if len(between) != len(starts):
        return None
    return Texts(codes[codes != _BETWEEN], between - np.arange(len(between)))


def _codes(data: bytes) -> Array:
    """The characters of some JSON as numbers.

    Raises:
        ValueError: for no JSON, and for half of a pair of UTF-16.

    """
    whole = _DECODER.decode(f'"{data.decode()}"')
    if whole.isascii():
        return np.frombuffer(whole.encode(), np.uint8)
    return np.frombuffer(whole.encode("utf-32-le"), "<u4")


_DECODER = json.JSONDecoder(strict=False)
