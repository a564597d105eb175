"""From a header and the first rows of a table to the roles of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError
from celoss_cli.core.numbers import hundredths
from celoss_cli.read.roles.assign import assign
from celoss_cli.read.roles.column import Column, Stored, sample_size
from celoss_cli.read.roles.wanted import Wanted

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest, TruthColumns
    from celoss_cli.read.roles.assignment import Assignment

__all__ = ["columns_of", "map_columns"]

_OF_COLUMNS = ("class_axis", "class_map", "target_is")
"""The options that say how columns hold classes; those about names come last."""


def columns_of(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    request: ReadRequest,
    *,
    stored: Sequence[Stored] | None = None,
    index: frozenset[str] = frozenset(),
    has_names: bool = True,
) -> tuple[list[Column], bool]:
    """The columns of a table with what their first rows say, and whether these are all rows.

    Args:
        names: the header.
        rows: of cells, as long as the header; more than are looked at.
        request: says the decimal mark.
        stored: the types of the columns, where the format has types.
        index: the names of columns that the file calls the names of the rows.
        has_names: whether the header says anything, and does not only count the columns.

    """
    size = sample_size(len(names))
    first = list(islice(rows, size + 1))
    cells: Iterator[Sequence[str]] = zip(*first[:size], strict=True) if first else repeat(())
    if request.percent:
        cells = (tuple(map(hundredths, column)) for column in cells)
    kinds: Iterable[Stored] = stored or repeat("")
    columns = [
        Column.of(
            name,
            column,
            decimal=request.decimal,
            stored=kind,
            is_index=name in index,
            has_name=has_names,
        )
        for name, column, kind in zip(names, cells, kinds, strict=False)
    ]
    return columns, len(first) <= size


def map_columns(
    columns: Sequence[Column], request: ReadRequest, *, whole: bool = True, has_names: bool = True
) -> Assignment:
    """Gives every column its role; settles those of the targets' table, where there is one.

    Args:
        columns: with the values of the first rows.
        request: what is asked of the reader.
        whole: whether these are all rows.
        has_names: whether the header says anything.

    Raises:
        InputError: if the evidence does not settle it, with a way out for each reading.
        UsageError: if an option names a column that is not there.

    """
    if request.class_axis not in (None, 1, -1):
        raise UsageError(
            f"Expected --class-axis 1 for a table, whose classes are its columns, got {request.class_axis}."
        )
    request.settled.uses.update(_OF_COLUMNS if has_names else _OF_COLUMNS[:1])
    if request.settled.keeps_columns:
        request.settled.columns = columns
    names = [column.name for column in columns]
    truth = (
        None if request.truth is None else request.truth.choose_columns(names if has_names else (), request)
    )
    given = assign(columns, _wanted(request, truth, whole, has_names))
    if truth is not None and len(truth.target) == 1 and request.columns.classes is None and has_names:
        from celoss_cli.read.roles.truth_columns import refuse_what_truth_has  # most tables hold targets

        refuse_what_truth_has(truth, [names[i] for i in given.inputs])
    return given


def _wanted(request: ReadRequest, truth: TruthColumns | None, whole: bool, has_names: bool) -> Wanted:
    several = truth is not None and len(truth.target) > 1
    return Wanted(
        per_class=request.per_class,
        takes=request.takes,
        or_binary=request.or_binary,
        binary=request.binary,
        choice=request.columns,
        elsewhere=request.truth is not None,
        examples=() if truth is None else truth.examples,
        joined=None if truth is None else truth.row_id,
        ids=() if truth is None else truth.ids,
        paired=tuple(truth.named(truth.target)) if several and truth is not None else (),
        rescaled=request.rescaled,
        examined=request.examined,
        whole=whole,
        has_names=has_names,
        positive=request.positive,
        class_map=request.class_map,
    )
