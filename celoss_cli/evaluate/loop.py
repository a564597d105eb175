"""The one loop that turns batches into totals, with its thread pool."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field, replace
from typing import IO, TYPE_CHECKING, TypeVar

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk, Row, Tally, Terms, Workings
from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.core.trace import Recorder
from celoss_cli.evaluate.kinds import FirstRows, oddities
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.base import SAMPLE_WEIGHT, odd_rows

if TYPE_CHECKING:
    from celoss_cli.evaluate.collect import Collected
    from celoss_cli.evaluate.largest import Elements
    from celoss_cli.evaluate.survey import Survey
    from celoss_cli.losses.base import Loss

__all__ = ["Evaluation", "Request", "default_jobs", "evaluate", "losses_of", "of_pieces", "row_of"]

_LEAST_PIECE_BYTES, _MOST_PIECE_BYTES = 2 << 20, 64 << 20
"""Measured: one piece a thread is the fastest, as threads wait for each other between pieces; but the
losses of a piece are kept until it is done."""

_LEAST_BLOCK_VALUES = 1 << 15
"""Every loss computes so many values of its input in one block, with one recorded value for each step."""

_MOST_JOBS = 6
"""More threads wait for each other between their calls of NumPy, and each has its own buffers."""

_SPOOLED_BYTES = 1 << 25
"""Kept rows move from memory to a temporary file from here on."""

_ALL_THE_SAME = "--allow-out-of-domain computes it all the same"

In = TypeVar("In")
Out = TypeVar("Out")


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
        wanted: what is collected beside the totals.
        survey: look at every row for findings, not only at the first ones.
        jobs: worker threads.

    """

    strict: bool = False
    allow_out_of_domain: bool = False
    show: int = 0
    show_row: int | None = None
    gradient: bool = False
    keep: bool = False
    wanted: Wanted = Wanted()
    survey: bool = False
    jobs: int = 1


