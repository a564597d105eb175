"""Rows of JSON that are written alike, read as the rows of a table are.

Programs write the same bytes around the values of every row: ``{"logits": [``, ``, ``, ``], "target": ``. So
a row that was read strictly gives a frame: what stands in each cell, from one comma to the next, before its
value and after it. Where all rows of a text have exactly this, and numbers in between, their cells are
those of a table, and their numbers are read by arithmetic on arrays. Any other text is for the strict reader;
both give the same bits.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.numbers import BLANKS, numbers
from celoss_cli.core.records import record
from celoss_cli.read.text.blocks import count_bytes
from celoss_cli.read.text.digits import CutCells, cut_cells
from celoss_cli.read.text.plain import NotPlain

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.core.errors import InputError

__all__ = ["Frame", "Framed", "frame_of", "numbers_of"]

_CELL = re.compile(
    rb'(?P<before>.*[\s\[{:]|)(?:(?P<number>-?[0-9][0-9.eE+-]*+)|"(?P<text>[^"\\]*+)")(?P<after>[\s\]}]*+)',
    re.DOTALL,
)
_POINT, _COMMA, _MINUS, _ZERO = b".,-0"
_SPACE = 0x20
_EXACT = 1 << 53
_WHOLE = re.compile(rb"0|-?[1-9][0-9]{0,16}")


@record(frozen=True, slots=True)
class Frame:
    """What stands around the values of a row.

    Attributes:
        before, after: the bytes in each cell in front of its value and behind it.
        texts: the cells whose values are texts in quotation marks; the others hold numbers.

    """

    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    texts: frozenset[int]

    def __len__(self) -> int:
        return len(self.before)

    @property
    def lead(self) -> bytes:
        """The blanks in front of a row."""
        return self.before[0][: len(self.before[0]) - len(self.before[0].lstrip(b" \t\r\n"))]

    def around(self, data: bytes, rows: int, end: bytes) -> Framed | None:
        """The rows of a text, if this and nothing else stands around their values.

        Args:
            data: whole rows, each with ``end`` at its end.
            rows: how many they are, or 0 where that is not known.
            end: a newline or a comma.

        """
        cut = cut_cells(data, len(self), _COMMA, _POINT, end[0])
        if cut is None or (rows and len(cut) != rows):
            return None
        sizes = (np.array([len(part) for part in parts]) for parts in (self.before, self.after))
        cut = CutCells(cut.data, cut.words, cut.marks, cut.points, cut.ends, *sizes)
        if not self._stands_around(cut) or (self.texts and not self._are_texts(cut, end)):
            return None
        columns = [column for column in range(len(self)) if column not in self.texts]
        return Framed(self, cut) if not columns or _begin_as_numbers(cut, columns) else None

    def _stands_around(self, cut: CutCells) -> bool:
        text = cut.text
        for parts, ahead in ((self.before, True), (self.after, False)):
            for part in {*parts} - {b""}:
                columns = [column for column, other in enumerate(parts) if other == part]
                for where in cut.parts(len(columns)):
                    starts, _, ends = cut.cells(where[0], columns[where[1]])
                    places = starts if ahead else np.subtract(ends, len(part), out=ends)
                    for byte in part:
                        if not (text.take(places, mode="clip") == byte).all():
                            return False
                        np.add(places, 1, out=places)
        return True

    def _are_texts(self, cut: CutCells, end: bytes) -> bool:
        """Whether texts have no mark, no escape, no control character and no broken character within."""
        data, around = cut.data, b"".join((*self.before, *self.after))
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        controls = sum(byte < _SPACE for byte in around + end)
        return (
            b"\\" not in data
            and data.count(b'"') == around.count(b'"') * len(cut)
            and count_bytes(np.less, data, _SPACE) == controls * len(cut)
        )


_BARE = Frame((b"",), (b"",), frozenset())


def frame_of(row: bytes, value: Any) -> tuple[Frame, list[str]] | None:
    """The frame of a row, and the key of each of its cells.

    Args:
        row: JSON of one list or object.
        value: what it means.

    Returns:
        None where its values are other than numbers and texts without commas, escapes and marks.

    """
    leaves = list(_by_key(value))
    cells = row.split(b",")
    if len(cells) != len(leaves):
        return None
    before, after, texts = [], [], set()
    for column, (cell, (_, leaf)) in enumerate(zip(cells, leaves, strict=True)):
        found = _CELL.fullmatch(cell)
        if found is None:
            return None
        quoted = found["number"] is None
        written = f'"{found["text"].decode()}"' if quoted else found["number"].decode()
        if type(leaf) not in (int, float, str) or json.loads(written) != leaf:
            return None
        before.append(found["before"] + b'"' * quoted)
        after.append(b'"' * quoted + found["after"])
        if quoted:
            texts.add(column)
    return Frame(tuple(before), tuple(after), frozenset(texts)), [key for key, _ in leaves]


def numbers_of(cut: CutCells) -> Array | None:
    """The numbers of JSON in the cells of one column, shape (rows,) of float64; None where one is none."""
    if not _begin_as_numbers(cut, [0]):
        return None
    with contextlib.suppress(NotPlain):
        return Framed(_BARE, cut).numbers([0])[:, 0]
    return None


def _by_key(value: Any) -> Iterator[tuple[str, Any]]:
    """The single values in the order of the text, each with its key, which is "" in a list."""
    for key, item in value.items() if isinstance(value, dict) else [("", value)]:
        for leaf in _leaves(item):
            yield key, leaf


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _begin_as_numbers(cut: CutCells, columns: Sequence[int]) -> bool:
    """Whether no number begins with a plus, a point or a zero too many, and digits follow each point."""
    text = cut.text
    for rows, part in cut.parts(len(columns)):
        starts, points, ends = cut.places(rows, columns[part])
        np.add(starts, text.take(starts, mode="clip") == _MINUS, out=starts)
        first = text.take(starts, mode="clip") - np.uint8(_ZERO)
        np.add(starts, 1, out=starts)
        follows = text.take(starts, mode="clip") - np.uint8(_ZERO)
        bad = first > 9
        bad |= (first == 0) & (follows <= 9)
        pointed = points < ends
        np.add(points, 1, out=points)
        bad |= pointed & (text.take(points, mode="clip") - np.uint8(_ZERO) > 9)
        if bad.any():
            return False
    return True


class Framed:
    """Rows that are written alike as cells of a table; questions that they cannot answer are ``NotPlain``.

    The cells share scratch: they are to be used before the thread cuts other text.

    Args:
        frame: what stands around the values.
        cut: the rows.
        cell_of: which of the cells each column of the table is; None where all are, in their order.
        place: names a row.

    """

    def __init__(
        self,
        frame: Frame,
        cut: CutCells,
        cell_of: Sequence[int] | None = None,
        place: Callable[[int], str] = str,
    ) -> None:
        self._frame = frame
        self._cut = cut
        self._cell_of = range(len(frame)) if cell_of is None else cell_of
        self.row_place = place

    def as_table(self, cell_of: Sequence[int], place: Callable[[int], str]) -> Framed:
        """The same rows with columns of a table."""
        return Framed(self._frame, self._cut, cell_of, place)

    def __len__(self) -> int:
        return len(self._cut)

    def are_texts(self, columns: Iterable[int]) -> bool:
        """Whether any of these columns holds texts."""
        return not self._frame.texts.isdisjoint(self._cell_of[column] for column in columns)

    def refuse_others(self, read: Iterable[int]) -> None:
        """Takes a closer look where a cell beside those that are read is neither text nor number."""
        known = {self._cell_of[column] for column in read}
        others = sorted({*range(len(self._frame))} - known - self._frame.texts)
        if others:
            self._numbers(others)

    def written(self, column: int) -> list[str]:
        """The texts of a column, or its whole numbers as they are written."""
        column = self._cell_of[column]
        cells = self._cells(column)
        if column not in self._frame.texts and not all(map(_WHOLE.fullmatch, cells)):
            raise NotPlain
        return [cell.decode() for cell in cells]

    def texts(self, column: int) -> list[str]:
        return [text.strip(BLANKS) for text in self.written(column)]

    def numbers(self, columns: Sequence[int]) -> Array:
        """The numbers of some columns, shape (rows, columns), of float64."""
        if self.are_texts(columns):
            raise NotPlain
        return self._numbers([self._cell_of[column] for column in columns])

    def answers(self, columns: Sequence[int]) -> Array:
        return self.numbers(columns)

    def coded(self, column: int) -> tuple[list[str], None]:
        return self.texts(column), None

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        raise NotPlain from error

    def array(self, columns: Sequence[int]) -> Array:
        """As ``numbers``, of integers where all are written so."""
        values = self.numbers(columns)
        if not self._are_whole([self._cell_of[column] for column in columns]):
            return values
        if not (np.abs(values) < _EXACT).all():
            raise NotPlain
        return values.astype(np.int64)

    def _numbers(self, cells: Sequence[int]) -> Array:
        values, odd = self._by_digits(cells)
        for at, rows in _by_column(odd):
            try:
                read = numbers([cell.decode() for cell in self._cells(cells[at], rows)])
            except UnicodeDecodeError:
                read = None
            if read is None:
                raise NotPlain
            values[rows, at] = read
        for at, rows in _by_column((values == 0) & np.signbit(values)):
            zeros = self._cells(cells[at], rows)
            values[rows, at] = [0.0 if cell == b"-0" else -0.0 for cell in zeros]  # a whole number has none
        return values

    def _by_digits(self, columns: Sequence[int]) -> tuple[Array, Array]:
        """The numbers, and which of them are left over."""
        found = self._cut.numbers(columns, 1.0)
        assert found is not None  # noqa: S101 - for the type checker: any number may be left over
        return found

    def _are_whole(self, columns: Sequence[int]) -> bool:
        """Whether no number of these has a decimal mark or an exponent."""
        for rows, part in self._cut.parts(len(columns)):
            _, points, ends = self._cut.places(rows, columns[part])
            if (points < ends).any():
                return False
        _, odd = self._by_digits(columns)
        return not any(
            b"e" in cell.lower() for at, rows in _by_column(odd) for cell in self._cells(columns[at], rows)
        )

    def _cells(self, column: int, rows: Array | slice = slice(None)) -> list[bytes]:
        """What is written in some cells of a column."""
        starts, ends = (places[rows].tolist() for places in self._cut.bounds(column))
        return [self._cut.data[start:end] for start, end in zip(starts, ends, strict=True)]


def _by_column(which: Array) -> Iterator[tuple[int, Array]]:
    """The columns in which any is true, each with the rows."""
    for at in np.flatnonzero(which.any(axis=0)).tolist():
        yield at, np.flatnonzero(which[:, at])
