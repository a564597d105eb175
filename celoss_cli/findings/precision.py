"""Where the arithmetic shows in the result."""

from __future__ import annotations

__all__ = ["clamped"]


def clamped(count: int) -> str:
    """binary_cross_entropy takes no logarithm below -100, so an infinite loss shows up as 100.

    A probability of exactly 0 or 1 on the wrong side is usually a rounded one. Compute from the logits
    with bce-logits, which needs no clamp.
    """
    return (
        f"{count} logarithm{'s' if count > 1 else ''} hit the clamp at -100; from logits, bce-logits has none"
    )
