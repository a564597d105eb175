"""JSON Lines: one object an element where the reduction is "none", else the JSON contract on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.late import np
from celoss_cli.show.data import Columns, Words
from celoss_cli.show.json import contract, finite
from celoss_cli.show.lines import Notation, as_lines
from celoss_cli.show.numerals import nonfinite

if TYPE_CHECKING:
    from celoss_cli.show import Style
    from celoss_cli.show.document import Document

__all__ = ["render"]

_ENCODED = json.JSONEncoder(allow_nan=False).encode


def render(document: Document, style: Style) -> Iterator[str]:
    """Each line is an object; a loss that is not finite is null and named."""
    found = document.records() if document.records is not None else None
    if isinstance(found, Columns):
        at = found.names.index("loss")
        notation = _notation([*found.names, "nonfinite"])
        for block in found.blocks:
            yield from as_lines([*block, _limits(block[at])], notation)
        return
    if found is None or not found.each:
        yield _ENCODED(contract(document, style.version)) + "\n"
        return
    loss = found.names.index("loss")
    for record in found.records:
        line = dict(zip(found.names, map(finite, record), strict=True))
        yield _ENCODED(line | {"nonfinite": nonfinite(record[loss])}) + "\n"


def _limits(losses: Any) -> Words | None:
    """What the losses are that are no numbers of JSON; None where none is."""
    if np.isfinite(losses).all():
        return None
    codes = np.isnan(losses) + 2 * np.isposinf(losses) + 3 * np.isneginf(losses)
    return Words(codes, (None, "nan", "inf", "-inf"))


def _notation(names: Sequence[str]) -> Notation:
    first, *others = (f"{_ENCODED(name)}: ".encode() for name in names)
    return Notation(
        start=b"{" + first,
        between=[b", " + name for name in others],
        end=b"}\n",
        nothing=b"null",
        nonfinite=(b"null", b"null", b"null"),
        quote=b'"',
        value=_ENCODED,
        several=(b"[", b", ", b"]"),
    )
