"""Tables, row objects and arrays with the log-probabilities of tokens, as documents.

The table is read as one of a loss that needs no target: its roles, numbers and refusals are those of every
table. Of one log-probability a row, rows that follow each other with one id are a document; without a column
of ids, all of them are one. A list of log-probabilities in each row is a document of that many tokens.

Details of lighteval are refused: a row is ``{doc, metric, model_response}``, and ``model_response.logprobs``
holds one sum for each choice where the task asks for log-likelihoods, the sum of a whole text where it is
rolling, and what the backend gives of generated tokens otherwise; no field says which, and none how many
bytes or tokens a sum is of. Source: lighteval, logging/info_loggers.py (DetailsLogger.Detail),
models/model_output.py (ModelResponse).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from celoss_cli.core.data import Array, Batch, Chunk
from celoss_cli.core.errors import CelossError, InputError, Way, quoted
from celoss_cli.losses.base import SAMPLE_WEIGHT
from celoss_cli.losses.scored_tokens import CENSORED, COMPLETION, PART, PROMPT, STATUS, UNKNOWN
from celoss_cli.read.tokens.document import CENSORED_AS
from celoss_cli.read.tokens.identities import number_of_name

if TYPE_CHECKING:
    from celoss_cli.read.request import ColumnChoice, Dataset, ReadRequest, TargetSource, TruthColumns

__all__ = [
    "DOCUMENTS",
    "LISTS",
    "RAGGED",
    "asked_of_tables",
    "by_document",
    "why_no_table",
    "with_companions",
]

_UNITS = ("bytes", "words")

LISTS = "the list of each row is read as a document, each of its values as a token"

RAGGED = "lists of several lengths are read from JSON Lines, or as a table with a token a row beside its id"

_PART = "part"
_PARTS = {"prompt": PROMPT, "completion": COMPLETION}

DOCUMENTS = (
    *("doc", "doc_id", "docid", "document", "document_id"),
    *("text_id", "sample", "sequence", "seq", "sentence"),
)


_OF_LIGHTEVAL = frozenset(("doc", "metric", "model_response"))


class _NoTargets:
    """Answers readers that ask for targets, where the loss has none."""

    conversions: tuple[str, ...] = ()
    has_gaps = False
    is_table = False
    rows = 0

    def has_ids(self, ids: Collection[str]) -> bool:
        return False

    def again(self) -> TargetSource:
        return _NoTargets()

    def choose_columns(self, names: Sequence[str] | None, request: ReadRequest) -> TruthColumns | None:
        return None

    def read_as(self, labels: Sequence[str], request: ReadRequest, spelled: Sequence[str] = ()) -> None:
        return

    def of(self, start: int, rows: int, ids: Sequence[str] | None, place: Callable[[int], str]) -> Array:
        return np.zeros(rows)

    def of_complete(
        self, start: int, complete: Array, ids: Sequence[str] | None, place: Callable[[int], str]
    ) -> tuple[Array, Array]:
        return complete, np.zeros(int(np.count_nonzero(complete)))

    def verify(self) -> None:
        return


def asked_of_tables(request: ReadRequest) -> ReadRequest:
    """The request for a table whose rows are tokens."""
    return replace(request, per_class=False, takes="log-probs", truth=_NoTargets())


def with_companions(dataset: Dataset, choice: ColumnChoice) -> ColumnChoice:
    """The choice of columns with those that say more of a token: its document, bytes, words and part.

    Args:
        dataset: of the table, read by this choice.
        choice: of the user; what it names stays.

    """
    columns = dataset.described["columns"]
    by_name = {name.lower(): name for name in columns["unused"]}
    units = [by_name[unit] for unit in _UNITS if unit in by_name]
    if units and choice.classes is None and not _are_lists(dataset):
        choice = replace(choice, classes=",".join([*columns["inputs"], *units]))
    if columns["id"] is None:
        found = (by_name[name] for name in DOCUMENTS if name in by_name)
        grouped = choice.group if choice.group is not None and choice.group.lower() in DOCUMENTS else None
        choice = replace(choice, id=next(found, grouped))
    if choice.group is None and _PART in by_name:
        choice = replace(choice, group=by_name[_PART])
    return choice


def _are_lists(dataset: Dataset) -> bool:
    """Whether each row has a list, as the first batch says, which is put back."""
    try:
        first = next(map(_read, dataset.batches), None)
    except CelossError:
        dataset.close()
        raise
    if first is None:
        return False
    dataset.batches = chain([first], dataset.batches)
    return _holds_lists(first, dataset.described["columns"]["inputs"])


def by_document(dataset: Dataset, request: ReadRequest) -> Dataset:
    """The rows of a table as documents of tokens.

    Args:
        dataset: of one number a row, by a request of ``asked_of_tables``.
        request: what is asked of the reader.

    """
    columns = dataset.described["columns"]
    names = [name.lower() for name in columns["inputs"]]
    lists = _are_lists(dataset)
    batches = map(_read, dataset.batches)
    told = LISTS if lists else "each row is read as a token, rows of one id as a document"
    columns["told"] = [*columns.get("told", ()), told]
    dataset.batches = _of_lists(batches, request, names) if lists else _documents(batches, request, names)
    dataset.scored = True
    return dataset


def _read(found: Batch | Chunk) -> Batch:
    return found.read() if isinstance(found, Chunk) else found


def _holds_lists(batch: Batch, names: Sequence[str]) -> bool:
    """Whether each row has several values under one name: the tokens of a document."""
    return len(names) == 1 and batch.input.ndim == 2 and batch.input.shape[1] > 1


def _of_lists(batches: Iterator[Batch], request: ReadRequest, names: Sequence[str]) -> Iterator[Batch]:
    """Batches of rows, each with a list of log-probabilities, as one document a row."""
    for batch in batches:
        if len(batch) and not _holds_lists(batch, names):
            raise InputError(
                "expected a list of log-probabilities a row, got another shape", place=batch.source
            )
        rows, size = batch.input.shape
        logprobs, status = _with_status(batch.input.reshape(-1))
        groups, part = batch.groups, np.broadcast_to(np.int8(UNKNOWN), rows * size)
        if request.columns.group is None and groups is not None:
            part, groups = np.repeat(_parts(groups, [batch]), size), None
        weights = batch.aligned.get(SAMPLE_WEIGHT)
        yield replace(
            batch,
            input=logprobs,
            target=np.tile(np.arange(size), rows),
            aligned={
                STATUS: status,
                PART: part,
                **{unit: np.broadcast_to(np.nan, rows * size) for unit in _UNITS},
                **({} if weights is None else {SAMPLE_WEIGHT: _of_each(weights, rows, size)}),
            },
            shape=(),
            groups=groups,
            offsets=np.arange(rows + 1) * size,
        )


def _of_each(weights: Array, rows: int, size: int) -> Array:
    """A weight for each token of lists of so many, from those of the rows or of the tokens."""
    return np.broadcast_to(weights.reshape(rows, -1), (rows, size)).reshape(-1)


def _with_status(values: Array) -> tuple[Array, Array]:
    """Log-probabilities, NaN where they are not told, and what each is."""
    logprobs = values.astype(np.float64)
    status = np.where(logprobs == CENSORED_AS, np.int8(CENSORED), np.int8(0))
    logprobs[status == CENSORED] = np.nan
    return logprobs, status


def _documents(batches: Iterator[Batch], request: ReadRequest, names: Sequence[str]) -> Iterator[Batch]:
    """Batches of whole documents: the last of a batch waits for the rows that may follow it."""
    waiting: list[Batch] = []
    start = request.start
    for batch in _with_edges(batches, request):
        width = batch.input.shape[1] if batch.input.ndim == 2 else 1
        if batch.input.ndim > 2 or width > len(names) or not {*names[1:]} <= {*_UNITS}:
            raise InputError("expected one log-probability a row, got several", place=batch.source)
        waiting.append(batch)
        cut = _last_document(waiting)
        if cut is None:
            continue
        *whole, last = waiting
        made = _made([*whole, last.rows(0, cut)], start, request, names)
        yield made
        start += len(made)
        waiting = [last.rows(cut, len(last))]
    rows = [batch for batch in waiting if len(batch)]
    if rows:
        yield _made(rows, start, request, names)


def _with_edges(batches: Iterator[Batch], request: ReadRequest) -> Iterator[Batch]:
    """The rows; the documents that files begin and end with are noted, as they may go on in others."""
    settled, files, last = request.settled, 0, set[int]()
    for batch in batches:
        if len(batch):
            first, end = (number_of_name(batch.ids[at] if batch.ids else "") for at in (0, -1))
            if files != settled.files:
                settled.first.add(first)
                settled.last |= last
            files, last = settled.files, {end}
        yield batch
    settled.last |= last


def _last_document(waiting: Sequence[Batch]) -> int | None:
    """Where the last document of the last batch begins; None where all of that is one document."""
    ids = waiting[-1].ids
    if ids is None or not len(ids):
        return None
    last, at = ids[-1], len(ids) - 1
    while at and ids[at - 1] == last:
        at -= 1
    before = next((batch.ids[-1] for batch in reversed(waiting[:-1]) if batch.ids), None)
    return at if at or (before is not None and before != last) else None


def _made(rows: Sequence[Batch], start: int, request: ReadRequest, names: Sequence[str]) -> Batch:
    """Rows as the documents that they are."""
    held = np.concatenate([batch.input.reshape(len(batch), -1) for batch in rows]).astype(np.float64)
    logprobs, status = _with_status(held[:, 0])
    units = {name: held[:, at] for at, name in enumerate(names) if at}
    ids = None if rows[0].ids is None else [name for batch in rows for name in batch.ids or ()]
    groups = None if rows[0].groups is None else [name for batch in rows for name in batch.groups or ()]
    starts = [0] if ids is None else [0, *(at for at in range(1, len(ids)) if ids[at] != ids[at - 1])]
    weights = [batch.aligned[SAMPLE_WEIGHT].reshape(-1) for batch in rows if SAMPLE_WEIGHT in batch.aligned]
    size = len(logprobs)
    place = _places(rows, starts)
    part = np.broadcast_to(np.int8(UNKNOWN), size)
    if request.columns.group is None and groups is not None:
        part, groups = _parts(groups, rows), None
    _refuse_odd(units, rows)
    if groups is not None:
        _refuse_mixed(groups, starts, rows, request)
    return Batch(
        input=logprobs,
        target=np.arange(size) - np.repeat(starts, np.diff([*starts, size])),
        aligned={
            STATUS: status,
            PART: part,
            **{unit: units.get(unit, np.broadcast_to(np.nan, size)) for unit in _UNITS},
            **({SAMPLE_WEIGHT: np.concatenate(weights)} if weights else {}),
        },
        start=start,
        place=place,
        ids=None if ids is None else [ids[at] for at in starts],
        groups=None if groups is None else [groups[at] for at in starts],
        conversions=rows[0].conversions,
        skipped=sum(batch.skipped for batch in rows),
        facts=frozenset().union(*(batch.facts for batch in rows)),
        offsets=np.array([*starts, size]),
    )


def _parts(names: Sequence[str], rows: Sequence[Batch]) -> Array:
    """Where each token stands, as a column of its own says."""
    other = next((at for at, name in enumerate(names) if name not in _PARTS), None)
    if other is not None:
        raise InputError(
            f"expected prompt or completion in the column {_PART}, got {quoted(names[other])}",
            place=_places(rows, range(len(names)))(other),
        )
    return np.fromiter(map(_PARTS.__getitem__, names), np.int8, len(names))


def _refuse_mixed(
    groups: Sequence[str], starts: Sequence[int], rows: Sequence[Batch], request: ReadRequest
) -> None:
    """Refuses a document of two groups, of which it would count under the first one alone."""
    begins = {*starts}
    mixed = (at for at in range(1, len(groups)) if groups[at] != groups[at - 1] and at not in begins)
    other = next(mixed, None)
    if other is None:
        return
    name = str(request.columns.group)
    told = f"expected one {quoted(name)} for all tokens of a document, got {quoted(groups[other - 1])} and "
    ways = () if rows[0].ids else (Way("each of them is a document", (("--id-column", name),)),)
    place = _places(rows, range(len(groups)))(other)
    raise InputError(f"{told}{quoted(groups[other])}", ways=ways, place=place)


def _refuse_odd(units: Mapping[str, Array], rows: Sequence[Batch]) -> None:
    for unit, values in units.items():
        odd = np.flatnonzero((values < 0) | (values != np.floor(values)))
        if odd.size:
            raise InputError(
                f"expected a number of {unit}, got {values[odd[0]]:g}",
                place=_places(rows, range(len(values)))(int(odd[0])),
            )


def _places(rows: Sequence[Batch], starts: Sequence[int]) -> Callable[[int], str]:
    ends = np.cumsum([len(batch) for batch in rows])

    def place(document: int) -> str:
        at = starts[document]
        number = int(np.searchsorted(ends, at, side="right"))
        return rows[number].place(at - int(ends[number] - len(rows[number])))

    return place


def why_no_table(columns: Iterable[str], error: InputError) -> InputError:
    """That a table is of lighteval where it has the columns of its details, else the error as it is."""
    if not _OF_LIGHTEVAL.issubset(name.partition(".")[0] for name in columns):
        return error
    return InputError(
        "expected a column of log-probabilities, got details of lighteval: the numbers in "
        "model_response.logprobs are sums of choices or of texts, and nothing says which",
        hint="write those that you mean as a table with columns document, logprob and bytes: "
        "celoss nll TABLE --input-is token-logprobs --per byte",
    )
