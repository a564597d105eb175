"""The options of ``celoss compare``, each declared once, and the parsers of their values."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from celoss_cli.cli.gate_options import ExitZero, Reports, limit
from celoss_cli.cli.options import (
    INPUT,
    OUTPUT,
    SEMANTIC,
    SEMANTICS,
    Base,
    Color,
    Debug,
    Jobs,
    Json,
    Output,
    choice,
    conventional_options,
    count,
    reading_options,
    text,
)
from celoss_cli.core.errors import quoted
from celoss_cli.losses import LOSSES
from celoss_cli.show import formats_of

__all__ = ["compare_options"]

_COMPARISON = "Comparison"


def _open_fraction(text: str) -> float:
    value = limit(text)
    if not 0 < value < 1:
        raise typer.BadParameter(f"expected a number between 0 and 1, got {quoted(text)}")
    return value


First = Annotated[str, typer.Argument(metavar="A", help="The first file; - is standard input.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The second file, of the same rows.")]
LossName = Annotated[
    str, choice("--loss", choices=LOSSES, panel=SEMANTICS, help="The loss, as its command is called.")
]
MeanReduction = Annotated[
    str | None,
    choice(
        "--reduction",
        choices=("mean", "batchmean"),
        panel=SEMANTICS,
        help="What the loss is divided by; mean if not given.",
    ),
]
GroupColumn = Annotated[
    str | None,
    text(
        "--group-column",
        metavar="NAME",
        panel=INPUT,
        help="Rows with one value of it are not independent: they are drawn together.",
    ),
]
AlignBy = Annotated[
    str | None,
    choice(
        "--align",
        choices=("id", "position"),
        panel=INPUT,
        help="How rows find each other; by id if not given and there are ids.",
    ),
]
Confidence = Annotated[
    float,
    typer.Option(
        "--confidence",
        parser=_open_fraction,
        metavar="PART",
        rich_help_panel=_COMPARISON,
        help="Of the interval, between 0 and 1.",
    ),
]
Resamples = Annotated[
    int,
    count(
        "--resamples",
        100,
        _COMPARISON,
        "Draws of the permutation test and of the bootstrap, at most 1000000.",
        most=1_000_000,
    ),
]
Seed = Annotated[int, count("--seed", 0, _COMPARISON, "Of the random draws.")]
Changes = Annotated[
    int, count("--worst", 0, _COMPARISON, "Show the K rows that lost most, and the K that gained most.")
]
MaxIncrease = Annotated[
    float | None,
    typer.Option(
        "--max-increase",
        parser=limit,
        metavar="X",
        rich_help_panel=_COMPARISON,
        help="Fail where the mean difference B - A is above X.",
    ),
]
NonInferior = Annotated[
    float | None,
    typer.Option(
        "--non-inferior",
        parser=limit,
        metavar="X",
        rich_help_panel=_COMPARISON,
        help="Fail where the upper end of the interval is above X.",
    ),
]
ComparisonFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=formats_of("number", "checks"),
        panel=OUTPUT,
        help="How the result is written.",
    ),
]


def compare_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss compare``, in order: name -> (annotation, default)."""
    needed = inspect.Parameter.empty
    return {
        "first": (First, needed),
        "second": (Second, needed),
        "loss": (LossName, needed),
        **reading_options(),
        "group_column": (GroupColumn, None),
        "align": (AlignBy, None),
        **conventional_options(),
        **SEMANTIC,
        "reduction": (MeanReduction, None),
        "base": (Base, "e"),
        "confidence": (Confidence, "0.95"),
        "resamples": (Resamples, "10000"),
        "seed": (Seed, "0"),
        "worst": (Changes, "5"),
        "max_increase": (MaxIncrease, None),
        "non_inferior": (NonInferior, None),
        "format": (ComparisonFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "report": (Reports, None),
        "exit_zero": (ExitZero, False),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }
