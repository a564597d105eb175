"""What all readers share: the stream they read, what is asked of them, and what they answer."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, cast

from celoss_cli.core.errors import InputError, file_name, visible
from celoss_cli.core.records import record, replace
from celoss_cli.read.remote.urls import is_remote
from celoss_cli.read.roles.found import ColumnChoice

if TYPE_CHECKING:
    from celoss_cli.core.data import Array, Batch, Chunk, Roles, Source
    from celoss_cli.read.remote.files import Object
    from celoss_cli.read.roles.column import Column, Shape
    from celoss_cli.read.row_groups import RowGroups

__all__ = [
    "MAX_LINE",
    "ColumnChoice",
    "Dataset",
    "ReadRequest",
    "Settled",
    "Stream",
    "TargetSource",
    "TruthColumns",
    "columns_of",
    "open_stream",
]

MAX_LINE = 16 << 20
"""The longest line in bytes."""

_PAGES = (b"<!doctype html", b"<html")
"""How a page begins that a web server answers in place of a file."""

_HEAD = 4096
"""So many bytes tell a format."""


@record(slots=True)
class Settled:
    """What the first row of a data set decides for all of its files.

    Attributes:
        by_name: whether targets are the names of classes.
        one_hot: whether several columns of targets hold one 1 a row, and not probabilities.
        answers: the different targets as they stood, where the positive one became a number.
        keeps_columns: whether somebody will ask for ``columns``.
        columns: the columns of a table as they were looked at to give them roles, whatever came of it.
        sources: the names of the formats that were read, of targets and options too.
        uses: the options of reading that any of them has a use for, by their names.
        arrays: the arrays by name, each with what gives its shape and first values while the file is open.
        documents: of scored tokens that were there so far, by name, each with its scores: two numbers.
        files: how many files were begun.
        first: the numbers of the documents that files of token rows begin with.
        last: those that such files end with.

    """

    by_name: bool | None = None
    one_hot: bool | None = None
    answers: Sequence[str] = ()
    keeps_columns: bool = False
    columns: Sequence[Column] = ()
    sources: list[str] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    arrays: Mapping[str, Callable[[], Shape | None]] = field(default_factory=dict)
    documents: dict[int, int] = field(default_factory=dict)
    files: int = 0
    first: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)

    def forget(self) -> None:
        """Forgets the documents and files of a data set, which is read from the start."""
        self.files = 0
        for held in (self.documents, self.first, self.last):
            held.clear()

    def read_as(self, source: str, uses: Iterable[str]) -> None:
        """Notes the format of a file that is read, and the options that it has a use for."""
        if source not in self.sources:
            self.sources.append(source)
        self.uses.update(uses)


@record(frozen=True, slots=True)
class TruthColumns:
    """Which columns of a table of targets are used.

    Attributes:
        names: the header.
        id: the column of ids, or None where rows are joined by position.
        target: one column, or one for each class.
        unused: the rest.
        examples: the different targets of the first rows, of a single column.
        ids: those of all rows.

    """

    names: tuple[str, ...]
    id: int | None
    target: tuple[int, ...]
    unused: tuple[int, ...]
    examples: tuple[str, ...] = ()
    ids: Container[str] = ()

    @property
    def row_id(self) -> str | None:
        """The name of the column of ids."""
        return None if self.id is None else self.names[self.id]

    def named(self, columns: Sequence[int]) -> list[str]:
        return [self.names[column] for column in columns]


class TargetSource(Protocol):
    """Targets that do not come with the input: what readers ask of them. ``truth.Truth`` answers.

    Attributes:
        conversions: what was done to read them, in words.

    """

    conversions: tuple[str, ...]

    @property
    def has_gaps(self) -> bool:
        """Whether a target is missing, and its row to be skipped."""

    @property
    def is_table(self) -> bool:
        """Whether they stand in a table, of which an option may name a column."""

    @property
    def rows(self) -> int:
        """How many they are, once what they mean is settled."""

    def has_ids(self, ids: Collection[str]) -> bool:
        """Whether they stand in a table that calls each of these an id."""

    def again(self) -> TargetSource:
        """The same targets for another data set."""

    def choose_columns(self, names: Sequence[str] | None, request: ReadRequest) -> TruthColumns | None:
        """Settles which columns hold the ids and the targets, by the first header of the input."""

    def read_as(self, labels: Sequence[str], request: ReadRequest, spelled: Sequence[str] = ()) -> None:
        """Settles what the targets mean, once the classes are known."""

    def of(self, start: int, rows: int, ids: Sequence[str] | None, place: Callable[[int], str]) -> Array:
        """The targets of the rows from ``start`` on, or of the rows with these ids."""

    def of_complete(
        self, start: int, complete: Array, ids: Sequence[str] | None, place: Callable[[int], str]
    ) -> tuple[Array, Array]:
        """Which of these rows have a target and all else, shape (rows,) of bool, and their targets."""

    def verify(self) -> None:
        """Refuses targets that no row of the input asked for."""


@record(frozen=True, slots=True)
class ReadRequest:
    """What is asked of a reader.

    Attributes:
        per_class: whether the loss takes a value for each class and one target, or pairs.
        takes: what the loss calls its input.
        or_binary: whether one column of input is taken too, as the loss is still to be found.
        binary: the command for one column of input, where it is not bce or bce-logits.
        columns: the columns the user named.
        delimiter: between the values of a table; None for the format's own.
        decimal: the decimal mark.
        encoding: of the text.
        percent: whether numbers before a % are hundredths.
        comment: lines of a table that begin with this are left out; None for no line.
        header: whether the first line of a table names the columns; None where nobody has said so: then
            one of nothing but numbers is refused.
        bare_column: whether a table of one column whose first line is a number has no header, where nobody
            has said so.
        bare_line: whether a table of one line of nothing but numbers has no header, where nobody has said so.
        missing: refuse empty and NA cells, or skip their rows.
        allow_nonfinite: accept nan and inf.
        allow_out_of_domain: take log-likelihoods above 0.
        allow_unterminated: nothing is to be said of a last line without a newline.
        truth: the targets, where they come from elsewhere.
        class_axis: of an array, where it is not 1.
        target_is: whether targets are names of classes or indices, where the user says so.
        first_class: the number that targets begin to count the classes with.
        class_map: the names of classes that targets stand for.
        positive: the target that is the positive answer of a binary loss, where the user says so.
        answers: the numbers of the negative and the positive answer.
        rescaled: whether probabilities are divided by their sum.
        examined: whether the data is read to find what is wrong with it.
        scored: whether tokens with their log-probabilities are taken, which need no target.
        likeliest: whether the most probable token of each place is asked for.
        choice_norm: how the log-likelihoods of choices become logits, where the user says so.
        threads: whether libraries may read on threads of their own.
        start: the number of rows before the first one.
        settled: what the rows before the first one have decided.

    """

    per_class: bool
    takes: str
    or_binary: bool = False
    binary: str = ""
    columns: ColumnChoice = ColumnChoice()
    delimiter: str | None = None
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    percent: bool = False
    comment: str | None = None
    header: bool | None = None
    bare_column: bool = False
    bare_line: bool = False
    missing: Literal["error", "skip"] = "error"
    allow_nonfinite: bool = False
    allow_out_of_domain: bool = False
    allow_unterminated: bool = False
    truth: TargetSource | None = None
    class_axis: int | None = None
    target_is: Literal["name", "index"] | None = None
    first_class: int = 0
    class_map: Mapping[str, str] = field(default_factory=dict)
    positive: str | None = None
    answers: tuple[float, float] = (0.0, 1.0)
    rescaled: bool = False
    examined: bool = False
    scored: bool = False
    likeliest: bool = False
    choice_norm: str | None = None
    threads: bool = True
    start: int = 0
    settled: Settled = field(default_factory=Settled)

    @property
    def predicted_column(self) -> str | None:
        """The column of the classes predicted, as the option of this name has it."""
        return self.columns.predicted

    def separated_by(self, delimiter: str) -> ReadRequest:
        return replace(self, delimiter=delimiter)

    def again(self) -> ReadRequest:
        """The same for another data set: nothing is settled, and all targets are to be asked for."""
        settled = Settled(sources=list(self.settled.sources), uses={*self.settled.uses})
        return replace(self, settled=settled, truth=None if self.truth is None else self.truth.again())


@record(slots=True)
class Dataset:
    """What a reader answers: where the columns went, and the rows.

    Attributes:
        described: how the data was read, for the heading and the JSON output.
        batches: the rows, to be iterated once, read or still to be read; both may refuse the data.
        options: semantics options that the data itself carries.
        close: closes the files, when nobody reads on.
        scored: whether the elements are tokens with their log-probabilities.
        choices: whether the classes are choices, whose logits depend on a norm.

    """

    described: Source
    batches: Iterator[Batch | Chunk]
    options: dict[str, Any] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None
    scored: bool = False
    choices: bool = False


def columns_of(
    inputs: Sequence[str],
    target: str | None = None,
    *,
    id: str | None = None,
    group: str | None = None,
    told: str = "",
) -> Roles:
    """What is what in data without a header: how it is read says so, here in words as a result tells it."""
    columns: Roles = {"inputs": [*inputs], "target": target, "id": id, "weight": None, "unused": []}
    if told:
        columns["told"] = [told]
    if group is not None:
        columns["group"] = group
    return columns


class Stream:
    """A named binary stream that can be looked at before it is read.

    Attributes:
        path: as the user wrote it; "-" is standard input.
        name: what messages call it.
        binary: the bytes.
        remote: the object that they are those of, where it is one of a store that reads by ranges.
        row_groups: those that are to be read of a Parquet file, None for all.
        threads: whether libraries may read it on threads of their own.

    """

    def __init__(self, path: str, binary: BinaryIO, remote: Object | None = None) -> None:
        self.path = path
        self.name = file_name(path)
        self.binary = binary
        self.remote = remote
        self.row_groups: RowGroups | None = None
        self.threads = True

    def close(self) -> None:
        """Closes a file; standard input stays open."""
        if self.path != "-":
            self.binary.close()

    def head(self) -> bytes:
        """The first few bytes without consuming them; b"" at the end of the data."""
        peek: Callable[[int], bytes] | None = getattr(self.binary, "peek", None)
        return peek(_HEAD)[:_HEAD] if peek else b""


def open_stream(path: str) -> Stream:
    """Opens a file, here or at a URL, or standard input.

    Raises:
        InputError: if it cannot be opened; the text is the system's.
        UsageError: for a URL that holds a secret or that no installed package reads.

    """
    if path == "-":
        if sys.stdin is None:
            raise InputError("Expected data on standard input, but it is closed.")
        return Stream(path, sys.stdin.buffer)
    if "\0" in path:
        raise InputError("Expected a path, got one with a NUL character.", place=visible(path))
    if not path:
        raise InputError("Expected the name of a file, got an empty one.")
    if is_remote(path):
        from celoss_cli.read.remote.files import opened  # most files are of this machine

        stream = Stream(path, *opened(path))
        if stream.head().lstrip()[:14].lower().startswith(_PAGES):
            raise InputError(
                "expected data, got a page of HTML",
                hint="a server answers so where one has to sign in",
                place=visible(path),
            )
        return stream
    if os.path.isdir(path):
        raise InputError("Expected a file, got a directory.", place=visible(path))
    try:
        return Stream(path, cast(BinaryIO, io.BufferedReader(_File(path))))
    except OSError as error:
        raise InputError(f"{error.strerror}.", place=visible(path)) from None


class _File(io.FileIO):
    """A file whose name is known to the errors of reading it."""

    def readinto(self, buffer: Any) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as error:
            error.filename = self.name
            raise

    def readall(self) -> bytes:
        try:
            return super().readall()
        except OSError as error:
            error.filename = self.name
            raise
