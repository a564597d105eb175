"""What is to be collected beside the totals."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["Wanted"]


@record(frozen=True, slots=True)
class Wanted:
    """What to collect.

    Attributes:
        by: "class", the name of a column whose values the batches carry, or None.
        quantiles: whether the losses are counted by size, for quantiles and a histogram.
        worst: how many of the largest losses are kept.
        reliability: into how many bins of confidence the predictions are counted, 0 for not at all.
        confusion: up to how many outcomes the confusion matrix is counted, 0 for not at all.
        if_any: those of "by" and "reliability" that are left out where the data has none of it, and not
            refused.

    """

    by: str | None = None
    quantiles: bool = False
    worst: int = 0
    reliability: int = 0
    confusion: int = 0
    if_any: frozenset[str] = frozenset()

    @property
    def anything(self) -> bool:
        """Whether anything is to be collected."""
        return bool(self.by or self.quantiles or self.worst or self.reliability or self.confusion)
