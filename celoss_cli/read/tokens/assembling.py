"""Documents as batches: numbers checked, units counted, documents that come twice left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.data import Array, Batch
from celoss_cli.core.errors import InputError, quoted
from celoss_cli.core.records import record
from celoss_cli.losses.scored_tokens import CENSORED, FIRST, MISSING, PART, STATUS, UNKNOWN
from celoss_cli.read.tokens.document import CENSORED_AS, Document, got

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = ["Named", "batches_of"]

_TOKENS = 1 << 16
"""A batch ends with the document that reaches so many tokens."""

_LEAST = float(np.finfo(np.float32).min)
"""What llama.cpp writes for the logarithm of 0 (tools/server/server-task.h, ``logarithm``)."""

_UNITS = ("tokens", "bytes", "words")
_WORD = re.compile(r"\S+")
_BLANKS = np.array([chr(code).isspace() for code in range(128)])
_LOST = "\ufffd"
"""What stands for bytes that are no character alone: a token's text then says nothing of its bytes."""


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
class _Tokens:
    """The tokens of one document, arrays of shape (tokens,)."""

    found: Named
    logprobs: Array
    status: Array
    units: Mapping[str, Array]


def batches_of(found: Iterator[Named], told: Counter[str], request: ReadRequest) -> Iterator[Batch]:
    """The documents in batches of some ten thousand tokens.

    Args:
        found: the documents in order.
        told: what is found beside them; it is handed out with the batches, and then empty.
        request: what is asked of the reader.

    Raises:
        InputError: with its place, for what is no log-probability, and for two scores of one document.

    """
    start, seen = request.start, _Seen()
    waiting: list[_Tokens] = []
    size = 0
    for one in found:
        tokens = _tokens(one, request)
        told.update(one.document.told)
        again = seen.again(one, tokens.logprobs)
        if again:
            told[again] += 1
            continue
        waiting.append(tokens)
        size += len(tokens.logprobs)
        if size >= _TOKENS:
            yield _batch(waiting, start, told, request)
            start += len(waiting)
            waiting, size = [], 0
    if waiting or told:
        yield _batch(waiting, start, told, request)


class _Seen:
    """The documents of a file by name, in the fewest bytes: a name and its scores are two numbers."""

    def __init__(self) -> None:
        self._scores: dict[int, int] = {}
        self._variants: dict[int, int] = {}

    def again(self, found: Named, logprobs: Array) -> str:
        """What a document is that was there before, or "" for a new one.

        Raises:
            InputError: for one that was there with other scores.

        """
        if not found.name:
            return ""
        name, scores = hash(found.name), hash(logprobs.tobytes())
        if found.document.variant:
            variant = hash(found.document.variant)
            if self._variants.setdefault(name, variant) != variant:
                return "other-view"
        before = self._scores.get(name)
        if before is None:
            self._scores[name] = scores
            return ""
        if before == scores:
            return "repeated-document"
        raise InputError(
            f"expected each document once, got {quoted(found.name)} again with other log-probabilities",
            hint="is it named by another field? --id-column says so",
            place=found.place,
        )


def _tokens(found: Named, request: ReadRequest) -> _Tokens:
    document = found.document
    try:
        logprobs, status = _scores(document, request)
    except InputError as error:
        raise error.at(found.place) from None
    return _Tokens(found, logprobs, status, _units(document, len(logprobs)))


def _scores(document: Document, request: ReadRequest) -> tuple[Array, Array]:
    """The log-probabilities, NaN where there are none, and what each is."""
    values = document.logprobs
    if not set(map(type, values)) <= {float, int, type(None)}:
        _refuse_other(document)
    try:
        logprobs = np.array(values, dtype=np.float64)
    except OverflowError:
        raise InputError("expected log-probabilities that a double holds, got a larger one") from None
    missing = np.isnan(logprobs)
    status = np.zeros(len(logprobs), np.int8)
    if missing.any():
        where = np.flatnonzero(missing)
        status[where] = np.where(where == 0, FIRST, MISSING)
        later = where[where > 0]
        if later.size and request.missing == "error":
            raise InputError(
                "expected a log-probability, got null behind the first token",
                hint="--missing skip leaves such tokens out",
                place=document.path.format(int(later[0])),
            )
    logprobs[logprobs <= _LEAST] = -np.inf
    for number in np.flatnonzero(logprobs == CENSORED_AS).tolist():
        status[number] = CENSORED
        bound = document.bound(number)
        logprobs[number] = np.nan if bound is None else bound
    return logprobs, status


