"""Several tests at once.

Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
Statistics 6.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p: Sequence[float]) -> list[float]:
    """The p-values of several tests, adjusted in their order.

    The k-th smallest of m is multiplied by m - k + 1 and made no smaller than the one before it: in at most 5
    of 100 times any of those whose differences are none is below 0.05, whatever the tests depend on.
    """
    adjusted, so_far = [1.0] * len(p), 0.0
    for before, at in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        so_far = max(so_far, min(1.0, (len(p) - before) * p[at]))
        adjusted[at] = so_far
    return adjusted
