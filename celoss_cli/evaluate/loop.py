"""The one loop that turns batches into totals, with its thread pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Batch, Chunk, Tally, Terms
from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record, replace
from celoss_cli.evaluate.kinds import FirstRows, oddities
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.base import SAMPLE_WEIGHT, rows_out_of_domain
from celoss_cli.losses.pieces import of_pieces, placed

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Source
    from celoss_cli.evaluate.collect import Collected
    from celoss_cli.evaluate.details import Details
    from celoss_cli.evaluate.rows import Rows
    from celoss_cli.evaluate.scores import Totals
    from celoss_cli.evaluate.survey import Survey
    from celoss_cli.evaluate.workings import Workings
    from celoss_cli.losses.base import Loss

__all__ = ["Evaluation", "Request", "evaluate", "refuse_odd_weights"]

_ANYWAY = "--allow-out-of-domain computes it anyway"


@record(frozen=True, slots=True)
class Request:
    """What is asked of a computation beyond its total.

    Attributes:
        strict: refuse values outside the loss's domain, and count oddities for findings.
        allow_out_of_domain: count those values instead of refusing them.
        show: how many of the first elements get their workings.
        show_row: show the workings of this row instead.
        gradient: compute the gradient of the shown elements.
        keep: keep every element's row.
        predictions: keep with it what was predicted.
        wanted: what is collected beside the totals.
        scores: count how often predictions are right, and how often each outcome occurs.
        top: among how many of the likeliest outcomes one is looked for, 0 for not at all.
        survey: look at every row for findings, not only at the first ones.
        jobs: worker threads, None for as many as are of use.

    """

    strict: bool = False
    allow_out_of_domain: bool = False
    show: int = 0
    show_row: int | None = None
    gradient: bool = False
    keep: bool = False
    predictions: bool = False
    wanted: Wanted = Wanted()
    scores: bool = False
    top: int = 0
    survey: bool = False
    jobs: int | None = 1

    @property
    def details(self) -> bool:
        """Whether more is kept of an element than its loss."""
        return self.keep and (self.predictions or self.gradient)


@record(slots=True)
class Evaluation:
    """The outcome: totals, the shown elements, and what was noticed.

    Attributes:
        counted: oddities of all rows, with how many rows or elements show them.
        rows: every element, where they were kept.
        first: what the first rows look like.
        facts: oddities of the options and of the data as a whole, which are there or not.
        sizes: how much is counted in other units than elements, where the loss knows any.
        scores: what the scores are made of, where they were asked for.
        first_infinite, first_nan: the first row whose loss is infinite or NaN, by its number and name; ""
        where none is.
        of_rows: the totals of the rows whose elements are shown, where rows differ in their number of
        elements.

    """

    rows: Rows | None = None
    tally: Tally = Tally()
    shown: Tally = Tally()
    weight_is: str = ""
    classes: int | None = None
    scores: Totals | None = None
    workings: list[Workings] = field(default_factory=list)
    worst: list[Workings] = field(default_factory=list)
    collected: Collected | None = None
    counted: Counter[str] = field(default_factory=Counter)
    first_infinite: str = ""
    first_nan: str = ""
    first: FirstRows = field(default_factory=FirstRows)
    facts: set[str] = field(default_factory=set)
    sizes: Counter[str] = field(default_factory=Counter)
    of_rows: dict[int, Tally] = field(default_factory=dict)
    survey: Survey | None = None
    sample_weights: bool = False
    skipped: int = 0
    labels: Sequence[str] | None = None
    conversions: tuple[str, ...] = ()

    @property
    def seen(self) -> Counter[str]:
        """All oddities with their counts."""
        return self.counted + self.first.total() + Counter(dict.fromkeys(self.facts, 1))

    def described(self, source: Source) -> Source:
        """Where the data comes from, with how its targets and its rows were read."""
        return {**source, "conversions": list(self.conversions), "skipped": self.skipped}


@record(frozen=True, slots=True)
class _Part:
    """What was computed of one canonical batch."""

    batch: Batch
    terms: Terms | None
    tally: Tally
    weight_is: str
    collected: Collected | None
    counted: Counter[str]
    first: FirstRows | None
    survey: Survey | None
    details: Details | None
    scores: Totals | None
    nonfinite: tuple[str, str]
    sizes: Counter[str]


def evaluate(
    loss: Loss,
    batches: Iterable[Batch | Chunk],
    request: Request,
    keep: Callable[[Batch, Terms], None] | None = None,
) -> Evaluation:
    """Computes ``loss`` over ``batches``; the totals are the same bits for any cutting and job count.

    Args:
        loss: with its options.
        batches: of one data set, in order.
        request: what is asked beyond the totals.
        keep: takes the canonical batches and their terms, where they are kept elsewhere than in ``rows``.

    Raises:
        InputError: with its place, for the first element in order that cannot be computed.

    """
    result = Evaluation(collected=_nothing_yet() if request.wanted.anything else None)
    dimensions: int | None = None
    for part in of_pieces(lambda piece: _part(loss, piece, request), loss, batches, request.jobs):
        if dimensions is None:
            result.labels, result.conversions = part.batch.labels, part.batch.conversions
            result.sample_weights = SAMPLE_WEIGHT in part.batch.aligned
            dimensions = part.batch.dimensions
        result.classes = _classes(loss, part.batch, result.classes)
        if request.show or request.show_row is not None:
            _show(loss, part.batch, request, result)
        _join(part, request.wanted, result)
        if part.terms is not None and keep is not None:
            keep(part.batch, part.terms)
        if part.terms is not None and (keep is None or part.details is not None):
            _keep(loss, part.batch, part.terms, part.details, result)
    if dimensions is not None:
        loss.verify(result.tally.rows, dimensions)
    if result.collected is not None:
        for found in result.collected.worst.sorted(request.wanted.worst):
            from celoss_cli.evaluate.workings import workings_of_worst

            result.worst.extend(workings_of_worst(loss, found, gradient=request.gradient))
    return result


def _classes(loss: Loss, batch: Batch, before: int | None) -> int | None:
    """The number of classes, the same in all batches unless rows are padded to a common one.

    Raises:
        InputError: for a batch with fewer or more.

    """
    found = loss.classes(batch)
    if before is None or found is None or found == before:
        return found
    if not batch.padded:
        place = (batch.input_place or batch.place)(0)
        raise InputError(f"expected {before} classes as in the rows before, got {found}", place=place)
    return max(before, found)


def _join(part: _Part, wanted: Wanted, result: Evaluation) -> None:
    """Adds what was computed of one more part."""
    result.tally += part.tally
    result.weight_is = part.weight_is
    result.skipped += part.batch.skipped
    infinite, nan = part.nonfinite
    result.first_infinite, result.first_nan = result.first_infinite or infinite, result.first_nan or nan
    result.facts |= part.batch.facts
    result.counted += part.counted
    if part.scores is not None:
        result.scores = part.scores if result.scores is None else result.scores + part.scores
    result.sizes += part.sizes
    if part.first is not None:
        result.first = result.first + part.first if len(result.first) else part.first
    if result.collected is not None and part.collected is not None:
        result.collected = result.collected.joined(part.collected, wanted)
    if part.survey is not None:
        result.survey = part.survey if result.survey is None else result.survey + part.survey


def _part(loss: Loss, batch: Batch, request: Request) -> _Part:
    with placed(batch):
        counted = _oddities(loss, batch, request) if request.strict else Counter[str]()
        terms, wanted = loss.terms(batch), request.wanted
        if request.strict and (overflowed := _overflowed(loss, batch, terms)):
            counted["overflowed-product"] = overflowed
        decisions = loss.decisions(batch) if request.scores or wanted.confusion else None
        collected = _collected(loss, batch, terms, wanted, decisions) if wanted.anything else None
    return _Part(
        batch=batch,
        terms=terms if request.keep else None,
        tally=Tally.of(terms, len(batch)),
        weight_is=terms.weight_is,
        collected=collected,
        counted=counted,
        first=FirstRows.of(loss, batch) if request.strict and not request.survey else None,
        survey=_surveyed(loss, batch) if request.survey else None,
        details=_details(loss, batch, terms, request) if request.details else None,
        scores=_scored(loss, batch, terms, decisions, request.top) if request.scores else None,
        nonfinite=_first_nonfinite(batch, terms),
        sizes=loss.sizes(batch, terms),
    )


def _overflowed(loss: Loss, batch: Batch, terms: Terms) -> int:
    """How many finite losses of a batch the weights of their rows made infinite."""
    if SAMPLE_WEIGHT not in batch.aligned or terms.loss.max(initial=-np.inf) < np.inf:  # which NaN is not
        return 0
    aligned = {name: values for name, values in batch.aligned.items() if name != SAMPLE_WEIGHT}
    plain = loss.terms(replace(batch, aligned=aligned))
    return int(np.count_nonzero(np.isposinf(terms.loss) & np.isfinite(plain.loss)))


def _first_nonfinite(batch: Batch, terms: Terms) -> tuple[str, str]:
    """The first row of a batch whose loss is infinite, and the first whose is NaN; "" where none is."""
    if terms.loss.max(initial=-np.inf) < np.inf:  # which NaN is not
        return "", ""
    return _first(batch, np.isposinf(terms.loss)), _first(batch, np.isnan(terms.loss))


def _first(batch: Batch, where: Array) -> str:
    """The row of the first of some elements, by its number and name; "" for none."""
    rows, _ = batch.places(np.flatnonzero(where)[:1])
    if not len(rows):
        return ""
    row = int(rows[0])
    return f"row {batch.start + row}" + ("" if batch.ids is None else f" (id {batch.ids[row]})")


def _nothing_yet() -> Collected:
    from celoss_cli.evaluate.collect import Collected  # most runs want the totals alone

    return Collected()


def _collected(
    loss: Loss, batch: Batch, terms: Terms, wanted: Wanted, decisions: tuple[Array, Array] | None
) -> Collected:
    from celoss_cli.evaluate.collect import collect

    return collect(loss, batch, terms, wanted, decisions)


def _details(loss: Loss, batch: Batch, terms: Terms, request: Request) -> Details:
    from celoss_cli.evaluate.details import details_of  # most runs want the losses alone

    return details_of(loss, batch, terms, predictions=request.predictions, gradient=request.gradient)


def _scored(
    loss: Loss, batch: Batch, terms: Terms, decisions: tuple[Array, Array] | None, top: int
) -> Totals:
    from celoss_cli.evaluate.scores import totals_of  # a run that prints the number alone wants none

    return totals_of(loss, batch, terms, decisions, top)


def _surveyed(loss: Loss, batch: Batch) -> Survey:
    from celoss_cli.evaluate.survey import survey

    return survey(loss, batch)


def _show(loss: Loss, batch: Batch, request: Request, result: Evaluation) -> None:
    """Adds the elements of a batch that are to be shown."""
    from celoss_cli.evaluate.workings import shown  # a run that prints the number alone shows none

    found = shown(
        loss,
        batch,
        show=request.show,
        row=request.show_row,
        before=len(result.workings),
        gradient=request.gradient,
    )
    result.workings += found.workings
    result.shown += found.tally
    result.of_rows.update(found.of_rows)


def _keep(loss: Loss, batch: Batch, terms: Terms, details: Details | None, result: Evaluation) -> None:
    """Keeps every element of a batch."""
    from celoss_cli.evaluate.rows import Rows

    result.rows = result.rows or Rows(loss)
    result.rows.add(batch, terms, details)


def _oddities(loss: Loss, batch: Batch, request: Request) -> Counter[str]:
    """How many rows or elements of a batch show each oddity; a survey counts most of them itself.

    Raises:
        InputError: for the first value outside the domain of the loss, unless these are allowed.

    """
    outside = loss.violation(batch)
    if not request.allow_out_of_domain:
        refuse_odd_weights(batch, hint=_ANYWAY)
    if outside and not request.allow_out_of_domain:
        element = int(np.flatnonzero(outside.where)[0])
        raise InputError(
            outside.fact, hint=_ANYWAY, ways=outside.ways, element=element, in_input=outside.in_input
        )
    seen = Counter[str]() if request.survey else oddities(loss, batch)
    seen["out-of-domain"] = 0 if outside is None else int(np.count_nonzero(outside.where))
    return +seen


def refuse_odd_weights(batch: Batch, hint: str = "") -> None:
    """Refuses weights of rows that are negative or not finite; ``hint`` is the way out.

    Raises:
        InputError: for the first one.

    """
    odd = rows_out_of_domain(batch)
    if not odd.size:
        return
    row = int(odd[0])
    weights = batch.rows(row, row + 1).aligned[SAMPLE_WEIGHT].reshape(-1)
    weight = weights[np.flatnonzero(~((weights >= 0) & (weights < np.inf)))[0]]
    fact = f"Expected a sample weight that is finite and at least 0, got {weight:g}."
    raise InputError(fact, hint=hint, place=batch.place(row))
