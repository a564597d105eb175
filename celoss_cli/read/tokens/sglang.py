"""SGLang's answers: ``meta_info.input_token_logprobs`` and ``output_token_logprobs``, a triple a token.

A triple is [logprob, id in the vocabulary, text or null]; without texts some versions write pairs. The first
token of a prompt has null where its scores begin at position 0 (``logprob_start_len``). A request that asks
for several samples, or for several prompts, is answered with a list of such objects.

Source: sglang, python/sglang/srt/managers/tokenizer_manager.py (add_logprob_to_meta_info,
detokenize_logprob_tokens).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import Document, a_list, an_object, bound_of, most_probable, texts_of
from celoss_cli.read.tokens.dumps import read_dump
from celoss_cli.read.tokens.joining import together

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "documents", "is_one", "read"]

TITLE = "SGLang"
IDS = ("id", "meta_info.id")

_ASK = "ask the server for them: return_logprob and logprob_start_len in the request"


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads answers of SGLang.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "sglang")


def is_one(found: Mapping[str, object]) -> bool:
    held = found.get("meta_info")
    return isinstance(held, dict) and not {"input_token_logprobs", "output_token_logprobs"}.isdisjoint(held)


def documents(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of an answer: the prompt, then what was generated."""
    held = an_object(found.get("meta_info"), "$.meta_info")
    parts = [_of(held, "input", prompt=True), _of(held, "output", prompt=False)]
    yield together(parts[0], parts[1], "$.meta_info", _ASK)


def _of(held: Mapping[str, object], part: str, *, prompt: bool) -> Document | None:
    path = f"$.meta_info.{part}_token_logprobs"
    tokens = a_list(held.get(f"{part}_token_logprobs") or [], path)
    if not tokens:
        return None
    for number, token in enumerate(tokens):
        if not isinstance(token, list) or len(token) not in (2, 3):
            raise InputError("expected [logprob, id, text]", place=f"{path}[{number}]")
    others = held.get(f"{part}_top_logprobs") or ()
    texts = [token[2] if len(token) == 3 else None for token in tokens]
    ids = [token[1] for token in tokens]
    return Document(
        [token[0] for token in tokens],
        f"{path}[{{}}][0]",
        texts_of(texts, f"{path}[{{}}][2]"),
        ids=ids if all(type(one) is int for one in ids) else None,
        prompt=len(tokens) if prompt else 0,
        bound=lambda number: _bound(others, number),
        likeliest=lambda number: _likeliest(others, number),
    )


def _bound(others: Any, number: int) -> float | None:
    return bound_of([other[0] for other in _listed(others, number)])


def _likeliest(others: Any, number: int) -> str | None:
    """The number of the most probable token."""
    return most_probable((other[1], other[0]) for other in _listed(others, number) if len(other) > 1)


def _listed(others: Any, number: int) -> list[list[Any]]:
    listed = others[number] if isinstance(others, list) and number < len(others) else None
    return [other for other in listed or () if isinstance(other, list) and other]
