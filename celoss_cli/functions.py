"""The losses as functions on NumPy arrays: names, arguments and meaning of torch.nn.functional.

Everything is computed in float64, whatever the type of the input; ``dtype="float32"`` computes in
float32, to reproduce a number from a float32 log. Errors are ``celoss_cli.CelossError`` and also
``ValueError``.
"""

from __future__ import annotations

from typing import Any

from celoss_cli.core.data import Array, Batch, Reduction
from celoss_cli.core.errors import UsageError
from celoss_cli.evaluate.loop import Request, default_jobs, evaluate, losses_of
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import Loss, as_real
from celoss_cli.losses.binary import sigmoid
from celoss_cli.losses.class_axis import log_softmax, softmax

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "log_softmax",
    "nll_loss",
    "sigmoid",
    "soft_margin_loss",
    "softmax",
]

_THREADED_FROM_BYTES = 1 << 21

_SPECS = {spec.name: spec for spec in LOSSES.values()}


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Cross entropy between logits and targets.

    For a class index y: ``l = -(1-eps) w[y] log p[y] - eps/C sum_c w[c] log p[c]`` with
    ``p = softmax(input)`` over the class axis; the mean divides by the sum of w[y] over the counted
    targets. For probabilities q: ``l = -sum_c w[c] q'[c] log p[c]`` with ``q' = (1-eps) q + eps/C``;
    the mean divides by the number of targets, never by the weights.

    Args:
        input: logits, shape (C,), (N, C) or (N, C, d1, ..., dk), in any unit-free scale.
        target: class indices of shape (), (N,) or (N, d1, ..., dk), or floats of the input's shape.
        weight: shape (C,), a factor for each class.
        ignore_index: targets of this value count neither in the sum nor in the divisor.
        reduction: "none", "mean" or "sum".
        label_smoothing: eps in [0, 1].
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the shape of the class indices. The mean of nothing
        is nan.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> cross_entropy([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]], [0, 1])
        0.3185397696491856

    Its twin ``nll_loss`` takes log-probabilities instead of logits. The definition is PyTorch's
    ``torch.nn.functional.cross_entropy``; label smoothing is from Szegedy et al. 2016.

    """
    options = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return _reduced("cross_entropy", input, target, reduction, dtype, **options)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Negative log likelihood of targets under given log-probabilities: ``l = -w[y] input[y]``.

    Args:
        input: log-probabilities, shape (C,), (N, C) or (N, C, d1, ..., dk). They are taken as they
            are; anything else gives a number that is no likelihood.
        target: class indices of shape (), (N,) or (N, d1, ..., dk).
        weight: shape (C,), a factor for each class.
        ignore_index: targets of this value count neither in the sum nor in the divisor.
        reduction: "none", "mean" or "sum"; the mean divides by the sum of w[y].
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the shape of ``target``.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> nll_loss([[-0.1, -2.4], [-1.6, -0.2]], [0, 1])
        0.15000000000000002

    Its twin ``cross_entropy`` takes logits and normalises them. The definition is PyTorch's
    ``torch.nn.functional.nll_loss``.

    """
    options = {"weight": weight, "ignore_index": ignore_index}
    return _reduced("nll_loss", input, target, reduction, dtype, **options)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: Reduction = "mean",
    *,
    dtype: str = "float64",
) -> float | Array:
    """Binary cross entropy of probabilities: ``l = -w [t log p + (1-t) log(1-p)]``.

    Each logarithm is at least -100, so a certain and wrong answer costs 100.

    Args:
        input: probabilities p in [0, 1], any shape.
        target: t in [0, 1], the same shape.
        weight: a factor for each element; broadcasts to the input.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit, or a value is outside [0, 1] or NaN.

    Example:
        >>> binary_cross_entropy([0.9, 0.2], [1, 0])
        0.16425203348601802

    Its twin ``binary_cross_entropy_with_logits`` takes scores and needs no clamp. The definition is
    PyTorch's ``torch.nn.functional.binary_cross_entropy``.

    """
    return _reduced("binary_cross_entropy", input, target, reduction, dtype, weight=weight)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: Reduction = "mean",
    pos_weight: Any = None,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Binary cross entropy of logits: ``l = w [pw t softplus(-z) + (1-t) softplus(z)]``.

    Args:
        input: logits z, any shape.
        target: t, the same shape; usually in [0, 1].
        weight: a factor for each element; broadcasts to the input.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        pos_weight: pw, a factor on the positive answer; broadcasts to the input from the last axis.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape. Infinite logits give the limits:
        0 where the answer is right, inf where it is wrong.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> binary_cross_entropy_with_logits([0.0, 0.0], [1, 0])
        0.6931471805599453

    Its twins: ``binary_cross_entropy`` takes probabilities, ``soft_margin_loss`` labels +1 and -1.
    The definition is PyTorch's ``torch.nn.functional.binary_cross_entropy_with_logits``.

    """
    options = {"weight": weight, "pos_weight": pos_weight}
    return _reduced("binary_cross_entropy_with_logits", input, target, reduction, dtype, **options)


def soft_margin_loss(
    input: Any, target: Any, reduction: Reduction = "mean", *, dtype: str = "float64"
) -> float | Array:
    """Logistic loss of scores: ``l = log(1 + exp(-y s))``.

    Args:
        input: scores s, any shape.
        target: labels y, the same shape; usually +1 and -1.
        reduction: "none", "mean" or "sum"; the mean divides by the number of elements.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> soft_margin_loss([0.0], [-1])
        0.6931471805599453

    Equal to its twin ``binary_cross_entropy_with_logits`` with t = (y + 1) / 2. The definition is
    PyTorch's ``torch.nn.functional.soft_margin_loss``.

    """
    return _reduced("soft_margin_loss", input, target, reduction, dtype)


def kl_div(
    input: Any,
    target: Any,
    reduction: Reduction = "mean",
    log_target: bool = False,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Kullback-Leibler divergence: ``l = p (log p - log q)`` for each element, 0 where p is 0.

    Args:
        input: log q, any shape.
        target: p, the same shape, or log p with ``log_target``.
        reduction: "none", "mean" (over all elements), "batchmean" (over the first axis, which is the
            divergence) or "sum".
        log_target: the target holds log p.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats: a float, or for "none" an array of the input's shape.

    Raises:
        ValueError: if a shape or an option does not fit.

    Example:
        >>> kl_div([[-0.6931471805599453, -0.6931471805599453]], [[0.5, 0.5]], reduction="batchmean")
        0.0

    ``cross_entropy`` with probability targets is this plus the entropy of p. The definition is
    PyTorch's ``torch.nn.functional.kl_div``; Kullback and Leibler 1951.

    """
    return _reduced("kl_div", input, target, reduction, dtype, log_target=log_target)


def _reduced(
    name: str, input: Any, target: Any, reduction: Reduction, dtype: str, **options: Any
) -> float | Array:
    """The loss of this name as the registry has it: its class, and the reductions that it takes."""
    spec = _SPECS[name]
    if reduction not in spec.reductions:
        raise UsageError(f"Expected reduction {', '.join(spec.reductions)}, got {reduction!r}.")
    loss = spec.load()(dtype=dtype, **options)
    batch = Batch(as_real("input", input), as_real("target", target))
    jobs = default_jobs() if batch.input.nbytes >= _THREADED_FROM_BYTES else 1
    if reduction == "none":
        return losses_of(loss, batch, jobs).reshape(_element_shape(loss, batch.input))
    value = evaluate(loss, [batch], Request(jobs=jobs)).tally.reduce(reduction)
    return loss.rounded(value)


def _element_shape(loss: Loss, input: Array) -> tuple[int, ...]:
    """The shape of the losses: the input's, without the class axis if the loss has one."""
    if not loss.per_class:
        return input.shape
    return (*input.shape[:1], *input.shape[2:]) if input.ndim > 1 else ()
