"""The text of a dump as records: a JSON object, a list of them, one a line, or one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.read.json.text import Text, values_after
from celoss_cli.read.tokens.quick import elements_read, value_read
from celoss_cli.read.tokens.records import dataset_of

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["read_dump"]


def read_dump(stream: Stream, request: ReadRequest, format: str) -> Dataset:
    """A dump whose format the user names.

    Raises:
        InputError: with its place.

    """
    text = Text(stream)
    records = elements_read(text.pieces(1), text) if text.take(b"[") else values_after(text, value_read)
    return dataset_of(stream.name, records, request, format)
