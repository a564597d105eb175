"""Answers of OpenAI's API and of servers that speak it: chat, completions, and lines of its Batch output.

Chat: ``choices[].logprobs.content[]`` holds ``{token, logprob, bytes, top_logprobs}`` of each generated
token; ``refusal[]`` the same of a refusal. -9999.0 means that the token is not among the most likely ones,
so that nothing but a bound of its log-probability is known; ``bytes`` may be null.
Completions: ``choices[].logprobs`` holds the lists ``tokens``, ``token_logprobs``, ``top_logprobs`` and
``text_offset``. With ``echo`` the prompt's tokens stand before those of the completion, and the first has
null; ``usage.prompt_tokens`` says how many they are. A token that is part of a character is written
"bytes:\\xe2".
Responses: ``output[].content[].logprobs[]`` of a message's ``output_text`` holds the objects of chat; the
list is empty where the request did not include ``message.output_text.logprobs``.

Source: openai-python, types/chat/chat_completion.py, chat_completion_token_logprob.py,
types/completion_choice.py and types/responses/response_output_text.py; for -9999.0 the description of
``logprob`` there. lm-evaluation-harness, models/openai_completions.py, for what echo holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import (
    Document,
    a_list,
    an_object,
    bound_of,
    got,
    most_probable,
    texts_of,
)
from celoss_cli.read.tokens.dumps import read_dump

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "completion_of", "documents", "is_one", "read", "suffixed"]

TITLE = "OpenAI's API"
IDS = ("id",)

_BYTES = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")
_ASK = "ask the server for them: logprobs in the request"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads responses of OpenAI's API.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "openai")


def is_one(found: Mapping[str, object]) -> bool:
    if "choices" not in found:
        return any("logprobs" in text for _, text in _outputs(found))
    choices = found["choices"]
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return False
    return "logprobs" in choices[0]


def documents(found: Mapping[str, object]) -> Iterator[Document]:
    """A document a choice, or a text of a response."""
    if "choices" not in found:
        yield from _of_response(found)
        return
    choices = a_list(found.get("choices"), "$.choices")
    for number, choice in enumerate(choices):
        path = f"$.choices[{number}]"
        yield completion_of(an_object(choice, path), path, _prompt_size(found), suffixed(choices, number))


def _outputs(found: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The texts of a response's messages, each with its path."""
    outputs = found.get("output") if found.get("object") == "response" else None
    for number, output in enumerate(outputs if isinstance(outputs, list) else ()):
        contents = output.get("content") if isinstance(output, dict) else None
        for at, content in enumerate(contents if isinstance(contents, list) else ()):
            if isinstance(content, dict) and content.get("type") == "output_text":
                yield f"$.output[{number}].content[{at}]", content


def _of_response(found: Mapping[str, object]) -> Iterator[Document]:
    texts = list(_outputs(found))
    for number, (path, text) in enumerate(texts):
        path = f"{path}.logprobs"
        tokens = a_list(text.get("logprobs") or [], path)
        if not tokens:
            ask = "ask the server for them: include message.output_text.logprobs in the request"
            raise InputError("expected log-probabilities, got none", hint=ask, place=path)
        yield of_objects(tokens, path, suffixed(texts, number))


def suffixed(choices: Sequence[Any], number: int) -> str:
    """What tells a choice from the others of its response."""
    return f"[{number}]" if len(choices) > 1 else ""


def completion_of(choice: Mapping[str, object], path: str, prompt: int | None, suffix: str) -> Document:
    """The document of one choice.

    Args:
        choice: as the API has it.
        path: of it.
        prompt: how many tokens the prompt has, where that is told.
        suffix: what tells it from others.

    """
    logprobs = choice.get("logprobs")
    if logprobs is None:
        raise InputError("expected log-probabilities, got null", hint=_ASK, place=f"{path}.logprobs")
    logprobs = an_object(logprobs, f"{path}.logprobs")
    if "token_logprobs" in logprobs:
        return _of_lists(logprobs, f"{path}.logprobs", prompt, suffix)
    content = a_list(logprobs.get("content") or [], f"{path}.logprobs.content")
    refusal = a_list(logprobs.get("refusal") or [], f"{path}.logprobs.refusal")
    if refusal and not content:
        return of_objects(refusal, f"{path}.logprobs.refusal", suffix)
    return of_objects(content, f"{path}.logprobs.content", suffix)


