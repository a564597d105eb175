"""The names of many rows in little memory."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from typing import overload

from celoss_cli.core.records import record

__all__ = ["Names", "Part", "joined"]


class Names(Sequence[str]):
    """Names in parts, each one text: a tenth of the memory of a list of texts. Going on is quick."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._ends = [0, *itertools.accumulate(part.count for part in parts)]
        self._last: tuple[int, list[str]] = (-1, [])

    def __len__(self) -> int:
        return self._ends[-1]

    def __iter__(self) -> Iterator[str]:
        return itertools.chain.from_iterable(part.names() for part in self.parts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step != 1:
                return [self[i] for i in range(start, stop, step)]
            return list(itertools.chain.from_iterable(self._between(start, stop)))
        number = bisect.bisect_right(self._ends, at) - 1
        return self._of(number)[at - self._ends[number]]

    def _between(self, start: int, stop: int) -> Iterator[list[str]]:
        """The names of these rows, those of a part at a time."""
        for number, part in enumerate(self.parts):
            begin = self._ends[number]
            if start < begin + part.count and begin < stop:
                yield self._of(number)[max(0, start - begin) : stop - begin]

    def _of(self, number: int) -> list[str]:
        if number != self._last[0]:
            self._last = (number, self.parts[number].names())
        return self._last[1]


@record(frozen=True, slots=True)
class Part:
    """Some names as one text.

    Attributes:
        count: how many.
        text: of all of them, with a separator that is in none.
        separator: between them.

    """

    count: int
    text: str
    separator: str

    @classmethod
    def of(cls, names: Sequence[str]) -> Part:
        separator = "\n"
        while any(separator in name for name in names):
            separator += "\x00"
        return cls(len(names), separator.join(names), separator)

    def names(self) -> list[str]:
        return self.text.split(self.separator)


def joined(parts: Sequence[Sequence[str] | None]) -> Names | None:
    """All names of these parts, None where one of them has none."""
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    texts = [names.parts if isinstance(names, Names) else [Part.of(names)] for names in known]
    return Names(list(itertools.chain.from_iterable(texts)))
