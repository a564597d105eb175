"""The softmax family: cross entropy and negative log likelihood over a class axis.

Inside this module a block of logits is a matrix of shape (classes, columns), one column for each loss
element, whatever the layout of the user's array. Few classes are stored class-major, so that every
operation runs along the columns; many are stored column by column, so that it runs along the classes.
In between, columns stand in tiles that are class-major each, of shape (classes / lanes, lanes, tiles,
columns of a tile): one call transposes them all, and no cache line is touched twice. With two lanes an even
class and the odd one after it lie side by side in each column, and move as one number of twice the size.
The code is the same for all three: only the memory order differs, and what belongs to a column is a line in
the order of the columns.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from celoss_cli.core.data import Array, Batch, Terms
from celoss_cli.core.errors import InputError, UsageError, plural
from celoss_cli.core.records import record
from celoss_cli.core.scratch import Order, Scratch
from celoss_cli.core.trace import Note, silent
from celoss_cli.losses.base import Answers, Loss, as_real, finite_weights, spread

__all__ = ["CrossEntropy", "NegativeLogLikelihood", "exponentials_of", "log_softmax", "softmax"]

_BLOCK_BYTES = 2 << 20
"""Measured on two cores: smaller blocks lose more to handing over the interpreter lock than they win
in the cache."""

_TILED_FROM = 5
"""From this many classes on, rows are transposed in tiles that stay in the innermost cache."""

_TILE = 256
"""At least two, so that the columns of a tile lie closest and numbers are added class by class."""

_NEAR_FROM = 16
"""From this many classes on, rows are copied into the cache before they are transposed, an even number of
classes in two lanes: a transposition costs by the number, whatever its size."""

_PAIRS = {4: np.dtype(np.uint64), 8: np.dtype(np.complex128)}
"""What two numbers of so many bytes are moved as."""

_ROW_MAJOR_FROM = 64
"""From this many classes on, a reduction along the classes of one column is the faster one."""

_FAR_APART = 2048
"""Classes a multiple of so many bytes apart share a few places of the caches: their numbers push each other
out before the next column is read, and a loss takes twice as long. Positions are often a power of two."""

_LEAST_RUN = 32
"""Fewer numbers of one class than this are no faster copied closer together first."""

_LINE_BYTES = 64
"""Of the caches."""

_EINSUM_UP_TO = 1024
"""Up to this many numbers in a line, einsum adds them in an order that depends on nothing else, up to four
times as fast as a reduction; longer lines need the accuracy of adding in pairs."""


# ------------------------------------------------------------------------------------------ blocks


@record(frozen=True, slots=True)
class _Block:
    """A rectangle of the (rows, classes, positions) input and where its columns lie in the terms."""

    rows: slice
    positions: slice
    columns: slice


def _blocks(shape: tuple[int, int, int], itemsize: int) -> Iterator[_Block]:
    """The blocks of an input; where it is transposed, whole tiles first and the rest of the rows last."""
    rows, classes, positions = shape
    size = max(1, _BLOCK_BYTES // (itemsize * classes))
    if positions <= size:
        step = max(1, size // max(1, positions))
        tile = _TILE if positions == 1 and step >= _TILE and _TILED_FROM <= classes < _ROW_MAJOR_FROM else 1
        step, tiled = step // tile * tile, rows // tile * tile
        for row in (*range(0, tiled, step), *range(tiled, rows, step)):
            end = min(row + step, rows if row >= tiled else tiled)
            yield _Block(slice(row, end), slice(0, positions), slice(row * positions, end * positions))
        return
    for row in range(rows):
        for first in range(0, positions, size):
            last = min(first + size, positions)
            yield _Block(
                slice(row, row + 1),
                slice(first, last),
                slice(row * positions + first, row * positions + last),
            )


def _order(classes: int) -> Order:
    return "F" if classes >= _ROW_MAJOR_FROM else "C"


def _lanes(classes: int) -> int:
    """How many classes of a column lie side by side in a tile; in any memory order they are added apart."""
    return 2 if _NEAR_FROM <= classes < _ROW_MAJOR_FROM and classes % 2 == 0 else 1


def _matrix(part: Array, dtype: np.dtype[Any], *, tiled: bool = False) -> Array:
    """A (rows, classes, positions) part as (classes, columns) in this module's memory order.

    The result is scratch, unless the part lies in memory as wanted already. Where tiles are taken and the
    rows fill them, it is (classes / lanes, lanes, tiles, columns of a tile).
    """
    rows, classes, positions = part.shape
    order = _order(classes)
    if part.dtype == dtype:
        as_it_is = part[:, :, 0].T if positions == 1 else part[0] if rows == 1 else None
        if as_it_is is not None and (
            as_it_is.flags.c_contiguous if order == "C" else as_it_is.flags.f_contiguous
        ):
            return as_it_is
    scratch = Scratch.here()
    if order == "F":
        matrix = scratch.array("z", (classes, rows * positions), dtype, order)
        filled = matrix.T.reshape(rows, positions, classes).transpose(0, 2, 1)
        np.copyto(filled, _near(part, dtype), casting="same_kind")
        return matrix
    if positions == 1 and part.strides[0] > part.strides[1]:
        if classes >= _NEAR_FROM:
            near = scratch.array("near", part.shape, dtype)
            np.copyto(near, part, casting="same_kind")
            part = near
        if tiled and classes >= _TILED_FROM and rows % _TILE == 0:
            lanes = _lanes(classes)
            tiles = scratch.array("z", (rows // _TILE, classes // lanes, _TILE, lanes), dtype)
            columns, filled = part[:, :, 0], tiles
            if lanes > 1:
                columns, filled = columns.view(_PAIRS[dtype.itemsize]), tiles.view(_PAIRS[dtype.itemsize])
            np.copyto(
                filled[..., 0],
                columns.reshape(len(tiles), _TILE, -1).transpose(0, 2, 1),
                casting="same_kind",
            )
            return tiles.transpose(1, 3, 0, 2)
    matrix = scratch.array("z", (classes, rows * positions), dtype)
    np.copyto(matrix.reshape(classes, rows, positions).transpose(1, 0, 2), part, casting="same_kind")
    return matrix


def _near(part: Array, dtype: np.dtype[Any]) -> Array:
    """A (rows, classes, positions) part to be read class by class: a copy where its classes lie badly.

    The copy is scratch, and its classes are an odd number of lines of the cache apart.
    """
    lines = part.transpose(2, 1, 0) if part.shape[2] == 1 else part
    outer, classes, length = lines.shape
    _, apart, step = lines.strides
    if length < _LEAST_RUN or step != part.itemsize or apart % _FAR_APART:
        return part
    in_line = _LINE_BYTES // dtype.itemsize
    padded = (-(-length // in_line) | 1) * in_line
    near = Scratch.here().array("near", (outer, classes, padded), dtype)[..., :length]
    np.copyto(near, lines, casting="same_kind")
    return near.transpose(2, 1, 0) if part.shape[2] == 1 else near


def _cells(matrix: Array) -> Array:
    """The matrix as one line in memory order: a view."""
    if matrix.ndim == 4:
        return matrix.transpose(2, 0, 3, 1).reshape(-1)
    return matrix.reshape(-1, order="C" if matrix.flags.c_contiguous else "F")


def _classes(matrix: Array) -> int:
    return math.prod(matrix.shape[:2]) if matrix.ndim == 4 else len(matrix)


def _columns(matrix: Array) -> tuple[int, ...]:
    """The shape that the columns of the matrix have."""
    return matrix.shape[-2:] if matrix.ndim == 4 else matrix.shape[1:]


def _wide(columns: tuple[int, ...], dtype: np.dtype[Any], lanes: int) -> Array:
    """Scratch for one number a lane and column, (lanes, *columns), in the memory order of the matrix."""
    if len(columns) == 1:
        return Scratch.here().array("wide", (lanes, *columns), dtype)
    return Scratch.here().array("wide", (*columns, lanes), dtype).transpose(2, 0, 1)


def _beside(line: Array, matrix: Array) -> Array:
    """One value for each column in a shape that goes with the matrix: a view, or scratch for two lanes."""
    line = line.reshape(_columns(matrix))
    if matrix.ndim == 2 or matrix.shape[1] == 1:
        return line
    wide = _wide(line.shape, line.dtype, matrix.shape[1])
    for lane in wide:
        lane[...] = line
    return wide


def _at(matrix: Array, classes: Array) -> Array:
    """Where ``classes[i]`` of column i lies in ``_cells(matrix)``; the result is scratch."""
    scratch = Scratch.here()
    places = scratch.array("at", len(classes), np.intp)
    columns = _columns(matrix)
    step, *steps = (stride // matrix.itemsize for stride in matrix.strides)
    first = scratch.kept(
        "first", (columns, matrix.strides), lambda: _first_cells(columns, steps[-len(columns) :])
    )
    if step == 1:
        return np.add(classes, first, out=places)
    if matrix.ndim == 4 and matrix.shape[1] == 2:
        # Of a pair, the odd class is the next cell.
        np.right_shift(classes, 1, out=places)
        np.multiply(places, step - 2, out=places)
        np.add(places, classes, out=places)
    else:
        np.multiply(classes, step, out=places)
    return np.add(places, first, out=places)


def _first_cells(columns: Sequence[int], steps: Sequence[int]) -> Array:
    """Where class 0 of each column lies."""
    lines = (np.arange(extent) * step for extent, step in zip(columns, steps, strict=True))
    return functools.reduce(np.add.outer, lines).reshape(-1)


def _take(matrix: Array, places: Array, out: Array) -> Array:
    return _cells(matrix).take(places, mode="clip", out=out)


def _sum_over_classes(matrix: Array, out: Array) -> Array:
    """The column sums, each in the same order of addition whatever the number of columns."""
    if _ROW_MAJOR_FROM <= _classes(matrix) <= _EINSUM_UP_TO:
        return np.einsum("ij->j", matrix, out=out)
    if _order(_classes(matrix)) == "F":
        return np.add.reduce(matrix, axis=0, out=out)
    return _by_lanes(np.add, matrix, out)


def _by_lanes(combine: np.ufunc, matrix: Array, out: Array) -> Array:
    """The reduction of each column of a class-major matrix: class by class in each lane, then the lanes."""
    lanes, columns = _lanes(_classes(matrix)), _columns(matrix)
    apart = matrix if matrix.ndim == 4 else matrix.reshape(len(matrix) // lanes, lanes, *columns)
    wide = _wide(columns, matrix.dtype, lanes) if lanes > 1 else out.reshape(1, *columns)
    if out.size == 1:  # alone, the classes are what lies closest, and would be added in pairs
        wide[...] = combine.accumulate(apart, axis=0)[-1]
    else:
        combine.reduce(apart, axis=0, out=wide)
    if lanes > 1:
        combine(wide[0], wide[1], out=out.reshape(columns))
    return out


# ---------------------------------------------------------------------------------- the computation


def _largest(x: Array) -> Array:
    """The maximum of each column, NaN where the column holds one; the result is scratch."""
    largest = Scratch.here().array("max", math.prod(_columns(x)), x.dtype)
    if x.flags.c_contiguous or x.ndim == 4:
        return _by_lanes(np.maximum, x, largest)
    return _take(x, _at(x, x.argmax(axis=0)), out=largest)


def _shifted(x: Array, note: Note) -> Array:
    """Z = x - max: the greatest exponential becomes 1, none overflows."""
    largest = note("max", "largest logit", _largest(x))
    mine = x if x.ndim == 4 else Scratch.here().array("z", x.shape, x.dtype, _order(len(x)))
    z = np.subtract(x, _beside(largest, x), out=note.reuse(mine))
    return note("z", "x - max", z)


@record(frozen=True, slots=True)
class _Exponentials:
    """exp z with one entry of each column kept apart.

    Attributes:
        others: exp z with 0 at ``places``, shape (classes, columns).
        places: where the entries kept apart were, as ``_at`` gives them; None where they still are there.
        own: those entries, shape (columns,); None where they are the largest, which are 1.
        rest: the sum of the others, shape (columns,).

    """

    others: Array
    places: Array | None
    own: Array | None
    rest: Array

    def log_sum(self, out: Array) -> Array:
        """log(own + rest) = log1p(rest + (own - 1)).

        Where the entry kept apart is the largest, own is 1 and the result keeps all its digits however
        small the rest is; elsewhere rest is at least 1 and nothing is lost either.
        """
        if self.own is None:
            return np.log1p(self.rest, out=out)
        np.subtract(self.own, 1, out=out)
        np.add(self.rest, out, out=out)
        return np.log1p(out, out=out)

    def total(self) -> Array:
        """The sum over the classes, as a fresh array."""
        return self.rest + (1 if self.own is None else self.own)

    def softmax(self) -> Array:
        """P = e / sum, as a fresh array."""
        e = self.others.copy(order="K")
        if self.places is not None:
            _cells(e)[self.places] = self.own
        return e / _beside(self.total(), e)


def _exponentials(z: Array, places: Array, note: Note) -> _Exponentials:
    """Exp z with the entries at ``places`` kept apart; of two classes rather the larger one."""
    e = note("e", "exp z", np.exp(z, out=note.reuse(z)))
    parts = _pair(e) if len(e) == 2 else _apart(e, places)
    note.aside("sum", "sum of e over the classes", parts.total)
    note.aside("p", "e / sum", parts.softmax)
    return parts


def _pair(e: Array) -> _Exponentials:
    """The smaller one of two is the rest, found without looking for its place."""
    rest = Scratch.here().array("rest", e.shape[1], e.dtype)
    return _Exponentials(e, None, None, np.minimum(e[0], e[1], out=rest))


def _apart(e: Array, places: Array) -> _Exponentials:
    scratch = Scratch.here()
    own = _take(e, places, out=scratch.array("own", len(places), e.dtype))
    _cells(e)[places] = 0
    rest = _sum_over_classes(e, out=scratch.array("rest", len(places), e.dtype))
    return _Exponentials(e, places, own, rest)


def _picked(x: Array, y: Array, out: Array, note: Note) -> _Exponentials:
    """Writes -log softmax(x)[y] of each column to ``out``: x (classes, columns), y (columns,)."""
    scratch = Scratch.here()
    z = _shifted(note("x", "logits", x), note)
    places = _at(z, y)
    z_y = _take(z, places, out=scratch.array("z[y]", len(y), z.dtype))
    parts = _exponentials(z, places, note)
    log_sum = note("log sum", "log of the sum", parts.log_sum(out=scratch.array("log sum", len(y), z.dtype)))
    note.aside("-log p", "log sum - z", lambda: log_sum - z)
    np.subtract(log_sum, z_y, out=out)
    return parts


def _less_onehot(p: Array, y: Array, weights: Array | None) -> Array:
    """(p - onehot(y)) times the weight of class y."""
    p[y, np.arange(len(y))] -= 1
    return p if weights is None else p * weights.take(y)


def _negative_log_softmax(x: Array, note: Note) -> tuple[Array, _Exponentials]:
    """-log softmax(x) for every class, with the exponentials it came from."""
    z = _shifted(note("x", "logits", x), note)
    kept = z.copy(order="K")
    parts = _exponentials(z, _at(z, z.argmax(axis=0)), note)
    log_sum = note("log sum", "log of the sum", parts.log_sum(out=np.empty_like(parts.rest)))
    return note("-log p", "log sum - z", np.subtract(log_sum, kept, out=kept)), parts


def _each_block(x: Array, dtype: str, *, tiled: bool = False) -> Iterator[tuple[_Block, Array]]:
    computed = np.dtype(dtype)
    for block in _blocks(x.shape, computed.itemsize):
        yield block, _matrix(x[block.rows, :, block.positions], computed, tiled=tiled)


def softmax(input: Any, axis: int = -1) -> Array:
    """Softmax along one axis: p = exp(x - max x) / sum exp(x - max x).

    Args:
        input: any shape.
        axis: the class axis; negative numbers count from the end.

    Returns:
        float64 array of the input's shape. A slice with NaN, +inf or nothing but -inf is NaN.

    Raises:
        ValueError: if the input is not real or has no such axis.

    Example:
        >>> softmax([1.0, 1.0])
        array([0.5, 0.5])

    See Bridle 1990. The twin ``log_softmax`` keeps the digits that log(softmax(x)) loses.

    """
    return _along(input, axis, lambda x: exponentials_of(x).softmax())


def log_softmax(input: Any, axis: int = -1, *, dtype: str = "float64") -> Array:
    """Logarithm of the softmax along one axis: x - max x - log sum exp(x - max x).

    Args:
        input: any shape.
        axis: the class axis; negative numbers count from the end.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        array of that type and the input's shape, accurate to the last digits also near 0.

    Raises:
        ValueError: if the input is not real or has no such axis.

    Example:
        >>> log_softmax([0.0, 40.0])[1]
        np.float64(-4.248354255291589e-18)

    The twin of ``softmax``; see Blanchard, Higham and Higham 2021, "Accurately computing the
    log-sum-exp and softmax functions".

    """
    return _along(input, axis, lambda x: -_negative_log_softmax(x, silent)[0], dtype)


def exponentials_of(x: Array, note: Note = silent) -> _Exponentials:
    """The exponentials of logits of shape (classes, columns); the largest of each column is kept apart."""
    z = _shifted(note("x", "logits", x), note)
    return _exponentials(z, _at(z, z.argmax(axis=0)), note)


def _along(input: Any, axis: int, function: Any, dtype: str = "float64") -> Array:
    x = as_real("input", input)
    if not -x.ndim <= axis < x.ndim:
        raise InputError(f"Expected an axis of a {x.ndim}-dimensional input, got {axis}.")
    front = np.moveaxis(x, axis, 0)
    if not x.size:
        return np.empty(x.shape, dtype)
    lines = front.reshape(len(front), -1).T[:, :, None]
    result = np.empty(lines.shape, dtype)
    with np.errstate(all="ignore"):
        for block, matrix in _each_block(lines, dtype):
            result[block.rows, :, 0] = function(matrix).T
    return np.moveaxis(result[:, :, 0].T.reshape(front.shape), 0, axis)


# -------------------------------------------------------------------------------------- the losses


@record(frozen=True, kw_only=True)
class _ClassLoss(Loss):
    """A loss with one target for each column of class values.

    Attributes:
        weight: one factor for each class, shape (classes,): the loss of a target y is multiplied by w[y],
            and so is its share of the divisor of the mean.
        ignore_index: a target of this value is left out: its loss is 0, and neither the sum nor the
            divisor counts it. It may be one of the classes. None leaves
            none out.

    Reduction:
        none: the loss of every target, 0 where it is ignored.
        sum: their total.
        mean: the total divided by the sum of w[y] over the counted targets; without weights that is their
            number. All rows and positions have this one divisor.

    """

    weight: Array | None = None
    ignore_index: int | None = -100

    per_class: ClassVar[bool] = True
    predicts: ClassVar[str] = "predicted probability p of the target"
    drawn_targets: ClassVar[Mapping[str, float]] = {"loss": 0}
    _takes_probabilities: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight is not None:
            weight = finite_weights("class weights", self.weight)
            if weight.ndim != 1:
                raise InputError(f"Expected class weights of shape (classes,), got shape {weight.shape}.")
            object.__setattr__(self, "weight", weight)

    def odd_options(self) -> list[str]:
        if self.weight is None or not (self.weight < 0).any():
            return []
        index = int(np.flatnonzero(self.weight < 0)[0])
        return [f"Expected class weights of at least 0, got {self.weight[index]:g} for class {index}."]

    def canonical(self, batch: Batch) -> Batch:
        """Input (N, C, D) and target (N, D) of int64, or (N, C, D) for probabilities."""
        x, y = as_real("input", batch.input), as_real("target", batch.target)
        if x.ndim == 1 and y.ndim <= 1:
            x, y = x[None], y[None]
        if x.ndim < 2:
            raise InputError(
                f"Expected input of shape (classes,), (rows, classes) or (rows, classes, ...), got {x.shape}."
            )
        rows, classes, *extents = x.shape
        if not classes:
            raise InputError("Expected at least one class, got an input with 0.")
        if self.weight is not None and len(self.weight) != classes:
            raise InputError(f"Expected {classes} class weights, one for each class, got {len(self.weight)}.")
        positions = 1
        for extent in extents:
            positions *= extent
        y, conversions = self._targets(x, y)
        inner = (classes, positions) if y.shape == x.shape else (positions,)
        return replace(
            batch,
            input=x.reshape(rows, classes, positions),
            target=y.reshape(rows, *inner),
            aligned=spread(batch, rows, positions),
            shape=tuple(extents),
            conversions=batch.conversions + conversions,
        )

    def _targets(self, x: Array, y: Array) -> tuple[Array, tuple[str, ...]]:
        rows, _, *extents = x.shape
        wanted = (rows, *extents)
        if y.shape == x.shape:
            return self._targets_by_class(y)
        if y.shape != wanted:
            raise _shape_error(x, y)
        if y.dtype.kind == "f":
            whole = y == np.floor(y)
            if not whole.all():
                place = np.unravel_index(int(np.flatnonzero(~whole)[0]), y.shape)
                raise InputError(
                    f"Expected targets that are class indices, got {y[place]:g}.",
                    element=_flat(place, y.shape),
                )
            return _as_int64(y), ("integral floats read as class indices",)
        if y.dtype.kind == "b":
            return _as_int64(y), ("false and true read as class indices 0 and 1",)
        return _as_int64(y), ()

    def _targets_by_class(self, y: Array) -> tuple[Array, tuple[str, ...]]:
        if y.dtype.kind == "f":
            if not self._takes_probabilities:
                raise InputError(
                    f"Expected targets that are class indices, got shape {y.shape} of {y.dtype}."
                )
            return y, ()
        one_hot = ((y == 0) | (y == 1)).all(axis=1) & (y.sum(axis=1, dtype=np.int64) == 1)
        if not one_hot.all():
            raise InputError(
                "Expected integer targets of the input's shape to be one-hot rows, got other values.",
                hint="probabilities are written as 1.0, class indices have no class axis",
                element=int(np.flatnonzero(~one_hot.reshape(-1))[0]),
            )
        return y.argmax(axis=1), ("one-hot rows of integers read as class indices",)

    def _terms(self, batch: Batch, note: Note) -> Terms:
        x, targets = batch.input, batch.target.reshape(-1)
        y, ignored = self._indices(targets, x.shape[1])
        weights = None if self.weight is None else self.weight.astype(self.dtype)
        loss = np.empty(len(y), self.dtype)
        clamped = 0
        for block, matrix in self._each_block(x):
            hit = self._fill(matrix, y[block.columns], weights, loss[block.columns], note)
            if hit is not None:
                clamped += int(np.count_nonzero(hit if ignored is None else hit & ~ignored[block.columns]))
        if ignored is not None:
            loss[ignored] = 0
        weight, weight_is = self._share(y, weights, ignored, note)
        note.term("loss", self._loss_is(), loss)
        return Terms(loss=loss, weight=weight, weight_is=weight_is, ignored=ignored, clamped=clamped)

    def _share(self, y: Array, weights: Array | None, ignored: Array | None, note: Note) -> tuple[Array, str]:
        """Each target's share of the divisor, and what their sum is."""
        weight = np.broadcast_to(np.ones((), self.dtype), len(y)) if weights is None else weights.take(y)
        if ignored is not None:
            weight = np.where(ignored, weight.dtype.type(0), weight)
        if weights is not None or ignored is not None:
            note.term("weight", "w[y], 0 where ignored" if weights is not None else "0 where ignored", weight)
        if weights is None:
            return weight, "number of counted targets"
        return weight, "sum of the weights of the counted targets"

    def _each_block(self, x: Array) -> Iterator[tuple[_Block, Array]]:
        raise NotImplementedError

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        """Writes the weighted loss of a block of columns to ``out``; says which hit a clamp, if any can."""
        raise NotImplementedError

    def _loss_is(self) -> str:
        return "-log p[y]" if self.weight is None else "weight x -log p[y]"

    def _indices(self, targets: Array, classes: int) -> tuple[Array, Array | None]:
        """The targets with 0 in place of ignored ones, and which those are."""
        within = self.ignore_index is not None and 0 <= self.ignore_index < classes
        if not targets.size or (_all_inside(targets, classes) and not within):
            return targets, None
        ignored = self._left_out(targets)
        kept = np.where(ignored, 0, targets)
        wrong = np.flatnonzero((kept < 0) | (kept >= classes))
        if wrong.size:
            raise self._out_of_range(targets, kept, int(wrong[0]), classes)
        return kept, ignored if ignored.any() else None

    def _left_out(self, targets: Array) -> Array:
        """Which targets have the value that is left out."""
        return np.zeros(targets.shape, bool) if self.ignore_index is None else targets == self.ignore_index

    def _out_of_range(self, targets: Array, kept: Array, element: int, classes: int) -> InputError:
        value = int(targets[element])
        counted = targets[~self._left_out(targets)]
        hint = ""
        if value in (-1, 255) or -1 in kept or 255 in kept:
            marker = -1 if -1 in kept else 255
            hint = f"if {marker} marks targets to leave out: {self._leaving_out(marker)}"
        elif classes == 1:
            hint = "one score for each row is a binary problem: bce for probabilities, bce-logits for logits"
        elif int(counted.min()) == 1 and int(counted.max()) == classes:
            hint = f"the targets run from 1 to {classes}: subtract 1 from each"
        inside = self.ignore_index is not None and self.ignore_index >= 0
        ignored = f" or ignore_index {self.ignore_index}" if inside else ""
        known = "the target 0" if classes == 1 else f"a target from 0 to {classes - 1}"
        return InputError(
            f"Expected {known}{ignored} ({plural(classes, 'class')}), got {value}.",
            hint=hint,
            element=element,
        )

    def _leaving_out(self, marker: int) -> str:
        """How targets of this value are left out."""
        return f"--ignore-index {marker}"

    def outcomes(self, batch: Batch) -> Array | None:
        if batch.target.ndim == 3:
            return None
        y = batch.target.reshape(-1)
        return np.where((y >= 0) & (y < batch.input.shape[1]) & ~self._left_out(y), y, -1)

    def computable(self, batch: Batch) -> Batch | None:
        y = batch.target
        if y.ndim == 3:
            return batch
        possible = (y >= 0) & (y < batch.input.shape[1])
        if self.ignore_index is None:  # a convention that leaves out nothing
            return batch if possible.all() else None
        return replace(batch, target=np.where(possible, y, self.ignore_index))

    def left_out(self, batch: Batch) -> int:
        return 0 if batch.target.ndim == 3 else int(np.count_nonzero(self._left_out(batch.target)))

    def classes(self, batch: Batch) -> int:
        return int(batch.input.shape[1])

    def gathered(self, batch: Batch, element: int) -> int | None:
        target = self.target_of(batch, element)
        if isinstance(target, tuple) or not 0 <= target < batch.input.shape[1]:
            return None
        return int(target)

    def class_codes(self, batch: Batch) -> tuple[Array, Sequence[str]]:
        if batch.target.ndim == 3:
            return super().class_codes(batch)
        names = batch.labels or [str(index) for index in range(batch.input.shape[1])]
        return batch.target.reshape(-1), names

    def answers(self, batch: Batch) -> Answers:
        """The most probable class of every element, the first of several."""
        p = self._probabilities(batch)
        chosen = p.argmax(axis=0)
        columns = np.arange(p.shape[1])
        if batch.target.ndim == 3:
            hit = _columns_of(batch.target)[chosen, columns].astype(np.float64)
        else:
            hit = (chosen == batch.target.reshape(-1)).astype(np.float64)
        return Answers(p[chosen, columns], hit)

    def unweighted(self) -> Self:
        return replace(self, weight=None)

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        others = max(1, classes - 1)
        y = int(target) + (int(target) == self.ignore_index)
        with np.errstate(divide="ignore"):
            rest = np.log(np.repeat((1 - values)[:, None] / others, others, axis=1))
            log_p = np.insert(rest, y, np.log(values), axis=1)
        return self.canonical(Batch(log_p, np.full(len(values), y)))

    def predicted(self, batch: Batch) -> Array:
        if batch.target.ndim == 3:
            raise UsageError("Expected targets that are classes for a curve, got probabilities.")
        y, _ = self._indices(batch.target.reshape(-1), batch.input.shape[1])
        return np.exp(self.log_predictions(batch)[y, np.arange(len(y))])

    def log_predictions(self, batch: Batch) -> Array:
        raise NotImplementedError

    def _probabilities(self, batch: Batch) -> Array:
        """The probability of each class, shape (classes, elements), float64."""
        raise NotImplementedError

    def _distributions(self, batch: Batch, p: Array, wanted: str, hint: str) -> Array:
        """The columns of (rows, classes, positions), refused where those of a counted target sum to no 1."""
        wrong = np.flatnonzero(_no_distribution(p) & (batch.target != self.ignore_index))
        if wrong.size:
            total = float(p.sum(axis=1).reshape(-1)[wrong[0]])
            raise InputError(
                f"Expected {wanted} up to 1, got a sum of {total:g}.",
                hint=f"reliability needs probabilities; {hint}",
                element=int(wrong[0]),
                in_input=True,
            )
        return _columns_of(p)

    def target_of(self, batch: Batch, element: int) -> float | int | tuple[float, ...]:
        row, position = divmod(element, max(1, batch.elements_per_row))
        if batch.target.ndim == 3:
            return tuple(float(q) for q in batch.target[row, :, position])
        return int(batch.target[row, position])


