"""The data that a command line names, opened."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.cli.output import note
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import InputError, UsageError, Way, quoted
from celoss_cli.core.extras import installing
from celoss_cli.core.records import record, replace
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read import SOURCES
from celoss_cli.read.gather import Watch, gather
from celoss_cli.read.request import ColumnChoice, Dataset, ReadRequest
from celoss_cli.read.text.plain import has_pyarrow, is_for_a_library

if TYPE_CHECKING:
    from celoss_cli.cli.options import Reading
    from celoss_cli.core.data import Roles
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.shards import RowGroups

__all__ = [
    "Data",
    "Opened",
    "clip_domain",
    "dataset_of",
    "opened",
    "refuse_unused",
    "refuse_unused_columns",
    "refuse_with_values",
    "refuse_without_use",
    "request_of",
    "with_targets",
]

_LARGE_BYTES = 128 << 20
"""Tables of this size take more than a second."""

_LONG_LINE = 1 << 20

_ACTING = {
    **dict.fromkeys(("encoding", "delimiter", "decimal", "header", "comment", "percent"), "{}"),
    "allow_unterminated": "{}",
    "missing": "a table or row objects",
    "class_map": "classes that have names",
    "target_is": "classes",
    "class_axis": "classes",
}
"""The options of reading that not every format has a use for, with what has; {} stands for their names."""

_SCORED = [spec.name for spec in SOURCES.values() if spec.scored]


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


@record(frozen=True, slots=True)
class Opened:
    """Data that can be read, and what was asked of its reader."""

    dataset: Dataset
    request: ReadRequest


@contextlib.contextmanager
def opened(
    data: Data, asked: ReadRequest | None = None, *, quiet: bool = False, partly: bool = False
) -> Iterator[Opened]:
    """The data, closed at the end; then every target that was given apart must have been used.

    Args:
        data: the data.
        asked: what is asked of its reader, where another data set was read with the same targets before.
        quiet: nobody is told how much was read.
        partly: only the first rows are read, so that later targets stay unused.

    Raises:
        CelossError: for options that change nothing, and for data that cannot be read.

    """
    with contextlib.nullcontext() if quiet else _watched() as watch:
        dataset, request = dataset_of(data, asked or request_of(data), watch)
        clip_domain(dataset, data)
        with contextlib.closing(dataset):
            refuse_unused(dataset, data)
            refuse_without_use(data.reading, request)
            if meaning := _meaning_of(data.reading, request):
                dataset.described["meaning"] = meaning
            yield Opened(dataset, request)
    if request.truth is not None and not partly:
        request.truth.verify()


@contextlib.contextmanager
def _watched() -> Iterator[Watch | None]:
    """Who is told how much was read: a bar on a terminal, else nobody."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from celoss_cli.cli.progress import Bar

    with Bar() as bar:
        yield bar.show


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
        target_is=_target_is(reading),
        first_class=reading.first_class,
        class_map=_class_map(reading),
        positive=reading.positive,
        answers=(-1.0, 1.0) if data.spec.takes == "scores" else (0.0, 1.0),
        rescaled=data.rescaled,
        examined=data.examined,
        scored=bool(data.spec.scored),
        choice_norm=reading.choice_norm,
        threads=data.jobs != 1,
    )


def _meaning_of(reading: Reading, request: ReadRequest) -> dict[str, Any]:
    """The options that say what the data means, as a result tells them; nothing where none was given.

    Args:
        reading: the options.
        request: what they ask of a reader, with the content of the files that they name.

    """
    names = [given.option.name for given in given_options(reading) if given.option.changes == "meaning"]
    return {name: getattr(request, name) for name in names}


def clip_domain(dataset: Dataset, data: Data) -> None:
    """Takes probabilities a little outside of 0 to 1 for 0 and 1, where an option says so.

    Raises:
        UsageError: if the input is none of probabilities.

    """
    distance = data.reading.clip_domain
    if distance is None:
        return
    if data.takes not in ("probs", "input"):
        raise UsageError(f"Expected --clip-domain with input of probabilities, got {data.takes}.")
    from celoss_cli.read.clipped import clipped

    dataset.batches = clipped(dataset.batches, distance)


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
    if not reading.class_map:
        return {}
    from celoss_cli.read.roles.class_map import class_map_of

    return class_map_of(reading.class_map)


def with_targets(data: Data, request: ReadRequest) -> ReadRequest:
    """The same with the targets that are given apart from files."""
    if data.reading.targets is None or data.values is not None or request.truth is not None:
        return request
    from celoss_cli.read.truth import read_truth

    return replace(request, truth=read_truth(data.reading.targets, "--targets", request))


