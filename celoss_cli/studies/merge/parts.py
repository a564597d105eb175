"""A partial result as a value, and how parts become a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, Way, plural, shown
from celoss_cli.core.option import flag_words
from celoss_cli.core.records import record
from celoss_cli.core.version import __version__
from celoss_cli.evaluate.collect import Collected
from celoss_cli.evaluate.loop import Evaluation
from celoss_cli.evaluate.scores import Totals
from celoss_cli.evaluate.wanted import Wanted
from celoss_cli.findings import CommandWords
from celoss_cli.losses import LOSSES
from celoss_cli.read.roles.targets import BY_INDEX, BY_NAME
from celoss_cli.read.tokens.identities import Identities, thinned
from celoss_cli.studies.merge.once import Once

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from celoss_cli.core.data import Roles, Source
    from celoss_cli.core.option import OptionValues
    from celoss_cli.losses.base import Loss
    from celoss_cli.read.shards import FileState, Shard

__all__ = ["Documents", "Origin", "Partial", "collected_of", "loss_of", "merged"]


_TOLD = "one run counts it once, or names it if its scores differ"
_CUT = "one run joins it"


@record(slots=True)
class Documents:
    """The documents of the parts so far, each with the name of the part that holds it.

    Attributes:
        holders: by the number of the document.
        one_in: how many documents each of them stands for.
        first: the parts by the documents that their files of token rows begin with.
        last: the parts by those that such files end with.

    """

    holders: dict[int, str] = field(default_factory=dict)
    one_in: int = 1
    first: dict[int, str] = field(default_factory=dict)
    last: dict[int, str] = field(default_factory=dict)

    def add(self, name: str, found: Identities, run: Callable[[], Sequence[str]]) -> None:
        """Adds those of a part.

        Args:
            name: of the part, for messages.
            found: its documents.
            run: gives the command line of one run over the files of all parts so far.

        Raises:
            InputError: for a document that is in a part before it, or goes on there.

        """
        self._thin(max(self.one_in, found.one_in))
        numbers = [number for number in found.numbers if number % self.one_in == 0]
        if shared := [number for number in numbers if number in self.holders]:
            what = f"{plural(len(shared), 'document')} that {'is' if len(shared) == 1 else 'are'}"
            told = f"expected each document once, got {what} in {self.holders[shared[0]]} already"
            raise _refused(told, _TOLD, name, run())
        if holder := _going_on(found.first, self.last) or _going_on(found.last, self.first):
            told = f"expected whole documents in each part, got one that may go on in {holder}"
            raise _refused(told, _CUT, name, run())
        self.holders.update(dict.fromkeys(numbers, name))
        self.first.update(dict.fromkeys(found.first, name))
        self.last.update(dict.fromkeys(found.last, name))
        self._thin(thinned(self.holders, self.one_in)[1])

    def of_all(self) -> Identities:
        """Those of all parts together."""
        return Identities(frozenset(self.holders), self.one_in, frozenset(self.first), frozenset(self.last))

    def _thin(self, one_in: int) -> None:
        if one_in != self.one_in:
            self.holders = {at: name for at, name in self.holders.items() if at % one_in == 0}
            self.one_in = one_in


def _refused(told: str, meaning: str, name: str, run: Sequence[str]) -> InputError:
    """A refusal with the one run as the way out, where it is not of a pipe that is empty by then."""
    if "-" in run:
        return InputError(told, hint=f"over the data of all parts, {meaning}", place=name)
    return InputError(told, ways=(Way(meaning, (), words=tuple(run)),), place=name)


def _going_on(edges: Collection[int], others: dict[int, str]) -> str:
    """The part that has one of these documents at the other edge of a file, or ""."""
    return next((others[number] for number in edges if number in others), "")


_SAYS_DATA = ("classes", "labels", "weight_is")
"""What a part without rows leaves open."""

_CHOICES = "lm-eval"
"""The format whose rows differ in their number of classes."""

Path = tuple[str | int, ...]


@record(frozen=True, slots=True)
class Origin:
    """What a partial result was computed from: as long as this is the same, so is the result.

    Attributes:
        version: of celoss.
        words: the loss and the options that the result depends on, as words of a command line; none of a sum.
        files: those of the data.
        named: those that options name, which parts may share.

    """

    version: str
    words: tuple[str, ...]
    files: tuple[FileState, ...]
    named: tuple[FileState, ...] = ()


@record(frozen=True, slots=True)
class Partial:
    """The evaluation of a part of the data with everything that a report needs.

    Attributes:
        loss: the command.
        options: the options in force, by name.
        reduction: how the whole becomes one number.
        by: what the groups are, or None.
        quantiles: the fractions asked for.
        documents: what identifies those of scored tokens.
        top_k: among how many of the likeliest outcomes one was looked for, 0 for not at all.
        source: where the data came from and how it was read.
        evaluation: totals and collections, without rows and workings.
        command_words: the command line, its files left out.
        parts: what identifies the runs that this is the sum of; a run without rows is none.
        shards: those that this is the sum of, in order, as far as they are shards.
        origin: what was read, or None where the part does not say it.

    """

    loss: str
    options: OptionValues
    reduction: str
    by: str | None
    quantiles: tuple[float, ...]
    source: Source
    evaluation: Evaluation
    command_words: CommandWords = CommandWords()
    parts: frozenset[str] = frozenset()
    shards: tuple[Shard, ...] = ()
    origin: Origin | None = None
    top_k: int = 0
    documents: Identities = Identities()

    def described(self) -> dict[str, Any]:
        """What must be the same in all parts."""
        return {
            "loss": self.loss,
            "options": dict(self.options),
            "reduction": self.reduction,
            "classes": self.evaluation.classes,
            "labels": None if self.evaluation.labels is None else list(self.evaluation.labels),
            "weight_is": self.evaluation.weight_is,
            "by": self.by,
            "quantiles": list(self.quantiles),
            **({"top_k": self.top_k} if self.top_k else {}),
            "columns": _roles(self.source.get("columns")),
            **({"meaning": self.source["meaning"]} if "meaning" in self.source else {}),
        }

    @property
    def states(self) -> tuple[FileState, ...]:
        """The files of the data as they were read, as far as the part says them and has any row of them."""
        return () if self.origin is None or not self.evaluation.tally.rows else self.origin.files

    @property
    def knows_its_files(self) -> bool:
        """Whether it says how its files were; of a pipe, or of an object without etag, nobody can."""
        states = () if self.origin is None else self.origin.files
        known = {state.name for state in states if state.stamp}
        return self.origin is not None and known.issuperset(self.source.get("files", ()))

    @property
    def reading(self) -> str | None:
        """Whether targets were read as names or as indices, where the classes have names."""
        return next((told for told in self.evaluation.conversions if told in (BY_INDEX, BY_NAME)), None)


def loss_of(partial: Partial) -> Loss:
    """The loss with the options of a partial result."""
    return LOSSES[partial.loss].made(**partial.options)


def merged(parts: Iterable[tuple[str, Partial]]) -> Partial:
    """The partial result of all parts together; each comes with its name, for messages.

    Args:
        parts: at least one, read one after the other.

    Raises:
        InputError: for parts of different losses, options, columns or sets of shards, and for data that is
            given twice.

    """
    waiting = iter(parts)
    first, whole = next(waiting)
    once, files, shards, documents = Once(), _files(whole), list(whole.shards), Documents()
    once.add(first, whole.parts, whole.shards, whole.states)
    documents.add(first, whole.documents, list)
    states = list(whole.states)
    several = False
    for name, part in waiting:
        once.add(name, part.parts, part.shards, part.states)
        _refuse_difference(whole, part, first, name)
        files += _new_files(part, files)
        documents.add(name, part.documents, partial(_one_run, whole, files))
        shards += part.shards
        states += part.states
        whole, several = _added(whole, part), True
    if not several:
        return whole
    return replace(
        whole,
        source={**whole.source, "files": files},
        parts=frozenset(once.runs),
        shards=tuple(shards),
        origin=Origin(__version__, (), tuple(states)),
        documents=documents.of_all(),
    )


def _one_run(whole: Partial, files: Sequence[str]) -> list[str]:
    """The command line of one run over these files."""
    said = whole.command_words
    by = [] if whole.by is None else flag_words("--by", whole.by)
    named = [f"./{file}" if file.startswith("-") and file != "-" else file for file in files]
    return [whole.loss, *named, *said.data, *chain(*said.semantics.values()), *by]


def _files(part: Partial) -> list[str]:
    return list(part.source.get("files", ()))


def _new_files(part: Partial, before: Sequence[str]) -> list[str]:
    """The files of a part; of one that is split by its row groups, the name stands once."""
    split = {state.name for state in part.states if state.row_groups is not None}
    return [name for name in _files(part) if name not in split or name not in before]


def _refuse_difference(whole: Partial, part: Partial, first: str, name: str) -> None:
    open_questions = _SAYS_DATA if 0 in (whole.evaluation.tally.rows, part.evaluation.tally.rows) else ()
    may_differ = (*open_questions, *(["classes"] if part.source.get("format") == _CHOICES else []))
    wanted, got = whole.described(), part.described()
    for key in {**wanted, **got}:
        default: Any = {} if key == "meaning" else None
        for path, mine, theirs in _differences((key,), wanted.get(key, default), got.get(key, default)):
            if key not in may_differ:
                expected = f"{_path_in_words(path)} {_value_in_words(mine)} as in {first}"
                raise InputError(f"expected {expected}, got {_value_in_words(theirs)}", place=name)
    if whole.reading != part.reading and not open_questions:
        raise InputError(
            f"expected {whole.reading} as in {first}, got {part.reading}",
            hint="write all parts with --target-is name or index",
            place=name,
        )


def _differences(path: Path, one: Any, other: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Every difference of two JSON values by the keys and numbers that lead to it."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _differences((*path, key), one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences((*path, index), *pair)
    elif one != other:
        yield path, one, other


def _path_in_words(path: Path) -> str:
    """A path in words: "the option weight [2]", "the columns target"."""
    key, *rest = path
    words = ["option" if key in ("options", "meaning") else str(key)]
    words += [f"[{part}]" if isinstance(part, int) else part for part in rest]
    return f"the {' '.join(words)}"


def _value_in_words(value: Any) -> str:
    length = f" ({len(value)} values)" if isinstance(value, list) else ""
    return f"{shown(value)}{length}"


def collected_of(evaluation: Evaluation) -> Collected:
    """What was collected beside the totals, nothing where nothing was wanted."""
    return evaluation.collected or Collected()


def _added(one: Partial, other: Partial) -> Partial:
    """The first part with the totals of both; what names the data is added up by who adds many."""
    a, b = one.evaluation, other.evaluation
    first = a if a.tally.rows else b
    evaluation = Evaluation(
        tally=a.tally + b.tally,
        weight_is=first.weight_is,
        classes=max(a.classes, b.classes) if a.classes and b.classes else first.classes,
        collected=collected_of(a).joined(collected_of(b), Wanted()),
        counted=a.counted + b.counted,
        first=a.first + b.first,
        facts=a.facts | b.facts,
        sample_weights=a.sample_weights or b.sample_weights,
        sizes=a.sizes + b.sizes,
        scores=_scores_of(a) + _scores_of(b),
        skipped=a.skipped + b.skipped,
        labels=first.labels,
        conversions=first.conversions,
    )
    data = one.command_words.data if one.command_words.data == other.command_words.data else ()
    return replace(one, evaluation=evaluation, command_words=replace(one.command_words, data=data))


def _scores_of(evaluation: Evaluation) -> Totals:
    """What the scores of a part are made of; one that was written without makes them unknown."""
    return Totals(missing=evaluation.tally.counted) if evaluation.scores is None else evaluation.scores


def _roles(columns: Roles | None) -> dict[str, Any] | None:
    """The roles of columns without what spoke for them, which may differ between parts."""
    if columns is None:
        return None
    return {role: given for role, given in columns.items() if role not in ("why", "inferred", "told")}
