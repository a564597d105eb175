"""Runs ``celoss report``: a loss and everything there is to see of it -> one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celoss_cli.cli.commands.loss import computed, refuse_foreign_semantics
from celoss_cli.cli.result import gated
from celoss_cli.cli.spelling import command_line
from celoss_cli.core.errors import UsageError
from celoss_cli.evaluate.calibration import BINS
from celoss_cli.losses import LOSSES
from celoss_cli.show import FORMATS

__all__ = ["run"]

_INTERVALS = 32
"""At most so many bars are told apart at the width of a phone."""

_QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.99)


def run(given: Mapping[str, Any]) -> int:
    """Computes and writes; answers the exit code.

    Raises:
        CelossError: for anything that stands in the way.

    """
    spec = LOSSES[given["loss"]]
    refuse_foreign_semantics(spec, given)
    if given["reduction"] not in (None, *spec.reductions):
        known = ", ".join(name for name in spec.reductions if name != "none")
        raise UsageError(
            f"Expected --reduction {known} with --loss {spec.command}, got {given['reduction']}."
        )
    asked = _as_for_a_loss(given)
    command = f"{command_line(spec, given)} --format value"
    return gated(asked, lambda shown: computed(spec, asked, shown), FORMATS["html"], command)


def _as_for_a_loss(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the command of the loss would have them, and what only a page shows."""
    asks_for_groups = given["by"] or given["max_group"]
    return {
        **given,
        "input": None,
        "emit_partial": None,
        "color": "auto",
        "by": given["by"] or "class",
        "quantiles": given["quantiles"] or _QUANTILES,
        "intervals": _INTERVALS,
        "reliability": BINS,
        "survey": True,
        "if_any": frozenset({"reliability"} if asks_for_groups else {"reliability", "by"}),
    }
