"""The registry of output formats. It imports no NumPy, so that ``--help`` stays quick.

Adding a format is one line here and one module in this folder with a function
``render(document: Document, style: Style) -> Iterator[str]`` that computes nothing, see ``document``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.show.document import Document

__all__ = ["ARRAYS", "FORMATS", "FormatSpec", "Holds", "Style", "format_of_suffix", "formats_of", "suffixes"]

Holds = Literal["view", "values", "number", "records", "checks", "array"]
"""The parts of a document; a view and values are in every one."""


@record(frozen=True, slots=True)
class Style:
    """What a renderer may know of the place it writes to.

    Attributes:
        width: columns of the terminal, or None for as wide as the content is.
        color: whether colour is wanted.
        unicode: whether every character can be written.
        version: of celoss, for formats that say so.

    """

    width: int | None = None
    color: bool = False
    unicode: bool = True
    version: str = ""


@record(frozen=True, slots=True)
class FormatSpec:
    """An output format.

    Attributes:
        name: the value of ``--format``, and of the module within this folder.
        summary: one line of help.
        writes: the part of a document that it writes.
        every_row: whether it lists every element where the reduction is "none".
        workings: whether it shows steps.
        gradient: whether it shows the gradient; where it lists every element, that of every one.
        predictions: whether it lists with every element what was predicted.
        breakdown: whether it shows groups, quantiles and the largest losses.
        checks: whether it shows the verdicts of a gate.
        suffixes: the endings of names of files that are written so.

    """

    name: str
    summary: str
    writes: Holds
    every_row: bool = False
    workings: bool = False
    gradient: bool = False
    predictions: bool = False
    breakdown: bool = False
    checks: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def scores(self) -> bool:
        """Whether it shows scores beside the loss."""
        return self.writes in ("view", "values")

    def render(self, document: Document, style: Style) -> Iterator[Any]:
        """The document in pieces: of text, or of bytes for those of ``ARRAYS``."""
        pieces: Iterator[Any] = import_module(f"celoss_cli.show.{self.name}").render(document, style)
        return pieces


_PEOPLE = {"workings": True, "gradient": True, "breakdown": True, "checks": True}
_COMMENT = _PEOPLE | {"gradient": False}
_ELEMENTS = {"every_row": True, "gradient": True, "predictions": True}
_PROGRAMS = _ELEMENTS | {"breakdown": True, "checks": True}

FORMATS: dict[str, FormatSpec] = {
    spec.name: spec
    for spec in (
        FormatSpec("table", "every step, for people", "view", **_PEOPLE, suffixes=(".txt",)),
        FormatSpec("value", "the number alone", "number", every_row=True),
        FormatSpec("json", "the stable contract for programs", "values", **_PROGRAMS, suffixes=(".json",)),
        FormatSpec("jsonl", "one JSON object a line", "records", **_PROGRAMS, suffixes=(".jsonl", ".ndjson")),
        FormatSpec(
            "csv", "one line for each loss, or one for the result", "records", **_ELEMENTS, suffixes=(".csv",)
        ),
        FormatSpec("markdown", "a table for a comment or a document", "view", **_COMMENT, suffixes=(".md",)),
        FormatSpec("junit", "checks as test cases", "checks", checks=True, suffixes=(".xml",)),
        FormatSpec("github", "failed checks as annotations", "checks", checks=True),
        FormatSpec("html", "a page with every step", "view", **_PEOPLE, suffixes=(".html", ".htm")),
        FormatSpec("svg", "the table as a picture", "view", **_PEOPLE, suffixes=(".svg",)),
    )
}

ARRAYS: dict[str, FormatSpec] = {
    spec.name: spec
    for spec in (
        FormatSpec(
            "npy",
            "the losses of --reduction none, or with --grad the gradient, as a NumPy array",
            "array",
            every_row=True,
            gradient=True,
            suffixes=(".npy",),
        ),
        FormatSpec(
            "parquet",
            "the elements of --reduction none as a table",
            "records",
            **_ELEMENTS,
            suffixes=(".parquet",),
        ),
    )
}
"""Formats of bytes: files only, which are named by their ending."""


def formats_of(*holds: Holds) -> list[str]:
    """The names of the formats that write documents which hold these parts beside a view and values."""
    return [spec.name for spec in FORMATS.values() if spec.writes in ("view", "values", *holds)]


def suffixes(*names: str) -> list[str]:
    """The endings of files of these formats."""
    return [suffix for name in names for suffix in ({**FORMATS, **ARRAYS})[name].suffixes]


def format_of_suffix(path: str) -> FormatSpec | None:
    """The format that the name of a file says by its ending; None where it says none."""
    every = (*FORMATS.values(), *ARRAYS.values())
    return next((spec for spec in every if path.lower().endswith(spec.suffixes) and spec.suffixes), None)
