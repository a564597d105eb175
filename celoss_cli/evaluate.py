"""The one loop that turns batches into totals, with its thread pool."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from celoss_cli.data import Array, Batch, Row, Tally, Terms, Workings
from celoss_cli.errors import InputError
from celoss_cli.losses.base import Loss
from celoss_cli.trace import Recorder, Step

__all__ = ["Evaluation", "Request", "default_jobs", "evaluate", "losses_of", "rows_of"]

_PIECE_BYTES = 8 << 20
_SMALL_BYTES = 1 << 20
"""Below this a thread costs more than it computes."""

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a computation beyond its total.

    Attributes:
        strict: refuse values outside the loss's domain, and count oddities for findings.
        allow_out_of_domain: count those values instead of refusing them.
        show: how many of the first elements get their workings.
        show_row: show the workings of this row instead.
        gradient: compute the gradient of the shown elements.
        keep: keep every element's row.
        jobs: worker threads.

    """

    strict: bool = False
    allow_out_of_domain: bool = False
    show: int = 0
    show_row: int | None = None
    gradient: bool = False
    keep: bool = False
    jobs: int = 1


@dataclass(slots=True)
class Evaluation:
    """The outcome: totals, the shown elements, and what was noticed."""

    tally: Tally = Tally()
    shown: Tally = Tally()
    weight_is: str = ""
    classes: int | None = None
    workings: list[Workings] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    first: Batch | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    batch: Batch
    tally: Tally
    weight_is: str
    rows: list[Row]
    seen: Counter[str]


def default_jobs() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def evaluate(loss: Loss, batches: Iterable[Batch], request: Request) -> Evaluation:
    """Computes ``loss`` over ``batches``; the totals are the same bits for any cutting and job count.

    Raises:
        InputError: with its place, for the first element in order that cannot be computed.

    """
    result = Evaluation()

    def part(batch: Batch) -> _Part:
        with _Placed(batch):
            if request.strict:
                _check_domain(loss, batch, request)
            terms = loss.terms(batch)
        return _Part(
            batch,
            Tally.of(terms, len(batch)),
            terms.weight_is,
            list(rows_of(loss, batch, terms)) if request.keep else [],
            _noticed(loss, batch) if request.strict else Counter(),
        )

    for done in _in_order(part, _pieces(loss, batches), request.jobs):
        if result.first is None:
            result.first = done.batch
            result.classes = loss.classes(done.batch)
        _show(loss, done.batch, request, result)
        result.tally += done.tally
        result.weight_is = done.weight_is
        result.rows += done.rows
        result.seen += done.seen
    return result


def losses_of(loss: Loss, batch: Batch, jobs: int) -> Array:
    """The losses of every element of one batch, as one array."""

    def losses(piece: Batch) -> Array:
        with _Placed(piece):
            return loss.terms(piece).loss

    parts = list(_in_order(losses, _pieces(loss, [batch]), jobs))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _pieces(loss: Loss, batches: Iterable[Batch]) -> Iterator[Batch]:
    for batch in batches:
        with _Placed(replace(batch, shape=batch.input.shape[2 if loss.per_class else 1 :])):
            canonical = loss.canonical(batch)
        yield from canonical.split(_PIECE_BYTES)


class _Placed:
    """Puts the place of an element in front of an error that only knows its index in the batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InputError) and error.element is not None:
            row, index = _name_of(self._batch, error.element)
            place = self._batch.place(row)
            error.at(f"{place}{_subscript(index)}")


def _name_of(batch: Batch, element: int) -> tuple[int, tuple[int, ...]]:
    """The row of an element, counted within the batch, and its index within the row."""
    row, position = divmod(element, max(1, batch.elements_per_row))
    return row, tuple(int(i) for i in np.unravel_index(position, batch.shape)) if batch.shape else ()


def _subscript(index: tuple[int, ...]) -> str:
    return f" [{', '.join(map(str, index))}]" if index else ""


def _check_domain(loss: Loss, batch: Batch, request: Request) -> None:
    outside = None if request.allow_out_of_domain else loss.violation(batch)
    if outside:
        raise InputError(
            outside.fact,
            hint="--allow-out-of-domain computes it all the same",
            element=int(np.flatnonzero(outside.where)[0]),
        )


def _noticed(loss: Loss, batch: Batch) -> Counter[str]:
    seen = loss.observe(batch)
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


def rows_of(loss: Loss, batch: Batch, terms: Terms) -> Iterator[Row]:
    """Every element of a canonical batch with its name."""
    for element in range(terms.loss.size):
        yield _row(loss, batch, terms, element)


def _row(loss: Loss, batch: Batch, terms: Terms, element: int) -> Row:
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
        row, index = divmod(element, max(1, width))
        single = _element(batch, row, index)
        recorder = Recorder(with_gradient=request.gradient)
        terms = loss.terms(single, recorder)
        named = replace(_row(loss, single, terms, 0), index=_name_of(batch, element)[1])
        steps = tuple(_only_column(step) for step in recorder.steps)
        result.workings.append(Workings(named, steps, loss.gathered(single, 0)))
        result.shown += Tally.of(terms, 0)


def _element(batch: Batch, row: int, position: int) -> Batch:
    """One element of a canonical batch, whose last axis counts the elements of a row."""
    one = batch.rows(row, row + 1)
    here = slice(position, position + 1)
    return replace(
        one,
        input=one.input[..., here],
        target=one.target[..., here],
        aligned={name: values[..., here] for name, values in one.aligned.items()},
        shape=(),
    )


def _only_column(step: Step) -> Step:
    return replace(step, value=step.value[..., 0])
