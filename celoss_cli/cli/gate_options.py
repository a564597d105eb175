"""The options of the gate, each declared once as an Annotated alias, and the parsers of their values."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from celoss_cli.cli.options import Color, Debug, Format, Jobs, Json, Output, choice, real_file
from celoss_cli.core.errors import CelossError, quoted

__all__ = ["ExitZero", "Reports", "check_options", "gate_options", "limit"]

_GATE = "Checks: a limit that does not hold exits 1"


def limit(text: str) -> float:
    """A finite number of the one grammar that all input has."""
    from celoss_cli.read.text.numbers import number

    try:
        value = number(text)
    except CelossError as error:
        raise typer.BadParameter(error.fact) from None
    if math.isinf(value):
        raise typer.BadParameter(f"expected a finite number, got {quoted(text)}")
    return value


def _tolerance(text: str) -> float:
    value = limit(text)
    if value < 0:
        raise typer.BadParameter(f"expected a number that is not negative, got {quoted(text)}")
    return value


def _least(text: str) -> int:
    value = limit(text)
    if value != int(value) or value < 1:
        raise typer.BadParameter(f"expected a whole number from 1, got {quoted(text)}")
    return int(value)


def _increases(text: str) -> str:
    """Amounts and percentages between commas, as they stand."""
    for part in text.split(","):
        _tolerance(part.strip().removesuffix("%"))
    return text


def _group(text: str) -> str:
    """A limit, or a name and a limit, as it stands."""
    limit(text.rpartition("=")[2])
    return text


def _option(name: str, metavar: str | None, help: str, parser: Any = None) -> Any:
    return typer.Option(name, parser=parser, metavar=metavar, rich_help_panel=_GATE, help=help)


Max = Annotated[float | None, _option("--max", "X", "The loss is at most X.", limit)]
Min = Annotated[float | None, _option("--min", "X", "The loss is at least X.", limit)]
Expect = Annotated[float | None, _option("--expect", "X", "The loss is X, within atol + rtol * |X|.", limit)]
Atol = Annotated[
    float | None, _option("--atol", "A", "Absolute tolerance of --expect; 0 if not given.", _tolerance)
]
Rtol = Annotated[
    float | None, _option("--rtol", "R", "Relative tolerance of --expect; 0 if not given.", _tolerance)
]
BaselineFile = Annotated[
    str | None,
    _option("--baseline", "FILE", "The loss is not above that of an earlier result in JSON."),
]
MaxIncrease = Annotated[
    list[str] | None,
    _option(
        "--max-increase",
        "A|P%",
        "How far above the baseline it may be: 0.01, 1%, or both as 0.01,1%; 0 if not given.",
        _increases,
    ),
]
Require = Annotated[
    str | None,
    choice(
        "--require",
        choices=("all", "any"),
        panel=_GATE,
        help="Which of several --max-increase must hold; all if not given.",
    ),
]
MinCount = Annotated[int | None, _option("--min-count", "N", "At least N targets are counted.", _least)]
MaxGroup = Annotated[
    list[str] | None,
    _option(
        "--max-group",
        "[NAME=]X",
        "The mean of every group of --by, or of this one, is at most X; repeatable.",
        _group,
    ),
]
SaveBaseline = Annotated[
    str | None,
    _option("--save-baseline", "FILE", "Write the result as a baseline if every check passed.", real_file),
]
UpdateBaseline = Annotated[
    bool,
    _option("--update-baseline", None, "Replace the file of --baseline instead of comparing with it."),
]
ExitZero = Annotated[
    bool, _option("--exit-zero", None, "Exit 0 where a check failed; every other code stays.")
]
Reports = Annotated[
    list[str] | None,
    _option(
        "--report",
        "FORMAT=FILE",
        "Write the result in one more format; repeatable. With -o FILE, - is standard output.",
    ),
]

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="The checks to run; all of the config file if none is named."),
]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="Instead of the nearest celoss.toml or pyproject.toml."),
]
UpdateBaselines = Annotated[
    bool,
    typer.Option("--update-baselines", help="Replace the baselines instead of comparing with them."),
]


def check_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss check``, in order: name -> (annotation, default)."""
    return {
        "names": (Names, None),
        "config": (ConfigFile, None),
        "update_baselines": (UpdateBaselines, False),
        "exit_zero": (ExitZero, False),
        "report": (Reports, None),
        "format": (Format, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }


def gate_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of the gate, in order: name -> (annotation, default)."""
    return {
        "max": (Max, None),
        "min": (Min, None),
        "expect": (Expect, None),
        "atol": (Atol, None),
        "rtol": (Rtol, None),
        "baseline": (BaselineFile, None),
        "max_increase": (MaxIncrease, None),
        "require": (Require, None),
        "min_count": (MinCount, None),
        "max_group": (MaxGroup, None),
        "save_baseline": (SaveBaseline, None),
        "update_baseline": (UpdateBaseline, False),
        "exit_zero": (ExitZero, False),
        "report": (Reports, None),
    }
