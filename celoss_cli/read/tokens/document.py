"""A document of scored tokens, as a dump has it, and the questions that all dumps are asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.core.numbers import is_number
from celoss_cli.core.records import record
from celoss_cli.read.json.numbers import shown
from celoss_cli.read.json.parsing import Refused

if TYPE_CHECKING:
    from celoss_cli.core.data import Array

__all__ = [
    "CENSORED_AS",
    "Document",
    "Many",
    "a_list",
    "an_object",
    "bound_of",
    "got",
    "ids_of",
    "most_probable",
    "number_of",
    "of_objects",
    "suffixed",
    "texts_of",
    "together",
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
        listed: the names and the log-probabilities of the tokens that are told at a place, by its number: the
        most probable ones, so that one of more than the token itself is the most probable of all.
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
    listed: Callable[[int], Iterable[tuple[Any, Any]]] = lambda number: ()
    totals: Mapping[str, int] | None = None
    suffix: str = ""
    variant: str = ""
    told: Mapping[str, int] = field(default_factory=dict)
    own: str = ""
    many: Sequence[Many] = ()


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


def ids_of(values: Any) -> Sequence[int] | None:
    """The numbers of tokens in the vocabulary; None where one has none."""
    return values if values is not None and all(type(one) is int for one in values) else None


def number_of(value: Any, path: str) -> float:
    """A number, which newer files of some harnesses write as a text."""
    if type(value) in (int, float):
        return float(value)
    if isinstance(value, str) and not isinstance(value, Refused) and is_number(value, allow_nonfinite=False):
        return float(value)
    raise InputError(f"expected a log-likelihood, got {got(value)}", place=path)


def bound_of(listed: Iterable[tuple[Any, Any]]) -> float | None:
    """An upper bound of a token that is not among these: the least of their log-probabilities."""
    known = [value for _, value in listed if type(value) in (int, float) and value != CENSORED_AS]
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


def suffixed(documents: Sequence[Any], number: int) -> str:
    """What tells one of the documents of a record from the others."""
    return f"[{number}]" if len(documents) > 1 else ""


def of_objects(
    found: Any,
    path: str,
    *,
    text: str = "token",
    suffix: str = "",
    prompt: bool = False,
    score: Callable[[Any, str], Any] | None = None,
    key: str = "logprob",
) -> Document:
    """The document of a list of tokens, each an object as OpenAI's API has it: logprob, bytes, top_logprobs.

    Args:
        found: the list; None for none.
        path: of it.
        text: the key of a token's text.
        suffix: what tells the document from others of its record.
        prompt: whether they are the prompt's, the first of which may have no score.
        score: the log-probability by what is written and its path; None for what is written.
        key: of what is written.

    """
    tokens = [an_object(token, f"{path}[{number}]") for number, token in enumerate(a_list(found or [], path))]
    scores = [token.get(key) for token in tokens]
    if score is not None:
        scores = [score(value, f"{path}[{number}].{key}") for number, value in enumerate(scores)]
    elif not prompt and None in scores:
        place = f"{path}[{scores.index(None)}].{key}"
        raise InputError("expected a log-probability, got none", place=place)

    def listed(number: int) -> list[tuple[Any, Any]]:
        held = tokens[number].get("top_logprobs")
        others = [other for other in held if isinstance(other, dict)] if isinstance(held, list) else []
        # With one other, the token itself may be none of the most probable ones.
        return [(one.get(text), one.get(key)) for one in (*others, *[tokens[number]][: len(others)])]

    return Document(
        scores,
        f"{path}[{{}}].{key}",
        texts_of([token.get(text) for token in tokens], f"{path}[{{}}].{text}"),
        sizes=[_size(token.get("bytes"), f"{path}[{number}].bytes") for number, token in enumerate(tokens)],
        prompt=len(tokens) if prompt else 0,
        listed=listed,
        suffix=suffix,
    )


def _size(value: Any, path: str) -> int | None:
    """How many bytes a token has; None where nobody knows."""
    if value is None:
        return None
    for number, byte in enumerate(a_list(value, path)):
        if type(byte) is not int or not 0 <= byte <= 255:
            raise InputError(f"expected a byte from 0 to 255, got {got(byte)}", place=f"{path}[{number}]")
    return len(value)


def together(
    prompt: Document | None, rest: Document | None, path: str, hint: str, suffix: str = ""
) -> Document:
    """The tokens of the prompt, then the others; either may be missing.

    Args:
        prompt: its tokens.
        rest: the generated ones.
        path: of the record that holds both.
        hint: how to ask the server for log-probabilities.
        suffix: what tells the document from others of its record.

    Raises:
        InputError: where both are missing.

    """
    if prompt is None or rest is None:
        only = rest if prompt is None else prompt
        if only is None:
            raise InputError("expected log-probabilities, got none", hint=hint, place=path)
        only.suffix = suffix
        return only
    size = len(prompt.logprobs)
    return Document(
        [*_logprobs(prompt), *_logprobs(rest)],
        f"{path}: token {{}}",
        None if prompt.texts is None or rest.texts is None else [*prompt.texts, *rest.texts],
        ids=None if prompt.ids is None or rest.ids is None else [*prompt.ids, *rest.ids],
        sizes=_sizes(prompt, rest),
        prompt=size,
        listed=lambda number: prompt.listed(number) if number < size else rest.listed(number - size),
        suffix=suffix,
        many=[*prompt.many, *rest.many],
    )


def _logprobs(document: Document) -> Sequence[Any]:
    """As JSON has them."""
    found = document.logprobs
    if isinstance(found, np.ndarray):
        return [None if math.isnan(value) else value for value in found.tolist()]
    return found


def _sizes(prompt: Document, rest: Document) -> list[int | None] | None:
    if prompt.sizes is None and rest.sizes is None:
        return None
    return [
        *(prompt.sizes or [None] * len(prompt.logprobs)),
        *(rest.sizes or [None] * len(rest.logprobs)),
    ]
