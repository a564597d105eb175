"""What an array is before it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.core.records import record
from celoss_cli.read.roles.column import sample_size

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Shape"]


@record(frozen=True, slots=True)
class Shape:
    """What an array is before it is read.

    Attributes:
        extents: of its axes.
        kind: of its values, as NumPy's types have it: "f", "i", "u", "b", "U".
        cells: its first values as text, where it has one axis.

    """

    extents: tuple[int, ...]
    kind: str
    cells: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Array) -> Shape:
        """The shape of an array, with the first values of one along a single axis."""
        first = values[: sample_size(1) + 1].tolist() if values.ndim == 1 else []
        cells = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in first)
        return cls(tuple(map(int, values.shape)), values.dtype.kind, cells)
