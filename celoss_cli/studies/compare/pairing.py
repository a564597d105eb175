"""Brings the rows of two data sets together: the same row of both, with the same target and weight.

Both data sets are held in memory. Whatever does not fit is refused with its place: a comparison of rows
that are not the same rows would look like any other.
"""

from __future__ import annotations

import contextlib
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk, Reduction, Tally, Terms
from celoss_cli.core.errors import InputError, UsageError, quoted
from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.records import record
from celoss_cli.evaluate.collect import Collected, collect
from celoss_cli.evaluate.loop import Evaluation, Request, evaluate
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.studies.compare.comparing import Pairs

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss

__all__ = ["Align", "Alignment", "Side", "aligned", "labels_of", "paired", "side_of"]

Align = Literal["id", "position"]

_EXAMPLES = 3
_BLOCK_BYTES = 1 << 19
_OF_TOKENS = "other tokens of the same text are compared by its bytes: --per byte"

_ROWS = 1 << 16
"""So many rows are counted by class at a time."""


@record(frozen=True, slots=True)
class Side:
    """One data set, computed and kept row by row.

    Attributes:
        name: what messages call it.
        loss: that it was computed with.
        evaluation: its totals and what was noticed.
        batch: all of its rows, canonical.
        terms: shape (elements,), of all rows.
        sample_weight: shape (rows,), the weight that the data gives each row, or None.
        place: names the place of a row.

    """

    name: str
    loss: Loss
    evaluation: Evaluation
    batch: Batch
    terms: Terms
    place: Callable[[int], str]
    sample_weight: Array | None = None

    def by_row(self, values: Array) -> Array:
        """Values of the elements as shape (rows, elements of a row)."""
        return values.reshape(len(self.batch), -1)

    @property
    def counted(self) -> Array:
        """Which elements are not ignored, shape (rows, elements of a row)."""
        ignored = self.terms.ignored
        return self.by_row(np.ones(self.terms.loss.size, bool) if ignored is None else ~ignored)

    def target(self, row: int) -> float | int | str | tuple[float, ...] | None:
        """The target of a row of one element; None where it has none."""
        single = self.batch.elements_per_row == 1 and self.batch.target.size
        return self.loss.target_of(self.batch, row) if single else None


def side_of(name: str, loss: Loss, batches: Iterable[Batch | Chunk], request: Request) -> Side:
    """Computes a data set and keeps all of it.

    Raises:
        InputError: for data that cannot be computed, and where nothing is counted.

    """
    kept: list[tuple[Batch, Terms, str]] = []
    weights: list[Array] = []

    def keep(batch: Batch, terms: Terms) -> None:
        if batch.offsets is not None:
            batch, terms = _by_document(batch, terms)
        places = "\n".join(map(batch.place, range(len(batch))))
        if SAMPLE_WEIGHT in batch.aligned:
            weights.append(batch.aligned[SAMPLE_WEIGHT][:, 0])
        named = replace(batch, ids=_joined([batch.ids]), groups=_joined([batch.groups]))
        kept.append((replace(named, place=str, input_place=None), terms, places))

    evaluation = evaluate(loss, batches, replace(request, keep=True), keep)
    if not evaluation.tally.counted:
        raise InputError("expected at least one counted target, got none", place=name)
    batch, terms = _whole([found[0] for found in kept]), _all_terms([found[1] for found in kept])
    places = _Places([found[2] for found in kept])
    return Side(name, loss, evaluation, batch, terms, places, np.concatenate(weights) if weights else None)


def _by_document(batch: Batch, terms: Terms) -> tuple[Batch, Terms]:
    """Rows of any number of elements as rows of one, which has the sums of theirs: what is paired."""
    rows = batch.places(np.arange(terms.loss.size))[0]
    counted = np.ones(len(rows), bool) if terms.ignored is None else ~terms.ignored
    loss, weight = (np.bincount(rows, values, len(batch)) for values in (terms.loss, terms.weight))
    left_out = np.bincount(rows, counted, len(batch)) == 0
    whole = replace(
        batch,
        input=loss[:, np.newaxis],
        target=np.empty((len(batch), 0)),
        aligned={},
        offsets=None,
    )
    return whole, replace(terms, loss=loss, weight=weight, ignored=left_out)


