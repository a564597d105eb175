"""docs/extend: the format and the finding of the pages are added, and their commands print what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import EXAMPLES, ROOT

PAGES = {
    "output-format": ("show/prometheus.py", "show/__init__.py", '        FormatSpec("junit"'),
    "finding": ("findings/size.py", "findings/__init__.py", '        Rule("CEL301"'),
}
"""The file that a page writes, the registry, and what stands behind the line that it adds there."""

FEW = "logit_cat,logit_dog,logit_bird,target\n2,-1,0.5,cat\n-1,3,0.5,dog\n"

pytestmark = [pytest.mark.subprocess, pytest.mark.slow]


def text_of(page: str) -> str:
    return (ROOT / "docs" / "extend" / f"{page}.md").read_text(encoding="utf-8")


def commands_of(page: str) -> list[tuple[str, str, str]]:
    (session,) = re.findall(r"```text\n(\$.*?)```", text_of(page), re.DOTALL)
    return [
        (page, *found) for found in re.findall(r"^\$ celoss (.*)\n((?:(?!\$).*\n)*)", session, re.MULTILINE)
    ]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package that has what the pages add."""
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "celoss_cli"
    shutil.copytree(ROOT / "celoss_cli", package, ignore=shutil.ignore_patterns("__pycache__"))
    for page, (file, registry, before) in PAGES.items():
        (written,) = re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)
        (line,) = re.findall(r"```diff\n\+(.*?)```", text_of(page), re.DOTALL)
        (package / file).write_text(written, encoding="utf-8")
        known = (package / registry).read_text(encoding="utf-8")
        assert known.count(before) == 1
        (package / registry).write_text(known.replace(before, f"{line}{before}"), encoding="utf-8")
    shutil.copy(EXAMPLES / "preds.csv", folder)
    (folder / "few.csv").write_text(FEW, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "celoss_cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("page", "command", "told"), [one for page in PAGES for one in commands_of(page)])
def test_the_commands_of_a_page_print_what_it_says(
    extended: Path, page: str, command: str, told: str
) -> None:
    found = run(extended, *shlex.split(command))
    printed = iter((found.stdout + found.stderr).splitlines())
    for line in told.splitlines():
        assert any(shown.startswith(line) for shown in printed), f"{line} in {found.stdout}{found.stderr}"


def test_a_format_is_in_the_help_and_refused_where_a_result_has_no_such_part(extended: Path) -> None:
    assert "prometheus" in run(extended, "ce", "--help").stdout
    assert "celoss_rows" in run(extended, "diagnose", "preds.csv", "--format", "prometheus").stdout


def test_a_finding_is_in_json_on_the_page_and_in_the_list(extended: Path) -> None:
    assert '"code": "CEL299"' in run(extended, "diagnose", "few.csv", "--json").stdout
    assert run(extended, "report", "few.csv", "-o", "page.html").returncode == 0
    assert "Score more rows" in (extended / "page.html").read_text(encoding="utf-8")
    assert "CEL299" in run(extended, "explain").stdout
