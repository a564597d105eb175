"""The losses of two aligned data sets class by class, with what their differences say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.errors import UsageError
from celoss_cli.evaluate.collect import Collected, collect
from celoss_cli.evaluate.groups import codes_of
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.statistics.spread import Spread, spread_of_all
from celoss_cli.studies.compare.comparing import ClassPart
from celoss_cli.studies.compare.rows import Grown
from celoss_cli.studies.compare.units import summed

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.studies.compare.side import Side

__all__ = ["by_class"]

_ROWS = 1 << 16
"""So many rows are counted by class at a time."""


def by_class(a: Side, b: Side, labels: Sequence[str] | None) -> Iterator[ClassPart]:
    """The classes in their own order; none where the targets are no classes.

    Args:
        a: the first data set.
        b: the second one, of the same targets in the same order.
        labels: the classes' names, or None.

    """
    with contextlib.suppress(UsageError):
        mine, theirs = (_collected(side, labels) for side in (a, b))
        others, spreads = theirs.groups.tallies(), _spreads(a, b, labels)
        for group in mine.breakdown(a.evaluation.tally, labels):
            yield ClassPart(group.name, group.tally, others[group.name], spreads[group.name])


def _collected(side: Side, labels: Sequence[str] | None) -> Collected:
    """The totals by class, some rows at a time."""
    wanted, found = Wanted(by="class"), Collected()
    batch = replace(side.batch, labels=labels, ids=None, groups=None)
    each, terms = batch.elements_per_row, side.terms
    for start in range(0, len(batch), _ROWS):
        part = slice(start * each, (start + _ROWS) * each)
        ignored = None if terms.ignored is None else terms.ignored[part]
        cut = replace(terms, loss=terms.loss[part], weight=terms.weight[part], ignored=ignored)
        found = found.joined(collect(side.loss, batch.rows(start, start + _ROWS), cut, wanted), wanted)
    return found


def _spreads(a: Side, b: Side, labels: Sequence[str] | None) -> Mapping[str, Spread]:
    """The spread of the differences of each class by its name."""
    codes, names = _codes(a, labels)
    ignored = a.terms.ignored
    if ignored is not None:
        codes[ignored] = len(names)
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))[: len(names)]
    groups = a.batch.groups
    clusters = None if groups is None else codes_of(groups)[0]
    each = np.split(np.argsort(codes, kind="stable"), ends)
    return {
        name: spread_of_all(*_units(a, b, elements, clusters))
        for name, elements in zip(names, each, strict=False)
        if len(elements)
    }


def _codes(side: Side, labels: Sequence[str] | None) -> tuple[Array, Sequence[str]]:
    """The class of every element by a number, and the names by number, some rows at a time."""
    batch = replace(side.batch, labels=labels, ids=None, groups=None)
    number: dict[str, int] = {}
    found = Grown()
    for start in range(0, len(batch), _ROWS):
        codes, names = side.loss.class_codes(batch.rows(start, start + _ROWS))
        known = np.array([number.setdefault(name, len(number)) for name in names])
        found.add(known[np.clip(codes, 0, len(known) - 1)].astype(np.min_scalar_type(len(number))))
    return found.whole(), list(number)


def _units(a: Side, b: Side, elements: Array, clusters: Array | None) -> tuple[Array, Array]:
    """The differences and the weights of the elements of a class, summed by independent unit."""
    each = a.batch.elements_per_row
    row = elements // each
    with np.errstate(invalid="ignore"):
        difference = b.terms.loss[elements] - a.terms.loss[elements]
    weight = a.terms.weight[elements]
    if clusters is None and each == 1:
        return difference, weight
    return summed(difference, weight, row if clusters is None else clusters[row])
