"""Whole arrays as a data set: rows along the first axis, cut into slices of bounded size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from celoss_cli.data import Array, Batch, Chunk
from celoss_cli.errors import InputError, UsageError, plural, quoted
from celoss_cli.records import record
from celoss_cli.sources.base import Dataset, ReadRequest
from celoss_cli.sources.mapped import release
from celoss_cli.sources.numbers import number

__all__ = [
    "ID_KEYS",
    "INPUT_KEYS",
    "OPTION_KEYS",
    "TARGET_KEYS",
    "WEIGHT_KEYS",
    "Aligned",
    "dataset_of_arrays",
    "first_nonfinite",
    "named_dataset",
    "one_key",
    "refuse_nonfinite",
    "refuse_type",
]

INPUT_KEYS = ("logits", "log_probs", "probs", "probabilities", "scores", "predictions", "input", "inputs")
TARGET_KEYS = ("targets", "target", "labels", "label", "label_ids", "y")
ID_KEYS = ("ids", "id")
WEIGHT_KEYS = ("sample_weight", "sample_weights", "case_weights")
OPTION_KEYS = ("weight", "pos_weight", "ignore_index", "label_smoothing", "reduction", "log_target")

_SLICE_BYTES = 8 << 20
_IN_FLIGHT = 64
"""No more slices than these are being computed while the next one is handed out."""

Loader = Callable[[], Array]
"""Gives an array when it is wanted, so that the unused ones are never read."""


@record(frozen=True, slots=True)
class Aligned:
    """What a data set of arrays may hold beside input and targets.

    Attributes:
        ids: shape (rows,), of text or integers.
        weight: the weights of the rows, shape (rows,).
        weight_at: the place of the weights.

    """

    ids: Array | None = None
    weight: Array | None = None
    weight_at: str = "weight"


# -------------------------------------------------------------------------------------------- by name


def one_key(names: Iterable[str], known: tuple[str, ...], role: str, place: str) -> str:
    """The one name among ``names`` that plays a role.

    Raises:
        InputError: if there is none, or more than one.

    """
    names = list(names)
    found = [name for name in known if name in names]
    if len(found) == 1:
        return found[0]
    got = ", ".join(map(quoted, found or names[:8])) or "none"
    raise InputError(f"expected one array for the {role} ({', '.join(known)}), got {got}", place=place)


def named_dataset(members: Mapping[str, Loader], name: str, request: ReadRequest) -> Dataset:
    """Arrays by name as a data set; names without a role are listed as unused.

    Args:
        members: the arrays by name.
        name: of the file, for messages.
        request: what is asked of the reader.

    Raises:
        InputError: if the names do not settle the roles, or an array does not fit its role.

    """
    input_key = one_key(members, INPUT_KEYS, "input", name)
    target_key = one_key(members, TARGET_KEYS, "targets", name)
    id_key = _at_most_one(members, ID_KEYS, "ids", name)
    weight_key = _at_most_one(members, WEIGHT_KEYS, "weights of the rows", name)

    def at(key: str) -> str:
        return f"{name}: $.{key}"

    options = {key: _option(members[key](), at(key)) for key in OPTION_KEYS if key in members}
    used = {input_key, target_key, id_key, weight_key, *options}
    described = {
        "columns": {
            "inputs": [input_key],
            "target": target_key,
            "id": id_key,
            "weight": weight_key,
            "unused": sorted(set(members) - used),
        }
    }
    aligned = Aligned(
        None if id_key is None else _identifiers(members[id_key](), at(id_key)),
        None if weight_key is None else members[weight_key](),
        "" if weight_key is None else at(weight_key),
    )
    dataset = dataset_of_arrays(
        members[input_key](),
        members[target_key](),
        described,
        request,
        aligned=aligned,
        places=(at(input_key), at(target_key)),
    )
    dataset.options = options
    return dataset


def single_dataset(values: Array, name: str, request: ReadRequest) -> Dataset:
    """One array with the targets that come from elsewhere, row by row.

    Raises:
        InputError: for targets that do not fit.

    """
    truth = request.truth
    assert truth is not None  # noqa: S101 - for the type checker: the caller has asked
    truth.read_as((), request)
    targets = truth.of(request.start, len(values), None, lambda row: f"{name}: row {row}")
    columns = {"inputs": [request.takes], "target": None, "id": None, "weight": None, "unused": []}
    described = {"columns": columns}
    return dataset_of_arrays(
        values, targets, described, request, places=(name, "--targets"), conversions=truth.conversions
    )


def _at_most_one(members: Mapping[str, Loader], known: tuple[str, ...], role: str, name: str) -> str | None:
    return one_key(members, known, role, name) if any(key in members for key in known) else None


def _option(values: Array, at: str) -> Any:
    """An option: one value as Python's own, several as the array."""
    if values.dtype.kind == "U":
        if values.ndim:
            raise InputError(f"expected numbers, got text ({values.dtype})", place=at)
        return str(values)
    refuse_type(values, at)
    return values if values.ndim else values.item()


