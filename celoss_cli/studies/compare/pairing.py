"""Brings the rows of two data sets together: the same row of both, with the same target and weight.

What is compared of both data sets is held in memory. Whatever does not fit is refused with its place: a
comparison of rows that are not the same rows would look like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from celoss_cli.core.errors import InputError, Way, quoted
from celoss_cli.core.exact import exact_sum
from celoss_cli.core.index import NONE, first_repeat
from celoss_cli.core.names import Names
from celoss_cli.core.records import record
from celoss_cli.studies.compare.classes import by_class
from celoss_cli.studies.compare.comparing import Pairs
from celoss_cli.studies.compare.likeness import same_tokens, tokens_in_order
from celoss_cli.studies.compare.tokens import first_of, refuse_other_text, why_other_tokens

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Reduction
    from celoss_cli.studies.compare.likeness import Likeness
    from celoss_cli.studies.compare.side import Side

__all__ = ["Align", "Alignment", "aligned", "labels_of", "paired"]

Align = Literal["id", "position"]

_EXAMPLES = 3


@record(frozen=True, slots=True)
class Alignment:
    """Both data sets row by row.

    Attributes:
        by: what the rows were aligned by.
        second: B in the order of A; what both have in common is held once.

    """

    by: Align
    second: Side


def aligned(a: Side, b: Side, align: Align | None, rows: Array) -> Alignment:
    """The rows of B in the order of A, by id, or by position where that is asked for or no ids exist.

    Args:
        a: the first data set.
        b: the second one.
        align: what rows are aligned by, where that is asked for.
        rows: shape (rows of B,), the row of A that each has the id of, or ``NONE``.

    Raises:
        InputError: for ids that occur twice or in one data set only, and for rows that differ in their
            classes, shape, target, weight or group.

    """
    if align is None:
        align = "position" if a.batch.ids is None and b.batch.ids is None else "id"
    _refuse_other_classes(a, b)
    order = _order_by_id(a, b, rows) if align == "id" else _order_by_position(a, b)
    _refuse_options_in_order(a, b, order)
    _refuse_other_targets(a, b, order)
    _refuse_other_weights(a, b, order)
    refuse_other_text(a, b, order)
    _refuse_other_groups(a, b, order)
    return Alignment(align, _in_order_of(a, b, order))


def _in_order_of(a: Side, b: Side, order: Array) -> Side:
    """B with its rows in the order of A, which has the same targets, weights, ids and groups."""
    ignored = b.terms.ignored
    return replace(
        b,
        batch=replace(b.batch, target=a.batch.target, ids=a.batch.ids, groups=a.batch.groups),
        terms=replace(
            b.terms,
            loss=_ordered(b.by_row(b.terms.loss), order).reshape(-1),
            weight=a.terms.weight,
            ignored=None if ignored is None else _ordered(b.by_row(ignored), order).reshape(-1),
        ),
        likeliest=None if b.likeliest is None else tokens_in_order(b.likeliest, order),
        scored={unit: _ordered(values, order) for unit, values in b.scored.items()},
    )


def labels_of(a: Side, b: Side) -> Sequence[str] | None:
    """The classes' names, where at least one of both has them."""
    return a.batch.labels if a.batch.labels is not None else b.batch.labels


