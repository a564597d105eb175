"""A plane of characters: lines of dots, eight of them in one Braille character, and marks over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import groupby, pairwise

from celoss_cli.core.records import record

__all__ = ["Canvas", "Cell"]

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots of a Braille character, from the top; Unicode 15, chapter 21.1."""

_BLANK = 0x2800
_STROKES = ("*", ".", "+")
"""What the lines are made of where only ASCII can be written."""

_DASH = 4
"""Dots of a dash and of the gap after it."""


_Place = tuple[float, float]


@record(slots=True)
class Cell:
    """One character: the dots of a line, or a mark that covers them.

    Attributes:
        dots: the bits of the Braille character.
        line: the line that the dots belong to.
        mark: a character, or "".

    """

    dots: int = 0
    line: int = 0
    mark: str = ""


@record(slots=True)
class Canvas:
    """Rows of cells; places are parts of the width and of the height, from the lower left corner.

    Attributes:
        columns, rows: the extents in characters.
        unicode: whether Braille characters can be written.

    """

    columns: int
    rows: int
    unicode: bool
    _cells: dict[tuple[int, int], Cell] = field(default_factory=dict)

    def line(self, number: int, points: Sequence[tuple[float, float]]) -> None:
        """Joins the points; the second line is dashed. What lies outside is not drawn."""
        wide, high = self._dots()
        scaled = [(x * (wide - 1), (1 - y) * (high - 1)) for x, y in points]
        dots = [dot for pair in pairwise(scaled) for dot in _joined(*pair, wide + high)]
        for reached, ((x, y), _) in enumerate(groupby(dots)):
            if 0 <= x < wide and 0 <= y < high:
                self._dot(number, x, y, reached)

    def _dots(self) -> tuple[int, int]:
        return (2 * self.columns, 4 * self.rows) if self.unicode else (self.columns, self.rows)

    def _dot(self, number: int, x: int, y: int, reached: int) -> None:
        if not self.unicode:
            self._cell(x, y).line = number
            self._cell(x, y).dots = 1
        elif number == 0 or reached // _DASH % 2 == 0:
            cell = self._cell(x // 2, y // 4)
            cell.dots |= _DOTS[y % 4][x % 2]
            cell.line = number

    def _cell(self, column: int, row: int) -> Cell:
        return self._cells.setdefault((row, column), Cell())

    def mark(self, x: float, y: float, mark: str) -> None:
        """Puts a character at a place, if it is inside."""
        column, row = self.column(x), self.row(y)
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._cell(column, row).mark = mark

    def column(self, x: float) -> int:
        """The column of a place."""
        wide, _ = self._dots()
        return round(x * (wide - 1)) * self.columns // wide

    def row(self, y: float) -> int:
        """The row of a place, from the top."""
        _, high = self._dots()
        return round((1 - y) * (high - 1)) * self.rows // high

    def lines(self) -> Iterator[list[tuple[str, Cell]]]:
        """The rows from the top, each character with the cell it comes from."""
        for row in range(self.rows):
            yield [self._character(self._cells.get((row, column), Cell())) for column in range(self.columns)]

    def _character(self, cell: Cell) -> tuple[str, Cell]:
        if cell.mark or not cell.dots:
            return cell.mark or " ", cell
        return (chr(_BLANK + cell.dots) if self.unicode else _STROKES[cell.line % len(_STROKES)]), cell


def _joined(start: _Place, end: _Place, most: int) -> Iterator[tuple[int, int]]:
    """The dots from one place to another, both included."""
    (x0, y0), (x1, y1) = start, end
    steps = max(1, min(most, round(max(abs(x1 - x0), abs(y1 - y0)))))
    for step in range(steps + 1):
        part = step / steps
        yield round(x0 + (x1 - x0) * part), round(y0 + (y1 - y0) * part)
