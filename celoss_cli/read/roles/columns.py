"""From a header and the first rows of a table to the roles of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, listed
from celoss_cli.core.numbers import hundredths, numbers
from celoss_cli.read.roles.column import Column, Stored, sample_size
from celoss_cli.read.roles.evidence import Evidence
from celoss_cli.read.roles.found import Candidate, Found, Wanted
from celoss_cli.read.roles.given import assignment, doubt
from celoss_cli.read.roles.groups import target_labels
from celoss_cli.read.roles.inputs import input_of
from celoss_cli.read.roles.naming import one_of
from celoss_cli.read.roles.target_columns import by_name

if TYPE_CHECKING:
    from celoss_cli.core.data import Array
    from celoss_cli.read.request import ReadRequest, TruthColumns
    from celoss_cli.read.roles.column import Column
    from celoss_cli.read.roles.found import Assignment, Wanted

__all__ = ["assign", "columns_of", "map_columns", "wanted_of"]

_NOTHING = Found((Candidate((), ""),))
"""What plays a role that no column of the table has to play."""


def assign(columns: Sequence[Column], wanted: Wanted) -> Assignment:
    """Gives every column its role.

    Args:
        columns: with the values of the first rows.
        wanted: the loss, and what the user has said.

    Raises:
        InputError: if the evidence does not settle it, with a way out for each reading.
        UsageError: if an option names a column that is not there, or one column has two roles.

    """
    evidence = Evidence(columns, wanted)
    target, inputs = _weighed(evidence)
    weight = _weight(evidence)
    own, truth, weights = inputs.only, target.only, weight.only
    if own is None or truth is None or weights is None or own.command:
        raise doubt(evidence, inputs, target, weight)
    return assignment(evidence, own, truth, weights)


def _weighed(evidence: Evidence) -> tuple[Found, Found]:
    """What was found for the targets, which may come from elsewhere, and for the input."""
    if evidence.wanted.elsewhere:
        return _NOTHING, input_of(evidence, (), evidence.wanted.examples)
    target = by_name(evidence)
    if not target.candidates:
        from celoss_cli.read.roles.target_columns import (  # most headers name the targets
            by_position,
            by_values,
        )

        target = by_position(evidence)
        if not target.candidates:
            return by_values(evidence)
    columns = [i for candidate in target.candidates for i in candidate.columns]
    if (only := target.only) is None or len(only.columns) == 1:
        return target, input_of(evidence, columns, evidence.texts_of_first(target))
    if evidence.chosen["classes"] is not None or evidence.wanted.per_class:
        return target, input_of(evidence, columns, ())
    return target, input_of(evidence, columns, (), target_labels([evidence.names[i] for i in columns]))


# ------------------------------------------------------------------------------------------- weights


def _weight(evidence: Evidence) -> Found:
    """The weights of the rows: none, one column, or several readings."""
    if evidence.wanted.choice.weight == "":
        return Found((Candidate((), "", inferred=False),))
    chosen = evidence.chosen["weight"]
    if chosen is not None:
        one_of(chosen, evidence.names, "--weight-column")
        return Found((Candidate(tuple(chosen), "named by --weight-column", inferred=False),))
    found = evidence.weights
    if not found:
        return _NOTHING
    sure = evidence.columns[found[0]].says.weight > 1
    features = ("feature" in evidence.columns[i].says.other for i in evidence.free_numbers())
    if len(found) == 1 and (sure or not any(features)):
        return Found((Candidate(tuple(found), "named so", inferred=not sure),))
    names = [evidence.names[i] for i in found]
    readings = [Candidate((), f"{name} as weight", options=(("--weight-column", name),)) for name in names]
    none = Candidate((), "no weights", options=(("--weight-column", ""),))
    return Found(
        (*readings, none), f"weights of the rows or a feature, got {listed(names)}, which may be either"
    )


_AT_ONCE = 1 << 10
"""So many columns of numbers are read together."""

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
            numbers=found,
        )
        for name, (column, found), kind in zip(
            names, _with_numbers(cells, request.decimal), kinds, strict=False
        )
    ]
    return columns, len(first) <= size


def _with_numbers(
    columns: Iterator[Sequence[str]], decimal: str
) -> Iterator[tuple[Sequence[str], Array | None]]:
    """Columns with their numbers where those of many are read at once, which takes a third of the time."""
    while some := list(islice(columns, _AT_ONCE)):
        cells = list(chain.from_iterable(some)) if len(some) == _AT_ONCE else []
        found = numbers(cells, decimal=decimal) if cells else None
        yield from zip(some, repeat(None) if found is None else found.reshape(_AT_ONCE, -1), strict=False)


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
    given = assign(columns, wanted_of(request, truth, whole=whole, has_names=has_names))
    if truth is not None and len(truth.target) == 1 and "inputs" in given.inferred and has_names:
        from celoss_cli.read.roles.truth_columns import refuse_what_truth_has  # most tables hold targets

        refuse_what_truth_has(truth, [names[i] for i in given.inputs])
    return given


def wanted_of(
    request: ReadRequest, truth: TruthColumns | None = None, *, whole: bool = True, has_names: bool = True
) -> Wanted:
    """What columns are looked for by a request, beside the columns of targets that come from elsewhere."""
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