def dataset_of(data: Data, request: ReadRequest, watch: Watch | None) -> tuple[Dataset, ReadRequest]:
    """The data, and the request that holds its targets.

    Raises:
        UsageError: if the command line names none, or several of one kind.
        InputError: if it cannot be read.

    """
    if data.kind == TOKENS and data.values is None and data.reading.input_format not in _SCORED:
        return _of_token_rows(data, request, watch)
    request = with_targets(data, request)
    takes, files = data.flag, data.files
    if data.values is not None:
        return _of_values(data, request, takes), request
    if not files and _nothing_on_stdin():
        raise UsageError(
            f"Expected a file, {takes} and --targets, or data on standard input, got none.",
            hint=f"celoss {data.spec.command} --help shows how",
        )
    if are_two_arrays(files, request, data.reading.input_format):
        from celoss_cli.read.two_arrays import dataset_of_two

        return dataset_of_two(files, request), request
    if files and not any(map(os.path.lexists, files)):
        from celoss_cli.read.values import refuse_values

        refuse_values(files, takes, request)
    _name_the_extra(files)
    found = gather(files or ["-"], request, data.reading.input_format, watch, data.row_groups)
    return found, request


def _of_token_rows(data: Data, request: ReadRequest, watch: Watch | None) -> tuple[Dataset, ReadRequest]:
    """The data whose rows are tokens, unless it is a dump of scored tokens that is known by its structure."""
    if data.reading.targets is not None:
        raise UsageError(f"Expected no --targets with --input-is {TOKENS}, got some: a token needs none.")
    from celoss_cli.read.tokens.rows import asked_of_tables, by_document, with_companions

    asked, files = asked_of_tables(request), data.files or ["-"]
    found = gather(files, asked, data.reading.input_format, watch, data.row_groups)
    if found.scored:
        return found, request
    columns, again = with_companions(found, asked.columns), all(map(os.path.isfile, files))
    if not again:
        columns = replace(columns, group=asked.columns.group)  # which has no option of its own
    if columns != asked.columns:
        found.close()
        if not again:
            named = {"--id-column": columns.id, "--class-columns": columns.classes}
            ways = tuple((option, name) for option, name in named.items() if name is not None)
            told = "expected to know from the start which columns a stream has for tokens, got none"
            raise InputError(told, ways=(Way("", ways),))
        asked = replace(asked, columns=columns)
        found = gather(files, asked, data.reading.input_format, watch, data.row_groups)
    return by_document(found, request), request


def are_two_arrays(files: Sequence[str], request: ReadRequest, chosen: str | None) -> bool:
    """Whether the files are two arrays, and nothing says where the targets are."""
    arrays = len(files) == 2 and all(path.lower().endswith(".npy") for path in files)
    return arrays and request.truth is None and chosen is None


def _of_values(data: Data, request: ReadRequest, takes: str) -> Dataset:
    if data.files:
        raise UsageError(f"Expected files or {takes}, got both.")
    if data.reading.targets is None or data.values is None:
        raise UsageError(f"Expected --targets together with {takes}, got {takes} alone.")
    from celoss_cli.read.truth import read_targets
    from celoss_cli.read.values import dataset_of_values, read_value, refuse_file_names

    refuse_file_names((takes, data.values), ("--targets", data.reading.targets))
    input = read_value(data.values, takes, request)
    target = read_targets(data.reading.targets, "--targets", request)
    return dataset_of_values(input, target, replace(request, takes=data.spec.takes))


def _nothing_on_stdin() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _name_the_extra(files: Sequence[str]) -> None:
    """Tells who reads large tables without pyarrow where that is faster."""
    tables = [path for path in files if path.endswith((".csv", ".tsv", ".txt")) and os.path.isfile(path)]
    if sum(map(os.path.getsize, tables)) < _LARGE_BYTES or has_pyarrow():
        return
    if any(is_for_a_library(_first_row(path)) for path in tables):
        slow = "numbers of 16 digits, with exponents or in quotation marks are read faster with pyarrow"
        note(f"celoss: note: {slow}; {installing('fast')}")


def _first_row(path: str) -> bytes:
    """The first line of a table after the header."""
    with open(path, "rb") as file:
        file.readline(_LONG_LINE)
        return file.readline(_LONG_LINE)


# ------------------------------------------------------------------------------ options that mean nothing


def refuse_with_values(data: Data) -> None:
    """Refuses options that say how files are read, where the values stand on the command line.

    Raises:
        UsageError: for the first one.

    """
    if data.values is None:
        return
    takes = data.flag
    if data.group is not None:
        raise UsageError(f"Expected --by class with {takes}, got the column {quoted(data.group)}.")
    for given in given_options(data.reading):
        if given.option.needs in ("files", "decisions"):
            raise UsageError(f"Expected {given.option.flag} with files, got it with {takes}.")


def refuse_unused(dataset: Dataset, data: Data) -> None:
    """Refuses an option that the data turns out to have no use for.

    Raises:
        UsageError: for the first one.

    """
    if data.values is None:
        refuse_unused_columns(dataset.described["columns"], data)
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


def refuse_unused_columns(columns: Roles, data: Data) -> None:
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
