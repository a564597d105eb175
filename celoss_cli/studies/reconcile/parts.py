"""Means of a part of the targets, where somebody took that part for the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import plural
from celoss_cli.studies.reconcile.setup import Choice, choice

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = ["means_of_parts"]

Part = tuple[Choice, float]

_LEFT_OUT = (1, 2, 3, 5, 10)
"""So many of the first or last rows are left out."""

_SHARES = (50, 80, 20, 75, 25, 70, 30, 90, 10, 60, 40)
"""The first or last so many percent of the rows are taken, as a split without shuffling takes them."""

_MOST_CLASSES = 50
"""Up to this many classes, columns or positions each one is tried alone."""

_SPLIT = 10
"""Fewer rows than so many are not split."""


def means_of_parts(
    loss: Array, weight: Array, rows: int, codes: Array | None, right: Array | None
) -> Iterator[Part]:
    """The means of the parts that people take.

    Args:
        loss: of each target, shape (targets,).
        weight: the share of each in the divisor, of the same shape.
        rows: how many there are; the targets of a row stand together.
        codes: the class of each target, or None where targets are no classes.
        right: where the prediction is that of the target, or None where nothing is predicted.

    """
    by_row = [part.reshape(rows, -1).sum(axis=1) for part in (loss, weight)]
    yield from _without_some(*by_row)
    yield from _shares_of_rows(*by_row)
    if right is not None:
        for name, words, taken in (("right", "predicted right", right), ("wrong", "predicted wrong", ~right)):
            yield _mean(f"{name}-alone", f"the mean of the targets {words}", loss[taken], weight[taken])
    if codes is not None:
        yield from _classes(loss, weight, codes)
    yield from _columns(loss.reshape(rows, -1), weight.reshape(rows, -1))


def _mean(name: str, words: str, loss: Array, weight: Array, cost: int = 3) -> Part:
    return choice("denominator", name, words, cost, alone=True), float(loss.sum() / weight.sum())


def _without_some(loss: Array, weight: Array) -> Iterator[Part]:
    """The mean without the first or the last rows, and of rows that a sampler gave twice."""
    total, divisor, rows = loss.sum(), weight.sum(), len(loss)
    for count in _LEFT_OUT:
        if rows > count:
            for which, part in (("first", slice(0, count)), ("last", slice(-count, None))):
                words = f"the mean without the {which} {plural(count, 'row')}"
                rest = total - loss[part].sum(), divisor - weight[part].sum()
                yield _mean(f"without-{which}-{count}", words, *rest, 2 if count < 3 else 3)
    for parts in (2, 4, 8):
        again = -rows % parts
        if 0 < again < rows:
            words = f"the mean with the first {plural(again, 'row')} again, as {parts} equal shares need"
            whole = total + loss[:again].sum(), divisor + weight[:again].sum()
            yield _mean(f"padded-to-{parts}", words, *whole)


def _shares_of_rows(loss: Array, weight: Array) -> Iterator[Part]:
    """The first and the last percents of the rows, and each other row."""
    rows, seen = len(loss), set(_LEFT_OUT)
    if rows < _SPLIT:
        return
    for percent in _SHARES:
        cut = rows * percent // 100
        if 0 < cut < rows and rows - cut not in seen:
            seen.add(rows - cut)
            words = f"the mean of the first {percent}% of the rows ({cut})"
            yield _mean(f"first-{percent}%", words, loss[:cut], weight[:cut])
            words = f"the mean of the last {100 - percent}% of the rows ({rows - cut})"
            yield _mean(f"last-{100 - percent}%", words, loss[cut:], weight[cut:])
    for start, which in ((0, "first"), (1, "second")):
        words = f"the mean of each other row from the {which} on"
        yield _mean(f"every-2-from-{start}", words, loss[start::2], weight[start::2])


def _classes(loss: Array, weight: Array, codes: Array) -> Iterator[Part]:
    """The mean of the targets of one class."""
    counted = weight != 0
    classes = np.unique(codes[counted])
    if 1 < len(classes) <= _MOST_CLASSES:
        for code in classes.tolist():
            taken = counted & (codes == code)
            words = f"the mean of the targets of class {code:g} alone"
            yield _mean(f"class-{code:g}", words, loss[taken], weight[taken])


def _columns(loss: Array, weight: Array) -> Iterator[Part]:
    """The mean of one column or position, and without the first or last one."""
    count = loss.shape[1]
    if not 1 < count <= _MOST_CLASSES:
        return
    for column in range(count):
        words = f"the mean of column or position {column} alone"
        yield _mean(f"column-{column}", words, loss[:, column], weight[:, column])
    if count > 2:
        for which, part in (("first", slice(1, None)), ("last", slice(None, -1))):
            words = f"the mean without the {which} column or position"
            yield _mean(f"without-{which}-column", words, loss[:, part], weight[:, part])
