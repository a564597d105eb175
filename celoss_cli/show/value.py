"""The number alone, in the shortest digits that read back as the same double."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["render"]


def render(document: Document, style: Style) -> Iterator[str]:
    """One line, or one line an element where the reduction is "none"."""
    for line in document.number() if document.number is not None else ():
        yield f"{line}\n"
