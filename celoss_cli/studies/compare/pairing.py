"""Brings the rows of two data sets together: the same row of both, with the same target and weight.

Both data sets are held in memory. Whatever does not fit is refused with its place: a comparison of rows
that are not the same rows would look like any other.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.exact import ExactSum, exact_sum
from celoss_cli.core.records import record
from celoss_cli.studies.compare.classes import by_class
from celoss_cli.studies.compare.comparing import Pairs
from celoss_cli.studies.compare.tokens import why_other_tokens

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Reduction
    from celoss_cli.studies.compare.side import Side

__all__ = ["Align", "Alignment", "aligned", "labels_of", "paired"]

Align = Literal["id", "position"]

_EXAMPLES = 3
_BLOCK_BYTES = 1 << 19


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


def paired(a: Side, b: Side, alignment: Alignment, reduction: Reduction) -> Pairs:
    """The counted rows of both, in A's order.

    Args:
        a: the first data set.
        b: the second one.
        alignment: of their rows.
        reduction: "mean" or "batchmean", which says what a row's weight is.

    """
    order, counted = alignment.order, a.counted
    rows = _counted_rows(counted)
    by_row = reduction == "batchmean"
    weight = np.ones(len(order)) if by_row else a.summed(a.terms.weight)
    targets = a.targets
    agreement, divergence = _predictions(a, b, order, counted)
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


def _predictions(a: Side, b: Side, order: Array, counted: Array) -> tuple[float | None, float | None]:
    """How often both find the same outcome most probable, and the mean divergence of B from A.

    Rows count as often as the data's own weights say.
    """
    if a.likeliest is not None and b.likeliest is not None:
        return _same_tokens(a.likeliest, b.likeliest, order), None
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


def _same_tokens(a: tuple[Array, Array], b: tuple[Array, Array], order: Array) -> float | None:
    """How often both find the same token most probable, where both say so and have the same tokens.

    Args:
        a: the most probable token of each place of A, and the sizes of its rows.
        b: the same of B.
        order: the row of B for each row of A.

    """
    (ours, sizes), (theirs, others) = a, b
    if not np.array_equal(sizes, others[order]):
        return None
    begins, before = np.cumsum(sizes) - sizes, (np.cumsum(others) - others)[order]
    theirs = theirs[np.arange(len(ours)) + np.repeat(before - begins, sizes)]
    known = (ours != 0) & (theirs != 0)
    return float(np.count_nonzero((ours == theirs) & known) / known.sum()) if known.any() else None


def _divergence(p: Array, q: Array) -> Array:
    """Sum of exp p (p - q) over the outcomes of log-probabilities (outcomes, n); 0 log 0 is 0."""
    with np.errstate(all="ignore"):
        parts = np.exp(p) * (p - q)
    parts[np.isneginf(p) & ~np.isnan(q)] = 0
    return np.asarray(parts.sum(axis=0))
