"""A prompt and what follows it, which most servers write apart, as one document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import Document

__all__ = ["together"]


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
        bound=lambda number: prompt.bound(number) if number < size else rest.bound(number - size),
        likeliest=lambda number: prompt.likeliest(number) if number < size else rest.likeliest(number - size),
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
