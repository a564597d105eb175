"""vLLM's entries of many lines at once, found by their bytes.

A dump of millions of tokens is as many small objects ``"464": {"logprob": -1.5, "rank": 3, "decoded_token":
"The"}``, which programs write alike to the byte but for the four values. The quotation marks of a block of
lines are found together, ten of each entry, and all that stands between the values is held against what it
must be. Where a list of a line is nothing but such entries, they are taken out, and what is left of the line
is for a parser; numbers are read by arithmetic on arrays as those of tables. Any other line is read as if
nobody had looked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from celoss_cli.core.records import record
from celoss_cli.read.json.frame import numbers_of
from celoss_cli.read.text.digits import BEFORE, cells_at, eight_digits, padded
from celoss_cli.read.tokens.document import CENSORED_AS
from celoss_cli.read.tokens.texts import texts_in

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.tokens.texts import Texts

__all__ = ["Entries", "Found", "entries_in"]

_FIRST = re.compile(
    rb'"[0-9]{1,8}":(?P<colon> ?)\{"logprob": ?[^,"]{1,40},(?P<comma> ?)"rank": ?[0-9]{1,8}, ?'
    rb'"decoded_token": ?"'
)
_MARKS = 10
"""So many quotation marks an entry has: of its number, of three keys, and of its text."""

_BEGINNING = b'{"logprob"'
_QUOTE, _POINT, _MINUS, _NEWLINE, _BACKSLASH = b'".-\n\\'
_TOKEN = b'"decoded_token"'
_USED = (0, 1, 4, 6, 8, 9)
"""Those of the marks that are looked at: around the number, in front of two keys, around the text."""

_MOST_BACKSLASHES = 64
_MOST_DIGITS = 8
_LONGEST = 16
"""Bytes that are compared at once."""

_LONGEST_KEY = 32
"""More bytes than the key of a list and what stands before its first entry."""

_FAR = 6
"""So many places behind the first digit a decimal mark is looked for."""


@record(frozen=True, slots=True)
class Entries:
    """The entries of one list: those of each place, the text's own token first.

    Attributes:
        logprobs: of all entries, shape (entries,).
        names: their numbers in the vocabulary, shape (entries,).
        ranks: theirs, shape (entries,).
        own: which of them are the first of a place, shape (places,).
        texts: of the own ones.

    """

    logprobs: Array
    names: Array
    ranks: Array
    own: Array
    texts: Texts

    def __len__(self) -> int:
        return len(self.own)

    def listed(self, place: int) -> list[tuple[int, float]]:
        """The tokens of a place; none where there is but the text's own, and it is not the first in rank."""
        first = int(self.own[place])
        end = int(self.own[place + 1]) if place + 1 < len(self) else len(self.names)
        if end == first + 1 and self.ranks[first] != 1:
            return []
        return [*zip(self.names[first:end].tolist(), self.logprobs[first:end].tolist(), strict=True)]


@record(frozen=True, slots=True)
class Found:
    """The entries of a list in a line.

    Attributes:
        start, end: which bytes of the line they are.
        entries: what they say.

    """

    start: int
    end: int
    entries: Entries


def entries_in(data: bytes) -> dict[int, Found]:
    """The entries of the lines that have them, by the number of the line from 0.

    Args:
        data: whole lines.

    """
    at = data.find(_BEGINNING)
    first = None if at < 0 else _FIRST.search(data, max(0, at - _LONGEST))
    if first is None:
        return {}
    return _Block(data, b":" + first["colon"], b"," + first["comma"]).found()


@record(frozen=True, slots=True)
class _Lists:
    """Lists of entries.

    Attributes:
        lines: the number of each one's line, from 0.
        spans: which bytes of the line its entries are.
        entries: of all lists.
        offsets: where the entries of each list begin, and where the last ones end; shape (lists + 1,).

    """

    lines: Sequence[int]
    spans: Sequence[tuple[int, int]]
    entries: _Places
    offsets: Array


@record(frozen=True, slots=True)
class _Places:
    """Entries, or what may be such, each part of shape (entries,).

    Attributes:
        name_ends: where the quotation mark behind the number in the vocabulary stands.
        rank: where the one in front of the key stands.
        text, text_ends: where those around the text stand.
        name: the number in the vocabulary.
        ranked: the rank.
        last: whether the next entry is of another place.

    """

    name_ends: Array
    rank: Array
    text: Array
    text_ends: Array
    name: Array
    ranked: Array
    last: Array

    def at(self, which: Array) -> _Places:
        """Some of them."""
        if len(which) == len(self.rank):
            return self
        return _Places(*(getattr(self, name).take(which) for name in _Places.__slots__))


