"""Text as blocks of whole lines, so that several threads can read one file in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, LimitError, Way
from celoss_cli.core.records import record, replace
from celoss_cli.core.scratch import Scratch
from celoss_cli.read.request import MAX_LINE, ReadRequest, Stream

if TYPE_CHECKING:
    from celoss_cli.core.data import Batch

__all__ = ["Block", "blocks", "count_bytes", "lines_of", "without_comments"]

_BLOCK_BYTES = 2 << 20
"""Measured: in smaller ones threads wait for each other at more calls; larger ones only take memory."""
_COMPARED_AT_A_TIME = 1 << 20
_UTF8 = "utf-8"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANKS = b"\r\n"
_BLANK_LINES = b"\n\n", b"\n\r\n"


@record(frozen=True, slots=True)
class Block:
    """Whole lines of UTF-8 text.

    Attributes:
        data: the bytes; the last one is a newline. Blank lines are first or in the middle, never last.
        lines: how many they are, counted as newlines.
        line: the number of the first line, from 1.
        offset: where ``data`` starts in the stream, in bytes of UTF-8.
        name: what messages call the stream.
        unterminated: whether the last line had no newline, and nobody has said that it may.

    """

    data: bytes
    lines: int
    line: int
    offset: int
    name: str
    unterminated: bool = False

    def told(self, batch: Batch) -> Batch:
        """The rows of this block, with what is odd about the stream that it shows."""
        return replace(batch, facts=frozenset(("no-last-newline",))) if self.unterminated else batch

    def after(self, size: int) -> Block:
        """What follows the first ``size`` bytes, which are whole lines."""
        head = self.data.count(b"\n", 0, size)
        return Block(
            self.data[size:],
            self.lines - head,
            self.line + head,
            self.offset + size,
            self.name,
            self.unterminated,
        )

    def part(self, start: int, end: int) -> Block:
        """Some of its lines, from one byte up to another; only the last ones may lack a newline."""
        before = self.data.count(b"\n", 0, start)
        data = self.data[start:end]
        last = self.unterminated and end == len(self.data)
        return Block(
            data, data.count(b"\n"), self.line + before, self.offset + start, self.name, unterminated=last
        )

    def place(self, line: int) -> str:
        """A line of the whole stream, by its number."""
        return f"{self.name}:{line}"


def blocks(
    stream: Stream, request: ReadRequest, *, quotes: bool = False, unterminated: bool = False
) -> Iterator[Block]:
    """The lines of a text in blocks of about 2 MiB; blank lines at the end are left out.

    Args:
        stream: where the bytes come from.
        request: says the encoding and whether the last line may lack its newline.
        quotes: a newline between two quotation marks does not end a line.
        unterminated: whether the last line may lack its newline, which its block tells then.

    Raises:
        InputError: for text in another encoding, or a last line without a newline.
        LimitError: for a line of more than 16 MiB.
        UsageError: for an encoding that nobody knows.

    """
    return _Cutter(stream, request, quotes, unterminated).blocks()


class _Cutter:
    def __init__(self, stream: Stream, request: ReadRequest, quotes: bool, unterminated: bool) -> None:
        self._name = stream.name
        self._request = request
        self._quotes = quotes
        self._may_lack_newline = unterminated or request.allow_unterminated
        self._read_bytes: Callable[[int], bytes] = stream.binary.read
        if request.encoding != _UTF8:
            from celoss_cli.read.text.recoded import reader  # most text is UTF-8

            self._read_bytes = reader(stream.binary, request.encoding)
        self._line = 1
        self._offset = 0

    def blocks(self) -> Iterator[Block]:
        carry, fresh = b"", self._opening()
        while fresh:
            # Whole lines are most of what was read, so the two parts are joined where they end.
            if self._quotes and (b'"' in fresh or b'"' in carry):
                fresh, carry = carry + fresh, b""
            cut = self._cut(fresh)
            self._refuse_long_line(carry, fresh, cut)
            if cut:
                yield self._block(b"".join((carry, memoryview(fresh)[:cut])))
            carry = fresh[cut:] if cut else carry + fresh
            fresh = self._read(carry)
        if carry.strip(_BLANKS):
            yield from self._last(carry)

    def _opening(self) -> bytes:
        """The first bytes, without the mark of their order."""
        data = self._read(b"")
        while len(data) <= len(codecs.BOM_UTF8) and (more := self._read(data)):
            data += more
        if data.startswith(_UTF16):
            raise InputError(
                "expected UTF-8, got UTF-16",
                hint="try --encoding utf-16",
                ways=(Way("", (("--encoding", "utf-16"),)),),
                place=f"{self._name}:1",
            )
        if data.startswith(codecs.BOM_UTF8):
            self._offset = len(codecs.BOM_UTF8)
        return data[self._offset :]

    def _read(self, carry: bytes) -> bytes:
        """The next bytes; ``carry`` is what was read and not yet handed out."""
        try:
            return self._read_bytes(_BLOCK_BYTES)
        except UnicodeError as error:
            line = self._line + carry.count(b"\n") + _lines_before(error)
            raise InputError(
                f"expected text in {self._request.encoding}, got other bytes", place=f"{self._name}:{line}"
            ) from None

    def _block(self, data: bytes, *, unterminated: bool = False) -> Block:
        lines = count_bytes(np.equal, data, ord("\n"))
        block = Block(data, lines, self._line, self._offset, self._name, unterminated)
        self._line += lines
        self._offset += len(data)
        return block

    def _cut(self, data: bytes) -> int:
        """Where the last whole line ends that is followed by no blank line only; 0 if there is none."""
        end = data.rfind(b"\n") + 1
        if self._quotes and b'"' in data:
            marks = data.count(b'"', 0, end)
            while marks % 2:
                last, end = end, data.rfind(b"\n", 0, data.rfind(b'"', 0, end)) + 1
                marks -= data.count(b'"', end, last)
        text = end - 1
        if data.endswith(_BLANK_LINES, 0, end):
            text = len(data[:end].rstrip(_BLANKS)) - 1
        while text >= 0 and data[text] in _BLANKS:
            text -= 1
        return data.index(b"\n", text, end) + 1 if text >= 0 else 0

    def _refuse_long_line(self, carry: bytes, data: bytes, cut: int) -> None:
        if cut:
            longest = len(carry) - carry.rfind(b"\n") - 1 + data.find(b"\n")
        else:
            longest = len(carry) + len(data)
        if longest > MAX_LINE:
            blank = not cut and not data.strip(_BLANKS)
            what = "as many bytes of blank lines in a row" if blank else "a longer one"
            raise LimitError(
                f"expected a line of at most {MAX_LINE >> 20} MiB, got {what}",
                place=f"{self._name}:{self._line}",
            )

    def _last(self, data: bytes) -> Iterator[Block]:
        """What follows the last newline, or the last quotation mark that was not closed."""
        text = len(data.rstrip(_BLANKS))
        data = data[: data.find(b"\n", text) + 1 or len(data)]
        unterminated = not data.endswith(b"\n")
        if unterminated:
            if not self._may_lack_newline:
                line = self._line + data.count(b"\n")
                raise InputError(
                    "expected a newline at the end of the last line; was the data cut?",
                    hint="if it is complete: --allow-unterminated",
                    place=f"{self._name}:{line}",
                )
            data += b"\n"
        yield self._block(data, unterminated=unterminated and not self._request.allow_unterminated)


def without_comments(found: Iterable[Block], mark: bytes) -> Iterator[Block]:
    """The blocks without the lines that begin with a mark, unless quotation marks stand around them."""
    for block in found:
        start = end = 0
        while (at := _comment(block.data, end, mark, start)) >= 0:
            if at > start:
                yield block.part(start, at)
            start = end = block.data.index(b"\n", at) + 1
        if start < len(block.data):
            yield block.part(start, len(block.data)) if start else block


def _comment(data: bytes, start: int, mark: bytes, counted: int) -> int:
    """Where the next line that begins with a mark starts; -1 where there is none.

    Args:
        data: whole lines.
        start: where a line begins.
        mark: of comments.
        counted: where a line begins that is no part of a value.

    """
    at = start if data.startswith(mark, start) else data.find(b"\n" + mark, start) + 1 or -1
    while at >= 0 and data.count(b'"', counted, at) % 2:
        at = data.find(b"\n" + mark, at) + 1 or -1
    return at


def count_bytes(compare: np.ufunc, data: bytes, value: int) -> int:
    """How many bytes compare with ``value``; the answers for each of them never fill more than 1 MiB."""
    which = Scratch.here().array("which", min(len(data), _COMPARED_AT_A_TIME), np.bool_)
    count = 0
    for start in range(0, len(data), _COMPARED_AT_A_TIME):
        part = np.frombuffer(data, np.uint8, min(_COMPARED_AT_A_TIME, len(data) - start), start)
        count += int(np.count_nonzero(compare(part, value, out=which[: len(part)])))
    return count


def _lines_before(error: UnicodeError) -> int:
    """How many lines end before the bytes that could not be decoded."""
    if not isinstance(error, UnicodeDecodeError):
        return 0
    return error.object[: error.start].decode(error.encoding, "replace").count("\n")


def lines_of(block: Block) -> Iterator[str]:
    """The lines of a block, each checked, each with a plain newline at its end.

    Raises:
        InputError: for undecodable bytes, NUL or a bare carriage return.

    """
    offset = block.offset
    for number, line in enumerate(io.BytesIO(block.data), block.line):  # only LF ends a line
        raw = line.removesuffix(b"\n")
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"expected UTF-8, got the byte 0x{raw[error.start]:02x} at offset {offset + error.start}",
                hint="another encoding? try --encoding latin-1",
                ways=(Way("", (("--encoding", "latin-1"),)),),
                place=block.place(number),
            ) from None
        offset += len(raw) + 1
        text = text.removesuffix("\r")
        if "\0" in text:
            raise InputError(
                f"expected text, got a NUL character at column {text.index(chr(0)) + 1}",
                place=block.place(number),
            )
        if "\r" in text:
            raise InputError(
                "expected lines that end in LF or CRLF, got a bare carriage return",
                place=block.place(number),
            )
        yield text + "\n"
