"""CSV: one line a record, of the elements where the reduction is "none", else of the whole."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import visible
from celoss_cli.show.data import Columns
from celoss_cli.show.lines import Notation, as_lines
from celoss_cli.show.numerals import exact

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["NOTATION", "render"]

_FORMULA_STARTS = ("=", "+", "-", "@")

_AT_A_TIME = 1 << 12
"""Records that are written as one text."""


def render(document: Document, style: Style) -> Iterator[str]:
    """A header line and the records; texts that a spreadsheet would run are prefixed with '."""
    if document.records is not None:
        found = document.records()
        yield _text([found.names] if found.names else [])
        if isinstance(found, Columns):
            for block in found.blocks:
                yield from as_lines(block, NOTATION)
            return
        records = iter(found.records)
        while text := _text(map(_cell, record) for record in islice(records, _AT_A_TIME)):
            yield text


def _text(lines: Iterable[Iterable[Any]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return exact(value)
    if isinstance(value, str):
        shown = visible(value)
        return f"'{shown}" if shown.startswith(_FORMULA_STARTS) else shown
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return " ".join(map(_cell, value))
    return "" if value is None else str(value)


NOTATION = Notation(
    between=b",",
    end=b"\n",
    nothing=b"",
    nonfinite=(b"nan", b"inf", b"-inf"),
    quote=b"",
    value=lambda value: _text([[_cell(value)]])[:-1],
    several=(b"", b" ", b""),
)
