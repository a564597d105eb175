"""Dumps of scored tokens read in two ways that must say the same: by their bytes, and by a parser."""

from __future__ import annotations

import io
from typing import Any
from unittest.mock import patch

import numpy as np

from celoss_cli.core.data import Batch
from celoss_cli.core.errors import CelossError
from celoss_cli.read.json import lines
from celoss_cli.read.request import ReadRequest, Stream
from celoss_cli.read.tokens import quick

__all__ = ["hold_against_each_other"]


def hold_against_each_other(data: bytes, *, likeliest: bool = False) -> None:
    """Fails where lines whose entries are found by their bytes say something else than a parser says."""
    found = _outcome(data, likeliest=likeliest)
    with patch.object(quick, "entries_in", lambda data: {}):
        wanted = _outcome(data, likeliest=likeliest)
    if found != wanted:
        raise AssertionError(f"{data!r}\nby its bytes:\n{found}\nby a parser:\n{wanted}")


def _outcome(data: bytes, *, likeliest: bool) -> list[Any]:
    """All that the reader says, and how it refuses."""
    request = ReadRequest(per_class=True, takes="log-probs", scored=True, likeliest=likeliest, missing="skip")
    stream = Stream("-", io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]
    said: list[Any] = []
    try:
        for batch in lines.read(stream, request).batches:
            assert isinstance(batch, Batch)
            said.append(_said_of(batch))
    except CelossError as error:
        said.append(str(error))
    return said


def _said_of(batch: Batch) -> list[Any]:
    arrays = [batch.input, *batch.aligned.values(), batch.offsets]
    bits = [np.asarray(array).tobytes() for array in arrays]
    places = [batch.place(row) for row in range(len(batch))]
    return [bits, [*batch.aligned], batch.target.tolist(), [*(batch.ids or [])], places, dict(batch.told)]
