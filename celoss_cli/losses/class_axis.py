"""The softmax along a class axis, in blocks that fit the cache.

A block of logits is a matrix of shape (classes, columns), one column for each loss element, whatever the
layout of the user's array. Few classes lie class by class in memory, many lie column by column, so that every
operation runs along the longer side. The code is the same for both: only the memory order differs. What a
column gives depends on its own numbers alone, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError
from celoss_cli.core.late import np
from celoss_cli.core.layout import ROW_MAJOR_FROM
from celoss_cli.core.records import record
from celoss_cli.core.scratch import Scratch
from celoss_cli.core.trace import Note, silent
from celoss_cli.losses.base import as_real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from celoss_cli.core.data import Array

__all__ = [
    "Block",
    "Exponentials",
    "blocks",
    "exponentials_of",
    "log_softmax",
    "matrix_of",
    "negative_log_picked",
    "negative_log_softmax",
    "softmax",
    "sum_over_classes",
]

_BLOCK_BYTES = 1 << 20
"""Of one matrix: a few of them fit the cache of a core, and a block is long against what handing over the
interpreter lock costs."""

_EINSUM_UP_TO = 1024
"""Up to this many classes in a line, einsum adds them in an order that depends on nothing else, and faster
than a reduction; longer lines need the accuracy of adding in pairs."""

_FAR_APART = 2048
"""Classes a multiple of so many bytes apart share a few places of the caches: their numbers push each other
out before the next column is read, and a loss takes twice as long. Positions are often a power of two."""


# ------------------------------------------------------------------------------------------ blocks


@record(frozen=True, slots=True)
class Block:
    """A rectangle of the (rows, classes, positions) input and where its columns lie in the terms."""

    rows: slice
    positions: slice
    columns: slice


def blocks(shape: tuple[int, int, int], itemsize: int) -> Iterator[Block]:
    """The blocks of an input of this shape, in order: whole rows, or a part of the positions of one row."""
    rows, classes, positions = shape
    size = max(1, _BLOCK_BYTES // (itemsize * classes))
    step = max(1, size // max(1, positions))
    for row in range(0, rows, step):
        end = min(row + step, rows)
        for first in range(0, positions, size):
            last = min(first + size, positions)
            start = row * positions + first
            columns = slice(start, start + (end - row) * (last - first))
            yield Block(slice(row, end), slice(first, last), columns)


def matrix_of(x: Array, block: Block, dtype: str) -> Array:
    """A block of (rows, classes, positions) as (classes, columns) of this type, in this module's order.

    The result is scratch, or a view of the input where its numbers lie as wanted already.
    """
    part, computed = x[block.rows, :, block.positions], np.dtype(dtype)
    rows, classes, positions = part.shape
    by_class = classes < ROW_MAJOR_FROM
    view = part[0] if rows == 1 else part[:, :, 0].T if positions == 1 else None
    if view is not None and part.dtype == computed and view.strides[1 if by_class else 0] == part.itemsize:
        return view
    matrix = _scratch("x", (classes, rows * positions), computed)
    if by_class:
        filled, given = matrix.reshape(classes, rows, positions), part.transpose(1, 0, 2)
    else:
        filled, given = matrix.T.reshape(rows, positions, classes), _near(part).transpose(0, 2, 1)
    np.copyto(filled, given, casting="same_kind")
    return matrix


def _near(part: Array) -> Array:
    """A (rows, classes, positions) part to be read class by class, copied where its classes lie badly."""
    if part.strides[1] % _FAR_APART or not part.strides[1]:
        return part
    rows, classes, positions = part.shape
    if positions > 1:
        near = Scratch.here().array("near", (rows, classes, positions | 1), part.dtype)[:, :, :positions]
    else:
        near = (
            Scratch.here().array("near", (1, classes, rows | 1), part.dtype)[:, :, :rows].transpose(2, 1, 0)
        )
    np.copyto(near, part)
    return near


def _scratch(name: str, shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    """A (classes, columns) matrix in this module's memory order; its content is garbage."""
    return Scratch.here().array(name, shape, dtype, "C" if shape[0] < ROW_MAJOR_FROM else "F")


def _places(matrix: Array, classes: Array) -> Array:
    """Where ``classes[i]`` of column i lies among the ``_cells`` of the matrix; the result is scratch."""
    places = Scratch.here().array("places", len(classes), np.intp)
    columns = np.arange(len(classes))
    if len(matrix) < ROW_MAJOR_FROM:
        return np.add(np.multiply(classes, len(classes), out=places), columns, out=places)
    return np.add(np.multiply(columns, len(matrix), out=places), classes, out=places)


def _cells(matrix: Array) -> Array:
    """The numbers of a scratch matrix as one line in memory order: a view."""
    return (matrix if len(matrix) < ROW_MAJOR_FROM else matrix.T).reshape(-1)


def _take(matrix: Array, places: Array, name: str) -> Array:
    """One number of each column; the result is scratch."""
    out = Scratch.here().array(name, len(places), matrix.dtype)
    return _cells(matrix).take(places, mode="clip", out=out)


def sum_over_classes(matrix: Array, out: Array) -> Array:
    """The sums of the columns of a matrix in this module's memory order, each added in the same order.

    Args:
        matrix: shape (classes, columns).
        out: shape (columns,), which is written and returned.

    """
    if len(matrix) < ROW_MAJOR_FROM:
        if out.size == 1:  # alone, the classes are what lies closest, and would be added in pairs
            out[...] = np.add.accumulate(matrix, axis=0)[-1]
            return out
        return np.add.reduce(matrix, axis=0, out=out)
    if len(matrix) <= _EINSUM_UP_TO:
        return np.einsum("ij->j", matrix, out=out)
    return np.add.reduce(matrix, axis=0, out=out)


