"""Cross entropy of logits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.class_axis import (
    Exponentials,
    log_softmax_columns,
    logit_columns,
    most_probable,
    negative_log_picked,
    negative_log_softmax,
    sum_over_classes,
)
from celoss_cli.losses.class_loss import WeightedClassLoss, no_distribution, onehot
from celoss_cli.losses.emitted import by_class, gathered, log_softmax_lines
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, WEIGHT
from celoss_cli.losses.spec import INPUT_KINDS, LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "CrossEntropy", "cross_entropy"]


@record(frozen=True, kw_only=True)
class CrossEntropy(WeightedClassLoss):
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
            overflows. exp z is computed as exp x / exp m where these are in range: x is exact, z is rounded.
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

    gives_perplexity: ClassVar[bool] = True
    _takes_probabilities: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.label_smoothing <= 1:
            raise UsageError(f"Expected label_smoothing from 0 to 1, got {self.label_smoothing:g}.")

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        if not self.label_smoothing:
            parts = negative_log_picked(x, y, out, note)
            note.term("-log p[y]", "log sum - z[y]", out)
            if weights is not None:
                np.multiply(out, weights.take(y), out=out)
            note.gradient("weight (p - onehot(y))", lambda: parts.gradient(onehot(x, y, weights)))
            return None
        eps = self.label_smoothing
        nlp, parts = negative_log_softmax(x, note)
        own = nlp[y, np.arange(len(y))]
        own_weight: Any = 1 if weights is None else weights.take(y)
        every = nlp if weights is None else nlp * weights[:, None]
        spread = sum_over_classes(every, out=np.empty_like(own)) / len(x)
        note.term("-log p[y]", "log sum - z[y]", own)
        note.term("mean", "mean over the classes of w x -log p", spread)
        out[...] = (1 - eps) * own_weight * own + eps * spread
        smoothed = "q = 1 - eps + eps / C at the target, eps / C elsewhere"
        told = f"p - q, {smoothed}" if weights is None else f"p sum(w q) - w q, {smoothed}"
        note.gradient(told, lambda: self._pull(parts, onehot(x, y, None)))
        return None

    def _pull(self, parts: Exponentials, q: Array) -> Array:
        """The gradient against probabilities q, (classes, columns), before they are smoothed and weighted."""
        from celoss_cli.losses.double_double import mixed  # few ask for the gradient

        return parts.gradient_of_shares(mixed(q, self.label_smoothing, self.weight))

    def _fill_from(self, x: Array, q: Array, out: Array, note: Note) -> Array | None:
        """The loss against probabilities q, where 0 log 0 is 0; says which hit a clamp, if any can."""
        note("q", "target", q)
        given = q
        if self.label_smoothing:
            q = note(
                "q'",
                "(1 - eps) q + eps / classes",
                (1 - self.label_smoothing) * q + self.label_smoothing / len(q),
            )
        nlp, parts = negative_log_softmax(x, note)
        product = q * nlp
        product[q == 0] = np.where(np.isnan(nlp[q == 0]), np.nan, 0)
        if self.weight is not None:
            product = product * self.weight.astype(self.dtype)[:, None]
        note("q x -log p" if self.weight is None else "w x q x -log p", "its share of the loss", product)
        sum_over_classes(product, out=out)
        told = "p sum(q) - q" if self.weight is None else "p sum(w q) - w q"
        note.gradient(told, lambda: self._pull(parts, given))
        return None

    def _shares(self, totals: Array) -> Array:
        smoothed = (1 - self.label_smoothing) * totals + self.label_smoothing / len(totals) * totals.sum()
        return super()._shares(smoothed)

    def logits(self, batch: Batch) -> Array | None:
        return logit_columns(batch.input)

    def log_predictions(self, batch: Batch) -> Array:
        return log_softmax_columns(batch.input)

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        return most_probable(batch.input)

    def _of_labels(self) -> str:
        return "bce-logits"

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
            off = (q < 0).any(axis=1) | no_distribution(q, within=1e-6)
            seen["target-not-a-distribution"] = int(np.count_nonzero(off))
        return seen


def _emitted(problem: Problem) -> Iterator[str]:
    eps = problem.options["label_smoothing"] if problem.has("label_smoothing") else None
    yield from log_softmax_lines(problem)
    if problem.probabilities:
        if eps is not None:
            yield f"targets = {1 - eps!r} * targets + {eps!r} / targets.shape[1]"
        yield f"losses = -({by_class(problem)}targets * log_p).sum(axis=1)"
        return
    yield from gathered(problem, "log_p")
    if eps is not None:
        yield f"uniform = -({by_class(problem)}log_p).mean(axis=1)"
        yield f"losses = {1 - eps!r} * losses + {eps!r} * uniform"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


LOSS = LossSpec(
    command="ce",
    name="cross_entropy",
    title="cross entropy",
    summary="Cross entropy of logits: log softmax, gather, weight, reduce.",
    takes="logits",
    target="class indices, class names or probabilities",
    declared=(
        WEIGHT,
        IGNORE_INDEX,
        LABEL_SMOOTHING,
    ),
    loss=CrossEntropy,
    example="celoss ce --logits '0.9,0.1;0.8,0.2' --targets 0,1",
    reference="torch.nn.functional.cross_entropy",
    emitted=_emitted,
    by_convention="by_convention:CrossEntropyByConvention",
    kinds=INPUT_KINDS,
    of_probs=("ce", "--input-is", "probs"),
)


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
    return reduced(
        LOSS,
        input,
        target,
        reduction,
        dtype,
        weight=weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )
