"""JSON Lines: one object an element where the reduction is "none", else the JSON contract on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from celoss_cli.show.json import contract, finite
from celoss_cli.show.numerals import nonfinite

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["render"]


def render(document: Document, style: Style) -> Iterator[str]:
    """Each line is an object; a loss that is not finite is null and named."""
    found = document.records() if document.records is not None else None
    encoded = json.JSONEncoder(allow_nan=False).encode
    if found is None or not found.each:
        yield encoded(contract(document, style.version)) + "\n"
        return
    loss = found.names.index("loss")
    for record in found.records:
        line = dict(zip(found.names, map(finite, record), strict=True))
        yield encoded(line | {"nonfinite": nonfinite(record[loss])}) + "\n"