# ---------------------------------------------------------------------------------- the computation


@record(frozen=True, slots=True)
class Exponentials:
    """exp z with one entry of each column kept apart.

    Attributes:
        others: exp z with 0 at ``places``, shape (classes, columns).
        places: where the entries kept apart were; None where they still are there.
        own: those entries, shape (columns,); None where they are the largest, which are 1.
        rest: the sum of the others, shape (columns,).

    """

    others: Array
    places: Array | None
    own: Array | None
    rest: Array

    def log_sum(self) -> Array:
        """log(own + rest) = log1p(rest + (own - 1)), shape (columns,); the result is scratch.

        Where the entry kept apart is the largest, own is 1 and the result keeps all its digits however
        small the rest is; elsewhere rest is at least 1 and nothing is lost either.
        """
        out = Scratch.here().array("log sum", len(self.rest), self.rest.dtype)
        if self.own is None:
            return np.log1p(self.rest, out=out)
        np.subtract(self.own, 1, out=out)
        np.add(self.rest, out, out=out)
        return np.log1p(out, out=out)

    def total(self) -> Array:
        """The sum over the classes as a fresh array, shape (columns,)."""
        return self.rest + (1 if self.own is None else self.own)

    def softmax(self) -> Array:
        """P = e / sum as a fresh array, shape (classes, columns)."""
        e = self.others.copy(order="K")
        if self.places is not None:
            _cells(e)[self.places] = self.own
        return e / self.total()

    def gradient(self, factors: Array) -> Array:
        """The derivative of sum_c a_c (-log p_c) with respect to the logits: p_c sum(a) - a_c.

        It is p_c (sum(a) - a_c) - a_c (1 - p_c), where 1 - p of the entry kept apart is the share of the
        others and keeps its digits.

        Args:
            factors: a, shape (classes, columns).

        """
        p = self.softmax()
        return p * (factors.sum(axis=0) - factors) - factors * self._complement(p)

    def _complement(self, p: Array) -> Array:
        """1 - p for every class."""
        if self.places is None:
            return p[::-1]
        others: Array = 1 - p
        _cells(others)[self.places] = self.rest / self.total()
        return others


def negative_log_picked(x: Array, y: Array, out: Array, note: Note) -> Exponentials:
    """Writes -log softmax(x)[y] of each column to ``out``: x (classes, columns), y (columns,)."""
    z = _shifted(note("x", "logits", x), note)
    places = _places(z, y)
    z_y = _take(z, places, "z[y]")
    parts = _exponentials(z, places, note)
    log_sum = note("log sum", "log of the sum", parts.log_sum())
    note.lazy("-log p", "log sum - z", lambda: log_sum - z)
    np.subtract(log_sum, z_y, out=out)
    return parts


def negative_log_softmax(x: Array, note: Note) -> tuple[Array, Exponentials]:
    """-log softmax(x) for every class, with the exponentials it came from; x has shape (classes, columns)."""
    z = _shifted(note("x", "logits", x), note)
    kept = z.copy(order="K")
    parts = _exponentials(z, _places(z, z.argmax(axis=0)), note)
    log_sum = note("log sum", "log of the sum", parts.log_sum())
    return note("-log p", "log sum - z", np.subtract(log_sum, kept, out=kept)), parts


def exponentials_of(x: Array, note: Note = silent) -> Exponentials:
    """The exponentials of logits of shape (classes, columns); the largest of each column is kept apart."""
    z = _shifted(note("x", "logits", x), note)
    return _exponentials(z, _places(z, z.argmax(axis=0)), note)


def _shifted(x: Array, note: Note) -> Array:
    """Z = x - max: the greatest exponential becomes 1, none overflows."""
    largest = Scratch.here().array("max", x.shape[1], x.dtype)
    largest = note("max", "largest logit", np.maximum.reduce(x, axis=0, out=largest))
    z = np.subtract(x, largest, out=note.reuse(_scratch("x", x.shape, x.dtype)))
    return note("z", "x - max", z)


def _exponentials(z: Array, places: Array, note: Note) -> Exponentials:
    """Exp z with the entries at ``places`` kept apart; of two classes rather the larger one."""
    e = note("e", "exp z", np.exp(z, out=note.reuse(z)))
    rest = Scratch.here().array("rest", e.shape[1], e.dtype)
    if len(e) == 2:
        # The smaller one of two is the rest, found without looking for its place.
        parts = Exponentials(e, None, None, np.minimum(e[0], e[1], out=rest))
    else:
        own = _take(e, places, "own")
        _cells(e)[places] = 0
        parts = Exponentials(e, places, own, sum_over_classes(e, rest))
    note.lazy("sum", "sum of e over the classes", parts.total)
    note.lazy("p", "e / sum", parts.softmax)
    return parts


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
    return _along(input, axis, lambda x: -negative_log_softmax(x, silent)[0], dtype)


def _along(input: Any, axis: int, function: Callable[[Array], Array], dtype: str = "float64") -> Array:
    x = as_real("input", input)
    if not -x.ndim <= axis < x.ndim:
        raise InputError(f"Expected an axis of a {x.ndim}-dimensional input, got {axis}.")
    front = np.moveaxis(x, axis, 0)
    if not x.size:
        return np.empty(x.shape, dtype)
    lines = front.reshape(len(front), -1).T[:, :, None]
    result = np.empty(lines.shape, dtype)
    with np.errstate(all="ignore"):
        for block in blocks(lines.shape, result.itemsize):
            result[block.rows, :, 0] = function(matrix_of(lines, block, dtype)).T
    return np.moveaxis(result[:, :, 0].T.reshape(front.shape), 0, axis)