class Rows(Iterable[Row]):
    """Every element of a data set in order; long ones wait in a temporary file."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._spool: IO[bytes] = io.BytesIO()
        self._spilled = False
        self._parts = 0

    def add(self, batch: Batch, terms: Terms) -> None:
        """Appends the elements of a canonical batch."""
        ids = None if batch.ids is None else list(batch.ids)
        kept = (batch.start, batch.shape, ids, batch.input.shape, batch.target, terms)
        pickle.dump(kept, self._spool, pickle.HIGHEST_PROTOCOL)
        self._parts += 1
        if not self._spilled and self._spool.tell() > _SPOOLED_BYTES:
            self._spill()

    def _spill(self) -> None:
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
        weakref.finalize(self, file.close)
        self._spool.seek(0)
        shutil.copyfileobj(self._spool, file)
        self._spool, self._spilled = file, True

    def __iter__(self) -> Iterator[Row]:
        self._spool.seek(0)
        for _ in range(self._parts):
            start, shape, ids, extents, target, terms = pickle.load(self._spool)  # noqa: S301 - our own file
            batch = Batch(np.broadcast_to(0.0, extents), target, shape=shape, start=start, ids=ids)
            for element in range(terms.loss.size):
                yield row_of(self._loss, batch, terms, element)


@record(slots=True)
class Evaluation:
    """The outcome: totals, the shown elements, and what was noticed.

    Attributes:
        counted: oddities of all rows, with how many rows or elements show them.
        first: what the first rows look like.
        facts: oddities of the options and of the data as a whole, which are there or not.

    """

    rows: Rows
    tally: Tally = Tally()
    shown: Tally = Tally()
    weight_is: str = ""
    classes: int | None = None
    workings: list[Workings] = field(default_factory=list)
    worst: list[Workings] = field(default_factory=list)
    collected: Collected | None = None
    counted: Counter[str] = field(default_factory=Counter)
    first: FirstRows = field(default_factory=FirstRows)
    facts: set[str] = field(default_factory=set)
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


def default_jobs() -> int:
    """The number of processors that this process may use, but no more threads than are of use."""
    has = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(has, _MOST_JOBS))


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
            result.classes = loss.classes(part.batch)
            result.sample_weights = SAMPLE_WEIGHT in part.batch.aligned
            dimensions = part.batch.dimensions
        _show(loss, part.batch, request, result)
        result.tally += part.tally
        result.weight_is = part.weight_is
        _join(part, request.wanted, result)
        result.skipped += part.batch.skipped
        if part.terms is not None:
            (keep or result.rows.add)(part.batch, part.terms)
    if dimensions is not None:
        loss.verify(result.tally.rows, dimensions)
    if result.collected is not None:
        for found in result.collected.worst.sorted(request.wanted.worst):
            result.worst.extend(_workings_of_worst(loss, found, request))
    return result


def _join(part: _Part, wanted: Wanted, result: Evaluation) -> None:
    """Adds what was collected of one more part."""
    result.counted += part.counted
    if part.first is not None:
        result.first += part.first
    if result.collected is not None and part.collected is not None:
        result.collected = result.collected.joined(part.collected, wanted)
    if part.survey is not None:
        result.survey = part.survey if result.survey is None else result.survey + part.survey


def losses_of(loss: Loss, batch: Batch, jobs: int) -> Array:
    """The losses of every element of one batch, as one array."""

    def losses(piece: Batch) -> Array:
        with _Placed(piece):
            return loss.terms(piece).loss

    parts = list(of_pieces(losses, loss, [batch], jobs))
    loss.verify(len(batch), batch.input.ndim)
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def of_pieces(
    function: Callable[[Batch], Out], loss: Loss, batches: Iterable[Batch | Chunk], jobs: int
) -> Iterator[Out]:
    """``function`` of every canonical piece of a data set, in order, on ``jobs`` threads.

    Raises:
        InputError: with its place, for data that is not of the shape that the loss takes.

    """

    def results(pieces: Iterable[Batch]) -> list[Out]:
        return [function(piece) for piece in pieces]

    for found in _in_order(results, _tasks(loss, batches, jobs), jobs):
        yield from found


def _tasks(loss: Loss, batches: Iterable[Batch | Chunk], jobs: int) -> Iterator[Iterable[Batch]]:
    """The work for one thread at a time: a piece of a batch, or a chunk still to be read."""
    for batch in batches:
        if isinstance(batch, Chunk):
            yield _read(loss, batch)
        else:
            yield from ([piece] for piece in _pieces(loss, batch, jobs))


def _read(loss: Loss, chunk: Chunk) -> Iterator[Batch]:
    yield from _pieces(loss, chunk.read())


def _pieces(loss: Loss, batch: Batch, jobs: int = 1) -> Iterator[Batch]:
    """The canonical batch, cut to a size that one thread computes at a time, as many for each of them."""
    with _Placed(replace(batch, shape=batch.input.shape[2 if loss.per_class else 1 :])):
        canonical = loss.canonical(batch)
    size = batch.input.nbytes
    least = max(1, -(-size // _MOST_PIECE_BYTES))
    even = -(-least // jobs) * jobs
    pieces = max(least, min(even, size // _LEAST_PIECE_BYTES))
    yield from replace(canonical, dimensions=batch.input.ndim).split(pieces)


def _part(loss: Loss, batch: Batch, request: Request) -> _Part:
    with _Placed(batch):
        if request.strict:
            _check_domain(loss, batch, request)
        terms = loss.terms(batch)
        collected = _collected(loss, batch, terms, request.wanted) if request.wanted.anything else None
    return _Part(
        batch=batch,
        terms=terms if request.keep else None,
        tally=Tally.of(terms, len(batch)),
        weight_is=terms.weight_is,
        collected=collected,
        counted=_noticed(loss, batch, request) if request.strict else Counter(),
        first=FirstRows.of(loss, batch) if request.strict and not request.survey else None,
        survey=_surveyed(loss, batch) if request.survey else None,
    )


def _nothing_yet(wanted: Wanted) -> Collected | None:
    if not wanted.anything:
        return None
    from celoss_cli.evaluate.collect import Collected  # most runs want the totals alone

    return Collected()


def _collected(loss: Loss, batch: Batch, terms: Terms, wanted: Wanted) -> Collected:
    from celoss_cli.evaluate.collect import collect

    return collect(loss, batch, terms, wanted)


def _surveyed(loss: Loss, batch: Batch) -> Survey:
    from celoss_cli.evaluate.survey import survey

    return survey(loss, batch)


class _Placed:
    """Puts a place in front of an error that only knows its element's index in the batch, or nothing."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, InputError):
            return
        if error.element is None:
            error.place = error.place or self._batch.source
        else:
            row, index = _name_of(self._batch, error.element)
            place = ((error.in_input and self._batch.input_place) or self._batch.place)(row)
            error.at(f"{place}{_subscript(index)}")


