"""Row objects with a list of log-probabilities each: a document of that many tokens, whose texts may be told.

``{"id": 0, "tokens": ["a", "b"], "logprobs": [-0.1, -0.3]}``; the first token may have null, as in an echo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens import TEXTS
from celoss_cli.read.tokens.document import Document, a_list, texts_of
from celoss_cli.read.tokens.records import Format, Records, dataset_of_records
from celoss_cli.read.tokens.rows import DOCUMENTS, LISTS

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest
    from celoss_cli.read.roles.keys import Keys

__all__ = ["listed_dataset"]


def listed_dataset(
    name: str, first: Mapping[str, object], keys: Keys, records: Records, request: ReadRequest
) -> Dataset | None:
    """The documents of row objects; None where the input of the first one is no list of numbers.

    Args:
        name: of the stream.
        first: the first row.
        keys: of the rows by their roles.
        records: all rows with their places.
        request: what is asked of the reader.

    Raises:
        InputError: with its place, for a row that has no list of log-probabilities.

    """
    if not _is_list(first.get(keys.input)) or keys.weight is not None:
        return None
    texts = next((key for key in TEXTS if isinstance(first.get(key), list)), None)

    def documents(found: Mapping[str, object]) -> Iterator[Document]:
        yield _document(found, keys.input, texts)

    by_name = {key.lower(): key for key in first}
    ids = [key for key in (keys.id, *map(by_name.get, DOCUMENTS)) if key is not None]
    format = Format("", "rows with lists", ids, lambda found: keys.input in found, documents)
    found = dataset_of_records(name, records, request, format)
    columns = found.described["columns"]
    used = {keys.input, texts, columns["id"], columns.get("group")}
    unused = [key for key in first if key not in used]
    found.described = {"columns": {**columns, "inputs": [keys.input], "unused": unused, "told": [LISTS]}}
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) in (int, float, type(None)) for one in value)


def _document(found: Mapping[str, object], input: str, texts: str | None) -> Document:
    """The document of one row."""
    scores = a_list(found[input], f"$.{input}")
    told = None if texts is None or found.get(texts) is None else a_list(found[texts], f"$.{texts}")
    if told is not None and len(told) != len(scores):
        raise InputError(
            f"expected a log-probability for each of {len(told)} tokens, got {len(scores)}",
            place=f"$.{input}",
        )
    return Document(
        scores,
        f"$.{input}[{{}}]",
        None if told is None else texts_of(told, f"$.{texts}[{{}}]"),
        prompt=None,
    )