def _identifiers(values: Array, at: str) -> Array:
    if values.dtype.kind not in "Uiu":
        raise InputError(f"expected ids of text or integers, got {values.dtype}", place=at)
    return values


# -------------------------------------------------------------------------------------------- checks


def refuse_type(values: Array, at: str) -> None:
    """Refuses an array whose values are no real numbers of at most 8 bytes.

    Raises:
        InputError: for text, complex, structured, date and extended-precision arrays.

    """
    if values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:
        return
    if values.dtype.kind in "US":
        hint = "number the classes from 0, in the order of the input's columns"
    elif values.dtype.kind in "fV":
        hint = "write it with .astype(np.float32) or .astype(np.float64)"
    else:
        hint = ""
    raise InputError(f"expected an array of real numbers, got one of {values.dtype}", hint=hint, place=at)


def refuse_nonfinite(values: Array, at: str, request: ReadRequest, start: int = 0) -> None:
    """Refuses nan and inf as the number grammar does: -inf is a number, the others only on request.

    Args:
        values: looked at in slices, so that a mapped array stays on disk.
        at: the place of the array.
        request: says whether they are allowed.
        start: what the first axis counts from.

    Raises:
        InputError: with the place of the first one, ``$.logits[3][2]``.

    """
    if values.dtype.kind != "f" or request.allow_nonfinite:
        return
    for first, part in _slices(values):
        index = first_nonfinite(part)
        if index is None:
            continue
        places = [start + first + index[0], *index[1:]] if index else []
        try:
            number(str(float(part[index])))
        except InputError as error:
            raise error.at(at + "".join(f"[{i}]" for i in places)) from None


