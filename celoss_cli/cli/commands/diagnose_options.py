"""The options of ``celoss diagnose``, each declared once, and the parsers of their values."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from celoss_cli.cli.options import (
    OUTPUT,
    SEMANTIC,
    SEMANTICS,
    Base,
    Color,
    Debug,
    Dtype,
    Files,
    Jobs,
    Json,
    Output,
    choice,
    conventional_options,
    reading_options,
)
from celoss_cli.losses import LOSSES
from celoss_cli.show import formats_of

__all__ = ["diagnose_options"]

_DIAGNOSIS = "Diagnosis"


def _codes(text: str) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in text.split(","))


def _code_list(name: str, help: str) -> Any:
    return typer.Option(name, parser=_codes, metavar="CODE,...", rich_help_panel=_DIAGNOSIS, help=help)


LossName = Annotated[
    str, choice("--loss", choices=LOSSES, panel=SEMANTICS, help="The loss, as its command is called.")
]
Select = Annotated[
    str | None, _code_list("--select", "Only these findings; CEL1 stands for all that begin so.")
]
Ignore = Annotated[str | None, _code_list("--ignore", "Not these findings.")]
FailOn = Annotated[
    str | None,
    choice(
        "--fail-on",
        choices=("error", "warning", "note"),
        panel=_DIAGNOSIS,
        help="Exit 1 where something of this severity, or a worse one, is found.",
    ),
]
DiagnosisFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=formats_of(),
        panel=OUTPUT,
        help="How the result is written.",
    ),
]


def diagnose_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss diagnose``, in order: name -> (annotation, default)."""
    reading = reading_options()
    del reading["allow_nonfinite"], reading["allow_out_of_domain"]  # looking at such values is the point
    return {
        "files": (Files, None),
        "loss": (LossName, "ce"),
        **reading,
        **SEMANTIC,
        **conventional_options(),
        "dtype": (Dtype, "float64"),
        "base": (Base, "e"),
        "select": (Select, None),
        "ignore": (Ignore, None),
        "fail_on": (FailOn, None),
        "format": (DiagnosisFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }
