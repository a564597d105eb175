"""Tokens with the log-probability that a language model gave them, as servers and harnesses write them.

A format is one module with what its dumps are called, how one is known, and the documents in it; its line is
in ``celoss_cli.read.SOURCES``. It answers what the dump says, token by token; what counts is the loss's
business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celoss_cli.read.request import ReadRequest

__all__ = ["TEXTS", "may_be_scored", "takes_tokens"]

_KEYS = frozenset(
    (
        *("choices", "custom_id", "prompt_logprobs", "meta_info", "details"),
        *("completion_probabilities", "filtered_resps", "output", "stats"),
    )
)
"""The keys that the records of some format have, one at least."""

TEXTS = ("tokens", "token", "token_texts")
"""What the texts of tokens are called in a row that has a list of log-probabilities beside them."""


def may_be_scored(found: dict[str, Any]) -> bool:
    """Whether a JSON object has a key that records of scored tokens have: most have none."""
    return not _KEYS.isdisjoint(found)


def takes_tokens(request: ReadRequest) -> bool:
    """Whether the rows of a table are tokens, or lists of them: as ``rows.asked_of_tables`` asks."""
    return request.scored and not request.per_class
