"""What every loss is: checks, then values per element, never a reduction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Self

from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.core.late import np
from celoss_cli.core.records import record, replace
from celoss_cli.core.trace import Note, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celoss_cli.core.data import Array, Batch, Terms
    from celoss_cli.core.errors import Way

__all__ = [
    "ONE_HOT_READ",
    "ROUNDED",
    "SAMPLE_WEIGHT",
    "TRUTH_READ",
    "TRUTH_READ_AS_CLASSES",
    "UNITS",
    "WHOLE_READ",
    "Loss",
    "Violation",
    "as_real",
    "finite_weights",
    "rows_out_of_domain",
    "spread",
]

WHOLE_READ = "integral floats read as class indices"
TRUTH_READ_AS_CLASSES = "false and true read as class indices 0 and 1"
TRUTH_READ = "false and true read as 0 and 1"
ONE_HOT_READ = "one-hot rows of integers read as class indices"
"""What is said of targets that a loss brings to its own form."""

ROUNDED = 1e-5
"""A probability this far outside of 0 to 1 was taken there by rounding."""

SAMPLE_WEIGHT = "sample weight"
"""The name of the weights of rows among a batch's aligned arrays."""

UNITS: dict[str, str] = {"e": "nats", "2": "bits", "10": "dits"}
"""Units of information by the base of their logarithm; 10 gives dits, also called hartleys."""


@record(frozen=True, slots=True)
class Violation:
    """Elements outside the domain of a loss, for the layer that refuses them.

    Attributes:
        where: shape (elements,) of bool.
        fact: the refusal of the first one.
        ways: the options with which they are in it.
        in_input: whether it is the input that is refused, and not the target.

    """

    where: Array
    fact: str
    ways: tuple[Way, ...] = ()
    in_input: bool = False


