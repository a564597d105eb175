"""From the terms of the elements to one number: every denominator that people divide by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    *(48, 50, 64, 96, 100, 128, 200, 250, 256, 384, 500, 512, 768),
    *(1000, 1024, 2048, 4096, 8192, 10000, 16384),
)
"""Sizes of batches that people take."""

_PARTS = range(2, 9)
"""Into so many equal parts data is split among devices."""

_FOLDS = (3, 5, 10, 4)
"""Into so many parts that differ by a row at most data is split for a cross-validation."""

_LEFT_OUT = (1, 2, 3, 5, 10)
"""So many of the first or last rows are left out."""

_MOST_NAMED = 4
"""So many sizes of batches that give the same number are named."""

_SAME = 13
"""Values that agree in so many digits are one value."""

Reduced = tuple[Choice, float]


def _other(name: str, words: str, value: float, cost: int = 3, *, alone: bool = False) -> Reduced:
    """What takes the place of the mean and no option of a command gives."""
    return choice("denominator", name, words, cost, alone=alone), float(value)


def _as_it_is(value: Array) -> Array:
    return value


def mean(terms: Terms) -> float:
    """The loss's own mean."""
    return exact_sum(terms.loss) / exact_sum(terms.weight)


def reductions(terms: Terms, view: View, setup: Setup, *, in_logs: bool = False) -> Iterator[Reduced]:
    """Every other reduction of the same terms, but those that divide by the same number.

    Args:
        terms: of the elements.
        view: the data.
        setup: the settings that the terms were computed with.
        in_logs: whether exp is taken of the result, so that means of exp are to be their logarithms.

    """
    shown = np.log if in_logs else _as_it_is
    total = float(exact_sum(terms.loss))
    yield choice("denominator", "sum", "the sum", 1, ("--reduction", "sum")), total
    seen = {float(exact_sum(terms.weight)), 1.0}
    for name, words, count, cost in _counts(terms, view, setup):
        if count and count not in seen:
            seen.add(count)
            said = f"divided by {words} ({count:g})"
            by_hand = f"divided by {count:.17g}"
            yield choice("denominator", name, said, cost, ("--reduction", "sum"), "", by_hand), total / count
    loss, weight = (np.asarray(values, np.float64) for values in (terms.loss, terms.weight))
    by_row = loss.reshape(view.rows, -1).sum(axis=1), weight.reshape(view.rows, -1).sum(axis=1)
    with np.errstate(all="ignore"):
        yield from _means_of_classes(loss, weight, view.codes(setup), view.class_weight(setup))
        if loss.size > view.rows:
            yield from _means_of_rows(*by_row, shown)
        yield from _means_of_batches(*by_row)
        yield from _means_of_folds(*by_row)
        yield from _means_of_powers(loss, weight, shown)
        yield from _in_other_ways(loss, weight, view.classes)
        yield from _without_some(*by_row)


def _counts(terms: Terms, view: View, setup: Setup) -> Iterator[tuple[str, str, float, int]]:
    """Numbers that a sum may be divided by: name, words, number, cost."""
    elements = terms.loss.size
    ignored = 0 if terms.ignored is None else int(np.count_nonzero(terms.ignored))
    counted = float(elements - ignored)
    yield "weights", "the sum of the weights", view.total_weight(setup), 1
    yield "counted", "the number of counted targets", counted, 1
    yield "rows", "the number of all rows", float(view.rows), 1
    yield "elements", "the number of all targets", float(elements), 1
    yield "values", "the number of all input values", float(view.values), 2
    weight = view.class_weight(setup)
    if weight is not None:
        for name, of in (("sum", weight.sum()), ("mean", weight.mean()), ("max", weight.max())):
            words = f"the number of counted targets, after weights of classes were made to have the {name} 1"
            yield f"weights-{name}-1", words, counted * float(of), 2


# ------------------------------------------------------------------------------------- means of means


def _means_of_classes(
    loss: Array, weight: Array, codes: Array | None, of_classes: Array | None
) -> Iterator[Reduced]:
    """The mean of each class, averaged alike or by the weights of the classes."""
    if codes is None:
        return
    counted = weight != 0
    classes, places = np.unique(codes[counted], return_inverse=True)
    if len(classes) < 2:
        return
    sums = [np.bincount(places, part[counted]) for part in (loss, weight)]
    means = sums[0] / sums[1]
    yield _other("class-means", "the mean of the classes' means", means.mean(), 2)
    if of_classes is not None and of_classes.size > classes.max():
        words, shares = "the mean of the classes' means by the weights of the classes", of_classes[classes]
        yield _other("class-means-weighted", words, (means * shares).sum() / shares.sum(), 2)


def _means_of_rows(loss: Array, weight: Array, shown: Callable[[Array], Array]) -> Iterator[Reduced]:
    """The mean of each row, which has several targets, averaged, and as a perplexity."""
    means = loss / weight
    if len(means) > 1:
        yield _other("row-means", "the mean of each row's own mean", means.mean(), 2)
    words = "the mean of exp of each row's own mean"
    yield _other("mean-of-row-exp", words, float(shown(np.exp(means).mean())), alone=True)


