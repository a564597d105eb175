"""The softmax along a class axis, in blocks that fit the cache.

A block of logits is a matrix of shape (classes, columns), one column for each loss element, whatever the
layout of the user's array. Few classes lie class by class in memory, many lie column by column, so that every
operation runs along the longer side. The code is the same for both: only the memory order differs. What a
column gives depends on its own numbers alone, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.core.data import ROW_MAJOR_FROM
from celoss_cli.core.errors import InputError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.core.scratch import Scratch
from celoss_cli.core.trace import Note, silent
from celoss_cli.losses.base import as_real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from celoss_cli.core.data import Array
    from celoss_cli.losses.double_double import Pair

__all__ = [
    "FEW_CLASSES",
    "Block",
    "Exponentials",
    "blocks",
    "exponentials_of",
    "first_class",
    "largest_class",
    "log_softmax",
    "log_softmax_columns",
    "logit_columns",
    "matrix_of",
    "most_of",
    "most_probable",
    "negative_log_picked",
    "negative_log_softmax",
    "softmax",
    "softmax_columns",
    "softmax_divergence",
    "softmax_picked",
    "sum_over_classes",
]

_BLOCK_BYTES = 1 << 20
"""Of one matrix: a few of them fit the cache of a core, and a block is long against what handing over the
interpreter lock costs."""

_FAR_APART = 2048
"""Classes a multiple of so many bytes apart share a few places of the caches: their numbers push each other
out before the next column is read, and a loss takes twice as long. Positions are often a power of two."""

FEW_CLASSES = 16

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
    """The sums of the columns of a matrix in this module's memory order, each added in pairs.

    A sum of n terms has the rounding of about log n additions then, and not of n. Numbers of 32 bits in lines
    of up to 1024 are added faster than that. The order depends on the type and the number of classes alone.

    Args:
        matrix: shape (classes, columns).
        out: shape (columns,), which is written and returned.

    """
    left = len(matrix)
    if left >= ROW_MAJOR_FROM:
        short = out.dtype == np.float32 and left <= 1024
        return np.einsum("ij->j", matrix, out=out) if short else np.add.reduce(matrix, axis=0, out=out)
    if left == 1:
        np.copyto(out, matrix[0])
        return out
    sums = Scratch.here().array("sums", (max(1, left // 2), out.size), out.dtype)
    while left > 1:
        half = left // 2
        part = out[np.newaxis] if half == 1 else sums[:half]
        np.add(matrix[:half], matrix[left - half : left], out=part)
        if left % 2:
            np.add(part[0], matrix[half], out=part[0])
        matrix, left = part, half
    return out


def largest_class(x: Array, top: Array | None = None) -> Array:
    """The first class of the largest entry of each column of (classes, columns), or of its first NaN.

    The largest entries are ``top``.
    """
    top = np.maximum.reduce(x, axis=0) if top is None else top
    found: Array = x.argmax(axis=0) if len(x) > FEW_CLASSES or np.isnan(top).any() else first_class(x, top)
    return found


def first_class(x: Array, value: Array) -> Array:
    """The first class of each column that has its ``value``, shape (columns,); the last one where none has.

    Of ``FEW_CLASSES``, comparing line by line is four times as fast as argmax.
    """
    reached, found = x[0] == value, np.zeros(len(value), np.min_scalar_type(len(x)))
    for line in x[1:]:
        found += ~reached
        reached |= line == value
    return found.astype(np.intp)


def _rounded_once(matrix: Array) -> Array:
    """The sums of the columns of a matrix, shape (columns,), with the errors of all additions made up for."""
    error: Array = np.zeros(matrix.shape[1], matrix.dtype)
    while len(matrix) > 1:
        half = len(matrix) // 2
        a, b = matrix[:half], matrix[half : 2 * half]
        total = a + b
        part = total - a
        error += ((a - (total - part)) + (b - part)).sum(axis=0)
        matrix = np.concatenate([total, matrix[2 * half :]])
    return matrix[0] + error


# ---------------------------------------------------------------------------------- the computation


@record(frozen=True, slots=True)
class Exponentials:
    """Exponentials of the logits with one entry of each column kept apart.

    They are exp x, whose argument is exact while a difference x - max is rounded, divided by the largest one
    in every result. Where that leaves the range of a column, they are exp(x - max) and the largest is 1.

    Attributes:
        x: the logits, shape (classes, columns).
        others: exp x with 0 at ``places``, shape (classes, columns).
        places: where the entries kept apart were; None where they still are there.
        own: those entries, shape (columns,).
        rest: the sum of the others, shape (columns,).
        largest: the largest of all, shape (columns,): exp of the largest logit.

    """

    x: Array
    others: Array
    places: Array | None
    own: Array
    rest: Array
    largest: Array

    def log_sum(self) -> Array:
        """The logarithm of the sum of exp(x - max), log1p(rest + (own - 1)), shape (columns,) and scratch.

        Where the entry kept apart is the largest, own is 1 and the result keeps all its digits however
        small the rest is; elsewhere rest is at least 1 and nothing is lost either.
        """
        out = Scratch.here().array("log sum", len(self.rest), self.rest.dtype)
        if self.own is self.largest:
            np.divide(self.rest, self.largest, out=out)
        else:
            # (rest + (own - largest)) / largest: own - largest has no error where it matters.
            np.subtract(self.own, self.largest, out=out)
            np.add(self.rest, out, out=out)
            np.divide(out, self.largest, out=out)
        return np.log1p(out, out=out)

    def total(self) -> Array:
        """The sum of exp(x - max) over the classes as a fresh array, shape (columns,)."""
        return (self.rest + self.own) / self.largest

    def shifted(self) -> Array:
        """Exp(x - max) as a fresh array, shape (classes, columns)."""
        return self._all() / self.largest

    def softmax(self, *, quick: bool = False) -> Array:
        """P = e / sum as a fresh array, shape (classes, columns); the sum is rounded once, or quick."""
        return self._shares(self.rest + self.own if quick else _rounded_once(self._all()))

    def gradient(self, factors: Array) -> Array:
        """The derivative of a_y (-log p_y) with respect to the logits: a_y p_c, and -a_y (1 - p_y) at c = y.

        There 1 - p is the share of the others, which keeps its digits. Every sum is rounded once.

        Args:
            factors: a, shape (classes, columns), at most one entry of each column not 0.

        """
        p = self.softmax()
        if self.places is None:
            complement = p[::-1]
        else:
            complement = 1 - p
            _cells(complement)[self.places] = _rounded_once(self.others) / _rounded_once(self._all())
        return p * (factors.sum(axis=0) - factors) - factors * complement

    def gradient_of_shares(self, factors: Pair) -> Array:
        """The derivative of sum_c a_c (-log p_c) with respect to the logits: p_c sum(a) - a_c.

        Where the two terms are of one size, so that digits cancel, they are computed with twice as many.

        Args:
            factors: a, shape (classes, columns), float64.

        """
        from celoss_cli.losses.double_double import difference_of_shares, of_one_size  # few ask for it

        p, a = self.softmax(), factors[0].astype(self.x.dtype)
        pulled = p * _rounded_once(a)
        slope: Array = pulled - a
        close = of_one_size(pulled, a)
        columns = np.flatnonzero(close.any(axis=0))
        if columns.size:
            x, part = self.x[:, columns].astype(np.float64), (factors[0][:, columns], factors[1][:, columns])
            found = difference_of_shares(x, part)
            slope[:, columns] = np.where(close[:, columns] & np.isfinite(found), found, slope[:, columns])
        return slope

    def _all(self) -> Array:
        """Every entry where it belongs, as a fresh array."""
        e = self.others.copy(order="K")
        if self.places is not None:
            _cells(e)[self.places] = self.own
        return e

    def _shares(self, total: Array) -> Array:
        """The entries over their total as a fresh array; where one may have lost digits, from differences."""
        e = self._all()
        p = np.divide(e, total)
        lossy = np.flatnonzero((e < _RANGE[e.dtype.name][0]).any(axis=0))
        if lossy.size:
            near = _corrected(self.x[:, lossy])
            p[:, lossy] = near / _rounded_once(near)
        return p


def negative_log_picked(x: Array, y: Array, out: Array, note: Note) -> Exponentials:
    """Writes -log softmax(x)[y] of each column to ``out``: x (classes, columns), y (columns,)."""
    largest = _largest(x, note)
    parts = _exponentials(x, largest, y, note)
    log_sum = note("log sum", "log of the sum", parts.log_sum())
    note.lazy("-log p", "log sum - z", lambda: log_sum - (x - largest))
    np.subtract(_picked(x, y), largest, out=out)
    np.subtract(log_sum, out, out=out)
    return parts


def _picked(x: Array, y: Array) -> Array:
    """The logit of the class y of each column, shape (columns,); the result is scratch."""
    if x.flags.c_contiguous if len(x) < ROW_MAJOR_FROM else x.flags.f_contiguous:
        return _take(x, _places(x, y), "z[y]")
    return x[y, np.arange(len(y))]


def negative_log_softmax(x: Array, note: Note) -> tuple[Array, Exponentials]:
    """-log softmax(x) for every class, with the exponentials it came from; x has shape (classes, columns)."""
    largest = _largest(x, note)
    z = np.subtract(x, largest)
    parts = _exponentials(x, largest, largest_class(x, largest), note)
    log_sum = note("log sum", "log of the sum", parts.log_sum())
    return note("-log p", "log sum - z", np.subtract(log_sum, z, out=z)), parts


def exponentials_of(x: Array, note: Note = silent) -> Exponentials:
    """The exponentials of logits of shape (classes, columns); the largest of each column is kept apart."""
    largest = _largest(x, note)
    return _exponentials(x, largest, largest_class(x, largest), note)


def _largest(x: Array, note: Note) -> Array:
    """The largest logit of each column; the result is scratch."""
    largest = Scratch.here().array("max", x.shape[1], x.dtype)
    note("x", "logits", x)
    note("max", "largest logit", np.maximum.reduce(x, axis=0, out=largest))
    note.lazy("z", "x - max", lambda: x - largest)
    return largest


_RANGE = {"float64": (1e-290, 1e290), "float32": (1e-30, 1e30)}
"""Between these, sums and quotients of exponentials keep their digits."""


def _exponentials(x: Array, top: Array, y: Array, note: Note) -> Exponentials:
    """The exponentials of x with those of the classes y kept apart; of two classes rather the larger one.

    The largest logit of each column is ``top``.
    """
    scratch, columns, dtype = Scratch.here(), x.shape[1], x.dtype
    e = np.exp(x, out=_scratch("e", x.shape, dtype))
    largest = np.exp(top, out=scratch.array("largest", columns, dtype))
    rest = scratch.array("rest", columns, dtype)
    if len(e) == 2:
        # The smaller one of two is the rest, found without looking for its place.
        parts = Exponentials(x, e, None, largest, np.minimum(e[0], e[1], out=rest), largest)
    else:
        places = _places(e, y)
        own = _take(e, places, "own")
        _cells(e)[places] = 0
        parts = Exponentials(x, e, places, own, sum_over_classes(e, rest), largest)
    low, high = _RANGE[dtype.name]
    outside = np.flatnonzero(~((largest <= high) & (rest >= low)))
    if outside.size:
        _correct(parts, outside, y)
    note.lazy("e", "exp z", parts.shifted)
    note.lazy("sum", "sum of e over the classes", parts.total)
    note.lazy("p", "e / sum", parts.softmax)
    return parts


def _correct(parts: Exponentials, columns: Array, y: Array) -> None:
    """Replaces the exponentials of some columns by those of the differences to the largest logit."""
    e = _corrected(parts.x[:, columns])
    parts.largest[columns] = 1
    if parts.places is None:
        parts.others[:, columns] = e
        parts.rest[columns] = np.minimum(e[0], e[1])
        return
    kept = y[columns], np.arange(len(columns))
    parts.own[columns] = e[kept]
    e[kept] = 0
    parts.others[:, columns] = e
    parts.rest[columns] = sum_over_classes(e, np.empty(len(columns), e.dtype))


def _corrected(x: Array) -> Array:
    """exp(x - max), where the rounding of the difference is made up for, in this module's memory order.

    The rounding error r of a difference z is a double (Knuth's sum of two numbers), and exp(z + r) is
    exp z + r exp z but for the square of r.
    """
    x = _ordered(x)
    largest = x.max(axis=0)
    z = x - largest
    part = z - x
    r = (x - (z - part)) - (largest + part)
    e = np.exp(z)
    return e + e * np.where(np.isfinite(r), r, 0)


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
    return _along(input, axis, lambda x: exponentials_of(x).softmax(quick=True))


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


def most_probable(x: Array) -> tuple[Array, Array]:
    """The first class of the largest logit of each column, and its softmax, each of shape (columns,).

    The softmax of the largest is 1 / sum exp(x - max x), which takes none of the others.

    Args:
        x: shape (rows, classes, positions).

    """
    chosen = np.empty(len(x) * x.shape[2], np.intp)
    p = np.empty(len(chosen))
    with np.errstate(all="ignore"):
        for block in blocks(x.shape, p.itemsize):
            matrix = matrix_of(x, block, "float64")
            top = np.maximum.reduce(matrix, axis=0)
            chosen[block.columns] = largest_class(matrix, top)
            e = np.subtract(matrix, top, out=_scratch("e", matrix.shape, matrix.dtype))
            np.divide(1, sum_over_classes(np.exp(e, out=e), top), out=p[block.columns])
    return chosen, p


def most_of(p: Array) -> tuple[Array, Array]:
    """The same of probabilities, shape (classes, columns)."""
    chosen = largest_class(p)
    return chosen, p[chosen, np.arange(p.shape[1])]


def log_softmax_columns(x: Array) -> Array:
    """Log softmax of (rows, classes, positions) as (classes, columns), float64, in this module's order."""
    return _by_column(x, lambda matrix, out: np.negative(negative_log_softmax(matrix, silent)[0], out=out))


def logit_columns(x: Array) -> Array:
    """(rows, classes, positions) as (classes, columns), float64, in this module's order; a fresh array."""
    rows, classes, positions = x.shape
    if classes < ROW_MAJOR_FROM:
        by_class = np.empty((classes, rows, positions))
        np.copyto(by_class, x.transpose(1, 0, 2))
        return by_class.reshape(classes, -1)
    by_column = np.empty((rows, positions, classes))
    np.copyto(by_column, _near(x).transpose(0, 2, 1))
    return by_column.reshape(-1, classes).T


def softmax_divergence(x: Array, y: Array) -> tuple[Array, Array]:
    """Which columns of logits have the same first largest class in x and y, and their divergence.

    The Kullback-Leibler divergence of q, the softmax of y, from p, that of x, is sum p (log p - log q), which
    is sum p (z - w) - (log sum exp z - log sum exp w) with z = x - max x and w = y - max y: no logarithms but
    those of the sums. Where that is so small that its digits cancel, ``_small_divergence`` has them. 0 log 0
    is 0; a class that q excludes and p does not makes it infinite, however small its p is.

    Args:
        x: shape (classes, columns), float64, in this module's order.
        y: of the same shape and order.

    Returns:
        bool and float64, each of shape (columns,), the second at least 0 or NaN.

    """
    with np.errstate(all="ignore"):
        second, w, _, divisor = _exp_sum(y, "w")
        first, z, e, total = _exp_sum(x)
        apart = np.subtract(z, w, out=w)
        apart *= e
        mean = sum_over_classes(apart, np.empty_like(total))
        unknown = np.flatnonzero(np.isnan(mean))
        if unknown.size:
            # 0 times infinity: p is 0, or less than the smallest number.
            parts, none = _ordered(apart[:, unknown]), e[:, unknown] == 0
            excluded = np.isneginf(y[:, unknown]) & ~np.isneginf(x[:, unknown])
            np.copyto(parts, np.where(excluded, np.inf, 0), where=none)
            mean[unknown] = sum_over_classes(parts, np.empty(len(unknown)))
        found = mean / total + (np.log(divisor) - np.log(total))
        small = np.flatnonzero(found < _SMALL)
        if small.size:
            at = slice(None) if small.size == found.size else small
            near = _small_divergence(z[:, at], e[:, at], total[at], y[:, at], first[at])
            found[at] = np.where(np.isfinite(near), near, found[at])
        return first == second, np.maximum(found, 0, out=found)


_SMALL = 1e-3
"""A divergence below has fewer than 13 right digits as a difference of numbers of the size of 1."""


def _small_divergence(z: Array, e: Array, total: Array, y: Array, top: Array) -> Array:
    """The divergence of softmax y from softmax x, sum p u + log1p(sum p (exp(-u) - 1)), shape (columns,).

    u is what the logit of a class has in x more than in y, less the same of the class ``top``: 0 there, so
    that a saturated softmax keeps its digits, and small where x and y are alike, so that the error is about
    2^-53 sum p |u|.

    Args:
        z: x - max x, shape (classes, columns).
        e: exp z, of the same shape.
        total: its sums, shape (columns,).
        y: shape (classes, columns).
        top: the first largest class of x, shape (columns,).

    """
    dtype = z.dtype
    w = np.subtract(y, y[top, np.arange(len(top))], out=_scratch("w", z.shape, dtype))
    u = np.subtract(z, w, out=_scratch("u", z.shape, dtype))
    change = np.negative(u, out=_scratch("change", z.shape, dtype))
    np.expm1(change, out=change)
    change *= e
    if not np.minimum.reduce(u, axis=None) >= -1:
        # Also nan, of a class that both exclude.
        np.copyto(change, np.exp(w) - e, where=~(u >= -1))
        np.copyto(u, 0, where=e == 0)
    u *= e
    mean, gain = (sum_over_classes(part, np.empty(len(top))) for part in (u, change))
    return np.asarray(mean / total + np.log1p(gain / total))


def _ordered(x: Array) -> Array:
    """A matrix in this module's memory order, copied where it lies in another."""
    return np.asarray(x, order="C" if len(x) < ROW_MAJOR_FROM else "F")


def softmax_picked(x: Array, y: Array) -> tuple[Array, Array]:
    """The first largest class of each column of logits, and the softmax of another class of it.

    Args:
        x: shape (classes, columns), float64, in this module's order.
        y: the other classes, shape (columns,).

    """
    with np.errstate(all="ignore"):
        chosen, _, e, total = _exp_sum(x)
        return chosen, e[y, np.arange(len(y))] / total


def _exp_sum(x: Array, name: str = "z") -> tuple[Array, Array, Array, Array]:
    """The first largest class of each column, z = x - max x and exp z, which are scratch, and its sum.

    The scratch of z has the ``name``.
    """
    top = np.maximum.reduce(x, axis=0)
    z = np.subtract(x, top, out=_scratch(name, x.shape, x.dtype))
    e = np.exp(z, out=_scratch("e", x.shape, x.dtype))
    return largest_class(x, top), z, e, sum_over_classes(e, np.empty_like(top))


def softmax_columns(x: Array, dtype: str) -> Array:
    """Softmax of (rows, classes, positions) as (classes, columns), in this module's order.

    Args:
        x: shape (rows, classes, positions).
        dtype: "float64" or "float32", of the computation and the result.

    """
    return _by_column(x, lambda matrix, out: np.copyto(out, exponentials_of(matrix).softmax()), dtype)


def _by_column(x: Array, fill: Callable[[Array, Array], object], dtype: str = "float64") -> Array:
    rows, classes, positions = x.shape
    out = np.empty((classes, rows * positions), dtype, order="C" if classes < ROW_MAJOR_FROM else "F")
    with np.errstate(all="ignore"):
        for block in blocks(x.shape, out.itemsize):
            fill(matrix_of(x, block, dtype), out[:, block.columns])
    return out


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
