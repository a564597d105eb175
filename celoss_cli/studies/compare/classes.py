"""The losses of two aligned data sets class by class, with what their differences say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import UsageError
from celoss_cli.core.exact import exact_sum
from celoss_cli.evaluate.collect import in_order
from celoss_cli.evaluate.groups import codes_of, refuse_more
from celoss_cli.statistics.spread import spread_of_all
from celoss_cli.studies.compare.comparison import ClassChange
from celoss_cli.studies.compare.resampling import summed

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.statistics.spread import Spread
    from celoss_cli.studies.compare.side import Side

__all__ = ["by_class"]


def by_class(a: Side, b: Side, labels: Sequence[str] | None) -> Iterator[tuple[ClassChange, Spread]]:
    """The classes in their own order; none where the targets are no classes.

    Args:
        a: the first data set.
        b: the second one, of the same targets and weights in the same order.
        labels: the classes' names, or None.

    """
    with contextlib.suppress(UsageError):
        elements = _elements(a, labels)
        refuse_more(len(elements))
        groups = a.batch.groups
        clusters = None if groups is None else codes_of(groups)[0]
        for name in in_order(elements, labels):
            yield _part(name, a, b, elements[name], clusters)


def _elements(side: Side, labels: Sequence[str] | None) -> dict[str, Array]:
    """The elements of each class that has some that count, by its name."""
    codes, names = side.loss.class_codes(replace(side.batch, labels=labels, ids=None, groups=None))
    codes = np.clip(codes, 0, len(names)).astype(np.min_scalar_type(len(names)))  # small ones sort fast
    if side.terms.ignored is not None:
        codes[side.terms.ignored] = len(names)
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))[: len(names)]
    each = np.split(np.argsort(codes, kind="stable"), ends)
    return {name: elements for name, elements in zip(names, each, strict=False) if len(elements)}


def _part(name: str, a: Side, b: Side, elements: Array, clusters: Array | None) -> tuple[ClassChange, Spread]:
    """The losses of the elements of a class, and the spread of their differences by independent unit."""
    first, second, weight = a.terms.loss[elements], b.terms.loss[elements], a.terms.weight[elements]
    with np.errstate(invalid="ignore"):
        difference, shares = second - first, weight
    each = a.batch.elements_per_row
    if clusters is not None or each != 1:
        row = elements // each
        difference, shares = summed(difference, weight, row if clusters is None else clusters[row])
    before, after, total = exact_sum(first), exact_sum(second), exact_sum(weight)
    means = before / total, after / total, (after + -before) / total
    return ClassChange(name, len(elements), *means), spread_of_all(difference, shares)
