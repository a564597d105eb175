"""Scored tokens: the total by each divisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural
from celoss_cli.show.blocks import Table
from celoss_cli.show.numerals import short

if TYPE_CHECKING:
    from celoss_cli.report.report import Report
    from celoss_cli.report.tokens import Tokens

__all__ = ["by_divisor", "extents", "perplexity_is", "token_values"]

_PERPLEXITIES = {"byte": "byte perplexity", "word": "word perplexity"}


def extents(report: Report) -> str:
    """The text "2 documents x 7 tokens", and how many of them count."""
    tally = report.tally
    left_out = f", {tally.counted} counted" if tally.ignored else ""
    return f"{plural(tally.rows, 'document')}, {plural(tally.elements, 'token')}{left_out}"


def perplexity_is(found: Tokens) -> str:
    """What exp of the mean is called."""
    return _PERPLEXITIES.get(found.per, "perplexity")


def by_divisor(found: Tokens, unit: str) -> Table:
    """One line a divisor: how many, the loss, in bits, the perplexity."""
    lines = [
        (
            f"per {part.per}",
            "not known" if part.count is None else str(part.count),
            *("" if value is None else short(value) for value in (part.loss, part.bits, part.perplexity)),
        )
        for part in found.parts
    ]
    kinds = ["picked" if part.per == found.per else "" for part in found.parts]
    heads = ("counted", unit, "bits", "perplexity")
    return Table("the total by each divisor", ("",), heads, lines, kinds=kinds, label="divisors")


def token_values(found: Tokens) -> dict[str, Any]:
    """The JSON of scored tokens."""
    return {
        "per": found.per,
        **{
            f"{part.per}s": {
                "count": part.count,
                "loss": part.loss,
                "bits": part.bits,
                "perplexity": part.perplexity,
            }
            for part in found.parts
        },
        "bits_per_byte": found.of("byte").bits,
    }