def _all_inside(targets: Array, classes: int) -> bool:
    """Whether int64 targets are 0 or more and below ``classes``: negative ones are large without a sign."""
    return bool(targets.view(np.uint64).max() < classes)


def _flat(place: tuple[Any, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(place, shape))


def _as_int64(y: Array) -> Array:
    if y.dtype.kind in "uf" and y.size and (float(y.max()) >= 2.0**63 or float(y.min()) < -(2.0**63)):
        element = int(np.flatnonzero((y >= 2.0**63) | (y < -(2.0**63)))[0])
        raise InputError(f"Expected targets that are class indices, got {y.flat[element]}.", element=element)
    return y.astype(np.int64, copy=False)


def _shape_error(x: Array, y: Array) -> InputError:
    rows, _, *extents = x.shape
    wanted = (rows, *extents)
    if y.ndim == len(wanted) and y.shape[1:] == wanted[1:]:
        return InputError(f"Expected {rows} targets, one for each row of the input, got {len(y)}.")
    return InputError(
        f"Expected targets of shape {wanted} for input of shape {x.shape}, got shape {y.shape}.",
        hint=_axis_hint(x, y),
    )


def _axis_hint(x: Array, y: Array) -> str:
    if y.ndim == x.ndim:
        return "class indices have no class axis"
    return "the classes are the last axis? --class-axis -1" if y.shape == x.shape[:-1] and x.ndim > 2 else ""


@record(frozen=True, kw_only=True)
class CrossEntropy(_ClassLoss):
    """Cross entropy of logits, as ``torch.nn.functional.cross_entropy`` defines it.

    Formula:
        p[c] = exp(x[c]) / sum exp(x), the softmax of the logits
        loss = -w[y] log p[y], for a class y
        loss = -(1 - eps) w[y] log p[y] - eps / C sum_c w[c] log p[c], smoothed
        loss = -sum_c w[c] q[c] log p[c], for probabilities q
        q = (1 - eps) target + eps / C, smoothed over C classes

    Derivation:
        The model gives the targets of independent rows the probability prod p[y]. Its negative logarithm is
            sum -log p[y]: the least total loss is the greatest likelihood.
        With the softmax written out, -log p[y] = log sum exp(x) - x[y].
        The largest logit m cancels: with z = x - m it is log sum exp(z) - z[y], and no exponential
            overflows.
        The term of the target is kept apart: the logarithm is log1p(the other terms + (exp(z[y]) - 1)), so
            that a loss near 0 keeps its digits.
        The derivative with respect to the logits is p - onehot(y).

    Attributes:
        label_smoothing: eps from 0 to 1: the target becomes (1 - eps) target + eps / classes, so that no
            answer is to be certain.

    Reduction:
        mean: the total divided by the sum of w[y] over the counted targets; without weights that is their
            number. All rows and positions have this one divisor. Against probabilities it is the number of
            targets, whatever the weights.

    Twin:
        nll takes the logarithms of probabilities and normalises nothing: nll of the log softmax is this loss.
        kl against probabilities q is this loss less the entropy of q.
        bce-logits is it for two classes of which one has the logit 0.

    Reference:
        torch.nn.functional.cross_entropy, whose numbers these are.
        Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
        Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", for label
            smoothing.
        Blanchard, Higham and Higham 2021, "Accurately computing the log-sum-exp and softmax functions".

    Example:
        celoss ce --logits '2,1,0.1;0.5,2.5,0.3' --targets 0,1 --weight 1,2,3

    """

    label_smoothing: float = 0.0

    _takes_probabilities: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.label_smoothing <= 1:
            raise UsageError(f"Expected label_smoothing from 0 to 1, got {self.label_smoothing:g}.")

    def canonical(self, batch: Batch) -> Batch:
        batch = super().canonical(batch)
        if batch.target.ndim == 3 and self.ignore_index is not None and self.ignore_index >= 0:
            raise InputError(
                f"Expected no ignore_index with probability targets, got {self.ignore_index}.",
                hint="a distribution has no index to ignore",
            )
        return batch

    def _terms(self, batch: Batch, note: Note) -> Terms:
        if batch.target.ndim == 2:
            return super()._terms(batch, note)
        loss = np.empty(len(batch) * batch.target.shape[2], self.dtype)
        clamped, dtype = 0, np.dtype(self.dtype)
        for block in _blocks(batch.input.shape, 8):
            part = (block.rows, slice(None), block.positions)
            # The second matrix would overwrite the first one's scratch.
            q = _matrix(batch.target[part], dtype).copy(order="K")
            hit = self._fill_from(_matrix(batch.input[part], dtype), q, loss[block.columns], note)
            clamped += 0 if hit is None else int(np.count_nonzero(hit))
        note.term("loss", "sum over the classes of q x -log p", loss)
        return Terms(
            loss=loss,
            weight=np.broadcast_to(np.ones((), self.dtype), len(loss)),
            weight_is="number of targets; class weights do not enter it with probability targets",
            clamped=clamped,
        )

    def _each_block(self, x: Array) -> Iterator[tuple[_Block, Array]]:
        return _each_block(x, self.dtype, tiled=self._takes_tiles)

    @property
    def _takes_tiles(self) -> bool:
        """Whether ``_fill`` takes columns that stand in tiles."""
        return not self.label_smoothing

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        if not self.label_smoothing:
            parts = _picked(x, y, out, note)
            note.term("-log p[y]", "log sum - z[y]", out)
            if weights is not None:
                np.multiply(out, weights.take(y), out=out)
            note.gradient("weight (p - onehot(y))", lambda: _less_onehot(parts.softmax(), y, weights))
            return None
        eps = self.label_smoothing
        nlp, parts = _negative_log_softmax(x, note)
        own = nlp[y, np.arange(len(y))]
        own_weight: Any = 1 if weights is None else weights.take(y)
        every = nlp if weights is None else nlp * weights[:, None]
        spread = _sum_over_classes(every, out=np.empty_like(own)) / len(x)
        note.term("-log p[y]", "log sum - z[y]", own)
        note.term("mean", "mean over the classes of w x -log p", spread)
        out[...] = (1 - eps) * own_weight * own + eps * spread
        note.gradient("p sum(a) - a, a the factors of -log p", lambda: self._pull(parts, y, weights))
        return None

    def _pull(self, parts: _Exponentials, y: Array, weights: Array | None) -> Array:
        factors = np.zeros_like(parts.others)
        factors[y, np.arange(len(y))] = 1 - self.label_smoothing
        factors += self.label_smoothing / len(factors)
        return _gradient(parts.softmax(), factors if weights is None else factors * weights[:, None])

    def _fill_from(self, x: Array, q: Array, out: Array, note: Note) -> Array | None:
        """The loss against probabilities q, where 0 log 0 is 0; says which hit a clamp, if any can."""
        note("q", "target", q)
        if self.label_smoothing:
            q = note(
                "q'",
                "(1 - eps) q + eps / classes",
                (1 - self.label_smoothing) * q + self.label_smoothing / len(q),
            )
        nlp, parts = _negative_log_softmax(x, note)
        product = q * nlp
        product[q == 0] = np.where(np.isnan(nlp[q == 0]), np.nan, 0)
        factors = q
        if self.weight is not None:
            weights = self.weight.astype(self.dtype)[:, None]
            product, factors = product * weights, q * weights
        note("q x -log p" if self.weight is None else "w x q x -log p", "its share of the loss", product)
        _sum_over_classes(product, out=out)
        note.gradient("p sum(a) - a, a the factors of -log p", lambda: _gradient(parts.softmax(), factors))
        return None

    def log_predictions(self, batch: Batch) -> Array:
        return _columns_of(log_softmax(batch.input, axis=1))

    def _probabilities(self, batch: Batch) -> Array:
        return _columns_of(softmax(batch.input, axis=1))

    def _loss_is(self) -> str:
        if not self.label_smoothing:
            return super()._loss_is()
        weight = "" if self.weight is None else "weight x "
        return f"(1 - eps) {weight}-log p[y] + eps mean, eps {self.label_smoothing:g}"

    def observe(self, batch: Batch) -> Counter[str]:
        seen: Counter[str] = Counter()
        if batch.input.shape[1] == 1:
            seen["one-class"] = len(batch)
        if batch.target.ndim == 3:
            q = batch.target
            off = (q < 0).any(axis=1) | ~(np.abs(q.sum(axis=1) - 1) <= 1e-6)
            seen["target-not-a-distribution"] = int(np.count_nonzero(off))
        return seen


def _columns_of(values: Array) -> Array:
    """(rows, classes, positions) as (classes, columns)."""
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)


