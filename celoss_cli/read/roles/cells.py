"""What is asked of the cells of a table, whoever has read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.core.errors import InputError

__all__ = ["Cells", "Columns"]


class Columns(Protocol):
    """Columns of which any may be asked for."""

    def numbers(self, columns: Sequence[int]) -> Array:
        """Shape (rows, columns), of floats."""

    def texts(self, column: int) -> Sequence[str]:
        """The cells of a column, without the blanks around them and the marks of a ``Quoted`` one."""

    def row_place(self, row: int) -> str:
        """Names a row, counted from 0 here."""


class Cells(Columns, Protocol):
    """Some rows of a table."""

    def __len__(self) -> int: ...

    def answers(self, columns: Sequence[int]) -> Array:
        """As ``numbers``, where true and false are 1 and 0."""

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        """``error`` of one cell with its place."""
