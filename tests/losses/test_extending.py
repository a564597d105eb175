"""docs/extend/loss.md: the loss that it adds is added, and its commands print what the page says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

pytestmark = [pytest.mark.subprocess, pytest.mark.slow]

PAGE = (ROOT / "docs/extend/loss.md").read_text(encoding="utf-8")
FILE, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(SESSION,) = re.findall(r"```text\n(\$.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^\$ celoss (.*)\n((?:(?!\$).*\n)*)", SESSION, re.MULTILINE)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has the loss of the page."""
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "celoss_cli"
    shutil.copytree(ROOT / "celoss_cli", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "losses" / "hinge_loss.py").write_text(FILE, encoding="utf-8")
    registry = package / "losses" / "__init__.py"
    known = registry.read_text(encoding="utf-8")
    registry.write_text(
        known.replace('    "kl": "kl_div",\n', f'    "kl": "kl_div",\n{LINE}', 1), encoding="utf-8"
    )
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program of that folder, on a terminal as wide as a line of the page may be."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "celoss_cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("command", "told"), COMMANDS)
def test_the_commands_of_the_page_print_what_it_says(extended: Path, command: str, told: str) -> None:
    found = run(extended, *shlex.split(command))
    assert (found.stdout + found.stderr).startswith(told.rstrip("\n"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-h",), "Hinge loss of scores, labels +1 and -1"),
        (("hinge", "--help"), "sklearn.metrics.hinge_loss"),
        (("explain", "hinge"), "Cortes and Vapnik 1995"),
        (("hinge", "--scores", "0.5,-2", "--targets", "1,-1", "--emit", "numpy"), "losses = np.clip(1.0 - "),
        (("hinge", "--scores", "0.5,-2", "--targets", "1,-1", "--grad"), "-y where the loss is positive"),
        (("hinge", "--scores", "0.5,-2", "--targets", "1,-1", "--json"), '"margin": 1.0'),
    ],
)
def test_what_a_loss_has_without_a_word_elsewhere(
    extended: Path, arguments: tuple[str, ...], told: str
) -> None:
    found = run(extended, *arguments)
    assert (found.returncode, found.stderr) == (0, "")
    assert told in found.stdout


def test_partial_results_and_the_function(extended: Path) -> None:
    data = "scores,target\n0.5,1\n-2,-1\n"
    (extended / "a.csv").write_text(data, encoding="utf-8")
    found = run(extended, "hinge", "a.csv", "--emit-partial", "a.json", "--format", "value")
    assert (found.stdout, found.returncode) == ("0.25\n", 0), found.stderr
    assert run(extended, "merge", "a.json", "--format", "value").stdout == "0.25\n"
    code = "import celoss_cli; print(celoss_cli.hinge_loss([0.5, -2.0], [1, -1]))"
    environment = {**os.environ, "PYTHONPATH": str(extended)}
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=extended,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout, found.stderr) == ("0.25\n", "")
