"""The data that a command line names, and what its options ask of a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.records import record, replace
from celoss_cli.read.request import ColumnChoice, ReadRequest

if TYPE_CHECKING:
    from celoss_cli.cli.options import Reading, Semantics
    from celoss_cli.cli.uncertainty import Group
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.row_groups import RowGroups

__all__ = ["Data", "data_of", "refuse_with_values", "request_of"]


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


def request_of(data: Data) -> ReadRequest:
    """What the options ask of a reader."""
    reading = data.reading
    return ReadRequest(
        per_class=data.spec.per == "class",
        takes=data.takes,
        binary=data.spec.binary,
        columns=ColumnChoice(
            reading.target_column,
            reading.class_columns,
            reading.id_column,
            reading.weight_column,
            data.group,
            data.group_option,
            reading.predicted_column,
        ),
        delimiter=reading.delimiter,
        decimal=reading.decimal,
        encoding=reading.encoding,
        percent=reading.percent,
        comment=reading.comment,
        header=reading.header,
        missing=reading.missing,
        allow_nonfinite=reading.allow_nonfinite,
        allow_out_of_domain=reading.allow_out_of_domain,
        allow_unterminated=reading.allow_unterminated,
        class_axis=reading.class_axis,
        target_is=_target_is(reading) if reading.first_class or reading.class_map else reading.target_is,
        first_class=reading.first_class,
        class_map=_class_map(reading) if reading.class_map else {},
        positive=reading.positive,
        answers=(-1.0, 1.0) if data.spec.takes == "scores" else (0.0, 1.0),
        rescaled=data.rescaled,
        examined=data.examined,
        scored=bool(data.spec.scored),
        choice_norm=reading.choice_norm,
        threads=data.jobs != 1,
    )


def _target_is(reading: Reading) -> Literal["name", "index"] | None:
    """What targets are: those that are counted from 1 are indices.

    Raises:
        UsageError: for options that say different things.

    """
    if reading.first_class and (reading.target_is == "name" or reading.class_map):
        other = "--class-map" if reading.class_map else "--target-is name"
        raise UsageError(f"Expected --first-class or {other}, got both.")
    if reading.class_map and reading.target_is == "index":
        raise UsageError("Expected --class-map or --target-is index, got both.")
    return "index" if reading.first_class else reading.target_is


def _class_map(reading: Reading) -> Mapping[str, str]:
    from celoss_cli.read.class_map import class_map_of

    return class_map_of(reading.class_map)
