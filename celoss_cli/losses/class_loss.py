"""What the losses over a class axis share: checks, blocks, weights of classes and ignored targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

from celoss_cli.core.data import Array, Batch, Terms
from celoss_cli.core.errors import InputError, UsageError, Way, plural
from celoss_cli.core.late import np
from celoss_cli.core.records import record, replace
from celoss_cli.losses.base import (
    ONE_HOT_READ,
    TRUTH_READ_AS_CLASSES,
    WHOLE_READ,
    Loss,
    Violation,
    as_real,
    finite_weights,
    spread,
)
from celoss_cli.losses.class_axis import Block, blocks, matrix_of
from celoss_cli.losses.outside import by_rounding, shown_outside, ways_of_rounding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from celoss_cli.core.trace import Note

__all__ = ["ClassLoss", "WeightedClassLoss", "columns_of", "no_distribution", "onehot"]


@record(frozen=True, kw_only=True)
class ClassLoss(Loss):
    """A loss with one target for each column of class values.

    Attributes:
        ignore_index: a target of this value is left out: its loss is 0, and neither the sum nor the
            divisor counts it. It may be one of the classes. None leaves
            none out.

    Reduction:
        none: the loss of every target, 0 where it is ignored.
        sum: their total.
        mean: the total divided by the number of counted targets. All rows and positions have this one
            divisor.

    """

    ignore_index: int | None = -100

    per_class: ClassVar[bool] = True
    predicts: ClassVar[str] = "predicted probability p of the target"
    drawn_targets: ClassVar[Mapping[str, float]] = {"loss": 0}
    _takes_probabilities: ClassVar[bool] = False
    _targets_are_counted: ClassVar[str] = "number of targets"
    """What the divisor is against probabilities, in words."""

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
        self._check_classes(classes)
        positions = math.prod(extents)
        y, conversions = self._targets(x, y)
        if y.shape == x.shape and self.ignore_index is not None and self.ignore_index >= 0:
            raise InputError(
                f"Expected no ignore_index with probability targets, got {self.ignore_index}.",
                hint="a distribution has no index to ignore",
            )
        inner = (classes, positions) if y.shape == x.shape else (positions,)
        return replace(
            batch,
            input=x.reshape(rows, classes, positions),
            target=y.reshape(rows, *inner),
            aligned=spread(batch, rows, positions),
            shape=tuple(extents),
            conversions=batch.conversions + conversions,
        )

    def _check_classes(self, classes: int) -> None:
        """Refuses options for another number of classes."""

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
            return _as_int64(y), (WHOLE_READ,)
        if y.dtype.kind == "b":
            return _as_int64(y), (TRUTH_READ_AS_CLASSES,)
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
            labels = self._of_labels() if ((y == 0) | (y == 1)).all() else ""
            raise InputError(
                "Expected integer targets of the input's shape to be one-hot rows, got other values.",
                hint="probabilities are written as 1.0, class indices have no class axis",
                ways=(Way("a label of yes or no for each value", (), labels),) if labels else (),
                element=int(np.flatnonzero(~one_hot.reshape(-1))[0]),
            )
        return y.argmax(axis=1), (ONE_HOT_READ,)

    def _terms(self, batch: Batch, note: Note) -> Terms:
        if batch.target.ndim == 3:
            return self._terms_of_distributions(batch, note)
        x, targets = batch.input, batch.target.reshape(-1)
        y, ignored = self._indices(targets, x.shape[1])
        weights = self._class_weights()
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

    def _terms_of_distributions(self, batch: Batch, note: Note) -> Terms:
        loss = np.empty(len(batch) * batch.target.shape[2], self.dtype)
        clamped = 0
        for block in blocks(batch.input.shape, 8):
            # The second matrix would overwrite the first one's scratch.
            q = matrix_of(batch.target, block, self.dtype).copy(order="K")
            x = matrix_of(batch.input, block, self.dtype)
            hit = self._fill_from(x, q, loss[block.columns], note)
            clamped += 0 if hit is None else int(np.count_nonzero(hit))
        note.term("loss", self._loss_from_is(), loss)
        return Terms(
            loss=loss,
            weight=np.broadcast_to(np.ones((), self.dtype), len(loss)),
            weight_is=self._targets_are_counted,
            clamped=clamped,
        )

    def _class_weights(self) -> Array | None:
        """A factor for each class in the dtype of the computation, if there are any."""
        return None

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

    def _each_block(self, x: Array) -> Iterator[tuple[Block, Array]]:
        """The blocks of the input, each as (classes, columns)."""
        for block in blocks(x.shape, np.dtype(self.dtype).itemsize):
            yield block, matrix_of(x, block, self.dtype)

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        """Writes the weighted loss of a block of columns to ``out``; says which hit a clamp, if any can."""
        raise NotImplementedError

    def _fill_from(self, x: Array, q: Array, out: Array, note: Note) -> Array | None:
        """The same against probabilities q, (classes, columns) as x is, for a loss that takes them."""
        raise NotImplementedError

    def _loss_is(self) -> str:
        """What the loss is, in terms of the steps before it."""
        return "-log p[y]"

    def _loss_from_is(self) -> str:
        """The same against probabilities."""
        return "sum over the classes of q x -log p"

    def _of_labels(self) -> str:
        """The command of a loss with a target for each column of this input, or ""."""
        return ""

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
        hint, ways = "", list[Way]()
        if value in (-1, 255) or -1 in kept or 255 in kept:
            marker = -1 if -1 in kept else 255
            told = self._leaving_out(marker)
            if told.startswith("--"):
                hint = f"{marker} may mark targets to leave out"
                ways = [Way(f"targets of {marker} left out", (("--ignore-index", str(marker)),))]
            else:
                hint = f"if {marker} marks targets to leave out: {told}"
        elif classes == 1:
            hint = "one score for each row is a binary problem: bce for probabilities, bce-logits for logits"
        elif int(counted.min()) == 1 and int(counted.max()) == classes:
            hint = f"the targets run from 1 to {classes}"
            ways = [Way("classes counted from 1", (("--first-class", "1"),))]
        inside = self.ignore_index is not None and self.ignore_index >= 0
        ignored = f" or ignore_index {self.ignore_index}" if inside else ""
        known = "the target 0" if classes == 1 else f"a target from 0 to {classes - 1}"
        return InputError(
            f"Expected {known}{ignored} ({plural(classes, 'class')}), got {value}.",
            hint=hint,
            ways=ways,
            element=element,
        )

    def _leaving_out(self, marker: int) -> str:
        """How targets of this value are left out."""
        return f"--ignore-index {marker}"

    def _no_probabilities(self, batch: Batch, values: Array, logs: bool) -> Violation | None:
        """The columns of input or targets, (rows, classes, positions), with a value that is none."""
        low, high = (-math.inf, 0.0) if logs else (0.0, 1.0)
        outside = ~((values >= low) & (values <= high))
        where = outside.any(axis=1).reshape(-1)
        if batch.target.ndim == 2:
            where &= ~self._left_out(batch.target).reshape(-1)
        if not where.any():
            return None
        first = int(np.flatnonzero(where)[0])
        value = columns_of(values)[:, first][columns_of(outside)[:, first]][0]
        wanted = "a log-probability of at most 0" if logs else "a probability from 0 to 1"
        of_input = values is batch.input
        ways = ways_of_rounding(values) if of_input and not logs and by_rounding(value) else ()
        fact = f"Expected {wanted}, got {shown_outside(value, low, high)}."
        return Violation(where, fact, ways, in_input=of_input)

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

    def answers(self, batch: Batch) -> tuple[Array, Array]:
        """Of the most probable class of every element, the first of several; each of shape (elements,)."""
        chosen, p = self._most_probable(batch)
        if batch.target.ndim == 3:
            hit = columns_of(batch.target)[chosen, np.arange(len(chosen))].astype(np.float64)
        else:
            hit = (chosen == batch.target.reshape(-1)).astype(np.float64)
        return p, hit

    def decided(self, batch: Batch) -> Array | None:
        if batch.input.shape[1] < 2 or batch.target.ndim == 3:
            return None
        x = (
            batch.input[:, :, 0] if batch.input.shape[2] == 1 else batch.input
        )  # twice as fast without the axis
        found: Array = x.argmax(axis=1).reshape(-1)
        return found

    def ranks(self, batch: Batch, outcomes: Array) -> Array:
        x = columns_of(batch.input)
        y = np.maximum(outcomes, 0)
        own = x[y, np.arange(len(y))]
        before = np.arange(len(x))[:, None] < y
        found: Array = np.count_nonzero((x > own) | ((x == own) & before), axis=0)
        return found

    def costs_of_frequencies(self, totals: Array) -> Array | None:
        every = totals.reshape(-1)
        self._check_classes(len(every))
        # Equal classes cost the same, so that one of them is computed for all.
        kinds = np.column_stack([every, np.ones(len(every)) if self._factors is None else self._factors])
        _, first, which = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
        with np.errstate(all="ignore"):
            x = self._of_logs(np.log(self._shares(every)))
            batch = self.canonical(Batch(np.broadcast_to(x, (len(first), len(x))), first))
            return self.terms(batch).loss.astype(np.float64)[which.reshape(-1)].reshape(totals.shape)

    @property
    def _factors(self) -> Array | None:
        """The factor of each class, if there are any."""
        return None

    def _shares(self, totals: Array) -> Array:
        """The frequencies of the classes by how often each occurs, (classes,), weighted as the loss is."""
        weighted = totals if self._factors is None else totals * self._factors
        return weighted / weighted.sum()

    def _of_logs(self, logs: Array) -> Array:
        """The input that says these logarithms of probabilities, of any shape."""
        return logs

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        others = max(1, classes - 1)
        y = int(target) + (int(target) == self.ignore_index)
        with np.errstate(divide="ignore"):
            rest = np.log(np.repeat((1 - values)[:, None] / others, others, axis=1))
            log_p = np.insert(rest, y, np.log(values), axis=1)
            return self.canonical(Batch(self._of_logs(log_p), np.full(len(values), y)))

    def predicted(self, batch: Batch) -> Array:
        if batch.target.ndim == 3:
            raise UsageError("Expected targets that are classes for a curve, got probabilities.")
        y, _ = self._indices(batch.target.reshape(-1), batch.input.shape[1])
        return np.exp(self.log_predictions(batch)[y, np.arange(len(y))])

    def log_predictions(self, batch: Batch) -> Array:
        raise NotImplementedError

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        """The most probable class of each element and its probability, each of shape (elements,)."""
        raise NotImplementedError

    def distributions(self, batch: Batch, p: Array, wanted: str, hint: str) -> Array:
        """The columns of (rows, classes, positions), refused where those of a counted target sum to no 1."""
        counted = True if batch.target.ndim == 3 else ~self._left_out(batch.target)
        wrong = np.flatnonzero(no_distribution(p) & counted)
        if wrong.size:
            total = float(p.sum(axis=1).reshape(-1)[wrong[0]])
            raise InputError(
                f"Expected {wanted} up to 1, got a sum of {total:g}.",
                hint=f"reliability needs probabilities; {hint}",
                element=int(wrong[0]),
                in_input=True,
            )
        return columns_of(p)

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
        hint="class indices have no class axis" if y.ndim == x.ndim else "",
        ways=(_LAST_AXIS,) if y.shape == x.shape[:-1] and x.ndim > 2 else (),
    )


_OF_ROWS = (Way("weights of the rows", (("--weight-column", "weight"),)),)
_LAST_AXIS = Way("the classes are the last axis", (("--class-axis", "-1"),))


@record(frozen=True, kw_only=True)
class WeightedClassLoss(ClassLoss):
    """A class loss with a factor for each class.

    Attributes:
        weight: one factor for each class, shape (classes,): the loss of a target y is multiplied by w[y],
            and so is its share of the divisor of the mean.

    Reduction:
        mean: the total divided by the sum of w[y] over the counted targets; without weights that is their
            number. All rows and positions have this one divisor.

    """

    weight: Array | None = None

    _targets_are_counted: ClassVar[str] = (
        "number of targets; class weights do not enter it with probability targets"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight is not None:
            weight = finite_weights("class weights", self.weight)
            if weight.ndim != 1:
                raise InputError(f"Expected class weights of shape (classes,), got shape {weight.shape}.")
            object.__setattr__(self, "weight", weight)

    def out_of_domain_options(self) -> list[str]:
        if self.weight is None or not (self.weight < 0).any():
            return []
        index = int(np.flatnonzero(self.weight < 0)[0])
        return [f"Expected class weights of at least 0, got {self.weight[index]:g} for class {index}."]

    def unweighted(self) -> Self:
        return replace(self, weight=None)

    def _check_classes(self, classes: int) -> None:
        if self.weight is not None and len(self.weight) != classes:
            raise InputError(
                f"Expected {classes} class weights, one for each class, got {len(self.weight)}.",
                ways=_OF_ROWS if len(self.weight) > classes else (),
            )

    def _class_weights(self) -> Array | None:
        return None if self.weight is None else self.weight.astype(self.dtype)

    @property
    def _factors(self) -> Array | None:
        return self.weight

    def _loss_is(self) -> str:
        return super()._loss_is() if self.weight is None else "weight x -log p[y]"


def columns_of(values: Array) -> Array:
    """(rows, classes, positions) as (classes, columns)."""
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)


def onehot(x: Array, y: Array, weights: Array | None) -> Array:
    """The weight of class y at y, 0 elsewhere: (classes, columns) as ``x`` is."""
    factors = np.zeros_like(x)
    factors[y, np.arange(len(y))] = 1 if weights is None else weights.take(y)
    return factors


def no_distribution(x: Array, *, logs: bool = False, within: float = 1e-3) -> Array:
    """Which rows of probabilities of the classes on axis 1 do not add up to 1.

    Numbers that were written with a few decimals may be off by half a unit of the last one, each.

    Args:
        x: shape (rows, classes, positions), probabilities, or their logarithms.
        logs: which of the two.
        within: how far a sum may be from 1, whatever the digits.

    Returns:
        shape (rows, positions) of bool.

    """
    with np.errstate(all="ignore"):
        off = np.abs((np.exp(x) if logs else x).sum(axis=1) - 1)
        bad: Array = ~(off <= within)
        rows = np.flatnonzero(bad.any(axis=1))
        if rows.size:
            # An error e of a logarithm is one of p (exp e - 1), and the p add up to 1.
            shares = 1.03 if logs else x.shape[1]
            least = 1 if logs else 2
            bad[rows] &= ~(off[rows] <= shares * _half_unit(x[rows], least) + 1e-9)
    return bad


def _half_unit(x: Array, least: int) -> Array:
    """Half a unit of the last of ``least`` to six decimals of each row, shape (rows, 1); else 0."""
    found = np.zeros(len(x))
    values = np.where(np.isfinite(x), x, 0).reshape(len(x), -1)
    for decimals in range(6, least - 1, -1):
        scaled = values * 10.0**decimals
        whole = (np.abs(scaled - np.rint(scaled)) <= 1e-6).all(axis=1)
        found[whole] = 0.5 * 10.0**-decimals
    return found[:, np.newaxis]
