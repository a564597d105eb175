"""A loss, explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.show.blocks import Prose

__all__ = ["Explanation"]


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
    sections: Sequence[Prose]
    command: str = ""
    example: Report | None = None
