"""The readings of a file: each is tried as the command line that would read it, on the first rows."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import shell_quoted
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.computing import data_of
from celoss_cli.cli.reading import (
    Opened,
    are_two_arrays,
    clip_domain,
    dataset_of,
    refuse_unused,
    refuse_without_use,
    request_of,
    with_targets,
)
from celoss_cli.cli.semantics import chosen
from celoss_cli.cli.table import given_options
from celoss_cli.cli.ways import words_of
from celoss_cli.core.errors import CelossError, InputError, LimitError, UsageError, Way, plural
from celoss_cli.core.records import record
from celoss_cli.core.suffix import is_device
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses import LOSSES
from celoss_cli.losses.spec import TOKENS
from celoss_cli.read import format_of
from celoss_cli.read.gather import read_stream, refuse_difference
from celoss_cli.read.paths import files_of
from celoss_cli.read.request import Settled, Stream, open_stream
from celoss_cli.read.roles.shape import Shape
from celoss_cli.studies.inspect.parts import (
    Inspection,
    Part,
    ReadingFound,
    of_arrays,
    of_columns,
    of_dump,
    rows_looked_at,
)

if TYPE_CHECKING:
    from celoss_cli.cli.options import LossOptions, Reading
    from celoss_cli.cli.reading import Data
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.core.data import Roles
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.read.request import Dataset, ReadRequest

__all__ = ["inspection_of", "leading_on"]

_USUAL = (("ce", "probs"), ("nll", "log-probs"), ("ce", "logits"), ("bce", "probs"), ("bce-logits", "logits"))
"""Losses with what their input is, in the order in which they are tried and told."""

_MOST_TRIED, _MOST_SHOWN, _MOST_REFUSED = 40, 8, 3
_MOST_WORDS = 24
"""A way out that takes a way out, and so on, ends here."""

_MOST_FILES = 100
"""So many files after the first one are looked at."""

_MOST_FOLLOWED = 4
"""So many ways out are taken after one another, until a command holds all that is needed."""

_PIPE_BYTES = 64 << 20
"""So much of a pipe is looked at."""


@record(frozen=True, slots=True)
class _Tried:
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


def inspection_of(files: Sequence[str], reading: Reading, loss: str | None, rows: int) -> Inspection:
    """What files hold, and how they can be read.

    Args:
        files: one data set; none for standard input.
        reading: how they are read.
        loss: the only loss to look for, or None.
        rows: how many of the first rows are told.

    Raises:
        CelossError: for what cannot be looked at in any way.

    """
    if not files and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("Expected a file or data on standard input, got none.", hint="celoss inspect -h")
    files = tuple(files) or ("-",)
    opener = _Opener(files)
    tried = list(_keeping_few(_attempts(opener, files, reading, loss)))
    seen = [found for found in tried if found.holds]
    fitting = [found for found in tried if found.columns is not None and _fits(found)]
    if not seen and not fitting:
        raise _refusal(tried)
    sure = [found for found in fitting if _adds_up(found)]
    plain = [found for found in fitting if not found.offered]
    readings = _distinct(plain or sure or sorted(fitting, key=_chooses_columns))[:_MOST_SHOWN]
    first = readings[0] if readings else None
    furthest = sorted(tried, key=lambda found: (found.evaluation is None, not found.offered))
    refused = dict.fromkeys(_in_the_way(found, found.error) for found in furthest if found.error is not None)
    if first is not None and _is_empty(first):
        readings, refused = [], {"expected rows to compute a loss of, got no rows": None}
    shown = first or seen[0]
    if seen and not shown.holds:  # the columns are kept of another one
        shown = replace(shown, settled=seen[0].settled, shapes=seen[0].shapes)
    of, parts, looked_at = _parts(_as_typed(shown, reading), rows)
    return Inspection(
        files=files,
        of=of,
        parts=parts,
        rows=looked_at,
        whole=not opener.others and _whole(first, looked_at),
        readings=[_reading(found) for found in readings],
        refused=list(refused)[:_MOST_REFUSED],
    )


def _keeping_few(tried: Iterator[_Tried]) -> Iterator[_Tried]:
    """The attempts; the columns of a wide table are kept of the first one, and of the first that fits."""
    seen = fits = False
    for found in tried:
        fitting = found.columns is not None and _fits(found)
        if seen and (fits or not fitting):
            found.settled.columns = ()
        seen, fits = seen or bool(found.settled.columns), fits or fitting
        yield found


def leading_on(words: Sequence[str]) -> Sequence[str] | None:
    """A command line of a loss that a refusal may offer, with all that the first rows of its files need.

    A further refusal with one way out takes it. None where nothing but a refusal without a way out follows;
    the words stay where that leaves a choice, and where they cannot be tried: of another command, or of data
    that cannot be read again, or that the user is to write first.
    """
    untried = TOKENS in words or any(map(_is_to_be_written, words))  # rows of tokens are read otherwise
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
    return _followed(_Opener(given.files), words, _MOST_FOLLOWED) if can_be_tried else words


def _is_to_be_written(word: str) -> bool:
    """Whether a word names a file of values that is not there: @targets.csv."""
    return word.startswith("@") and not os.path.exists(word[1:])


def _followed(opener: _Opener, words: Sequence[str], most: int) -> Sequence[str] | None:
    """The command line that the ways out lead to, at most so many after one another."""
    error = _tried(opener, words).error
    if error is None or not (most and isinstance(error, (InputError, UsageError))):
        return words
    further = (_followed(opener, words_of(way, words), most - 1) for way in error.ways)
    found = next((one for one in further if one is not None), None)
    return found if len(error.ways) == 1 or found is None else words


def _refusal(tried: Sequence[_Tried]) -> CelossError:
    """What stands in the way of all readings: an option rather than the data; its ways out were all tried.

    What is data of another loss was tried as that, and is told of that.
    """
    found = [one.error for one in tried if one.error is not None]
    errors = [one for one in found if not any(way.command for way in one.ways)] or found
    if not errors:
        return InputError("expected rows that a loss can be computed of, got none")
    error = next((one for one in errors if isinstance(one, UsageError)), errors[0])
    has = {option.flag for option in command_named("inspect").options()}
    error.ways = tuple(way for way in error.ways if has.issuperset(name for name, _ in way.options))
    return error


def _in_the_way(found: _Tried, error: CelossError) -> str:
    """What refused a command line, and the commands that take a file which is to be written first."""
    words = [["celoss", *words_of(way, found.words)] for way in error.ways]
    commands = [" ".join(map(shell_quoted, one)) for one in words if any(map(_is_to_be_written, one))]
    return "; ".join((error.sentence, *commands))


def _as_typed(found: _Tried, reading: Reading) -> _Tried:
    """An attempt whose columns are told to be named by an option only where it was typed."""
    if found.columns is None:
        return found
    typed = {f"named by {given.option.flag}" for given in given_options(reading)}
    reasons = found.columns.get("why", {})
    kept = {role: why for role, why in reasons.items() if not _is_named(why) or why in typed}
    return replace(found, columns={**found.columns, "why": kept})


def _is_named(why: Any) -> bool:
    return isinstance(why, str) and why.startswith("named by --")


def _is_empty(found: _Tried) -> bool:
    """Whether a header is all there is, so that no command gives a number."""
    return found.evaluation is not None and not found.evaluation.tally.rows


def _whole(first: _Tried | None, looked_at: int) -> bool:
    """Whether the rows that were looked at are all."""
    if first is None or first.evaluation is None:
        return False
    return first.whole if first.dump else first.evaluation.tally.rows <= looked_at


def _parts(found: _Tried, rows: int) -> tuple[str, list[Part], int]:
    """The columns, arrays or fields of records, and how many rows were looked at."""
    if found.dump and found.columns is not None and found.evaluation is not None:
        return "fields", of_dump(found.dump, found.columns), found.evaluation.tally.rows
    columns = found.settled.columns
    if columns:
        return "columns", of_columns(columns, found.columns, rows), rows_looked_at(columns)
    return "arrays", of_arrays(found.shapes, found.columns, rows), 0


# ------------------------------------------------------------------------------------------ attempts


def _attempts(opener: _Opener, files: Sequence[str], reading: Reading, loss: str | None) -> Iterator[_Tried]:
    """The usual command lines; where none of them reads the file, those that their refusals offer."""
    usual = [(name, kind) for name, kind in _USUAL if loss in (None, name)]
    if loss is not None and not usual:
        usual = [(loss, LOSSES[loss].takes)]
    plain = [_tried(opener, _typed(files, reading, *one)) for one in usual]
    yield from plain
    if any(found.error is None and _fits(found) for found in plain):
        return
    waiting = deque(step for found in plain for step in _ways(found, reading, loss))
    known: set[tuple[str, ...]] = set()
    while waiting and len(known) < _MOST_TRIED:
        words, told = waiting.popleft()
        if tuple(words) not in known and not any(map(_is_to_be_written, words)):
            known.add(tuple(words))
            found = _tried(opener, words, told)
            yield found
            waiting += _ways(found, reading, loss) if len(words) < len(files) + _MOST_WORDS else ()


def _ways(found: _Tried, reading: Reading, loss: str | None) -> list[tuple[list[str], str]]:
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


def _tried(opener: _Opener, words: Sequence[str], told: str | None = None) -> _Tried:
    """What the command line gives for the first rows."""
    settled, shapes = Settled(), dict[str, Shape | None]()
    evaluation: Evaluation | None = None
    try:
        spec = LOSSES[words[0]]
        given: LossOptions = parsed(command_named(spec.command), words[1:])
        data = data_of(spec, given.files, given.input, given.reading, given.semantics, None)
        request = request_of(data)
        settled = request.settled
        settled.keeps_columns = True
        with opener.opened(data, request) as (dataset, request):
            shapes = _shapes(opener, data, request)
            columns = dataset.described["columns"]
            clip_domain(dataset, data)
            refuse_unused(dataset, data)
            refuse_without_use(data.reading, request)
            choice = chosen(data, given.semantics, Opened(dataset, request))
            evaluation = evaluate(choice.loss, islice(dataset.batches, 1), Request(strict=True))
            dump = "tokens" if dataset.scored else "choices" if dataset.choices else ""
            whole = bool(dump) and next(dataset.batches, None) is None
            opener.refuse_misfits(data, dataset, request)
    except CelossError as error:
        shapes = shapes or opener.shapes
        return _Tried(words, told is not None, told or "", settled, shapes, None, evaluation, error=error)
    notes = [*evaluation.conversions, *columns.get("told", ()), *columns.get("notes", ())]
    if dataset.scored:
        notes.append(_sizes(evaluation))
    return _Tried(
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


def _shapes(opener: _Opener, data: Data, request: ReadRequest) -> dict[str, Shape | None]:
    found: dict[str, Shape | None] = {}
    for name, shape in request.settled.arrays.items():
        try:
            found[name] = shape()
        except KeyError:  # it has been read, and nothing else of it is kept
            found[name] = Shape((), "")
    return found or dict(opener.shapes)


class _Opener:
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


# ------------------------------------------------------------------------------------------ readings


def _fits(found: _Tried) -> bool:
    """Whether the first values are what the command takes them for."""
    if found.evaluation is None:
        return False
    if found.dump:
        return found.evaluation.tally.counted > 0
    seen, spec = found.evaluation.seen, LOSSES[found.words[0]]
    if not found.evaluation.tally.rows or (spec.command, _kind(found.words)) not in _USUAL:
        return True
    kind, rows = _kind(found.words), seen["examined"]
    if spec.per == "class" and rows:
        if 2 * seen["probabilities"] > rows and seen["from-0-to-1"] == seen["values"]:
            return kind == "probs"
        return kind == ("log-probs" if 2 * seen["log-probabilities"] > rows else "logits")
    return kind == "probs" or seen["from-0-to-1"] < seen["values"]


def _adds_up(found: _Tried) -> bool:
    """Whether the values of every row are the probabilities of classes, as no other numbers are."""
    return LOSSES[found.words[0]].per == "class" and _kind(found.words) in ("probs", "log-probs")


def _kind(words: Sequence[str]) -> str:
    if "--input-is" in words:
        return words[words.index("--input-is") + 1]
    return LOSSES[words[0]].takes


_TELLING_APART = ("--positive", "--predicted-column", "--per", "--censored")
"""Options whose values make other numbers of the same columns."""


def _chooses_columns(found: _Tried) -> bool:
    """Whether an option says which columns are the input, where others are read as the file has them."""
    return "--class-columns" in found.words


def _distinct(fitting: Sequence[_Tried]) -> list[_Tried]:
    """Those that differ in what they compute."""
    found: dict[Any, _Tried] = {}
    for one in fitting:
        columns = one.columns or {}
        roles = (tuple(columns.get("inputs") or ()), str(columns.get("target")), str(columns.get("weight")))
        positive = [
            after for word, after in zip(one.words, one.words[1:], strict=False) if word in _TELLING_APART
        ]
        found.setdefault((one.words[0], _kind(one.words), *roles, *positive), one)
    return list(found.values())


def _reading(found: _Tried) -> ReadingFound:
    words = ["celoss", *found.words]
    return ReadingFound(
        command=" ".join(map(shell_quoted, words)),
        loss=LOSSES[found.words[0]].title,
        takes=TOKENS if found.dump == "tokens" else _kind(found.words),
        columns=found.columns or {},
        told="" if found.told.startswith("named by") else found.told,
        notes=list(found.notes),
        plain=not found.offered,
    )
