"""Which way of averaging scored tokens gives a number that somebody else got.

A hypothesis says which tokens are taken, what they are averaged over, what the sum is divided by and in
which unit it is told; each that is not the plain one is a deviation.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.losses.scored_tokens import CENSORED, FIRST, MISSING, PART, PROMPT, SCORED, STATUS
from celoss_cli.studies.reconcile.outcome import Hit, Search, gives, needed
from celoss_cli.studies.reconcile.reconciliation import Deviation, Match, Reconciliation

if TYPE_CHECKING:
    from celoss_cli.core.data import Source
    from celoss_cli.studies.reconcile.outcome import Run
    from celoss_cli.studies.reconcile.reconciliation import Stated

__all__ = ["TokenProblem", "reconcile_tokens", "token_problem_of"]

_BATCHES = (2, 4, 8, 16, 32, 64, 128)
_CENSORED_AS = -9999.0
_LOSS = "nll_loss"
_READING = "scored tokens"


@record(frozen=True, slots=True)
class TokenProblem:
    """The tokens of all documents, in memory.

    Attributes:
        logprobs, status, part: shape (tokens,), as batches have them.
        units: how many tokens, bytes and words each is, NaN where nobody knows.
        document: shape (tokens,), the document of each, ascending.
        documents: how many.

    """

    logprobs: Array
    status: Array
    part: Array
    units: Mapping[str, Array]
    document: Array
    documents: int


@record(frozen=True, slots=True)
class _Choice:
    """One answer to one of the questions.

    Attributes:
        deviation: what it is, or None for the plain one.
        formula: a part of the formula.
        options: that a command gives it with, or None where none does.
        by_hand: what is done to the command's result.
        has_unit: whether it gives a perplexity already.
        of: what it computes.

    """

    deviation: Deviation | None
    formula: str
    options: tuple[str, ...] | None
    of: Any
    by_hand: str = ""
    has_unit: bool = False


def token_problem_of(batches: Iterable[Batch | Chunk], place: str) -> TokenProblem:
    """All documents of a data set.

    Raises:
        InputError: for data without tokens.

    """
    found = [batch.read() if isinstance(batch, Chunk) else batch for batch in batches]
    ends = np.cumsum([len(batch) for batch in found])
    if not found or not sum(batch.input.size for batch in found):
        raise InputError("expected scored tokens, got none", place=place)
    size = [batch.input.size for batch in found]
    return TokenProblem(
        np.concatenate([batch.input for batch in found]),
        np.concatenate([batch.aligned[STATUS] for batch in found]),
        np.concatenate([batch.aligned[PART] for batch in found]),
        {
            unit: np.concatenate(
                [batch.aligned.get(unit, np.ones(count)) for batch, count in zip(found, size, strict=True)]
            )
            for unit in ("tokens", "bytes", "words")
        },
        np.concatenate(
            [
                batch.places(np.arange(count))[0] + (int(end) - len(batch))
                for batch, count, end in zip(found, size, ends, strict=True)
            ]
        ),
        int(ends[-1]),
    )


def _other(
    dimension: str,
    name: str,
    words: str,
    formula: str,
    options: tuple[str, ...] | None,
    of: Any,
    by_hand: str = "",
    has_unit: bool = False,
) -> _Choice:
    """An answer that is a deviation."""
    return _Choice(Deviation(dimension, name, words), formula, options, of, by_hand, has_unit)


# ------------------------------------------------------------------------------------ which tokens count


def _tokens(problem: TokenProblem) -> Iterator[_Choice]:
    """Choices of (log-probability of each token, whether it counts)."""
    other, x, status, part = partial(_other, "tokens"), problem.logprobs, problem.status, problem.part
    scored, censored = status == SCORED, status == CENSORED
    plain = np.where(scored, x, 0)
    skip = ("--censored", "skip") if censored.any() else ()
    left_out = " that are not censored" if censored.any() else ""
    yield _Choice(None, f"the scored tokens{left_out}", skip, (plain, scored))
    null = (status == FIRST) | (status == MISSING)
    if null.any():
        words, formula = (
            "tokens without a score counted as 0",
            "the scored tokens and those without a score as 0",
        )
        yield other("null-counted", words, formula, None, (plain, scored | null))
    if censored.any():
        words, formula = "-9999 taken for a log-probability", "all tokens, -9999 as it is"
        taken = np.where(censored, _CENSORED_AS, plain)
        yield other("censored-averaged", words, formula, None, (taken, scored | censored))
        if not np.isnan(x[censored]).any():
            words, formula = "the bound of censored tokens taken", "all tokens, bounds of censored ones"
            taken, options = np.where(censored, x, plain), ("--censored", "bound")
            yield other("censored-bound", words, formula, options, (taken, scored | censored))
    for name, where in (("prompt", part == PROMPT), ("completion", part > PROMPT)):
        if (scored & where).any() and not (scored & ~where == 0).all():
            words, options = f"only the tokens of the {name}", ("--score", name, *skip)
            yield other(name, words, f"the tokens of the {name}", options, (plain, scored & where))
    lasts = np.append(np.diff(problem.document) != 0, True)
    firsts = _first_scored(problem, scored)
    for name, words, where in (
        ("last-left-out", "the last token of each document left out", ~lasts),
        ("first-left-out", "the first scored token of each document left out", ~firsts),
        ("zeros-left-out", "scores of exactly 0 left out", x != 0),
    ):
        if (scored & ~where).any() and (scored & where).any():
            yield other(name, words, f"the scored tokens, {words}", None, (plain, scored & where))


def _first_scored(problem: TokenProblem, scored: Array) -> Array:
    at = np.flatnonzero(scored)
    first: Array = np.zeros(len(scored), bool)
    first[at[np.flatnonzero(np.diff(problem.document[at], prepend=-1))]] = True
    return first


# ------------------------------------------------------------------------------- what it is divided by


def _divisors(problem: TokenProblem, counted: Array) -> Iterator[_Choice]:
    """Choices of each token's share of the divisor."""
    other = partial(_other, "divisor")
    shares = {unit: np.where(counted, each, 0) for unit, each in problem.units.items()}
    known = {unit: not np.isnan(share).any() for unit, share in shares.items()}
    if known["tokens"]:
        yield _Choice(None, "the number of tokens", (), counted.astype(np.float64))
    first = _first_scored(problem, counted).astype(np.float64)
    words = "divided by the number of documents"
    yield other("document", words, "the number of documents", ("--per", "document"), first)
    for unit, per in (("bytes", "byte"), ("words", "word")):
        if known[unit]:
            found = other(
                per, f"divided by the number of {unit}", f"the number of {unit}", ("--per", per), shares[unit]
            )
            yield found if known["tokens"] else replace(found, deviation=None)
    if known["words"]:
        words = "divided by words and documents, as splitting at blanks counts an empty piece each"
        yield other(
            "words-and-one", words, "the number of words and of documents", None, shares["words"] + first
        )
    yield other("sum", "not divided at all", "1", ("--reduction", "sum"), None)


