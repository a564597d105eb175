"""Where the arithmetic shows in the result."""

from __future__ import annotations

__all__ = ["clamped", "clipped"]


def clamped(count: int) -> str:
    """binary_cross_entropy takes no logarithm below -100, so an infinite loss shows up as 100.

    A probability of exactly 0 or 1 on the wrong side is usually a rounded one. Compute from the logits
    with bce-logits, which needs no clamp.
    """
    return (
        f"{count} logarithm{'s' if count > 1 else ''} hit the clamp at -100; from logits, bce-logits has none"
    )


def clipped(count: int) -> str:
    """The convention clips probabilities before it takes their logarithm, so a larger loss never shows up.

    A probability that small is usually a rounded 0. What it costs is chosen by the tool: 16.1 in Keras,
    36.0 in scikit-learn, infinite without a clip. --convention all shows the rows where that matters.
    """
    return f"{count} probabilit{'ies' if count > 1 else 'y'} of the target below the convention's clip"
