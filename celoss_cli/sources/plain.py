"""Plain blocks of a table, read many cells at a time.

Numbers written as digits are read by arithmetic on arrays. Blocks of others, with exponents or in quotation
marks, go to pyarrow where it is installed and else to ``numpy.loadtxt``. Libraries take more than celoss's
grammar, each in its own way, so a block is looked at before it is handed over and its values
afterwards. Whatever is not plain goes back to the strict reader, which takes it or says what is wrong
with it. Every way gives the same bits: the double nearest to the decimal number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, overload

import numpy as np

from celoss_cli.data import Array
from celoss_cli.errors import InputError
from celoss_cli.sources.blocks import count_bytes
from celoss_cli.sources.digits import CutCells, cut_cells
from celoss_cli.sources.numbers import number

if TYPE_CHECKING:
    from celoss_cli.sources.base import ReadRequest
    from celoss_cli.sources.blocks import Block

__all__ = ["NotPlain", "Plain", "Texts", "has_pyarrow", "parsed"]

_SPACE, _DELETE = 0x20, 0x7F
_ASCII_ONLY = bytes(range(0x80)) + b"?" * 0x80
_WORTH_IMPORTING_BYTES = 1 << 20
"""A text that goes on so far is worth the time that it takes to import pyarrow."""

_FEW = 0.02
"""The part of the cells that may be read one by one."""

Parsed = tuple[Array, dict[int, Callable[[], Sequence[str]]]]


class NotPlain(Exception):
    """A block that only the strict reader may read."""


@cache  # every block asks
def has_pyarrow() -> bool:
    """Whether the extra ``fast`` is installed."""
    return find_spec("pyarrow") is not None


def _is_for_pyarrow(block: Block, request: ReadRequest) -> bool:
    large = block.offset + len(block.data) >= _WORTH_IMPORTING_BYTES
    return large and request.decimal == "." and has_pyarrow() and not _rationed()


def _rationed() -> bool:
    """Whether memory is limited for this process; where it ends, pyarrow would abort without a word."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def parsed(
    block: Block, width: int, columns: Sequence[int], texts: Sequence[int], request: ReadRequest
) -> Plain:
    """The numbers and texts of a plain block.

    Args:
        block: whole lines.
        width: the number of columns of the table.
        columns: the columns of numbers to read.
        texts: the columns of text to read; one may be among those of numbers too.
        request: says the delimiter, the decimal mark and which numbers are accepted.

    Raises:
        NotPlain: if there is anything in the block that needs a closer look.

    """
    delimiter = request.delimiter or ","
    data = block.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    for_pyarrow = _is_for_pyarrow(block, request) and set(columns).isdisjoint(texts)
    unquoted = b'"' not in data and delimiter != request.decimal
    cut = None
    if unquoted and not (for_pyarrow and _has_exponents(data, width, columns, delimiter)):
        cut = cut_cells(data, width, ord(delimiter), ord(request.decimal))
        if cut is None:
            raise NotPlain
        plain = _by_digits(block, cut, columns, texts, request)
        if plain is not None:
            return plain
    _refuse_unprintable(data, block.lines, delimiter.encode())
    if for_pyarrow:
        numbers, read_texts = _by_pyarrow(data, block.lines, width, columns, texts, delimiter)
    elif cut is not None:
        numbers, read_texts = _by_loadtxt(data, block.lines, width, columns, request), _texts_of(cut, texts)
    else:
        raise NotPlain
    _refuse_limits(numbers, data, delimiter.encode(), only_numbers=len(columns) == width)
    return Plain(block, numbers, columns, read_texts)


def _has_exponents(data: bytes, width: int, columns: Sequence[int], delimiter: str) -> bool:
    """Whether more than a few numbers of the first line have an exponent."""
    cells = data[: data.index(b"\n")].lower().split(delimiter.encode())
    return len(cells) == width and sum(b"e" in cells[column] for column in columns) > _FEW * len(columns)


