"""The page of the benchmarks: the report beside the scripts, with a picture of its first table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from generator.sessions import ROOT

__all__ = ["pages"]

_PICTURE = "docs/benchmarks.svg"
_BAR, _GAP, _LEFT, _UNIT = 14, 3, 210, 52
_COLORS = ("#00897b", "#4db6ac", "#3949ab", "#7986cb", "#f9a825")

Row = tuple[str, list[float | None]]


def pages() -> Iterator[tuple[str, str]]:
    """The page and its picture."""
    text = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    found = re.search(r"^\| data .*?\n\n", text, re.MULTILINE | re.DOTALL)
    assert found, "benchmarks/README.md has no table that begins with data"
    heads, rows = _parsed(found.group())
    told = "![The same ratios as bars; the line stands at 1](benchmarks.svg)\n\n"
    yield "docs/benchmarks.md", text[: found.end()] + told + text[found.end() :]
    yield _PICTURE, _picture(heads, rows)


def _parsed(markdown: str) -> tuple[list[str], list[Row]]:
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in markdown.split("\n") if line]
    rows = [(name, [None if cell == "-" else float(cell) for cell in cells]) for name, *cells in lines[2:]]
    return lines[0][1:], rows


def _picture(heads: list[str], rows: list[Row]) -> str:
    """Horizontal bars, one group a data set."""
    pieces, y = list(_legend(heads)), _BAR * len(heads) + 24
    top = y - 6
    for name, values in rows:
        bars = [(color, value) for color, value in zip(_COLORS, values, strict=False) if value is not None]
        middle = y + len(bars) * _BAR / 2 + 4
        pieces.append(f'<text x="{_LEFT - 8}" y="{middle:g}" text-anchor="end">{escape(name)}</text>')
        for color, value in bars:
            width = value * _UNIT
            pieces.append(
                f'<rect x="{_LEFT}" y="{y}" width="{width:g}" height="{_BAR - _GAP}" fill="{color}"/>'
            )
            pieces.append(f'<text x="{_LEFT + width + 4:g}" y="{y + _BAR - _GAP - 1}">{value:g}</text>')
            y += _BAR
        y += 10
    one = _LEFT + _UNIT
    pieces.append(f'<line x1="{one}" x2="{one}" y1="{top}" y2="{y}" stroke="#444" stroke-dasharray="3 3"/>')
    width = _LEFT + 10 * _UNIT
    style = 'font-family="sans-serif" font-size="11" fill="#222"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" {style}>'
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, background, *pieces, "</svg>"]) + "\n"


def _legend(heads: list[str]) -> Iterator[str]:
    for place, (color, head) in enumerate(zip(_COLORS, heads, strict=False)):
        y = 6 + place * _BAR
        yield f'<rect x="{_LEFT}" y="{y}" width="{_BAR}" height="{_BAR - _GAP}" fill="{color}"/>'
        yield f'<text x="{_LEFT + _BAR + 6}" y="{y + _BAR - _GAP - 1}">{escape(head)}</text>'
