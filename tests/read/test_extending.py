"""docs/extend/format.md: the format that it adds is added, and its commands print what the page says."""

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

PAGE = (ROOT / "docs/extend/format.md").read_text(encoding="utf-8")
(MODULE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(LINE,) = re.findall(r"^\+(.*\n)", PAGE, re.MULTILINE)
(SESSION,) = re.findall(r"```text\n(\$.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^\$ celoss (.*)\n((?:(?!\$).*\n)*)", SESSION, re.MULTILINE)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has the format of the page, and with data in it."""
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "celoss_cli"
    shutil.copytree(ROOT / "celoss_cli", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "read" / "json" / "compact.py").write_text(MODULE, encoding="utf-8")
    registry = package / "read" / "__init__.py"
    known = registry.read_text(encoding="utf-8")
    added = re.sub(r'( *SourceSpec\("npy")', lambda found: f"{LINE}{found[1]}", known, count=1)
    assert added != known
    registry.write_text(
        added.replace('"jsonl", "parquet"', '"jsonl", "compact", "parquet"'), encoding="utf-8"
    )
    (folder / "rows.jcompact").write_text('["p_a","p_b","target"]\n[0.5,0.5,0]\n[0.2,0.8,1]\n')
    (folder / "short.jcompact").write_text('["p_a","p_b","target"]\n[0.5,0.5]\n')
    (folder / "truth.jcompact").write_text('["target"]\n[0]\n[1]\n')
    return folder


def run(folder: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    command, _, data = arguments.partition(" < ")
    return subprocess.run(
        [sys.executable, "-m", "celoss_cli", *shlex.split(command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        input=(folder / data).read_text() if data else "",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("command", "told"), COMMANDS)
def test_the_commands_of_the_page_print_what_it_says(extended: Path, command: str, told: str) -> None:
    found = run(extended, command)
    assert found.stdout + found.stderr == told


def test_the_format_is_known_wherever_formats_are(extended: Path) -> None:
    assert "compact" in run(extended, "ce --help").stdout
    found = run(extended, "ce rows.jcompact --targets @truth.jcompact --format value")
    assert found.stdout == "0.5653175655229155\n", found.stderr
