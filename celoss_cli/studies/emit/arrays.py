"""Arrays in files: the code loads them and moves their axes to where the loss has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celoss_cli.losses.base import ONE_HOT_READ
from celoss_cli.read.roles.targets import BY_NAME
from celoss_cli.studies.emit.literals import DataCode, Values, string
from celoss_cli.studies.emit.reading import RESHAPED, Reading, kind_of, opened, opening

if TYPE_CHECKING:
    from celoss_cli.losses.base import Loss
    from celoss_cli.report.report import Report
    from celoss_cli.studies.emit.kept import Kept

__all__ = ["array_code"]


class _Code:
    """The imports and statements that the expressions of arrays need."""

    def __init__(self) -> None:
        self.imports = ["import numpy as np"]
        self.lines: list[str] = []

    def document(self, path: str, name: str) -> None:
        """Reads a JSON document into a variable."""
        imports, expression = opening(path, string(path))
        self.imports += ["import json", *imports]
        self.lines += [f"with {expression} as file:", f"    {name} = json.load(file)"]

    def array(self, text: str, name: str) -> str:
        """The expression for ``@path``, or "" where a few lines do not read it."""
        path = text.removeprefix("@")
        kind = kind_of(path) if path != text else None
        if kind == "npy" and not path.endswith(".gz"):
            return f"np.load({string(path)})"
        if kind == "json" and _holds_numbers(_document(path)):
            self.document(path, name)
            return f"np.array({name})"
        return ""

    def named(self, path: str, chosen: str | None, names: Sequence[str]) -> str:
        """The expression for an array of the file by its name, as a template; "" where it lacks a name."""
        kind = kind_of(path, chosen)
        if kind == "npz" and not path.endswith(".gz"):
            self.lines.append(f"data = np.load({string(path)})")
            return "data[{}]"
        found = _document(path) if kind == "json" else None
        if isinstance(found, dict) and all(_holds_numbers(found.get(name)) for name in names):
            self.document(path, "data")
            return "np.array(data[{}])"
        return ""


def array_code(reading: Reading, report: Report, loss: Loss, kept: Kept) -> DataCode | None:
    """The code for arrays in NPY, NPZ or JSON files, or None for any other data."""
    code, weight = _Code(), None
    if reading.input is None and len(reading.files) != 1:
        return None
    if reading.input is not None or reading.target is not None:
        input = code.array(reading.input or f"@{reading.files[0]}", "values")
        target = code.array(reading.target or "", "answers")
    else:
        columns = report.source["columns"]
        inputs, target_names, weights = map(_names, (columns["inputs"], columns["target"], columns["weight"]))
        template = code.named(reading.files[0], reading.input_format, [*inputs, *target_names, *weights])
        input, target = _stacked(template, inputs), _stacked(template, target_names)
        weight = Values(_stacked(template, weights)) if weights else None
    if not (input and target) or kept.first is None or BY_NAME in report.source["conversions"]:
        return None
    indices = loss.per_class and loss.canonical(kept.first).target.ndim == 2
    return DataCode(
        input=Values(_on_axis(input, reading.class_axis)),
        target=Values(_target(target, reading, report, kept), indices=indices),
        sample_weight=weight,
        imports=tuple(code.imports),
        lines=tuple(code.lines),
    )


def _names(role: str | Sequence[str] | None) -> list[str]:
    """The arrays that have a role."""
    return [] if role is None else [role] if isinstance(role, str) else list(role)


def _stacked(template: str, names: Sequence[str]) -> str:
    """An array of the file, or several that are its columns side by side."""
    each = [template.format(string(name)) for name in names]
    return each[0] if len(each) == 1 or not template else f"np.stack([{', '.join(each)}], axis=1)"


def _on_axis(values: str, axis: int | None) -> str:
    return values if axis in (None, 1) else f"np.moveaxis({values}, {axis}, 1)"


def _target(values: str, reading: Reading, report: Report, kept: Kept) -> str:
    """The targets in the shape that the loss takes, as celoss has brought them to it."""
    assert kept.first is not None  # noqa: S101 - for the type checker
    said = report.source["conversions"]
    if kept.first.target.shape == kept.first.input.shape:
        values = _on_axis(values, reading.class_axis)
    if ONE_HOT_READ in said:
        values = f"{values}.argmax(axis=1)"
    if any(text.startswith(RESHAPED) for text in said):
        shape = (report.tally.rows, *kept.first.target.shape[1:])
        values = f"{values}.reshape({', '.join(map(str, shape))})"
    return values


def _holds_numbers(values: Any) -> bool:
    """Whether values of JSON are an array, by the first of them."""
    if not isinstance(values, list):
        return False
    while isinstance(values, list) and values:
        values = values[0]
    return isinstance(values, int | float)


def _document(path: str) -> Any:
    with opened(path) as file:
        return json.load(file)
