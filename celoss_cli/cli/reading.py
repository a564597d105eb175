"""The data that a command line names, opened."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from celoss_cli.cli.data import request_of
from celoss_cli.cli.output import note
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import InputError, UsageError, Way
from celoss_cli.core.extras import installing
from celoss_cli.core.records import record, replace
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read import SOURCES
from celoss_cli.read.gather import Watch, gather
from celoss_cli.read.text.plain import has_pyarrow, is_for_a_library

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = [
    "FIRST_BLOCKS",
    "Opened",
    "are_small",
    "are_two_arrays",
    "dataset_of",
    "inline_dataset",
    "looking_at_other",
    "opened",
    "with_targets",
]

FIRST_BLOCKS = 2
"""So many blocks of rows are looked at where not all are read; of a small file that is all of it."""

_SMALL_BYTES = 1 << 20
"""Files of so many bytes are read whole in a moment."""

_LARGE_BYTES = 128 << 20
"""Tables of this size take more than a second."""

_LONG_LINE = 1 << 20

_SCORED = [spec.name for spec in SOURCES.values() if spec.scored]


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
        partly: only the first rows are read, of which nobody is told, so that later targets stay unused.

    Raises:
        CelossError: for options that change nothing, and for data that cannot be read.

    """
    shows = not (quiet or partly) and sys.stderr is not None and sys.stderr.isatty()
    with _watched() if shows else contextlib.nullcontext() as watch:
        dataset, request = dataset_of(data, asked or request_of(data), watch)
        with contextlib.closing(dataset):
            if data.group is not None or any(given_options(data.reading)):
                from celoss_cli.cli.heeding import heed_options  # most runs say nothing of how data is read

                heed_options(data, dataset, request)
            if partly:
                dataset.batches = islice(dataset.batches, FIRST_BLOCKS)
            yield Opened(dataset, request)
    if request.truth is not None and not partly:
        request.truth.verify()


@contextlib.contextmanager
def _watched() -> Iterator[Watch]:
    """A bar that is told how much was read."""
    from celoss_cli.cli.progress import Bar

    with Bar() as bar:
        yield bar.show


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
    if data.values is not None:
        return inline_dataset(data, replace(request, takes=data.spec.takes)), request
    files = data.files
    if data.reading.targets is not None:
        request = with_targets(data, request)
    if not files and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError(
            f"Expected a file, {data.flag} and --targets, or data on standard input, got none.",
            hint=f"celoss {data.spec.command} --help shows how",
        )
    if are_two_arrays(files, request, data.reading.input_format):
        from celoss_cli.read.two_arrays import dataset_of_two

        return dataset_of_two(files, request), request
    if files and not any(map(os.path.lexists, files)):
        from celoss_cli.read.values import refuse_values

        refuse_values(files, data.flag, request)
    _name_the_extra(files)
    with looking_at_other(files, request, data.reading.input_format):
        found = gather(files or ["-"], request, data.reading.input_format, watch, data.row_groups)
    return found, request


@contextlib.contextmanager
def looking_at_other(files: Sequence[str], request: ReadRequest, chosen: str | None) -> Iterator[None]:
    """While the first file is opened: a refusal of it tells that the other one holds its targets."""
    try:
        yield
    except InputError as error:
        from celoss_cli.read.other_table import with_targets_of_other  # most files can be read

        raise with_targets_of_other(error, files, request, chosen) from None


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


def are_small(files: Sequence[str]) -> bool:
    """Whether all of these files are read in a moment, and can be read again."""
    return all(map(os.path.isfile, files)) and sum(map(os.path.getsize, files)) <= _SMALL_BYTES


def are_two_arrays(files: Sequence[str], request: ReadRequest, chosen: str | None) -> bool:
    """Whether the files are two arrays, and nothing says where the targets are."""
    arrays = len(files) == 2 and all(path.lower().endswith(".npy") for path in files)
    return arrays and request.truth is None and chosen is None


def inline_dataset(data: Data, request: ReadRequest) -> Dataset:
    """The data that stands on the command line itself, its input called as the request says.

    Raises:
        UsageError: where there are files too, or no targets.
        InputError: for values that cannot be read.

    """
    takes = data.flag
    if data.files:
        raise UsageError(f"Expected files or {takes}, got both.")
    if data.reading.targets is None or data.values is None:
        raise UsageError(f"Expected --targets together with {takes}, got {takes} alone.")
    from celoss_cli.read.truth import read_targets
    from celoss_cli.read.values import dataset_of_values, read_value, refuse_file_names

    refuse_file_names((takes, data.values), ("--targets", data.reading.targets))
    input = read_value(data.values, takes, request)
    target = read_targets(data.reading.targets, "--targets", request)
    return dataset_of_values(input, target, request)


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
