"""Predictions at a temperature as a file: the input's kind of values under its names, with the targets."""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import UsageError
from celoss_cli.core.extras import extra_module
from celoss_cli.core.spool import Spool
from celoss_cli.losses.binary import logistic
from celoss_cli.read.roles.targets import BY_NAME
from celoss_cli.show.parquet import ROWS_AT_A_TIME, written

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Roles, Source

__all__ = ["ENDINGS", "Kept", "at_temperature", "pieces_of"]

ENDINGS = (".csv", ".jsonl", ".npy", ".npz", ".parquet")
"""Of the files that can be written."""

_NAMES = {"logits": "logits", "probs": "probs", "log-probs": "log_probs", "scores": "scores"}


def at_temperature(values: Array, takes: str, t: float, *, classes: bool) -> Array:
    """Values at a temperature, of the same kind and shape.

    Args:
        values: shape (rows, classes, ...), or any shape of answers.
        takes: what they are: "logits", "probs" or "log-probs".
        t: the temperature, above 0.
        classes: whether the second axis is that of classes.

    """
    x = values.astype(np.float64)
    with np.errstate(all="ignore"):
        if takes in ("logits", "scores"):
            return x / t
        if not classes:
            return logistic((np.log(x) - np.log1p(-x)) / t)
        z = (np.log(x) if takes == "probs" else x) / t
        z = z - z.max(axis=1, keepdims=True)
        logs: Array = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return np.exp(logs) if takes == "probs" else logs


_Part = tuple["Array", "Array", tuple[int, ...], "list[str] | None", "Array | None", bool]
"""Input, targets, the extents of a row, ids, weights of rows, and whether targets were names."""


class Kept:
    """The rows of a data set as they were, in a temporary file where there are many."""

    def __init__(self, takes: str, described: Source) -> None:
        """Begins without any.

        Args:
            takes: what the values are.
            described: where the data came from; says the names of columns.

        """
        self.takes, self.described = takes, described
        self._spool, self._parts = Spool(), 0

    def add(self, batch: Batch) -> None:
        """Takes the next canonical batch."""
        weights = batch.aligned.get("sample weight")
        ids = None if batch.ids is None else list(batch.ids)
        named = BY_NAME in batch.conversions
        kept = batch.input, batch.target, batch.shape, ids, None if weights is None else weights[:, 0], named
        pickle.dump(kept, self._spool.written, pickle.HIGHEST_PROTOCOL)
        self._parts += 1

    def __iter__(self) -> Iterator[_Part]:
        file = self._spool.read()
        for _ in range(self._parts):
            yield pickle.load(file)  # noqa: S301 - our own


def pieces_of(kept: Kept, t: float, path: str, labels: Sequence[str] | None) -> Iterable[Any]:
    """The file at a temperature in pieces, of text or of bytes, in the format of its ending."""
    ending = PurePath(path).suffix
    if ending in (".npy", ".npz"):
        return [_arrays(kept, t, ending)]
    return {".csv": _csv, ".jsonl": _lines, ".parquet": _parquet}[ending](kept, t, labels)


def _arrays(kept: Kept, t: float, ending: str) -> bytes:
    inputs, targets, weights = [], [], []
    for x, y, shape, _, weight, _ in kept:
        whole = x.reshape(len(x), x.shape[1], *shape) if x.ndim == 3 else x.reshape(len(x), *shape)
        inputs.append(at_temperature(whole, kept.takes, t, classes=x.ndim == 3))
        targets.append(y.reshape(len(y), *shape))
        weights.append(weight)
    file = io.BytesIO()
    if ending == ".npy":
        np.save(file, np.concatenate(inputs))
        return file.getvalue()
    arrays = {_NAMES[kept.takes]: np.concatenate(inputs), "labels": np.concatenate(targets)}
    if weights and weights[0] is not None:
        arrays["sample_weight"] = np.concatenate([weight for weight in weights if weight is not None])
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _rows(kept: Kept, t: float, labels: Sequence[str] | None) -> Iterator[tuple[Any, list[float], Any, Any]]:
    """The id, the values, the target and the weight of each row, where there are any."""
    for x, y, shape, ids, weight, named in kept:
        if x.ndim == 3 and shape:
            raise UsageError(
                "Expected -o with a .npy or .npz for rows of several positions, got another file."
            )
        values = at_temperature(x, kept.takes, t, classes=x.ndim == 3).reshape(len(x), -1)
        targets = y.reshape(len(y), -1)
        for at in range(len(x)):
            target = targets[at].tolist()
            one = target[0] if len(target) == 1 else target
            inside = named and labels is not None and isinstance(one, int) and 0 <= one < len(labels)
            yield (
                None if ids is None else ids[at],
                values[at].tolist(),
                labels[one] if inside and labels is not None and isinstance(one, int) else one,
                None if weight is None else float(weight[at]),
            )


def _named_rows(kept: Kept, t: float, labels: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """Each row by the names of its columns."""
    columns = kept.described.get("columns") or {}
    heads: list[str] | None = None
    for name, values, target, weight in _rows(kept, t, labels):
        targets = target if isinstance(target, list) else [target]
        if heads is None:
            heads = _heads(kept, columns, len(values), len(targets), name is not None, weight is not None)
        cells = [*([] if name is None else [name]), *values, *map(_plain, targets)]
        yield dict(zip(heads, [*cells, *([] if weight is None else [weight])], strict=True))


def _csv(kept: Kept, t: float, labels: Sequence[str] | None) -> Iterator[str]:
    for at, found in enumerate(_named_rows(kept, t, labels)):
        if not at:
            yield _line(list(found))
        yield _line([repr(cell) if isinstance(cell, float) else cell for cell in found.values()])


def _heads(
    kept: Kept, columns: Roles, inputs: int, targets: int, has_id: bool, has_weight: bool
) -> list[str]:
    """The names of the columns as the data had them, or plain ones where it had none."""
    named = list(columns.get("inputs") or ())
    kind = _NAMES[kept.takes].removesuffix("s")
    found = named if len(named) == inputs and inputs > 1 else [f"{kind}_{at}" for at in range(inputs)]
    found = (named or [kind])[:1] if inputs == 1 else found
    target = columns.get("target") or "target"
    several = list(target) if isinstance(target, list) else [target]
    told = several if len(several) == targets else [f"target_{at}" for at in range(targets)]
    ids = [columns.get("id") or "id"] if has_id else []
    return [*ids, *found, *told, *([columns.get("weight") or "sample_weight"] if has_weight else [])]


def _plain(value: Any) -> Any:
    """A target as a file has it: whole numbers without a point."""
    return int(value) if isinstance(value, float) and value == int(value) else value


def _line(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _parquet(kept: Kept, t: float, labels: Sequence[str] | None) -> Iterator[bytes]:
    """A table of typed columns, of which a group of rows at a time is in memory."""
    pa = extra_module("pyarrow", "fast", "Parquet files")
    rows = _named_rows(kept, t, labels)
    first = pa.Table.from_pylist(list(islice(rows, ROWS_AT_A_TIME)))
    groups = iter(lambda: list(islice(rows, ROWS_AT_A_TIME)), [])
    rest = (pa.Table.from_pylist(group, schema=first.schema) for group in groups)
    return written(chain([first], rest), first.schema)


def _lines(kept: Kept, t: float, labels: Sequence[str] | None) -> Iterator[str]:
    for found in _named_rows(kept, t, labels):
        yield json.dumps(found) + "\n"
