"""Command lines that are tried on the first rows of the files: what each gives, or what refuses it."""

from __future__ import annotations

import contextlib
import io
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import words_of
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.computing import compute, planned
from celoss_cli.cli.data import data_of, heed_options
from celoss_cli.cli.reading import Opened, are_two_arrays, dataset_of, request_of, with_targets
from celoss_cli.cli.semantics import chosen
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import CelossError, InputError, LimitError, UsageError, Way, plural
from celoss_cli.core.records import record, replace
from celoss_cli.core.suffix import is_device
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read import format_of
from celoss_cli.read.gather import read_stream, refuse_difference
from celoss_cli.read.paths import files_of
from celoss_cli.read.request import Settled, Stream, open_stream
from celoss_cli.read.roles.column import Shape
from celoss_cli.show import FORMATS

if TYPE_CHECKING:
    from celoss_cli.cli.data import Data
    from celoss_cli.cli.options import LossOptions, Reading
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.core.data import Roles
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.report.report import Report

__all__ = [
    "USUAL",
    "Opener",
    "Tried",
    "attempts",
    "fits",
    "is_to_be_written",
    "kind_of",
    "leading_on",
    "report_of_words",
]

USUAL = (("ce", "probs"), ("nll", "log-probs"), ("ce", "logits"), ("bce", "probs"), ("bce-logits", "logits"))
"""Losses with what their input is, in the order in which they are tried and told."""

_MOST_TRIED = 40
_MOST_WORDS = 24
"""A way out that takes a way out, and so on, ends here."""

_MOST_FILES = 100
"""So many files after the first one are looked at."""

_MOST_FOLLOWED = 4
"""So many ways out are taken after one another, until a command holds all that is needed."""

_PIPE_BYTES = 64 << 20
"""So much of a pipe is looked at."""


@record(frozen=True, slots=True)
class Tried:
    """What came of a command line on the first rows.

    Attributes:
        words: of the command line, after the program's name.
        offered: whether a refusal offered it.
        told: what it is then.
        settled: what its reader noted.
        shapes: of the arrays by name.
        columns: the roles, or None where it was refused.
        evaluation: of the first rows, or None; there is an error too where further files do not fit.
        notes: how the data was read.
        error: that refused it, or None.
        dump: "tokens" or "choices" where the data is a dump of a language model's scores, else "".
        whole: whether the first rows of a dump are all.

    """

    words: Sequence[str]
    offered: bool
    told: str
    settled: Settled
    shapes: Mapping[str, Shape | None]
    columns: Roles | None = None
    evaluation: Evaluation | None = None
    notes: Sequence[str] = ()
    error: CelossError | None = None
    dump: str = ""
    whole: bool = False

    @property
    def holds(self) -> bool:
        """Whether it still has what the files hold."""
        return bool(self.settled.columns or self.shapes)


def report_of_words(words: Sequence[str], format: str) -> Report:
    """The report of a loss's command line that nobody typed, as it would be shown in a format.

    Args:
        words: of the command line, after the program's name.
        format: by name.

    Raises:
        CelossError: for anything that stands in the way, with ways out that are added to these words.

    """
    try:
        given: LossOptions = parsed(command_named(words[0]), words[1:])
        return compute(planned(LOSSES[words[0]], given, FORMATS[format]))
    except CelossError as error:
        raise error.of_command(words) from None


def leading_on(words: Sequence[str]) -> Sequence[str] | None:
    """A command line of a loss that a refusal may offer, with all that the first rows of its files need.

    A further refusal with one way out takes it. None where nothing but a refusal without a way out follows;
    the words stay where that leaves a choice, and where they cannot be tried: of another command, or of data
    that cannot be read again, or that the user is to write first.
    """
    untried = TOKENS in words or any(map(is_to_be_written, words))  # rows of tokens are read otherwise
    if not words or words[0] not in LOSSES or untried:
        return words
    try:
        given: LossOptions = parsed(command_named(words[0]), words[1:])
    except CelossError:
        return None  # an option that this loss has not
    try:
        files = files_of(given.files)
        can_be_tried = all(map(os.path.isfile, files)) and (bool(files) or given.input is not None)
    except CelossError:
        can_be_tried = False
    return _followed(Opener(given.files), words, _MOST_FOLLOWED) if can_be_tried else words


def is_to_be_written(word: str) -> bool:
    """Whether a word names a file of values that is not there: @targets.csv."""
    return word.startswith("@") and not os.path.exists(word[1:])


def _followed(opener: Opener, words: Sequence[str], most: int) -> Sequence[str] | None:
    """The command line that the ways out lead to, at most so many after one another."""
    error = _tried(opener, words).error
    if error is None or not (most and isinstance(error, (InputError, UsageError))):
        return words
    further = (_followed(opener, words_of(way, words), most - 1) for way in error.ways)
    found = next((one for one in further if one is not None), None)
    return found if len(error.ways) == 1 or found is None else words


