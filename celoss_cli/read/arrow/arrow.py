"""Tables of typed columns, which pyarrow reads: Parquet and Arrow files."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, LimitError, plural, quoted, visible
from celoss_cli.core.extras import extra_module
from celoss_cli.read.arrow import ipc, parquet
from celoss_cli.read.arrow.nested import flat
from celoss_cli.read.arrow.rows import (
    LISTS,
    Asked,
    Opened,
    Rows,
    cut,
    is_stored_otherwise,
    kind_of,
    stored,
    stored_as,
)
from celoss_cli.read.bytes.resources import require_memory

if TYPE_CHECKING:
    from celoss_cli.read.request import Stream

__all__ = ["RecordTable"]

_OPENINGS: dict[bytes, Callable[[Any, Stream], Opened]] = {
    b"PAR1": parquet.opened,
    b"ARROW1": ipc.opened_file,
    b"\xff\xff\xff\xff": ipc.opened_stream,
}
"""By the first bytes."""

_NO_THREAD = "launch worker thread"
"""In pyarrow's words when threads have run out."""


_BYTES_OF_COLUMNS = 160 << 20
"""Address space that a columnar file is read in, beside that of the file itself."""

_HELD_ROWS = 1 << 16


class RecordTable:
    """A file of typed columns.

    Attributes:
        name: what messages call it.
        names: of its columns.
        labelled: those that come from lists of labels, which have no order of their own.

    """

    def __init__(self, stream: Stream) -> None:
        """Opens a Parquet file, an Arrow file or an Arrow stream.

        Raises:
            InputError: for a broken file or something else.
            LimitError: for a file of more than 1 GiB through a pipe, or where hardly any memory is left.
            UsageError: without the package pyarrow.

        """
        self._arrow = extra_module("pyarrow", "fast", "Parquet and Arrow files")
        self.name = stream.name
        opening = _opening(stream)
        with self.refusing():
            self._file, self.labelled = flat(self._arrow, opening(self._arrow, stream), self.name)
            require_memory(_BYTES_OF_COLUMNS, "the columns")  # the file is mapped by now
            self._schema = self._file.schema
            self.names: list[str] = self._schema.names
        self._types = {field.name: stored_as(field.type) for field in self._schema}

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Turns what pyarrow raises for a broken file, or where a resource has run out, into a refusal."""
        try:
            yield
        except MemoryError:
            raise
        except (self._arrow.ArrowException, OSError, UnicodeDecodeError) as error:
            if getattr(error, "errno", None) == errno.ENOMEM:
                raise MemoryError from None
            reason = (str(error).splitlines() or [""])[0]
            if _NO_THREAD in reason:
                raise LimitError("the system starts no more threads", place=self.name) from None
            raise InputError(
                f"expected a Parquet or Arrow file, got a broken one: {visible(reason)[:120]}",
                place=self.name,
            ) from None

    @property
    def row_groups(self) -> int:
        """How many parts the whole file has that can be read by themselves."""
        return self._file.row_groups

    @property
    def first(self) -> int:
        """The number of the first row in the file."""
        return self._file.first

    def dtype(self, name: str) -> str:
        """A column's type with its parameters, for messages."""
        return visible(str(self._schema.field(name).type))

    def kind(self, name: str) -> str:
        """The name of the type of a column's values."""
        return kind_of(self._types[name])

    def inner(self, name: str) -> str:
        """The name of the type of a column's values: for lists, of their items."""
        dtype = self._types[name]
        return kind_of(dtype.value_type if kind_of(dtype) in LISTS else dtype)

    def index(self) -> frozenset[str]:
        """The columns that pandas, which leaves a note, calls the index."""
        told = (self._schema.metadata or {}).get(b"pandas", b"{}")
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            index = json.loads(told).get("index_columns", [])
            return frozenset(name for name in index if isinstance(name, str))
        return frozenset()

    @property
    def can_be_read_again(self) -> bool:
        """Whether this is a file, and no stream that comes once."""
        return not self._file.once

    def head(self, names: Sequence[str], size: int) -> list[Rows]:
        """The first rows of some columns, at least so many if there are as many; they stay to be read.

        Raises:
            InputError: for a broken part.

        """
        if self._file.once:
            self._keep_first()
        found: list[Rows] = []
        for rows in self.rows(Asked((), names, size)):
            found.append(rows)
            if sum(map(len, found)) >= size:
                break
        return found

    def _keep_first(self) -> None:
        """Lets the rows be asked for twice, the first ones at least, of a stream that comes once."""
        with self.refusing():
            pieces = self._file.pieces(Asked((), self.names, _HELD_ROWS))
            first = list(islice(pieces, 1))

        def again(asked: Asked) -> Iterator[Rows]:
            for rows in chain(first, pieces):
                yield from cut(rows.batch, asked)

        self._file = replace(self._file, pieces=again)

    def hold(self) -> None:
        """Lets the rows be asked for again, also when the stream is closed."""
        if not self._file.once:
            return
        with self.refusing():
            held = [rows.batch for rows in self._file.pieces(Asked((), self.names, _HELD_ROWS))]
        self._file = replace(
            self._file, pieces=lambda asked: (rows for batch in held for rows in cut(batch, asked))
        )

    def rows(self, asked: Asked) -> Iterator[Rows]:
        """All rows in order, with the values themselves.

        Raises:
            InputError: for a broken part, while iterating.

        """
        others = {field.name for field in self._schema if is_stored_otherwise(field.type)}
        pieces = self._file.pieces(asked)
        count = 0
        while True:
            with self.refusing():
                piece = next(pieces, None)
                if piece is None:
                    break
                piece.batch.validate(full=True)
                if not others.isdisjoint(piece.batch.schema.names):
                    piece = replace(piece, batch=self._stored(piece.batch))
            yield piece
            count += len(piece)
        if self._file.count is not None and count != self._file.count:
            raise InputError(
                f"expected {plural(self._file.count, 'row')}, got {count} before a broken part",
                place=self.name,
            )

    def _stored(self, batch: Any) -> Any:
        return self._arrow.RecordBatch.from_arrays(list(map(stored, batch.columns)), names=batch.schema.names)


def _opening(stream: Stream) -> Callable[[Any, Stream], Opened]:
    head = stream.head()[:6]
    for start, opening in _OPENINGS.items():
        if head.startswith(start):
            return opening
    hint = "this is Feather version 1: write it again as version 2" if head.startswith(b"FEA1") else ""
    got = quoted(head.decode("latin-1")) if head else "an empty file: no rows"
    raise InputError(
        f'expected a Parquet file ("PAR1") or an Arrow file ("ARROW1"), got {got}',
        hint=hint,
        place=stream.name,
    )
