"""A batch cut into pieces that are computed on threads, with errors that name their place."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from celoss_cli.core.data import Batch, Chunk, Tally
from celoss_cli.core.errors import InputError
from celoss_cli.core.late import Array, np
from celoss_cli.core.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

    from celoss_cli.losses.base import Loss

__all__ = ["default_jobs", "losses_of", "name_of", "of_pieces", "placed", "processors", "tally_of"]

_LEAST_PIECE_BYTES, _MOST_PIECE_BYTES = 2 << 20, 64 << 20
"""Measured: one piece a thread is the fastest, as threads wait for each other between pieces; but the
losses of a piece are kept until it is done."""

_MOST_JOBS = 6
"""More threads wait for each other between their calls of NumPy, and each has its own buffers."""

In = TypeVar("In")
Out = TypeVar("Out")


def processors() -> int:
    """The number of processors that this process may use, as far as the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """As many threads as there are processors for them, but no more than are of use."""
    return min(processors(), _MOST_JOBS)


def losses_of(loss: Loss, batch: Batch, jobs: int) -> Array:
    """The losses of every element of one batch in nats, shape (elements,).

    Raises:
        InputError: for a batch that the loss does not take.

    """

    def losses(piece: Batch) -> Array:
        with placed(piece):
            return loss.terms(piece).loss

    parts = list(of_pieces(losses, loss, [batch], jobs))
    loss.verify(len(batch), batch.input.ndim)
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def tally_of(loss: Loss, batch: Batch, jobs: int) -> Tally:
    """The totals of one batch."""

    def tally(piece: Batch) -> Tally:
        with placed(piece):
            return Tally.of(loss.terms(piece), len(piece))

    total = sum(of_pieces(tally, loss, [batch], jobs), Tally())
    loss.verify(len(batch), batch.input.ndim)
    return total


def of_pieces(
    function: Callable[[Batch], Out], loss: Loss, batches: Iterable[Batch | Chunk], jobs: int | None
) -> Iterator[Out]:
    """``function`` of every canonical piece of a data set, in order, on ``jobs`` threads; None for the usual.

    Raises:
        InputError: with its place, for data that is not of the shape that the loss takes.

    """

    def results(pieces: Iterable[Batch]) -> list[Out]:
        return [function(piece) for piece in pieces]

    jobs = jobs or default_jobs()
    for found in _in_order(results, _tasks(loss, batches, jobs), jobs):
        yield from found


def _tasks(loss: Loss, batches: Iterable[Batch | Chunk], jobs: int) -> Iterator[Iterable[Batch]]:
    """The work for one thread at a time: a piece of a batch, or a chunk still to be read."""
    for batch in batches:
        if isinstance(batch, Chunk):
            yield _pieces(loss, batch)
        else:
            yield from ([piece] for piece in _pieces(loss, batch, jobs))


def _pieces(loss: Loss, found: Batch | Chunk, jobs: int = 1) -> Iterator[Batch]:
    """The canonical batch, cut to a size that one thread computes at a time, as many for each of them."""
    batch = found.read() if isinstance(found, Chunk) else found
    with placed(replace(batch, shape=batch.input.shape[2 if loss.per_class else 1 :])):
        canonical = loss.canonical(batch)
    size = batch.input.nbytes
    least = max(1, -(-size // _MOST_PIECE_BYTES))
    even = -(-least // jobs) * jobs
    pieces = max(least, min(even, size // _LEAST_PIECE_BYTES))
    yield from replace(canonical, dimensions=batch.input.ndim).split(pieces)


@contextlib.contextmanager
def placed(batch: Batch) -> Iterator[None]:
    """Puts a place in front of an error that only knows its element's index in the batch, or nothing."""
    try:
        yield
    except InputError as error:
        if error.element is None:
            error.place = error.place or batch.source
        else:
            row, index = name_of(batch, error.element)
            place = ((error.in_input and batch.input_place) or batch.place)(row)
            error.at(f"{place}{_subscript(index)}")
        raise


def name_of(batch: Batch, element: int) -> tuple[int, tuple[int, ...]]:
    """The row of an element, counted within the batch, and its index within the row."""
    if batch.offsets is not None:
        row, position = (int(found) for found in batch.places(np.asarray(element)))
        return row, (position,)
    row, position = divmod(element, max(1, batch.elements_per_row))
    return row, tuple(int(i) for i in np.unravel_index(position, batch.shape)) if batch.shape else ()


def _subscript(index: tuple[int, ...]) -> str:
    return f" [{', '.join(map(str, index))}]" if index else ""


def _in_order(function: Callable[[In], Out], items: Iterator[In], jobs: int) -> Iterator[Out]:
    """``function`` of every item, in order, at most a few items ahead of the reader.

    Errors come in order too: one of the items waits for the results of the items before it.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    for first in items:
        try:
            second = next(items)
        except StopIteration:  # one item needs no threads, and a small file is one
            yield function(first)
        except Exception:
            yield function(first)
            raise
        else:
            yield from _on_threads(function, chain((first, second), items), jobs)


def _on_threads(function: Callable[[In], Out], items: Iterator[In], jobs: int) -> Iterator[Out]:
    from concurrent.futures import ThreadPoolExecutor  # a small file needs no threads

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
        from concurrent.futures import Future

        failed: Future[Out] = Future()
        failed.set_exception(error)
        yield failed
