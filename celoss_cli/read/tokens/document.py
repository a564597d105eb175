"""A document of scored tokens, as a dump has it, and the questions that all dumps are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from celoss_cli.core.errors import InputError
from celoss_cli.core.records import record
from celoss_cli.read.json.arrays import shown
from celoss_cli.read.json.parsing import Refused

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "CENSORED_AS",
    "Document",
    "Format",
    "Many",
    "a_list",
    "an_object",
    "bound_of",
    "got",
    "most_probable",
    "texts_of",
]

CENSORED_AS = -9999.0
"""What stands for a log-probability that is not told: by OpenAI where the token is not among those that are
listed (openai-python, types/chat/chat_completion_token_logprob.py), by vLLM's server also for -inf
(vllm, entrypoints/openai/serving_chat.py: max(logprob, -9999.0))."""


@record(frozen=True, slots=True)
class Many:
    """The many small lists and objects of a record that a format went through, and what is in them.

    Attributes:
        within: the lists that hold them.
        keys: how many keys there are.
        texts: among the values.

    """

    within: Sequence[Any]
    keys: int = 0
    texts: Sequence[str] = ()


@record(slots=True)
class Document:
    """One text whose tokens are scored, or of which the sum is known.

    Attributes:
        logprobs: in the order of the text: as JSON has them, None where there is none; or an array of float64
        without ``CENSORED_AS``, NaN where there is none.
        path: where they are in the record, with {} for the number of one.
        texts: of the tokens, where they are known.
        ids: of the tokens in the vocabulary, where they are known and the texts are not.
        sizes: how many bytes of UTF-8 each token has, None where nobody knows; None to take those of the
        texts. prompt: how many tokens at the beginning are the prompt's; None where nobody knows.
        bound: an upper bound of the log-probability of a token, by its number, or None.
        likeliest: the name of the most probable token at a place, by its number, or None where nobody knows.
        totals: of a document that is one element, its numbers of tokens, bytes and words.
        suffix: what tells it from others of the same record, or "".
        variant: which of several views of the same document this is; only the first one that a file has
        counts. told: what was found in it that is no score, each with how often.
        own: what tells it from others of its name, where there is more than its scores.
        many: the parts of the record that nobody has to go through again.

    """

    logprobs: Sequence[Any] | Array
    path: str
    texts: Sequence[str] | None = None
    ids: Sequence[int] | None = None
    sizes: Sequence[int | None] | None = None
    prompt: int | None = 0
    bound: Callable[[int], float | None] = lambda number: None
    likeliest: Callable[[int], str | None] = lambda number: None
    totals: Mapping[str, int] | None = None
    suffix: str = ""
    variant: str = ""
    told: Mapping[str, int] = field(default_factory=dict)
    own: str = ""
    many: Sequence[Many] = ()


class Format(Protocol):
    """What a module of this folder has.

    Attributes:
        TITLE: what the dumps are called.
        IDS: the keys that name a document, the first that a record has.

    """

    TITLE: str
    IDS: Sequence[str]

    def is_one(self, found: Mapping[str, object]) -> bool:
        """Whether a record is of this format, by its structure."""

    def documents(self, found: Mapping[str, object]) -> Iterator[Document]:
        """The documents of a record.

        Raises:
            InputError: with the path, for a record that is not as the format has it.

        """


def a_list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"expected a list, got {got(value)}", place=path)
    return value


def an_object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"expected an object, got {got(value)}", place=path)
    return value


def texts_of(values: Sequence[Any], path: str) -> Sequence[str] | None:
    """The texts of tokens; None where one has none.

    Args:
        values: what should be texts.
        path: with {} for the number of one.

    """
    kinds = set(map(type, values))
    if kinds <= {str}:
        return values
    for number, value in enumerate(values):
        if value is not None and type(value) is not str:
            raise InputError(f"expected the text of a token, got {got(value)}", place=path.format(number))
    return None


def bound_of(others: Sequence[Any]) -> float | None:
    """An upper bound of a token that is not among these: the least of their log-probabilities."""
    known = [value for value in others if type(value) in (int, float) and value != CENSORED_AS]
    return min(known, default=None)


def most_probable(listed: Iterable[tuple[Any, Any]]) -> str | None:
    """The name of the token with the largest log-probability; None where none has one.

    Args:
        listed: names of tokens, texts or numbers, each with its log-probability.

    """
    known = [(value, str(name)) for name, value in listed if type(value) in (int, float) and name is not None]
    return max(known, key=lambda one: one[0], default=(0, None))[1]


def got(value: Any) -> str:
    """A value of JSON for a message."""
    return str(value) if isinstance(value, Refused) else "null" if value is None else shown(value)
