"""Whole arrays as a data set: rows along the first axis, cut into slices of bounded size."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError, UsageError, Way, plural, quoted, visible
from celoss_cli.core.numbers import BLANKS, number
from celoss_cli.core.records import record
from celoss_cli.read.arrays.bfloat16 import BFLOAT16, widened
from celoss_cli.read.arrays.columns import are_columns, are_of_one_length, table_of_columns
from celoss_cli.read.arrays.ranged import Ranged
from celoss_cli.read.bytes.mapped import release
from celoss_cli.read.request import Dataset, ReadRequest, columns_of
from celoss_cli.read.roles.answers import Decisions, with_positive
from celoss_cli.read.roles.column import Shape, value_of
from celoss_cli.read.roles.keys import Keys, keys_of
from celoss_cli.read.roles.targets import refuse_names

if TYPE_CHECKING:
    from celoss_cli.core.data import Roles, Source

__all__ = [
    "UNNAMED",
    "Aligned",
    "answered",
    "dataset_of_arrays",
    "first_nonfinite",
    "joined_dataset",
    "keyed_dataset",
    "named_dataset",
    "on_class_axis",
    "refuse_nonfinite",
    "refuse_type",
]

UNNAMED = "nothing names the classes of the input: number the classes from 0, in the order of its values"
"""What to do about targets that are names."""

_SLICE_BYTES = 8 << 20
_FETCHED_BYTES = 2 << 20
"""A slice that is fetched is in memory, those that are on their way to be computed too."""

_IN_FLIGHT = 64
"""No more slices than these are being computed while the next one is handed out."""

Loader = Callable[[], Array]
"""Gives an array when it is wanted, so that the unused ones are never read.

