"""A finding, as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from celoss_cli.core.records import record

__all__ = ["SEVERITIES", "Finding", "Severity"]

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


@record(frozen=True, slots=True)
class Finding:
    """Something about the data or the choice of loss that a reader should know.

    Attributes:
        code: stable name, "CEL" and three digits.
        severity: "error" where the number means nothing, "warning" or "note".
        message: one or two sentences with the numbers.
        count: how many rows or elements show it.
        evidence: the numbers by name.
        remedy: the command or the change that mends it, the command that shows more of it, or "".

    """

    code: str
    severity: Severity
    message: str
    count: int
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
