"""CSV and TSV: one header line, one row a line, every row as long as the header."""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError, Way, plural, quoted, visible
from celoss_cli.core.numbers import is_number
from celoss_cli.core.records import replace
from celoss_cli.read.batches import Peekable, streamed
from celoss_cli.read.request import MAX_LINE, Dataset, ReadRequest, Stream
from celoss_cli.read.roles.column import sample_size
from celoss_cli.read.roles.columns import columns_of, map_columns
from celoss_cli.read.roles.table import Assembler, Rows, TableRow, WholeTable, matrix_of
from celoss_cli.read.text.blocks import Block, blocks, lines_of, without_comments
from celoss_cli.read.text.dialect import are_values, dialect_of, with_tabs
from celoss_cli.read.text.plain import NotPlain, parsed

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Chunk
    from celoss_cli.read.text.lists import ListColumns

__all__ = ["Table", "read", "read_columns", "read_values"]

_MARK_WITHIN = "expected quotation marks around whole values only, got one within a value"
_NOT_CLOSED = "expected a closing quote, got the end of the file"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads a table in blocks that any thread may parse.

    Raises:
        InputError: with file and line, for anything that is not a rectangular table of that dialect.
        LimitError: for a line of more than 16 MiB.

    """
    table = Table(stream, request, unterminated=True)
    request, body = table.request, Peekable(table.body())
    try:
        has_names = table.has_header
        columns, whole = columns_of(table.names, _up_to_refused(table, body), request, has_names=has_names)
        mapping = map_columns(columns, request, whole=whole, has_names=has_names)
        mapping = replace(mapping, told=tuple(table.told))
    except InputError as error:
        raise error.at(table.place(table.header_line, None)) from None

    def batches() -> Iterator[Batch | Chunk]:
        rows = (cells for block in body.peek() for _, cells in table.rows(block))
        assembler = Assembler(mapping, request, rows)

        def read(block: Block, start: int) -> Batch:
            return block.told(_batch(table, assembler, block, start))

        # How many rows a block with quotation marks holds is known only afterwards.
        yield from streamed(body, lambda block: 0 if b'"' in block.data else block.lines, read, request)

    return Dataset({"columns": mapping.described()}, batches())


def _up_to_refused(table: Table, body: Peekable[Block]) -> Iterator[Sequence[str]]:
    """The cells of the rows to come, up to the first that is refused, which is told where it stands."""
    with contextlib.suppress(InputError):
        for block in body.peek():
            yield from (cells for _, cells in table.rows(block))


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A table of nothing but numbers, as an array."""
    table = Table(stream, request)
    values = matrix_of(table.every_row(), table.names, table.place, table.request)
    is_line = request.bare_line and not table.has_header and len(values) == 1
    return values.reshape(-1) if is_line else values


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable:
    """A table of which some columns will be asked for."""
    table = Table(stream, request)
    rows = Rows(table.names, list(table.every_row()), table.place, table.request)
    header = table.place(table.header_line, None)
    cells = (found for _, found in rows.rows)
    return WholeTable(
        table.names,
        rows,
        header,
        columns_of(table.names, cells, table.request, has_names=table.has_header)[0],
        positions=not table.has_header,
        other_reading=table.other_reading,
    )


def _batch(table: Table, assembler: Assembler, block: Block, start: int) -> Batch:
    """The rows of a block: parsed by a library where it is plain, else by the strict reader."""
    mapping, request = assembler.mapping, table.request
    named = (mapping.id, mapping.group, mapping.predicted)
    texts = [column for column in named if column is not None]
    numbers = {*mapping.inputs, *(column for column in (mapping.weight,) if column is not None)}
    if assembler.in_words:
        texts += mapping.target
    else:
        numbers.update(mapping.target)
    if table.lists is None and (request.truth is None or not request.truth.has_gaps):
        with contextlib.suppress(NotPlain):
            return assembler.batch(parsed(block, len(table.names), sorted(numbers), texts, request), start)
    return assembler.complete(Rows(table.names, list(table.rows(block)), table.place, request), start)


