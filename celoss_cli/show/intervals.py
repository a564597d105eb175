"""What the interval of a mean says and what it does not, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, visible
from celoss_cli.core.records import record
from celoss_cli.show.numerals import attributes, short

if TYPE_CHECKING:
    from celoss_cli.statistics.interval import Estimate

__all__ = ["Named"]

_FEW = 1000
"""Below this many units it is told what they may lack."""

_SKEWED = 2.0
"""Beyond this skewness it is told how often an interval of a long tail misses."""


@record(frozen=True, slots=True)
class Named:
    """An interval with the words for what it is of.

    Attributes:
        estimate: the interval.
        mean: what it is of ("mean difference").
        values: whose skewness counts ("differences").
        beyond: what it says nothing about.
        gate: the option that holds a limit against it.
        group_column: whose values name the independent units, or None where each row is one.

    """

    estimate: Estimate
    mean: str
    values: str
    beyond: str
    gate: str
    group_column: str | None

    @property
    def percent(self) -> str:
        """The confidence, as "95%"."""
        return f"{100 * self.estimate.confidence:g}%"

    @property
    def counted(self) -> str:
        """The independent units with their number."""
        return self.counting(self.estimate.units)

    def counting(self, units: int) -> str:
        """A number of independent units, in words."""
        if self.group_column is None:
            return plural(units, "row")
        return f"{plural(units, 'group')} by {visible(self.group_column)}"

    @property
    def ends(self) -> str:
        """The interval in a few words."""
        bounds = self.estimate.bounds
        if math.isnan(bounds.low):
            return f"no {self.percent} interval"
        return f"{self.percent} interval {short(bounds.low)} to {short(bounds.high)}"

    @property
    def told(self) -> str:
        """The interval with how it was made, in one sentence."""
        if math.isnan(self.estimate.bounds.low):
            return f"{self.ends[:1].upper()}{self.ends[1:]} of the {self.mean}."
        return f"{self.ends} of the {self.mean}, {self.method}, from {self.counted}."

    @property
    def method(self) -> str:
        """How it is made."""
        return f"by Student's t, corrected for the {self.values}' skewness of {self.estimate.skewness:.2g}"

    def as_json(self) -> dict[str, Any]:
        """It as JSON values; keys are only ever added."""
        found = self.estimate
        return {
            "confidence": found.confidence,
            "method": "hall",
            **attributes(found.bounds, "low", "high"),
            **attributes(found, "standard_error", "skewness", "units", "units_needed"),
            "sure": found.held,
            "group_column": self.group_column,
            "meaning": list(self.sentences()),
        }

    def sentences(self) -> Iterator[str]:
        """What it promises, on which condition, and what it cannot know."""
        if math.isnan(self.estimate.bounds.low):
            yield f"There is no interval: {self._missing()}."
            return
        level = f"{100 * self.estimate.confidence:g}"
        yield (
            f"The {self.percent} interval comes from a rule that would catch the true {self.mean} in about "
            f"{level} of 100 new samples of {self.units} drawn like these. It is no range that holds "
            f"{self.percent} of the {self.units}, and it says nothing about {self.beyond}."
        )
        if self.group_column is None:
            yield (
                "It takes the rows as independent; where several belong together (one document, one user), "
                "it is too narrow: name their column with --group-column."
            )
        else:
            yield f"Rows of one {visible(self.group_column)} count as one draw."
        yield from self._doubts()

    def _doubts(self) -> Iterator[str]:
        found = self.estimate
        if not found.held:
            yield (
                f"The {self.values} are too skewed for the interval to be sure: a skewness of "
                f"{found.skewness:.2g} takes {found.units_needed} {self.units}, got {found.units}; the mean "
                f"may lie in a tail that they hardly show, and {self.gate} does not pass."
            )
            return
        if abs(found.skewness) > _SKEWED and found.units < _FEW:
            end = "upper end of a 95% interval lies below" if found.skewness > 0 else ""
            end = end or "lower end of a 95% interval lies above"
            yield (
                f"A skewness of {found.skewness:.2g} may hide a longer tail: where the {self.values} are "
                f"lognormal with sigma 1.5, the {end} the true mean in "
                f"5 to 9 of 100 samples of 200 to 30 {self.units}, and in 2.5 where they are normal."
            )
        if found.units < _FEW:
            part = 100 * (1 - 0.05 ** (1 / found.units))
            yield (
                f"{self.units.capitalize()} of a kind that makes up less than {part:.2g}% of all may well be "
                f"missing from these {found.units}, and nothing here knows of them."
            )

    @property
    def units(self) -> str:
        """What was drawn independently."""
        return "rows" if self.group_column is None else "groups"

    def _missing(self) -> str:
        if self.estimate.units < 2:
            return f"it takes two {self.units} to see a spread"
        if self.estimate.units_needed is None:
            return "a loss is not finite"
        return "the losses are too large to be squared, or their weights add up to 0"
