"""The options of ``celoss weights``, each declared once, and the parsers of their values."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from celoss_cli.cli.gate_options import limit
from celoss_cli.cli.options import (
    INPUT,
    OUTPUT,
    Color,
    Debug,
    Files,
    IgnoreIndex,
    Jobs,
    Json,
    Output,
    choice,
    count,
    reading_options,
)
from celoss_cli.core.errors import quoted
from celoss_cli.show import formats_of

__all__ = ["weights_options"]

_WEIGHTS = "Weights"

_SCHEMES = ("balanced", "inverse", "sqrt-inverse", "effective")
"""A test holds them against those that there are; importing them here would cost time on --help."""


def _beta(text: str) -> float:
    value = limit(text)
    if not 0 <= value < 1:
        raise typer.BadParameter(f"expected a number from 0 to below 1, got {quoted(text)}")
    return value


SchemeName = Annotated[
    str, choice("--scheme", choices=_SCHEMES, panel=_WEIGHTS, help="How counts become weights.")
]
Beta = Annotated[
    float | None,
    typer.Option(
        "--beta",
        parser=_beta,
        metavar="B",
        rich_help_panel=_WEIGHTS,
        help="Of the effective number of samples; 0.999 if not given.",
    ),
]
Unseen = Annotated[
    str,
    choice(
        "--unseen",
        choices=("error", "zero"),
        panel=_WEIGHTS,
        help="What to do with a class that never occurs.",
    ),
]
Classes = Annotated[
    int | None,
    count("--classes", 1, INPUT, "How many classes there are, where --targets alone are given."),
]
WeightsFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=formats_of("number"),
        panel=OUTPUT,
        help="How the weights are written.",
    ),
]


def weights_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss weights``, in order: name -> (annotation, default)."""
    return {
        "files": (Files, None),
        **reading_options(),
        "classes": (Classes, None),
        "ignore_index": (IgnoreIndex, None),
        "scheme": (SchemeName, "balanced"),
        "beta": (Beta, None),
        "unseen": (Unseen, "error"),
        "format": (WeightsFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }
