"""A table of predictions and one of their targets, given as one data set: the command that joins them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace

from celoss_cli.core.errors import CelossError, InputError, Way
from celoss_cli.read.gather import read_stream
from celoss_cli.read.request import ReadRequest, Settled, open_stream
from celoss_cli.read.truth import read_truth

__all__ = ["with_targets_of_other"]

_MOST_BYTES = 64 << 20
"""Larger files are not read to find a way out."""

_APART = ("--targets", "@targets.csv")


def with_targets_of_other(
    error: InputError, files: Sequence[str], request: ReadRequest, chosen: str | None
) -> InputError:
    """The refusal of the first of two files, with the command that takes the targets of one from the other.

    Args:
        error: that refused the first file.
        files: of a data set.
        request: what is asked of the readers.
        chosen: the format where the user says it.

    Returns:
        The same error; its ways out lead there only where the first rows of both files can be joined.

    """
    if len(files) != 2 or request.truth is not None or not all(map(_is_small, files)):
        return error
    one, two = files
    (first, of_first), (second, of_second) = (_alone(path, request, chosen) for path in files)
    if first == second:
        return error  # two parts of one table
    for refusal, path, other in ((of_first, one, two), (of_second, two, one)):
        if refusal is not None and any(_APART in way.options for way in refusal.ways):
            ways, settled = _joined(path, other, request, chosen)
            error.ways = ways if settled else (*ways, *error.ways)
            return error
    return error


def _is_small(path: str) -> bool:
    return os.path.isfile(path) and os.path.getsize(path) <= _MOST_BYTES


def _alone(path: str, request: ReadRequest, chosen: str | None) -> tuple[tuple[str, ...], CelossError | None]:
    """The header of a file, and what refuses it."""
    settled = Settled(keeps_columns=True)
    refusal, _ = _first_rows(path, replace(request, settled=settled), chosen)
    return tuple(column.name for column in settled.columns), refusal


def _joined(path: str, other: str, request: ReadRequest, chosen: str | None) -> tuple[tuple[Way, ...], bool]:
    """The ways to read a file with the targets of another one, and whether ids settle that it has these."""
    asked = replace(request, settled=Settled())
    try:
        truth = read_truth(f"@{other}", "--targets", asked)
    except CelossError:
        return (), False
    refusal, row_id = _first_rows(path, replace(asked, truth=truth), chosen)
    ways = (Way("", ()),) if refusal is None else refusal.ways
    told = "the targets of the other file"
    found = tuple(
        way._replace(
            meaning="; ".join(filter(None, (told, way.meaning))),
            options=(*way.options, ("--targets", f"@{other}")),
            not_files=(*way.not_files, other),
        )
        for way in ways
    )
    return found, row_id is not None


def _first_rows(path: str, request: ReadRequest, chosen: str | None) -> tuple[CelossError | None, str | None]:
    """What refuses a file at its first rows, or None; and the column of ids that it has then."""
    try:
        with (
            contextlib.closing(open_stream(path)) as stream,
            contextlib.closing(read_stream(stream, request, chosen)) as dataset,
        ):
            next(iter(dataset.batches), None)
            return None, dataset.described["columns"]["id"]
    except CelossError as error:
        return error, None
