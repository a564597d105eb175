"""From the terms of the elements to one number: every denominator that people divide by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import plural
from celoss_cli.core.exact import exact_sum
from celoss_cli.studies.reconcile.setup import Choice, Setup, choice

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Terms
    from celoss_cli.studies.reconcile.view import View

__all__ = ["batch_sizes", "mean", "reductions"]

_ALL_UP_TO = 32
_USUAL = (
    48,
    50,
    64,
    96,
    100,
    128,
    200,
    250,
    256,
    384,
    500,
    512,
    768,
    1000,
    1024,
    2048,
    4096,
    8192,
    10000,
    16384,
)
_PARTS = range(2, 9)
"""Into so many equal parts data is split among devices."""

Reduced = tuple[Choice, float]


def mean(terms: Terms) -> float:
    """The loss's own mean."""
    return exact_sum(terms.loss) / exact_sum(terms.weight)


def reductions(terms: Terms, view: View, setup: Setup) -> Iterator[Reduced]:
    """Every other reduction of the same terms, but those that divide by the same number."""
    total = float(exact_sum(terms.loss))
    yield choice("denominator", "sum", "the sum", 1, ("--reduction", "sum")), total
    seen = {float(exact_sum(terms.weight)), 1.0}
    for name, words, count, cost in _counts(terms, view, setup):
        if count and count not in seen:
            seen.add(count)
            said = f"divided by {words} ({count:g})"
            by_hand = f"divided by {count:g}"
            yield choice("denominator", name, said, cost, ("--reduction", "sum"), "", by_hand), total / count
    yield from _means_of_parts(terms, view.rows, view.codes(setup))
    yield from _means_of_powers(terms)
    yield from _without_some(terms, view.rows)


def _means_of_powers(terms: Terms) -> Iterator[Reduced]:
    """The perplexity of each element, averaged."""
    words = "the mean of exp of each loss"
    with np.errstate(all="ignore"):
        value = float((np.exp(terms.loss) * terms.weight).sum() / terms.weight.sum())
    yield choice("denominator", "mean-of-exp", words, 3, alone=True), value


def _without_some(terms: Terms, rows: int) -> Iterator[Reduced]:
    """The mean without the first or the last rows, and of rows that a sampler gave twice."""
    loss, weight = (part.reshape(rows, -1).sum(axis=1) for part in (terms.loss, terms.weight))
    total, divisor = loss.sum(), weight.sum()
    with np.errstate(all="ignore"):
        for count in (1, 2):
            if rows > count:
                rows_left_out = plural(count, "row")
                for name, words, part in (
                    (
                        f"without-first-{count}",
                        f"the mean without the first {rows_left_out}",
                        slice(0, count),
                    ),
                    (
                        f"without-last-{count}",
                        f"the mean without the last {rows_left_out}",
                        slice(-count, None),
                    ),
                ):
                    value = (total - loss[part].sum()) / (divisor - weight[part].sum())
                    yield choice("denominator", name, words, 2, alone=True), float(value)
        for parts in (2, 4, 8):
            again = -rows % parts
            if 0 < again < rows:
                words = f"the mean with the first {plural(again, 'row')} again, as {parts} equal shares need"
                value = (total + loss[:again].sum()) / (divisor + weight[:again].sum())
                yield choice("denominator", f"padded-to-{parts}", words, 3, alone=True), float(value)


def _counts(terms: Terms, view: View, setup: Setup) -> Iterator[tuple[str, str, float, int]]:
    """Numbers that a sum may be divided by: name, words, number, cost."""
    elements = terms.loss.size
    ignored = 0 if terms.ignored is None else int(np.count_nonzero(terms.ignored))
    yield "weights", "the sum of the weights", view.total_weight(setup), 1
    yield "counted", "the number of counted targets", float(elements - ignored), 1
    yield "rows", "the number of all rows", float(view.rows), 1
    yield "elements", "the number of all targets", float(elements), 1
    yield "values", "the number of all input values", float(view.values), 2


def _means_of_parts(terms: Terms, rows: int, codes: Array | None) -> Iterator[Reduced]:
    loss, weight = (np.asarray(values, np.float64) for values in (terms.loss, terms.weight))
    if codes is not None:
        classes, places = np.unique(codes[weight != 0], return_inverse=True)
        if len(classes) > 1:
            sums = [np.bincount(places, part[weight != 0]) for part in (loss, weight)]
            words = "the mean of the classes' means"
            yield choice("denominator", "class-means", words, 2), float(np.mean(sums[0] / sums[1]))
    by_row = (loss.reshape(rows, -1).sum(axis=1), weight.reshape(rows, -1).sum(axis=1))
    single = [1] if loss.size > rows else []
    for size in (*single, *batch_sizes(rows)):
        yield from _batches(*by_row, size)


def batch_sizes(rows: int) -> list[int]:
    """All small sizes, the usual ones, and those of a split into a few equal parts."""
    parts = [-(-rows // count) for count in _PARTS]
    return sorted({size for size in (*range(2, _ALL_UP_TO + 1), *_USUAL, *parts) if 1 < size < rows})


def _batches(loss: Array, weight: Array, size: int) -> Iterator[Reduced]:
    """What a loop over batches adds up: their means, averaged in one way or another."""
    starts = np.arange(0, len(loss), size)
    with np.errstate(all="ignore"):
        means = np.add.reduceat(loss, starts) / np.add.reduceat(weight, starts)
    cost = 2 if size in _USUAL or size in (8, 16, 32) else 3
    of = f"the means of batches of {size}" if size > 1 else "each row's own mean"
    if len(means) > 1:
        name = f"batches-{size}" if size > 1 else "row-means"
        yield choice("denominator", name, f"the mean of {of}", cost), float(means.mean())
    if size == 1:
        return
    words = f"{of}, added and divided by the number of rows"
    yield choice("denominator", f"batches-{size}-by-rows", words, cost + 1), float(means.sum() / len(loss))
    words = f"{of}, added and not divided"
    yield choice("denominator", f"batches-{size}-sum", words, cost + 1), float(means.sum())
    words = f"the mean of the sums of batches of {size}"
    yield choice("denominator", f"batch-sums-{size}", words, cost + 1), float(loss.sum() / len(means))
    if len(means) > 1 and cost == 2:
        for name, words, value in (
            (f"batches-{size}-last", f"the mean of the last batch of {size} alone", means[-1]),
            (f"batches-{size}-first", f"the mean of the first batch of {size} alone", means[0]),
        ):
            yield choice("denominator", name, words, cost + 1, alone=True), float(value)
    if len(loss) % size and len(means) > 1:
        words = f"the mean of {of}, without the last one, which is smaller"
        yield choice("denominator", f"batches-{size}-dropped", words, cost + 1), float(means[:-1].mean())
