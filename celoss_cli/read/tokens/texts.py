"""The texts of many tokens in two arrays, where few of millions are ever looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["Texts", "bytes_and_words", "joined", "texts_in"]

_SPACE = 0x20
_BETWEEN = 0
"""A byte that stands in none of the strings of a text of JSON."""

_LOST = 0xFFFD
"""What stands for bytes that are no character alone: a token's text then says nothing of its bytes."""

_HALVES = (0xD800, 0xDFFF)
"""Halves of a pair of UTF-16, which have no bytes of UTF-8."""

_LARGEST = 0x3001
"""No blank has a larger number than the one before it."""

_BLANKS = np.array([chr(code).isspace() for code in range(_LARGEST + 1)])


@record(frozen=True, slots=True)
class Texts(Sequence[str]):
    """Texts, made when they are asked for; to NumPy an array of objects.

    Attributes:
        codes: the characters of all of them, of uint8 where all are ASCII, else of uint32.
        ends: where each one ends in them, and the next one begins; shape (texts,).
        start: where the first one begins.

    """

    codes: Array
    ends: Array
    start: int = 0

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(object)

    @property
    def size(self) -> int:
        return len(self)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Texts: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step == 1:
                begins = self.start if not start else int(self.ends[start - 1])
                return Texts(self.codes, self.ends[start:stop], begins)
        elif isinstance(at, int | np.integer):
            at = range(len(self))[at]
            return self._between(int(self.ends[at - 1]) if at else self.start, int(self.ends[at]))
        return np.asarray(self)[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tolist())

    def tolist(self) -> list[str]:
        first, last = self.start, int(self.ends[-1]) if len(self) else self.start
        whole = self._between(first, last)
        places = [0, *(self.ends - first).tolist()]
        return [whole[start:end] for start, end in pairwise(places)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        found = np.empty(len(self), object)
        found[:] = self.tolist()
        return found

    def _between(self, start: int, end: int) -> str:
        codes = self.codes[start:end]
        if codes.dtype == np.uint8:
            return codes.tobytes().decode("ascii")
        return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


def joined(parts: Sequence[Texts]) -> Texts:
    """The texts of all parts."""
    codes = [part.codes[part.start : int(part.ends[-1]) if len(part) else part.start] for part in parts]
    starts = np.cumsum([0, *map(len, codes)]).tolist()
    ends = [part.ends - part.start + start for part, start in zip(parts, starts, strict=False)]
    none: list[Array] = [np.zeros(0, np.uint8)]
    return Texts(np.concatenate(codes or none), np.concatenate(ends or [np.zeros(0, np.int64)]))


def texts_in(text: Array, starts: Array, ends: Array) -> Texts | None:
    """What strings of JSON mean.

    Args:
        text: bytes; the strings have no quotation mark that is not escaped.
        starts: where each string begins, behind its quotation mark, shape (strings,).
        ends: where the mark is that ends it.

    Returns:
        None where one of them is no string, or has a NUL or half of a pair of UTF-16.

    """
    if not starts.size:
        return joined([])
    stops = np.cumsum(ends - starts + 1)
    found = text.take(np.arange(stops[-1]) + np.repeat(ends + 1 - stops, ends - starts + 1))
    if found.min() < _SPACE:
        return None
    found[stops - 1] = _BETWEEN
    data = found.tobytes()
    try:
        codes = _decoded(data) if b"\\" in data or not data.isascii() else found
    except ValueError:
        return None
    between = np.flatnonzero(codes == _BETWEEN)
    if len(between) != len(starts):
        return None
    return Texts(codes[codes != _BETWEEN], between - np.arange(len(between)))


def _decoded(data: bytes) -> Array:
    """The characters of some JSON as numbers.

    Raises:
        ValueError: for no JSON, and for half of a pair of UTF-16.

    """
    whole = _DECODER.decode(f'"{data.decode()}"')
    if whole.isascii():
        return np.frombuffer(whole.encode(), np.uint8)
    return np.frombuffer(whole.encode("utf-32-le"), "<u4")


_DECODER = json.JSONDecoder(strict=False)


def bytes_and_words(texts: Sequence[str], starts: Array) -> tuple[Array, Array]:
    """The bytes of UTF-8 of each token, NaN where nobody knows them, and the words that begin in it.

    What stands between blanks of a document is a word.

    Args:
        texts: of the tokens of some documents.
        starts: which tokens are the first of a document, shape (documents,).

    """
    codes, ends = _codes(texts)
    sizes = np.diff(ends, prepend=0).astype(np.float64) if codes.dtype == np.uint8 else _bytes(codes, ends)
    return sizes, _words(codes, ends, starts)


def _codes(texts: Sequence[str]) -> tuple[Array, Array]:
    """The characters as numbers, of uint8 where all are ASCII, and where each text ends in them."""
    if isinstance(texts, Texts):
        whole = joined([texts])
        return whole.codes, whole.ends
    text = "".join(texts)
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8), ends
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4"), ends


def _bytes(codes: Array, ends: Array) -> Array:
    size = np.ones(len(codes), np.int64)
    for least in (0x80, 0x800, 0x10000):
        size += codes >= least
    found = _per_token(size, ends)
    lost = np.flatnonzero((codes == _LOST) | ((codes >= _HALVES[0]) & (codes <= _HALVES[1])))
    found[np.searchsorted(ends, lost, side="right")] = np.nan
    return found


def _words(codes: Array, ends: Array, starts: Array) -> Array:
    blank = _BLANKS.take(codes, mode="clip")
    begins = ~blank
    begins[1:] &= blank[:-1]
    first = np.concatenate([[0], ends])[starts]
    first = first[first < len(codes)]
    begins[first] = ~blank[first]
    return _per_token(begins, ends)


def _per_token(counts: Array, ends: Array) -> Array:
    """The sum of what is counted for each character over the characters of each token."""
    so_far = np.concatenate([[0], np.cumsum(counts)])[ends]
    return np.diff(so_far, prepend=0).astype(np.float64)
