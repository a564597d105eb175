"""From the terms of the elements to one number: every denominator that people divide by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.exact import exact_sum
from celoss_cli.studies.reconcile.parts import means_of_parts
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

_MOST_NAMED = 4
"""So many sizes of batches that give the same number are named."""

_SAME = 13
"""Values that agree in so many digits are one value."""

Reduced = tuple[Choice, float]


def _other(name: str, words: str, value: float, cost: int = 3, *, alone: bool = False) -> Reduced:
    """What takes the place of the mean and no option of a command gives."""
    return choice("denominator", name, words, cost, alone=alone), float(value)


def _divided(
    name: str, words: str, total: float, count: float, cost: int = 2, *, alone: bool = True
) -> Reduced:
    """The sum divided by a number; most of these are rarely right."""
    said, by_hand = f"divided by {words} ({count:g})", f"divided by {count:.17g}"
    by = choice(
        "denominator",
        name,
        said,
        cost,
        ("--reduction", "sum"),
        "",
        by_hand,
        alone,
        change=lambda v: v / count,
    )
    return by, total / count


def _as_it_is(value: Array) -> Array:
    return value


def mean(terms: Terms) -> float:
    """The loss's own mean."""
    return exact_sum(terms.loss) / exact_sum(terms.weight)


def reductions(
    terms: Terms, view: View, setup: Setup, *, rare: bool = True, in_logs: bool = False
) -> Iterator[Reduced]:
    """Every other reduction of the same terms, but those that divide by the same number.

    Args:
        terms: of the elements.
        view: the data.
        setup: the settings that the terms were computed with.
        rare: whether those are wanted too that are combined with nothing.
        in_logs: whether exp is taken of the result, so that means of exp are to be their logarithms.

    """
    shown = np.log if in_logs else _as_it_is
    total = float(exact_sum(terms.loss))
    yield choice("denominator", "sum", "the sum", 1, ("--reduction", "sum")), total
    seen = {float(exact_sum(terms.weight)), 1.0}
    for name, words, count, cost in _counts(terms, view, setup):
        if count and count not in seen:
            seen.add(count)
            yield _divided(name, words, total, count, cost, alone=False)
    loss, weight = (np.asarray(values, np.float64) for values in (terms.loss, terms.weight))
    by_row = loss.reshape(view.rows, -1).sum(axis=1), weight.reshape(view.rows, -1).sum(axis=1)
    with np.errstate(all="ignore"):
        yield from _means_of_classes(loss, weight, view.codes(setup), view.class_weight(setup))
        if loss.size > view.rows:
            yield from _means_of_rows(*by_row, shown)
        yield from _means_of_batches(*by_row, rare)
        yield from _means_of_folds(*by_row)
        if rare:
            yield from _means_of_powers(loss, weight, shown)
            yield from _in_other_ways(loss, weight, view.classes)
            yield from _by_rare_counts(total, weight, view.codes(setup))
            yield from means_of_parts(loss, weight, view.rows, view.codes(setup), view.right(setup))


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


def _means_of_batches(loss: Array, weight: Array, rare: bool) -> Iterator[Reduced]:
    """What loops over batches add up; sizes that give one number are one deviation, the likeliest first."""
    sizes = sorted(batch_sizes(len(loss)), key=lambda size: (_cost_of(size), size))
    found: dict[tuple[str, float], list[tuple[int, float]]] = {}
    for size in sizes:
        for kind, value in _of_batches(loss, weight, size):
            if _KINDS[kind][3] and not rare:
                continue
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
    "as-full": (
        "batches-{}-as-full",
        "the means of batches of {}, each times that size, added and divided by the rows",
        1,
        True,
    ),
    "over-full": (
        "batches-{}-over-full",
        "divided by the rows that whole batches of {} would hold",
        1,
        True,
    ),
    "by-whole": (
        "batches-{}-by-whole",
        "the means of batches of {}, added and divided by the number of whole ones",
        1,
        True,
    ),
    "whole-by-rows": (
        "batches-{}-whole-by-rows",
        "the sum over the whole batches of {}, divided by all rows",
        1,
        True,
    ),
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
        if _cost_of(size) == 2:
            yield "as-full", float(means.sum() * size / len(loss))
            yield "over-full", float(loss.sum() / (len(means) * size))
            yield "by-whole", float(means.sum() / (len(means) - 1))
            yield "whole-by-rows", float(loss[: starts[-1]].sum() / len(loss))


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


def _by_rare_counts(total: float, weight: Array, codes: Array | None) -> Iterator[Reduced]:
    """The sum divided by one target less or more, or by the positive ones."""
    counted = float(np.count_nonzero(weight))
    if counted > 1:
        yield _divided("counted-1", "the number of counted targets less 1", total, counted - 1)
        yield _divided("counted+1", "the number of counted targets and 1", total, counted + 1, 3)
    positives = 0 if codes is None else float(np.count_nonzero((codes > 0) & (weight != 0)))
    if 0 < positives < counted:
        words = "the number of targets that are not the first class, or negative"
        yield _divided("positives", words, total, positives, 3)


def _in_other_ways(loss: Array, weight: Array, classes: int | None) -> Iterator[Reduced]:
    """What lies in the middle, and the mean in units of a guess."""
    counted = weight != 0
    if counted.any():
        number = int(np.count_nonzero(counted))
        words = f"the mean, divided by the number of counted targets ({number}) once more"
        yield _other("mean-by-counted", words, loss.sum() / weight.sum() / number, alone=True)
        each = loss[counted] / weight[counted]
        yield _other("median", "the median of the losses", float(np.median(each)), alone=True)
        yield _other("largest", "the largest of the losses", float(each.max()), alone=True)
        yield from _spreads(each)
    if classes is not None and classes > 2:
        words = f"the mean divided by ln {classes}, a logarithm whose base is the number of classes"
        yield _other("by-log-of-classes", words, loss.sum() / weight.sum() / np.log(classes), alone=True)


def _spreads(each: Array) -> Iterator[Reduced]:
    """The mean of the squares, and how far the losses lie from their mean."""
    squares = float((each**2).mean())
    yield _other("squares", "the mean of the squared losses", squares, alone=True)
    yield _other("root-squares", "the root of the mean of the squared losses", np.sqrt(squares), alone=True)
    yield _other("deviation", "the standard deviation of the losses, by their number", each.std(), alone=True)
    if each.size > 1:
        spread = each.std(ddof=1)
        words = "the standard deviation of the losses, by their number less 1"
        yield _other("deviation-1", words, spread, alone=True)
        yield _other("error", "the standard error of their mean", spread / np.sqrt(each.size), alone=True)
