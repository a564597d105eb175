"""Excel's workbooks: the first sheet as a table, by its header, with a type for every cell.

python-calamine reads the cells. It unpacks what it is given and lays a sheet out as a rectangle, whatever
that takes, so a workbook is looked through before: how much it unpacks to, and how far its cells reach.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, LimitError, listed, plural, quoted, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.read.bytes.mapped import piped
from celoss_cli.read.json.values import ValueTable, whole_table
from celoss_cli.read.request import Dataset
from celoss_cli.read.roles.table import matrix_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from celoss_cli.core.data import Array
    from celoss_cli.read.request import ReadRequest, Stream
    from celoss_cli.read.roles.table import WholeTable

__all__ = ["read", "read_columns", "read_values"]

_MOST_BYTES = 512 << 20
"""What all parts of a workbook may unpack to."""

_MOST_CELLS = 1 << 24
"""Sixteen columns of as many rows as a sheet can have; each takes 32 bytes."""

_PIECE = 1 << 20
_REFERENCE = 32
"""No reference to a cell is longer, so it is found where two pieces meet."""

_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})[0-9]""")
_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Z]{0,3}([0-9]+)""")
_AS_TEXT = "the cell holds a text; make it a number in the sheet"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads the first sheet by its header.

    Raises:
        InputError: for no workbook, a header that does not settle the roles, or a cell of another type
            than its role takes, with its name as the sheet has it.
        LimitError: for a workbook that unpacks to more than 512 MiB or 16,777,216 cells.
        UsageError: without the package python-calamine.

    """
    sheet = _Sheet(stream)
    table = ValueTable(sheet.names, iter(sheet.rows()), sheet.header, request, unquoted=_AS_TEXT)
    described = table.mapping.described()
    if sheet.others:
        described["notes"] = [
            *described.get("notes", ()),
            f"of several sheets the first is read, {quoted(sheet.name)}, and not {listed(sheet.others)}",
        ]

    return Dataset({"columns": described}, table.batches(sheet.rows(), sheet.place, request.start))


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """A sheet of nothing but numbers under a header, as an array.

    Raises:
        InputError, LimitError, UsageError: as ``read`` does.

    """
    table = _whole(stream, request)
    return matrix_of(table.columns.rows, table.names, table.columns.place, request)  # type: ignore[attr-defined]


def read_columns(stream: Stream, request: ReadRequest) -> WholeTable:
    """A sheet of which some columns will be asked for.

    Raises:
        InputError, LimitError, UsageError: as ``read`` does.

    """
    return _whole(stream, request)


def _whole(stream: Stream, request: ReadRequest) -> WholeTable:
    sheet = _Sheet(stream)
    return whole_table(sheet.names, sheet.rows(), sheet.place, sheet.header, request)


class _Sheet:
    """The first sheet of a workbook.

    Attributes:
        name: of the sheet.
        others: the names of the others.
        names: the header.
        header: where it is.

    """

    def __init__(self, stream: Stream) -> None:
        self._file = stream.name
        self._sheet: Any = None
        calamine = extra_module("python_calamine", "excel", "Excel's workbooks")
        binary = stream.binary if stream.binary.seekable() else piped(stream)
        try:
            _refuse_bomb(binary, stream.name)
            binary.seek(0)
            workbook = calamine.load_workbook(binary)
            kinds = calamine.SheetTypeEnum
            sheets = [found.name for found in workbook.sheets_metadata if found.typ == kinds.WorkSheet]
            self._sheet = workbook.get_sheet_by_name(sheets[0]) if sheets else None
        except calamine.PasswordError:
            raise InputError("expected a workbook, got one with a password", place=stream.name) from None
        except (
            calamine.CalamineError,
            OSError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            reason = visible(str(error))[:120]
            raise InputError(
                f"expected Excel's .xlsx, got something else or a broken file: {reason}", place=stream.name
            ) from None
        if not sheets or self._sheet.start is None:
            raise InputError("expected a header, got a workbook without cells: no rows", place=stream.name)
        self.name, self.others = sheets[0], sheets[1:]
        self._first_row, self._first_column = self._sheet.start
        self.header = self.place(-1, None)
        self.names = [str(_plain(cell)).strip() for cell in next(self._cells())]

    def place(self, row: int, column: int | None) -> str:
        """The name of a cell as the sheet has it, ``file.xlsx: Sheet1!C5``, of a row after the header."""
        number = self._first_row + row + 2
        if column is None:
            return f"{self._file}: {visible(self.name)} row {number}"
        return f"{self._file}: {visible(self.name)}!{_letters(self._first_column + column)}{number}"

    def _cells(self) -> Iterator[Sequence[Any]]:
        """The cells of each row from the header on, without the empty ones at its end."""
        return dropwhile(lambda cells: not cells, map(_trimmed, self._sheet.iter_rows()))

    def rows(self) -> Iterator[Sequence[Any]]:
        """The cells of the rows after the header; empty rows at the end are nothing."""
        width, empty = len(self.names), 0
        for index, cells in enumerate(islice(self._cells(), 1, None)):
            if not cells:
                empty += 1
                continue
            if len(cells) > width:
                raise InputError(
                    f"expected {plural(width, 'value')}, got {len(cells)}", place=self.place(index, None)
                )
            yield from ([None] * width for _ in range(empty))
            empty = 0
            yield [*map(_plain, cells), *[None] * (width - len(cells))]


def _refuse_bomb(binary: BinaryIO, name: str) -> None:
    """Refuses what would take more memory than a workbook should.

    Raises:
        LimitError: for too many bytes or cells.
        zipfile.BadZipFile, zlib.error, OSError: for a broken archive.

    """
    size = 0
    with zipfile.ZipFile(binary) as archive:
        for member in archive.infolist():
            columns, rows = {b"A"}, 1
            with archive.open(member) as part:
                carried = b""
                while piece := part.read(_PIECE):
                    size += len(piece)
                    if size > _MOST_BYTES:
                        raise LimitError(
                            f"expected a workbook of at most {_MOST_BYTES >> 20} MiB when it is unpacked, "
                            "got more",
                            hint="save the sheet as CSV",
                            place=name,
                        )
                    if "/worksheets/" not in member.filename:
                        continue
                    text = carried + piece
                    columns.update(_COLUMN.findall(text))
                    rows = max(rows, *map(int, _ROW.findall(text)), 1)
                    carried = text[-_REFERENCE:]
            reach = max(map(_number, columns)) * rows
            if reach > _MOST_CELLS:
                raise LimitError(
                    f"expected a sheet of at most {_MOST_CELLS} cells, got cells that span {reach}",
                    hint="save the sheet as CSV",
                    place=name,
                )


def _number(letters: bytes) -> int:
    """The number of a column by its letters, from 1."""
    value = 0
    for letter in letters:
        value = 26 * value + letter - ord("A") + 1
    return value


def _letters(number: int) -> str:
    """The letters of a column by its number, from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _trimmed(cells: Sequence[Any]) -> Sequence[Any]:
    """Cells without the empty ones at the end."""
    end = len(cells)
    while end and cells[end - 1] == "":
        end -= 1
    return cells[:end]


def _plain(cell: Any) -> Any:
    """A cell as JSON would have it: a sheet has no whole numbers but those that are written so."""
    if cell == "":
        return None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    return cell
