"""Rich objects as text of a style, for what people read in a terminal or a pipe."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.table import Table

    from celoss_cli.show import Style

__all__ = ["UNLIMITED", "console", "printed"]

UNLIMITED = 100_000
"""Columns that no line takes."""


def console(style: Style, width: int = UNLIMITED) -> Console:
    """A console that writes to memory and takes no text for more than its characters."""
    return Console(
        file=StringIO(),
        width=width,
        color_system="standard" if style.color else None,
        force_terminal=style.color,
        no_color=not style.color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def printed(item: Text | Table, style: Style, width: int = UNLIMITED) -> str:
    """The lines of an object, without spaces at their ends; a text is never broken."""
    found = console(style, width)
    found.print(item, soft_wrap=isinstance(item, Text))
    return "".join(f"{line.rstrip()}\n" for line in cast(StringIO, found.file).getvalue().splitlines())
