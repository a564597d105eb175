"""The first rows of data as the page shows them: each element a row of logits with one class as target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Chunk
from celoss_cli.core.errors import InputError, UsageError, Way, file_name, plural
from celoss_cli.core.records import record
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING
from celoss_cli.losses.pieces import name_of, placed
from celoss_cli.studies.play.page import Beginning, DataSource

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch
    from celoss_cli.core.option import OptionValues
    from celoss_cli.losses.base import Loss
    from celoss_cli.read.request import Dataset

__all__ = ["MOST_CLASSES", "FirstRows", "beginning", "first_rows"]

MOST_CLASSES = 50
"""Each class of a row is a field and a slider."""

_USUAL_ROWS = 6

_ONE_CLASS_A_ROW = "the page has one class as the target of a row; celoss ce shows the steps of other data"


@record(frozen=True, slots=True)
class FirstRows:
    """The first rows: logits (rows, classes), targets (rows,), and their names."""

    input: Array
    target: Array
    names: Sequence[str]
    labels: Sequence[str] | None
    more: bool
    weighted: bool


def beginning(
    first: FirstRows, options: OptionValues, reduction: str, takes: str, paths: Sequence[str]
) -> Beginning:
    """What the page starts with.

    Args:
        first: the rows.
        options: of the loss, by name.
        reduction: how the losses become one number.
        takes: what the values of the input are.
        paths: the files.

    Raises:
        UsageError: for smoothing of what is no logits.
        InputError: for nan.

    """
    smoothing = float(options[LABEL_SMOOTHING.name] or 0)
    if takes != "logits" and smoothing:
        raise UsageError(f"Expected no {LABEL_SMOOTHING.flag} with --input-is {takes} on a page, got one.")
    with np.errstate(divide="ignore"):
        values = np.log(first.input) if takes == "probs" else first.input
    odd = np.flatnonzero(np.isnan(values).any(axis=1))
    if odd.size:
        raise InputError(f"expected numbers or infinities on a page, got nan in row {first.names[odd[0]]}")
    file = file_name(*paths) if len(paths) == 1 else plural(len(paths), "file")
    return Beginning(
        loss="ce" if takes == "logits" else "nll",
        logits=values.tolist(),
        targets=first.target.tolist(),
        weight=options["weight"],
        label_smoothing=smoothing,
        ignore_index=options[IGNORE_INDEX.name],
        reduction=reduction,
        base=options["base"],
        labels=first.labels,
        rows=first.names,
        source=DataSource(file, len(first.target), first.more),
    )


def first_rows(loss: Loss, dataset: Dataset, most: int | None) -> FirstRows:
    """The first elements, each a row of the page, checked as the loss checks them.

    Args:
        loss: with its options.
        dataset: the data, of which no more is read than is needed.
        most: how many of the first rows, or None for the usual number.

    Raises:
        InputError: for data without rows or with targets that are no classes.

    """
    if dataset.scored or dataset.choices:
        got = "scored tokens" if dataset.scored else "samples of several choices"
        raise InputError(f"expected rows of classes, got {got}", hint=_ONE_CLASS_A_ROW)
    rows = _USUAL_ROWS if most is None else most
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
    return FirstRows(
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
    with placed(part):
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
