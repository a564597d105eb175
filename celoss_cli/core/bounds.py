"""The two ends of an interval."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["Bounds"]


@record(frozen=True, slots=True)
class Bounds:
    """The two ends of an interval; nan where there is none."""

    low: float
    high: float

    def turned(self) -> Bounds:
        """The interval of the opposite number."""
        return Bounds(-self.high, -self.low)
