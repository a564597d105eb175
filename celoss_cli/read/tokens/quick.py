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
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.read.json.cutting import ends_of_elements
from celoss_cli.read.json.parsing import MAX_DEPTH, parse
from celoss_cli.read.tokens.entries import Found, entries_in

if TYPE_CHECKING:
    from celoss_cli.read.json.text import Piece, Text
    from celoss_cli.read.text.blocks import Block
    from celoss_cli.read.tokens.document import Many

__all__ = ["Line", "elements_read", "lines_read", "proven", "value_read"]

_LONG = 10**17
"""Whole numbers from here on are doubles for the strict reader."""

_HIDDEN = MAX_DEPTH // 2
"""So many lists may be where nobody looked: not even one in the other are they too many levels."""

_SHORT = 1 << 12
"""Texts below it are counted sooner one by one, and read sooner by the strict reader than proven."""

_MARK = rb"\u0000"
"""What stands for entries that are taken out, within quotation marks: a text that has it is left as it is."""

_COLON, _BRACKET = b":["
_ESCAPED = re.compile(rb"\\u00[35]")
"""How a colon or a bracket may be written too."""

Strict = Callable[["Block"], Iterator[tuple[str, Any]]]
"""Reads the lines of a block by the strict reader, each with its place."""


@record(frozen=True, slots=True)
class Line:
    """The value of a line as a parser without callbacks has it.

    Attributes:
        value: it may lack what stands twice.
        text: the line, or what is left of it where entries are taken out.
        strict: gives the value by the strict reader.
        proven: whether the strict reader gave the value of this text.

    """

    value: Any
    text: bytes
    strict: Callable[[], Any]
    proven: bool = False

    def is_whole(self, many: Iterable[Many] = ()) -> bool:
        """Whether the value is all that the line says, and nothing that the strict reader refuses.

        Args:
            many: the parts that somebody went through already.

        """
        return self.proven or _is_whole(self.value, self.text, many)


def lines_read(block: Block, strict: Strict) -> Iterator[tuple[str, Any]]:
    """The lines of a block, each with its place: as a ``Line``, or as the strict reader gives it.

    Args:
        block: whole lines.
        strict: reads those that no other reader can.

    Raises:
        InputError: as that does.

    """
    start, entries = 0, entries_in(block.data)
    for number, line in enumerate(io.BytesIO(block.data)):
        end = start + len(line)
        alone = partial(_alone, block, start, end, strict)
        start = end
        read = _around(line, entries.pop(number), alone) if number in entries else None
        if read is None:
            value = None if b"\r" in line else _loaded(line)  # that ends no line but with LF behind it
            read = alone() if value is None else Line(value, line, alone)
        yield block.place(block.line + number), read


def _around(line: bytes, found: Found, strict: Callable[[], Any]) -> Line | None:
    """A line whose entries are taken out, with them at their place; None where that is not sure."""
    before, behind = line[: found.start], line[found.end :]
    if _MARK in before or _MARK in behind or b"\r" in before or b"\r" in behind:
        return None
    rest = b'%b"%b"%b' % (before, _MARK, behind)
    proven = len(rest) < _SHORT
    try:
        value = parse(rest, "") if proven else _loaded(rest)
    except InputError:
        return None
    holding = [*_ending_with_mark(value)]
    if len(holding) != 1:
        return None
    holding[0][-1] = found.entries
    return Line(value, rest, strict, proven)


def _ending_with_mark(value: Any) -> Iterator[list[Any]]:
    """The lists within that end with the mark."""
    if type(value) is dict:
        for held in value.values():
            if type(held) is dict or type(held) is list:
                yield from _ending_with_mark(held)
    elif type(value) is list and value:
        if value[-1] == "\0":
            yield value
        elif type(value[0]) is dict:
            for held in value:
                yield from _ending_with_mark(held)


def value_read(data: bytes, name: str, line: int, column: int) -> Any:
    """The value of a text as a ``Line``, or as the strict reader gives it.

    Args:
        data: the text.
        name: of the stream.
        line: where it begins there.
        column: where it begins in that line.

    Raises:
        InputError: as the strict reader does.

    """
    strict = partial(parse, data, name, line, column)
    value = _loaded(data)
    return strict() if value is None else Line(value, data, strict)


