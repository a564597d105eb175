"""Answers of smaller servers: SGLang, Text Generation Inference and llama.cpp's.

SGLang: ``meta_info.input_token_logprobs`` and ``output_token_logprobs``, a triple [logprob, id in the
vocabulary, text or null] a token; without texts some versions write pairs. The first token of a prompt has
null where its scores begin at position 0 (``logprob_start_len``). A request that asks for several samples, or
for several prompts, is answered with a list of such objects.
Source: sglang, python/sglang/srt/managers/tokenizer_manager.py (add_logprob_to_meta_info,
detokenize_logprob_tokens).

Text Generation Inference: ``details.prefill`` holds ``{id, text, logprob}`` of the prompt's tokens and is
empty unless ``decoder_input_details`` was asked for; the first token has no logprob. ``details.tokens`` holds
``{id, text, logprob, special}`` of the generated ones.
Source: text-generation-inference, router/src/lib.rs (PrefillToken, Token, Details); huggingface.js, the
description of TextGenerationStreamPrefillToken: logprob is optional since that of the first token cannot be
computed.

llama.cpp's server: ``completion_probabilities``, for each generated token ``{id, token, bytes, logprob,
top_logprobs}``, with ``post_sampling_probs`` ``{..., prob, top_probs}``, and in versions before December 2024
``{content, probs: [{tok_str, prob}]}``, where the token's own probability is that of its text in the list, if
it is there. Of prob the logarithm is taken. For log 0 the server writes the least number of single precision.
Source: llama.cpp, tools/server/server-task.cpp (completion_token_output::probs_vector_to_json, logarithm) and
examples/server/README.md of 2024 for the older form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import (
    CENSORED_AS,
    Document,
    a_list,
    an_object,
    got,
    ids_of,
    of_objects,
    texts_of,
    together,
)
from celoss_cli.read.tokens.records import Format

__all__ = ["LLAMA", "SGLANG", "TGI"]

_KEY = "completion_probabilities"
_PATH = f"$.{_KEY}"


def _is_sglang(found: Mapping[str, object]) -> bool:
    held = found.get("meta_info")
    return isinstance(held, dict) and not {"input_token_logprobs", "output_token_logprobs"}.isdisjoint(held)


def _of_sglang(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: the prompt, then what was generated."""
    held = an_object(found.get("meta_info"), "$.meta_info")
    ask = "ask the server for them: return_logprob and logprob_start_len in the request"
    yield together(_triples(held, "input"), _triples(held, "output"), "$.meta_info", ask)


def _triples(held: Mapping[str, object], part: str) -> Document | None:
    path = f"$.meta_info.{part}_token_logprobs"
    tokens = a_list(held.get(f"{part}_token_logprobs") or [], path)
    if not tokens:
        return None
    for number, token in enumerate(tokens):
        if not isinstance(token, list) or len(token) not in (2, 3):
            raise InputError("expected [logprob, id, text]", place=f"{path}[{number}]")
    others = held.get(f"{part}_top_logprobs")

    def listed(number: int) -> list[tuple[Any, Any]]:
        at = others[number] if isinstance(others, list) and number < len(others) else None
        known = at if isinstance(at, list) else ()
        return [((*one, None)[1], one[0]) for one in known if isinstance(one, list) and one]

    return Document(
        [token[0] for token in tokens],
        f"{path}[{{}}][0]",
        texts_of([token[2] if len(token) == 3 else None for token in tokens], f"{path}[{{}}][2]"),
        ids=ids_of([token[1] for token in tokens]),
        prompt=len(tokens) if part == "input" else 0,
        listed=listed,
    )


def _is_tgi(found: Mapping[str, object]) -> bool:
    held = found.get("details")
    return isinstance(held, dict) and "prefill" in held and "tokens" in held


def _of_tgi(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: the prompt, then what was generated."""
    held = an_object(found.get("details"), "$.details")
    prompt, rest = (
        of_objects(held[key], f"$.details.{key}", text="text", prompt=key == "prefill")
        if held.get(key)
        else None
        for key in ("prefill", "tokens")
    )
    ask = "ask the server for them: details and decoder_input_details in the request"
    yield together(prompt, rest, "$.details", ask)


def _is_llama(found: Mapping[str, object]) -> bool:
    return _KEY in found


def _of_llama(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: what was generated."""
    tokens = a_list(found.get(_KEY), _PATH)
    first = tokens[0] if tokens else {}
    if isinstance(first, dict) and "probs" in first:
        yield _older(tokens)
    elif isinstance(first, dict) and "prob" in first:
        sampled = of_objects(tokens, _PATH, key="prob", score=_log)
        sampled.told = {"sampled-probability": len(tokens)}
        yield sampled
    else:
        yield of_objects(tokens, _PATH)


def _older(tokens: Sequence[Any]) -> Document:
    """The tokens of a version that lists the most probable ones, the generated one among them or not."""
    found = [an_object(token, f"{_PATH}[{number}]") for number, token in enumerate(tokens)]
    listed = [_probable(token, f"{_PATH}[{number}].probs") for number, token in enumerate(found)]
    texts = [token.get("content") for token in found]
    return Document(
        [
            next((value for name, value in pairs if name == text), CENSORED_AS)
            for text, pairs in zip(texts, listed, strict=True)
        ],
        f"{_PATH}[{{}}].probs",
        texts_of(texts, f"{_PATH}[{{}}].content"),
        listed=listed.__getitem__,
    )


def _probable(token: Mapping[str, object], path: str) -> list[tuple[Any, float]]:
    others = [an_object(other, f"{path}[{at}]") for at, other in enumerate(a_list(token.get("probs"), path))]
    return [
        (other.get("tok_str"), _log(other.get("prob"), f"{path}[{at}].prob"))
        for at, other in enumerate(others)
    ]


def _log(value: Any, path: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise InputError(f"expected a probability, got {got(value)}", place=path)
    return math.log(value) if value else -math.inf


SGLANG = Format("sglang", "SGLang", ("id", "meta_info.id"), _is_sglang, _of_sglang)
TGI = Format("tgi", "Text Generation Inference", ("id",), _is_tgi, _of_tgi)
LLAMA = Format("llama", "llama.cpp's server", ("id",), _is_llama, _of_llama)
