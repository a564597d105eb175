"""From the options of the interval to what is collected for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celoss_cli.cli.outlet import unable
from celoss_cli.cli.table import given_options
from celoss_cli.core.errors import UsageError
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.cli.options import Limits, Uncertainty
    from celoss_cli.core.data import Reduction
    from celoss_cli.evaluate.units import UnitsOfRows
    from celoss_cli.show import FormatSpec
    from celoss_cli.statistics.interval import Estimate

__all__ = ["Group", "Interval", "asked_interval", "group_of"]


@record(frozen=True, slots=True)
class Group:
    """A column whose values make groups of rows, and the option that names it."""

    column: str
    option: str


@record(frozen=True, slots=True)
class Interval:
    """An interval that is asked for.

    Attributes:
        confidence: between 0 and 1.
        group_column: whose values name the independent draws, or None where each row is one.

    """

    confidence: float
    group_column: str | None

    def of(self, units: UnitsOfRows) -> Estimate:
        """The interval of the mean of what was collected."""
        from celoss_cli.statistics.interval import estimate  # most runs ask for none

        return estimate(units.spread(), self.confidence)

    def units(self, reduction: Reduction) -> UnitsOfRows:
        """What collects the units of the mean.

        Raises:
            UsageError: for a reduction to no mean.

        """
        if reduction not in ("mean", "batchmean"):
            raise UsageError(
                f"Expected --reduction mean with --interval, got {reduction}.",
                hint="an interval is of a mean: a sum grows with the number of rows",
            )
        from celoss_cli.evaluate.units import UnitsOfRows

        return UnitsOfRows(by_row=reduction == "batchmean", grouped=self.group_column is not None)


def asked_interval(uncertainty: Uncertainty, limits: Limits, format: FormatSpec) -> Interval | None:
    """The interval that the options ask for, or None.

    Args:
        uncertainty: the options of the interval.
        limits: which may be held against it.
        format: what the result is written in.

    Raises:
        UsageError: for an option that changes nothing.

    """
    gated = limits.gate_on == "interval"
    for one in given_options(uncertainty):
        if one.option.needs and not (uncertainty.interval or gated):
            raise UsageError(
                f"Expected --interval together with {one.option.flag}, got {one.option.flag} alone."
            )
        if not format.breakdown and not gated:
            raise unable(one.option.flag, "breakdown", format)
    return (
        Interval(uncertainty.confidence, uncertainty.group_column) if uncertainty.interval or gated else None
    )


def group_of(by: str | None, uncertainty: Uncertainty) -> Group | None:
    """The one column of groups that is read.

    Raises:
        UsageError: where --by and --group-column name two.

    """
    named = None if by in (None, "class") else by
    if named is not None and uncertainty.group_column not in (None, named):
        raise UsageError(
            f"Expected one column with --by and --group-column, got {named} and {uncertainty.group_column}.",
            hint="groups are of one column in a run: run it once for each",
        )
    if uncertainty.group_column is not None:
        return Group(uncertainty.group_column, "--group-column")
    return None if named is None else Group(named, "--by")
