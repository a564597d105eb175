"""Arrays within remote objects, of which rows are fetched as they are asked for."""

from __future__ import annotations

import math
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.read.arrays.bfloat16 import BFLOAT16

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.remote.files import Object
    from celoss_cli.read.request import ReadRequest

__all__ = ["Checksum", "Ranged", "can_be_fetched", "fetched"]

_LEAST_RANGE = 1 << 16
"""A request for fewer bytes takes as long."""

_MOST_COLUMNS = 256
"""So many requests give some rows of an array in the order of its columns; with more it is copied."""

_AT_ONCE = 8
_POLYNOMIAL = 0xEDB88320
"""Of the checksums of zip files, with its highest power in the lowest bit."""


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


class Checksum:
    """The checksum of bytes that come in any order, compared with the saved one once all are there."""

    def __init__(self, expected: int, start: int, size: int, place: str) -> None:
        """Nothing is there yet.

        Args:
            expected: the CRC-32 that was saved.
            start: where the first byte is.
            size: how many bytes there are.
            place: of the array, for messages.

        """
        self._expected, self._start, self._place = expected, start, place
        self._missing = size
        self._parts: dict[int, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def add(self, start: int, data: bytes) -> None:
        """Bytes from a place on.

        Raises:
            InputError: if these were the last ones, and all together are not what was saved.

        """
        part = len(data), zlib.crc32(data)
        with self._lock:
            self._missing -= 0 if start in self._parts else len(data)
            self._parts[start] = part
            if self._missing:
                return
            parts = sorted(self._parts.items())
        found, end = 0, self._start
        for at, (length, checksum) in parts:
            if at != end:
                return  # some overlap, and others are missing
            found, end = _joined(found, checksum, length), at + length
        if found != self._expected:
            raise InputError("expected the array that was saved, got a wrong checksum", place=self._place)


def _joined(first: int, second: int, length: int) -> int:
    """The checksum of bytes, from those of a first part and of a second one that is so long."""
    power, base, bits = 1 << 31, 1 << 30, 8 * length
    while bits:
        power = _times(base, power) if bits & 1 else power
        base = _times(base, base)
        bits >>= 1
    return _times(power, first) ^ second


def _times(a: int, b: int) -> int:
    """The product of two remainders by the polynomial of the checksum."""
    product = 0
    for power in range(31, -1, -1):
        if a >> power & 1:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


def can_be_fetched(shape: Sequence[int], dtype: np.dtype[Any], request: ReadRequest) -> bool:
    """Whether an array can be an input of which rows are fetched: its class axis must be the second."""
    least = 2 if request.per_class else 1
    numbers = dtype.names is None or dtype == BFLOAT16
    return request.class_axis is None and numbers and len(shape) >= least and shape[-1] > 1


def fetched(
    remote: Object,
    start: int,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    order: Literal["C", "F"],
    checksum: Checksum | None = None,
) -> Ranged | None:
    """An array of a remote object; None for one of many columns that lie one after the other.

    Args:
        remote: the object.
        start: where its first value is.
        shape: at least one axis, its rows.
        dtype: of the values.
        order: of the values: row by row, or all rows of the first column, then those of the second.
        checksum: is told of the bytes that come.

    """
    rows, columns, size = shape[0], math.prod(shape[1:]), dtype.itemsize
    if order == "F" and columns > _MOST_COLUMNS:
        return None

    def part(begin: int, end: int) -> bytes:
        found = remote.bytes(start + begin * size, start + end * size)
        if checksum is not None:
            checksum.add(start + begin * size, found)
        return found

    def by_rows(first: int, stop: int) -> Array:
        return _array(part(first * columns, stop * columns), (stop - first, *shape[1:]), dtype, "C")

    def by_columns(first: int, stop: int) -> Array:
        starts = [column * rows + first for column in range(columns)]
        from concurrent.futures import ThreadPoolExecutor  # which few need, and loads logging

        with ThreadPoolExecutor(min(_AT_ONCE, columns)) as pool:
            found = b"".join(pool.map(part, starts, [begin + stop - first for begin in starts]))
        return _array(found, (stop - first, *shape[1:]), dtype, "F")

    if order == "C" or columns == 1:
        return Ranged(shape, dtype, by_rows)
    return Ranged(shape, dtype, by_columns, least=_LEAST_RANGE // size)


def _array(data: bytes, shape: tuple[int, ...], dtype: np.dtype[Any], order: Literal["C", "F"]) -> Array:
    return np.ndarray(shape, dtype, data, order=order) if data else np.empty(shape, dtype)