def _gradient(p: Array, factors: Array) -> Array:
    """d/dx of sum_c a_c (-log p_c) = p sum(a) - a."""
    return p * factors.sum(axis=0) - factors


@record(frozen=True, kw_only=True)
class NegativeLogLikelihood(_ClassLoss):
    """Negative log likelihood of log-probabilities, as ``torch.nn.functional.nll_loss`` defines it.

    The input is taken at its word: nothing is normalised, as in PyTorch.

    Formula:
        loss = -w[y] x[y] for a class y, where x = log p

    Derivation:
        Independent rows have the likelihood prod p[y]. Its negative logarithm is sum -log p[y].
        The input holds log p already, so all that is left is to gather its entry at the target and to
            change the sign.
        The derivative with respect to the input is -1 at the target and 0 elsewhere.

    Twin:
        ce takes logits and normalises them first: ce of x is nll of the log softmax of x. Logits given to
            nll give a number that may be negative and is no likelihood.

    Reference:
        torch.nn.functional.nll_loss, whose numbers these are.
        Fisher 1922, "On the mathematical foundations of theoretical statistics", for the likelihood.

    Example:
        celoss nll --log-probs '-0.357,-1.609,-2.303;-2.303,-0.511,-1.204' --targets 0,2 --weight 1,2,3

    """

    def _each_block(self, x: Array) -> Iterator[tuple[_Block, Array]]:
        rows, classes, positions = x.shape
        whole = _Block(slice(0, rows), slice(0, positions), slice(0, rows * positions))
        yield whole, x.transpose(1, 0, 2).reshape(classes, rows * positions)

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        note("log p", "input", x)
        columns = np.arange(len(y))
        out[...] = x[y, columns]  # first in the dtype of the computation: unsigned numbers have no negative
        np.negative(out, out=out)
        note.term("-log p[y]", "gather", out)
        if weights is not None:
            np.multiply(out, weights.take(y), out=out)
        note.gradient("-weight onehot(y)", lambda: _less_onehot(np.zeros(x.shape), y, weights))
        return None

    def observe(self, batch: Batch) -> Counter[str]:
        return Counter({"not-log-probabilities": int(np.count_nonzero(_no_distribution(_exp(batch))))})

    def log_predictions(self, batch: Batch) -> Array:
        return _columns_of(batch.input.astype(np.float64))

    def _probabilities(self, batch: Batch) -> Array:
        return self._distributions(
            batch, _exp(batch), "log-probabilities, with exponentials that add", "logits belong to ce"
        )


def _exp(batch: Batch) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(batch.input.astype(np.float64))


def _no_distribution(p: Array) -> Array:
    """Which probabilities of the classes on axis 1 do not add up to 1."""
    with np.errstate(all="ignore"):
        return ~(np.abs(p.sum(axis=1) - 1) <= 1e-3)
