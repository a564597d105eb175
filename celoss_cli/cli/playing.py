"""What the page of ``celoss play`` starts with: the first rows of data, read as ``celoss ce`` reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.cli.command_line import command_line
from celoss_cli.cli.output import note
from celoss_cli.cli.reading import Data, opened
from celoss_cli.cli.semantics import chosen
from celoss_cli.cli.table import given_options
from celoss_cli.core.data import Chunk
from celoss_cli.core.errors import InputError, UsageError, Way, file_name, plural
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING
from celoss_cli.losses.pieces import Placed, name_of
from celoss_cli.studies.play.page import EXAMPLE, Beginning, DataSource

if TYPE_CHECKING:
    from celoss_cli.cli.options import Reading, Semantics
    from celoss_cli.cli.semantics import Chosen
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.losses.base import Loss
    from celoss_cli.read.request import Dataset

__all__ = ["beginning_of"]

_USUAL_ROWS = 6

_MOST_CLASSES = 50
"""Each class of a row is a field and a slider."""

_ONE_CLASS_A_ROW = "the page has one class as the target of a row; celoss ce shows the steps of other data"


@record(frozen=True, slots=True)
class _Rows:
    """The first rows: logits (rows, classes), targets (rows,), and their names."""

    input: Array
    target: Array
    names: Sequence[str]
    labels: Sequence[str] | None
    more: bool
    weighted: bool


def beginning_of(files: Sequence[str], reading: Reading, semantics: Semantics, rows: int | None) -> Beginning:
    """What the page starts with; no more of the data is read than is needed for it.

    Args:
        files: of the data; without any it is an example.
        reading: how they are read.
        semantics: the options of the loss.
        rows: how many of the first rows, or None for the usual number.

    Raises:
        CelossError: for data that the page has no place for, and for options without data.

    """
    if not files:
        flags = [given.option.flag for given in (*given_options(reading), *given_options(semantics))]
        for flag in (*flags, *(["--rows"] if rows is not None else [])):
            raise UsageError(f"Expected a file with {flag}, got none.")
        return EXAMPLE
    reading = replace(reading, allow_nonfinite=True)  # a page shows infinities, and NaN is refused as such
    data = Data(LOSSES["ce"], reading, files, kind=semantics.input_is or "")
    with opened(data, quiet=True, partly=True) as found:
        dataset = found.dataset
        if dataset.scored or dataset.choices:
            got = "scored tokens" if dataset.scored else "samples of several choices"
            raise InputError(f"expected rows of classes, got {got}", hint=_ONE_CLASS_A_ROW)
        choice = chosen(data, semantics, found)
        first = _first_rows(choice.loss, dataset, _USUAL_ROWS if rows is None else rows)
    if first.input.shape[1] > _MOST_CLASSES:
        told = f"expected at most {_MOST_CLASSES} classes on a page, got {first.input.shape[1]}"
        raise InputError(told, hint=f"one row in steps: {command_line(data, semantics)} --row 0")
    if first.weighted:
        note("celoss: note: the weights of the rows are left out: the page counts each row once")
    return _beginning(first, choice, data.takes, dataset)


def _beginning(first: _Rows, choice: Chosen, takes: str, dataset: Dataset) -> Beginning:
    options = choice.options
    smoothing = float(options[LABEL_SMOOTHING.name] or 0)
    if takes != "logits" and smoothing:
        raise UsageError(f"Expected no {LABEL_SMOOTHING.flag} with --input-is {takes} on a page, got one.")
    with np.errstate(divide="ignore"):
        values = np.log(first.input) if takes == "probs" else first.input
    odd = np.flatnonzero(np.isnan(values).any(axis=1))
    if odd.size:
        raise InputError(f"expected numbers or infinities on a page, got nan in row {first.names[odd[0]]}")
    paths = dataset.described.get("files", ())
    file = file_name(*paths) if len(paths) == 1 else plural(len(paths), "file")
    return Beginning(
        loss="ce" if takes == "logits" else "nll",
        logits=values.tolist(),
        targets=first.target.tolist(),
        weight=options["weight"],
        label_smoothing=smoothing,
        ignore_index=options[IGNORE_INDEX.name],
        reduction=choice.reduction,
        base=options["base"],
        labels=first.labels,
        rows=first.names,
        source=DataSource(file, len(first.target), first.more),
    )


def _first_rows(loss: Loss, dataset: Dataset, rows: int) -> _Rows:
    """The first elements, each a row of the page, checked as the loss checks them.

    Raises:
        InputError: for data without rows, with too many classes or with targets that are none.

    """
    parts: list[tuple[Array, Array, list[str]]] = []
    labels: Sequence[str] | None = None
    count, weighted, more = 0, False, False
    for batch in _batches(dataset):
        if not len(batch):
            continue
        if count >= rows:
            more = True
            break
        found, left = _canonical(loss, batch, rows - count), rows - count
        x, y, names = _flat(found, left)
        parts.append((x, y, names))
        count, more = count + len(y), more or found.input.shape[2] * len(batch) > left
        labels, weighted = found.labels, weighted or SAMPLE_WEIGHT in found.aligned
    if not parts:
        raise InputError("expected at least one row, got none")
    return _Rows(
        np.concatenate([x for x, _, _ in parts]),
        np.concatenate([y for _, y, _ in parts]),
        [name for _, _, names in parts for name in names],
        labels,
        more,
        weighted,
    )


def _batches(dataset: Dataset) -> Iterator[Batch]:
    for part in dataset.batches:
        yield part.read() if isinstance(part, Chunk) else part


def _canonical(loss: Loss, batch: Batch, rows: int) -> Batch:
    """At most so many rows of a batch, whose values the loss takes."""
    part = batch.rows(0, rows) if batch.input.ndim > 1 else batch
    with Placed(part):
        found = loss.canonical(part)
        _refuse_one_value(found)
        if found.target.ndim == 3:
            raise InputError("expected targets that are classes, got probabilities", hint=_ONE_CLASS_A_ROW)
        loss.terms(found)
    return found


def _refuse_one_value(batch: Batch) -> None:
    """Refuses rows of one value, whose softmax is 1 whatever the value is.

    Raises:
        InputError: with the binary loss that takes them.

    """
    if batch.input.shape[1] != 1:
        return
    probabilities = bool(((batch.input >= 0) & (batch.input <= 1)).all())
    binary = Way("one value a row", (), "bce" if probabilities else "bce-logits")
    raise InputError("expected two classes or more on a page, got 1", ways=(binary,))


def _flat(batch: Batch, most: int) -> tuple[Array, Array, list[str]]:
    """The elements of a canonical batch as rows: logits (rows, classes), targets (rows,), names."""
    x = np.moveaxis(batch.input, 1, 2).reshape(-1, batch.input.shape[1])[:most]
    y = batch.target.reshape(-1)[:most]
    return x.astype(np.float64), y, list(islice(_names(batch), most))


def _names(batch: Batch) -> Iterator[str]:
    for element in range(batch.target.size):
        row, index = name_of(batch, element)
        name = str(batch.start + row) if batch.ids is None else batch.ids[row]
        yield name + "".join(f"[{at}]" for at in index)
