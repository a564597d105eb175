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
from collections.abc import Iterator, Mapping
from typing import Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import (
    Document,
    a_list,
    an_object,
    got,
    of_objects,
    suffixed,
    texts_of,
)
from celoss_cli.read.tokens.records import Format

__all__ = ["OPENAI", "completion_of"]

_BYTES = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")
_ASK = "ask the server for them: logprobs in the request"


def _is_one(found: Mapping[str, object]) -> bool:
    if "choices" not in found:
        return any("logprobs" in text for _, text in _outputs(found))
    choices = found["choices"]
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return False
    return "logprobs" in choices[0]


def _documents(found: Mapping[str, object]) -> Iterator[Document]:
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
        yield of_objects(tokens, path, suffix=suffixed(texts, number))


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
        return of_objects(refusal, f"{path}.logprobs.refusal", suffix=suffix)
    return of_objects(content, f"{path}.logprobs.content", suffix=suffix)


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
    others = logprobs.get("top_logprobs")

    def listed(number: int) -> list[tuple[Any, Any]]:
        held = others[number] if isinstance(others, list) and number < len(others) else None
        return [*held.items()] if isinstance(held, dict) else []

    echoed = bool(scores) and scores[0] is None
    return Document(
        scores,
        f"{path}.token_logprobs[{{}}]",
        texts,
        sizes=None if texts is None or not any(map(_BYTES.fullmatch, texts)) else [*map(_part, texts)],
        prompt=(prompt if prompt is None else min(prompt, len(scores))) if echoed else 0,
        listed=listed,
        suffix=suffix,
    )


def _part(text: str) -> int | None:
    """How many bytes a part of a character has; None for other texts."""
    found = _BYTES.fullmatch(text)
    return None if found is None else len(found[1]) // 4


def _prompt_size(found: Mapping[str, Any]) -> int | None:
    usage = found.get("usage")
    size = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    if len(found["choices"]) > 1 or type(size) is not int:
        return None  # the usage is of all choices together, whose prompts may differ
    if size < 0:
        raise InputError(f"expected a number of tokens, got {got(size)}", place="$.usage.prompt_tokens")
    return size


OPENAI = Format("openai", "OpenAI's API", ("id",), _is_one, _documents)
