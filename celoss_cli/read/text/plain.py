"""Plain blocks of a table, read many cells at a time.

Numbers of up to 15 digits are read by arithmetic on arrays. Longer ones, and those with exponents or in
quotation marks, go to pyarrow where it is installed; without it they are read by the same arithmetic, or by
``numpy.loadtxt``. Libraries take more than celoss's grammar, each in its own way, so a block is looked at
before it is handed over and its values afterwards. Whatever is not plain goes back to the strict reader,
which takes it or says what is wrong with it. Every way gives the same bits: the double nearest to the
decimal number.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import ROW_MAJOR_FROM, Lines
from celoss_cli.core.errors import InputError
from celoss_cli.core.numbers import number
from celoss_cli.core.records import record
from celoss_cli.read.bytes.resources import has_memory_limit
from celoss_cli.read.text.blocks import count_bytes
from celoss_cli.read.text.digits import CutCells, cut_cells

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.core.names import Names
    from celoss_cli.read.request import ReadRequest
    from celoss_cli.read.text.blocks import Block

__all__ = ["NotPlain", "Plain", "has_pyarrow", "is_for_a_library", "parsed"]

_SPACE, _DELETE = 0x20, 0x7F
_ASCII_ONLY = bytes(range(0x80)) + b"?" * 0x80
_WORTH_IMPORTING_BYTES = 4 << 20
"""A text that goes on so far is worth the time that it takes to import pyarrow."""

_FOR_A_LIBRARY = re.compile(rb'"|[0-9.][eE][-+0-9]|[0-9.]{16}')
"""A quotation mark, an exponent, or more digits than two words hold."""

_FEW = 0.02
"""The part of the cells that may be read one by one."""


class NotPlain(Exception):
    """A block that only the strict reader may read."""


@cache  # every block asks
def has_pyarrow() -> bool:
    """Whether the extra ``fast`` is installed."""
    return find_spec("pyarrow") is not None


def is_for_a_library(line: bytes) -> bool:
    """Whether a line has numbers that take longer by arithmetic on arrays of digits than in a library."""
    return _FOR_A_LIBRARY.search(line) is not None


def parsed(
    block: Block, width: int, columns: Sequence[int], texts: Sequence[int], request: ReadRequest
) -> Plain:
    """The numbers and texts of a plain block.

    Args:
        block: whole lines.
        width: the number of columns of the table.
        columns: the columns of numbers to read, in the order of the header.
        texts: the columns of text to read; one may be among those of numbers too.
        request: says the delimiter, the decimal mark and which numbers are accepted.

    Raises:
        NotPlain: if there is anything in the block that needs a closer look.

    """
    data = block.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    text = _Text(block, data, width, columns, texts, request)
    if text.suits_pyarrow():
        with contextlib.suppress(NotPlain):
            return text.by_pyarrow()
    cut = text.cut()
    return text.by_digits(cut) or text.by_loadtxt(cut)


@record(frozen=True, slots=True)
class _Text:
    """The lines of a block and what is to be read of them, as ``parsed`` is told; lines end in LF."""

    block: Block
    data: bytes
    width: int
    columns: Sequence[int]
    texts: Sequence[int]
    request: ReadRequest

    @property
    def delimiter(self) -> bytes:
        return (self.request.delimiter or ",").encode()

    def cut(self) -> CutCells:
        """The cells.

        Raises:
            NotPlain: if one is quoted, or a line has more or fewer of them than it should.

        """
        decimal, cut = self.request.decimal.encode(), None
        if b'"' not in self.data and self.delimiter != decimal:
            cut = cut_cells(self.data, self.width, self.delimiter[0], decimal[0])
        if cut is None:
            raise NotPlain
        return cut

    # ------------------------------------------------------------------------------ digits

    def by_digits(self, cut: CutCells) -> Plain | None:
        """Numbers of plain digits, and the few others by the grammar; None where these are not few."""
        found = cut.numbers(self.columns, _FEW)
        if found is None:
            return None
        numbers, odd = found
        some_odd = odd.any()
        if len(self.columns) < self.width or some_odd:  # else digits are all there is
            self._refuse_unprintable()
        if some_odd:
            self._read_odd(cut, numbers, odd)
        return Plain(self.block, numbers, self.columns, _texts_of(cut, self.texts))

    def _read_odd(self, cut: CutCells, numbers: Array, odd: Array) -> None:
        """Writes the numbers of the odd cells, one by one."""
        rows, at = np.nonzero(odd)
        try:
            for i in sorted(set(at.tolist())):
                starts, ends = cut.bounds(self.columns[i])
                for row in rows[at == i].tolist():
                    cell = cut.data[starts[row] : ends[row]].decode()
                    numbers[row, i] = number(
                        cell, decimal=self.request.decimal, allow_nonfinite=self.request.allow_nonfinite
                    )
        except InputError:
            raise NotPlain from None

    # --------------------------------------------------------------------------- libraries

    def suits_pyarrow(self) -> bool:
        """Whether pyarrow can be used, and reads this faster."""
        return (
            self.block.offset + len(self.data) >= _WORTH_IMPORTING_BYTES
            and self.request.decimal == "."
            and set(self.columns).isdisjoint(self.texts)
            and is_for_a_library(self.data[: self.data.index(b"\n")])
            and has_pyarrow()
            and not has_memory_limit()
        )

    def by_pyarrow(self) -> Plain:
        import pyarrow as pa
        from pyarrow import csv

        self._refuse_unprintable()
        if self.data.startswith(codecs.BOM_UTF8):
            raise NotPlain  # pyarrow drops one at the start of every block
        quoted = b'"' in self.data
        if quoted and not _quoted_cells_only(self.data, self.delimiter):
            raise NotPlain
        names = list(map(str, range(self.width)))
        try:
            table = csv.read_csv(
                pa.BufferReader(self.data),
                csv.ReadOptions(column_names=names, use_threads=False, block_size=len(self.data) + 1),
                csv.ParseOptions(
                    delimiter=self.delimiter.decode(),
                    quote_char='"' if quoted else False,
                    double_quote=False,
                    ignore_empty_lines=False,
                ),
                _conversion(tuple(self.columns), tuple(self.texts)),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            raise NotPlain from None
        (batch,) = table.combine_chunks().to_batches()
        numbers = batch.select([names[column] for column in self.columns])
        values = numbers.to_tensor(row_major=len(self.columns) >= ROW_MAJOR_FROM).to_numpy()
        texts = {column: _of_arrow(table.column(names[column]).chunk(0)) for column in self.texts}
        return self._within_limits(values, texts)

    def by_loadtxt(self, cut: CutCells) -> Plain:
        self._refuse_unprintable()
        if self.request.decimal != ".":
            raise NotPlain
        try:
            numbers = np.loadtxt(
                # NumPy would trim the blanks of all scripts around a number; so none of them is one.
                io.BytesIO(self.data.translate(_ASCII_ONLY)),
                comments=None,
                delimiter=self.delimiter.decode(),
                usecols=None if list(self.columns) == list(range(self.width)) else self.columns,
                ndmin=2,
            )
        except ValueError:
            raise NotPlain from None
        return self._within_limits(numbers, _texts_of(cut, self.texts))

    # -------------------------------------------------------------------------------- guards

    def _refuse_unprintable(self) -> None:
        """Lets no control character pass but newlines, and tabs that are delimiters."""
        if not self.data.isascii():
            try:
                self.data.decode()
            except UnicodeDecodeError:
                raise NotPlain from None
        controls = count_bytes(np.less, self.data, _SPACE) - self.block.lines
        if controls and self.delimiter == b"\t":
            controls -= count_bytes(np.equal, self.data, ord("\t"))
        if controls or _DELETE in self.data:
            raise NotPlain

    def _within_limits(self, numbers: Array, texts: dict[int, Names]) -> Plain:
        """As many rows as lines, and no value that is not finite, except those written as ``-inf``."""
        if numbers.shape != (self.block.lines, len(self.columns)):
            raise NotPlain
        odd = ~np.isfinite(numbers)
        count = int(np.count_nonzero(odd))
        if count and not (
            len(self.columns) == self.width
            and np.isneginf(numbers[odd]).all()
            and self.data.count(b"-inf" + self.delimiter) + self.data.count(b"-inf\n") == count
        ):
            raise NotPlain
        return Plain(self.block, numbers, self.columns, texts)


@cache  # of a thousand columns every block would make the same
def _conversion(columns: Sequence[int], texts: Sequence[int]) -> Any:
    """What pyarrow makes of columns whose names are their positions."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = {str(column): pa.string() for column in texts}
    kinds.update({str(column): pa.float64() for column in columns})
    return csv.ConvertOptions(column_types=kinds, include_columns=list(kinds), null_values=[])


