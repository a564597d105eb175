"""llama.cpp's server: ``completion_probabilities``, an object for each generated token.

An object is ``{id, token, bytes, logprob, top_logprobs}``, with ``post_sampling_probs`` ``{..., prob,
top_probs}``, and in versions before December 2024 ``{content, probs: [{tok_str, prob}]}``, where the token's
own probability is that of its text in the list, if it is there. Of prob the logarithm is taken. For log 0
the server writes the least number of single precision.

Source: llama.cpp, tools/server/server-task.cpp (completion_token_output::probs_vector_to_json, logarithm) and
examples/server/README.md of 2024 for the older form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens import openai
from celoss_cli.read.tokens.document import CENSORED_AS, Document, a_list, an_object, bound_of, got, texts_of
from celoss_cli.read.tokens.dumps import read_dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "documents", "is_one", "read"]

TITLE = "llama.cpp's server"
IDS = ("id",)

_KEY = "completion_probabilities"
_PATH = f"$.{_KEY}"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads answers of llama.cpp's server.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "llama")


def is_one(found: Mapping[str, object]) -> bool:
    return _KEY in found


def documents(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: what was generated."""
    tokens = a_list(found.get(_KEY), _PATH)
    first = tokens[0] if tokens else {}
    if isinstance(first, dict) and "probs" in first:
        yield _older(tokens)
    elif isinstance(first, dict) and "prob" in first:
        yield _sampled(tokens)
    else:
        yield openai.of_objects(tokens, _PATH)


def _sampled(tokens: Sequence[Any]) -> Document:
    found = [an_object(token, f"{_PATH}[{number}]") for number, token in enumerate(tokens)]
    return Document(
        [_log(token.get("prob"), f"{_PATH}[{number}].prob") for number, token in enumerate(found)],
        f"{_PATH}[{{}}].prob",
        texts_of([token.get("token") for token in found], f"{_PATH}[{{}}].token"),
        told={"sampled-probability": len(found)},
    )


def _older(tokens: Sequence[Any]) -> Document:
    """The tokens of a version that lists the most probable ones, the generated one among them or not."""
    found = [an_object(token, f"{_PATH}[{number}]") for number, token in enumerate(tokens)]
    listed = [_listed(token, f"{_PATH}[{number}].probs") for number, token in enumerate(found)]
    texts = [token.get("content") for token in found]
    return Document(
        [dict(reversed(pairs)).get(text, CENSORED_AS) for text, pairs in zip(texts, listed, strict=True)],
        f"{_PATH}[{{}}].probs",
        texts_of(texts, f"{_PATH}[{{}}].content"),
        bound=lambda number: bound_of([value for _, value in listed[number]]),
    )


def _listed(token: Mapping[str, object], path: str) -> list[tuple[Any, float]]:
    others = [an_object(other, f"{path}[{at}]") for at, other in enumerate(a_list(token.get("probs"), path))]
    return [
        (other.get("tok_str"), _log(other.get("prob"), f"{path}[{at}].prob"))
        for at, other in enumerate(others)
    ]


def _log(value: Any, path: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise InputError(f"expected a probability, got {got(value)}", place=path)
    return math.log(value) if value else -math.inf
