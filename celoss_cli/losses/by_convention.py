"""Losses by the convention of another tool, and cross entropy of probabilities.

What a tool does to probabilities before it takes their logarithm, and what it divides by, are facts of
``celoss_cli.losses.conventions``; the classes here take them as they are. A convention that changes nothing
leaves the computation to the class that it belongs to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.core.trace import Note, silent
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss
from celoss_cli.losses.binary_cross_entropy import BinaryCrossEntropy
from celoss_cli.losses.class_axis import exponentials_of, most_of, softmax_columns
from celoss_cli.losses.class_loss import no_distribution, onehot
from celoss_cli.losses.conventions import CONVENTIONS, Convention
from celoss_cli.losses.cross_entropy import CrossEntropy
from celoss_cli.losses.options import IGNORE_INDEX, LABEL_SMOOTHING, WEIGHT
from celoss_cli.losses.outside import by_rounding, shown_outside, ways_of_rounding
from celoss_cli.losses.spec import INPUT_KINDS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from celoss_cli.core.data import Array, Batch, Terms

__all__ = [
    "BinaryCrossEntropyByConvention",
    "CrossEntropyByConvention",
    "NegativeLogLikelihoodByConvention",
]

_REFUSED = tuple(option.name for option in (WEIGHT, IGNORE_INDEX, LABEL_SMOOTHING))
"""The options that a convention may not have."""

_NATIVE = "torch"
"""What holds where no convention is named."""

_COUNTED = "number of counted targets; weights do not enter it"


@record(frozen=True, kw_only=True)
class _ByConvention(Loss):
    """What the losses of this module share.

    Attributes:
        input_is: what the values of the input are: "logits", "log-probs" or "probs".
        convention: the name of a convention, or None for PyTorch's.

    """

    input_is: str = "probs"
    convention: str | None = None

    command: ClassVar[str]
    clamp_is: ClassVar[str] = "clipped"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_is not in INPUT_KINDS:
            raise UsageError(f"Expected input_is {', '.join(INPUT_KINDS)}, got {self.input_is!r}.")
        if self.convention is not None and self.convention not in CONVENTIONS:
            raise UsageError(f"Expected convention {', '.join(CONVENTIONS)}, got {self.convention!r}.")
        self._refuse({})

    def _refuse(self, data: Mapping[str, object]) -> None:
        """Refuses options, and facts of the data, that the convention does not have."""
        options = {name: getattr(self, name, None) for name in _REFUSED}
        if self.convention is not None:
            self._rules.refuse(self.command, self.input_is, {**options, **data})

    @property
    def _rules(self) -> Convention:
        return CONVENTIONS[self.convention or _NATIVE]

    @property
    def _clip(self) -> float:
        return self._rules.clip_of(self.dtype, self.input_is)

    def _clipped(self, p: Array) -> Array:
        """Probabilities of any shape within the bounds of the convention."""
        if not self._clip:
            return p
        low = p.dtype.type(self._clip)
        high = p.dtype.type(1.0 - self._clip) if self._rules.clips_above else None
        return np.clip(p, low, high)

    def _log(self, clipped: Array) -> Array:
        """The logarithms of probabilities that were clipped."""
        logs: Array = np.log(clipped)
        if self._rules.clipped_costs is not None:
            logs[clipped <= clipped.dtype.type(self._clip)] = -self._rules.clipped_costs
        return logs

    def _clip_is(self) -> str:
        """The bounds in words."""
        above = f", at most 1 - {self._clip:.4g}" if self._rules.clips_above else ""
        return f"at least {self._clip:.4g}{above}"

    def _weighted(self, terms: Terms, weights: Array, note: Note) -> Terms:
        weighted = super()._weighted(terms, weights, note)
        if self._rules.denominator == "weights":
            return weighted
        return replace(weighted, weight=terms.weight, weight_is=_COUNTED)


# ---------------------------------------------------------------------------------------- with classes


@record(frozen=True, kw_only=True)
class CrossEntropyByConvention(_ByConvention, CrossEntropy):
    """-log p[y] of probabilities that a tool may rescale and clip first; logits go through a softmax."""

    command: ClassVar[str] = "ce"

    def canonical(self, batch: Batch) -> Batch:
        batch = super().canonical(batch)
        self.admit(batch)
        return batch

    def admit(self, batch: Batch) -> None:
        self._refuse(
            {"sample_weight": SAMPLE_WEIGHT in batch.aligned, "soft_targets": batch.target.ndim == 3}
        )

    def _of_labels(self) -> str:
        return {"logits": "bce-logits", "probs": "bce"}.get(self.input_is, "")

    def _terms(self, batch: Batch, note: Note) -> Terms:
        if self.input_is == "probs":
            self._check_probabilities(batch)
        return super()._terms(batch, note)

    def _check_probabilities(self, batch: Batch) -> None:
        """Refuses values that are no probabilities; where rows are rescaled, they may be above 1."""
        x, most = batch.input, np.finfo(np.float64).max if self._rules.rescales else 1.0
        if not x.size or (x.min() >= 0 and x.max() <= most):
            return
        outside = ~((x >= 0) & (x <= most))
        bad = outside.any(axis=1)
        if batch.target.ndim == 2:
            bad &= ~self._left_out(batch.target)
        if bad.any():
            row, position = (int(index) for index in np.argwhere(bad)[0])
            value = x[row, int(np.flatnonzero(outside[row, :, position])[0]), position]
            wanted = "of at least 0" if most > 1 else "from 0 to 1"
            rounded = by_rounding(value)
            other = "" if np.isnan(value) else "scores and logits belong to --input-is logits"
            raise InputError(
                f"Expected a probability {wanted}, got {shown_outside(value, 0, most)}.",
                hint="rounding took it there" if rounded else other,
                ways=ways_of_rounding(x) if rounded else (),
                element=int(np.flatnonzero(bad.reshape(-1))[0]),
                in_input=True,
            )

    @property
    def _as_in_torch(self) -> bool:
        """Whether logits go the way of cross_entropy itself."""
        return self.input_is == "logits" and not self._rules.changes("logits")

    def of_probabilities(self) -> CrossEntropyByConvention | None:
        through = self.input_is == "logits" and not self._as_in_torch
        return replace(self, input_is="probs") if through else None

    def softmax_of(self, batch: Batch) -> Batch:
        rows, classes, positions = batch.input.shape
        p = softmax_columns(batch.input, self.dtype)
        return replace(batch, input=p.reshape(classes, rows, positions).transpose(1, 0, 2))

    @property
    def _in_logs(self) -> bool:
        """Whether log-probabilities are taken as they are."""
        return self.input_is == "log-probs" and not self._rules.changes("log-probs")

    def _as_probabilities(self, x: Array, note: Note) -> Array:
        if self.input_is == "logits":
            return exponentials_of(x, note).softmax()
        if self.input_is == "probs":
            return note("p", "input", x)
        return note("p", "exp log p", np.exp(note("log p", "input", x)))

    def _predicted(self, x: Array, note: Note) -> Array:
        """Log-probabilities where those are taken as they are, else probabilities before they are clipped."""
        if self._in_logs:
            return note("log p", "input", x)
        p = self._as_probabilities(x, note)
        if not self._rules.rescales:
            return p
        total = note("total", "sum of p over the classes", np.add.reduce(p, axis=0))
        return note("p / total", "rescaled to sum 1", p / total)

    def _cost(self, predicted: Array, note: Note) -> Array:
        """-log of what is predicted, clipped as the convention says, of any shape."""
        if self._in_logs:
            return np.negative(predicted)
        p = note("clipped", self._clip_is(), self._clipped(predicted)) if self._clip else predicted
        cost = -self._log(p)
        cost += 0.0  # no negative zero
        return cost

    def _cost_is(self, of_logs: str) -> str:
        """How the cost comes about; ``of_logs`` where log-probabilities are taken as they are."""
        if self._in_logs:
            return of_logs
        return "log of the clipped" if self._clip else "log"

    def _hit(self, predicted: Array) -> Array:
        """Which probabilities are clipped from below."""
        return predicted < self._clip

    def _leaving_out(self, marker: int) -> str:
        if self._rules.has(self.command, IGNORE_INDEX.name):
            return super()._leaving_out(marker)
        return f"{self.convention} has no ignore_index, so take their rows out of the data"

    def _fill(self, x: Array, y: Array, weights: Array | None, out: Array, note: Note) -> Array | None:
        if self._as_in_torch:
            return super()._fill(x, y, weights, out, note)
        if self.label_smoothing:
            q = np.zeros(x.shape, x.dtype)
            q[y, np.arange(len(y))] = 1
            return self._fill_from(x, q, out, note)
        own = self._predicted(x, note)[y, np.arange(len(y))]
        if not self._in_logs:
            note("p[y]", "gather", own)
        out[...] = note.term("-log p[y]", self._cost_is("gather"), self._cost(own, note))
        if weights is not None:
            np.multiply(out, weights.take(y), out=out)
        note.gradient(self._slope_is(), lambda: self._slope(x, onehot(x, y, weights)))
        return None if self._in_logs else self._hit(own)

    def _fill_from(self, x: Array, q: Array, out: Array, note: Note) -> Array | None:
        if self._as_in_torch:
            return super()._fill_from(x, q, out, note)
        q = note("q", "target", q)
        if self.label_smoothing:
            eps = self.label_smoothing
            q = note("q'", "(1 - eps) q + eps / classes", (1 - eps) * q + eps / len(q))
        predicted = self._predicted(x, note)
        cost = note("-log p", self._cost_is("minus log p"), self._cost(predicted, note))
        factors = q if self.weight is None else q * self.weight.astype(self.dtype)[:, None]
        product = factors * cost
        product[(factors == 0) & ~np.isnan(cost)] = 0
        note("q x -log p" if self.weight is None else "w x q x -log p", "its share of the loss", product)
        np.add.reduce(product, axis=0, out=out)
        note.gradient(self._slope_is(), lambda: self._slope(x, factors))
        return None if self._in_logs else np.any(self._hit(predicted) & (q > 0), axis=0)

    def _share(self, y: Array, weights: Array | None, ignored: Array | None, note: Note) -> tuple[Array, str]:
        if self._rules.denominator == "weights":
            return super()._share(y, weights, ignored, note)
        share = np.ones(len(y), self.dtype) if ignored is None else (~ignored).astype(self.dtype)
        if weights is not None:
            note.term("w", "w[y]", weights.take(y))
        note.term("share", "of the divisor: 1 where counted", share)
        return share, "number of counted targets" if weights is None else _COUNTED

    def _slope_is(self) -> str:
        return f"by the chain of the steps{', 0 where clipped' if self._clip else ''}"

    def _slope(self, x: Array, factors: Array) -> Array:
        """The derivative of sum_c a_c (-log p_c), a the factors, with respect to the input."""
        if self._in_logs:
            return -factors
        if self.input_is == "logits":  # the rows of a softmax need no rescaling
            from celoss_cli.losses.double_double import mixed  # few ask for the gradient

            parts = exponentials_of(x)
            p = parts.softmax()
            return parts.gradient_of_shares(mixed(np.where(self._clipped(p) == p, factors, 0)))
        p = self._as_probabilities(x, silent)
        total = np.add.reduce(p, axis=0) if self._rules.rescales else np.ones(p.shape[1], p.dtype)
        r = p / total
        slope = -factors / r
        slope[(factors == 0) | (self._clipped(r) != r)] = 0
        if self._rules.rescales:
            slope = (slope - np.add.reduce(slope * r, axis=0)) / total
        return slope if self.input_is == "probs" else slope * p

    def _loss_is(self) -> str:
        if self.label_smoothing and not self._as_in_torch:
            return "sum over the classes of q' x -log p"
        return super()._loss_is()

    def observe(self, batch: Batch) -> Counter[str]:
        seen = super().observe(batch)
        if self.input_is == "logits":
            return seen
        del seen["one-class"]
        probabilities = self.input_is == "probs"
        odd = no_distribution(batch.input.astype(np.float64), logs=not probabilities)
        seen["not-probabilities" if probabilities else "not-log-probabilities"] = int(np.count_nonzero(odd))
        return seen

    def computable(self, batch: Batch) -> Batch | None:
        found = super().computable(batch)
        try:
            if found is not None and self.input_is == "probs":
                self._check_probabilities(found)
        except InputError:
            return None
        return found

    def _of_logs(self, logs: Array) -> Array:
        return np.exp(logs) if self.input_is == "probs" else logs

    def _most_probable(self, batch: Batch) -> tuple[Array, Array]:
        if self.input_is == "logits":
            return super()._most_probable(batch)
        with np.errstate(all="ignore"):
            p = batch.input.astype(np.float64)
            p = p if self.input_is == "probs" else np.exp(p)
            p = p / p.sum(axis=1, keepdims=True) if self._rules.rescales else p
        hint = "--convention kaggle rescales them"
        return most_of(self.distributions(batch, p, "probabilities that add", hint))

    def logits(self, batch: Batch) -> Array | None:
        return super().logits(batch) if self.input_is == "logits" else None

    def log_predictions(self, batch: Batch) -> Array:
        if self.input_is == "logits":
            return super().log_predictions(batch)
        values = np.moveaxis(batch.input.astype(np.float64), 1, 0).reshape(batch.input.shape[1], -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return values if self.input_is == "log-probs" else np.log(values)


@record(frozen=True, kw_only=True)
class NegativeLogLikelihoodByConvention(CrossEntropyByConvention):
    """The same of log-probabilities, with the options of ``nll_loss``."""

    input_is: str = "log-probs"

    command: ClassVar[str] = "nll"
    _takes_probabilities: ClassVar[bool] = False


# ------------------------------------------------------------------------------------------ binary


@record(frozen=True, kw_only=True)
class BinaryCrossEntropyByConvention(_ByConvention, BinaryCrossEntropy):
    """-[t log p + (1 - t) log(1 - p)] with p and 1 - p clipped as a tool clips them."""

    command: ClassVar[str] = "bce"

    def canonical(self, batch: Batch) -> Batch:
        batch = super().canonical(batch)
        self.admit(batch)
        return batch

    def admit(self, batch: Batch) -> None:
        hard = bool(((batch.target == 0) | (batch.target == 1)).all())
        self._refuse({"sample_weight": SAMPLE_WEIGHT in batch.aligned, "soft_targets": not hard})

    def _fill(self, x: Array, t: Array, aligned: dict[str, Array], out: Array, note: Note) -> int:
        if not self._rules.changes(self.input_is):
            return super()._fill(x, t, aligned, out, note)
        p = note.term("p", "input", x)
        note("t", "target", t)
        yes = note("p clipped", self._clip_is(), self._clipped(p))
        if self._rules.clips_once:
            no = note("1-p clipped", "1 - p clipped", 1 - yes)
        else:
            no = note("1-p clipped", self._clip_is(), self._clipped(1 - p))
        kept = yes == p, no == 1 - p
        if self._rules.added:
            more, plus = yes.dtype.type(self._rules.added), f"clipped + {self._rules.added:g}"
            yes, no = note("p shifted", plus, yes + more), note("1-p shifted", plus, no + more)
        of = "of the shifted" if self._rules.added else "of the clipped"
        log_p, log_q = note.term("log p", of, self._log(yes)), note.term("log(1-p)", of, self._log(no))
        np.negative(t * log_p + (1 - t) * log_q, out=out)
        out += 0.0  # no negative zero
        note.gradient(
            f"(1 - t) / (1 - p) - t / p{', of the shifted' if self._rules.added else ''}, 0 where clipped",
            lambda: (1 - t) / no * kept[1] - t / yes * kept[0],
        )
        return int(
            np.count_nonzero((p < self._clip) & (t > 0)) + np.count_nonzero((1 - p < self._clip) & (t < 1))
        )

    def _weighted(self, terms: Terms, weights: Array, note: Note) -> Terms:
        if self._rules.denominator == "counted":
            note.term("share", "of the divisor: 1 where counted", terms.weight)
        return super()._weighted(terms, weights, note)

    @property
    def clamp_is(self) -> str:  # type: ignore[override]
        """The clamp of the logarithms where nothing is clipped."""
        return "clipped" if self._rules.changes(self.input_is) else "clamped"
