"""The options of ``celoss explain``, each declared once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from celoss_cli.cli.options import OUTPUT, Color, Debug, Json, Output, choice
from celoss_cli.show import formats_of

__all__ = ["explain_options"]


def _names(incomplete: str) -> list[str]:
    from celoss_cli.studies.explain.explanations import explained_names

    return [name for name in explained_names() if name.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        autocompletion=_names,
        help="A loss (ce, cross_entropy) or the code of a finding (CEL101); all are listed if not given.",
    ),
]
ExplanationFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=formats_of(),
        panel=OUTPUT,
        help="How it is written.",
    ),
]


def explain_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss explain``, in order: name -> (annotation, default)."""
    return {
        "name": (Name, None),
        "format": (ExplanationFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "debug": (Debug, False),
    }