@record(frozen=True, kw_only=True)
class Loss(ABC):
    """A loss with its options.

    The docstring of a class that can be computed is also what ``celoss explain`` prints: its sections
    Formula (one a line), Derivation (one step a line), Twin, Reference and Example (a command line). The
    sections Attributes and Reduction hold for all classes below, which may say a name of them anew.

    Attributes:
        dtype: the precision of the computation: float64, or float32 to reproduce a number that was
            computed in it.
        base: the base of the logarithm: e gives nats, 2 bits, 10 dits. It divides the loss by ln base.

    """

    dtype: str = "float64"
    base: str = "e"

    per_class: ClassVar[bool]
    predicts: ClassVar[str]
    """The number that a loss is drawn against."""
    predicts_probability: ClassVar[bool] = True
    drawn_targets: ClassVar[Mapping[str, float]]
    """The targets whose curves are drawn, by name."""
    is_information: ClassVar[bool] = True
    """Whether it is measured in units of information, which the base of the logarithm chooses."""
    gives_perplexity: ClassVar[bool] = False
    """Whether exp of the mean in nats is a perplexity."""
    is_log_loss: ClassVar[bool] = True
    """Whether a target costs -log p where there are no weights and no smoothing."""
    predictions_are: ClassVar[str] = "distributions"
    """What refusals call predictions of which no answer is the likeliest."""
    clamp_is: ClassVar[str] = "clamped"
    """The name under which a finding counts the logarithms that hit a clamp."""

    def __post_init__(self) -> None:
        if self.dtype not in ("float64", "float32"):
            raise UsageError(f'Expected dtype "float64" or "float32", got {self.dtype!r}.')
        if self.base not in UNITS:
            raise UsageError(f'Expected base "e", "2" or "10", got {self.base!r}.')
        if self.base != "e" and not self.is_information:
            raise UsageError(f"Expected no base for a loss that is no information, got {self.base!r}.")

    @abstractmethod
    def canonical(self, batch: Batch) -> Batch:
        """``batch`` checked and brought to the shape that ``terms`` takes.

        Raises:
            InputError: if shapes or types do not fit this loss.

        """

    @abstractmethod
    def _terms(self, batch: Batch, note: Note) -> Terms:
        """The terms in nats; called with floating-point warnings off."""

    def terms(self, batch: Batch, note: Note = silent) -> Terms:
        """Loss and weight of every element of a canonical batch, in order.

        Args:
            batch: what ``canonical`` returned, or rows of it.
            note: is shown every step.

        Raises:
            InputError: if a value is not one that the loss is defined for.

        """
        with np.errstate(all="ignore"):
            terms = self._terms(batch, note)
            if SAMPLE_WEIGHT in batch.aligned:
                terms = self._weighted(terms, batch.aligned[SAMPLE_WEIGHT].reshape(-1), note)
            if self.base != "e":
                unit = UNITS[self.base]
                scaled = note.term(f"in {unit}", f"loss / ln {self.base}", terms.loss / self.nats)
                terms = replace(terms, loss=scaled)
        return terms

    def _weighted(self, terms: Terms, weights: Array, note: Note) -> Terms:
        """The terms of rows that count as often as their sample weight says."""
        weights = note.term("sample weight", "from the data", weights.astype(self.dtype, copy=False))
        return replace(
            terms,
            loss=note.term("weighted loss", "sample weight x loss", terms.loss * weights),
            weight=terms.weight * weights,
            weight_is=f"{terms.weight_is}; each counts as often as its sample weight says",
        )

    @property
    def unit(self) -> str:
        """The unit of this loss; "" for one that is a plain number."""
        return UNITS[self.base] if self.is_information else ""

    @property
    def nats(self) -> Any:
        """How many nats one unit of this loss is, in the dtype of the computation."""
        return np.dtype(self.dtype).type(math.log({"e": math.e, "2": 2.0, "10": 10.0}[self.base]))

    def rounded(self, value: float) -> float:
        """A reduced loss in the precision of the computation, as ``.item()`` would give it."""
        with np.errstate(over="ignore"):
            return float(np.dtype(self.dtype).type(value))

    def out_of_domain_options(self) -> list[str]:
        """Options outside the domain of the loss, each in one sentence."""
        return []

    def admit(self, batch: Batch) -> None:
        """Refuses a canonical batch that holds what a convention does not have.

        Raises:
            UsageError: naming it.

        """
        return

    def of_probabilities(self) -> Loss | None:
        """The same loss of the softmax of the logits, where a convention takes that of them; else None."""
        return None

    def softmax_of(self, batch: Batch) -> Batch:
        """A canonical batch of logits with their probabilities, for ``of_probabilities``."""
        return batch

    def violation(self, batch: Batch) -> Violation | None:
        """Values that the formula takes and the loss is not meant for, if there are any."""
        return None

    def observe(self, batch: Batch) -> Counter[str]:
        """How many rows or elements show each oddity that a finding reports."""
        return Counter()

    def goes_with_rows(self, dimensions: int) -> bool:
        """Whether an option has a value for each row of an input of so many dimensions."""
        return False

    def sizes(self, batch: Batch, terms: Terms) -> Counter[str]:
        """How much of a canonical batch is counted in other units than elements, where this loss has any.

        Args:
            batch: canonical.
            terms: of it.

        """
        return Counter()

    def classes(self, batch: Batch) -> int | None:
        """The number of classes of a canonical batch, or None for a loss that has none."""
        return None

    def gathered(self, batch: Batch, element: int) -> int | None:
        """The class that the target of a canonical batch's element picks, if it picks one."""
        return None

    def logits(self, batch: Batch) -> Array | None:
        """What ``log_predictions`` is the log softmax of, where it is one: of its shape, float64 and fresh.

        Whoever goes on to other exponentials need not take those of the softmax.
        """
        return None

    def log_predictions(self, batch: Batch) -> Array | None:
        """The natural logarithms of the probabilities that a canonical batch's input predicts.

        Shape (outcomes, predictions), float64, one prediction for each element, or for each row where a
        row's elements are the outcomes; None for an input that predicts no distribution.
        """
        return None

    def answers(self, batch: Batch) -> tuple[Array, Array]:
        """How sure a canonical batch's input is of its answer to every element, and whether it came true.

        Each of shape (elements,), float64: the predicted probability of the answer; and 1 where it is the
        target, 0 where it is not, or the probability of the answer where the target is a distribution.

        Raises:
            UsageError: for a loss whose input predicts no answer.
            InputError: for an input that holds no probabilities, or a target that is no answer.

        """
        raise UsageError(
            "Expected predictions of classes, or of yes and no, for a calibration error (--max-ece, "
            f"--kind reliability), got {self.predictions_are}."
        )

    @abstractmethod
    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        """A canonical batch of one element for each value of what this loss ``predicts``.

        Args:
            values: shape (elements,).
            target: of all of them, one of ``drawn_targets``.
            classes: how many there are, where there are any; those beside the target share the rest evenly.

        Raises:
            UsageError: if an option differs between the elements of a row.

        """

    @abstractmethod
    def predicted(self, batch: Batch) -> Array:
        """What a canonical batch ``predicts``, shape (elements,) float64; any number where ignored.

        Raises:
            UsageError: for targets that no curve is drawn for.

        """

    def unweighted(self) -> Self:
        """This loss with no weights of classes or elements."""
        return self

    def outcomes(self, batch: Batch) -> Array | None:
        """Which of the outcomes of ``log_predictions`` each target of a canonical batch says.

        Shape (predictions,), -1 where a target says none; None where targets are no outcomes.
        """
        return None

    def decided(self, batch: Batch) -> Array | None:
        """The likeliest outcome of every element of a canonical batch, the first of several.

        Shape (elements,), numbered as ``outcomes`` are; None where the input predicts no outcome.
        """
        return None

    def forecasts(self, batch: Batch) -> Array | None:
        """The probabilities of a canonical batch whose squared errors this loss is, where it is that.

        Shape (outcomes, elements), float64: of every class, or of the answer yes alone; else None.
        """
        return None

    def decisions(self, batch: Batch) -> tuple[Array, Array] | None:
        """The likeliest outcome of every element of a canonical batch, and the one that came.

        Each of shape (elements,), -1 where a target says none; None where one of both cannot be said, and
        where rows differ in their number of elements.
        """
        decided = None if batch.offsets is not None else self.decided(batch)
        outcomes = None if decided is None else self.outcomes(batch)
        return None if decided is None or outcomes is None else (decided, outcomes)

    def ranks(self, batch: Batch, outcomes: Array) -> Array:
        """How many outcomes come before that of each element, by likelihood and then in order.

        Args:
            batch: canonical.
            outcomes: shape (elements,), those of ``batch``; the rank of -1 means nothing.

        """
        return np.asarray(self.decided(batch) != outcomes).astype(np.int64)

    def factors(self, batch: Batch) -> Array | None:
        """What the cost of every element of a canonical batch is multiplied by, whatever its outcome.

        Shape (elements,); None where it is 1.
        """
        found = batch.aligned.get(SAMPLE_WEIGHT)
        return None if found is None else found.reshape(-1)

    def costs_of_frequencies(self, totals: Array) -> Array | None:
        """What each outcome costs where the frequencies of all outcomes are always answered.

        Args:
            totals: shape (columns, outcomes), how often each occurs, each column with its own frequencies.

        Returns:
            the same shape, the loss of an element whose ``factors`` are 1; anything where an outcome never
            occurs. None where that cannot be said.

        """
        return None

    def computable(self, batch: Batch) -> Batch | None:
        """A canonical batch without the targets that cannot be computed, None if nothing is left then."""
        return batch

    def left_out(self, batch: Batch) -> int:
        """How many targets of a canonical batch an option leaves out."""
        return 0

    def verify(self, rows: int, dimensions: int) -> None:
        """Refuses options of another number of rows than the whole data set has.

        Args:
            rows: how many rows were read.
            dimensions: of the input as it was given.

        Raises:
            InputError: naming the option.

        """
        return

    def class_codes(self, batch: Batch) -> tuple[Array, Sequence[str]]:
        """The class of every element of a canonical batch as a code, (elements,), and the names by code.

        Raises:
            UsageError: if the targets are no classes.

        """
        raise UsageError(
            "Expected targets that are classes for the loss by class (--by class), got probabilities."
        )

    @abstractmethod
    def target_of(self, batch: Batch, element: int) -> float | int | str | tuple[float, ...]:
        """The target of one element of a canonical batch, as it is shown."""