# ------------------------------------------------------------------------------- what is averaged, and how


def _averages(documents: int) -> Iterator[_Choice]:
    """Choices of a function from the sums and divisors of documents to one number."""
    yield _Choice(None, "sum / {}", (), lambda sums, shares: sums.sum() / shares.sum())
    if documents < 2:
        return
    other = partial(_other, "average")
    words = "the mean of each document averaged over documents"
    yield other("document-means", words, "mean over documents of (sum / {})", None, _of_each(np.mean))
    words, formula = (
        "the perplexity of each document averaged over documents",
        "mean over documents of exp(sum / {})",
    )
    perplexity = _of_each(lambda means: np.mean(np.exp(means)))
    yield other("document-perplexities", words, formula, None, perplexity, has_unit=True)
    words = "the median of the means of documents"
    yield other("document-medians", words, "median over documents of (sum / {})", None, _of_each(np.median))
    for size in _BATCHES:
        if size < documents:
            words = f"the means of batches of {size} documents averaged"
            formula = f"mean over batches of {size} documents of (sum / {{}})"
            yield other(f"batches-of-{size}", words, formula, None, _of_batches(size))


def _of_each(of: Callable[[Array], Any]) -> Callable[[Array, Array], float]:
    """A function of the means of documents, as one of their sums and divisors."""
    return lambda sums, shares: float(of(sums[shares > 0] / shares[shares > 0]))


def _of_batches(size: int) -> Callable[[Array, Array], float]:
    def average(sums: Array, shares: Array) -> float:
        starts = np.arange(0, len(sums), size)
        total, divisor = np.add.reduceat(sums, starts), np.add.reduceat(shares, starts)
        return float(np.mean(total[divisor > 0] / divisor[divisor > 0]))

    return average


_UNITS = (
    _Choice(None, "{}", (), lambda value: value),
    _other("unit", "bits", "bits", "({}) / ln 2", ("--base", "2"), lambda value: value / math.log(2)),
    _other("unit", "perplexity", "the perplexity, exp of it", "exp({})", (), math.exp, "exp of it"),
    _other(
        "unit",
        "power-of-2",
        "2 to the power of nats, a perplexity of bits that are none",
        "2 ^ ({})",
        (),
        lambda value: 2.0**value,
        "2 to its power",
    ),
    _other(
        "unit",
        "exp-of-bits",
        "exp of bits, a perplexity of nats that are none",
        "exp(({}) / ln 2)",
        ("--base", "2"),
        lambda value: math.exp(value / math.log(2)),
        "exp of it",
    ),
    _other(
        "unit",
        "negative",
        "the log-likelihood, without its sign changed",
        "-({})",
        (),
        lambda value: -value,
        "negated",
    ),
)

