"""Formulas that tests expect, written out in NumPy, independent of celoss."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["expit", "log_softmax", "softmax"]


def log_softmax(x: Any, axis: int) -> Any:
    """log(exp x / sum of exp x) along an axis."""
    shifted = np.asarray(x) - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def softmax(x: Any, axis: int) -> Any:
    """Exp x / sum of exp x along an axis."""
    return np.exp(log_softmax(x, axis))


def expit(x: Any) -> Any:
    """The logistic function 1 / (1 + exp -x)."""
    return 1 / (1 + np.exp(-np.asarray(x)))
