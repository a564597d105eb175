"""The page of the input formats and of the columns, from the registries that the readers use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from celoss_cli.read import SOURCES
from celoss_cli.read.roles import keys, words
from generator.markdown import code, prose, table

__all__ = ["pages"]

_TEXT = Path(__file__).with_name("inputs.txt")


def pages() -> Iterator[tuple[str, str]]:
    """The one page: text of our own with the tables put in."""
    text = _TEXT.read_text(encoding="utf-8")
    yield "docs/reference/input.md", text.format(**_tables())


def _tables() -> dict[str, str]:
    return {"formats": _formats(), "columns": _columns(), "keys": _keys()}


def _formats() -> str:
    rows = (
        (code(spec.name), ", ".join(map(code, spec.suffixes)), prose(spec.summary))
        for spec in SOURCES.values()
    )
    return table(["`--input-format`", "file names end in", "is"], rows).rstrip()


def _columns() -> str:
    kinds = (
        ("predictions", words.PREDICTING, "--class-columns"),
        ("targets", words._TARGETS, "--target-column"),
        ("ids of the rows", words._KEYS, "--id-column"),
        ("weights of the rows", words._WEIGHTS, "--weight-column"),
        ("how a row was made", words._RECORDS, ""),
        ("statistics of a prediction", words._STATISTICS, ""),
    )
    rows = (
        (kind, ", ".join(map(code, sorted(names))), code(option) if option else "")
        for kind, names, option in kinds
    )
    return table(["kind", "names and words of names, in any case", "option that settles it"], rows).rstrip()


def _keys() -> str:
    roles = (
        ("input", keys.INPUT_KEYS, "--class-columns"),
        ("targets", sorted(keys.TARGET_NAMES), "--target-column"),
        ("ids of the rows", keys.ID_KEYS, "--id-column"),
        ("weights of the rows", keys.WEIGHT_KEYS, "--weight-column"),
    )
    rows = ((role, ", ".join(map(code, names)), code(option)) for role, names, option in roles)
    return table(["role", "names, in any case", "option that settles it"], rows).rstrip()