def batch_sizes(rows: int) -> list[int]:
    """All small sizes, the usual ones, and those of a split into a few equal parts."""
    parts = [-(-rows // count) for count in _PARTS]
    return sorted({size for size in (*range(2, _ALL_UP_TO + 1), *_USUAL, *parts) if 1 < size < rows})


def _means_of_batches(loss: Array, weight: Array) -> Iterator[Reduced]:
    """What loops over batches add up; sizes that give one number are one deviation, the likeliest first."""
    sizes = sorted(batch_sizes(len(loss)), key=lambda size: (_cost_of(size), size))
    found: dict[tuple[str, float], list[tuple[int, float]]] = {}
    for size in sizes:
        for kind, value in _of_batches(loss, weight, size):
            found.setdefault((kind, float(f"{value:.{_SAME}g}")), []).append((size, value))
    for (kind, _), same in found.items():
        name, words, cost, alone = _KINDS[kind]
        (first, value), listed = same[0], ", ".join(str(size) for size, _ in same[:_MOST_NAMED])
        of = f"{listed}{' or others' if len(same) > _MOST_NAMED else ''}"
        yield _other(name.format(first), words.format(of), value, cost + _cost_of(first), alone=alone)


_KINDS: dict[str, tuple[str, str, int, bool]] = {
    "mean": ("batches-{}", "the mean of the means of batches of {}", 0, False),
    "by-rows": ("batches-{}-by-rows", "the means of batches of {}, added and divided by the rows", 1, False),
    "sum": ("batches-{}-sum", "the means of batches of {}, added and not divided", 1, False),
    "sums": ("batch-sums-{}", "the mean of the sums of batches of {}", 1, False),
    "last": ("batches-{}-last", "the mean of the last batch of {} alone", 1, True),
    "first": ("batches-{}-first", "the mean of the first batch of {} alone", 1, True),
    "dropped": (
        "batches-{}-dropped",
        "the mean of the means of batches of {}, without the last one, which is smaller",
        1,
        False,
    ),
}
"""What is made of batches: the name and the words for a size, the cost, and whether it is not combined."""


def _cost_of(size: int) -> int:
    return 2 if size in _USUAL or size in (8, 16, 32) else 3


def _of_batches(loss: Array, weight: Array, size: int) -> Iterator[tuple[str, float]]:
    """The numbers that batches of one size give, by what is made of them."""
    starts = np.arange(0, len(loss), size)
    means = np.add.reduceat(loss, starts) / np.add.reduceat(weight, starts)
    if len(means) > 1:
        yield "mean", float(means.mean())
    yield "by-rows", float(means.sum() / len(loss))
    yield "sum", float(means.sum())
    yield "sums", float(loss.sum() / len(means))
    if len(means) > 1 and _cost_of(size) == 2:
        yield "last", float(means[-1])
        yield "first", float(means[0])
    if len(loss) % size and len(means) > 1:
        yield "dropped", float(means[:-1].mean())


def _means_of_folds(loss: Array, weight: Array) -> Iterator[Reduced]:
    """The mean of the folds' means, where they are not all of one size."""
    for count in _FOLDS:
        if len(loss) > count and len(loss) % count:
            parts = zip(np.array_split(loss, count), np.array_split(weight, count), strict=True)
            value = float(np.mean([part.sum() / shares.sum() for part, shares in parts]))
            yield _other(f"folds-{count}", f"the mean of the means of {count} folds", value)


# --------------------------------------------------------------------------------------------- others


def _means_of_powers(loss: Array, weight: Array, shown: Callable[[Array], Array]) -> Iterator[Reduced]:
    """The perplexity of each element, averaged."""
    value = float(shown((np.exp(loss) * weight).sum() / weight.sum()))
    yield _other("mean-of-exp", "the mean of exp of each loss", value, alone=True)


def _in_other_ways(loss: Array, weight: Array, classes: int | None) -> Iterator[Reduced]:
    """What lies in the middle, and the mean in units of a guess."""
    counted = weight != 0
    if counted.any():
        number = int(np.count_nonzero(counted))
        words = f"the mean, divided by the number of counted targets ({number}) once more"
        yield _other("mean-by-counted", words, loss.sum() / weight.sum() / number, alone=True)
        middle = float(np.median(loss[counted] / weight[counted]))
        yield _other("median", "the median of the losses", middle, alone=True)
    if classes is not None and classes > 2:
        words = f"the mean divided by ln {classes}, a logarithm whose base is the number of classes"
        yield _other("by-log-of-classes", words, loss.sum() / weight.sum() / np.log(classes), alone=True)


def _without_some(loss: Array, weight: Array) -> Iterator[Reduced]:
    """The mean without the first or the last rows, and of rows that a sampler gave twice."""
    total, divisor, rows = loss.sum(), weight.sum(), len(loss)
    for count in _LEFT_OUT:
        if rows > count:
            for which, part in (("first", slice(0, count)), ("last", slice(-count, None))):
                words = f"the mean without the {which} {plural(count, 'row')}"
                value = (total - loss[part].sum()) / (divisor - weight[part].sum())
                yield _other(f"without-{which}-{count}", words, value, 2 if count < 3 else 3, alone=True)
    for parts in (2, 4, 8):
        again = -rows % parts
        if 0 < again < rows:
            words = f"the mean with the first {plural(again, 'row')} again, as {parts} equal shares need"
            value = (total + loss[:again].sum()) / (divisor + weight[:again].sum())
            yield _other(f"padded-to-{parts}", words, value, alone=True)
