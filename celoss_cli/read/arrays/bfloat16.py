"""Numbers of bfloat16, which NumPy does not have: the upper halves of those of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["BFLOAT16", "widened"]

BFLOAT16 = np.dtype([("bfloat16", "<u2")])
"""The type of arrays that stay as they are stored until their values are wanted, some rows at a time."""


def widened(values: Array) -> Array:
    """The values of an array of BFLOAT16 as float32, exactly; any other array as it is."""
    if values.dtype != BFLOAT16:
        return values
    bits = np.left_shift(values["bfloat16"], np.uint32(16), dtype=np.uint32)
    return np.asarray(bits).view(np.float32)
