"""A loss, explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.report.report import Report

__all__ = ["Explanation", "Section"]


@record(frozen=True, slots=True)
class Section:
    """A part of an explanation; each kind of content in its own field, mostly one of them.

    Attributes:
        title: its heading, or "".
        formulas: lines that are shown as they are.
        paragraphs: sentences to be broken between words.
        steps: the same, counted from 1.
        terms: names with their meaning.

    """

    title: str
    formulas: Sequence[str] = ()
    paragraphs: Sequence[str] = ()
    steps: Sequence[str] = ()
    terms: Sequence[tuple[str, str]] = ()


@record(frozen=True, slots=True)
class Explanation:
    """What there is to say about a loss, a finding, or all of them.

    Attributes:
        name: what was asked for ("ce", "CEL101"), or "" for the list.
        title: in words.
        facts: what identifies it: names with their value.
        sections: in the order they are read.
        command: a command line that shows it at work, or "".
        example: its result, computed now.

    """

    name: str
    title: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    command: str = ""
    example: Report | None = None
