"""Counts in words, for the sentences of evidence."""

from __future__ import annotations

__all__ = ["rows_have"]


def rows_have(count: int) -> str:
    """The subject and verb of a sentence: "1 row has", "3 rows have"."""
    return f"{count} row{'s have' if count > 1 else ' has'}"
