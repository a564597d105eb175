"""The files of a command line, opened for one attempt after another."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

from celoss_cli.cli.reading import are_two_arrays, dataset_of, with_targets
from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.core.records import replace
from celoss_cli.core.suffix import is_device
from celoss_cli.read import format_of
from celoss_cli.read.gather import read_stream, refuse_difference
from celoss_cli.read.paths import files_of
from celoss_cli.read.request import Settled, Stream, open_stream
from celoss_cli.read.roles.column import Shape

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["FIRST_BLOCKS", "Opener"]

FIRST_BLOCKS = 2
"""So many blocks of rows are looked at; of a small file that is all of it."""

_MOST_FILES = 100
"""So many files after the first one are looked at."""

_PIPE_BYTES = 64 << 20
"""So much of a pipe is looked at."""


class Opener:
    """Opens the files for one attempt after another; a pipe is read once, up to a limit.

    Attributes:
        shapes: of arrays that are files of their own.
        others: the files after the first one.

    """

    def __init__(self, files: Sequence[str]) -> None:
        """Reads what cannot be read again.

        Raises:
            LimitError: for more through a pipe than is looked at, of a format that is read as a whole.

        """
        self.shapes: dict[str, Shape | None] = {}
        self._first, *self.others = files_of(files) or [""]  # where all data are in options
        is_pipe = self._first == "-" or is_device(self._first)
        self._piped = _beginning(open_stream(self._first)) if is_pipe else None

    @contextlib.contextmanager
    def opened(self, data: Data, request: ReadRequest) -> Iterator[tuple[Dataset, ReadRequest]]:
        """The data set that these options make of the files, of which only the first is read."""
        files = data.files
        if data.values is not None:  # a way out named two arrays by their options
            found, request = dataset_of(data, request, None)
            yield found, request
            return
        if all(path.lower().endswith(".npy") for path in files) and not self.shapes:
            self.shapes = {path: _shape_of_file(path, request) for path in files}
        request = with_targets(data, request)
        if are_two_arrays(files, request, data.reading.input_format):
            from celoss_cli.read.two_arrays import dataset_of_two

            with contextlib.closing(dataset_of_two(files, request)) as dataset:
                yield dataset, request
            return
        stream = self._stream()
        try:
            with contextlib.closing(read_stream(stream, request, data.reading.input_format)) as dataset:
                yield dataset, request
        finally:
            stream.close()

    def refuse_misfits(self, data: Data, dataset: Dataset, request: ReadRequest) -> None:
        """Refuses files after the first one that are no more of the same data set.

        Raises:
            CelossError: for the first one that cannot be read in the same way, without ways out.

        """
        if data.values is not None or are_two_arrays(data.files, request, data.reading.input_format):
            return
        for path in self.others[:_MOST_FILES]:
            stream = open_stream(path)
            try:
                asked = replace(request, settled=Settled())
                with contextlib.closing(read_stream(stream, asked, data.reading.input_format)) as other:
                    refuse_difference(dataset, path, other)
            except CelossError as error:
                error.ways = ()  # which are for that file alone
                raise
            finally:
                stream.close()

    def _stream(self) -> Stream:
        if self._piped is not None:
            return Stream(self._first, cast(BinaryIO, io.BufferedReader(io.BytesIO(self._piped))))
        return open_stream(self._first)


def _beginning(stream: Stream) -> bytes:
    """What is looked at of a pipe: whole lines of text, or all of another format."""
    with contextlib.closing(stream):
        head = stream.head()
        data = stream.binary.read(_PIPE_BYTES + 1)
    if len(data) <= _PIPE_BYTES:
        return data
    if format_of(stream.path, head, None).name not in ("csv", "tsv", "jsonl"):
        raise LimitError(
            f"expected at most {_PIPE_BYTES} bytes through a pipe",
            hint="save them to a file",
            place=stream.name,
        )
    return data[: data.rfind(b"\n") + 1] or data


def _shape_of_file(path: str, request: ReadRequest) -> Shape | None:
    from celoss_cli.read.values import read_file

    with contextlib.suppress(InputError):
        return Shape.of(read_file(path, request, None))
    return None