def _name_of(batch: Batch, element: int) -> tuple[int, tuple[int, ...]]:
    """The row of an element, counted within the batch, and its index within the row."""
    row, position = divmod(element, max(1, batch.elements_per_row))
    return row, tuple(int(i) for i in np.unravel_index(position, batch.shape)) if batch.shape else ()


def _subscript(index: tuple[int, ...]) -> str:
    return f" [{', '.join(map(str, index))}]" if index else ""


def _check_domain(loss: Loss, batch: Batch, request: Request) -> None:
    if request.allow_out_of_domain:
        return
    odd = odd_rows(batch)
    if odd.size:
        weight = batch.aligned[SAMPLE_WEIGHT][odd[0], 0]
        fact = f"Expected a sample weight that is finite and at least 0, got {weight:g}."
        raise InputError(fact, hint=_ALL_THE_SAME, place=batch.place(int(odd[0])))
    outside = loss.violation(batch)
    if outside:
        raise InputError(outside.fact, hint=_ALL_THE_SAME, element=int(np.flatnonzero(outside.where)[0]))


def _noticed(loss: Loss, batch: Batch, request: Request) -> Counter[str]:
    seen = Counter() if request.survey else oddities(loss, batch)
    outside = loss.violation(batch)
    if outside:
        seen["out-of-domain"] = int(np.count_nonzero(outside.where))
    return +seen


def _in_order(function: Callable[[In], Out], items: Iterator[In], jobs: int) -> Iterator[Out]:
    """``function`` of every item, in order, at most a few items ahead of the reader.

    Errors come in order too: one of the items waits for the results of the items before it.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="celoss") as pool:
        waiting: deque[Future[Out]] = deque()
        for result in _submitted(pool, function, items):
            waiting.append(result)
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _submitted(
    pool: ThreadPoolExecutor, function: Callable[[In], Out], items: Iterator[In]
) -> Iterator[Future[Out]]:
    """The results to come; where the items end in an error, the last result is that error."""
    try:
        for item in items:
            yield pool.submit(function, item)
    except Exception as error:
        failed: Future[Out] = Future()
        failed.set_exception(error)
        yield failed


def row_of(loss: Loss, batch: Batch, terms: Terms, element: int) -> Row:
    """One element of a canonical batch with its name, target, loss and weight."""
    row, index = _name_of(batch, element)
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
    width = batch.elements_per_row
    if request.show_row is None:
        first, last = 0, min(request.show - len(result.workings), len(batch) * width)
    else:
        row = request.show_row - batch.start
        if not 0 <= row < len(batch):
            return
        first, last = row * width, row * width + min(width, max(1, request.show))
    for element in range(first, last):
        row, position = divmod(element, max(1, width))
        place = (batch.start + row, _name_of(batch, element)[1])
        single = batch.elements(np.array([row]), np.array([position]))
        workings, tally = _workings(loss, single, [place], request)
        result.workings += workings
        result.shown += tally


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
