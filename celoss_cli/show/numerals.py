"""How numbers and names are written, and the numbers of records in JSON, once for all formats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import plural, quoted, visible

if TYPE_CHECKING:
    from celoss_cli.evaluate.workings import Row

__all__ = [
    "aligned",
    "attributes",
    "class_name",
    "exact",
    "extents",
    "measured",
    "nonfinite",
    "of_unit",
    "percent",
    "row_name",
    "short",
    "shortened",
    "target_name",
]

_SHORT = 8
_NOISE = 1e-14
"""A difference of this size is a rounding error, as in 0.1 - 0.7 = -0.6000000000000001."""


def exact(value: float) -> str:
    """The shortest digits that read back as the same double."""
    return repr(float(value))


def measured(number: str, unit: str) -> str:
    """A number with its unit, where there is one."""
    return f"{number} {unit}" if unit else number


def of_unit(what: str, unit: str) -> str:
    """What numbers are, with their unit where there is one: "loss, nats"."""
    return f"{what}, {unit}" if unit else what


def short(value: Any) -> str:
    """A number for a table: as it is where that is short, else six decimals or six digits.

    The zeros at the end of a rounded number stay, for they say how far it was rounded; those of a
    number that six decimals write but for a rounding error go.
    """
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    digits = repr(number).removesuffix(".0")
    if digits == "-0":
        return "0"
    if len(digits) <= _SHORT and "e" not in digits:
        return digits
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    if 1e-4 <= abs(number) < 1e9:
        decimals = f"{number:.6f}"
        whole = abs(number - float(decimals)) <= _NOISE * max(1.0, abs(number))
        return decimals.rstrip("0").rstrip(".") if whole else decimals
    mantissa, _, exponent = f"{number:.5e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


def aligned(cells: Sequence[str], least: int = 0) -> list[str]:
    """The cells of a column, all of one width and at least of this one, with their points in line."""
    decimals = [len(cell) - cell.index(".") if "." in cell else 0 for cell in cells]
    padded = [cell + " " * (max(decimals) - length) for cell, length in zip(cells, decimals, strict=True)]
    width = max(least, *map(len, padded))
    return [cell.rjust(width) for cell in padded]


def percent(part: float, decimals: int) -> str:
    """A part of a whole; of an infinite whole, and of none, there are no parts."""
    return f"{100 * part:.{decimals}f}%" if math.isfinite(part) else "-"


def nonfinite(value: float | None) -> str | None:
    """The text "nan", "inf" or "-inf" for a value that JSON has no number for, else None."""
    return None if value is None or math.isfinite(value) else str(value)


def extents(rows: int, classes: int | None) -> str:
    """The text "3 rows x 2 classes", of data without classes "3 rows"."""
    return plural(rows, "row") + ("" if classes is None else f" x {plural(classes, 'class')}")


def attributes(value: object, *names: str) -> dict[str, Any]:
    """The attributes of a value by these names, as members of an object of JSON."""
    return {name: getattr(value, name) for name in names}


def row_name(row: Row) -> str:
    """The text "17" or, for one of several elements of a row, "17 [2, 5]"."""
    index = f" [{', '.join(map(str, row.index))}]" if row.index else ""
    return f"{row.row}{index}"


def target_name(row: Row, labels: Sequence[str] | None) -> str:
    """The target with the name of its class, or the probabilities."""
    if isinstance(row.target, str):
        return quoted(row.target)
    if isinstance(row.target, tuple):
        return (
            f"[{', '.join(map(short, row.target))}]"
            if len(row.target) <= 4
            else f"{len(row.target)} probabilities"
        )
    if isinstance(row.target, int):
        name = class_name(row.target, labels)
        return f"{row.target} {name}" if name else str(row.target)
    return short(row.target)


def shortened(text: str, width: int) -> str:
    """A text of at most so many columns, its middle left out where it is longer.

    >>> shortened("/data/runs/2024/fold-3/predictions.csv", 16)
    '/data/ru…ons.csv'

    """
    if text.isascii():
        if len(text) <= width:
            return text
        return f"{text[: width // 2]}…{text[len(text) - (width - 1) // 2 :]}"
    from rich.cells import cell_len, set_cell_size  # most names are ASCII

    if cell_len(text) <= width:
        return text
    end = set_cell_size(text[::-1], (width - 1) // 2)[::-1]
    return f"{set_cell_size(text, width // 2)}…{end}"


def class_name(index: int, labels: Sequence[str] | None) -> str:
    """The name of a class where it has one that says more than its number."""
    if labels is None or not 0 <= index < len(labels) or labels[index] == str(index):
        return ""
    return visible(labels[index])
