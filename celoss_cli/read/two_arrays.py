"""Two files of one array each as arguments: which holds the input, and which the targets."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import InputError, Way, visible
from celoss_cli.read.arrays.npy import read_rows
from celoss_cli.read.arrays.ranged import Ranged
from celoss_cli.read.arrays.slices import answered, dataset_of_arrays
from celoss_cli.read.batches import counted
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.read.request import columns_of, open_stream
from celoss_cli.read.values import read_file

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["dataset_of_two"]

_LOOKED_AT = 1 << 14
"""So many rows of a remote array are looked at together: the first ones tell that it is none of answers."""


def dataset_of_two(paths: Sequence[str], request: ReadRequest) -> Dataset:
    """Two arrays as a data set, where shapes and types say which is which.

    Raises:
        InputError: where they do not, with a way out for either reading.

    """
    one, two = _arrays(paths, request)
    orders = [(one, two, 0), (two, one, 1)]
    fitting = [(x, y, at) for x, y, at in orders if _fit(x, y, request)]
    if len(fitting) != 1:
        flag = f"--{request.takes}"
        names = [paths, paths[::-1]]
        ways = tuple(
            Way("", ((flag, f"@{x}"), ("--targets", f"@{y}")), not_files=tuple(paths)) for x, y in names
        )
        raise InputError(
            f"expected an input and its targets, got arrays of shapes {one.shape} and {two.shape} "
            f"and types {one.dtype} and {two.dtype}",
            ways=ways,
            place=", ".join(map(visible, paths)),
        )
    input, target, at = fitting[0]
    first, second = paths[at], paths[1 - at]
    target = read_file(second, request, None) if isinstance(target, Ranged) else target
    columns = columns_of([first], second)
    columns["why"] = dict.fromkeys(("inputs", "target"), "by shape and type")
    target, said = answered(target, request.positive, request, visible(second))
    found = dataset_of_arrays(
        input,
        target,
        {"files": list(paths), "columns": columns},
        request,
        places=(visible(first), visible(second)),
        conversions=said,
        source=visible(first),
    )
    return counted(found, request)


def _arrays(paths: Sequence[str], request: ReadRequest) -> list[Array | Ranged]:
    """Both arrays; of a remote one that alone can be the input, rows are fetched."""
    rows = [_rows(path, request) if is_remote(path) else None for path in paths]
    if rows.count(None) != 1:
        rows = [None] * len(paths)
    pairs = zip(paths, rows, strict=True)
    return [read_file(path, request, None) if found is None else found for path, found in pairs]


def _rows(path: str, request: ReadRequest) -> Ranged | None:
    with contextlib.closing(open_stream(path)) as stream:
        found = read_rows(stream, request)
    return found if found is not None and found.dtype.kind == "f" else None


def _fit(input: Array | Ranged, target: Array | Ranged, request: ReadRequest) -> bool:
    """Whether one array can be the input of a loss, and the other its targets."""
    if input.dtype.kind != "f":
        return False
    x, y = _squeezed(input), _squeezed(target)
    if request.per_class and input.ndim > 1:
        axis = 1 if request.class_axis is None else request.class_axis % input.ndim
        without = input.shape[:axis] + input.shape[axis + 1 :]
        if y == without or target.shape == without:
            return target.dtype.kind in "biu"
        return target.shape == input.shape and _are_answers(target) and not _are_answers(input)
    answers = _are_answers(target) or request.positive is not None
    return not request.per_class and x == y and answers and not _are_answers(input)


def _squeezed(values: Array | Ranged) -> tuple[int, ...]:
    return values.shape[:-1] if values.ndim > 1 and values.shape[-1] == 1 else values.shape


def _are_answers(values: Array | Ranged) -> bool:
    """Whether all values are 0 or 1, or -1 and 1."""
    if isinstance(values, Ranged):
        step = max(values.least, _LOOKED_AT)
        return all(_are_answers(values[first : first + step]) for first in range(0, len(values), step))
    return values.dtype.kind in "bu" or bool(np.isin(values, (-1, 0, 1)).all())
