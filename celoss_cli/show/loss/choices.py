"""Choices of lm-evaluation-harness: loss, accuracy and Brier score by each normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celoss_cli.show.blocks import Table
from celoss_cli.show.numerals import short

__all__ = ["by_norm"]

_HEADS = ("loss", "accuracy", "brier", "own_accuracy")


def by_norm(found: Mapping[str, Any]) -> Table:
    """One line a normalisation; the harness's own accuracy where the file has it.

    Args:
        found: as the reader of choices describes them; losses are in nats.

    """
    norms = found["by_norm"]
    lines = [
        (f"--choice-norm {norm}", *("" if one[head] is None else short(one[head]) for head in _HEADS))
        for norm, one in norms.items()
    ]
    kinds = ["picked" if norm == found["norm"] else "" for norm in norms]
    heads = ("nats", "accuracy", "Brier score", "the harness's")
    return Table(
        "the choices by each normalisation", ("",), heads, lines, kinds=kinds, label="normalisations"
    )
