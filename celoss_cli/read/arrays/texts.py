"""Texts of arrays: NumPy's bytes (type S) are UTF-8, as its text (type U) is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError, LimitError, quoted
from celoss_cli.read.bytes.mapped import memory_limit

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["as_text", "type_of_text"]

_WIDER = 4
"""A character of NumPy's text takes four bytes."""


def type_of_text(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type that an array has once its bytes are text."""
    return np.dtype(f"U{dtype.itemsize}") if dtype.kind == "S" else dtype


def as_text(values: Array, place: str) -> Array:
    """The array with bytes as text; any other as it is.

    Raises:
        InputError: for what is no UTF-8, with its place.
        LimitError: for more text than memory holds.

    """
    if values.dtype.kind != "S":
        return values
    if values.nbytes * _WIDER > memory_limit():
        raise LimitError(f"expected text that fits into memory, got {values.nbytes} bytes of it", place=place)
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError:
        raise _undecodable(values, place) from None


def _undecodable(values: Array, place: str) -> InputError:
    for index, value in enumerate(values.reshape(-1).tolist()):
        try:
            value.decode()
        except UnicodeDecodeError:
            shown = quoted(value.decode("utf-8", "backslashreplace"))
            return InputError(f"expected text in UTF-8, got {shown} at index {index}", place=place)
    raise AssertionError