class _Block:
    """A block of lines.

    Args:
        data: the lines.
        colon, comma: with the blank that follows each, if one does.

    """

    def __init__(self, data: bytes, colon: bytes, comma: bytes) -> None:
        self._data = data
        self._words = padded(data, _NEWLINE, _LONGEST)
        self._text = self._words.view(np.uint8)
        self._logprob = b'"' + colon + _BEGINNING + colon
        self._rank = comma + b'"rank"' + colon
        self._token, self._token_ends = comma + _TOKEN, b'"' + colon + b'"'
        self._further, self._next = b'"}' + comma + b'"', b'"}}' + comma + b'{"'
        self._comma = len(comma)
        self._keys = tuple(
            key + colon + begun
            for key in (b'"prompt_logprobs"', b'"logprobs"')
            for begun in (b"[", b"[null" + comma)
        )

    def found(self) -> dict[int, Found]:
        marks = _quotes(self._text)
        lists = None if marks is None else self._lists(marks)
        return {} if lists is None else dict(self._read(lists))

    # ------------------------------------------------------------------------------ where they stand

    def _lists(self, marks: Array) -> _Lists | None:
        """The lists of entries, one a line, of those that are nothing else."""
        begun = [*self._begun()]
        if not begun:
            return None
        line, starts, beginnings, ends = (np.array(values) for values in zip(*begun, strict=True))
        first = np.searchsorted(marks, beginnings + BEFORE + 1) - 2
        counts = (np.searchsorted(marks, ends + BEFORE) - first) // _MARKS
        if first.min() < 0 or counts.min() < 1:
            return None
        offsets = np.concatenate([[0], np.cumsum(counts)])
        at = np.repeat(first - _MARKS * offsets[:-1], counts) + _MARKS * np.arange(offsets[-1])
        entries, begins, stops = self._entries(marks, at, offsets)
        spans = {}
        for number, (start, stop) in enumerate(zip(offsets.tolist(), stops.tolist(), strict=False)):
            if stop > start:
                span = self._span(int(begins[start]), int(entries.text_ends[stop - 1]), int(starts[number]))
                spans.update({number: span} if span else {})
        if not spans:
            return None
        whole = np.array([*spans])
        kept = stops[whole] - offsets[whole]
        sums = np.concatenate([[0], np.cumsum(kept)])
        chosen = np.repeat(offsets[whole] - sums[:-1], kept) + np.arange(sums[-1])
        return _Lists(line[whole].tolist(), [*spans.values()], entries.at(chosen), sums)

    def _entries(self, marks: Array, at: Array, offsets: Array) -> tuple[_Places, Array, Array]:
        """What may be entries, where each begins, and where those of each list end."""
        start, name_ends, rank, token, text, text_ends = (marks.take(at + further) for further in _USED)
        good = self._stands(name_ends, self._logprob)
        good &= self._stands(rank - self._comma, self._rank)
        good &= self._stands(token - self._comma, self._token[:_LONGEST])
        good &= self._stands(token + (len(_TOKEN) - 1), self._token_ends)
        name, is_name = self._whole(start + 1, name_ends)
        ranked, is_rank = self._whole(rank + (len(self._rank) - self._comma), token - self._comma)
        good &= is_name & is_rank
        last, further = self._stands(text_ends, self._next, self._further)
        stops = _stops(good, last | further, offsets)
        return _Places(name_ends, rank, text, text_ends, name, ranked, last), start, stops

    def _begun(self) -> Iterator[tuple[int, int, int, int]]:
        """The number of each line with entries, where it begins, where they do behind a key, and its end."""
        line = start = 0
        while (end := self._data.find(b"\n", start)) >= 0:
            at = self._data.find(_BEGINNING, start, end)
            if at >= 0:
                yield line, start, at, end
            line, start = line + 1, end + 1

    def _span(self, start: int, end: int, line: int) -> tuple[int, int] | None:
        """Which bytes of a line are the entries of a list, if they are all of it, and the list is known."""
        begin, stop = start - 1 - BEFORE, end - BEFORE + 3
        before = self._data[max(line, begin - _LONGEST_KEY) : begin]
        whole = before.endswith(self._keys) and self._data[begin : begin + 1] == b"{"
        return (begin - line, stop - line) if whole and self._data[stop - 3 : stop + 1] == b'"}}]' else None

    def _stands(self, places: Array, *literals: bytes) -> Any:
        """Whether some bytes stand at each of these places; of several, whether each of them does."""
        windows = as_strided(self._text[:_LONGEST].view("V16"), (self._text.size - _LONGEST + 1,), (1,))
        found = windows[places].view(np.uint64).reshape(-1, 2)
        each = [_are(found, literal) for literal in literals]
        return each[0] if len(each) == 1 else each

    def _whole(self, start: Array, end: Array) -> tuple[Array, Array]:
        """Whole numbers of a few digits, and which are such."""
        eight = np.ndarray((self._text.size - 7,), "<u8", self._text, 0, (1,))
        return eight_digits(eight[end - 8], end - start)

    # ------------------------------------------------------------------------------ what they say

    def _read(self, lists: _Lists) -> Iterator[tuple[int, Found]]:
        at, offsets = lists.entries, lists.offsets
        starts, ends = at.name_ends + len(self._logprob), at.rank - self._comma
        cut = cells_at(self._data, self._words, starts, self._points(starts, ends), ends)
        logprobs = numbers_of(cut)
        own = np.ones(len(ends), bool)
        own[1:] = at.last[:-1]
        own[offsets[:-1]] = True
        texts = self._texts(at, own)
        if logprobs is None or texts is None or _names_repeat(at.name, own):
            return
        firsts = np.flatnonzero(own)
        bounds = np.searchsorted(firsts, offsets).tolist()
        for number, (start, end) in enumerate(pairwise(offsets.tolist())):
            first, last = bounds[number], bounds[number + 1]
            part = firsts[first:last] - start
            found = Entries(
                logprobs[start:end], at.name[start:end], at.ranked[start:end], part, texts[first:last]
            )
            if not (found.logprobs == CENSORED_AS).any():
                yield lists.lines[number], Found(*lists.spans[number], found)

    def _points(self, starts: Array, ends: Array) -> Array:
        """Where each number has its decimal mark, else its end."""
        first = starts + (self._text.take(starts) == _MINUS)
        points, left = ends.copy(), np.arange(len(ends))
        for further in range(1, _FAR):
            place = first[left] + further
            here = (self._text.take(place) == _POINT) & (place < ends[left])
            points[left[here]] = place[here]
            left = left[~here]
            if not left.size:
                break
        return points

    def _texts(self, at: _Places, own: Array) -> Texts | None:
        """The texts of the tokens of their own; None also where those of others are none."""
        starts, ends = at.text + 1, at.text_ends
        if own.all():
            return texts_in(self._text, starts, ends)
        others = texts_in(self._text, starts[~own], ends[~own])
        return None if others is None else texts_in(self._text, starts[own], ends[own])


