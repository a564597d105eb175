"""How many examples and cases a test has: all of them in .ci/run, fewer where somebody waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings

__all__ = ["FULL", "examples", "register", "some"]

T = TypeVar("T")

FULL = 100
"""How many the profile ``full`` draws where a test says nothing; other profiles draw in proportion."""


def register() -> None:
    """Makes the profiles and loads that of who waits; ``--hypothesis-profile=full`` is that of .ci/run.

    Both draw the same examples each time, so that a change is never blamed for what another draw would find;
    ``--hypothesis-profile=new`` draws others each time. That a busy machine is slow is no error.
    """
    calm = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("quick", calm, max_examples=8, derandomize=True)
    settings.register_profile("full", calm, max_examples=FULL, derandomize=True)
    settings.register_profile("new", calm, max_examples=FULL, derandomize=False)
    known = [Phase.explicit, Phase.generate]  # one example that fails is enough, be it long
    settings.register_profile("mutation", calm, max_examples=25, derandomize=True, phases=known)
    settings.load_profile("quick")


def examples(count: int, **more: Any) -> Any:
    """The settings of a test.

    Args:
        count: how many examples are drawn in full; six of them, or all, in every profile.
        more: further settings.

    """
    return settings(max_examples=max(min(count, 6), count * settings().max_examples // FULL), **more)


def some(cases: Sequence[T], count: int = 2) -> Sequence[T]:
    """All cases in full; else ``count`` of them from the first to the last, at equal distances."""
    if settings().max_examples >= FULL or count >= len(cases):
        return cases
    return [cases[at * (len(cases) - 1) // max(1, count - 1)] for at in range(count)]
