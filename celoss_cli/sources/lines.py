"""JSON Lines: one row object a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from celoss_cli.data import Array
from celoss_cli.errors import InputError
from celoss_cli.sources.base import Dataset, ReadRequest, Stream
from celoss_cli.sources.delimited import text_lines
from celoss_cli.sources.document import array_of, objects_dataset, parse

__all__ = ["read", "read_values"]


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads one JSON object a line; blank lines at the end are nothing.

    Raises:
        InputError: with file and line.

    """
    objects, places = [], []
    for place, value in _documents(stream, request):
        if not isinstance(value, dict):
            raise InputError("expected a row object, got another value", place=place)
        objects.append(value)
        places.append(place)
    if not objects:
        raise InputError("expected row objects, got an empty file: no rows", place=stream.name)
    return objects_dataset(objects, places, request)


def read_values(stream: Stream, request: ReadRequest) -> Array:
    """One number or one list of numbers a line, as an array."""
    return np.array([array_of(value, "$", place, request) for place, value in _documents(stream, request)])


def _documents(stream: Stream, request: ReadRequest) -> list[tuple[str, Any]]:
    documents = []
    blank = 0
    for line_number, line in enumerate(text_lines(stream, request), 1):
        if not line.strip():
            blank = blank or line_number
            continue
        if blank:
            raise InputError("expected a row object, got an empty line", place=f"{stream.name}:{blank}")
        place = f"{stream.name}:{line_number}"
        documents.append((place, parse(line.encode(), stream.name, line_number)))
    return documents
