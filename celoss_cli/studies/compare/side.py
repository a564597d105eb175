"""One data set of a comparison: computed, with what is compared of it held row by row."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk, Lines, Terms
from celoss_cli.core.errors import InputError
from celoss_cli.core.names import Names
from celoss_cli.core.records import record
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.evaluate.units import by_row
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.losses.scored_tokens import LIKELIEST, ScoredTokens
from celoss_cli.studies.compare.rows import Grown

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss

__all__ = ["SIZES", "Side", "scored_of", "side_of"]


SIZES = ("bytes", "tokens")
"""What says how much of a document is scored: bytes where both dumps know them, whatever their tokens are."""


@record(frozen=True, slots=True)
class Side:
    """One data set, computed, with what is compared of it kept row by row.

    Attributes:
        name: what messages call it.
        loss: that it was computed with.
        evaluation: its totals and what was noticed.
        batch: all of its rows, canonical, but for the values of their inputs.
        terms: shape (elements,), of all rows.
        sample_weight: shape (rows,), the weight that the data gives each row, or None.
        place: names the place of a row.
        likeliest: a number for the most probable token of each place that counts, 0 where nobody knows it,
        and how many tokens each row has; None where nothing is known of them.
        scored: how many bytes and how many tokens of each row count, by unit, NaN where nobody knows; empty
        where the rows are no documents of scored tokens.

    """

    name: str
    loss: Loss
    evaluation: Evaluation
    batch: Batch
    terms: Terms
    place: Callable[[int], str]
    sample_weight: Array | None = None
    likeliest: tuple[Array, Array] | None = None
    scored: Mapping[str, Array] = field(default_factory=dict)

    def by_row(self, values: Array) -> Array:
        """Values of the elements as shape (rows, elements of a row)."""
        return values.reshape(len(self.batch), -1)

    def summed(self, values: Array) -> Array:
        """The sums of the elements of each row, shape (rows,)."""
        each = self.by_row(values)
        return each[:, 0] if each.shape[1] == 1 else each.sum(axis=1)

    @property
    def targets(self) -> Callable[[int], float | int | str | tuple[float, ...] | None]:
        """The target of a row of one element, None where it has none; held is nothing but the targets."""
        if self.batch.elements_per_row != 1 or not self.batch.target.size:
            return lambda row: None
        loss, batch = self.loss, replace(self.batch, ids=None, groups=None)
        return lambda row: loss.target_of(batch, row)

    @property
    def counted(self) -> Array:
        """Which elements are not ignored, shape (rows, elements of a row)."""
        ignored = self.terms.ignored
        return self.by_row(np.ones(self.terms.loss.size, bool) if ignored is None else ~ignored)


def side_of(
    name: str,
    loss: Loss,
    batches: Iterable[Batch | Chunk],
    request: Request,
    take: Callable[[Loss, Batch], None],
) -> Side:
    """Computes a data set and keeps what is compared of it.

    Args:
        name: what messages call it.
        loss: with its options.
        batches: of the data set, in order.
        request: of the evaluation.
        take: takes each batch, canonical, with its inputs, which are not kept here.

    Raises:
        InputError: for data that cannot be computed, and where nothing is counted.

    """
    kept = _Kept(loss, take)
    evaluation = evaluate(loss, batches, replace(request, keep=True), kept.add)
    if not evaluation.tally.counted:
        raise InputError("expected at least one counted target, got none", place=name)
    weights = kept.sample_weight.whole() if kept.weighted else None
    return Side(
        name,
        loss,
        evaluation,
        kept.batch(),
        kept.terms(),
        _Places(kept.places),
        weights,
        kept.tokens(),
        {unit: values.whole() for unit, values in kept.scored.items()},
    )


class _Kept:
    """What was kept of the batches so far."""

    def __init__(self, loss: Loss, take: Callable[[Loss, Batch], None]) -> None:
        self.first: tuple[Batch, Terms] | None = None
        self.target, self.sample_weight = Grown(), Grown()
        self.loss, self.weight, self.ignored = Grown(), Grown(), Grown()
        self.likeliest, self.sizes = Grown(), Grown()
        self.scored = {unit: Grown() for unit in SIZES} if isinstance(loss, ScoredTokens) else {}
        self.places: list[tuple[int, Lines | bytes]] = []
        self.weighted = self.ignoring = False
        self._loss, self._take = loss, take
        self._ids: list[Sequence[str] | None] = []
        self._groups: list[Sequence[str] | None] = []

    def add(self, batch: Batch, terms: Terms) -> None:
        """Takes the next batch, canonical.

        Raises:
            InputError: for rows of other extents than the first one.

        """
        if batch.offsets is not None:
            self._add_tokens(batch, terms)
            batch, terms = _by_document(batch, terms)
        if self.first is None:
            self.first = replace(batch, place=str, input_place=None, ids=None, groups=None), terms
        self.places.append((len(batch), _packed(batch)))
        if batch.input.shape[1:] != self.first[0].input.shape[1:] or not self.target.takes(batch.target):
            raise InputError("expected rows of one shape to compare, got several")
        batch = replace(batch, ids=_packed_names(batch.ids), groups=_packed_names(batch.groups))
        self._take(self._loss, batch)
        self.target.add(batch.target)
        self.loss.add(terms.loss.astype(np.float64, copy=False))
        self.weight.add(terms.weight.astype(np.float64, copy=False))
        self.ignoring |= terms.ignored is not None
        self.ignored.add(np.zeros(terms.loss.size, bool) if terms.ignored is None else terms.ignored)
        if SAMPLE_WEIGHT in batch.aligned:
            self.weighted = True
            self.sample_weight.add(batch.aligned[SAMPLE_WEIGHT][:, 0].astype(np.float64))
        self._ids.append(batch.ids)
        self._groups.append(batch.groups)

    def batch(self) -> Batch:
        """All batches as one."""
        first = self.first[0] if self.first is not None else Batch(np.zeros(0), np.zeros(0))
        return replace(
            first,
            input=np.broadcast_to(0.0, (sum(rows for rows, _ in self.places), *first.input.shape[1:])),
            target=self.target.whole(),
            aligned={},
            ids=_all_names(self._ids),
            groups=_all_names(self._groups),
        )

    def _add_tokens(self, batch: Batch, terms: Terms) -> None:
        for unit, values in self.scored.items():
            values.add(scored_of(unit, batch, terms))
        if LIKELIEST in batch.aligned and batch.offsets is not None:
            found = batch.aligned[LIKELIEST]
            self.likeliest.add(found if terms.ignored is None else np.where(terms.ignored, 0, found))
            self.sizes.add(np.diff(batch.offsets))

    def tokens(self) -> tuple[Array, Array] | None:
        """The most probable tokens, where any is known, and the sizes of the rows."""
        found = self.likeliest.whole()
        return (found, self.sizes.whole().astype(np.int64)) if found.any() else None

    def terms(self) -> Terms:
        """The terms of all batches."""
        return Terms(
            loss=self.loss.whole(),
            weight=_once_if_one(self.weight.whole()),
            weight_is=self.first[1].weight_is if self.first is not None else "",
            ignored=self.ignored.whole() if self.ignoring else None,
        )


def _packed_names(names: Sequence[str] | None) -> Names | None:
    """The names without the text that they were read from."""
    return None if names is None else Names.of(names).packed()


def _all_names(parts: Sequence[Sequence[str] | None]) -> Names | None:
    """All names of these parts, None where one of them has none."""
    known = [Names.of(part) for part in parts if part is not None]
    return Names.joined(known) if known and len(known) == len(parts) else None


def _once_if_one(values: Array) -> Array:
    """Values of shape (n,); where all are one, it is held once, and sums of it cost nothing."""
    same = values.size > 0 and bool((values == values[0]).all())
    return np.broadcast_to(values[0].copy(), values.shape) if same else values


def _by_document(batch: Batch, terms: Terms) -> tuple[Batch, Terms]:
    """Rows of any number of elements as rows of one, which has the sums of theirs: what is paired."""
    rows = by_row(batch, terms)
    whole = replace(
        batch,
        input=rows.loss[:, np.newaxis],
        target=np.empty((len(batch), 0)),
        aligned={},
        offsets=None,
    )
    return whole, rows


def _packed(batch: Batch) -> Lines | bytes:
    """The places of its rows, which only an error asks for: consecutive lines, or packed texts."""
    if isinstance(batch.place, Lines):
        return batch.place
    return zlib.compress("\n".join(map(batch.place, range(len(batch)))).encode(), 1)


class _Places:
    """The places of rows, part by part: how many rows, and what was packed of them."""

    def __init__(self, parts: Sequence[tuple[int, Lines | bytes]]) -> None:
        self._parts = parts

    def __call__(self, row: int) -> str:
        for rows, part in self._parts:
            if row < rows:
                return (
                    part(row) if isinstance(part, Lines) else zlib.decompress(part).decode().split("\n")[row]
                )
            row -= rows
        raise IndexError(row)


def scored_of(unit: str, batch: Batch, terms: Terms) -> Array:
    """How much of each document counts, shape (documents,); NaN where nobody knows.

    Args:
        unit: one of ``SIZES``.
        batch: of documents.
        terms: of its tokens, which say what counts.

    """
    each = batch.aligned.get(unit)
    each = np.full(terms.loss.size, 1.0 if unit == "tokens" else np.nan) if each is None else each
    each = each if terms.ignored is None else np.where(terms.ignored, 0.0, each)
    return np.bincount(batch.places(np.arange(each.size))[0], each, len(batch))
