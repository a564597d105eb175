"""How many bytes of UTF-8 and how many words the texts of tokens have, for many tokens at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.read.tokens.texts import Texts, joined

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["bytes_and_words"]

_LOST = 0xFFFD
"""What stands for bytes that are no character alone: a token's text then says nothing of its bytes."""

_HALVES = (0xD800, 0xDFFF)
"""Halves of a pair of UTF-16, which have no bytes of UTF-8."""

_LARGEST = 0x3001
"""No blank has a larger number than the one before it."""

_BLANKS = np.array([chr(code).isspace() for code in range(_LARGEST + 1)])


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
