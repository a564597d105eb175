"""The cheapest way to pair rows with columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cheapest"]


def cheapest(costs: NDArray[Any]) -> NDArray[np.int64]:
    """The permutation p with the smallest sum of ``costs[i, p[i]]``.

    Args:
        costs: shape (n, n), finite.

    Returns:
        Shape (n,). Shortest augmenting paths with dual prices, O(n**3): Jonker and Volgenant 1987, "A
        shortest augmenting path algorithm for dense and sparse linear assignment problems".

    """
    size = len(costs)
    row_price, column_price = np.zeros(size), np.zeros(size)
    row_of = np.full(size, -1)
    for row in range(size):
        _augment(costs, row, row_of, row_price, column_price)
    found = np.empty(size, np.int64)
    found[row_of] = np.arange(size)
    return found


def _augment(
    costs: NDArray[Any],
    start: int,
    row_of: NDArray[Any],
    row_price: NDArray[Any],
    column_price: NDArray[Any],
) -> None:
    """Gives row ``start`` a column, moving other rows along the cheapest path."""
    size = len(costs)
    distance, before = np.full(size, np.inf), np.full(size, -1)
    done = np.zeros(size, bool)
    row, column, reached = start, -1, 0.0
    rows, steps = [start], [0.0]
    while row >= 0:
        slack = reached + costs[row] - row_price[row] - column_price
        nearer = ~done & (slack < distance)
        distance[nearer], before[nearer] = slack[nearer], row
        column = int(np.argmin(np.where(done, np.inf, distance)))
        reached, done[column] = float(distance[column]), True
        row = int(row_of[column])
        if row >= 0:
            rows.append(row)
            steps.append(reached)
    column_price[done] -= reached - distance[done]
    row_price[rows] += reached - np.array(steps)
    while column >= 0:
        row = int(before[column])
        row_of[column], column = row, _column_of(row_of, row, column) if row != start else -1


def _column_of(row_of: NDArray[Any], row: int, other_than: int) -> int:
    """The column that a row had before it was moved."""
    held = np.flatnonzero(row_of == row)
    return int(held[held != other_than][0])