def elements_read(pieces: Iterable[Piece], text: Text) -> Iterator[tuple[str, Any]]:
    """The elements of the array that a text is, each with its place: as ``Line``, or by the strict reader.

    Args:
        pieces: of the text.
        text: which ends with the array.

    Raises:
        InputError: as the strict reader does.

    """
    for piece in pieces:
        strict = cache(piece.values)
        start = 0
        for number, end in enumerate(ends_of_elements(piece.data).tolist()):
            data = piece.data[start:end]
            alone = partial(_element, strict, number)
            start = end + 1
            if not data.strip():
                strict()  # an array without elements, or it refuses a comma too many
                continue
            value = _loaded(data)
            found = alone() if value is None else Line(value, data, alone)
            yield f"{piece.name}: $[{piece.first + number}]", found
    text.finish()


def _element(strict: Callable[[], list[Any]], number: int) -> Any:
    return strict()[number]


def _loaded(data: bytes) -> Any:
    """The value of a text by the parser without callbacks; None for none."""
    try:
        return _parser().loads(data)
    except (RecursionError, ValueError):
        return None


def _alone(block: Block, start: int, end: int, strict: Strict) -> Any:
    return next(strict(block.part(start, end)))[1]


def proven(value: Any) -> Any:
    """A value, by the strict reader where that is needed."""
    if not isinstance(value, Line):
        return value
    return value.value if value.is_whole() else value.strict()


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


def _is_whole(value: Any, line: bytes, many: Iterable[Many]) -> bool:
    if _ESCAPED.search(line):
        return False
    found, seen, finite = _Counted(), set[int](), _parser().refuses_infinity
    for part in many if finite else ():  # else their numbers are to be looked at
        found.keys += part.keys
        found.add_texts(part.texts)
        seen.update(map(id, part.within))
    if not _count(value, found, seen, finite=finite):
        return False
    if found.keys + found.colons != _times(line, _COLON):
        return False
    return _times(line, _BRACKET) - found.lists - found.brackets <= _HIDDEN


def _times(line: bytes, byte: int) -> int:
    """How often a byte stands in a line."""
    if len(line) < _SHORT:
        return line.count(byte)
    return int(np.count_nonzero(np.frombuffer(line, np.uint8) == byte))


@record(slots=True)
class _Counted:
    """What was found in a value: at most what its text has.

    Attributes:
        keys, lists: how many keys the objects have in all, and how many lists there are.
        colons, brackets: how many stand in strings.

    """

    keys: int = 0
    lists: int = 0
    colons: int = 0
    brackets: int = 0

    def add_texts(self, texts: Sequence[Any]) -> None:
        try:
            whole = "".join(texts)
        except TypeError:  # null for one that is not known
            whole = "".join(text for text in texts if type(text) is str)
        self.colons += whole.count(":")
        self.brackets += whole.count("[")


def _count(value: Any, found: _Counted, seen: Container[int], *, finite: bool) -> bool:
    """Adds what is in a value, level by level.

    Args:
        value: of a line.
        found: is added to.
        seen: the lists that are counted already.
        finite: whether numbers are known to be finite.

    Returns:
        False for too many levels, and for numbers that the strict reader takes otherwise.

    """
    texts: list[str] = []
    level = [value]
    for _ in range(MAX_DEPTH - _HIDDEN):
        inner: list[Any] = []
        for held in level:
            kind = type(held)
            if kind is str:
                texts.append(held)
            elif kind is dict:
                found.keys += len(held)
                texts.extend(held)
                inner.extend(held.values())
            elif kind is list:
                found.lists += 1
                if id(held) not in seen:
                    inner.extend(held)
            elif (kind is int and not -_LONG < held < _LONG) or (
                kind is float and not finite and not math.isfinite(held)
            ):
                return False
        if not inner:
            found.add_texts(texts)
            return True
        level = inner
    return False
