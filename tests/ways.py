"""Every way in which data reaches a loss, so that one case can be tried by all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import celoss_cli
from celoss_cli.cli.main import run
from celoss_cli.losses import LOSSES

__all__ = ["WAYS", "Case", "Verdict", "by_command"]

KEYS = {"logits": "logits", "log-probs": "log_probs", "probs": "probs", "scores": "scores"}
"""What JSON calls the input of a loss."""


@dataclass(frozen=True)
class Case:
    """Data as text, cell by cell, in the spelling of JSON.

    Attributes:
        x: the rows of the input.
        y: the target of each row; several where it has one for each class.
        options: semantics options as JSON values.
        loss: the command.
        flags: further options of the command line.

    """

    x: Sequence[Sequence[str]]
    y: Sequence[str | Sequence[str]]
    options: Mapping[str, Any] = field(default_factory=dict)
    loss: str = "ce"
    flags: Sequence[str] = ()


@dataclass(frozen=True)
class Verdict:
    """The exit code, what was said on standard error, the number and the report, if there are any."""

    code: int
    said: str
    value: float | None = None
    report: Mapping[str, Any] = field(default_factory=dict)


def cells(row: str | Sequence[str]) -> list[str]:
    return [row] if isinstance(row, str) else list(row)


def as_json(value: str | Sequence[Any]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(map(as_json, value))}]"


def option_flags(options: Mapping[str, Any]) -> list[str]:
    """The options of a case as the command line spells them."""

    def text(value: Any) -> str:
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    return [f"--{name.replace('_', '-')}={text(value)}" for name, value in options.items()]


def by_command(capfd: pytest.CaptureFixture[str], *arguments: str) -> Verdict:
    """Runs the command line in this process: once as a person, and where that went well as a program."""
    capfd.readouterr()
    code = int(run([*arguments, "--format=value"]))
    person = capfd.readouterr()
    if code:
        return Verdict(code, person.err)
    assert run([*arguments, "--json"]) == 0
    return Verdict(code, person.err, float(person.out), json.loads(capfd.readouterr().out))


def by_function(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    function = getattr(celoss_cli, LOSSES[case.loss].name)
    try:
        x, y = json.loads(as_json(case.x)), json.loads(as_json(case.y))
        value = function(x, np.array(y), **case.options)
    except celoss_cli.CelossError as error:
        return Verdict(error.exit_code, str(error))
    return Verdict(0, "", float(value))


def inline(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    values = ["-x", as_json(case.x), "-y", as_json(case.y)]
    return by_command(capfd, case.loss, *values, *option_flags(case.options), *case.flags)


def by_value_files(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    (folder / "x.json").write_text(as_json(case.x))
    (folder / "y.json").write_text(as_json(case.y))
    values = ["-x", f"@{folder}/x.json", "-y", f"@{folder}/y.json"]
    return by_command(capfd, case.loss, *values, *option_flags(case.options), *case.flags)


def by_csv(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    inputs = [f"logit_{name}" for name in "abcdefgh"[: len(case.x[0])]]
    wide = len(cells(case.y[0]))
    targets = ["target"] if wide == 1 else [f"t_{name}" for name in "abcdefgh"[:wide]]
    lines = [
        ",".join(cell.strip('"') for cell in (*x, *cells(y))) for x, y in zip(case.x, case.y, strict=False)
    ]
    path = folder / "data.csv"
    path.write_text("\n".join([",".join([*inputs, *targets]), *lines]) + "\n")
    columns = [] if wide == 1 else ["--target-column", "t_*"]
    return by_command(capfd, case.loss, str(path), *columns, *option_flags(case.options), *case.flags)


def by_json(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    key = KEYS[LOSSES[case.loss].takes]
    options = "".join(f', "{name}": {json.dumps(value)}' for name, value in case.options.items())
    path = folder / "data.json"
    path.write_text(f'{{"{key}": {as_json(case.x)}, "targets": {as_json(case.y)}{options}}}')
    return by_command(capfd, case.loss, str(path), *case.flags)


def by_json_lines(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> Verdict:
    key = KEYS[LOSSES[case.loss].takes]
    path = folder / "data.jsonl"
    rows = zip(case.x, case.y, strict=False)
    path.write_text("".join(f'{{"{key}": {as_json(x)}, "target": {as_json(y)}}}\n' for x, y in rows))
    return by_command(capfd, case.loss, str(path), *option_flags(case.options), *case.flags)


Way = Callable[[Case, Path, pytest.CaptureFixture[str]], Verdict]

WAYS: dict[str, Way] = {
    "function": by_function,
    "inline": inline,
    "value files": by_value_files,
    "csv": by_csv,
    "json": by_json,
    "json lines": by_json_lines,
}