class _Places:
    """The places of rows, one line of text each."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts

    def __call__(self, row: int) -> str:
        lines = itertools.chain.from_iterable(part.split("\n") for part in self._parts)
        return next(itertools.islice(lines, row, None))


def _whole(batches: Sequence[Batch]) -> Batch:
    """Consecutive canonical batches as one.

    Raises:
        InputError: for rows of other extents than the first one.

    """
    first = batches[0]
    for batch in batches:
        if batch.input.shape[1:] != first.input.shape[1:] or batch.target.shape[1:] != first.target.shape[1:]:
            raise InputError("expected rows of one shape to compare, got several")
    return replace(
        first,
        input=np.concatenate([batch.input for batch in batches]),
        target=np.concatenate([batch.target for batch in batches]),
        aligned={},
        ids=_joined([batch.ids for batch in batches]),
        groups=_joined([batch.groups for batch in batches]),
    )


class _Names(Sequence[str]):
    """Names in parts, each one text: a tenth of the memory of a list of texts. Going on is quick."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.parts = parts
        self._ends = np.cumsum([part.count for part in parts])
        self._last: tuple[int, list[str]] = (-1, [])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __iter__(self) -> Iterator[str]:
        return itertools.chain.from_iterable(part.names() for part in self.parts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        number = int(np.searchsorted(self._ends, at, side="right"))
        if number != self._last[0]:
            self._last = (number, self.parts[number].names())
        return self._last[1][at - int(self._ends[number])]


@record(frozen=True, slots=True)
class _Part:
    """Some names as one text.

    Attributes:
        count: how many.
        text: of all of them, with a separator that is in none.
        separator: between them.

    """

    count: int
    text: str
    separator: str

    @classmethod
    def of(cls, names: Sequence[str]) -> _Part:
        separator = "\n"
        while any(separator in name for name in names):
            separator += "\x00"
        return cls(len(names), separator.join(names), separator)

    def names(self) -> list[str]:
        return self.text.split(self.separator)


def _joined(parts: Sequence[Sequence[str] | None]) -> Sequence[str] | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    texts = [names.parts if isinstance(names, _Names) else [_Part.of(names)] for names in known]
    return _Names(list(itertools.chain.from_iterable(texts)))


def _all_terms(terms: Sequence[Terms]) -> Terms:
    ignored = None
    if any(part.ignored is not None for part in terms):
        ignored = np.concatenate(
            [np.zeros(part.loss.size, bool) if part.ignored is None else part.ignored for part in terms]
        )
    return Terms(
        loss=np.concatenate([part.loss for part in terms]).astype(np.float64, copy=False),
        weight=np.concatenate([part.weight for part in terms]).astype(np.float64, copy=False),
        weight_is=terms[0].weight_is,
        ignored=ignored,
    )


# ---------------------------------------------------------------------------------------- the alignment


@record(frozen=True, slots=True)
class Alignment:
    """Which row of B belongs to each row of A.

    Attributes:
        by: what the rows were aligned by.
        order: shape (rows,), the row of B.

    """

    by: Align
    order: Array


def aligned(a: Side, b: Side, align: Align | None) -> Alignment:
    """The rows of B in the order of A, by id, or by position where that is asked for or no ids exist.

    Raises:
        InputError: for ids that occur twice or in one data set only, and for rows that differ in their
            classes, shape, target, weight or group.

    """
    if align is None:
        align = "position" if a.batch.ids is None and b.batch.ids is None else "id"
    _refuse_other_classes(a, b)
    found = Alignment(align, _order_by_id(a, b) if align == "id" else _order_by_position(a, b))
    _refuse_options_in_order(a, b, found.order)
    _refuse_other_targets(a, b, found.order)
    _refuse_other_weights(a, b, found.order)
    _refuse_other_groups(a, b, found.order)
    return found


def labels_of(a: Side, b: Side) -> Sequence[str] | None:
    """The classes' names, where at least one of both has them."""
    return a.batch.labels if a.batch.labels is not None else b.batch.labels


def _refuse_other_classes(a: Side, b: Side) -> None:
    mine, theirs = a.batch.labels, b.batch.labels
    if mine is not None and theirs is not None and list(mine) != list(theirs):
        raise InputError(
            f"expected the classes {_examples(list(mine))} of {a.name} in this order, "
            f"got {_examples(list(theirs))}",
            hint="--class-columns NAMES puts the columns of both in one order",
            place=b.name,
        )
    if a.batch.input.shape[1:] != b.batch.input.shape[1:]:
        shapes = [list(side.batch.input.shape[1:]) for side in (a, b)]
        raise InputError(f"expected rows of the shape {shapes[0]} of {a.name}, got {shapes[1]}", place=b.name)


def _order_by_position(a: Side, b: Side) -> Array:
    for side in (a, b):
        if side.evaluation.skipped:
            raise InputError(
                f"expected no skipped rows where rows are aligned by position, "
                f"got {side.evaluation.skipped} with missing values",
                hint="rows with ids can be aligned by id",
                place=side.name,
            )
    if len(a.batch) != len(b.batch):
        raise InputError(f"expected the {len(a.batch)} rows of {a.name}, got {len(b.batch)}", place=b.name)
    return np.arange(len(a.batch))


def _order_by_id(a: Side, b: Side) -> Array:
    ours, theirs = a.batch.ids, b.batch.ids
    if ours is not None and theirs is not None and _same(ours, theirs):
        return np.arange(len(ours))
    return _order_by_name(a, b)


def _same(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both have the same names in one order, each once; a table of their hashes is small."""
    if len(ours) != len(theirs) or not all(map(operator.eq, ours, theirs)):
        return False
    return len(np.unique(np.fromiter(map(hash, ours), np.int64, len(ours)))) == len(ours)


def _order_by_name(a: Side, b: Side) -> Array:
    """The same by a table of names, which also says what does not fit."""
    ours, theirs = _row_of(a, b), _row_of(b, a)
    for one, rows, other, others in ((b, theirs, a, ours), (a, ours, b, theirs)):
        alone = [name for name in rows if name not in others]
        if alone:
            raise InputError(
                f"expected ids that {other.name} has too, got {_examples(alone)}",
                hint="a comparison needs the same rows in both",
                place=one.place(rows[alone[0]]),
            )
    return np.fromiter((theirs[name] for name in ours), np.int64, len(ours))


def _row_of(side: Side, other: Side) -> dict[str, int]:
    """The row of each id, in the order of the rows."""
    if side.batch.ids is None:
        raise InputError(
            f"expected a column of ids as {other.name} has one, got none"
            if other.batch.ids is not None
            else "expected a column of ids to align the rows by, got none",
            hint="name it: --id-column NAME, or align the rows as they stand: --align position",
            place=side.name,
        )
    rows: dict[str, int] = {}
    for row, name in enumerate(side.batch.ids):
        if rows.setdefault(name, row) != row:
            raise InputError(
                f"expected each id once, got {quoted(name)} of {side.place(rows[name])} again",
                place=side.place(row),
            )
    return rows


def _examples(names: Sequence[str]) -> str:
    shown = ", ".join(map(quoted, names[:_EXAMPLES]))
    return f"{shown} and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else shown


def _refuse_options_in_order(a: Side, b: Side, order: Array) -> None:
    """Refuses an option with a value for each row, in order, where the orders differ."""
    moved = np.flatnonzero(order != np.arange(len(order)))
    if moved.size and b.loss.goes_with_rows(b.batch.dimensions):
        row = int(moved[0])
        raise InputError(
            f"expected the rows in the order of {a.name}, as weights are given for each row in order, "
            f"got the row of {a.place(row)} elsewhere",
            place=b.place(int(order[row])),
        )


def _refuse_other_targets(a: Side, b: Side, order: Array) -> None:
    mine, theirs = a.batch.target, b.batch.target
    if mine.shape[1:] != theirs.shape[1:]:
        raise InputError(f"expected targets of the kind of those of {a.name}, got others", place=b.name)
    unlike = (mine != theirs[order]).reshape(len(mine), -1).any(axis=1)
    if unlike.any():
        row = int(np.flatnonzero(unlike)[0])
        texts = [_target_text(a, row), _target_text(b, int(order[row]))]
        shown = f"expected the target {texts[0]} of {a.place(row)}, got {texts[1]}"
        raise InputError(
            f"{shown}{_others(unlike)}" if None not in texts else f"expected the targets of {a.place(row)}",
            hint="--targets @FILE gives both the same targets",
            place=b.place(int(order[row])),
        )


def _target_text(side: Side, row: int) -> str | None:
    target, labels = side.target(row), side.batch.labels
    if isinstance(target, int) and labels is not None and 0 <= target < len(labels):
        return quoted(labels[target])
    return None if target is None else str(target)


def _others(unlike: Array) -> str:
    count = int(np.count_nonzero(unlike)) - 1
    return f"; {count} more rows differ" if count > 1 else "; one more row differs" if count else ""


def _refuse_other_weights(a: Side, b: Side, order: Array) -> None:
    mine, theirs = a.by_row(a.terms.weight), b.by_row(b.terms.weight)[order]
    unlike = (mine != theirs).any(axis=1)
    if unlike.any():
        row = int(np.flatnonzero(unlike)[0])
        raise InputError(
            f"expected the weight {mine[row].sum():g} of {a.place(row)}, got {theirs[row].sum():g}"
            f"{_others(unlike)}",
            hint=_OF_TOKENS if a.loss.gives_perplexity and not a.loss.per_class else "",
            place=b.place(int(order[row])),
        )


def _refuse_other_groups(a: Side, b: Side, order: Array) -> None:
    if a.batch.groups is None or b.batch.groups is None:
        return
    others = list(b.batch.groups)
    for row, (mine, other) in enumerate(zip(a.batch.groups, order.tolist(), strict=True)):
        theirs = others[other]
        if mine != theirs:
            raise InputError(
                f"expected the group {quoted(mine)} of {a.place(row)}, got {quoted(theirs)}",
                place=b.place(other),
            )


# -------------------------------------------------------------------------------------------- the pairs


def paired(a: Side, b: Side, alignment: Alignment, reduction: Reduction) -> Pairs:
    """The counted rows of both, in A's order.

    Args:
        a: the first data set.
        b: the second one.
        alignment: of their rows.
        reduction: "mean" or "batchmean", which says what a row's weight is.

    """
    order, counted = alignment.order, a.counted
    rows = np.flatnonzero(counted.any(axis=1))
    all_count = len(rows) == len(counted)
    mine, theirs = (side.by_row(side.terms.loss).sum(axis=1) for side in (a, b))
    by_row = reduction == "batchmean"
    weight = np.ones(len(order)) if by_row else a.by_row(a.terms.weight).sum(axis=1)
    divisor = exact_sum(weight) if by_row else a.evaluation.tally.weight
    ids, groups = a.batch.ids, a.batch.groups
    agreement, divergence = _predictions(a, b, order, counted)
    return Pairs(
        first=mine[rows],
        second=theirs[order][rows],
        weight=weight[rows],
        row=rows,
        ids=ids if all_count else _of_rows(ids, rows),
        groups=groups if all_count else _of_rows(groups, rows),
        target=lambda at: a.target(int(rows[at])),
        totals=(a.evaluation.tally.loss, b.evaluation.tally.loss, divisor),
        classes=list(_by_class(a, b)),
        agreement=agreement,
        divergence=divergence,
    )


def _of_rows(names: Sequence[str] | None, rows: Array) -> list[str] | None:
    return None if names is None else [names[row] for row in rows.tolist()]


def _by_class(a: Side, b: Side) -> Iterator[tuple[str, Tally, Tally]]:
    """The totals of each class, in the order of the classes; none where the targets are no classes."""
    labels = labels_of(a, b)
    with contextlib.suppress(UsageError):
        mine, theirs = (_collected(side, labels) for side in (a, b))
        others = theirs.groups.tallies()
        for group in mine.breakdown(a.evaluation.tally, labels):
            yield group.name, group.tally, others[group.name]


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


def _predictions(a: Side, b: Side, order: Array, counted: Array) -> tuple[float | None, float | None]:
    """How often both find the same outcome most probable, and the mean divergence of B from A.

    Rows count as often as the data's own weights say.
    """
    weights = np.ones(len(order)) if a.sample_weight is None else a.sample_weight
    same = divisor = total = ExactSum()
    step = max(1, _BLOCK_BYTES // max(1, a.batch.input[:1].nbytes))
    for start in range(0, len(order), step):
        part = slice(start, start + step)
        one = a.batch.rows(start, start + step)
        p = a.loss.log_predictions(one)
        q = b.loss.log_predictions(replace(one, input=b.batch.input[order[part]]))
        if p is None or q is None:
            return None, None
        by_element = p.shape[1] == counted[part].size
        kept = counted[part].reshape(-1) if by_element else counted[part].any(axis=1)
        weight = np.repeat(weights[part], kept.size // weights[part].size)[kept]
        p, q = p[:, kept], q[:, kept]
        same += exact_sum(weight * (p.argmax(axis=0) == q.argmax(axis=0)))
        divisor += exact_sum(weight)
        total += exact_sum(np.where(weight == 0, 0, weight * _divergence(p, q)))
    return same / divisor, total / divisor / float(a.loss.nats)


def _divergence(p: Array, q: Array) -> Array:
    """Sum of exp p (p - q) over the outcomes of log-probabilities (outcomes, n); 0 log 0 is 0."""
    with np.errstate(all="ignore"):
        parts = np.exp(p) * (p - q)
    parts[np.isneginf(p) & ~np.isnan(q)] = 0
    return np.asarray(parts.sum(axis=0))
