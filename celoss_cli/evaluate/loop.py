"""The one loop that turns batches into totals, with its thread pool."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Batch, Chunk, NamedTerms, Row, Tally, Terms, Workings
from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.core.trace import Recorder
from celoss_cli.evaluate.kinds import FirstRows, oddities
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.base import SAMPLE_WEIGHT, rows_out_of_domain
from celoss_cli.losses.pieces import Placed, name_of, of_pieces

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.core.spool import Spool
    from celoss_cli.evaluate.collect import Collected
    from celoss_cli.evaluate.details import Details
    from celoss_cli.evaluate.largest import Elements
    from celoss_cli.evaluate.scores import Totals
    from celoss_cli.evaluate.survey import Survey
    from celoss_cli.losses.base import Loss

__all__ = ["Evaluation", "Request", "evaluate", "row_of"]

_LEAST_BLOCK_VALUES = 1 << 15
"""Every loss computes so many values of its input in one block, with one recorded value for each step."""

_MOST_OF_A_ROW = 12
"""So many elements are shown of a row that has a number of them of its own."""

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
        jobs: worker threads.

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
    jobs: int = 1


class Rows(Iterable[Row]):
    """Every element of a data set in order; long ones wait in a temporary file.

    Attributes:
        with_gradient: whether elements are kept with their gradient.
        scale: what gradients are multiplied by to be those of the result, once its denominator is known.
        length: of the array of losses: the rows, or the elements where rows differ in their number.

    """

    def __init__(self, loss: Loss) -> None:
        self.with_gradient = False
        self.scale = 1.0
        self.length = 0
        self._loss = loss
        self._spool: Spool | None = None
        self._parts = 0

    def add(self, batch: Batch, terms: Terms, details: Details | None = None) -> None:
        """Appends the elements of a canonical batch."""
        ids = None if batch.ids is None else list(batch.ids)
        kept = (batch.start, batch.shape, ids, batch.input.shape, batch.target, batch.offsets, terms, details)
        if self._spool is None:
            from celoss_cli.core.spool import Spool  # most runs keep no element

            self._spool = Spool()
        pickle.dump(kept, self._spool.written, pickle.HIGHEST_PROTOCOL)
        self._parts += 1
        self.length += len(batch) if batch.offsets is None else len(terms.loss)
        self.with_gradient |= details is not None and details.gradient is not None

    def __iter__(self) -> Iterator[Row]:
        for batch, terms, _ in self._kept():
            for element in range(terms.loss.size):
                yield row_of(self._loss, batch, terms, element)

    def by_column(self) -> Iterator[NamedTerms]:
        """The elements in order, as many at a time as were computed together."""
        from celoss_cli.evaluate.rows import named_terms

        for batch, terms, details in self._kept():
            yield named_terms(self._loss, batch, terms, details, self.scale)

    def losses(self) -> Iterator[Array]:
        """The losses batch by batch, shape (rows, ...) float64; flat where rows differ in their elements."""
        for batch, terms, _ in self._kept():
            yield terms.loss.astype(np.float64).reshape(_extents(batch))

    def gradients(self) -> Iterator[Array]:
        """The gradient of the result batch by batch, of the shape of the input with its classes second."""
        for batch, _, details in self._kept():
            if details is not None and details.gradient is not None:
                slopes = (details.gradient * self.scale).reshape(*_extents(batch), -1)
                slopes = np.moveaxis(slopes, -1, 1)
                yield slopes[:, 0] if details.gradient.ndim == 1 else slopes

    def _kept(self) -> Iterator[tuple[Batch, Terms, Details | None]]:
        if self._spool is None:
            return
        file = self._spool.read()
        for _ in range(self._parts):
            kept = pickle.load(file)  # noqa: S301 - our own
            start, shape, ids, extents, target, offsets, terms, details = kept
            input = np.broadcast_to(0.0, extents)
            yield Batch(input, target, shape=shape, start=start, ids=ids, offsets=offsets), terms, details


def _extents(batch: Batch) -> tuple[int, ...]:
    """Those of an array of the elements, which is flat where rows differ in their number."""
    return (len(batch), *batch.shape) if batch.offsets is None else (int(batch.offsets[-1]),)


@record(slots=True)
class Evaluation:
    """The outcome: totals, the shown elements, and what was noticed.

    Attributes:
        counted: oddities of all rows, with how many rows or elements show them.
        first: what the first rows look like.
        facts: oddities of the options and of the data as a whole, which are there or not.
        sizes: how much is counted in other units than elements, where the loss knows any.
        scores: what the scores are made of, where they were asked for.
        first_infinite: the first row whose loss is infinite, by its number and name; "" where none is.
        of_rows: the totals of the rows whose elements are shown, where rows differ in their number of
        elements.

    """

    rows: Rows
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
    infinite: str
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
    result = Evaluation(Rows(loss), collected=_nothing_yet(request.wanted))
    dimensions: int | None = None
    for part in of_pieces(lambda piece: _part(loss, piece, request), loss, batches, request.jobs):
        if dimensions is None:
            result.labels, result.conversions = part.batch.labels, part.batch.conversions
            result.sample_weights = SAMPLE_WEIGHT in part.batch.aligned
            dimensions = part.batch.dimensions
        result.classes = _classes(loss, part.batch, result.classes)
        if request.show or request.show_row is not None:
            _show(loss, part.batch, request, result)
        result.tally += part.tally
        result.weight_is = part.weight_is
        _join(part, request.wanted, result)
        result.skipped += part.batch.skipped
        result.first_infinite = result.first_infinite or part.infinite
        result.facts |= part.batch.facts
        if part.terms is not None:
            if keep is not None:
                keep(part.batch, part.terms)
            if keep is None or part.details is not None:
                result.rows.add(part.batch, part.terms, part.details)
    if dimensions is not None:
        loss.verify(result.tally.rows, dimensions)
    if result.collected is not None:
        for found in result.collected.worst.sorted(request.wanted.worst):
            result.worst.extend(_workings_of_worst(loss, found, request))
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
    """Adds what was collected of one more part."""
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
    with Placed(batch):
        if request.strict:
            _check_domain(loss, batch, request)
        terms, wanted = loss.terms(batch), request.wanted
        decisions = loss.decisions(batch) if request.scores or wanted.confusion else None
        collected = _collected(loss, batch, terms, wanted, decisions) if wanted.anything else None
    return _Part(
        batch=batch,
        terms=terms if request.keep else None,
        tally=Tally.of(terms, len(batch)),
        weight_is=terms.weight_is,
        collected=collected,
        counted=_count_oddities(loss, batch, request) if request.strict else Counter(),
        first=FirstRows.of(loss, batch) if request.strict and not request.survey else None,
        survey=_surveyed(loss, batch) if request.survey else None,
        details=_details(loss, batch, terms, request),
        scores=_scored(loss, batch, terms, decisions, request.top) if request.scores else None,
        infinite=_first_infinite(batch, terms),
        sizes=loss.sizes(batch, terms),
    )


def _first_infinite(batch: Batch, terms: Terms) -> str:
    """The first row of a batch whose loss is infinite; "" where none is."""
    if not np.isinf(terms.loss.max(initial=-np.inf)):
        return ""
    rows, _ = batch.places(np.flatnonzero(np.isposinf(terms.loss))[:1])
    if not len(rows):
        return ""
    row = int(rows[0])
    return f"row {batch.start + row}" + ("" if batch.ids is None else f" (id {batch.ids[row]})")


def _nothing_yet(wanted: Wanted) -> Collected | None:
    if not wanted.anything:
        return None
    from celoss_cli.evaluate.collect import Collected  # most runs want the totals alone

    return Collected()


def _collected(
    loss: Loss, batch: Batch, terms: Terms, wanted: Wanted, decisions: tuple[Array, Array] | None
) -> Collected:
    from celoss_cli.evaluate.collect import collect

    return collect(loss, batch, terms, wanted, decisions)


def _details(loss: Loss, batch: Batch, terms: Terms, request: Request) -> Details | None:
    if not (request.keep and (request.predictions or request.gradient)):
        return None
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


def _check_domain(loss: Loss, batch: Batch, request: Request) -> None:
    if request.allow_out_of_domain:
        return
    odd = rows_out_of_domain(batch)
    if odd.size:
        row = int(odd[0])
        weights = batch.rows(row, row + 1).aligned[SAMPLE_WEIGHT].reshape(-1)
        weight = weights[np.flatnonzero(~((weights >= 0) & (weights < np.inf)))[0]]
        fact = f"Expected a sample weight that is finite and at least 0, got {weight:g}."
        raise InputError(fact, hint=_ANYWAY, place=batch.place(int(odd[0])))
    outside = loss.violation(batch)
    if outside:
        element = int(np.flatnonzero(outside.where)[0])
        raise InputError(
            outside.fact, hint=_ANYWAY, ways=outside.ways, element=element, in_input=outside.in_input
        )


def _count_oddities(loss: Loss, batch: Batch, request: Request) -> Counter[str]:
    seen = Counter() if request.survey else oddities(loss, batch)
    outside = loss.violation(batch)
    if outside:
        seen["out-of-domain"] = int(np.count_nonzero(outside.where))
    return +(seen if request.survey else seen + Counter(batch.told))


def row_of(loss: Loss, batch: Batch, terms: Terms, element: int) -> Row:
    """One element of a canonical batch with its name, target, loss and weight."""
    row, index = name_of(batch, element)
    return Row(
        row=batch.start + row,
        index=index,
        id=None if batch.ids is None else batch.ids[row],
        target=loss.target_of(batch, element),
        loss=float(terms.loss[element]),
        weight=float(terms.weight[element]),
        ignored=terms.ignored is not None and bool(terms.ignored[element]),
    )


def _show(loss: Loss, batch: Batch, request: Request, result: Evaluation) -> None:
    """Recomputes the elements to be shown, one by one, with a recorder listening."""
    for row, position in _shown(batch, request, len(result.workings)):
        if batch.offsets is not None and position == 0:
            whole = batch.rows(row, row + 1)
            result.of_rows[batch.start + row] = Tally.of(loss.terms(whole), 1)
        place = (batch.start + row, name_of(batch, batch.element(row, position))[1])
        single = batch.elements(np.array([row]), np.array([position]))
        workings, tally = _workings(loss, single, [place], request)
        result.workings += workings
        result.shown += tally


def _shown(batch: Batch, request: Request, before: int) -> Iterator[tuple[int, int]]:
    """The elements of a batch that are shown, each by its row and its position there.

    Of rows that differ in their size, all elements of the first rows are shown, up to a number; of others the
    first elements.
    """
    if request.show_row is not None:
        row = request.show_row - batch.start
        if 0 <= row < len(batch):
            most = _MOST_OF_A_ROW if batch.offsets is not None else max(1, request.show)
            yield from ((row, position) for position in range(min(batch.size_of(row), most)))
    elif batch.offsets is not None:
        for row in range(min(len(batch), max(0, request.show - batch.start))):
            yield from ((row, position) for position in range(min(batch.size_of(row), _MOST_OF_A_ROW)))
    else:
        width = batch.elements_per_row
        for element in range(min(request.show - before, len(batch) * width)):
            yield divmod(element, max(1, width))


def _workings(
    loss: Loss, elements: Batch, places: Sequence[tuple[int, tuple[int, ...]]], request: Request
) -> tuple[list[Workings], Tally]:
    """Elements of one block, computed once more with a recorder listening.

    Args:
        loss: with its options.
        elements: canonical, each a row of its own, so few that the loss computes them together.
        places: the row of each in the data set, and its index within the row.
        request: says whether the gradient is wanted.

    """
    recorder = Recorder(with_gradient=request.gradient)
    terms = loss.terms(elements, recorder)
    found = []
    for at, (row, index) in enumerate(places):
        named = replace(row_of(loss, elements, terms, at), row=row, index=index)
        steps = tuple(replace(step, value=step.value[..., at]) for step in recorder.steps)
        found.append(Workings(named, steps, loss.gathered(elements, at)))
    return found, Tally.of(terms, 0)


def _workings_of_worst(loss: Loss, found: Elements, request: Request) -> Iterator[Workings]:
    """The workings of the elements with the largest losses, in their order."""
    step = max(1, _LEAST_BLOCK_VALUES // max(1, found.batch.input[:1].size))
    for start in range(0, len(found), step):
        part = np.arange(start, min(start + step, len(found)))
        elements = found.batch.elements(part, np.zeros_like(part))
        yield from _workings(loss, elements, [found.place(at) for at in part.tolist()], request)[0]