It may have three attributes: ``template`` gives an array of this shape and type whose values take no memory,
``stored`` the values as they lie in the file, which may be of BFLOAT16; of a remote file ``rows`` takes the
request and gives an input of which rows are fetched, or None.
"""


@record(frozen=True, slots=True)
class Aligned:
    """What a data set of arrays may hold beside input and targets.

    Attributes:
        ids: shape (rows,), of text or integers.
        weight: the weights of the rows, shape (rows,).
        ids_at, weight_at: the places of the two.

    """

    ids: Array | None = None
    weight: Array | None = None
    ids_at: str = "ids"
    weight_at: str = "weight"

    def are_many(self, rows: int) -> bool:
        """Whether one of them has a value for each of several rows."""
        return rows > 1 and any(one is not None and one.shape == (rows,) for one in (self.ids, self.weight))

    def names(self, rows: slice = slice(None)) -> list[str] | None:
        """The ids of some rows as text."""
        return None if self.ids is None else [str(name).strip(BLANKS) for name in self.ids[rows].tolist()]


# -------------------------------------------------------------------------------------------- by name


def named_dataset(members: Mapping[str, Loader], name: str, request: ReadRequest) -> Dataset:
    """Arrays by name as a data set; names without a role are listed as unused.

    Args:
        members: the arrays by name.
        name: of the file, for messages.
        request: what is asked of the reader.

    Raises:
        InputError: if the names do not settle the roles, or an array does not fit its role.
        UsageError: if an option names an array that is not there.

    """
    shape = cache(lambda key: _shape_of(members[key]))
    if are_columns(members, shape, request):
        return table_of_columns({key: load() for key, load in members.items()}, name, request)
    try:
        keys = keys_of(members, request, shape=shape)
    except InputError as error:
        if request.truth is not None and len(members) > 1 and are_of_one_length(map(shape, members)):
            return table_of_columns({key: load() for key, load in members.items()}, name, request)
        raise error.at(name) from None
    if keys.target is not None:
        # Shapes are compared before any array is unpacked.
        places = (_at(name, keys.input), _at(name, keys.target))
        input, target = (_template(members[key]) for key in (keys.input, keys.target))
        dataset_of_arrays(input, target, {}, request, places=places, source=name)
    options = {key: _option(members[key](), _at(name, key)) for key in keys.options}
    ids = None if keys.id is None else _identifiers(members[keys.id](), _at(name, keys.id))
    rows = None if keys.predicted else _fetched_rows(members[keys.input], request)
    return keyed_dataset(keys, lambda key: _stored(members[key]), ids, options, name, request, rows)


def _template(load: Loader) -> Array:
    """An array of the same shape and type, without its values where they would take memory."""
    template: Loader = getattr(load, "template", load)
    return template()


def _stored(load: Loader) -> Array:
    stored: Loader = getattr(load, "stored", load)
    return stored()


def _fetched_rows(load: Loader, request: ReadRequest) -> Ranged | None:
    """An input as an array of which rows are fetched, where it is remote and can be."""
    rows: Callable[[ReadRequest], Ranged | None] = getattr(load, "rows", lambda request: None)
    return rows(request)


def _shape_of(load: Loader) -> Shape | None:
    """The shape and type of an array; None where it cannot be read, which is told where it is used."""
    with contextlib.suppress(InputError):
        template = _template(load)
        return Shape.of(load() if template.ndim == 1 else template)
    return None


def keyed_dataset(
    keys: Keys,
    load: Callable[[str], Array],
    ids: Array | None,
    options: dict[str, Any],
    name: str,
    request: ReadRequest,
    rows: Ranged | None = None,
    path: str = "$",
) -> Dataset:
    """Arrays whose roles are settled as a data set.

    Args:
        keys: which is what.
        load: gives an array of numbers by its key.
        ids: of the rows, of text or integers, or None.
        options: of the loss, as the data has them.
        name: of the file, for messages.
        request: what is asked of the reader.
        rows: the input, where its rows are fetched.
        path: of what holds the arrays.

    Raises:
        InputError: if an array does not fit its role.

    """
    at = partial(_at, name, path=path)
    weight = None if keys.weight is None else load(keys.weight)
    aligned = Aligned(ids, weight, at(keys.id or ""), at(keys.weight or ""))
    input_at = at(keys.input)
    input, turned = (rows, ()) if rows is not None else _turned(load(keys.input), keys, load, at)
    if keys.target is None:
        dataset = joined_dataset(
            input, input_at, request, columns=keys.described(), aligned=aligned, said=turned, source=name
        )
    else:
        places = (input_at, at(keys.target))
        target = load(keys.target)
        target, said = answered(target, keys.positive, request, places[1])
        dataset = dataset_of_arrays(
            input,
            target,
            {"columns": keys.described()},
            request,
            aligned=aligned,
            places=places,
            conversions=(*said, *turned),
            source=name,
        )
    dataset.options = options
    return dataset


def _turned(
    input: Array, keys: Keys, load: Callable[[str], Array], at: Callable[[str], str]
) -> tuple[Array, tuple[str, ...]]:
    """How sure predictions are as the probability of the positive answer, and how it was read."""
    if keys.predicted is None:
        return input, ()
    classes, place = load(keys.predicted), at(keys.predicted)
    decisions = Decisions(keys.predicted, keys.decided)

    def fail(row: int, error: InputError) -> InputError:
        return error.at(f"{place}[{row}]")

    texts = [str(value) for value in classes.tolist()]
    return decisions.turned(widened(input), texts, fail), (decisions.conversion,)


def answered(
    target: Array, positive: str | None, request: ReadRequest, at: str
) -> tuple[Array, tuple[str, ...]]:
    """Targets of a binary loss with their positive one as it takes it, and how they were read.

    Args:
        target: any shape.
        positive: the positive one, or None for targets that say it themselves.
        request: says what the loss takes.
        at: the place of the targets.

    Raises:
        InputError: for a positive one that is no number, and for a third target.

    """
    if positive is None or request.per_class:
        return target, ()
    refuse_type(target, at)
    is_flag = target.dtype == bool and value_of(positive) in (0, 1)
    spelled = ("false", "true")[value_of(positive) == 1] if is_flag else positive
    told = f"targets read as {request.answers[1]:g} where they are {quoted(spelled)}"
    return with_positive(widened(target), positive, request.answers, at), (told,)


def joined_dataset(
    input: Array | Ranged,
    at: str,
    request: ReadRequest,
    *,
    columns: Roles | None = None,
    aligned: Aligned | None = None,
    said: tuple[str, ...] = (),
    source: str = "",
) -> Dataset:
    """An array with the targets that come from elsewhere, by id or row by row.

    Args:
        input: as for ``dataset_of_arrays``, and so are the others.
        at: the place of the input.
        request: holds the targets.
        columns: which is what, where the input is one of several arrays.
        aligned: ids and weights of the rows.
        said: how the input was read, in words.
        source: the file.

    Raises:
        InputError: for targets that do not fit.

    """
    truth, aligned = request.truth, aligned or Aligned()
    assert truth is not None  # noqa: S101 - for the type checker: the caller has asked
    refuse_type(input, at)
    moved = input
    if request.class_axis is not None and not isinstance(input, Ranged):
        moved = on_class_axis(input, input, request.class_axis)[0]
    rows = _rows(moved, request)
    _refuse_unaligned(rows, aligned)
    truth.read_as((), request)
    if request.per_class and not request.or_binary and moved.ndim == 1 and not isinstance(moved, Ranged):
        _refuse_single_answers(moved, truth.rows, at)
    targets = truth.of(request.start, rows, aligned.names(), _placed(at, 0))
    if not _counts_rows(moved, request):
        targets = targets[0]
    return dataset_of_arrays(
        input,
        targets,
        {"columns": columns or columns_of([request.takes])},
        request,
        aligned=aligned,
        places=(at, at),
        conversions=(*truth.conversions, *said),
        source=source,
    )


def _refuse_single_answers(input: Array, targets: int, at: str) -> None:
    """Refuses a vector that has a value for each of several targets: it is no row of classes."""
    if len(input) == targets > 1:
        fractions = bool(((input >= 0) & (input <= 1)).all())
        raise InputError(
            f"expected a row of values for each target, one a class, got one value for each of {targets}",
            ways=(Way("one answer a value, in a binary loss", (), "bce" if fractions else "bce-logits"),),
            place=at,
        )


def _at(name: str, key: str, path: str = "$") -> str:
    """The place of an array in a file."""
    return f"{name}: {path}.{visible(key)}"


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


def refuse_type(values: Array | Ranged, at: str) -> None:
    """Refuses an array whose values are no real numbers of at most 8 bytes.

    Raises:
        InputError: for text, complex, structured, date and extended-precision arrays.

    """
    if values.dtype == BFLOAT16 or (values.dtype.kind in "biuf" and values.dtype.itemsize <= 8):
        return
    if values.dtype.kind in "US":
        hint = UNNAMED
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
    if values.dtype.kind != "f" or _all_finite(values):
        return None
    bad = np.flatnonzero((values != values) | (values == math.inf))
    return tuple(map(int, np.unravel_index(int(bad[0]), values.shape))) if bad.size else None


def _all_finite(values: Array) -> bool:
    """Whether no float is nan or infinite; NumPy takes ten times as long to ask each of float16."""
    if values.dtype != np.float16:
        return bool(np.isfinite(values).all())
    sizes = values.view(np.uint16) & np.uint16(0x7FFF)
    return bool(sizes.max(initial=0) < 0x7C00)


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


def _step(values: Array | Ranged) -> int:
    row_bytes = values.itemsize * math.prod(values.shape[1:])
    if isinstance(values, Ranged):
        return max(values.least, _FETCHED_BYTES // max(1, row_bytes))
    return max(1, _SLICE_BYTES // max(1, row_bytes))


# ------------------------------------------------------------------------------------------ to batches


def dataset_of_arrays(
    input: Array | Ranged,
    target: Array,
    described: Source,
    request: ReadRequest,
    *,
    aligned: Aligned | None = None,
    places: tuple[str, str] = ("input", "targets"),
    conversions: tuple[str, ...] = (),
    source: str = "",
) -> Dataset:
    """Arrays as a data set whose batches are slices of rows.

    Args:
        input: shape (rows, ...); memory-mapped arrays stay mapped, 8 MiB are in use at a time. Of one that is
            fetched, the class axis is the second, if there is one, and the last one has several values.
        target: shape (rows, ...); of (rows, 1, ...) or (rows, ..., 1) class indices the 1 is dropped.
        described: how the data was read; the shape is added.
        request: what is asked of the reader.
        aligned: ids and weights of the rows.
        places: of the input and the targets, for messages.
        conversions: what was done to the targets already, in words.
        source: the file that holds them, for what is wrong with their shapes.

    Raises:
        InputError: for other types than real numbers, for counts of rows that differ, and for an empty
            list in place of rows.

    """
    refuse_names(request)
    request.settled.uses.update(("class_axis", "target_is"))
    aligned = aligned or Aligned()
    for values, at in zip((input, target), places, strict=True):
        refuse_type(values, at)
    if request.per_class and input.shape == (0,) and source:
        raise InputError("expected rows, got an empty array: no rows", place=places[0])
    given = target.shape
    if request.class_axis is not None and not isinstance(input, Ranged):
        input, target = on_class_axis(input, target, request.class_axis)
    whole, whole_target = input.shape, target
    if request.per_class:
        target = without_class_axis(input, target)
    elif not isinstance(input, Ranged):
        input, target = _without_single_axis(input, target)
    elif target.shape == (*input.shape, 1):
        target = target[..., 0]
    if target is not whole_target:
        conversions += (f"targets of shape {given} read as {target.shape}",)
    if input.shape != whole:
        conversions += (f"input of shape {whole} read as {input.shape}",)
    _refuse_counts(input, target, aligned, request, places)
    described = {**described, "shape": list(input.shape)}
    return Dataset(described, _batches(input, target, request, aligned, places, conversions, source))


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


def without_class_axis(input: Array | Ranged, target: Array) -> Array:
    """Class indices without the axis of extent 1 that some writers keep in place of the classes."""
    if target.ndim == input.ndim > 1 and target.shape != input.shape:
        for axis in (1, input.ndim - 1):
            kept = input.shape[:axis] + input.shape[axis + 1 :]
            if target.shape[axis] == 1 and target.shape[:axis] + target.shape[axis + 1 :] == kept:
                return target.squeeze(axis)
    return target


def _without_single_axis(input: Array, target: Array) -> tuple[Array, Array]:
    """Values without the axis of extent 1, as of a layer with one output, that the other array lacks."""
    return _less(input, target), _less(target, input)


def _less(one: Array, other: Array) -> Array:
    """An array without its last axis of extent 1 behind the rows, where it has the other's shape then."""
    for axis in reversed(range(int(one.ndim > 1), one.ndim)):
        if one.shape[axis] == 1 and one.shape[:axis] + one.shape[axis + 1 :] == other.shape:
            return one.squeeze(axis)
    return one


