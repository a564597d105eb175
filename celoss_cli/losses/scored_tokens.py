"""Negative log likelihood of tokens whose log-probability is given: nothing is left to gather.

A row is a document, its elements are the tokens in their order. Which of them count, and what the mean is
divided by, is said by options, as a language model's loss is quoted a token, a document, a byte and a word.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from celoss_cli.core.data import Terms
from celoss_cli.core.errors import InputError, UsageError, Way
from celoss_cli.core.late import np
from celoss_cli.core.records import record
from celoss_cli.losses.base import ROUNDED, Loss, Violation
from celoss_cli.losses.outside import shown_outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celoss_cli.core.data import Array, Batch
    from celoss_cli.core.trace import Note

__all__ = [
    "CENSORED",
    "CENSORING",
    "COMPLETION",
    "ERROR",
    "FIRST",
    "LIKELIEST",
    "MISSING",
    "PART",
    "PARTS",
    "PER",
    "PROMPT",
    "SCORED",
    "STATUS",
    "STEP",
    "UNKNOWN",
    "ScoredTokens",
]

PER = ("token", "document", "byte", "word")
"""What the mean can be divided by."""

PARTS = ("all", "prompt", "completion")
"""Which tokens can count."""

CENSORING = ("error", "skip", "bound")
"""What can be done about a token of which only a bound is known."""

STATUS, PART, ERROR, LIKELIEST = "status", "part", "error", "likeliest"
"""The names of a batch's aligned arrays: what a token's number is, where the token stands, where numbers are
quantised, how far each may be off, and where that is asked for, a number for the most probable token of each
place, 0 where nobody knows it."""

STEP = 2.0**-40
"""Bounds of errors are added up in whole numbers of it."""

SCORED, FIRST, MISSING, CENSORED = range(4)
"""A log-probability; none, at a document's first token, which nothing comes before; none at another token;
none but a bound of it, or NaN where there is no bound."""

_LEAVE_OUT = Way("leave it out", (("--censored", "skip"),))
_BOUND = Way("a bound of it", (("--censored", "bound"),))
"""What can be done about a token of which only a bound is known; not where there is none."""

UNKNOWN, PROMPT, COMPLETION = -1, 0, 1

_UNITS = {"token": "tokens", "byte": "bytes", "word": "words"}
"""The name of the aligned array that says how many of them an element has; NaN where nobody knows."""

_DIVISORS = {
    "token": "scored tokens",
    "document": "documents",
    "byte": "UTF-8 bytes",
    "word": "words",
}


@record(frozen=True, kw_only=True)
class ScoredTokens(Loss):
    """-log p of each token that counts.

    Attributes:
        input_is: "token-logprobs".
        per: what the mean is divided by: the number of tokens, of documents, of bytes or of words that count.
        score: whether the tokens of the prompt count, those of the completion, or all.
        censored: what is done about a token of which only a bound is known: refuse it, leave it out, or take
            the bound, which makes the loss a lower bound.

    """

    input_is: str = "token-logprobs"
    per: str = "token"
    score: str = "all"
    censored: str = "error"

    per_class: ClassVar[bool] = False
    predicts: ClassVar[str] = "log p of a token"
    drawn_targets: ClassVar[Mapping[str, float]] = {"": 0.0}
    gives_perplexity: ClassVar[bool] = True
    predictions_are: ClassVar[str] = "the scores of tokens"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (
            ("input_is", ("token-logprobs",)),
            ("per", PER),
            ("score", PARTS),
            ("censored", CENSORING),
        ):
            value = getattr(self, name)
            if value not in known:
                raise UsageError(f"Expected {name} {', '.join(known)}, got {value!r}.")

    def canonical(self, batch: Batch) -> Batch:
        return batch

    def _terms(self, batch: Batch, note: Note) -> Terms:
        left_out = self._left_out(batch)
        self._refuse_censored(batch, left_out)
        x = note.term("log p", "given", batch.input.astype(self.dtype, copy=False))
        note.term("p", "exp log p", np.exp(x))
        loss = np.where(left_out, x.dtype.type(0), -x)
        note.term("loss", "-log p", loss)
        note.gradient("-1", lambda: np.where(left_out, x.dtype.type(0), x.dtype.type(-1)))
        share = self._share(batch, left_out)
        if self.per != "token":
            note.term("share", f"{_DIVISORS[self.per]} of the divisor", share)
        return Terms(loss, share, _DIVISORS[self.per], left_out)

    def _left_out(self, batch: Batch) -> Array:
        """Which tokens do not count, shape (elements,) of bool."""
        status = batch.aligned[STATUS]
        left_out: Array = ~self._in_part(batch) | (status == FIRST) | (status == MISSING)
        return left_out | (status == CENSORED) if self.censored == "skip" else left_out

    def _in_part(self, batch: Batch) -> Array:
        """Which tokens stand in the part that counts."""
        part = batch.aligned[PART]
        if self.score == "all":
            return np.ones(len(part), bool)
        unknown = np.flatnonzero(part == UNKNOWN)
        if unknown.size:
            raise InputError(
                f"expected to know where the {self.score} is, got tokens of prompt and completion together",
                hint="the dump does not say how many tokens the prompt has",
                ways=(Way("both", (("--score", "all"),)),),
                element=int(unknown[0]),
            )
        found: Array = part == (PROMPT if self.score == "prompt" else COMPLETION)
        return found

    def _refuse_censored(self, batch: Batch, left_out: Array) -> None:
        censored = (batch.aligned[STATUS] == CENSORED) & ~left_out
        if self.censored == "error" and censored.any():
            bound = [] if np.isnan(batch.input[censored]).any() else [_BOUND]
            raise InputError(
                "expected a log-probability, got -9999: the token is not among those that were listed",
                ways=(_LEAVE_OUT, *bound),
                element=int(np.flatnonzero(censored)[0]),
            )
        unbounded = np.flatnonzero(censored & np.isnan(batch.input))
        if self.censored == "bound" and unbounded.size:
            raise InputError(
                "expected other tokens with their log-probabilities, which bound that of the token, got none",
                ways=(_LEAVE_OUT,),
                element=int(unbounded[0]),
            )

    def _share(self, batch: Batch, left_out: Array) -> Array:
        """Each token's part of the divisor, shape (elements,), 0 where it does not count."""
        if self.per == "document":
            share = np.zeros(len(left_out), self.dtype)
            counted = np.flatnonzero(~left_out)
            rows = batch.places(counted)[0]
            share[counted[np.flatnonzero(np.diff(rows, prepend=-1))]] = 1
            return share
        unit = _UNITS[self.per]
        if unit not in batch.aligned:
            return (~left_out).astype(self.dtype)
        share = np.where(left_out, 0, batch.aligned[unit]).astype(self.dtype, copy=False)
        unknown = np.flatnonzero(np.isnan(share))
        if unknown.size:
            raise InputError(
                f"expected to know how many {unit} are scored here, got data that does not say it",
                ways=tuple(Way("", (("--per", other),)) for other in self._known(batch, int(unknown[0]))),
                element=int(unknown[0]),
            )
        return share

    def _known(self, batch: Batch, element: int) -> list[str]:
        """The units that are known of an element."""
        known = [
            per
            for per, unit in _UNITS.items()
            if unit not in batch.aligned or not np.isnan(batch.aligned[unit][element])
        ]
        return [*known, "document"]

    def computable(self, batch: Batch) -> Batch | None:
        try:
            self._share(batch, self._left_out(batch))
            self._refuse_censored(batch, self._left_out(batch))
        except InputError:
            return None
        return batch

    def sizes(self, batch: Batch, terms: Terms) -> Counter[str]:
        """How many tokens, documents, bytes and words count, and of how many elements they are not known."""
        counted = np.flatnonzero(~terms.ignored) if terms.ignored is not None else np.arange(terms.loss.size)
        found = Counter({"documents": len(np.unique(batch.places(counted)[0]))})
        for unit in _UNITS.values():
            if unit not in batch.aligned:
                found[unit] = len(counted)
                continue
            values = batch.aligned[unit][counted]
            unknown = np.isnan(values)
            found[unit] = int(values[~unknown].sum())
            found[f"without {unit}"] = int(np.count_nonzero(unknown))
        if ERROR in batch.aligned:
            found["error"] = int(np.ceil(batch.aligned[ERROR][counted] / STEP).sum())
        return found

    def violation(self, batch: Batch) -> Violation | None:
        where = (batch.input > 0) & ~self._left_out(batch)
        if not where.any():
            return None
        value = float(batch.input[int(np.flatnonzero(where)[0])])
        because = ", which rounding does" if value <= ROUNDED else ""
        shown = shown_outside(value, -np.inf, 0.0)
        return Violation(where, f"Expected a log-probability of at most 0, got {shown}{because}.")

    def observe(self, batch: Batch) -> Counter[str]:
        status, inside = batch.aligned[STATUS], self._in_part(batch)
        found = Counter(
            {
                name: int(np.count_nonzero((status == kind) & inside))
                for name, kind in (
                    ("first-token", FIRST),
                    ("missing-score", MISSING),
                    ("censored", CENSORED),
                )
            }
        )
        scored = inside & (status == SCORED)
        found["certain"] = int(np.count_nonzero(scored & (batch.input == 0)))
        found["positive"] = int(np.count_nonzero(scored & (batch.input > 0)))
        for name, part in (("prompt-tokens", PROMPT), ("completion-tokens", COMPLETION)):
            found[name] = int(np.count_nonzero(scored & (batch.aligned[PART] == part)))
        return +found

    def predicting(self, values: Array, target: float, classes: int) -> Batch:
        raise UsageError("Expected a loss of classes or answers for a curve, got one of scored tokens.")

    def predicted(self, batch: Batch) -> Array:
        found: Array = np.exp(batch.input.astype(np.float64))
        return found

    def target_of(self, batch: Batch, element: int) -> Any:
        found = batch.target[element]
        return found if isinstance(found, str) else int(found)