def attempts(opener: Opener, files: Sequence[str], reading: Reading, loss: str | None) -> Iterator[Tried]:
    """The usual command lines; where none of them reads the file, those that their refusals offer."""
    usual = [(name, kind) for name, kind in USUAL if loss in (None, name)]
    if loss is not None and not usual:
        usual = [(loss, LOSSES[loss].takes)]
    plain = [_tried(opener, _typed(files, reading, *one)) for one in usual]
    yield from plain
    if any(found.error is None and fits(found) for found in plain):
        return
    waiting = deque(step for found in plain for step in _ways(found, reading, loss))
    known: set[tuple[str, ...]] = set()
    while waiting and len(known) < _MOST_TRIED:
        words, told = waiting.popleft()
        if tuple(words) not in known and not any(map(is_to_be_written, words)):
            known.add(tuple(words))
            found = _tried(opener, words, told)
            yield found
            waiting += _ways(found, reading, loss) if len(words) < len(files) + _MOST_WORDS else ()


def _ways(found: Tried, reading: Reading, loss: str | None) -> list[tuple[list[str], str]]:
    """The command lines that a refusal offers, and what they mean."""
    ways = () if found.error is None else found.error.ways
    taken = [(way, words_of(way, found.words)) for way in ways if _is_of(way, loss)]
    return [([*words, *_missing(reading, words)], way.meaning or found.told) for way, words in taken]


def _missing(reading: Reading, words: Sequence[str]) -> Iterator[str]:
    """The options that were typed and that this loss has, where the one that was refused had them not."""
    typed = {word.partition("=")[0] for word in words}
    for given in _options(reading, words[0]):
        if not typed & {*given.option.flags, given.option.flag, given.option.negation}:
            yield from given.words


def _is_of(way: Way, loss: str | None) -> bool:
    return loss is None or way.command in ("", loss)


def _typed(files: Sequence[str], reading: Reading, loss: str, kind: str) -> list[str]:
    """The words of a loss's command for these files, with those options that it has."""
    spec = LOSSES[loss]
    options = [word for given in _options(reading, loss) for word in given.words]
    named = [f"./{path}" if path.startswith("-") and path != "-" else path for path in files]
    return [loss, *named, *options, *(["--input-is", kind] if kind != spec.takes else [])]


def _options(reading: Reading, loss: str) -> list[GivenOption]:
    """The options that were typed, those that the loss has."""
    return [given for given in given_options(reading) if given.option.needs not in LOSSES[loss].lacks]


def _tried(opener: Opener, words: Sequence[str], told: str | None = None) -> Tried:
    """What the command line gives for the first rows."""
    settled, shapes = Settled(), dict[str, Shape | None]()
    evaluation: Evaluation | None = None
    try:
        spec = LOSSES[words[0]]
        given: LossOptions = parsed(command_named(spec.command), words[1:])
        data = data_of(spec, given.files, given.reading, given.semantics, values=given.input)
        request = request_of(data)
        settled = request.settled
        settled.keeps_columns = True
        with opener.opened(data, request) as (dataset, request):
            shapes = _shapes(opener, data, request)
            columns = dataset.described["columns"]
            heed_options(data, dataset, request)
            choice = chosen(data, given.semantics, Opened(dataset, request))
            evaluation = evaluate(choice.loss, islice(dataset.batches, 1), Request(strict=True))
            dump = "tokens" if dataset.scored else "choices" if dataset.choices else ""
            whole = bool(dump) and next(dataset.batches, None) is None
            opener.refuse_misfits(data, dataset, request)
    except CelossError as error:
        shapes = shapes or opener.shapes
        return Tried(words, told is not None, told or "", settled, shapes, None, evaluation, error=error)
    notes = [*evaluation.conversions, *columns.get("told", ()), *columns.get("notes", ())]
    if dataset.scored:
        notes.append(_sizes(evaluation))
    return Tried(
        words,
        told is not None,
        told or "",
        settled,
        shapes,
        columns,
        evaluation,
        notes,
        dump=dump,
        whole=whole,
    )


def _sizes(evaluation: Evaluation) -> str:
    tally = evaluation.tally
    tokens = f"{plural(tally.elements, 'score')}, {tally.counted} of them counted"
    return f"{plural(tally.rows, 'document')} looked at: {tokens}"


def _shapes(opener: Opener, data: Data, request: ReadRequest) -> dict[str, Shape | None]:
    found: dict[str, Shape | None] = {}
    for name, shape in request.settled.arrays.items():
        try:
            found[name] = shape()
        except KeyError:  # it has been read, and nothing else of it is kept
            found[name] = Shape((), "")
    return found or dict(opener.shapes)


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


def fits(found: Tried) -> bool:
    """Whether the first values are what the command takes them for."""
    if found.evaluation is None:
        return False
    if found.dump:
        return found.evaluation.tally.counted > 0
    seen, spec = found.evaluation.seen, LOSSES[found.words[0]]
    if not found.evaluation.tally.rows or (spec.command, kind_of(found.words)) not in USUAL:
        return True
    kind, rows = kind_of(found.words), seen["examined"]
    if spec.per == "class" and rows:
        if 2 * seen["probabilities"] > rows and seen["from-0-to-1"] == seen["values"]:
            return kind == "probs"
        return kind == ("log-probs" if 2 * seen["log-probabilities"] > rows else "logits")
    return kind == "probs" or seen["from-0-to-1"] < seen["values"]


def kind_of(words: Sequence[str]) -> str:
    if "--input-is" in words:
        return words[words.index("--input-is") + 1]
    return LOSSES[words[0]].takes
