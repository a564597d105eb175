"""Plain blocks of a table, read many cells at a time.

Numbers of a few digits are read by arithmetic on arrays. Blocks of long ones, or of quoted cells, go to
a library: polars where it is installed, else ``numpy.loadtxt``. Libraries take more than celoss's
grammar, each in its own way, so a block is looked at before it is handed over and its values
afterwards. Whatever is not plain goes back to the strict reader, which takes it or says what is wrong
with it. Every way gives the same bits: the double nearest to the decimal number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, overload

import numpy as np

from celoss_cli.data import Array
from celoss_cli.errors import InputError
from celoss_cli.sources.base import ReadRequest
from celoss_cli.sources.blocks import Block
from celoss_cli.sources.digits import CutCells, cut_cells
from celoss_cli.sources.numbers import number

__all__ = ["NotPlain", "Plain", "Texts", "has_polars", "parsed"]

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_ASCII_ONLY = bytes(range(0x80)) + b"?" * 0x80
_WORTH_IMPORTING_BYTES = 1 << 22
_FEW = 0.02
"""The part of the cells that may be read one by one."""

Parsed = tuple[Array, dict[int, Callable[[], Sequence[str]]]]


class NotPlain(Exception):
    """A block that only the strict reader may read."""


def has_polars() -> bool:
    """Whether the extra ``fast`` is installed."""
    return find_spec("polars") is not None


def parsed(
    block: Block, width: int, columns: Sequence[int], texts: Sequence[int], request: ReadRequest
) -> Plain:
    """The numbers and texts of a plain block.

    Args:
        block: whole lines.
        width: the number of columns of the table.
        columns: the columns of numbers to read.
        texts: the columns of text to read.
        request: says the delimiter, the decimal mark and which numbers are accepted.

    Raises:
        NotPlain: if there is anything in the block that needs a closer look.

    """
    delimiter = request.delimiter or ","
    data = block.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    _refuse_unprintable(data, delimiter.encode())
    if b'"' not in data and delimiter != request.decimal:
        cut = cut_cells(data, width, ord(delimiter), ord(request.decimal))
        if cut is None:
            raise NotPlain
        numbers = _by_digits(cut, columns, request)
        if numbers is not None:
            return Plain(block, numbers, columns, {column: _column_of(cut, column) for column in texts})
    if request.decimal != ".":
        raise NotPlain
    numbers, read_texts = _by_library(data, width, columns, texts, delimiter)
    _refuse_limits(numbers, data, delimiter.encode(), only_numbers=len(columns) == width)
    return Plain(block, numbers, columns, read_texts)


def _refuse_unprintable(data: bytes, delimiter: bytes) -> None:
    allowed = _PRINTABLE + (delimiter if delimiter == b"\t" else b"")
    if not data.isascii():
        allowed += _BEYOND_ASCII
        try:
            data.decode()
        except UnicodeDecodeError:
            raise NotPlain from None
    if data.translate(None, allowed) or data.startswith(b"\n") or b"\n\n" in data:
        raise NotPlain


def _by_digits(cut: CutCells, columns: Sequence[int], request: ReadRequest) -> Array | None:
    """The numbers of plain digits, the few others by the grammar; None where these are not few."""
    numbers, odd = cut.numbers(columns)
    rows, at = np.nonzero(odd)
    if rows.size > _FEW * odd.size:
        return None
    data = cut.text
    try:
        for row, i in zip(rows.tolist(), at.tolist(), strict=True):
            column = columns[i]
            cell = data[cut.starts[row, column] : cut.ends[row, column]].tobytes()
            numbers[row, i] = number(
                cell.decode(), decimal=request.decimal, allow_nonfinite=request.allow_nonfinite
            )
    except InputError:
        raise NotPlain from None
    return numbers


def _column_of(cut: CutCells, column: int) -> Callable[[], list[str]]:
    return lambda: [cell.decode() for cell in cut.cells(column)]


def _by_library(
    data: bytes, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: str
) -> Parsed:
    """By polars where it is installed and worth its import, else by NumPy."""
    rows = data.count(b"\n")
    quoted = b'"' in data
    if len(data) >= _WORTH_IMPORTING_BYTES and has_polars():
        if quoted and not _quoted_cells_only(data, delimiter.encode()):
            raise NotPlain
        return _by_polars(data, rows, width, columns, texts, delimiter)
    if quoted:
        raise NotPlain
    return _by_numpy(data, rows, width, columns, texts, delimiter)


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


def _by_polars(
    data: bytes, rows: int, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: str
) -> Parsed:
    import polars as pl

    kinds: dict[int, Any] = dict.fromkeys(range(width), pl.String)
    kinds.update(dict.fromkeys(columns, pl.Float64))
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            schema={f"column_{column + 1}": kinds[column] for column in range(width)},
            columns=sorted((*columns, *texts)) if len(columns) + len(texts) < width else None,
            separator=delimiter,
            quote_char='"',
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise NotPlain from None
    if frame.height != rows or any(series.null_count() for series in frame):
        raise NotPlain
    numbers = np.empty((rows, len(columns)))
    for i, column in enumerate(columns):
        numbers[:, i] = frame[f"column_{column + 1}"].to_numpy()
    return numbers, {column: frame[f"column_{column + 1}"].to_list for column in texts}


def _by_numpy(
    data: bytes, rows: int, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: str
) -> Parsed:
    def load(columns: Sequence[int], dtype: Any, data: bytes = data) -> Array:
        return np.loadtxt(
            io.BytesIO(data),
            dtype=dtype,
            comments=None,
            encoding="utf-8",
            delimiter=delimiter,
            usecols=None if list(columns) == list(range(width)) else columns,
            ndmin=2,
        )

    try:
        # NumPy trims blanks of all scripts around a number; so far they are none.
        numbers = load(columns, np.float64, data.translate(_ASCII_ONLY))
    except ValueError:
        raise NotPlain from None
    if numbers.shape != (rows, len(columns)):
        raise NotPlain
    return numbers, {column: lambda column=column: load([column], object)[:, 0].tolist() for column in texts}  # type: ignore[misc]


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
