"""Text Generation Inference: ``details.prefill`` and ``details.tokens``, an object a token.

``prefill`` holds ``{id, text, logprob}`` of the prompt's tokens and is empty unless
``decoder_input_details`` was asked for; the first token has no logprob. ``tokens`` holds ``{id, text,
logprob, special}`` of the generated ones.

Source: text-generation-inference, router/src/lib.rs (PrefillToken, Token, Details); huggingface.js, the
description of TextGenerationStreamPrefillToken: logprob is optional since that of the first token cannot be
computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import Document, a_list, an_object, texts_of
from celoss_cli.read.tokens.dumps import read_dump
from celoss_cli.read.tokens.joining import together

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "documents", "is_one", "read"]

TITLE = "Text Generation Inference"
IDS = ("id",)

_ASK = "ask the server for them: details and decoder_input_details in the request"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads answers of Text Generation Inference.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "tgi")


def is_one(found: Mapping[str, object]) -> bool:
    held = found.get("details")
    return isinstance(held, dict) and "prefill" in held and "tokens" in held


def documents(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: the prompt, then what was generated."""
    held = an_object(found.get("details"), "$.details")
    yield together(_of(held, "prefill"), _of(held, "tokens"), "$.details", _ASK)


def _of(held: Mapping[str, object], key: str) -> Document | None:
    path = f"$.details.{key}"
    tokens = [an_object(token, f"{path}[{at}]") for at, token in enumerate(a_list(held.get(key) or [], path))]
    if not tokens:
        return None
    if key == "tokens":
        for number, token in enumerate(tokens):
            if token.get("logprob") is None:
                raise InputError("expected a log-probability, got none", place=f"{path}[{number}].logprob")
    return Document(
        [token.get("logprob") for token in tokens],
        f"{path}[{{}}].logprob",
        texts_of([token.get("text") for token in tokens], f"{path}[{{}}].text"),
        prompt=len(tokens) if key == "prefill" else 0,
    )