def _texts_of(cut: CutCells, columns: Sequence[int]) -> dict[int, Names]:
    if not columns:
        return {}
    from celoss_cli.core.names import Names  # most tables are read for their numbers alone

    return {column: Names.within(cut.data, *cut.bounds(column)).stripped() for column in columns}


def _of_arrow(cells: Any) -> Names:
    """An array of strings of pyarrow, none of them null."""
    from celoss_cli.core.names import Names

    _, offsets, data = cells.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(cells) + 1, 4 * cells.offset).astype(np.int64)
    return Names.within(b"" if data is None else data.to_pybytes(), bounds[:-1], bounds[1:]).stripped()


def _quoted_cells_only(data: bytes, delimiter: bytes) -> bool:
    """Whether every quotation mark opens or closes a whole cell on one line, and none is doubled."""
    text = np.frombuffer(b"\n" + data, np.uint8)
    at = np.flatnonzero(text == ord('"'))
    if at.size % 2:
        return False
    edges = (text == delimiter[0]) | (text == ord("\n"))
    opened, closed = at[0::2], at[1::2]
    lines = np.flatnonzero(text == ord("\n"))
    one_line = np.searchsorted(lines, opened) == np.searchsorted(lines, closed)
    return bool(edges[opened - 1].all() and edges[closed + 1].all() and one_line.all())


class Plain:
    """A parsed block; questions that it cannot answer are for the strict reader."""

    def __init__(
        self,
        block: Block,
        values: Array,
        columns: Sequence[int],
        texts: dict[int, Names],
    ) -> None:
        self.row_place: Callable[[int], str] = Lines(block.name, block.line)
        self._values = values
        self._columns = np.array(columns, np.intp)
        self._texts = texts

    def __len__(self) -> int:
        return len(self._values)

    def numbers(self, columns: Sequence[int]) -> Array:
        at = np.searchsorted(self._columns, columns)
        if (np.diff(at) == 1).all():
            return self._values[:, at[0] : at[-1] + 1]
        return self._values[:, at]

    def answers(self, columns: Sequence[int]) -> Array:
        return self.numbers(columns)

    def coded(self, column: int) -> tuple[Sequence[str], None]:
        return self.texts(column), None

    def texts(self, column: int) -> Names:
        if column not in self._texts:
            raise NotPlain
        return self._texts[column]

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        raise NotPlain from error
