"""The examples run as they are and give the numbers written beside them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_worked_cases_give_the_numbers_beside_them() -> None:
    script = EXAMPLES / "worked_cases.sh"
    expected = re.findall(r"--format value.*# (-?[0-9.]+)$", script.read_text(), re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(script)], capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [f"{float(line):.4f}" for line in done.stdout.split()] == expected
    assert len(expected) >= 13