def _are(found: Array, literal: bytes) -> Array:
    """Which of the pairs of words begin with some bytes."""
    wanted, mask = (
        np.frombuffer(part.ljust(_LONGEST, b"\0"), np.uint64) for part in (literal, b"\xff" * len(literal))
    )
    same: Array = ((found[:, 0] ^ wanted[0]) & mask[0]) == 0
    if len(literal) > _LONGEST // 2:
        same &= ((found[:, 1] ^ wanted[1]) & mask[1]) == 0
    return same


def _stops(good: Array, go_on: Array, offsets: Array) -> Array:
    """Where the entries of each list end: before the first one that is none, or that nothing leads to."""
    breaks = ~good
    breaks[1:] |= ~go_on[:-1]
    breaks[offsets[:-1]] = ~good[offsets[:-1]]
    at = np.append(np.flatnonzero(breaks), offsets[-1])
    found: Array = np.minimum(at[np.searchsorted(at, offsets[:-1])], offsets[1:])
    return found


def _quotes(text: Array) -> Array | None:
    """The places of the quotation marks without a backslash that escapes them; None for too many of those."""
    marks = np.flatnonzero(text == _QUOTE)
    behind = np.flatnonzero(text.take(marks - 1) == _BACKSLASH)
    escaped, alive = np.ones(behind.size, bool), np.arange(behind.size)
    for count in range(2, _MOST_BACKSLASHES):
        alive = alive[text.take(marks[behind[alive]] - count) == _BACKSLASH]
        if not alive.size:
            return np.delete(marks, behind[escaped]) if behind.size else marks
        escaped[alive] ^= True
    return None


def _names_repeat(names: Array, own: Array) -> bool:
    """Whether an object has a key twice."""
    if own.all():
        return False
    keys = np.cumsum(own) * 10**_MOST_DIGITS + names
    return bool(np.unique(keys).size < keys.size)