def _refuse_counts(
    input: Array | Ranged, target: Array, aligned: Aligned, request: ReadRequest, places: tuple[str, str]
) -> None:
    rows = _rows(input, request)
    if request.per_class and input.ndim == 1 and aligned.are_many(len(input)):
        if request.or_binary:
            return  # pairs, which are read once more as such
        if not isinstance(input, Ranged) and target.shape == input.shape:
            _refuse_single_answers(input, len(target), places[0])
    _refuse_unaligned(rows, aligned)
    if aligned.weight is not None:
        refuse_type(aligned.weight, aligned.weight_at)
        refuse_nonfinite(aligned.weight, aligned.weight_at, request)
    if not _same_rows(input, target) and len(target.shape) and rows != len(target):
        if request.per_class and input.ndim == 1:
            return  # one row, and what a loss says of its target
        # By their shapes alone, before anything is unpacked.
        classes_first = (
            request.class_axis is None
            and request.per_class
            and input.ndim > 1
            and input.shape[1] == len(target)
            and len(input) <= _MOST_CLASSES
        )
        raise InputError(
            f"Expected {plural(rows, 'target')}, one for each row of the input, got {len(target)}.",
            place=places[1],
            ways=(_FIRST_AXIS,) if classes_first else (),
        )


_MOST_CLASSES = 1 << 18
"""More than a vocabulary holds are no classes on the first axis, but rows."""

