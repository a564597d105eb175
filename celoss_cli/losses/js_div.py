"""Jensen-Shannon divergence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.errors import UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.arrays import reduced
from celoss_cli.losses.class_axis import most_of, sum_over_classes
from celoss_cli.losses.class_loss import ClassLoss, columns_of, no_distribution, onehot
from celoss_cli.losses.emitted import counted, onehot_lines
from celoss_cli.losses.options import IGNORE_INDEX, LOG_TARGET
from celoss_cli.losses.spec import LossSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celoss_cli.core.data import Array, Batch, Reduction
    from celoss_cli.core.trace import Note
    from celoss_cli.losses.base import Violation
    from celoss_cli.losses.spec import Problem

__all__ = ["LOSS", "JensenShannon", "js_div"]

_KINDS = ("probs", "log-probs")
_NEAR = 0.5
"""Below this relative difference the two parts of a share nearly cancel, and another form is taken."""


@record(frozen=True, kw_only=True)
class JensenShannon(ClassLoss):
    """Half the divergences of two distributions p and q from their middle: symmetric, from 0 to ln 2.

    The input is p, the target q; nothing is normalised. A class as target is the distribution with all
    probability there.

    Formula:
        m = (p + q) / 2
        loss = [sum p log(p / m) + sum q log(q / m)] / 2, 0 where a probability is 0
        d = (p - q) / (p + q)
        share of a class = (p + q) / 4 [(1 + d) log(1 + d) + (1 - d) log(1 - d)]

    Derivation:
        m is never 0 where p or q is not, so that the divergences of p and of q from m are finite, which that
            of p from q is not.
        With p = m (1 + d) and q = m (1 - d), the terms of a class are m [(1 + d) log(1 + d) + (1 - d)
            log(1 - d)] together, which is never negative.
        For small d both parts are nearly d and cancel: their sum is 2 d artanh d + log(1 - d^2), which keeps
            its digits.
        It is 0 only where p equals q, and ln 2 where no class has a probability in both.
        The derivative with respect to p is log(p / m) / 2.

    Attributes:
        log_target: the target holds log q instead of q.
        input_is: what the values of the input are: probs, or log-probs for log p instead of p.

    Reduction:
        none: the divergence of every pair of distributions, 0 where the target is ignored.

    Twin:
        kl is the divergence of one from the other: not symmetric, without a bound, and with a term for each
            class instead of their sum.

    Reference:
        scipy.spatial.distance.jensenshannon, which gives the square root of this loss, after dividing p and q
            by their sums.
        Lin 1991, "Divergence measures based on the Shannon entropy".
        Endres and Schindelin 2003, "A new metric for probability distributions", for the square root.

    Example:
        celoss js --probs '0.7,0.2,0.1;0.1,0.6,0.3' --targets '0.5,0.25,0.25;0.2,0.3,0.5' --rows 2

    """

    log_target: bool = False
    input_is: str = "probs"

    predicts: ClassVar[str] = "predicted probability p of the target"
    _takes_probabilities: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_is not in _KINDS:
            raise UsageError(f"Expected input_is {', '.join(_KINDS)}, got {self.input_is!r}.")

    def violation(self, batch: Batch) -> Violation | None:
        found = self._no_probabilities(batch, batch.input, self.input_is == "log-probs")
        if found or batch.target.ndim == 2:
            return found
        return self._no_probabilities(batch, batch.target, self.log_target)

    def observe(self, batch: Batch) -> Counter[str]:
        in_logs = self.input_is == "log-probs"
        kind = "not-log-probabilities" if in_logs else "not-probabilities"
        seen = Counter({kind: int(np.count_nonzero(no_distribution(batch.input, logs=in_logs)))})
        if batch.target.ndim == 3:
            off = no_distribution(batch.target, logs=self.log_target)
            seen["target-not-a-distribution"] = int(np.count_nonzero(off))
        return seen

    def log_predictions(self, batch: Batch) -> Array:
        with np.errstate(all="ignore"):
            return np.log(columns_of(self._input(batch)))

    def _of_logs(self, logs: Array) -> Array:
        return np.exp(logs) if self.input_is == "probs" else logs

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        p = self.distributions(batch, self._input(batch), "probabilities that add", "logits belong to ce")
        return most_of(p)

    def _input(self, batch: Batch) -> Array:
        """The probabilities of the input, float64."""
        x = batch.input.astype(np.float64)
        return np.exp(x) if self.input_is == "log-probs" else x

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        self._fill_with(x, note("q", "1 at the target", onehot(x, y, None)), out, note)
        return None

    def _fill_from(self, x: Array, q: Array, out: Array, note: Note) -> Array | None:
        if self.log_target:
            q = np.exp(note("log q", "target", q))
        self._fill_with(x, note("q", "exp log q" if self.log_target else "target", q), out, note)
        return None

    def _fill_with(self, x: Array, q: Array, out: Array, note: Note) -> None:
        if self.input_is == "log-probs":
            p = note("p", "exp log p", np.exp(note("log p", "input", x)))
        else:
            p = note("p", "input", x)
        both = p + q
        d = np.divide(p - q, both, out=np.zeros_like(both), where=both != 0)
        note("d", "(p - q) / (p + q), 0 where both are 0", d)
        share = both / 4 * _both_ways(d)
        note("share", "(p + q) / 4 [(1+d) log(1+d) + (1-d) log(1-d)]", share)
        sum_over_classes(share, out)
        slope_is, factor = ("p log(p / m) / 2", p) if self.input_is == "log-probs" else ("log(p / m) / 2", 1)
        note.gradient(slope_is, lambda: factor * np.log1p(d) / 2)

    def _loss_is(self) -> str:
        return "sum over the classes of the shares"

    def _loss_from_is(self) -> str:
        return self._loss_is()


def _both_ways(d: Array) -> Array:
    """(1 + d) log(1 + d) + (1 - d) log(1 - d) for d from -1 to 1, to the last digits also near 0."""
    near = 2 * d * np.arctanh(d) + np.log1p(-d * d)
    far = _times_log(1 + d) + _times_log(1 - d)
    return np.where(np.abs(d) < _NEAR, near, far)


def _times_log(x: Array) -> Array:
    """X log x, 0 for x = 0."""
    return x * np.log(np.where(x == 0, 1, x))


def _emitted(problem: Problem) -> Iterator[str]:
    if problem.options.get("input_is") == "log-probs":
        yield "probs = np.exp(probs)"
    if not problem.probabilities:
        if problem.ignoring:
            yield from counted(problem)
        yield from onehot_lines(problem)
    elif problem.has("log_target"):
        yield "targets = np.exp(targets)"
    yield "middle = (probs + targets) / 2"
    for name in ("probs", "targets"):
        ratio = f"np.where({name} > 0, {name}, 1) / np.where({name} > 0, middle, 1)"
        yield f"{name}_ratio = {ratio}  # 0 log 0 = 0"
    yield "losses = (probs * np.log(probs_ratio) + targets * np.log(targets_ratio)).sum(axis=1) / 2"
    if problem.ignoring:
        yield "losses = np.where(counted, losses, 0)"


LOSS = LossSpec(
    command="js",
    name="js_div",
    title="Jensen-Shannon divergence",
    summary="Jensen-Shannon divergence of probabilities and targets: symmetric, from 0 to ln 2.",
    takes="probs",
    target="probabilities, or their logarithms with --log-target; class indices or names",
    loss=JensenShannon,
    example="celoss js --probs '0.7,0.3;0.2,0.8' --targets '0.5,0.5;0.1,0.9'",
    reference="scipy.spatial.distance.jensenshannon squared",
    emitted=_emitted,
    declared=(IGNORE_INDEX, LOG_TARGET),
    kinds=_KINDS,
)


def js_div(
    input: Any,
    target: Any,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    log_target: bool = False,
    *,
    dtype: str = "float64",
) -> float | Array:
    """Jensen-Shannon divergence: ``l = [sum p log(p/m) + sum q log(q/m)] / 2`` with ``m = (p + q) / 2``.

    Args:
        input: probabilities p, shape (C,), (N, C) or (N, C, d1, ..., dk). They are taken as they are, and not
            divided by their sum.
        target: probabilities q of the input's shape, or their logarithms with ``log_target``; or class
            indices of shape (), (N,) or (N, d1, ..., dk), each for the distribution that is sure of it.
        ignore_index: class indices of this value count neither in the sum nor in the divisor.
        reduction: "none", "mean" or "sum"; the mean divides by the number of counted targets.
        log_target: the target holds log q.
        dtype: precision of the computation, "float64" or "float32".

    Returns:
        nats from 0 to ln 2: a float, or for "none" an array with one divergence for each distribution.

    Raises:
        ValueError: if a shape, a target or an option is not as above.

    Example:
        >>> js_div([[1.0, 0.0]], [[0.0, 1.0]])
        0.6931471805599453

    It is the square of ``scipy.spatial.distance.jensenshannon``; Lin 1991, "Divergence measures based on the
    Shannon entropy". Its twin ``kl_div`` is not symmetric and has no bound.

    """
    return reduced(LOSS, input, target, reduction, dtype, ignore_index=ignore_index, log_target=log_target)