def _refuse_other_classes(a: Side, b: Side) -> None:
    mine, theirs = a.batch.labels, b.batch.labels
    if mine is not None and theirs is not None and list(mine) != list(theirs):
        raise InputError(
            f"expected the classes {_examples(mine, len(mine))} of {a.name} in this order, "
            f"got {_examples(theirs, len(theirs))}",
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


def _order_by_id(a: Side, b: Side, rows: Array) -> Array:
    """The row of B of each row of A, where each has one.

    Args:
        a: the first data set.
        b: the second one.
        rows: shape (rows of B,), the row of A of the same id, or ``NONE``.

    """
    order = np.full(len(a.batch), NONE)
    known = rows != NONE
    order[rows[known]] = np.flatnonzero(known)
    each_its_own = np.count_nonzero(order != NONE) == len(b.batch)
    for side, other in ((a, b), (b, a)):
        _refuse_no_ids(side, other)
        if side is a or not each_its_own:
            _refuse_repeated(side)
    for one, other, alone in ((b, a, ~known), (a, b, order == NONE)):
        _refuse_unmatched(one, other, np.flatnonzero(alone))
    return order


def _refuse_no_ids(side: Side, other: Side) -> None:
    if side.batch.ids is None:
        raise InputError(
            f"expected a column of ids as {other.name} has one, got none"
            if other.batch.ids is not None
            else "expected a column of ids to align the rows by, got none",
            hint="name it: --id-column NAME, or align the rows as they stand: --align position",
            ways=_by_position(side, other),
            place=side.name,
        )


def _by_position(one: Side, other: Side) -> tuple[Way, ...]:
    """The way out by position, where both have as many rows."""
    same = len(one.batch) == len(other.batch)
    return (Way("the rows as they stand", (("--align", "position"),)),) if same else ()


def _refuse_repeated(side: Side) -> None:
    ids = side.batch.ids
    twice = None if ids is None else first_repeat(Names.of(ids))
    if ids is not None and twice is not None:
        first, row = twice
        raise InputError(
            f"expected each id once, got {quoted(ids[row])} of {side.place(first)} again",
            place=side.place(row),
        )


def _refuse_unmatched(one: Side, other: Side, alone: Array) -> None:
    """Refuses the rows whose ids the other data set does not have."""
    if one.batch.ids is None or not len(alone):
        return
    names = [one.batch.ids[row] for row in alone[:_EXAMPLES].tolist()]
    got, ways = _examples(names, len(alone)), tuple[Way, ...]()
    if len(alone) == len(one.batch) and other.batch.ids is not None:
        theirs = [other.batch.ids[row] for row in range(min(_EXAMPLES, len(other.batch)))]
        got = f"none of them: {got} beside {_examples(theirs, len(other.batch))} there"
        ways = _by_position(one, other)
    raise InputError(
        f"expected ids that {other.name} has too, got {got}",
        hint="" if ways else "a comparison needs the same rows in both",
        ways=ways,
        place=one.place(int(alone[0])),
    )


def _examples(names: Sequence[str], count: int) -> str:
    """The first of so many names."""
    shown = ", ".join(map(quoted, names[:_EXAMPLES]))
    return f"{shown} and {count - _EXAMPLES} more" if count > _EXAMPLES else shown


def _refuse_options_in_order(a: Side, b: Side, order: Array) -> None:
    """Refuses an option with a value for each row, in order, where the orders differ."""
    row = first_of(order != np.arange(len(order)))
    if row is not None and b.loss.goes_with_rows(b.batch.dimensions):
        raise InputError(
            f"expected the rows in the order of {a.name}, as weights are given for each row in order, "
            f"got the row of {a.place(row)} elsewhere",
            place=b.place(int(order[row])),
        )


def _refuse_other_targets(a: Side, b: Side, order: Array) -> None:
    mine, theirs = a.batch.target, b.batch.target
    if mine.shape[1:] != theirs.shape[1:]:
        raise InputError(f"expected targets of the kind of those of {a.name}, got others", place=b.name)
    unlike = (mine != _ordered(theirs, order)).reshape(len(mine), -1).any(axis=1)
    row = first_of(unlike)
    if row is not None:
        texts = [_target_text(a, row), _target_text(b, int(order[row]))]
        shown = f"expected the target {texts[0]} of {a.place(row)}, got {texts[1]}"
        raise InputError(
            f"{shown}{_others(unlike)}" if None not in texts else f"expected the targets of {a.place(row)}",
            hint="--targets @FILE gives both the same targets",
            place=b.place(int(order[row])),
        )


def _target_text(side: Side, row: int) -> str | None:
    target, labels = side.targets(row), side.batch.labels
    if isinstance(target, int) and labels is not None and 0 <= target < len(labels):
        return quoted(labels[target])
    return None if target is None else str(target)


def _others(unlike: Array) -> str:
    count = int(np.count_nonzero(unlike)) - 1
    return f"; {count} more rows differ" if count > 1 else "; one more row differs" if count else ""


def _refuse_other_weights(a: Side, b: Side, order: Array) -> None:
    mine, theirs = a.by_row(a.terms.weight), _ordered(b.by_row(b.terms.weight), order)
    unlike = (mine != theirs).any(axis=1)
    row = first_of(unlike)
    if row is not None:
        hint, ways = why_other_tokens(a, b)
        raise InputError(
            f"expected the weight {mine[row].sum():g} of {a.place(row)}, got {theirs[row].sum():g}"
            f"{_others(unlike)}",
            hint=hint,
            ways=ways,
            place=b.place(int(order[row])),
        )


def _refuse_other_groups(a: Side, b: Side, order: Array) -> None:
    if a.batch.groups is None or b.batch.groups is None:
        return
    row = first_of(~Names.of(a.batch.groups).same(Names.of(b.batch.groups)[order]))
    if row is not None:
        other = int(order[row])
        raise InputError(
            f"expected the group {quoted(a.batch.groups[row])} of {a.place(row)}, "
            f"got {quoted(b.batch.groups[other])}",
            place=b.place(other),
        )


# -------------------------------------------------------------------------------------------- the pairs


def paired(a: Side, b: Side, reduction: Reduction, likeness: Likeness) -> Pairs:
    """The counted rows of both.

    Args:
        a: the first data set.
        b: the second one, in the order of A.
        reduction: "mean" or "batchmean", which says what a row's weight is.
        likeness: of the predictions.

    """
    rows = _counted_rows(a.counted)
    counted = slice(None) if rows is None else rows
    by_row = reduction == "batchmean"
    weight = np.ones(len(a.batch)) if by_row else a.summed(a.terms.weight)
    targets = a.targets
    agreement, divergence = _predictions(a, b, likeness)
    return Pairs(
        first=a.summed(a.terms.loss)[counted],
        second=b.summed(b.terms.loss)[counted],
        weight=weight[counted],
        row=rows,
        ids=None if a.batch.ids is None else Names.of(a.batch.ids)[counted],
        groups=None if a.batch.groups is None else Names.of(a.batch.groups)[counted],
        target=targets if rows is None else lambda at: targets(int(rows[at])),
        totals=(
            a.evaluation.tally.loss,
            b.evaluation.tally.loss,
            exact_sum(weight) if by_row else a.evaluation.tally.weight,
        ),
        classes=list(by_class(a, b, labels_of(a, b))),
        agreement=agreement,
        divergence=divergence,
    )


def _counted_rows(counted: Array) -> Array | None:
    """The rows with an element that counts; None where all have one."""
    rows = counted.any(axis=1)
    return None if rows.all() else np.flatnonzero(rows)


def _ordered(values: Array, order: Array) -> Array:
    """The values in this order; themselves where the rows of both stand in one."""
    return values if (order[1:] > order[:-1]).all() else values[order]


def _predictions(a: Side, b: Side, likeness: Likeness) -> tuple[float | None, float | None]:
    """How often both find the same outcome most probable, and the mean divergence of B from A."""
    if a.likeliest is not None and b.likeliest is not None:
        return same_tokens(a.likeliest, b.likeliest), None
    likeness.add_waiting(b.loss)
    return likeness.means()
