"""CSV and TSV: one header line, one row a line, every row as long as the header."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from celoss_cli.data import Array
from celoss_cli.errors import InputError, LimitError, UsageError, quoted
from celoss_cli.sources.base import MAX_LINE, Dataset, ReadRequest, Stream
from celoss_cli.sources.columns import plural
from celoss_cli.sources.numbers import number
from celoss_cli.sources.table import TableRow, dataset_of, matrix_of

__all__ = ["read", "read_values", "text_lines"]

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a table row by row.

    Raises:
        InputError: with file and line, for anything that is not a rectangular table of that dialect.
        LimitError: for a line of more than 16 MiB.

    """
    table = _Table(stream, request)
    return dataset_of(table.names, table.rows(), table.place, table.header_line, request)


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A table of nothing but numbers, as an array."""
    table = _Table(stream, request)
    return matrix_of(table.rows(), table.names, table.place, request)


class _Table:
    def __init__(self, stream: Stream, request: ReadRequest) -> None:
        self._name = stream.name
        self._request = request
        self._delimiter = request.delimiter or ","
        self._lines = text_lines(stream, request)
        self._reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        csv.field_size_limit(MAX_LINE)
        self._pending: list[TableRow] = []
        self.header_line = 1
        self.names = self._header()

    def place(self, line: int, column: int | None) -> str:
        return f"{self._name}:{line}" + (f":{column}" if column else "")

    def _header(self) -> list[str]:
        first = self._next_row()
        if first is None:
            raise InputError("expected a header line, got an empty file: no rows", place=self._name)
        line, cells = first
        self.header_line = line
        if not self._request.header:
            self._pending = [first]
            return [str(position) for position in range(1, len(cells) + 1)]
        names = [cell.strip() for cell in cells]
        if all(map(_is_number, names)):
            raise InputError(
                f"expected a header line, got nothing but numbers: {quoted(self._delimiter.join(cells))}",
                hint="a table without a header: --no-header",
                place=self.place(line, None),
            )
        if len(names) == 1:
            other = next((mark for mark in ";\t|, " if mark in names[0] and mark != self._delimiter), None)
            if other:
                shown = "tab" if other == "\t" else "space" if other == " " else other
                raise InputError(
                    f"expected columns separated by {quoted(self._delimiter)}, got {quoted(names[0])}",
                    hint=f"try --delimiter '{shown}'",
                    place=self.place(line, None),
                )
        return names

    def rows(self) -> Iterator[TableRow]:
        """The rows after the header, each as long as it."""
        blank = None
        width = len(self.names)
        while True:
            row = self._pending.pop() if self._pending else self._next_row()
            if row is None:
                return
            line, cells = row
            if not cells:
                blank = blank or line
                continue
            if blank:
                raise InputError(
                    f"expected {plural(width, 'value')}, got an empty line", place=self.place(blank, None)
                )
            if len(cells) != width:
                raise InputError(
                    f"expected {plural(width, 'value')}, got {len(cells)}",
                    hint="decimal comma? try --delimiter ';' --decimal ,"
                    if len(cells) > width and self._delimiter == ","
                    else "",
                    place=self.place(line, None),
                )
            yield row

    def _next_row(self) -> TableRow | None:
        line = self._reader.line_num + 1
        try:
            return line, next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            raise InputError(_reason(str(error)), place=self.place(line, None)) from None


def _reason(text: str) -> str:
    if "unexpected end of data" in text:
        return "expected a closing quote, got the end of the file"
    if "field larger" in text:
        return f"expected a value of at most {MAX_LINE} characters, got a longer one"
    if "expected after" in text:
        return "expected a delimiter after a closing quote, got something else"
    return text


def _is_number(text: str) -> bool:
    try:
        number(text, allow_nonfinite=True)
    except InputError:
        return False
    return True


def text_lines(stream: Stream, request: ReadRequest) -> Iterator[str]:
    """The lines of a text, without their ends, each checked.

    Raises:
        InputError: for NUL, a bare carriage return, undecodable bytes, or a last line cut short.
        LimitError: for a line of more than 16 MiB.

    """
    try:
        utf8 = codecs.lookup(request.encoding).name == "utf-8"
    except LookupError:
        raise UsageError(f"Expected a known encoding, got {quoted(request.encoding)}.") from None
    decoded = _utf8_lines(stream) if utf8 else _other_lines(stream, request.encoding)
    for number_of_line, line in enumerate(decoded, 1):
        place = f"{stream.name}:{number_of_line}"
        if not line.endswith("\n"):
            if not request.allow_unterminated:
                raise InputError(
                    "expected a newline at the end of the last line; was the data cut?",
                    hint="if it is complete: --allow-unterminated",
                    place=place,
                )
            line += "\n"
        text = line.removesuffix("\n").removesuffix("\r")
        if "\0" in text:
            raise InputError(
                f"expected text, got a NUL character at column {text.index(chr(0)) + 1}", place=place
            )
        if "\r" in text:
            raise InputError("expected lines that end in LF or CRLF, got a bare carriage return", place=place)
        yield text + "\n"


def _utf8_lines(stream: Stream) -> Iterator[str]:
    count = offset = 0
    while line := _limited(stream.binary, stream.name, count):
        count += 1
        if count == 1:
            if line.startswith(_UTF16):
                raise InputError(
                    "expected UTF-8, got UTF-16", hint="try --encoding utf-16", place=f"{stream.name}:1"
                )
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"expected UTF-8, got the byte 0x{line[error.start]:02x} at offset {offset + error.start}",
                hint="another encoding? try --encoding latin-1",
                place=f"{stream.name}:{count}",
            ) from None
        offset += len(line)


def _limited(binary: BinaryIO, name: str, count: int) -> bytes:
    line = binary.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise LimitError(
            f"expected a line of at most {MAX_LINE >> 20} MiB, got a longer one", place=f"{name}:{count + 1}"
        )
    return line


def _other_lines(stream: Stream, encoding: str) -> Iterator[str]:
    count = 0
    with io.TextIOWrapper(stream.binary, encoding=encoding, newline="\n") as text:
        try:
            while line := text.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise LimitError(
                        f"expected a line of at most {MAX_LINE >> 20} MiB, got a longer one",
                        place=f"{stream.name}:{count + 1}",
                    )
                count += 1
                yield line.removeprefix("\ufeff") if count == 1 else line
        except UnicodeError:
            raise InputError(
                f"expected text in {encoding}, got other bytes", place=f"{stream.name}:{count + 1}"
            ) from None
