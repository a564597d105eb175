"""Documents as batches: numbers checked, units counted, documents that come twice left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import CelossError, InputError
from celoss_cli.core.records import record
from celoss_cli.losses.scored_tokens import CENSORED, FIRST, LIKELIEST, MISSING, PART, STATUS, UNKNOWN
from celoss_cli.read.tokens.document import CENSORED_AS, Document, bound_of, got, most_probable
from celoss_cli.read.tokens.identities import again
from celoss_cli.read.tokens.texts import Texts, bytes_and_words, joined

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = ["Named", "batches_of"]

_TOKENS = 1 << 14
"""A batch ends with the document that reaches so many tokens."""

_LEAST = float(np.finfo(np.float32).min)
"""What llama.cpp writes for the logarithm of 0 (tools/server/server-task.h, ``logarithm``)."""

_UNITS = ("tokens", "bytes", "words")


@record(frozen=True, slots=True)
class Named:
    """A document with its name and place.

    Attributes:
        document: what the dump says.
        name: of the document; "" where it has none.
        place: of its record.
        group: what it is counted under, or None.

    """

    document: Document
    name: str
    place: str
    group: str | None


@record(frozen=True, slots=True)
class _Scores:
    """The tokens of some documents, one after the other.

    Attributes:
        logprobs: NaN where there are none, shape (tokens,).
        status: what each is, shape (tokens,).
        offsets: where each document begins, and where the last one ends; shape (1 + documents,).

    """

    logprobs: Array
    status: Array
    offsets: Array

    def of(self, document: int) -> Array:
        found: Array = self.logprobs[self.offsets[document] : self.offsets[document + 1]]
        return found

    def positions(self) -> Array:
        """The place of each token in its document, shape (tokens,)."""
        sizes = np.diff(self.offsets)
        found: Array = np.arange(len(self.logprobs)) - np.repeat(self.offsets[:-1], sizes)
        return found


def batches_of(found: Iterator[Named], told: Counter[str], request: ReadRequest) -> Iterator[Batch]:
    """The documents in batches of some ten thousand tokens.

    Args:
        found: the documents in order.
        told: what is found beside them; it is handed out with the batches, and then empty.
        request: what is asked of the reader.

    Raises:
        InputError: with its place, for what is no log-probability, and for two scores of one document.

    """
    start = request.start
    for part in _parts(found, request):
        for one in part:
            told.update(one.document.told)
        new, scores = _new(part, told, request)
        if new:
            yield _batch(new, scores, start, told, request)
            start += len(new)
    if told:
        yield _batch([], _scores([], request), start, told, request)


def _parts(found: Iterator[Named], request: ReadRequest) -> Iterator[list[Named]]:
    """The documents in parts of some ten thousand tokens; those before an error come before it."""
    waiting: list[Named] = []
    size = 0
    try:
        for one in found:
            _let_go(one.document, request)
            waiting.append(one)
            size += len(one.document.logprobs)
            if size >= _TOKENS:
                yield waiting
                waiting, size = [], 0
    except CelossError:
        yield waiting
        raise
    if waiting:
        yield waiting


def _let_go(document: Document, request: ReadRequest) -> None:
    """Frees the record of a document: many small objects, which would fill the memory meanwhile."""
    places: Iterable[int] = range(len(document.logprobs))
    if not request.likeliest:
        censored = not isinstance(document.logprobs, np.ndarray) and CENSORED_AS in document.logprobs
        places = (at for at in places if document.logprobs[at] == CENSORED_AS) if censored else ()
    listed = {at: tuple(document.listed(at)) for at in places}
    document.listed, document.many = lambda number: listed.get(number, ()), ()
    # Nothing collects garbage in tuples of numbers and texts.
    if not isinstance(document.logprobs, np.ndarray):
        document.logprobs = tuple(document.logprobs)
    if document.texts is not None and not isinstance(document.texts, Texts):
        document.texts = tuple(document.texts)


def _again(one: Named, logprobs: Array, request: ReadRequest) -> str:
    """What a document is that was there before, or "" for a new one."""
    document, known = one.document, request.settled.documents
    try:
        return again(
            known,
            one.name,
            logprobs.tobytes(),
            what="log-probabilities",
            own=document.own,
            variant=document.variant,
        )
    except InputError as error:
        raise error.at(one.place) from None


def _new(part: Sequence[Named], told: Counter[str], request: ReadRequest) -> tuple[list[Named], _Scores]:
    """The documents that were not there before, and their tokens.

    Raises:
        InputError: for the first one in order that has something else, or other scores than before.

    """
    try:
        scores = _scores([one.document for one in part], request)
    except InputError:
        for one in part:  # which of them it is, and whether another one is wrong before
            try:
                scores = _scores([one.document], request)
            except InputError as error:
                raise error.at(one.place) from None
            _again(one, scores.of(0), request)
        raise
    kept = []
    for number, one in enumerate(part):
        found = _again(one, scores.of(number), request)
        if found:
            told[found] += 1
        else:
            kept.append(number)
    if len(kept) == len(part):
        return list(part), scores
    new = [part[number] for number in kept]
    return new, _scores([one.document for one in new], request)


def _scores(documents: Sequence[Document], request: ReadRequest) -> _Scores:
    """The log-probabilities of some documents, and what each is.

    Raises:
        InputError: with a path of the first document, for what is none.

    """
    logprobs = _logprobs(documents)
    ends = np.cumsum([len(document.logprobs) for document in documents], dtype=np.int64)
    scores = _Scores(logprobs, np.zeros(len(logprobs), np.int8), np.concatenate([[0], ends]))
    missing = np.flatnonzero(np.isnan(logprobs))
    if missing.size:
        later = scores.positions()[missing]
        scores.status[missing] = np.where(later == 0, FIRST, MISSING)
        if later.any() and request.missing == "error":
            raise InputError(
                "expected a log-probability, got null after the first token",
                hint="--missing skip leaves such tokens out",
                place=documents[0].path.format(int(later[later > 0][0])),
            )
    logprobs[logprobs <= _LEAST] = -np.inf
    censored = np.flatnonzero(logprobs == CENSORED_AS)
    scores.status[censored] = CENSORED
    for at in censored.tolist():
        number = int(np.searchsorted(scores.offsets, at, side="right")) - 1
        bound = bound_of(documents[number].listed(at - int(scores.offsets[number])))
        logprobs[at] = np.nan if bound is None else bound
    return scores


def _logprobs(documents: Sequence[Document]) -> Array:
    """All log-probabilities, NaN where there are none, shape (tokens,) of float64."""
    found = [document.logprobs for document in documents]
    arrays = [logprobs for logprobs in found if isinstance(logprobs, np.ndarray)]
    if arrays and len(arrays) == len(found):
        return np.concatenate(arrays)
    if arrays:
        return np.concatenate([_logprobs([document]) for document in documents])
    values = [*chain.from_iterable(found)]
    if not set(map(type, values)) <= {float, int, type(None)}:
        raise _refusal(documents[0])
    return np.array(values, dtype=np.float64)  # the reader of JSON leaves no integer beyond a double


def _refusal(document: Document) -> InputError:
    """What is wrong with the log-probabilities of a document."""
    for number, value in enumerate(document.logprobs):
        if type(value) not in (float, int, type(None)):
            place = document.path.format(number)
            return InputError(f"expected a log-probability, got {got(value)}", place=place)
    return InputError("expected log-probabilities, got something else")  # of another document


def _units(documents: Sequence[Document], scores: _Scores) -> dict[str, Array]:
    """How many tokens, bytes and words each element has; NaN where nobody knows."""
    if any(document.totals is not None or document.texts is None for document in documents):
        parts = [_units_of(document) for document in documents]
        return {unit: np.concatenate([part[unit] for part in parts]) for unit in _UNITS}
    texts = _together([document.texts or () for document in documents])
    sizes, words = bytes_and_words(texts, scores.offsets[:-1])
    for document, start, end in zip(documents, scores.offsets, scores.offsets[1:], strict=False):
        _put_known(sizes[start:end], document)
    return {"tokens": np.ones(len(texts)), "bytes": sizes, "words": words}


def _together(parts: Sequence[Sequence[str]]) -> Sequence[str]:
    """The texts of all parts."""
    arrays = [part for part in parts if isinstance(part, Texts)]
    return joined(arrays) if len(arrays) == len(parts) else [*chain.from_iterable(parts)]


def _units_of(document: Document) -> dict[str, Array]:
    """Those of one document, which may be known as a whole, or not by its texts."""
    size = len(document.logprobs)
    if document.totals is not None:
        return {unit: np.full(size, document.totals.get(unit, np.nan), np.float64) for unit in _UNITS}
    sizes, words = np.full(size, np.nan), np.full(size, np.nan)
    if document.texts is not None:
        sizes, words = bytes_and_words(document.texts, np.zeros(1, np.int64))
    _put_known(sizes, document)
    return {"tokens": np.ones(size), "bytes": sizes, "words": words}


def _put_known(sizes: Array, document: Document) -> None:
    """Writes how many bytes the tokens of a document have, where the dump says it."""
    if document.sizes is not None:
        known = np.array(document.sizes, dtype=np.float64)
        np.copyto(sizes, known, where=~np.isnan(known))


def _batch(
    found: Sequence[Named], scores: _Scores, start: int, told: Counter[str], request: ReadRequest
) -> Batch:
    documents = [one.document for one in found]
    places = [one.place for one in found]
    grouped = request.columns.group is not None
    batch = Batch(
        input=scores.logprobs,
        target=_targets(documents),
        aligned={
            STATUS: scores.status,
            PART: _parts_of(documents, scores),
            **_units(documents, scores),
            **({LIKELIEST: _likeliest(documents)} if request.likeliest else {}),
        },
        start=start,
        place=places.__getitem__,
        ids=[one.name or str(start + row) for row, one in enumerate(found)],
        groups=[_group(one, start + row) for row, one in enumerate(found)] if grouped else None,
        offsets=scores.offsets,
        told=dict(told),
    )
    told.clear()
    return batch


def _group(one: Named, row: int) -> str:
    return str(row) if one.group is None else one.group


def _targets(documents: Sequence[Document]) -> Array:
    """What names each token: its text, else its number in the vocabulary, else its place in the document."""
    texts = [document.texts for document in documents if isinstance(document.texts, Texts)]
    if texts and len(texts) == len(documents):
        return cast("Array", joined(texts))
    names = [*chain.from_iterable(map(_names, documents))]
    targets = np.empty(len(names), object)
    targets[:] = names
    return targets


def _names(document: Document) -> Sequence[str] | Sequence[int]:
    if document.texts is not None:
        return document.texts
    return range(len(document.logprobs)) if document.ids is None else document.ids


def _likeliest(documents: Sequence[Document]) -> Array:
    """A number for the most probable token of each place, 0 where nobody knows it."""
    listed = (map(document.listed, range(len(document.logprobs))) for document in documents)
    names = map(most_probable, chain.from_iterable(listed))
    found = [0 if name is None else hash(name) or 1 for name in names]
    return np.array(found, np.int64)


def _parts_of(documents: Sequence[Document], scores: _Scores) -> Array:
    """Where each token stands, shape (tokens,) of int8."""
    prompts = [UNKNOWN if document.prompt is None else document.prompt for document in documents]
    of_tokens = np.repeat(np.array(prompts, np.int64), np.diff(scores.offsets))
    return np.where(of_tokens == UNKNOWN, UNKNOWN, scores.positions() >= of_tokens).astype(np.int8)