def _refuse_other(document: Document) -> None:
    for number, value in enumerate(document.logprobs):
        if type(value) not in (float, int, type(None)):
            place = document.path.format(number)
            raise InputError(f"expected a log-probability, got {got(value)}", place=place)


def _units(document: Document, size: int) -> dict[str, Array]:
    """How many tokens, bytes and words each element has; NaN where nobody knows."""
    if document.totals is not None:
        return {unit: np.full(size, document.totals.get(unit, np.nan), np.float64) for unit in _UNITS}
    return {
        "tokens": np.ones(size),
        "bytes": _bytes(document, size),
        "words": np.full(size, np.nan) if document.texts is None else _words(document.texts),
    }


def _bytes(document: Document, size: int) -> Array:
    texts, sizes = document.texts, document.sizes
    if sizes is None and texts is None:
        return np.full(size, np.nan)
    if sizes is None:
        assert texts is not None  # noqa: S101 - for the type checker
        if "".join(texts).isascii():
            return np.fromiter(map(len, texts), np.float64, size)
        sizes = [_bytes_of(text) for text in texts]
    elif texts is not None:
        sizes = [
            _bytes_of(text) if known is None else known for known, text in zip(sizes, texts, strict=True)
        ]
    return np.array(sizes, dtype=np.float64)


def _bytes_of(text: str) -> int | None:
    if _LOST in text:
        return None
    try:
        return len(text.encode())
    except UnicodeEncodeError:  # half of a pair of UTF-16
        return None


def _words(texts: Sequence[str]) -> Array:
    """How many words begin in each token: what stands between blanks is a word."""
    whole = "".join(texts)
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    if whole.isascii():
        return _ascii_words(whole, ends)
    starts = np.fromiter((word.start() for word in _WORD.finditer(whole)), np.int64)
    found = np.bincount(np.searchsorted(ends, starts, side="right"), minlength=len(texts))
    return found.astype(np.float64)


def _ascii_words(whole: str, ends: Array) -> Array:
    blank = _BLANKS[np.frombuffer(whole.encode("ascii"), np.uint8)]
    begins = ~blank
    begins[1:] &= blank[:-1]
    so_far = np.concatenate([[0], np.cumsum(begins)])[ends]
    return np.diff(so_far, prepend=0).astype(np.float64)


def _batch(waiting: Sequence[_Tokens], start: int, told: Counter[str], request: ReadRequest) -> Batch:
    sizes = np.fromiter((len(one.logprobs) for one in waiting), np.int64, len(waiting))
    places = [one.found.place for one in waiting]
    grouped = request.columns.group is not None
    batch = Batch(
        input=_joined([one.logprobs for one in waiting]),
        target=_joined([_targets(one) for one in waiting]),
        aligned={
            STATUS: _joined([one.status for one in waiting], np.int8),
            PART: _joined([_parts(one) for one in waiting], np.int8),
            **{unit: _joined([one.units[unit] for one in waiting]) for unit in _UNITS},
        },
        start=start,
        place=places.__getitem__,
        ids=[one.found.name or str(start + row) for row, one in enumerate(waiting)],
        groups=[_group(one, start + row) for row, one in enumerate(waiting)] if grouped else None,
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        told=dict(told),
    )
    told.clear()
    return batch


def _group(one: _Tokens, row: int) -> str:
    return str(row) if one.found.group is None else one.found.group


def _joined(parts: Sequence[Array], kind: Any = np.float64) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _targets(one: _Tokens) -> Array:
    """What names each token: its text, else its number in the vocabulary, else its place in the document."""
    document = one.found.document
    if document.texts is not None:
        texts = np.empty(len(document.texts), object)
        texts[:] = document.texts
        return texts
    return np.array(range(len(one.logprobs)) if document.ids is None else document.ids, dtype=object)


def _parts(one: _Tokens) -> Array:
    prompt, size = one.found.document.prompt, len(one.logprobs)
    if prompt is None:
        return np.full(size, UNKNOWN, np.int8)
    return (np.arange(size) >= prompt).astype(np.int8)
