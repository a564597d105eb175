"""Which ways of computing give a number that somebody got."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.numbers import number
from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.core.data import Source

__all__ = ["Deviation", "Match", "Reconciliation", "Stated", "Tried", "stated"]


_UNITS = {
    "%": "percent",
    "percent": "percent",
    "bit": "bits",
    "bits": "bits",
    "bpc": "bits",
    "dits": "dits",
    "nats": "",
    "ppl": "perplexity",
    "perplexity": "perplexity",
}
"""What may stand beside a number, and the unit that it means; "" is that of the losses."""

_BESIDE = "|".join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))
_WITH_UNIT = re.compile(rf"(?:({_BESIDE})\s*[=:]?\s*)?(.*?)(?:\s*({_BESIDE}))?", re.IGNORECASE | re.DOTALL)

_SLACK = 1e-12
"""Part of the number: a value that is off by a rounding error of the double is not off."""


@record(frozen=True, slots=True)
class Stated:
    """A rounded number.

    Attributes:
        text: as it was written.
        value: the double nearest to it.
        tolerance: half a unit of its last digit.
        unit: what it counts: "bits", "dits", "perplexity", "percent", or "" where nobody has said so.

    """

    text: str
    value: float
    tolerance: float
    unit: str = ""

    @property
    def reach(self) -> float:
        """How far off a value may be that rounds to these digits, rounding errors included."""
        return self.tolerance + _SLACK * max(abs(self.value), self.tolerance)


def stated(text: str) -> Stated:
    """The number in ``text``, to half a unit of its last digit: "1.3654" is known to 0.00005.

    Zeros at the end are digits too, and so are those before an exponent: "1.30e-2" is known to 0.00005.
    A unit may stand beside it: "1.97 bits", "46.3%", "ppl 12.4".

    Raises:
        UsageError: if it is not a finite number of the grammar that all input has.

    """
    found = _WITH_UNIT.fullmatch(text.strip())
    before, digits, after = found.groups() if found else (None, text, None)
    try:
        if before and after:
            raise ValueError("two units")
        value = number(digits)
        exponent = Decimal(digits.strip()).as_tuple().exponent
        tolerance = float(Decimal(5).scaleb(int(exponent) - 1))
    except (ValueError, ArithmeticError):
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"Expected --got with a finite number, got {quoted(text)}.")
    return Stated(text.strip(), value, tolerance, _UNITS[(before or after or "nats").lower()])


@record(frozen=True, slots=True)
class Deviation:
    """One way in which a computation may differ from the plain one.

    Attributes:
        dimension: what it is about ("denominator"); deviations of one dimension exclude each other.
        name: within the dimension, stable ("sum").
        words: the same for people.

    """

    dimension: str
    name: str
    words: str


@record(frozen=True, slots=True)
class Match:
    """A computation whose result is the number that somebody got.

    Attributes:
        loss: the name of the function that is computed, as in ``torch.nn.functional``.
        reading: what the input is taken for, in words.
        deviations: from the plain computation, none for the plain one itself.
        value: what it gives.
        formula: how it comes about, in words.
        command: the command that gives it, but for ``afterwards``; None where there is none.
        afterwards: what is done to the command's result by hand, in words.

    """

    loss: str
    reading: str
    deviations: tuple[Deviation, ...]
    value: float
    formula: str
    command: str | None
    afterwards: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Tried:
    """The hypotheses with one number of deviations.

    Attributes:
        deviations: that number.
        hypotheses: how many were computed.
        distinct: how many values they gave that fewer deviations had not given.
        near: how many of those lie near the number that is to be explained and yet miss it.
        chance: how many would hit it by chance, as dense as values lie near it.
        found: how many explain it and need all of their deviations.

    """

    deviations: int
    hypotheses: int
    distinct: int
    near: int
    chance: float
    found: int


@record(frozen=True, slots=True)
class Reconciliation:
    """A search for the semantics behind a number.

    Attributes:
        got: the number as it was given.
        value: the same as a number.
        tolerance: half a unit of its last digit.
        unit: what the number counts, as it says itself, or "".
        window: how far from it a value counts as near.
        rows: how many rows the data has.
        classes: how many classes, or None for data without a class axis.
        plain: the names of the plain computations, what each takes the input for, and what it gives.
        explanations: those that are shown, the fewest deviations first.
        tried: what was searched, by number of deviations.
        searched: for each dimension, the deviations that the data allows, in words.
        source: where the data came from and how it was read.
        files: the names of the data.

    """

    got: str
    value: float
    tolerance: float
    unit: str
    window: float
    rows: int
    classes: int | None
    plain: Sequence[tuple[str, str, float]]
    explanations: Sequence[Match]
    tried: Sequence[Tried]
    searched: Mapping[str, Sequence[str]]
    source: Source
    files: Sequence[str]

    @property
    def found(self) -> int:
        """How many explanations there are, shown or not."""
        return sum(level.found for level in self.tried)
