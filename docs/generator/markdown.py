"""Pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["code", "prose", "table"]


def code(text: str) -> str:
    """Text in the typewriter's letters, also within a table, where readers of Markdown disagree on a bar."""
    if "|" in text:
        return f"<code>{escape(text).replace('|', '&#124;<wbr>')}</code>"
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """Text of the program's help: options as code, and nothing else that Markdown would obey."""
    literal = re.sub(r"([\\*_<>\[\]|])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<!\S)--[a-z][a-z-]*[a-z]", lambda option: code(option.group()), literal)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
