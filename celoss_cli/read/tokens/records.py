"""The records of a dump, one a response or a sample, and the documents in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, Way, listed, quoted
from celoss_cli.core.records import record
from celoss_cli.read import SOURCES
from celoss_cli.read.json.text import Text, values_after
from celoss_cli.read.json.values import id_of
from celoss_cli.read.request import Dataset, columns_of
from celoss_cli.read.tokens.assembling import Named, batches_of
from celoss_cli.read.tokens.quick import Line, elements_read, proven, value_read
from celoss_cli.read.tokens.samples import has_choices

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest, Stream
    from celoss_cli.read.tokens.document import Document

__all__ = ["Format", "Records", "dataset_of_records", "refuse_unscored", "scored_dataset"]

Records = Iterable[tuple[str, Any]]
"""Values of JSON, each with its place; some are still to be proven."""

_DOCUMENT = "document"
"""What --by takes for the documents themselves, where no field has this name."""

_POSITION = "position"
"""What --by takes for the places of tokens in their documents, which the computation knows."""

_OK = range(200, 300)


@record(frozen=True, slots=True)
class Format:
    """How some server or harness writes scored tokens as records of JSON.

    Attributes:
        name: of the format.
        title: what the dumps are called.
        ids: the keys that name a document, the first that a record has.
        is_one: whether a record is of this format, by its structure.
        documents: the documents of a record; a record that is not as the format has it is refused with the
            path.

    """

    name: str
    title: str
    ids: Sequence[str]
    is_one: Callable[[Mapping[str, Any]], bool]
    documents: Callable[[Mapping[str, Any]], Iterator[Document]]

    def read(self, stream: Stream, request: ReadRequest) -> Dataset:
        """Reads a dump whose format the user names: an object, a list of them, or one behind the other.

        Raises:
            InputError: with its place.

        """
        text = Text(stream)
        records = elements_read(text.pieces(1), text) if text.take(b"[") else values_after(text, value_read)
        return dataset_of_records(stream.name, records, request, self)


def scored_dataset(
    name: str, first: Mapping[str, object], records: Records, request: ReadRequest
) -> Dataset | None:
    """The data set of records, the first of which is known, where that one has scored tokens; else None.

    Raises:
        InputError: where nobody asked for them.

    """
    format = _format_of(first)
    if format is None and not _is_line_of_a_batch(first):
        return None
    if has_choices(first) and not request.scored:
        from celoss_cli.read.tokens.choices import choices_dataset  # most records have none

        _refuse_other_than_logits(name, request)
        found = ((place, proven(value)) for place, value in records)
        return choices_dataset(name, found, request, _Reader(request, format).group_of)
    refuse_unscored("a Batch" if format is None else format.title, name, request)
    return dataset_of_records(name, records, request)


def refuse_unscored(title: str, name: str, request: ReadRequest) -> None:
    """Refuses scored tokens, what they are of and in which file, for a loss that takes none."""
    if not request.scored:
        raise InputError(
            f"expected {request.takes} and targets, got scored tokens of {title}",
            ways=(Way("their loss", (), "nll", needs="--per"),),
            place=name,
        )


def _refuse_other_than_logits(name: str, request: ReadRequest) -> None:
    """Refuses choices for a loss that takes no logits of classes, which their log-likelihoods are."""
    if request.takes == "logits" and request.per_class:
        return
    as_logits = Way("the log-likelihoods of the choices as logits", (("--input-is", "logits"),))
    cross_entropy = Way("over the choices", (), "ce")
    raise InputError(
        f"expected {request.takes} and targets, "
        "got choices with their log-likelihoods of lm-evaluation-harness",
        ways=(as_logits, cross_entropy) if request.per_class else (cross_entropy,),
        place=name,
    )


def dataset_of_records(
    name: str, records: Records, request: ReadRequest, chosen: Format | None = None
) -> Dataset:
    """The documents of a dump as a data set.

    Args:
        name: of the stream.
        records: in order.
        request: what is asked of the reader.
        chosen: the format that the user names, or None to know it by its structure.

    Raises:
        InputError: with its place, for a record that is none of the format.

    """
    request.settled.uses.add("missing")
    reader = _Reader(request, chosen)
    found = reader.named(records)
    first = next(found, None)
    if first is None:
        failed = reader.told["failed-request"]
        got = f"{failed} failed requests and nothing else" if failed else "no rows"
        raise InputError(f"expected documents with scored tokens, got {got}", place=name)
    told = f"read as scored tokens of {reader.format.title}"
    columns = columns_of(["logprob"], id=reader.id, group=request.columns.group, told=told)
    return Dataset(
        {"columns": columns, "format": reader.format.name},
        batches_of(chain([first], found), reader.told, request),
        scored=True,
    )


@record(frozen=True, slots=True)
class _Whole:
    """A record and what it was packed in.

    Attributes:
        body: the record.
        outer: what holds it, or itself.
        path: of the one in the other, "" where they are the same.

    """

    body: Mapping[str, object]
    outer: Mapping[str, object]
    path: str

    def within(self, format: Format) -> Iterator[Document]:
        """The documents of the record, with the paths that they have in what holds it."""
        try:
            for document in format.documents(self.body):
                document.path = self._placed(document.path)
                yield document
        except InputError as error:
            error.place = self._placed(error.place)
            raise

    def _placed(self, path: str) -> str:
        return f"${self.path}{path.removeprefix('$')}"


class _Reader:
    """Reads records that are all of one format.

    Attributes:
        told: what was found beside documents.
        format: theirs, once the first one is read.
        id: the key that names the documents, or None.

    """

    format: Format

    def __init__(self, request: ReadRequest, chosen: Format | None) -> None:
        self.told: Counter[str] = Counter()
        self.id: str | None = None
        self._request = request
        self._format = chosen

    def named(self, records: Records) -> Iterator[Named]:
        """The documents of all records.

        Raises:
            InputError: with its place.

        """
        for place, found in records:
            documents = self._quick(found) if isinstance(found, Line) else None
            value = found
            if isinstance(found, Line):
                value = found.strict() if documents is None else found.value
            try:
                yield from self._of(place, value, documents)
            except InputError as error:
                raise error.at(place) from None

    def _of(self, place: str, value: Any, documents: Iterable[Document] | None) -> Iterator[Named]:
        if not isinstance(value, dict):
            raise InputError("expected an object with scored tokens, got another value", place="$")
        whole = self._opened(value)
        if whole is None:
            self.told["failed-request"] += 1
            return
        format = self._known(whole)
        name = self._name(whole)
        group = self._group(whole)
        for document in whole.within(format) if documents is None else documents:
            called = f"{name}{document.suffix}" if name else ""
            yield Named(document, called, place, (called or None) if group is _BY_DOCUMENT else group)

    def _quick(self, line: Line) -> list[Document] | None:
        """The documents of a line, where its value is all that it says and all that is to be refused."""
        try:
            whole = self._opened(line.value) if isinstance(line.value, dict) else None
            format = None if whole is None else self._format or _format_of(whole.body)
            documents = [] if whole is None or format is None else list(whole.within(format))
        except InputError:
            return None
        return documents if line.is_whole(part for one in documents for part in one.many) else None

    def _opened(self, value: dict[str, Any]) -> _Whole | None:
        """The response in a record; None for a request that failed."""
        if _is_line_of_a_batch(value):
            response = value["response"]
            status = response.get("status_code", 200) if isinstance(response, dict) else None
            if value.get("error") is not None or status not in _OK:
                return None
            body = response.get("body")
            if not isinstance(body, dict):
                raise InputError("expected the body of a response, got none", place="$.response.body")
            return _Whole(body, value, ".response.body")
        known = self._format is not None and self._format.is_one(value)
        if value.get("error") is not None and not known and _format_of(value) is None:
            return None
        return _Whole(value, value, "")

    def _known(self, whole: _Whole) -> Format:
        format = self._format or _format_of(whole.body)
        if format is None or not format.is_one(whole.body):
            wanted = "scored tokens" if format is None else f"a record of {format.title}"
            got = f"an object of {listed(list(whole.body)) if whole.body else 'no keys'}"
            raise InputError(f"expected {wanted}, got {got}", place=f"${whole.path}")
        self.format = self._format = format
        return format

    def _name(self, whole: _Whole) -> str:
        """What the user or the format names documents by; "" where it is not there."""
        chosen = self._request.columns.id
        if chosen is not None:
            self.id = chosen
            return _text_of(whole, chosen, "--id-column")
        for key in ("custom_id", *self.format.ids):
            value = _field(whole, key)
            if value is not None and not isinstance(value, list | dict):
                self.id = self.id or key
                return id_of(value)
        return ""

    def group_of(self, found: dict[str, Any]) -> str | None:
        """What a record is counted under; None for under its own name, or where nobody asked."""
        group = self._group(_Whole(found, found, ""))
        return None if group is _BY_DOCUMENT else group

    def _group(self, whole: _Whole) -> str | None:
        chosen = self._request.columns.group
        if chosen is None:
            return None
        if chosen in (_DOCUMENT, _POSITION) and _field(whole, chosen) is None:
            return _BY_DOCUMENT
        return _text_of(whole, chosen, self._request.columns.group_option)


_BY_DOCUMENT = "\0"
"""The group of a document that is a group of its own."""


def _is_line_of_a_batch(found: Mapping[str, object]) -> bool:
    """Whether a record is a line of OpenAI's Batch output (also written by vLLM's run_batch).

    Source: openai-openapi, components/schemas/BatchRequestOutput.
    """
    return "custom_id" in found and "response" in found and "error" in found


def _format_of(found: Mapping[str, object]) -> Format | None:
    known: Iterable[Format] = (spec.load() for spec in SOURCES.values() if spec.scored == "records")
    return next((format for format in known if format.is_one(found)), None)


def _field(whole: _Whole, name: str) -> Any:
    """A field of a record, which may be one of an object within: doc.subject."""
    for start in (whole.outer, whole.body):
        value: Any = start.get(name)
        if value is not None:
            return value
        value = start
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _text_of(whole: _Whole, name: str, option: str) -> str:
    value = _field(whole, name)
    if value is None or isinstance(value, list | dict):
        known = [key for key, held in whole.outer.items() if not isinstance(held, list | dict | None)]
        raise InputError(
            f"expected the field {quoted(name)} with a single value in every record, got none",
            hint=f"{option} takes {_DOCUMENT} or {listed(known)}" if known else "",
            place="$",
        )
    return id_of(value)
