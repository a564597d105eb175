"""Many numbers of the one grammar at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.numbers import BLANKS, GRAMMAR, MISSING, is_number, number

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["BLANKS", "MISSING", "is_number", "number", "numbers"]

_MANY = re.compile(rf"(?>(?:[ \t]*+{GRAMMAR}[ \t]*+\n)*)")


def numbers(cells: Sequence[str], *, decimal: str = ".", allow_nonfinite: bool = False) -> Array | None:
    """Many numbers as float64, or None where one of them needs a closer look."""
    text = "\n".join(cells) + "\n"
    if decimal == "." and _MANY.fullmatch(text) and text.count("\n") == len(cells):
        values = np.array(list(map(float, cells)), dtype=np.float64)
        return values if np.isfinite(values).all() else None
    return None
