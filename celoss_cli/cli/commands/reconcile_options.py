"""The options of ``celoss reconcile``."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

from celoss_cli.cli.options import (
    INPUT,
    OUTPUT,
    SEMANTIC,
    Color,
    Debug,
    Files,
    Json,
    Output,
    choice,
    count,
    reading_options,
    text,
)
from celoss_cli.losses.conventions import INPUT_KINDS
from celoss_cli.show import formats_of

__all__ = ["reconcile_options"]

_SEARCH = "Search"

Got = Annotated[
    str,
    text("--got", metavar="VALUE", panel=_SEARCH, help="The number to be explained, with all of its digits."),
]
MaxDeviations = Annotated[
    str | None,
    choice(
        "--max-deviations",
        choices=("0", "1", "2", "3"),
        panel=_SEARCH,
        help="How many deviations are combined; 2 if not given, 1 of large data.",
    ),
]
MaxShown = Annotated[int, count("--max-shown", 1, _SEARCH, "Show the N simplest explanations.")]
Values = Annotated[
    str | None,
    text("--input", "-x", metavar="VALUES", panel=INPUT, help="The input inline, as 1,2;3,4, or @FILE."),
]
InputIs = Annotated[
    str | None,
    choice(
        "--input-is",
        choices=INPUT_KINDS,
        panel=INPUT,
        help="What the input is known to be; anything else is then a deviation.",
    ),
]
ReconciliationFormat = Annotated[
    str | None,
    choice(
        "--format",
        choices=formats_of(),
        panel=OUTPUT,
        help="How the result is written.",
    ),
]


def reconcile_options() -> dict[str, tuple[Any, Any]]:
    """The parameters of ``celoss reconcile``, in order: name -> (annotation, default)."""
    semantic = {name: found for name, found in SEMANTIC.items() if name in _GIVEN}
    reading = reading_options()
    del reading["allow_out_of_domain"]  # nothing is refused for its domain
    return {
        "files": (Files, None),
        "got": (Got, inspect.Parameter.empty),
        "input": (Values, None),
        "input_is": (InputIs, None),
        **reading,
        **semantic,
        "max_deviations": (MaxDeviations, None),
        "max_shown": (MaxShown, "5"),
        "format": (ReconciliationFormat, None),
        "json": (Json, False),
        "output": (Output, None),
        "color": (Color, "auto"),
        "debug": (Debug, False),
    }


_GIVEN = ("weight", "pos_weight", "ignore_index", "label_smoothing")
"""The semantics that the number may have been computed with."""
