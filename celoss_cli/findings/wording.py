"""Counts and numbers in words, for the sentences of evidence."""

from __future__ import annotations

from collections.abc import Iterable

from celoss_cli.core.errors import plural

__all__ = ["all_rows_are", "listed", "number", "rows_have"]


def rows_have(count: int) -> str:
    """The subject and verb of a sentence: "1 row has", "3 rows have"."""
    return f"{plural(count, 'row')} {'has' if count == 1 else 'have'}"


def all_rows_are(count: int, *, first: bool) -> str:
    """The subject and verb of a sentence about the rows examined: all there are, or the first ones."""
    if first:
        return f"the first {plural(count, 'row')} {'is' if count == 1 else 'are'}"
    return {1: "the row is", 2: "both rows are"}.get(count, f"all {count} rows are")


def number(value: float) -> str:
    """Four digits, for a sentence; the evidence holds them all."""
    return f"{value:.4g}"


def listed(parts: Iterable[str], most: int = 5) -> str:
    """The first few of a list, and how many more there are."""
    every = list(parts)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