def _refuse_unprintable(data: bytes, lines: int, delimiter: bytes) -> None:
    """Lets no control character pass but newlines, and tabs that are delimiters."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            raise NotPlain from None
    controls = count_bytes(np.less, data, _SPACE) - lines
    if controls and delimiter == b"\t":
        controls -= count_bytes(np.equal, data, ord("\t"))
    if controls or _DELETE in data:
        raise NotPlain


def _by_digits(
    block: Block, cut: CutCells, columns: Sequence[int], texts: Sequence[int], request: ReadRequest
) -> Plain | None:
    """Numbers of plain digits, and the few others by the grammar; None where these are not few."""
    found = cut.numbers(columns, _FEW)
    if found is None:
        return None
    numbers, odd = found
    if len(columns) < len(cut.ends) or odd.any():  # else digits are all there is
        _refuse_unprintable(cut.data, block.lines, (request.delimiter or ",").encode())
        _read_odd(cut, columns, numbers, odd, request)
    return Plain(block, numbers, columns, _texts_of(cut, texts))


def _read_odd(
    cut: CutCells, columns: Sequence[int], numbers: Array, odd: Array, request: ReadRequest
) -> None:
    """Writes the numbers of the odd cells, one by one."""
    rows, at = np.nonzero(odd)
    try:
        for i in sorted(set(at.tolist())):
            starts, ends = cut.bounds(columns[i])
            for row in rows[at == i].tolist():
                cell = cut.data[starts[row] : ends[row]].decode()
                numbers[row, i] = number(
                    cell, decimal=request.decimal, allow_nonfinite=request.allow_nonfinite
                )
    except InputError:
        raise NotPlain from None


def _texts_of(cut: CutCells, columns: Sequence[int]) -> dict[int, Callable[[], Sequence[str]]]:
    return {column: _text_of(cut.data, *cut.bounds(column)) for column in columns}


def _text_of(data: bytes, starts: Array, ends: Array) -> Callable[[], list[str]]:
    return lambda: [
        data[start:end].decode() for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]


def _quoted_cells_only(data: bytes, delimiter: bytes) -> bool:
    """Whether every quotation mark opens or closes a whole cell on one line, and none is doubled."""
    text = np.frombuffer(b"\n" + data, np.uint8)
    at = np.flatnonzero(text == ord('"'))
    if at.size % 2:
        return False
    edges = np.array([delimiter[0], ord("\n")], np.uint8)
    opened, closed = at[0::2], at[1::2]
    lines = np.flatnonzero(text == ord("\n"))
    one_line = np.searchsorted(lines, opened) == np.searchsorted(lines, closed)
    return bool(
        np.isin(text[opened - 1], edges).all() and np.isin(text[closed + 1], edges).all() and one_line.all()
    )


def _refuse_limits(numbers: Array, data: bytes, delimiter: bytes, *, only_numbers: bool) -> None:
    """Lets no value pass that is not finite, except those written as ``-inf``."""
    odd = ~np.isfinite(numbers)
    count = int(np.count_nonzero(odd))
    if count and not (
        only_numbers
        and np.isneginf(numbers[odd]).all()
        and data.count(b"-inf" + delimiter) + data.count(b"-inf\n") == count
    ):
        raise NotPlain


def _by_pyarrow(
    data: bytes, rows: int, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: str
) -> Parsed:
    import pyarrow as pa
    from pyarrow import csv

    if b'"' in data and not _quoted_cells_only(data, delimiter.encode()):
        raise NotPlain
    names = list(map(str, range(width)))
    kinds = {names[column]: pa.string() for column in texts}
    kinds.update({names[column]: pa.float64() for column in columns})
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
            csv.ParseOptions(delimiter=delimiter, double_quote=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=kinds, include_columns=list(kinds), null_values=[]),
        )
    except (pa.ArrowException, UnicodeDecodeError):
        raise NotPlain from None
    if table.num_rows != rows:
        raise NotPlain
    numbers = np.empty((len(columns), rows))
    for line, column in zip(numbers, columns, strict=True):
        line[:] = np.from_dlpack(table.column(names[column]).combine_chunks())
    return numbers.T, {column: table.column(names[column]).to_pylist for column in texts}


def _by_loadtxt(data: bytes, rows: int, width: int, columns: Sequence[int], request: ReadRequest) -> Array:
    if request.decimal != ".":
        raise NotPlain
    try:
        numbers = np.loadtxt(
            # NumPy would trim the blanks of all scripts around a number; so none of them is one.
            io.BytesIO(data.translate(_ASCII_ONLY)),
            comments=None,
            delimiter=request.delimiter or ",",
            usecols=None if list(columns) == list(range(width)) else columns,
            ndmin=2,
        )
    except ValueError:
        raise NotPlain from None
    if numbers.shape != (rows, len(columns)):
        raise NotPlain
    return numbers


class Plain:
    """A parsed block; questions that it cannot answer are for the strict reader."""

    def __init__(
        self,
        block: Block,
        values: Array,
        columns: Sequence[int],
        texts: dict[int, Callable[[], Sequence[str]]],
    ) -> None:
        self._block = block
        self._values = values
        self._position = {column: i for i, column in enumerate(columns)}
        self._texts = texts

    def __len__(self) -> int:
        return len(self._values)

    def numbers(self, columns: Sequence[int]) -> Array:
        at = [self._position[column] for column in columns]
        if at == list(range(at[0], at[-1] + 1)):
            return self._values[:, at[0] : at[-1] + 1]
        return self._values[:, at]

    def answers(self, columns: Sequence[int]) -> Array:
        return self.numbers(columns)

    def texts(self, column: int) -> Sequence[str]:
        if column not in self._texts:
            raise NotPlain
        return Texts(self._texts[column], len(self))

    def row_place(self, row: int) -> str:
        return self._block.place(self._block.line + row)

    def refusal(self, row: int, column: int, error: InputError) -> InputError:
        raise NotPlain from error


class Texts(Sequence[str]):
    """The cells of a column, made when the first of them is asked for."""

    def __init__(self, load: Callable[[], Sequence[str]], size: int) -> None:
        self._load = load
        self._size = size
        self._loaded: Sequence[str] | None = None

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            start, stop, _ = at.indices(self._size)
            return Texts(lambda: self._cells[start:stop], max(0, stop - start))
        return self._cells[at]

    @property
    def _cells(self) -> Sequence[str]:
        if self._loaded is None:
            self._loaded = [cell.strip() for cell in self._load()]
        return self._loaded
