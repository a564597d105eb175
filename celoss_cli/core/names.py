"""Many texts as bytes: a Python object is made of one when somebody asks for it.

Two texts are the same where their bytes are: eight of them are compared at a time, as whole numbers. Hashes
find candidates only.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, overload

from celoss_cli.core.late import Array, np
from celoss_cli.core.numbers import BLANKS

__all__ = ["Names"]

_WORD = 8
_LONG = 64 * _WORD
"""Texts of more bytes are taken one by one."""

_ROWS = 1 << 14
"""Of so many texts the arrays stay in the cache."""

_ALL = 2**64 - 1
_SEED = np.uint64(hash("names") & _ALL)
"""Another one in each process, so that nobody prepares texts of one hash."""

_KEPT = np.array([2 ** (8 * size) - 1 for size in range(_WORD + 1)], np.uint64)
"""The bits of so many bytes of eight."""

_BLANKS = BLANKS.encode()
_ENCODED = ("utf-8", "surrogatepass")
"""JSON may hold half of a pair of surrogates, which is a name like any other."""


class Names(Sequence[str]):
    """Texts in UTF-8, each from ``starts`` up to ``ends`` in the same bytes.

    Attributes:
        data: shape (bytes,) of uint8; eight bytes or more stand behind the last text.
        starts, ends: where the texts are, shape (names,).

    """

    __slots__ = ("data", "ends", "starts")

    def __init__(self, data: Array, starts: Array, ends: Array) -> None:
        self.data, self.starts, self.ends = data, starts, ends

    @classmethod
    def of(cls, texts: Sequence[str]) -> Names:
        """These texts, one after the other."""
        if isinstance(texts, Names):
            return texts
        cells = [text.encode(*_ENCODED) for text in texts]
        sizes = np.fromiter(map(len, cells), np.int64, len(cells))
        ends = np.cumsum(sizes)
        return cls.within(b"".join(cells), ends - sizes, ends)

    @classmethod
    def within(cls, data: bytes, starts: Array, ends: Array) -> Names:
        """The texts at these places of UTF-8, each of shape (names,)."""
        room = len(data) - int(ends.max(initial=0))
        return cls(np.frombuffer(data if room >= _WORD else data + bytes(_WORD), np.uint8), starts, ends)

    @classmethod
    def joined(cls, parts: Sequence[Names]) -> Names:
        """All texts of these parts."""
        count, size = sum(map(len, parts)), sum(len(part.data) for part in parts)
        kind = _places_up_to(size)
        data, starts, ends = np.empty(size, np.uint8), np.empty(count, kind), np.empty(count, kind)
        at = before = 0
        for part in parts:
            rows, place = slice(at, at + len(part)), slice(before, before + len(part.data))
            data[place] = part.data
            for places, out in ((part.starts, starts[rows]), (part.ends, ends[rows])):
                np.add(places, before, out=out, dtype=kind, casting="unsafe")
            at, before = rows.stop, place.stop
        return cls(data, starts, ends)

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[str]:
        first, last = self._span()
        data = self.data[first:last].tobytes()
        for start, end in zip((self.starts - first).tolist(), (self.ends - first).tolist(), strict=True):
            yield data[start:end].decode(*_ENCODED)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice | Array) -> Names: ...
    def __getitem__(self, at: int | slice | Array) -> str | Names:
        if isinstance(at, (slice, np.ndarray)):
            return Names(self.data, self.starts[at], self.ends[at])
        return self._bytes(at).decode(*_ENCODED)

    def stripped(self) -> Names:
        """The same texts without the blanks around them."""
        first, last = self.data.take(self.starts), self.data.take(self.ends - 1, mode="clip")
        blank = np.logical_or.reduce([edge == byte for edge in (first, last) for byte in _BLANKS])
        rows = np.flatnonzero(blank & (self.starts < self.ends))
        if not len(rows):
            return self
        starts, ends = self.starts.copy(), self.ends.copy()
        for row in rows.tolist():
            cell = self._bytes(row).lstrip(_BLANKS)
            starts[row] = ends[row] - len(cell)
            ends[row] = starts[row] + len(cell.rstrip(_BLANKS))
        return Names(self.data, starts, ends)

    def packed(self) -> Names:
        """The same texts with nothing between them but zeros up to eight bytes; what was there is let go."""
        sizes = self.ends - self.starts
        words = -(-sizes // _WORD)
        ends = np.cumsum(words)
        begins = ends - words
        found = np.zeros(int(words.sum()) + 1, "<u8")
        for at, which, eight in self._words():
            found[begins[which] + at] = eight
        data, starts = found.view(np.uint8), begins * _WORD
        for row in self._long():
            data[starts[row] : starts[row] + sizes[row]] = self.data[self.starts[row] : self.ends[row]]
        kind = _places_up_to(len(data))
        return Names(data, starts.astype(kind), (starts + sizes).astype(kind))

    def same(self, other: Names) -> Array:
        """Which of the texts are those of ``other``, one by one, shape (names,)."""
        if self._lies_as(other):
            return np.ones(len(self), bool)
        same = np.asarray(self.ends - self.starts == other.ends - other.starts)
        alike = np.flatnonzero(same)
        ours, theirs = self[alike], other[alike]
        for (_, which, eight), (_, _, others) in zip(ours._words(), theirs._words(), strict=True):
            same[alike[which]] &= eight == others
        for row in ours._long():
            same[alike[row]] = ours._bytes(row) == theirs._bytes(row)
        return same

    def rising(self) -> bool:
        """Whether each text is longer than the one before, or as long and of greater bytes.

        Then no text is there twice. Long texts of one length are not looked at: they do not rise.
        """
        parts = (self[start : start + _ROWS + 1] for start in range(0, len(self) - 1, _ROWS))
        return all(part._rising() for part in parts)

    def _rising(self) -> bool:
        sizes = self.ends - self.starts
        if (sizes[1:] < sizes[:-1]).any():
            return False
        decided = sizes[1:] > sizes[:-1]
        for _, which, eight in self._words():
            first = np.zeros(len(self), np.uint64)
            first[which] = eight.byteswap()  # the first byte counts most
            if (~decided & (first[1:] < first[:-1])).any():
                return False
            decided |= first[1:] > first[:-1]
        return bool(decided.all())

    def _lies_as(self, other: Names) -> bool:
        """Whether the bytes of all texts and between them are the same, and the places of the texts there."""
        ours, theirs = (
            (names.starts - first, names.ends - first, names.data[first:last])
            for names in (self, other)
            for first, last in (names._span(),)
        )
        return all(map(np.array_equal, ours, theirs))

    def _span(self) -> tuple[int, int]:
        """Where the first of the bytes is and the last one ends."""
        return int(self.starts.min(initial=len(self.data))), int(self.ends.max(initial=0))

    def hashes(self) -> Array:
        """A number for each text, the same for the same one in this process, shape (names,) of uint64."""
        found = _mixed((self.ends - self.starts).astype(np.uint64) ^ _SEED)
        for start in range(0, len(self), _ROWS):
            part, names = found[start : start + _ROWS], self[start : start + _ROWS]
            for _, which, eight in names._words():
                part[which] = _mixed(part[which] ^ eight)
            for row in names._long():
                part[row] = hash(names._bytes(row)) & _ALL
        return found

    def _words(self) -> Iterator[tuple[int, Array, Array]]:
        """The texts, but for long ones, eight bytes after eight bytes.

        Yields:
            how many eights came before, which of the texts have more bytes, and the next eight of those, of
            uint64 with zeros behind the end.

        """
        eights = np.ndarray(len(self.data) - _WORD + 1, "<u8", self.data, strides=(1,))
        sizes = self.ends - self.starts
        which = np.flatnonzero((sizes > 0) & (sizes <= _LONG))
        at, left = self.starts[which].astype(np.intp), sizes[which]
        for count in itertools.count():
            if not len(which):
                return
            yield count, which, eights[at] & _KEPT[np.minimum(left, _WORD)]
            more = left > _WORD
            which, at, left = which[more], at[more] + _WORD, left[more] - _WORD

    def _long(self) -> list[int]:
        """The texts that are taken one by one."""
        found: list[int] = np.flatnonzero(self.ends - self.starts > _LONG).tolist()
        return found

    def _bytes(self, row: int) -> bytes:
        return self.data[self.starts[row] : self.ends[row]].tobytes()


def _places_up_to(size: int) -> np.dtype[Any]:
    """The least type of signed integers from -1 to this size."""
    return np.min_scalar_type(-size - 1)


def _mixed(values: Array) -> Array:
    """Numbers of 64 bits, each of whose bits changes about half of those of the result.

    Source: Stafford 2011, "Better bit mixing", variant 13, as SplitMix64 has it (Steele, Lea and Flood 2014,
    "Fast splittable pseudorandom number generators", OOPSLA).
    """
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
