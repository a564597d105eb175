"""Plain blocks of a table, parsed by a library: polars where it is installed, else ``numpy.loadtxt``.

Both libraries take more than celoss's grammar, each in its own way. A block is therefore looked at
before it is handed over and its values afterwards; whatever is not plain goes back to the strict
reader, which takes it or says what is wrong with it. Both ways give the same bits: the double nearest
to the decimal number.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, overload

import numpy as np

from celoss_cli.data import Array
from celoss_cli.errors import InputError
from celoss_cli.sources.base import ReadRequest
from celoss_cli.sources.blocks import Block

__all__ = ["NotPlain", "Plain", "Texts", "has_polars", "parsed"]

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_WORTH_IMPORTING_BYTES = 1 << 22
_BLANK_LINE = re.compile(rb"(?:\A|\n)\n")


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
        request: says the delimiter and the decimal mark.

    Raises:
        NotPlain: if there is anything in the block that needs a closer look.

    """
    delimiter = (request.delimiter or ",").encode()
    data = block.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if request.decimal == ",":
        if delimiter == b"," or b"." in data or texts or len(columns) < width:
            raise NotPlain
        data = data.replace(b",", b".")
    allowed = _PRINTABLE + (delimiter if delimiter == b"\t" else b"")
    if data.translate(None, allowed) or _BLANK_LINE.search(data):
        raise NotPlain
    rows = data.count(b"\n")
    quoted = b'"' in data
    fast = len(data) >= _WORTH_IMPORTING_BYTES and has_polars()
    parse = _by_polars if fast else _by_numpy
    if quoted and not (fast and _quoted_cells_only(data, delimiter)):
        raise NotPlain
    numbers, read_texts = parse(data, rows, width, columns, texts, delimiter)
    _refuse_limits(numbers, data, delimiter, only_numbers=len(columns) == width)
    return Plain(block, numbers, {column: i for i, column in enumerate(columns)}, read_texts)


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


Parsed = tuple[Array, dict[int, Callable[[], Sequence[str]]]]


def _by_polars(
    data: bytes, rows: int, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: bytes
) -> Parsed:
    import polars as pl

    kinds: dict[int, Any] = dict.fromkeys(range(width), pl.String)
    kinds.update(dict.fromkeys(columns, pl.Float64))
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            schema={str(column): kinds[column] for column in range(width)},
            columns=[str(column) for column in (*columns, *texts)],
            separator=delimiter.decode(),
            quote_char='"',
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise NotPlain from None
    if frame.height != rows or any(series.null_count() for series in frame):
        raise NotPlain
    numbers = np.empty((rows, len(columns)))
    for i, column in enumerate(columns):
        numbers[:, i] = frame[str(column)].to_numpy()
    return numbers, {column: frame[str(column)].to_list for column in texts}


def _by_numpy(
    data: bytes, rows: int, width: int, columns: Sequence[int], texts: Sequence[int], delimiter: bytes
) -> Parsed:
    if not _rectangular(data, rows, width, delimiter):
        raise NotPlain

    def load(columns: Sequence[int], dtype: Any) -> Array:
        return np.loadtxt(
            io.BytesIO(data),
            dtype=dtype,
            comments=None,
            delimiter=delimiter.decode(),
            usecols=columns if len(columns) < width else None,
            ndmin=2,
        )

    try:
        numbers = load(columns, np.float64)
    except ValueError:
        raise NotPlain from None
    if numbers.shape != (rows, len(columns)):
        raise NotPlain
    return numbers, {column: lambda column=column: load([column], object)[:, 0].tolist() for column in texts}  # type: ignore[misc]


def _rectangular(data: bytes, rows: int, width: int, delimiter: bytes) -> bool:
    """Whether every line has the same number of cells, given that nothing is quoted."""
    text = np.frombuffer(data, np.uint8)
    marks = text[np.flatnonzero((text == delimiter[0]) | (text == ord("\n")))]
    if marks.size != rows * width:
        return False
    ends = marks.reshape(rows, width) == ord("\n")
    return bool(ends[:, -1].all()) and int(np.count_nonzero(ends)) == rows


class Plain:
    """A parsed block; questions that it cannot answer are for the strict reader."""

    def __init__(
        self,
        block: Block,
        values: Array,
        position: dict[int, int],
        texts: dict[int, Callable[[], Sequence[str]]],
    ) -> None:
        self._block = block
        self._values = values
        self._position = position
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
