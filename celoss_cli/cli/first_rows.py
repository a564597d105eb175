"""What a command line makes of the first rows of its files, opened for one attempt after another."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from celoss_cli.cli.app import parsed
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.data import Data, data_of
from celoss_cli.cli.heeding import heed_options
from celoss_cli.cli.options import Semantics
from celoss_cli.cli.reading import (
    FIRST_BLOCKS,
    Opened,
    are_two_arrays,
    dataset_of,
    looking_at_other,
    with_targets,
)
from celoss_cli.cli.semantics import chosen, refuse_foreign
from celoss_cli.core.errors import CelossError, InputError, LimitError
from celoss_cli.core.records import record, replace
from celoss_cli.core.suffix import is_device
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.read import format_of
from celoss_cli.read.gather import read_stream, refuse_difference
from celoss_cli.read.paths import files_of
from celoss_cli.read.request import Settled, Stream, open_stream
from celoss_cli.read.roles.column import Shape

if TYPE_CHECKING:
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.losses import LossSpec
    from celoss_cli.read.request import ReadRequest

__all__ = ["Asked", "Opener", "asked_of", "evaluation_of_first", "is_to_be_written"]

_MOST_FILES = 100
"""So many files after the first one are looked at."""

_PIPE_BYTES = 64 << 20
"""So much of a pipe is looked at."""


def is_to_be_written(word: str) -> bool:
    """Whether a word names a file of values that is not there: @targets.csv."""
    return word.startswith("@") and not os.path.exists(word[1:])


@record(frozen=True, slots=True)
class Asked:
    """What a command line computes, as far as its first rows say whether it can.

    Attributes:
        sets: the data sets, each by itself.
        semantics: the options of the loss.
        of_loss: whether the command computes or examines a loss by these options.
        rehearse: refuses what only this command does; None where there is nothing of the kind.

    """

    sets: Sequence[Data]
    semantics: Semantics
    of_loss: bool = True
    rehearse: Callable[[], None] | None = None


def asked_of(words: Sequence[str]) -> Asked:
    """What a command line computes of files.

    Args:
        words: what stands after the program's name.

    Raises:
        UsageError: for words that the command does not take, or its loss.

    """
    command = command_named(words[0])
    given: Any = parsed(command, words[1:])
    rehearse = None if command.rehearse is None else partial(command.rehearse, given)
    if not hasattr(given, "semantics"):
        values = getattr(given, "input", None) or given.reading.targets
        return Asked([Data(LOSSES["ce"], given.reading, given.files, values)], Semantics(), False, rehearse)
    spec = LOSSES[words[0] if words[0] in LOSSES else getattr(given, "loss", "ce")]
    if words[0] not in LOSSES:
        refuse_foreign(spec, given.reading, given.semantics)
    taken = {name for option in command.options() for name in option.names}
    # A command that refuses no such values needs no option for them.
    any_number, any_domain = "--allow-nonfinite" not in taken, "--allow-out-of-domain" not in taken
    reading = replace(
        given.reading,
        allow_nonfinite=given.reading.allow_nonfinite or any_number,
        allow_out_of_domain=given.reading.allow_out_of_domain or any_domain,
    )
    sets = [given.files] if hasattr(given, "files") else [(given.first,), (given.second,)]
    data = [
        data_of(spec, each, reading, given.semantics, values=getattr(given, "input", None)) for each in sets
    ]
    semantics = _of_one_tool(spec, given.semantics)
    return Asked([replace(each, examined=any_domain) for each in data], semantics, rehearse=rehearse)


def _of_one_tool(spec: LossSpec, semantics: Semantics) -> Semantics:
    """The options of a loss, PyTorch's way where those of all tools are compared: it must be possible."""
    if semantics.convention != "all":
        return semantics
    from celoss_cli.losses.conventions import CONVENTIONS  # most runs name none

    names = (name for name, known in CONVENTIONS.items() if spec.command in known.functions)
    return replace(semantics, convention=next(names))


def evaluation_of_first(data: Data, semantics: Semantics, found: Opened) -> Evaluation | None:
    """The evaluation of the first rows; None where the command examines what a loss would refuse.

    Raises:
        CelossError: for anything that stands in the way.

    """
    heed_options(data, found.dataset, found.request)
    loss = chosen(data, semantics, found).loss
    first = islice(found.dataset.batches, FIRST_BLOCKS)
    if data.examined:
        from celoss_cli.studies.diagnose import examined

        examined(loss, first, None)
        return None
    asked = Request(strict=True, allow_out_of_domain=data.reading.allow_out_of_domain)
    evaluation, truth = evaluate(loss, first, asked), found.request.truth
    if truth is not None and len(files_of(data.files)) < 2 and next(found.dataset.batches, None) is None:
        truth.verify()  # these rows are all
    return evaluation


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
    def opened(self, data: Data, request: ReadRequest) -> Iterator[Opened]:
        """The data set that these options make of the files, of which only the first is read."""
        files = data.files
        if data.values is not None:  # a way out named two arrays by their options
            yield Opened(*dataset_of(data, request, None))
            return
        if all(path.lower().endswith(".npy") for path in files) and not self.shapes:
            self.shapes = {path: _shape_of_file(path, request) for path in files}
        request = with_targets(data, request)
        if are_two_arrays(files, request, data.reading.input_format):
            from celoss_cli.read.two_arrays import dataset_of_two

            with contextlib.closing(dataset_of_two(files, request)) as dataset:
                yield Opened(dataset, request)
            return
        with contextlib.closing(self._stream(data)) as stream:
            with looking_at_other(files, request, data.reading.input_format):
                dataset = read_stream(stream, request, data.reading.input_format)
            with contextlib.closing(dataset):
                yield Opened(dataset, request)

    def refuse_misfits(self, data: Data, found: Opened) -> None:
        """Refuses files after the first one that are no more of the same data set.

        Raises:
            CelossError: for the first one that cannot be read in the same way, without ways out.

        """
        chosen_format = data.reading.input_format
        if data.values is not None or are_two_arrays(data.files, found.request, chosen_format):
            return
        for path in files_of(data.files)[1:][:_MOST_FILES]:
            stream = open_stream(path)
            try:
                asked = replace(found.request, settled=Settled())
                with contextlib.closing(read_stream(stream, asked, chosen_format)) as other:
                    refuse_difference(found.dataset, path, other)
            except CelossError as error:
                error.ways = ()  # which are for that file alone
                raise
            finally:
                stream.close()

    def _stream(self, data: Data) -> Stream:
        if self._piped is not None:
            return Stream(self._first, cast(BinaryIO, io.BufferedReader(io.BytesIO(self._piped))))
        return open_stream(next(iter(files_of(data.files)), self._first))


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
