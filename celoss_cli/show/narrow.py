"""Long names shortened in the middle where a table would be wider than the terminal.

All other formats have them in full: JSON, CSV, Markdown, HTML, and the table in a pipe.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from celoss_cli.show.numerals import shortened

if TYPE_CHECKING:
    from celoss_cli.show.blocks import Table

__all__ = ["narrowed", "with_short_words"]


def narrowed(block: Table, excess: int, least: int) -> Table | None:
    """The table with its longest names shortened; None where it stays too wide, or two become one.

    Args:
        block: the table.
        excess: by how many columns of the terminal it is too wide.
        least: the width that names are not shortened below.

    """
    columns = [[line[at] for line in block.lines] for at in range(len(block.names))]
    widths = [max(map(cell_len, (name, *cells))) for name, cells in zip(block.names, columns, strict=True)]

    def total(most: int) -> int:
        return sum(min(width, most) for width in widths)

    room, longest = total(max(widths, default=0)) - excess, max(widths, default=0)
    if total(least) > room:
        return None
    most = bisect_right(range(longest), room, lo=least, key=total) - 1
    short = [[shortened(cell, most) for cell in cells] for cells in columns]
    if any(len(set(ours)) < len(set(cells)) for ours, cells in zip(short, columns, strict=True)):
        return None
    texts = len(columns)
    lines = [(*(cells[at] for cells in short), *line[texts:]) for at, line in enumerate(block.lines)]
    return replace(block, lines=lines)


def with_short_words(text: str, width: int) -> str:
    """A text in which no word is wider than this; addresses stay."""
    words: Sequence[str] = text.split(" ")
    return " ".join(word if "://" in word else shortened(word, width) for word in words)
