"""Arrays in files: the code loads them and moves their axes to where the loss has them."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Any

from celoss_cli.core.records import record
from celoss_cli.studies.emit.literals import string
from celoss_cli.studies.emit.problem import DataCode, Values
from celoss_cli.studies.emit.reading import Reading, kind_of, opened, opening

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report
    from celoss_cli.studies.emit.kept import Kept

__all__ = ["array_code"]

_ONE_HOT = "one-hot rows of integers read as class indices"
_RESHAPED = "targets of shape "


@record(slots=True)
class _Loaded:
    """Expressions of arrays as the files have them, and the statements they need."""

    input: str = ""
    target: str = ""
    weight: str | None = None
    imports: set[str] = field(default_factory=lambda: {"import numpy as np"})
    lines: list[str] = field(default_factory=list)

    def json(self, path: str, name: str) -> None:
        """Reads a JSON document into a variable."""
        imports, expression = opening(path, string(path))
        self.imports |= {"import json", *imports}
        self.lines += [f"with {expression} as file:", f"    {name} = json.load(file)"]

    def array(self, text: str, name: str) -> str:
        """The expression for ``@path``, or "" where a few lines do not read it."""
        path = text.removeprefix("@")
        kind = kind_of(path) if path != text else None
        if kind == "npy" and not path.endswith(".gz"):
            return f"np.load({string(path)})"
        if kind == "json" and isinstance(_document(path), list):
            self.json(path, name)
            return f"np.array({name})"
        return ""


def array_code(reading: Reading, report: Report, loss: Loss, kept: Kept) -> DataCode | None:
    """The code for arrays in NPY, NPZ or JSON files, or None for any other data."""
    found = _loaded(reading, report)
    if not (found.input and found.target) or kept.first is None:
        return None
    indices = loss.per_class and loss.canonical(kept.first).target.ndim == 2
    return DataCode(
        input=Values(_on_axis(found.input, reading.class_axis)),
        target=Values(_target(found.target, reading, report, kept), indices=indices),
        sample_weight=None if found.weight is None else Values(found.weight),
        imports=tuple(found.imports),
        lines=tuple(found.lines),
    )


def _on_axis(values: str, axis: int | None) -> str:
    return values if axis in (None, 1) else f"np.moveaxis({values}, {axis}, 1)"


def _target(values: str, reading: Reading, report: Report, kept: Kept) -> str:
    """The targets in the shape that the loss takes, as celoss has brought them to it."""
    assert kept.first is not None  # noqa: S101 - for the type checker
    said = report.source["conversions"]
    if kept.first.target.shape == kept.first.input.shape:
        values = _on_axis(values, reading.class_axis)
    if _ONE_HOT in said:
        values = f"{values}.argmax(axis=1)"
    if any(text.startswith(_RESHAPED) for text in said):
        shape = (report.tally.rows, *kept.first.target.shape[1:])
        values = f"{values}.reshape({', '.join(map(str, shape))})"
    return values


def _loaded(reading: Reading, report: Report) -> _Loaded:
    found = _Loaded()
    if reading.input is None and len(reading.files) != 1:
        return found
    if reading.input is not None or reading.target is not None:
        found.input = found.array(reading.input or f"@{reading.files[0]}", "values")
        found.target = found.array(reading.target or "", "answers")
        return found
    (path,) = reading.files
    kind, columns = kind_of(path, reading.input_format), report.source["columns"]
    if kind == "npz" and not path.endswith(".gz"):
        found.lines.append(f"data = np.load({string(path)})")
        before, after = "data[", "]"
    elif kind == "json" and isinstance(_document(path), dict):
        found.json(path, "data")
        before, after = "np.array(data[", "])"
    else:
        return found
    found.input = f"{before}{string(columns['inputs'][0])}{after}"
    found.target = f"{before}{string(columns['target'])}{after}"
    if columns["weight"] is not None:
        found.weight = f"{before}{string(columns['weight'])}{after}"
    return found


def _document(path: str) -> Any:
    with opened(path) as file:
        return json.load(file)