_TITLED = 3
"""In so many columns or more a line with nothing but its first cell is a title."""

_LOOKED_AT = 50
"""Within so many lines the header follows a title."""


class Table:
    """A table whose header has been read.

    Attributes:
        names: of the columns; their positions from 1 where there is no header.
        has_header: whether the first line names the columns.
        header_line: the number of the first line.
        other_reading: where that line is nothing but numbers, how it was read, and the option that says
            otherwise; else "".

    """

    def __init__(self, stream: Stream, request: ReadRequest, *, unterminated: bool = False) -> None:
        self._name = stream.name
        self._blocks = blocks(stream, request, quotes=True, unterminated=unterminated)
        if request.comment is not None:
            self._blocks = without_comments(self._blocks, request.comment.encode())
        csv.field_size_limit(MAX_LINE)
        first = next(self._blocks, None)
        if first is None:
            raise InputError("expected a header line, got an empty file: no rows", place=self._name)
        dialect = dialect_of(first.data, request.delimiter, request.decimal)
        self.request = replace(request, delimiter=dialect.delimiter, decimal=dialect.decimal)
        self.told = [*dialect.told]
        self._delimiter = dialect.delimiter
        self._whole_cells = _grammar_of_quotes(self._delimiter)
        if dialect.blanks:
            first, self._blocks = _with_tabs(first), map(_with_tabs, self._blocks)
        first = first.after(dialect.skipped)
        self.header_line = first.line
        self.has_header = request.header is not False
        self.other_reading = ""
        names, self._rest = self._header(first)
        self.names, self._width = names, len(names)
        self.lists: ListColumns | None = None
        rest = self._next_block()
        if rest is not None and (b"[" in rest.data or b"(" in rest.data):
            self._find_lists(names, rest)

    def _next_block(self) -> Block | None:
        """The first rows, which stay to come."""
        if self._rest.data:
            return self._rest
        found = next(self._blocks, None)
        if found is not None:
            self._rest = found
        return found

    def _find_lists(self, names: Sequence[str], first: Block) -> None:
        """Takes columns of lists for as many columns as their lists are long."""
        from celoss_cli.read.text.lists import ListColumns  # most tables hold single values

        found: list[Sequence[str]] = []
        with contextlib.suppress(InputError):
            found.extend(cells for _, cells in itertools.islice(self.rows(first), sample_size(len(names))))
        lists = ListColumns(names, found, self.request)
        if lists:
            self.lists, self.names = lists, lists.names
            self.told.append("each value of a list is a column: " + ", ".join(map(visible, lists.told)))

    def place(self, line: int, column: int | None) -> str:
        if column and self.lists is not None:
            column = self.lists.written(column - 1) + 1
        return f"{self._name}:{line}" + (f":{column}" if column else "")

    def body(self) -> Iterator[Block]:
        """The blocks after the header."""
        if self._rest.data:
            yield self._rest
        yield from self._blocks

    def every_row(self) -> Iterator[TableRow]:
        """The rows after the header."""
        for block in self.body():
            yield from self.rows(block)

    def _header(self, block: Block) -> tuple[list[str], Block]:
        """The names of the columns, and what is left of the first block."""
        line, cells = next(self._records(block), (block.line, []))
        text = self._delimiter.join(cells)
        if not cells:
            raise InputError("expected a header line, got an empty line", place=self.place(line, None))
        names = [cell.strip() for cell in cells]
        self._refuse_title(names, block)
        if all(is_number(name, decimal=self.request.decimal, allow_nonfinite=True) for name in names):
            self._settle_numbers(text, names, line, alone=not self._rows_after(block).data)
        elif self.request.header is None and self._is_a_row(names, self._rows_after(block)):
            self.has_header = False
            self.told.append(f"its first line, {quoted(text)}, was taken for values; if it is not: --header")
        if not self.has_header:
            return [str(position) for position in range(1, len(cells) + 1)], block
        if self.request.header is None and names[0].startswith("#"):
            names = self._without_mark(names, text, self._rows_after(block))
        if len(names) == 1:
            self._refuse_other_delimiter(names[0], line)
        rest = self._after(block)
        if self._delimiter == "\t" and self._width_of(self._rows_after(block)) == len(names) + 1:
            names = ["", *names]
            self.told.append("the first column, which names the rows, has no name")
        return names, rest

    def _refuse_title(self, names: Sequence[str], block: Block) -> None:
        """Refuses a first line with a title in its first cell, and nothing in the others.

        Raises:
            InputError: with the command that leaves out all lines above the header.

        """
        if len(names) < _TITLED or not names[0] or any(names[1:]):
            return
        lines = itertools.islice(self._records(block), _LOOKED_AT)
        found = next((line for line, cells in lines if sum(map(bool, map(str.strip, cells))) > 1), None)
        if found is not None and self._holds_numbers(block, found):
            found = None  # the rows themselves: no line names the columns
        ways: tuple[Way, ...] = ()
        if found is not None and os.path.isfile(self._name) and not self._name.endswith((".gz", ".zst")):
            rest = ("tail", "-n", f"+{found}", self._name)
            ways = (Way("without the lines above the header", (), piped=rest),)
        raise InputError(
            f"expected a header line, got a title, {quoted(names[0])}, above it",
            ways=ways,
            place=self.place(self.header_line, None),
        )

    def _holds_numbers(self, block: Block, line: int) -> bool:
        """Whether a line holds nothing but numbers."""
        cells = next(cells for number, cells in self._records(block) if number == line)
        return all(is_number(cell.strip(), decimal=self.request.decimal) for cell in cells if cell.strip())

    def _rows_after(self, block: Block) -> Block:
        """The first rows, to be looked at only: of the next block where the header fills its own."""
        rest = self._after(block)
        if rest.data or (more := next(self._blocks, None)) is None:
            return rest
        self._blocks = itertools.chain((more,), self._blocks)
        return more

    def _after(self, block: Block) -> Block:
        """What follows the header."""
        end = block.data.index(b"\n") + 1
        marks = block.data.count(b'"', 0, end)
        while marks % 2:
            last, end = end, block.data.index(b"\n", end) + 1
            marks += block.data.count(b'"', last, end)
        return block.after(end)

    def _is_a_row(self, names: Sequence[str], rest: Block) -> bool:
        """Whether a first line holds numbers, some with fractions, just where the next one has numbers."""
        decimal = self.request.decimal
        with contextlib.suppress(InputError):
            _, cells = next(self._records(rest), (0, []))
            numbers = [is_number(cell, decimal=decimal) for cell in cells]
            same = numbers == [is_number(name, decimal=decimal) for name in names]
            values = [name for name, number in zip(names, numbers, strict=False) if number]
            return same and are_values(values, decimal)
        return False

    def _width_of(self, block: Block) -> int:
        """How many values the first row has; 0 where there is none that can be read."""
        with contextlib.suppress(InputError):
            return len(next(self._records(block), (0, []))[1])
        return 0

    def _without_mark(self, names: list[str], text: str, rest: Block) -> list[str]:
        """The names behind the mark that numpy.savetxt puts before a header.

        Raises:
            InputError: where the first row does not say that this is the header.

        """
        plain = names[1:] if names[0] == "#" else [names[0].lstrip("# "), *names[1:]]
        numbers = all(is_number(name, decimal=self.request.decimal) for name in plain)
        if not numbers and len(plain) > 1 and self._width_of(rest) == len(plain):
            self.told.append("the header is the first line without its #")
            return plain
        raise InputError(
            f"expected a header line, got what looks like a comment: {quoted(text)}",
            hint="numpy.savetxt writes a header without the mark by comments=''; "
            "if it belongs to the first name: --header",
            ways=(Way("lines that begin with # are comments", (("--comment", "#"),)),),
            place=self.place(self.header_line, None),
        )

    def _settle_numbers(self, text: str, names: Sequence[str], line: int, *, alone: bool) -> None:
        """Decides whether a first line of nothing but numbers is the header."""
        bare = (self.request.bare_column and len(names) == 1) or (self.request.bare_line and alone)
        if self.request.header is None and (bare or are_values(names, self.request.decimal)):
            self.has_header = False
        elif self.request.header is None:
            raise InputError(
                f"expected a header line, got nothing but numbers: {quoted(text)}",
                hint="if these name the columns: --header; if they are values: --no-header",
                ways=(
                    Way("they are values", (("--no-header", ""),)),
                    Way("they name the columns", (("--header", ""),)),
                ),
                place=self.place(line, None),
            )
        taken, option = ("a header", "--no-header") if self.has_header else ("values", "--header")
        self.other_reading = f"its first line, {quoted(text)}, was taken for {taken}; if it is not: {option}"
        if self.request.header is None and len(names) > 1:
            self.told.append(self.other_reading)

    def _refuse_other_delimiter(self, name: str, line: int) -> None:
        other = next((mark for mark in ";\t|, " if mark in name and mark != self._delimiter), None)
        if other:
            shown = "tab" if other == "\t" else "space" if other == " " else other
            raise InputError(
                f"expected columns separated by {quoted(self._delimiter)}, got {quoted(name)}",
                hint=f"try --delimiter '{shown}'",
                ways=(Way("", (("--delimiter", shown),)),),
                place=self.place(line, None),
            )

    def rows(self, block: Block) -> Iterator[TableRow]:
        """The rows of a block after the header, each as long as it."""
        width = self._width
        for line, cells in self._records(block):
            if not cells:
                raise InputError(
                    f"expected {plural(width, 'value')}, got an empty line", place=self.place(line, None)
                )
            if len(cells) != width:
                raise InputError(
                    f"expected {plural(width, 'value')}, got {len(cells)}",
                    hint=self._advice(block, line, len(cells)),
                    place=self.place(line, None),
                )
            yield line, cells if self.lists is None else self._with_lists(line, cells)

    def _with_lists(self, line: int, cells: Sequence[str]) -> Sequence[str]:
        assert self.lists is not None  # noqa: S101 - for the type checker: the caller has asked
        try:
            return self.lists.cells(cells)
        except InputError as error:
            raise error.at(self.place(line, None)) from None

    def _advice(self, block: Block, line: int, cells: int) -> str:
        """What to do about a line that is too long or too short."""
        if cells > self._width:
            return "decimal comma? try --delimiter ';' --decimal ," if self._delimiter == "," else ""
        last = block.unterminated and line == block.line + block.lines - 1
        return "the last line has no newline: was the data cut?" if last else ""

    def _records(self, block: Block) -> Iterator[TableRow]:
        lines = lines_of(block)
        if b'"' in block.data:
            lines = self._with_whole_quotes(block, lines)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            line = block.line + reader.line_num
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(_reason(str(error)), place=self.place(line, None)) from None

    def _with_whole_quotes(self, block: Block, lines: Iterator[str]) -> Iterator[str]:
        """The lines, where every quotation mark stands around a whole cell or is doubled within one."""
        record: list[str] = []
        quotes, first = 0, block.line
        for number_of_line, line in enumerate(lines, block.line):
            first = first if record else number_of_line
            record.append(line)
            quotes += line.count('"')
            if quotes % 2:
                continue
            if quotes and not self._whole_cells.fullmatch("".join(record)):
                raise InputError(_MARK_WITHIN, place=self.place(first, None))
            yield from record
            record, quotes = [], 0
        if record:
            closed = self._whole_cells.fullmatch("".join(record).rstrip("\n") + '"\n')
            raise InputError(_NOT_CLOSED if closed else _MARK_WITHIN, place=self.place(first, None))


def _with_tabs(block: Block) -> Block:
    """A block whose runs of blanks are tabs."""
    return replace(block, data=with_tabs(block.data))


def _grammar_of_quotes(delimiter: str) -> re.Pattern[str]:
    """A record of RFC 4180: every cell either has no quotation mark or is quoted as a whole."""
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{mark}\n]*+)'
    return re.compile(rf"{cell}(?:{mark}{cell})*+\n")


def _reason(text: str) -> str:
    if "field larger" in text:
        return f"expected a value of at most {MAX_LINE} characters, got a longer one"
    return text