_FIRST_AXIS = Way("the classes are the first axis", (("--class-axis", "0"),))


def _refuse_unaligned(rows: int, aligned: Aligned) -> None:
    for values, what, at in (
        (aligned.ids, "id", aligned.ids_at),
        (aligned.weight, "weight", aligned.weight_at),
    ):
        if values is not None and values.shape != (rows,):
            raise InputError(f"expected {plural(rows, what)}, got shape {values.shape}", place=at)


def _rows(input: Array | Ranged, request: ReadRequest) -> int:
    """The number of rows."""
    return len(input) if _counts_rows(input, request) else 1


def _counts_rows(input: Array | Ranged, request: ReadRequest) -> bool:
    """Whether the first axis counts rows: a vector of classes is one row."""
    return input.ndim > (1 if request.per_class else 0)


def _same_rows(input: Array | Ranged, target: Array) -> bool:
    return bool(input.ndim and target.ndim and len(input) == len(target))


def _batches(
    input: Array | Ranged,
    target: Array,
    request: ReadRequest,
    aligned: Aligned,
    places: tuple[str, str],
    conversions: tuple[str, ...],
    source: str,
) -> Iterator[Batch | Chunk]:
    whole = not _same_rows(input, target) or (request.per_class and input.ndim == 1) or not len(input)
    step = max(1, len(input) if input.ndim else 1) if whole else min(_step(input), _step(target))
    count = 1 if whole else len(input)

    def batch(start: int) -> Batch:
        rows = slice(0, None) if whole else slice(start, start + step)
        x, y = (_native(_cut(values, rows)) for values in (input, target))
        for values, at in zip((x, y), places, strict=True):
            refuse_nonfinite(values, at, request, start)
        return Batch(
            input=x,
            target=y,
            aligned={} if aligned.weight is None else {"sample weight": _native(aligned.weight[rows])},
            start=request.start + start,
            place=_placed(places[1], start),
            input_place=_placed(places[0], start),
            source=source,
            ids=aligned.names(rows),
            conversions=conversions,
        )

    for start in range(0, count, step):
        for values in (values for values in (input, target) if not whole and not isinstance(values, Ranged)):
            # Those that are still computed are read again; none before them stays in memory.
            release(values[max(0, start - _IN_FLIGHT * step) : start])
        yield batch(start) if whole else Chunk(min(step, count - start), partial(batch, start))


def _cut(values: Array | Ranged, rows: slice) -> Array:
    return values[rows] if isinstance(values, Ranged) or values.ndim else values


def _placed(at: str, start: int) -> Callable[[int], str]:
    if not at.rpartition(" ")[2].startswith("$"):
        return lambda row: f"{at}: row {start + row}"
    return lambda row: f"{at}[{start + row}]"


def _native(values: Array) -> Array:
    """The values in this machine's byte order and at addresses that its instructions like."""
    values = widened(values)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    return values if values.flags.aligned else values.copy(order="K")
