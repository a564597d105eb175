"""A loss of arrays in memory: what the public functions share.

Everything is computed in float64, whatever the type of the input; ``dtype="float32"`` computes in float32, to
reproduce a number from a float32 log. Errors are ``celoss_cli.CelossError`` and also ``ValueError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.core.data import Array, Batch, Reduction
from celoss_cli.core.errors import UsageError
from celoss_cli.losses.base import as_real

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.losses.spec import LossSpec

__all__ = ["reduced"]

_THREADED_FROM_BYTES = 1 << 21


def reduced(
    spec: LossSpec, input: Any, target: Any, reduction: Reduction, dtype: str, **options: Any
) -> float | Array:
    """The loss of arrays.

    Args:
        spec: which one.
        input: what it takes, of shape (rows, classes, ...) or any shape, as the loss defines it.
        target: of shape (rows, ...) or the shape of the input, as the loss defines it.
        reduction: one of those that it has.
        dtype: precision of the computation, "float64" or "float32".
        options: its own, by name.

    Returns:
        nats: a float, or for "none" an array of one value for each loss element, in the target's shape.

    Raises:
        UsageError: for an option or a reduction that the loss does not have.
        InputError: for arrays that do not fit.

    """
    from celoss_cli.losses.pieces import default_jobs, losses_of, tally_of  # help need not wait for threads

    if reduction not in spec.reductions:
        raise UsageError(f"Expected reduction {', '.join(spec.reductions)}, got {reduction!r}.")
    loss = spec.loss(dtype=dtype, **options)
    batch = Batch(as_real("input", input), as_real("target", target))
    jobs = default_jobs() if batch.input.nbytes >= _THREADED_FROM_BYTES else 1
    if reduction == "none":
        return losses_of(loss, batch, jobs).reshape(_element_shape(loss, batch.input))
    return loss.rounded(tally_of(loss, batch, jobs).reduce(reduction))


def _element_shape(loss: Loss, input: Array) -> tuple[int, ...]:
    """The shape of the losses: the input's, without the class axis if the loss has one."""
    if not loss.per_class:
        return input.shape
    return (*input.shape[:1], *input.shape[2:]) if input.ndim > 1 else ()