_BY_HAND: Mapping[str, Callable[[Array], Array]] = {
    "exp of it": np.exp,
    "2 to its power": np.exp2,
    "negated": np.negative,
}
"""What is done to a command's result, by its words."""


def _units_of(unit: str) -> list[_Choice]:
    """What the number may be told in: what it says itself is no deviation, and nats are one then."""
    names = ["nats", *(choice.deviation.name for choice in _UNITS if choice.deviation is not None)]
    if unit not in names:
        return list(_UNITS)
    nats = Deviation("unit", "nats", f"the number is in nats, no {unit}")
    first, *others = _UNITS
    return [
        replace(first, deviation=nats),
        *(
            replace(one, deviation=None) if name == unit else one
            for name, one in zip(names[1:], others, strict=True)
        ),
    ]


# ------------------------------------------------------------------------------------------ the search


def reconcile_tokens(
    problem: TokenProblem,
    stated: Stated,
    *,
    given: Mapping[str, Sequence[str]],
    source: Source,
    most: int,
    shown: int,
    run: Run | None = None,
) -> Reconciliation:
    """Searches for ways of averaging that give a number.

    Args:
        problem: the tokens.
        stated: the number and how far it is known.
        given: the words of a command line that read the same data.
        source: how the data was read.
        most: how many deviations are combined.
        shown: how many explanations are kept.
        run: as for ``reconcile``.

    """
    units = _units_of(stated.unit)
    search: Search[_Choice] = Search(stated, most)
    for one in _hypotheses(problem, units):
        count = len(one.deviations)
        if count <= most:
            search.remember(one.choices)
            search.take(None, [one.choices], count, np.array([one.value]))
            if not count and not search.plain:
                search.plain.append((_LOSS, _READING, one.value))
    hits = _needed(search.hits)
    told = [_explanation(hit, given, run) for hit in hits[:shown]]
    return search.concluded(hits, told, problem.documents, None, {**source, "conversions": [], "skipped": 0})


def _hypotheses(problem: TokenProblem, units: Sequence[_Choice]) -> Iterator[Hit[_Choice]]:
    averages = list(_averages(problem.documents))
    for tokens in _tokens(problem):
        logprobs, counted = tokens.of
        sums = np.bincount(problem.document, np.where(counted, -logprobs, 0), problem.documents)
        for divisor in _divisors(problem, counted):
            ways, parts, shares = averages, sums, _by_document(problem, divisor.of)
            if divisor.of is None:
                ways, parts = averages[:1], np.array([sums.sum()])
            if not shares.sum():
                continue
            for average, unit in product(ways, units):
                if average.has_unit and unit is not units[0]:
                    continue
                with np.errstate(all="ignore"):
                    try:
                        value = float(unit.of(average.of(parts, shares)))
                    except OverflowError:
                        value = math.inf
                told = _UNITS[0] if average.has_unit else unit
                yield Hit(None, (tokens, divisor, average, told), value)


def _by_document(problem: TokenProblem, share: Array | None) -> Array:
    """What each document is divided by; 1 for the whole where nothing is divided."""
    if share is None:
        return np.ones(1)
    return np.asarray(np.bincount(problem.document, share, problem.documents))


def _needed(hits: Sequence[Hit[_Choice]]) -> list[Hit[_Choice]]:
    """The hits that need all of their deviations, the fewest first; one for each set of deviations."""
    fewest = sorted(hits, key=lambda hit: len(hit.deviations))
    alike = {hit.key: hit for hit in reversed(fewest)}
    return [hit for hit in needed(fewest) if alike[hit.key] is hit]


def _explanation(found: Hit[_Choice], given: Mapping[str, Sequence[str]], run: Run | None) -> Match:
    tokens, divisor, average, unit = found.choices
    formula = unit.formula.format(average.formula.format(divisor.formula)) + f", over {tokens.formula}"
    words: list[str] | None = ["celoss", "nll"]
    for choice in found.choices:
        words = None if words is None or choice.options is None else [*words, *choice.options]
    command = None
    if words is not None:
        command = shlex.join([*words[:2], *(word for part in given.values() for word in part), *words[2:]])
    by_hand = tuple(choice.by_hand for choice in found.choices if choice.by_hand)
    if run and command and not gives(run(command), found.value, [_BY_HAND[words] for words in by_hand]):
        command = None
    return Match(
        loss=_LOSS,
        reading=_READING,
        deviations=found.deviations,
        value=found.value,
        formula=formula,
        command=command,
        afterwards=by_hand,
    )
