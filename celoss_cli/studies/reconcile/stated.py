"""A number as somebody wrote it: its digits say how far it was rounded."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from celoss_cli.core.errors import UsageError, quoted
from celoss_cli.core.numbers import number
from celoss_cli.core.records import record

__all__ = ["Stated", "stated"]

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
