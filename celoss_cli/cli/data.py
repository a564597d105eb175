"""The data that a command line names, and what the options of reading ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.records import record, replace
from celoss_cli.read import SOURCES

if TYPE_CHECKING:
    from celoss_cli.cli.options import Reading, Semantics
    from celoss_cli.cli.uncertainty import Group
    from celoss_cli.core.data import Roles
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.read.row_groups import RowGroups

__all__ = ["Data", "data_of", "heed_options", "refuse_with_values", "refuse_without_use"]

_ACTING = {
    **dict.fromkeys(("encoding", "delimiter", "decimal", "header", "comment", "percent"), "{}"),
    "allow_unterminated": "{}",
    "missing": "a table or row objects",
    "class_map": "classes that have names",
    "target_is": "classes",
    "class_axis": "classes",
}
"""The options of reading that not every format has a use for, with what has; {} stands for their names."""


@record(frozen=True, slots=True)
class Data:
    """The data that a command line names, and what it is read for.

    Attributes:
        spec: the loss that is computed from it.
        reading: how it is read.
        files: its files; none for standard input.
        values: the input where it stands on the command line itself, or None.
        kind: what the values of the input are; "" for what the loss takes.
        group: the column of groups, or None.
        group_option: the option that named it.
        rescaled: whether a convention divides probabilities by their sum.
        examined: whether it is read to find what is wrong with it.
        values_flag: the option that has the values; "" for the loss's own.
        row_groups: those that are meant of the Parquet files of which not all is.
        jobs: worker threads, None for as many as there are processors; one reads and computes in turn.

    """

    spec: LossSpec
    reading: Reading
    files: Sequence[str] = ()
    values: str | None = None
    kind: str = ""
    group: str | None = None
    group_option: str = "--by"
    rescaled: bool = False
    examined: bool = False
    values_flag: str = ""
    row_groups: Mapping[str, RowGroups] = field(default_factory=dict)
    jobs: int | None = None

    @property
    def takes(self) -> str:
        """What the values of the input are."""
        return self.kind or self.spec.takes

    @property
    def flag(self) -> str:
        """The option that has values on the command line."""
        return self.values_flag or f"--{self.spec.takes}"


def data_of(
    spec: LossSpec,
    files: Sequence[str],
    reading: Reading,
    semantics: Semantics,
    *,
    values: str | None = None,
    values_flag: str = "",
    group: Group | None = None,
    jobs: int | None = None,
) -> Data:
    """The data of a loss.

    Args:
        spec: the loss.
        files: the data files.
        reading: how the data is read.
        semantics: the options of the loss.
        values: the input where it stands on the command line, or None.
        values_flag: the option that has it; "" for the loss's own.
        group: the column of groups and the option that names it, or None.
        jobs: worker threads, or None for as many as are of use.

    Raises:
        UsageError: for options that say how files are read, where the values are on the command line.

    """
    found = Data(
        spec,
        reading,
        files,
        values,
        semantics.input_is or "",
        rescaled=semantics.convention is not None and _rescales(semantics.convention),
        values_flag=values_flag,
        jobs=jobs,
    )
    if group is not None:
        found = replace(found, group=group.column, group_option=group.option)
    if values is not None:
        refuse_with_values(found)
    return found


def _rescales(convention: str) -> bool:
    """Whether a tool, or any of all, divides probabilities by their sum."""
    from celoss_cli.losses.conventions import CONVENTIONS  # most runs name none

    return convention == "all" or CONVENTIONS[convention].rescales


def heed_options(data: Data, dataset: Dataset, request: ReadRequest) -> None:
    """Does what options of reading ask of data that is open, and refuses those that it has no use for.

    Raises:
        UsageError: for the first of those.

    """
    if data.group is None and not any(given_options(data.reading)):
        return
    _clip_domain(dataset, data)
    _refuse_unused(dataset, data)
    refuse_without_use(data.reading, request)
    if meaning := _meaning_of(data.reading, request):
        dataset.described["meaning"] = meaning


def _meaning_of(reading: Reading, request: ReadRequest) -> dict[str, Any]:
    """The options that say what the data means, as a result tells them; nothing where none was given.

    Args:
        reading: the options.
        request: what they ask of a reader, with the content of the files that they name.

    """
    names = [given.option.name for given in given_options(reading) if given.option.changes == "meaning"]
    return {name: getattr(request, name) for name in names}


def _clip_domain(dataset: Dataset, data: Data) -> None:
    """Takes probabilities a little outside of 0 to 1 for 0 and 1, where an option says so.

    Raises:
        UsageError: if the input is none of probabilities.

    """
    distance = data.reading.clip_domain
    if distance is None:
        return
    if data.takes not in ("probs", "input"):
        raise UsageError(f"Expected --clip-domain with input of probabilities, got {data.takes}.")
    from celoss_cli.read.batches import clipped

    dataset.batches = clipped(dataset.batches, distance)


def refuse_with_values(data: Data) -> None:
    """Refuses options that say how files are read, where the values stand on the command line.

    Raises:
        UsageError: for the first one.

    """
    takes = data.flag
    if data.group is not None:
        raise UsageError(f"Expected --by class with {takes}, got the column {quoted(data.group)}.")
    for given in given_options(data.reading):
        if given.option.needs in ("files", "decisions"):
            raise UsageError(f"Expected {given.option.flag} with files, got it with {takes}.")


def _refuse_unused(dataset: Dataset, data: Data) -> None:
    """Refuses an option that the data turns out to have no use for.

    Raises:
        UsageError: for the first one.

    """
    if data.values is None:
        _refuse_unused_columns(dataset.described["columns"], data)
    _refuse_of_classes(dataset, data)
    if data.reading.choice_norm is not None and not dataset.choices:
        raise UsageError("Expected --choice-norm with samples of several choices, got it with other data.")


def refuse_without_use(reading: Reading, request: ReadRequest) -> None:
    """Refuses an option of reading that nothing which was read has a use for.

    Raises:
        UsageError: for the first one, with the formats that have.

    """
    settled = request.settled
    for given in given_options(reading):
        name = given.option.name
        if name in _ACTING and name not in settled.uses:
            able = " or ".join(spec.name for spec in SOURCES.values() if name in spec.uses)
            wanted = _ACTING[name].format(able)
            got = ", ".join(settled.sources) or "values"
            raise UsageError(f"Expected {given.words[0]} with {wanted}, got {got}: nothing to act on.")
    if reading.target_column is not None and request.truth is not None and not request.truth.is_table:
        raise UsageError("Expected --target-column with a table of targets, got values in order.")


def _refuse_unused_columns(columns: Roles, data: Data) -> None:
    """Refuses an option for columns that names none of those that play its role: the data is one array.

    Raises:
        UsageError: for the first one.

    """
    if data.group is not None and "group" not in columns:
        if data.group_option != "--by":
            raise UsageError(f"Expected {data.group_option} with a table, got arrays.")
        raise UsageError(f"Expected --by class with arrays, got the column {quoted(data.group)}.")
    reading = data.reading
    target = None if reading.targets is not None else reading.target_column  # of the file of targets
    for option, pattern, found in (
        ("--target-column", target, columns.get("target")),
        ("--class-columns", reading.class_columns, columns.get("inputs")),
        ("--id-column", reading.id_column, columns.get("id")),
        ("--weight-column", reading.weight_column, columns.get("weight")),
        ("--predicted-column", reading.predicted_column, columns.get("predicted")),
    ):
        names = [found] if isinstance(found, str) else found or []
        if pattern and not any(_names(pattern, column) for column in names):
            raise UsageError(f"Expected {option} with a table or arrays by name, got one array.")


def _refuse_of_classes(dataset: Dataset, data: Data) -> None:
    """Refuses options that say what targets of classes are, where the format itself says what is right.

    Raises:
        UsageError: for the first one.

    """
    if not (dataset.choices or dataset.scored):
        return
    kind = "samples of several choices" if dataset.choices else "scored tokens"
    for given in given_options(data.reading):
        if given.option.needs in ("classes", "answers", "decisions"):
            raise UsageError(
                f"Expected no {given.option.flag} with {kind}, got one.",
                hint="their format itself says what the right one is"
                if dataset.choices
                else "they have no target",
            )


def _names(pattern: str, column: str) -> bool:
    parts = [part.strip() for part in (pattern, *pattern.split(","))]
    starts = [part.partition(":")[0] for part in parts]
    return any(column == part or fnmatchcase(column, part) for part in (*parts, *starts))
