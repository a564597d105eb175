"""How a table is written, where its first lines leave no doubt: delimiter, decimal mark, blanks.

Nothing is settled that an option says, and nothing by one line alone: the first rows have to agree with the
header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Literal

from celoss_cli.core.numbers import is_number
from celoss_cli.core.records import record

__all__ = ["Dialect", "are_values", "dialect_of", "with_tabs"]

_MARKS = (";", "\t", "|")
_NAMES = {"\t": "tab", ";": ";", "|": "|"}
_ROWS = 20
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_COMMA = re.compile(r'"?[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?"?')
_POINT = re.compile(r'"?[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?"?')
_SEP = re.compile(r"(?:sep|SEP)=(.)\r?\n")
_BLANKS = re.compile(rb"[ \t]*(\"[^\"\n]*\"|[^ \t\n\r]+)[ \t]*(\r?\n)?")


@record(frozen=True, slots=True)
class Dialect:
    """How the lines of a table are written.

    Attributes:
        delimiter: between the values.
        decimal: the decimal mark.
        blanks: whether runs of blanks stand between values, and become tabs.
        skipped: how many bytes are no table: Excel's ``sep=;``.
        told: what was worked out, in words.

    """

    delimiter: str
    decimal: Literal[".", ","] = "."
    blanks: bool = False
    skipped: int = 0
    told: tuple[str, ...] = ()


def dialect_of(data: bytes, delimiter: str | None, decimal: Literal[".", ","]) -> Dialect:
    """How a table begins to be written.

    Args:
        data: its first lines, in UTF-8.
        delimiter: as the user says, or None.
        decimal: the mark that the user says, or a point.

    """
    text = data[: 1 << 16].decode(errors="replace")
    skipped, mark = 0, delimiter
    if delimiter is None and (said := _SEP.match(text)):
        skipped, mark = len(said[0].encode()), said[1]
        text = text[said.end() :]
    lines = _QUOTED.sub('""', text).splitlines()[: _ROWS + 1]
    told: list[str] = [f"its first line says that values are separated by {mark}"] if skipped else []
    if not lines:
        return Dialect(mark or ",", decimal)
    if mark is None and ("," not in lines[0] or _is_all_numbers(lines[0], ";")):
        found = [other for other in _MARKS if other in lines[0]]
        if len(found) == 1 and _agree(lines, found[0]):
            mark = found[0]
            told.append(f"values are separated by {_NAMES[mark]}, as the header has no comma")
        elif not found and _are_in_blanks(lines):
            return Dialect("\t", decimal, blanks=True, told=("values are separated by runs of blanks",))
    mark = mark or ","
    if decimal == "." and mark in (";", "\t") and _has_commas(text.splitlines()[1:], mark):
        told.append("the decimal mark is a comma, as the first rows have it")
        decimal = ","
    return Dialect(mark, decimal, skipped=skipped, told=tuple(told))


def _is_all_numbers(line: str, mark: str) -> bool:
    """Whether a line holds nothing but numbers with a decimal comma between these marks."""
    return mark in line and all(_COMMA.fullmatch(cell) or is_number(cell) for cell in line.split(mark))


def _agree(lines: Sequence[str], mark: str) -> bool:
    """Whether the first rows have as many values as the header; a last line may be cut."""
    count = lines[0].count(mark)
    rows = lines[1:-1] if len(lines) > 2 else lines[1:]
    return all(line.count(mark) == count for line in rows if line)


def _has_commas(lines: Sequence[str], mark: str) -> bool:
    """Whether cells are numbers with a decimal comma, and none is one with a point."""
    cells = [cell.strip() for line in lines for cell in line.split(mark)]
    return any(map(_COMMA.fullmatch, cells)) and not any(map(_POINT.fullmatch, cells))


def _are_in_blanks(lines: Sequence[str]) -> bool:
    """Whether runs of blanks cut all lines into as many values, or the header into one less."""
    counts = [len(line.lstrip("#").split()) for line in lines if line.strip()]
    rows = set(counts[1:-1] if len(counts) > 2 else counts[1:])
    wide = counts[0] > 1 or rows == {2}
    return wide and (rows <= {counts[0]} or rows == {counts[0] + 1}) and any(" " in line for line in lines)


def with_tabs(data: bytes) -> bytes:
    """Lines whose values runs of blanks separate, with one tab between them.

    Args:
        data: whole lines.

    """

    def cell(found: re.Match[bytes]) -> bytes:
        return found[1] + (b"\n" if found[2] else b"\t")

    lines = _BLANKS.sub(cell, data)
    return lines if lines.endswith(b"\n") else lines[:-1] + b"\n"


def are_values(cells: Sequence[str], decimal: str) -> bool:
    """Whether a first line of numbers is plainly no header: one of them has a fraction, or they recur."""
    plain = [cell.replace(decimal, ".") for cell in cells]
    numbers = [float(cell) for cell in plain if cell.strip() and is_number(cell)]
    if len(numbers) == len(cells) and len(set(numbers)) < len(numbers):
        return True
    return any(number != int(number) for number in numbers if isfinite(number))