def of_objects(content: Sequence[Any], path: str, suffix: str = "") -> Document:
    """The document of a list of generated tokens, each an object."""
    tokens = [an_object(token, f"{path}[{number}]") for number, token in enumerate(content)]
    for number, token in enumerate(tokens):
        if token.get("logprob") is None:
            raise InputError("expected a log-probability, got none", place=f"{path}[{number}].logprob")
    texts = [token.get("token") for token in tokens]
    return Document(
        [token["logprob"] for token in tokens],
        f"{path}[{{}}].logprob",
        texts_of(texts, f"{path}[{{}}].token"),
        sizes=[_size(token.get("bytes"), f"{path}[{number}].bytes") for number, token in enumerate(tokens)],
        bound=lambda number: bound_of(
            [
                other.get("logprob")
                for other in tokens[number].get("top_logprobs") or ()
                if isinstance(other, dict)
            ]
        ),
        likeliest=lambda number: _likeliest(tokens[number]),
        suffix=suffix,
    )


def _likeliest(token: Mapping[str, Any]) -> str | None:
    """The most probable token where others are listed; with one of its own it may be none of them."""
    others = [other for other in token.get("top_logprobs") or () if isinstance(other, dict)]
    return most_probable((one.get("token"), one.get("logprob")) for one in (*others, *[token][: len(others)]))


def _size(value: Any, path: str) -> int | None:
    """How many bytes a token has; None where nobody knows."""
    if value is None:
        return None
    for number, byte in enumerate(a_list(value, path)):
        if type(byte) is not int or not 0 <= byte <= 255:
            raise InputError(f"expected a byte from 0 to 255, got {got(byte)}", place=f"{path}[{number}]")
    return len(value)


def _of_lists(logprobs: Mapping[str, Any], path: str, prompt: int | None, suffix: str) -> Document:
    """The document of a completion: lists side by side, which may begin with the prompt."""
    scores = a_list(logprobs["token_logprobs"], f"{path}.token_logprobs")
    texts = logprobs.get("tokens")
    if texts is not None:
        texts = texts_of(a_list(texts, f"{path}.tokens"), f"{path}.tokens[{{}}]")
    if texts is not None and len(texts) != len(scores):
        raise InputError(
            f"expected a log-probability for each of {len(texts)} tokens, got {len(scores)}",
            place=f"{path}.token_logprobs",
        )
    others = logprobs.get("top_logprobs") or ()
    echoed = bool(scores) and scores[0] is None
    return Document(
        scores,
        f"{path}.token_logprobs[{{}}]",
        texts,
        sizes=None if texts is None or not any(map(_BYTES.fullmatch, texts)) else [*map(_part, texts)],
        prompt=(prompt if prompt is None else min(prompt, len(scores))) if echoed else 0,
        bound=lambda number: _bound(others, number),
        likeliest=lambda number: most_probable(_listed(others, number).items()),
        suffix=suffix,
    )


def _part(text: str) -> int | None:
    """How many bytes a part of a character has; None for other texts."""
    found = _BYTES.fullmatch(text)
    return None if found is None else len(found[1]) // 4


def _bound(others: Sequence[Any], number: int) -> float | None:
    return bound_of([*_listed(others, number).values()])


def _listed(others: Sequence[Any], number: int) -> Mapping[str, object]:
    listed = others[number] if number < len(others) else None
    return listed if isinstance(listed, dict) else {}


def _prompt_size(found: Mapping[str, Any]) -> int | None:
    usage = found.get("usage")
    size = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    if len(found["choices"]) > 1 or type(size) is not int:
        return None  # the usage is of all choices together, whose prompts may differ
    if size < 0:
        raise InputError(f"expected a number of tokens, got {got(size)}", place="$.usage.prompt_tokens")
    return size
