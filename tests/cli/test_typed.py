"""What a type checker knows of the functions that programs call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

PROGRAM = """
from pathlib import Path

import numpy as np

from celoss_cli import CelossError, Partial, cross_entropy, partial

parts = [partial(path, "ce", label_smoothing=0.1, jobs=1) for path in ("a.csv", Path("b.csv"))]
reveal_type(parts[0])
reveal_type(parts[0] + parts[1])
reveal_type(sum(parts[1:], parts[0]))
reveal_type(parts[0].value)
reveal_type(parts[0].to_json())
reveal_type(Partial.from_json("{}"))
reveal_type(parts[0].report(on_empty="zero")["value"])
try:
    cross_entropy(np.zeros((2, 3)), np.zeros(2, np.int64))
except CelossError as error:
    print(error.exit_code)
"""

REVEALED = [
    "celoss_cli.cli.partials.Partial",
    "celoss_cli.cli.partials.Partial",
    "celoss_cli.cli.partials.Partial",
    "float",
    "str",
    "celoss_cli.cli.partials.Partial",
    "Any",
]

MISTAKES = """
partial(3)
partial("a.csv", 3)
partial("a.csv") + 1
partial("a.csv").valu
Partial.from_json(3)
partial("a.csv").report(on_empty="never")
"""


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_program_is_checked_strictly_against_the_functions(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM + MISTAKES)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary"]
    done = subprocess.run([*command, "program.py"], capture_output=True, text=True, check=False, cwd=tmp_path)
    said = done.stdout.splitlines()
    assert [line.split('"')[1] for line in said if "Revealed type is" in line] == REVEALED, done
    wrong = [int(line.split(":")[1]) for line in said if " error: " in line]
    first = PROGRAM.count("\n") + 2
    assert wrong == list(range(first, first + MISTAKES.strip().count("\n") + 1))
