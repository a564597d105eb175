"""Columns of structs, and of lists of labels with their scores, as a column for each field or label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from celoss_cli.core.errors import InputError, quoted
from celoss_cli.read.arrow.rows import LISTS, Asked, Opened, Rows, kind_of
from celoss_cli.read.labelled import LOOKED_AT, are_of_one_kind, scores_of

__all__ = ["flat"]


def flat(arrow: Any, opened: Opened, name: str) -> tuple[Opened, frozenset[str]]:
    """The file with columns of single values in place of those, and the columns that are of labels.

    ``{"cat": 0.7, "dog": 0.3}`` in ``prediction`` is prediction.cat and prediction.dog; of a list of labels
    with their scores see ``read.labelled``.

    Args:
        arrow: the module pyarrow.
        opened: the file.
        name: of it, for messages.

    """
    structs = [field.name for field in opened.schema if kind_of(field.type) == "struct"]
    ranked = {} if opened.once else _labels(opened)
    if not structs and not ranked:
        return opened, frozenset()
    fields: list[Any] = []
    holder: dict[str, str] = {}
    for field in opened.schema:
        labels = ranked.get(field.name)
        found = list(_leaves(field)) if labels is None else [arrow.field(x, arrow.float64()) for x in labels]
        fields += found
        holder |= {one.name: field.name for one in found}
    if len(holder) < len(fields):  # a name twice
        return opened, frozenset()

    def pieces(asked: Asked) -> Iterator[Rows]:
        names = [*asked.matrix, *asked.single]
        held = list(dict.fromkeys(holder[one] for one in names))
        row = opened.first
        for rows in opened.pieces(Asked((), held, asked.size)):
            rows.batch.validate(full=True)
            columns: dict[str, Any] = {}
            for field, column in zip(rows.batch.schema, rows.batch.columns, strict=True):
                if field.name in ranked:
                    columns |= _by_label(arrow, field.name, column, ranked[field.name], name, row)
                else:
                    columns |= _columns(field.name, column)
            arrays = [columns[one] for one in names]
            yield Rows(arrow.RecordBatch.from_arrays(arrays, names=names), asked)
            row += len(rows)

    schema = arrow.schema(fields, metadata=opened.schema.metadata)
    labelled = frozenset(one for labels in ranked.values() for one in labels)
    return replace(opened, schema=schema, pieces=pieces), labelled


def _leaves(field: Any) -> Iterator[Any]:
    """The fields of a struct, and of those within it, under their whole names."""
    if kind_of(field.type) != "struct":
        yield field
        return
    for inner in field.type:
        yield from _leaves(inner.with_name(f"{field.name}.{inner.name}"))


def _columns(name: str, column: Any) -> dict[str, Any]:
    """The columns of a struct; a null is one in each."""
    if kind_of(column.type) != "struct":
        return {name: column}
    found: dict[str, Any] = {}
    for inner, values in zip(column.type, column.flatten(), strict=True):
        found |= _columns(f"{name}.{inner.name}", values)
    return found


def _labels(opened: Opened) -> Mapping[str, list[str]]:
    """The columns of the labels, of columns of lists that have the same ones in the first rows."""
    lists = [field for field in opened.schema if kind_of(field.type) in LISTS]
    found: dict[str, list[str]] = {}
    for field in lists:
        if kind_of(field.type.value_type) != "struct":
            continue
        rows = next(opened.pieces(Asked((), [field.name], LOOKED_AT)), None)
        values = [] if rows is None else rows.batch.column(0).to_pylist()
        if are_of_one_kind(field.name, values):
            found[field.name] = [*scores_of(field.name, values[0])]
    return found


def _by_label(arrow: Any, key: str, column: Any, labels: list[str], name: str, start: int) -> dict[str, Any]:
    """A column for each label, of lists that all have these.

    Raises:
        InputError: for a list of other labels.

    """
    rows = []
    for row, value in enumerate(column.to_pylist(), start):
        scores = scores_of(key, value)
        if [*scores] != labels:
            raise InputError(
                f"expected the labels of the first row in column {quoted(key)}, got others",
                place=f"{name}: row {row}",
            )
        rows.append(scores)
    return {label: arrow.array([row[label] for row in rows], arrow.float64()) for label in labels}