def as_real(name: str, values: Any) -> Array:
    """``values`` as an array of real numbers of their own shape and type.

    Raises:
        InputError: for ragged lists, strings, objects and complex numbers.

    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"Expected {name} as a rectangular array, got rows that differ in length.") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"Expected {name} of real numbers, got an array of {array.dtype}.")
    return array


def finite_weights(name: str, values: Any) -> Array:
    """Weights as float64, in their own shape.

    Raises:
        InputError: for NaN and infinite ones, and what is no array of real numbers.

    """
    weights = as_real(name, values).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(weights.reshape(-1)))
    if bad.size:
        index = int(bad[0])
        raise InputError(f"Expected finite {name}, got {weights.reshape(-1)[index]} at index {index}.")
    return weights


def rows_out_of_domain(batch: Batch) -> Array:
    """The rows of a batch whose sample weight is negative or not finite, shape (found,)."""
    if SAMPLE_WEIGHT not in batch.aligned:
        return np.empty(0, np.int64)
    weights = batch.aligned[SAMPLE_WEIGHT]
    if batch.offsets is not None:
        return batch.places(np.flatnonzero(~((weights >= 0) & (weights < math.inf))))[0]
    first = weights.reshape(len(weights), -1)[:, :1]
    return np.flatnonzero(~((first >= 0) & (first < math.inf)))


def spread(batch: Batch, rows: int, width: int) -> dict[str, Array]:
    """The batch's aligned arrays of one value a row, broadcast to shape (rows, width)."""
    return {
        name: np.broadcast_to(values.reshape(rows, 1), (rows, width))
        for name, values in batch.aligned.items()
    }
