"""What the losses without a class axis share: input and target of one shape, one loss for each pair."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from celoss_cli.core.data import Array, Batch, Terms
from celoss_cli.core.errors import InputError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.base import TRUTH_READ, Loss, as_real, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celoss_cli.core.trace import Note

__all__ = ["ElementLoss"]

_BLOCK = 1 << 16
"""Elements computed at a time: a few temporaries of this size stay in the cache."""


@record(frozen=True, kw_only=True)
class ElementLoss(Loss):
    """A loss of pairs (input, target) of one shape.

    Reduction:
        none: the loss of every element.
        sum: their total.
        mean: the total divided by the number of elements; no weight of an option enters the divisor.

    """

    per_class: ClassVar[bool] = False

    def canonical(self, batch: Batch) -> Batch:
        """Input and target (N, D), and every option that goes with elements broadcast to the same."""
        x, t = as_real("input", batch.input), as_real("target", batch.target)
        if t.shape != x.shape:
            if t.ndim and x.ndim and t.shape[1:] == x.shape[1:]:
                raise InputError(f"Expected {len(x)} targets, one for each row of the input, got {len(t)}.")
            raise InputError(f"Expected targets of the input's shape {x.shape}, got shape {t.shape}.")
        extents = x.shape[1:]
        whole = x.shape if x.ndim else (1,)
        rows, width = whole[0], math.prod(whole[1:])
        aligned = {
            name: np.broadcast_to(_broadcast(name, _rows_of(values, x, batch.start), x.shape), whole).reshape(
                rows, width
            )
            for name, values in self._aligned().items()
        }
        return replace(
            batch,
            input=x.reshape(rows, width),
            target=t.reshape(rows, width),
            aligned={**spread(batch, rows, width), **aligned},
            shape=extents,
            conversions=batch.conversions + ((TRUTH_READ,) if t.dtype.kind == "b" else ()),
        )

    def verify(self, rows: int, dimensions: int) -> None:
        for name, values in self._aligned().items():
            if _has_rows(values, dimensions) and len(values) != rows:
                raise InputError(
                    f"Expected {name} with a value for each row of the input ({rows}), got {len(values)}."
                )

    def goes_with_rows(self, dimensions: int) -> bool:
        return any(_has_rows(values, dimensions) for values in self._aligned().values())

    def _aligned(self) -> dict[str, Array]:
        """The array options that are broadcast to the input, by name."""
        return {}

    def _terms(self, batch: Batch, note: Note) -> Terms:
        self.check_domain(batch)
        size = batch.input.size
        x, t = batch.input.reshape(-1), batch.target.reshape(-1)
        aligned = {name: batch.aligned[name].reshape(-1) for name in self._aligned()}
        loss = np.empty(size, self.dtype)
        clamped = 0
        for start in range(0, size, _BLOCK):
            part = slice(start, start + _BLOCK)
            clamped += self._fill(
                x[part].astype(self.dtype, copy=False),
                t[part].astype(self.dtype, copy=False),
                {name: values[part].astype(self.dtype, copy=False) for name, values in aligned.items()},
                loss[part],
                note,
            )
        note.term("loss", self._loss_is(), loss)
        return Terms(
            loss=loss,
            weight=np.broadcast_to(np.ones((), self.dtype), size),
            weight_is="number of elements" + ("; weights do not enter it" if aligned else ""),
            clamped=clamped,
        )

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        """Writes the losses of a block to ``out``; returns how many logarithms were clamped."""
        raise NotImplementedError

    def _loss_is(self) -> str:
        raise NotImplementedError

    def check_domain(self, batch: Batch) -> None:
        """Refuses values that the loss has no meaning for, in either layer."""

    def computable(self, batch: Batch) -> Batch | None:
        try:
            self.check_domain(batch)
        except InputError:
            return None
        return batch

    def class_codes(self, batch: Batch) -> tuple[Array, Sequence[str]]:
        values, codes = np.unique(batch.target.reshape(-1), return_inverse=True)
        if not (values == np.floor(values)).all():
            return super().class_codes(batch)
        return codes, [f"{value:.17g}" for value in values]

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        return self.canonical(Batch(values, np.full(len(values), float(target))))

    def predicted(self, batch: Batch) -> Array:
        return batch.input.reshape(-1).astype(np.float64)

    def target_of(self, batch: Batch, element: int) -> float:
        return float(batch.target.reshape(-1)[element])


def _has_rows(values: Array, dimensions: int) -> bool:
    """Whether an option has a value for each row, rather than the same for all."""
    return values.ndim == dimensions and dimensions > 0 and len(values) != 1


def _rows_of(values: Array, x: Array, start: int) -> Array:
    """The part of an option that belongs to the rows of ``x``, which begin at ``start``."""
    return values[start : start + len(x)] if _has_rows(values, x.ndim) else values


def _broadcast(name: str, values: Array, shape: tuple[int, ...]) -> Array:
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise InputError(
            f"Expected {name} that broadcasts to the input's shape {shape}, got shape {values.shape}."
        ) from None
