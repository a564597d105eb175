"""Tokens with the log-probability that a language model gave them, as servers and harnesses write them.

A format is one module with what its dumps are called, how one is known, and the documents in it; its line is
in ``celoss_cli.read.SOURCES``. It answers what the dump says, token by token; what counts is the loss's
business.
"""

from __future__ import annotations

from typing import Any

__all__ = ["may_be_scored"]

_KEYS = frozenset(
    (
        *("choices", "custom_id", "prompt_logprobs", "meta_info", "details"),
        *("completion_probabilities", "filtered_resps", "output", "stats"),
    )
)
"""The keys that the records of some format have, one at least."""


def may_be_scored(found: dict[str, Any]) -> bool:
    """Whether a JSON object has a key that records of scored tokens have: most have none."""
    return not _KEYS.isdisjoint(found)
