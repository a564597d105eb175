"""Which part of a Parquet file is meant, where not all of it is."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["RowGroups"]


@record(frozen=True, slots=True)
class RowGroups:
    """Consecutive row groups of a Parquet file.

    Attributes:
        first: counted from 0.
        end: the one behind the last.
        of: how many the file has.

    """

    first: int
    end: int
    of: int

    def __str__(self) -> str:
        last = f" to {self.end - 1}" if self.end - self.first > 1 else ""
        return f"row group{'s' if last else ''} {self.first}{last} of {self.of}"

    def share(self, other: RowGroups) -> bool:
        """Whether one is in both."""
        return self.first < other.end and other.first < self.end
