"""The number alone, in the shortest digits that read back as the same double."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["render"]

_AT_A_TIME = 1 << 12
"""Lines that are written as one text."""


def render(document: Document, style: Style) -> Iterator[str]:
    """One line, or one line an element where the reduction is "none"."""
    lines = iter(document.number() if document.number is not None else ())
    while some := list(islice(lines, _AT_A_TIME)):
        yield "\n".join(some) + "\n"
