"""JSON text as it comes from a stream: a part of it at a time, and where that part stands."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, LimitError
from celoss_cli.core.records import record
from celoss_cli.read.json.cutting import cut_elements
from celoss_cli.read.json.parsing import (
    MAX_DEPTH,
    decoded,
    extra_data,
    parse,
    refuse_utf16,
    repeated_key,
    too_deep,
)

if TYPE_CHECKING:
    from celoss_cli.read.request import Stream

__all__ = ["Piece", "Text", "keys_of", "parsed", "values_after"]

_PART = 1 << 20
_MOST = 64 << 20
"""The longest element of an array, and the longest value that is none."""

_SHOWN = 256
_BLANKS = b" \t\r\n"
_BLANK_CHARACTERS = (" ", "\t", "\r", "\n")
_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_OTHER = re.compile(rb"[^ \t\r\n,\]}]*+")


@record(frozen=True, slots=True)
class Piece:
    """Consecutive elements of an array.

    Attributes:
        data: their bytes, each element with the comma behind it, or the bracket that closes the array.
        first: the index of the first one, as far as they are lists or objects.
        begun: whether there are others before.
        elements: how many lists and objects there are.
        closed: whether these are the last ones.
        line, column: where the data begins.
        name: of the stream.
        within: how deep the array nests.

    """

    data: bytes
    first: int
    begun: bool
    elements: int
    closed: bool
    line: int
    column: int
    name: str
    within: int

    def values(self) -> list[Any]:
        """What the elements mean, by the strict reader.

        Raises:
            InputError: as ``parse`` does.

        """
        before = b"[0," if self.begun else b"["  # so that no comma is left without an element
        data = before + (self.data if self.closed else self.data[:-1] + b"]")
        column = self.column - len(before)
        found: list[Any] = parse(data, self.name, self.line, column, within=self.within - 1)
        return found[self.begun :]

    def rows(self, lead: bytes) -> bytes:
        """The elements, each with a comma behind it.

        Args:
            lead: the blanks in front of the others, which the first of all may lack.

        """
        data = self.data[:-1].rstrip(_BLANKS) + b"," if self.closed else self.data
        return data if self.begun else lead + data.lstrip(_BLANKS)

    def sample(self) -> tuple[bytes, Any] | None:
        """An element that the others may be written like, with the blanks around it, and what it means."""
        text, start = self.data.decode(errors="ignore"), 0
        with contextlib.suppress(ValueError):
            for _ in range(1 if self.begun else 2):
                value, end = decoded(text, _skipped(text, start))
                row, start = text[start : _skipped(text, end)], _skipped(text, end) + 1
            if text[start - 1] == ",":
                return row.encode(), value
        return None


def _skipped(text: str, start: int) -> int:
    """Where the next character stands that is no blank."""
    while text[start : start + 1] in _BLANK_CHARACTERS:
        start += 1
    return start


class Text:
    """The text of a stream, from its beginning.

    Args:
        stream: where it comes from.
        longest: how many bytes an element of an array may have, or a value that is none.

    Attributes:
        name: of the stream.
        line: the number of the next byte's line.

    """

    def __init__(self, stream: Stream, longest: int = _MOST) -> None:
        self.name = stream.name
        self._longest = longest
        self._binary = stream.binary
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._data = b""
        self._at = 0
        self._read = 0
        self._ended = False
        self.line = 1
        self._column = 1
        self._begin()

    def _begin(self) -> None:
        while len(self._data) < len(codecs.BOM_UTF8) and self._more():
            pass
        refuse_utf16(self._data, self.name)
        if self._data.startswith(codecs.BOM_UTF8):
            self._data = self._data[len(codecs.BOM_UTF8) :]
            self._read -= len(codecs.BOM_UTF8)
        if not self.peek():
            raise InputError("expected a JSON document, got nothing: no rows", place=self.name)

    def _more(self) -> bool:
        """Reads on; nothing after a NUL: no JSON goes on there, and a device may never end."""
        if self._ended:
            return False
        left = len(self._data) - self._at
        part = self._binary.read(max(_PART, left))
        self._ended = not part or b"\0" in part
        self._refuse_broken(part)
        self._data = self._data[self._at :] + part
        self._at = 0
        self._read += len(part)
        return bool(part)

    def _refuse_broken(self, part: bytes) -> None:
        state = self._decoder.getstate()
        if part.isascii() and part and not state[0]:
            return
        try:
            self._decoder.decode(part, final=not part)
        except UnicodeDecodeError as error:
            at = self._read - len(state[0]) + error.start
            raise InputError(
                f"expected UTF-8, got the byte 0x{error.object[error.start]:02x} at offset {at}",
                place=self.name,
            ) from None

    def _advance(self, size: int) -> bytes:
        """The next bytes, which are done with."""
        data = self._data[self._at : self._at + size]
        self._at += size
        newlines = data.count(b"\n")
        self.line += newlines
        rest = data[data.rfind(b"\n") + 1 :] if newlines else data
        characters = len(rest) if rest.isascii() else len(rest.decode(errors="replace"))
        self._column = characters + (1 if newlines else self._column)
        return data

    def peek(self) -> bytes:
        """The next byte that is no blank; b"" at the end.

        Raises:
            LimitError: for more than 64 MiB of blanks.

        """
        passed = 0
        while True:
            blanks = _BLANK.match(self._data, self._at)
            assert blanks is not None  # noqa: S101 - for the type checker: it matches anything
            size = blanks.end() - blanks.start()
            self._advance(size)
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            passed += size
            if passed > self._longest:
                raise LimitError(
                    f"expected at most {self._longest >> 20} MiB of blanks in a row, got more",
                    place=self.name,
                )
            if not self._more():
                return b""

    def take(self, mark: bytes) -> bool:
        """Goes beyond a mark, if it comes next."""
        found = self.peek() == mark
        if found:
            self._advance(1)
        return found

    def fail(self, before: bytes) -> InputError:
        """What is wrong with the text from here on.

        Args:
            before: the beginning of a document that could go on here.

        """
        if len(self._data) - self._at < _SHOWN:
            self._more()
        rest = self._data[self._at : self._at + _SHOWN].decode(errors="ignore")
        data = before + rest.encode()
        try:
            parse(data, self.name, self.line, self._column - len(before), within=0)
        except InputError as error:
            return error
        raise AssertionError(data)

    def finish(self) -> None:
        """Refuses what follows the document.

        Raises:
            InputError: with its place.

        """
        if self.peek():
            rest = self._data[self._at :].decode(errors="replace")
            raise extra_data(rest, f"{self.name}:{self.line}:{self._column}", later=self.line > 1)

    @property
    def place(self) -> str:
        """Where the next byte stands."""
        return f"{self.name}:{self.line}:{self._column}"

    def value(self, before: bytes, read: Callable[[bytes, str, int, int], Any] = parse) -> Any:
        """The next value, which is no array.

        Args:
            before: as for ``fail``.
            read: gives the value of a text, from the name of the stream, the line and the column.

        Raises:
            InputError: for anything else.
            LimitError: for more than 64 MiB.

        """
        start = self.peek()
        if start == b"{":
            size = self._size_of_object()
        elif start == b'"':
            size = self._size_of(_STRING)
        else:
            size = self._size_of(_OTHER)
        if not size:
            raise self.fail(before)
        line, column = self.line, self._column
        return read(self._advance(size), self.name, line, column)

    def _size_of_object(self) -> int:
        while True:
            cut = cut_elements(self._data[self._at + 1 :])
            if cut.depth + 1 > MAX_DEPTH:
                raise too_deep(self.name)
            if cut.closed:
                return cut.end + 1
            if not self._longer():
                return 0

    def _size_of(self, token: re.Pattern[bytes]) -> int:
        while True:
            found = token.match(self._data, self._at)
            if found is not None and (token is _STRING or found.end() < len(self._data) or self._ended):
                return found.end() - found.start()
            if not self._longer():
                found = token.match(self._data, self._at)
                return 0 if found is None else found.end() - found.start()

    def _longer(self) -> bool:
        if len(self._data) - self._at > self._longest:
            raise LimitError(
                f"expected at most {self._longest >> 20} MiB for one row or value, got more",
                hint="JSON Lines and NumPy's files hold more rows, each of them shorter",
                place=self.name,
            )
        return self._more()

    def pieces(self, within: int) -> Iterator[Piece]:
        """The elements of the array whose bracket was taken, as they come.

        Args:
            within: how deep the array nests.

        Raises:
            InputError: where they do not end.
            LimitError: for one of more than 64 MiB.

        """
        first, begun = 0, False
        while True:
            cut = cut_elements(self._data[self._at :])
            if cut.depth + within > MAX_DEPTH:
                raise too_deep(self.name)
            if not cut.end:
                if not self._longer():
                    raise self.fail(b"[0," if begun else b"[")
                continue
            line, column = self.line, self._column
            data = self._advance(cut.end)
            yield Piece(data, first, begun, cut.elements, cut.closed, line, column, self.name, within)
            first, begun = first + cut.elements, True
            if cut.closed:
                return


def keys_of(text: Text) -> Iterator[str]:
    """The keys of the object whose bracket was taken; who asks for the next one has read the value.

    Raises:
        InputError: for text that is no such object, and at its end for a key that it had twice.

    """
    if text.take(b"}"):
        return
    seen: set[str] = set()
    repeated: InputError | None = None
    before = b"{"
    while True:
        if text.peek() != b'"':
            raise text.fail(before)
        place = text.place
        key: str = text.value(before)
        if key in seen and repeated is None:
            repeated = repeated_key(key, place)
        seen.add(key)
        if not text.take(b":"):
            raise text.fail(b'{""')
        yield key
        if text.take(b"}"):
            break
        if not text.take(b","):
            raise text.fail(b'{"":0 ')
        before = b'{"":0,'
    if repeated is not None:
        raise repeated


def values_after(
    text: Text, read: Callable[[bytes, str, int, int], Any] = parse
) -> Iterator[tuple[str, Any]]:
    """The values that follow, one behind the other, each with its line; ``read`` is as for ``Text.value``."""
    while text.peek():
        place = f"{text.name}:{text.line}"
        yield place, text.value(b"", read)


def parsed(stream: Stream, longest: int = 1 << 30) -> Any:
    """The one value in a stream, which is no array.

    Raises:
        InputError: for anything else.
        LimitError: for more bytes than ``longest``.

    """
    text = Text(stream, longest)
    value = text.value(b"")
    text.finish()
    return value
