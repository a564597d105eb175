"""What came of a limit that was held against a result."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["Verdict"]


@record(frozen=True, slots=True)
class Verdict:
    """One limit held against a result.

    Attributes:
        name: the limit as it was asked for ("max", "max-increase 1%", "max-group dog").
        passed: whether it holds; never true of NaN, or where nothing was counted.
        value: the unrounded number that was compared, or None where there is none.
        relation: how it has to stand to the limit ("<=", ">=", "within 0.01 of").
        limit: the number it was compared with.
        compared: what the value is ("mean", "counted targets", "mean of class dog").
        reason: one sentence with the numbers.

    """

    name: str
    passed: bool
    value: float | None
    relation: str
    limit: float
    compared: str
    reason: str
