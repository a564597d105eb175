"""An array of a remote file, of which those rows are fetched that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from celoss_cli.core.data import Array

__all__ = ["Ranged"]


class Ranged:
    """Rows along the first axis; nothing of them is held.

    Attributes:
        shape, dtype: of the array.
        least: so many rows are worth a fetch.

    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fetch: Callable[[int, int], Array],
        least: int = 1,
    ) -> None:
        """Fetches nothing.

        Args:
            shape: at least one axis.
            dtype: of the values.
            fetch: gives the rows from one up to another.
            least: so many rows are worth a fetch.

        """
        self.shape = shape
        self.dtype = dtype
        self.least = least
        self._fetch = fetch

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> Array:
        """Rows in order, fetched.

        Raises:
            InputError: if they do not come, or the object changed.

        """
        start, stop, step = rows.indices(len(self))
        if step != 1:
            raise IndexError(f"rows that follow each other are fetched, got {rows}")
        return self._fetch(start, max(start, stop))