def first_nonfinite(values: Array) -> tuple[int, ...] | None:
    """The index of the first value that is nan or inf; -inf counts as a number."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return None
    bad = np.flatnonzero((values != values) | (values == math.inf))
    return tuple(map(int, np.unravel_index(int(bad[0]), values.shape))) if bad.size else None


def _slices(values: Array) -> Iterator[tuple[int, Array]]:
    """Slices along the first axis of about 8 MiB, each with the index where it starts."""
    step = _step(values)
    if not values.ndim or len(values) <= step:
        yield 0, values
        return
    for start in range(0, len(values), step):
        part = values[start : start + step]
        yield start, part
        release(part)


def _step(values: Array) -> int:
    row_bytes = values.itemsize * math.prod(values.shape[1:])
    return max(1, _SLICE_BYTES // max(1, row_bytes))


# ------------------------------------------------------------------------------------------ to batches


def dataset_of_arrays(
    input: Array,
    target: Array,
    described: dict[str, Any],
    request: ReadRequest,
    *,
    aligned: Aligned | None = None,
    places: tuple[str, str] = ("input", "targets"),
    conversions: tuple[str, ...] = (),
) -> Dataset:
    """Arrays as a data set whose batches are slices of rows.

    Args:
        input: shape (rows, ...); memory-mapped arrays stay mapped, 8 MiB are in use at a time.
        target: shape (rows, ...); of (rows, 1, ...) or (rows, ..., 1) class indices the 1 is dropped.
        described: how the data was read; the shape is added.
        request: what is asked of the reader.
        aligned: ids and weights of the rows.
        places: of the input and the targets, for messages.
        conversions: what was done to the targets already, in words.

    Raises:
        InputError: for other types than real numbers, and for counts of rows that differ.

    """
    aligned = aligned or Aligned()
    for values, at in zip((input, target), places, strict=True):
        refuse_type(values, at)
    given = target.shape
    if request.class_axis is not None:
        input, target = on_class_axis(input, target, request.class_axis)
    whole_target = target
    if request.per_class:
        target = _without_class_axis(input, target)
    if target is not whole_target:
        conversions += (f"targets of shape {given} read as {target.shape}",)
    _refuse_counts(input, target, aligned, request, places)
    described = {**described, "shape": list(input.shape)}
    return Dataset(described, _batches(input, target, request, aligned, places, conversions))


def on_class_axis(input: Array, target: Array, axis: int) -> tuple[Array, Array]:
    """Input and target with the class axis moved to where the losses have it; both are views.

    Raises:
        UsageError: if the input has no such axis.

    """
    if not -input.ndim <= axis < input.ndim:
        raise UsageError(f"Expected --class-axis of a {input.ndim}-dimensional input, got {axis}.")
    if input.ndim < 2:
        return input, target
    extents = np.moveaxis(input, axis, 0).shape[1:]
    if target.ndim == input.ndim and np.moveaxis(target, axis, 0).shape[1:] == extents:
        target = np.moveaxis(target, axis, 1)
    return np.moveaxis(input, axis, 1), target


def _without_class_axis(input: Array, target: Array) -> Array:
    """Class indices without the axis of extent 1 that some writers keep in place of the classes."""
    if target.ndim == input.ndim > 2 and target.shape != input.shape:
        for axis in (1, input.ndim - 1):
            kept = input.shape[:axis] + input.shape[axis + 1 :]
            if target.shape[axis] == 1 and target.shape[:axis] + target.shape[axis + 1 :] == kept:
                return target.squeeze(axis)
    return target


def _refuse_counts(
    input: Array, target: Array, aligned: Aligned, request: ReadRequest, places: tuple[str, str]
) -> None:
    rows = _rows(input, request)
    for values, what in ((aligned.ids, "id"), (aligned.weight, "weight")):
        if values is not None and values.shape != (rows,):
            raise InputError(f"expected {plural(rows, what)}, got shape {values.shape}", place=places[0])
    if aligned.weight is not None:
        refuse_type(aligned.weight, aligned.weight_at)
        refuse_nonfinite(aligned.weight, aligned.weight_at, request)
    if not _same_rows(input, target) and len(target.shape) and rows != len(target):
        class_axis_first = request.per_class and input.ndim > 1 and input.shape[1] == len(target)
        single = request.per_class and input.ndim == 1
        if not class_axis_first and not single:
            raise InputError(
                f"Expected {plural(rows, 'target')}, one for each row of the input, got {len(target)}.",
                place=places[1],
            )


def _rows(input: Array, request: ReadRequest) -> int:
    """The number of rows; a vector of classes is one row."""
    return len(input) if input.ndim > (1 if request.per_class else 0) else 1


def _same_rows(input: Array, target: Array) -> bool:
    return bool(input.ndim and target.ndim and len(input) == len(target))


def _batches(
    input: Array,
    target: Array,
    request: ReadRequest,
    aligned: Aligned,
    places: tuple[str, str],
    conversions: tuple[str, ...],
) -> Iterator[Batch | Chunk]:
    whole = not _same_rows(input, target) or (request.per_class and input.ndim == 1) or not len(input)
    step = max(1, len(input) if input.ndim else 1) if whole else min(_step(input), _step(target))
    count = 1 if whole else len(input)

    def batch(start: int) -> Batch:
        rows = slice(start, start + step)
        x, y = (_native(values if whole else values[rows]) for values in (input, target))
        for values, at in zip((x, y), places, strict=True):
            refuse_nonfinite(values, at, request, start)
        return Batch(
            input=x,
            target=y,
            aligned={} if aligned.weight is None else {"sample weight": _native(aligned.weight[rows])},
            start=start,
            place=_placed(places[1], start),
            input_place=_placed(places[0], start),
            ids=None if aligned.ids is None else [str(name) for name in aligned.ids[rows].tolist()],
            conversions=conversions,
        )

    for start in range(0, count, step):
        for values in () if whole else (input, target):
            # Those that are still computed are read again; none before them stays in memory.
            release(values[max(0, start - _IN_FLIGHT * step) : start])
        yield batch(start) if whole else Chunk(min(step, count - start), partial(batch, start))


def _placed(at: str, start: int) -> Callable[[int], str]:
    if not at.rpartition(" ")[2].startswith("$"):
        return lambda row: f"{at}: row {start + row}"
    return lambda row: f"{at}[{start + row}]"


def _native(values: Array) -> Array:
    """The values in this machine's byte order and at addresses that its instructions like."""
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    return values if values.flags.aligned else values.copy(order="K")
