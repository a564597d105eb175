"""Brings the rows of two data sets together: the same row of both, with the same target and weight.

What is compared of both data sets is held in memory. Whatever does not fit is refused with its place: a
comparison of rows that are not the same rows would look like any other.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.exact import exact_sum
from celoss_cli.core.records import record
from celoss_cli.studies.compare.classes import by_class
from celoss_cli.studies.compare.comparing import Pairs
from celoss_cli.studies.compare.likeness import same_tokens
from celoss_cli.studies.compare.tokens import refuse_other_text, why_other_tokens

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Reduction
    from celoss_cli.studies.compare.likeness import Likeness
    from celoss_cli.studies.compare.side import Side

__all__ = ["Align", "Alignment", "aligned", "labels_of", "paired"]

Align = Literal["id", "position"]

_EXAMPLES = 3


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
    refuse_other_text(a, b, found.order)
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
    hashes = np.fromiter(map(hash, ours), np.int64, len(ours))
    hashes.sort()
    return bool((hashes[1:] != hashes[:-1]).all())


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
    unlike = (mine != _ordered(theirs, order)).reshape(len(mine), -1).any(axis=1)
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
    if unlike.any():
        row = int(np.flatnonzero(unlike)[0])
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
    others = list(b.batch.groups)
    for row, (mine, other) in enumerate(zip(a.batch.groups, order.tolist(), strict=True)):
        theirs = others[other]
        if mine != theirs:
            raise InputError(
                f"expected the group {quoted(mine)} of {a.place(row)}, got {quoted(theirs)}",
                place=b.place(other),
            )


# -------------------------------------------------------------------------------------------- the pairs


def paired(a: Side, b: Side, alignment: Alignment, reduction: Reduction, likeness: Likeness) -> Pairs:
    """The counted rows of both, in A's order.

    Args:
        a: the first data set.
        b: the second one.
        alignment: of their rows.
        reduction: "mean" or "batchmean", which says what a row's weight is.
        likeness: of the predictions of the first rows.

    """
    order, counted = alignment.order, a.counted
    rows = _counted_rows(counted)
    by_row = reduction == "batchmean"
    weight = np.ones(len(order)) if by_row else a.summed(a.terms.weight)
    targets = a.targets
    agreement, divergence = _predictions(a, b, order, likeness)
    return Pairs(
        first=_of_rows(a.summed(a.terms.loss), rows),
        second=_of_rows(_ordered(b.summed(b.terms.loss), order), rows),
        weight=_of_rows(weight, rows),
        row=rows,
        ids=_names_of_rows(a.batch.ids, rows),
        groups=_names_of_rows(a.batch.groups, rows),
        target=targets if rows is None else lambda at: targets(int(rows[at])),
        totals=(
            a.evaluation.tally.loss,
            b.evaluation.tally.loss,
            exact_sum(weight) if by_row else a.evaluation.tally.weight,
        ),
        classes=list(by_class(a, b, order, labels_of(a, b))),
        agreement=agreement,
        divergence=divergence,
    )


def _counted_rows(counted: Array) -> Array | None:
    """The rows with an element that counts; None where all have one."""
    rows = counted.any(axis=1)
    return None if rows.all() else np.flatnonzero(rows)


def _of_rows(values: Array, rows: Array | None) -> Array:
    return values if rows is None else values[rows]


def _ordered(values: Array, order: Array) -> Array:
    return values if _in_order(order) else values[order]


def _in_order(order: Array) -> bool:
    """Whether the rows of both stand in one order."""
    return bool((order[1:] > order[:-1]).all())


def _names_of_rows(names: Sequence[str] | None, rows: Array | None) -> Sequence[str] | None:
    return names if names is None or rows is None else [names[row] for row in rows.tolist()]


def _predictions(a: Side, b: Side, order: Array, likeness: Likeness) -> tuple[float | None, float | None]:
    """How often both find the same outcome most probable, and the mean divergence of B from A."""
    if a.likeliest is not None and b.likeliest is not None:
        return same_tokens(a.likeliest, b.likeliest, order), None
    likeness.add_rest(b, order)
    return likeness.means()
