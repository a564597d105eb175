"""Command lines that are tried on the first rows of the files: what each gives, or what refuses it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from celoss_cli.cli.app import parsed
from celoss_cli.cli.command_line import words_of
from celoss_cli.cli.commands import command_named
from celoss_cli.cli.computing import compute, planned
from celoss_cli.cli.data import request_of
from celoss_cli.cli.first_rows import asked_of, evaluation_of_first, is_to_be_written
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import CelossError, Way, plural
from celoss_cli.core.records import record
from celoss_cli.losses import LOSSES
from celoss_cli.read.request import Settled
from celoss_cli.read.roles.column import Shape
from celoss_cli.show import FORMATS

if TYPE_CHECKING:
    from celoss_cli.cli.first_rows import Opener
    from celoss_cli.cli.options import LossOptions, Reading
    from celoss_cli.cli.table import GivenOption
    from celoss_cli.core.data import Roles
    from celoss_cli.evaluate.loop import Evaluation
    from celoss_cli.report.report import Report

__all__ = [
    "USUAL",
    "Tried",
    "attempts",
    "fits",
    "kind_of",
    "report_of_words",
]

USUAL = (("ce", "probs"), ("nll", "log-probs"), ("ce", "logits"), ("bce", "probs"), ("bce-logits", "logits"))
"""Losses with what their input is, in the order in which they are tried and told."""

_MOST_TRIED = 40
_MOST_WORDS = 24
"""A way out that takes a way out, and so on, ends here."""


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
        asked = asked_of(words)
        (data,) = asked.sets
        request = request_of(data)
        settled = request.settled
        settled.keeps_columns = True
        with opener.opened(data, request) as found:
            dataset = found.dataset
            shapes = _shapes(opener, found.request.settled)
            columns = dataset.described["columns"]
            evaluation = evaluation_of_first(data, asked.semantics, found)
            dump = "tokens" if dataset.scored else "choices" if dataset.choices else ""
            whole = bool(dump) and next(dataset.batches, None) is None
            opener.refuse_misfits(data, found)
    except CelossError as error:
        shapes = shapes or opener.shapes
        return Tried(words, told is not None, told or "", settled, shapes, None, evaluation, error=error)
    notes = [*columns.get("told", ()), *columns.get("notes", ())]
    if evaluation is not None:
        notes = [*evaluation.conversions, *notes, *([_sizes(evaluation)] if dataset.scored else [])]
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


def _shapes(opener: Opener, settled: Settled) -> dict[str, Shape | None]:
    found: dict[str, Shape | None] = {}
    for name, shape in settled.arrays.items():
        try:
            found[name] = shape()
        except KeyError:  # it has been read, and nothing else of it is kept
            found[name] = Shape((), "")
    return found or dict(opener.shapes)


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
    near = seen["from-0-to-1"] + seen["just-outside-0-to-1"]
    return kind == "probs" or near < seen["values"] - seen["nan"]


def kind_of(words: Sequence[str]) -> str:
    if "--input-is" in words:
        return words[words.index("--input-is") + 1]
    return LOSSES[words[0]].takes
