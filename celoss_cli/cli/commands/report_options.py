"""The options of ``celoss report``, each declared once."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from celoss_cli.cli.commands.compare_options import LossName
from celoss_cli.cli.gate_options import gate_options
from celoss_cli.cli.options import (
    OUTPUT,
    SEMANTIC,
    SEMANTICS,
    Base,
    By,
    Debug,
    Dtype,
    Grad,
    Jobs,
    OnEmpty,
    OneRow,
    Quantiles,
    Rows,
    Worst,
    choice,
    conventional_options,
    reading_options,
    real_file,
    text,
)

__all__ = ["report_options"]

DataFiles = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Data files, one data set in this order; - is standard input."),
]
PageFile = Annotated[
    str,
    text(
        "--output",
        "-o",
        metavar="FILE",
        panel=OUTPUT,
        parser=real_file,
        help="The page, whole or not at all.",
    ),
]
OneNumber = Annotated[
    str | None,
    choice(
        "--reduction",
        choices=("mean", "sum", "batchmean"),
        panel=SEMANTICS,
        help="How the losses become one number; mean if not given.",
    ),
]


def report_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss report``, in order: name -> (annotation, default)."""
    needed = inspect.Parameter.empty
    return {
        "files": (DataFiles, needed),
        "loss": (LossName, "ce"),
        "output": (PageFile, needed),
        **reading_options(),
        **SEMANTIC,
        **conventional_options(),
        "reduction": (OneNumber, None),
        "dtype": (Dtype, "float64"),
        "base": (Base, "e"),
        "on_empty": (OnEmpty, "error"),
        "rows": (Rows, None),
        "row": (OneRow, None),
        "worst": (Worst, "5"),
        "by": (By, None),
        "quantiles": (Quantiles, None),
        "grad": (Grad, False),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
        **gate_options(),
    }
