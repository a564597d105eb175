"""The options of ``celoss plot``, each declared once."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from celoss_cli.cli.options import (
    INPUT,
    OUTPUT,
    SEMANTIC,
    Base,
    Color,
    Debug,
    Dtype,
    Files,
    Jobs,
    choice,
    completion,
    conventional_options,
    count,
    one_of,
    output_file,
    reading_options,
    text,
)
from celoss_cli.losses import LOSSES

__all__ = ["FORMATS", "VALUES", "plot_options"]

_PICTURE = "Picture"

FORMATS = ("text", "png", "svg", "json", "csv")

VALUES = tuple(sorted({spec.takes for spec in LOSSES.values()}))
"""The options of inline values: each loss takes one of them."""

LossName = Annotated[
    str,
    typer.Argument(
        parser=one_of(LOSSES),
        autocompletion=completion(LOSSES),
        metavar="|".join(LOSSES),
        help="The loss, as its command is called.",
    ),
]
Kind = Annotated[
    str,
    choice(
        "--kind",
        choices=("curve", "histogram", "classes", "reliability"),
        panel=_PICTURE,
        help="curve: the loss against the prediction, with the rows of the data on it. histogram: how the "
        "losses are spread. classes: the mean loss of each class. reliability: how often predictions of like "
        "confidence came true, with the expected calibration error.",
    ),
]
Rows = Annotated[
    int | None, count("--rows", 0, _PICTURE, "Mark the first N rows on a curve; 1000 if not given.")
]
Bins = Annotated[
    int | None,
    count("--bins", 2, _PICTURE, "Of reliability, 15 if not given; at most so many of a histogram, 20."),
]
Values = Annotated[
    str | None,
    text("-x", metavar="VALUES", panel=INPUT, help="The values inline, under a name that fits every loss."),
]
PictureFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=FORMATS,
        panel=OUTPUT,
        help="By the file's ending if not given, else text; json and csv write the numbers of the picture.",
    ),
]
PictureFile = Annotated[
    str | None,
    text(
        "--output",
        "-o",
        metavar="FILE",
        panel=OUTPUT,
        parser=output_file,
        help="Draw into a .png or .svg (with the extra plot), or write .txt, .json or .csv.",
    ),
]


def plot_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss plot``, in order: name -> (annotation, default)."""
    return {
        "loss": (LossName, inspect.Parameter.empty),
        "files": (Files, None),
        "kind": (Kind, "curve"),
        "rows": (Rows, None),
        "bins": (Bins, None),
        "values": (Values, None),
        **{name.replace("-", "_"): (_inline(name), None) for name in VALUES},
        **reading_options(),
        **SEMANTIC,
        **conventional_options(),
        "dtype": (Dtype, "float64"),
        "base": (Base, "e"),
        "written": (PictureFormat, None),
        "output": (PictureFile, None),
        "color": (Color, "auto"),
        "jobs": (Jobs, None),
        "debug": (Debug, False),
    }


def _inline(name: str) -> Any:
    losses = ", ".join(spec.command for spec in LOSSES.values() if spec.takes == name)
    return Annotated[
        str | None,
        text(f"--{name}", metavar="VALUES", panel=INPUT, help=f"The values of {losses} inline, or @FILE."),
    ]
