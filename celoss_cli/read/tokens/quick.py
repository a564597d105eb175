"""Lines of JSON read by a parser without callbacks, where that misses nothing.

The strict reader calls back for every object and every number, which takes most of the time of a dump of
millions of small objects. A line is read by orjson where it is installed, else by the standard library,
where what the callbacks are for is ruled out at once: keys that stand twice, numbers beyond a double, too
many levels. A key that stands twice is one colon more in the text than there are keys and colons within
strings; a list that nobody looked into is one more bracket. Everything else is for the strict reader.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.records import record
from celoss_cli.read.json.parsing import MAX_DEPTH

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.text.blocks import Block

__all__ = ["quick_value", "quick_values"]

_LONG = 10**17
"""Whole numbers from here on are doubles for the strict reader."""

_MANY = 32
"""So many objects with the same keys are looked at key by key."""

_HIDDEN = MAX_DEPTH // 2
"""So many lists may be where nobody looked: not even one in the other are they too many levels."""

_COLON, _BRACKET, _BACKSLASH = b":[\\"

Strict = Callable[["Block"], Iterator[tuple[str, Any]]]
"""Reads the lines of a block by the strict reader, each with its place."""


def quick_values(block: Block, strict: Strict) -> Iterator[tuple[str, Any]]:
    """The values of a block's lines, each with its place, as the strict reader gives them.

    Args:
        block: whole lines.
        strict: reads those that need it.

    Raises:
        InputError: as that does.

    """
    start = 0
    for number, line in enumerate(io.BytesIO(block.data), block.line):
        end = start + len(line)
        value = quick_value(line)
        if value is None:
            yield from strict(block.part(start, end))
        else:
            yield block.place(number), value
        start = end


def quick_value(line: bytes) -> Any:
    """The value of a line of UTF-8 as the strict reader gives it, or None for one that it has to look at."""
    parser = _parser()
    if b"\r" in line:  # which ends no line but with LF behind it
        return None
    try:
        value = parser.loads(line)
        return value if _is_whole(value, line, exact=parser.refuses_infinity) else None
    except (KeyError, RecursionError, TypeError, ValueError):
        return None


@record(frozen=True, slots=True)
class _Parser:
    """A parser without callbacks.

    Attributes:
        loads: the value of a text; ValueError for none, and for NaN and Infinity.
        refuses_infinity: whether numbers beyond a double are refused.

    """

    loads: Callable[[bytes], Any]
    refuses_infinity: bool


@cache
def _parser() -> _Parser:
    try:
        import orjson  # many do without
    except ImportError:
        return _Parser(_standard, refuses_infinity=False)
    return _Parser(orjson.loads, refuses_infinity=True)


def _standard(line: bytes) -> Any:
    return _STANDARD.decode(line.decode())


def _refused(constant: str) -> Any:
    raise ValueError(constant)


_STANDARD = json.JSONDecoder(parse_constant=_refused)


def _is_whole(value: Any, line: bytes, *, exact: bool) -> bool:
    """Whether a value is all that a line says.

    Args:
        value: of the line.
        line: as it is written.
        exact: whether its numbers are known to be finite.

    """
    text = np.frombuffer(line, np.uint8)
    if _has_escapes(text):
        return False
    found = _counted(value, exact=exact)
    if found is None or found.keys + found.colons != np.count_nonzero(text == _COLON):
        return False
    return int(np.count_nonzero(text == _BRACKET)) - found.lists - found.brackets <= _HIDDEN


def _has_escapes(text: Array) -> bool:
    r"""Whether ``\u003`` or ``\u005`` stands in a text: a colon or a bracket may be written so."""
    found = text[:-5] == _BACKSLASH
    for further, byte in enumerate(b"u00", 1):
        found &= text[further : further - 5] == byte
        if not found.any():
            return False
    fourth = text[4:-1]
    return bool((found & ((fourth == ord("3")) | (fourth == ord("5")))).any())


@record(slots=True)
class _Counted:
    """What was found in a value: at most what its text has.

    Attributes:
        keys, lists: how many keys the objects have in all, and how many lists there are.
        colons, brackets: how many stand in the strings that are values.

    """

    keys: int = 0
    lists: int = 0
    colons: int = 0
    brackets: int = 0

    def add_texts(self, texts: Sequence[str]) -> None:
        whole = "".join(texts)
        self.colons += whole.count(":")
        self.brackets += whole.count("[")


def _counted(value: Any, *, exact: bool) -> _Counted | None:
    """What is in a value level by level; None for too many levels and for large numbers."""
    found, level = _Counted(), [value]
    for _ in range(MAX_DEPTH - _HIDDEN):
        kinds = set(map(type, level))
        objects: Sequence[Any] = _of_kind(dict, level, kinds)
        lists: Sequence[Any] = _of_kind(list, level, kinds)
        found.lists += len(lists)
        found.keys += sum(map(len, objects))
        found.add_texts(_of_kind(str, level, kinds))
        if not exact and not set(map(abs, _of_kind(float, level, kinds))).isdisjoint((math.inf,)):
            return None
        whole = _of_kind(int, level, kinds)
        if whole and max(max(whole), -min(whole)) >= _LONG:
            return None
        if not objects and not lists:
            return found
        level = [*_values_of(objects, exact=exact), *chain.from_iterable(lists)]
    return None


def _of_kind(kind: type, level: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
    if kind not in kinds:
        return ()
    return level if len(kinds) == 1 else [held for held in level if type(held) is kind]


def _values_of(objects: Sequence[dict[str, Any]], *, exact: bool) -> Iterator[Any]:
    """The values of objects; without numbers that say nothing, where the objects are many and alike.

    A string, list or object in such a place is one colon or bracket too many, if it holds any.
    """
    first, last = (objects[0], objects[-1]) if objects else ({}, {})
    if len(objects) < _MANY or not exact or first.keys() != last.keys():
        return chain.from_iterable(map(dict.values, objects))
    kept = [key for key, value in first.items() if type(value) not in (int, float)]
    return chain.from_iterable(map(itemgetter(key), objects) for key in kept)
