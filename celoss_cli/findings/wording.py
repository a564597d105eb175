"""Counts and numbers in words, for the sentences of evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from celoss_cli.core.errors import plural

if TYPE_CHECKING:
    from celoss_cli.findings.facts import Facts

__all__ = ["all_rows_are", "have", "listed", "number"]


def have(count: int, noun: str = "row") -> str:
    """The subject and verb of a sentence: "1 row has", "3 rows have"."""
    return f"{plural(count, noun)} {'has' if count == 1 else 'have'}"


def all_rows_are(facts: Facts, count: int) -> str:
    """The subject and verb of a sentence about the rows examined: all there are, or the first ones."""
    if facts.survey is None and count < facts.elements:
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
