"""The examples run as they are and give the numbers written beside them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import EXAMPLES


@pytest.mark.slow
@pytest.mark.subprocess
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


# ------------------------------------------------------------------------------------ examples/ci

CI = EXAMPLES / "ci"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, so that nothing is written into the original."""
    copy = tmp_path / "project"
    shutil.copytree(CI, copy)
    monkeypatch.chdir(copy)
    return copy


def celoss(line: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of the example as its shell would, with celoss in the path or not."""
    command = line.replace("celoss check", f"{sys.executable} -m celoss_cli check")
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)


def make(target: str) -> int:
    command = ["make", target, f"CELOSS={sys.executable} -m celoss_cli"]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.subprocess
def test_the_checks_of_the_example_pass(project: Path) -> None:
    done = celoss("celoss check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("\n2 checks: 2 passed\n")


@pytest.mark.subprocess
def test_the_run_that_must_fail_exits_1(project: Path) -> None:
    done = celoss("celoss check --config must-fail.toml")
    assert done.returncode == 1, done.stderr
    assert "FAIL" in done.stdout


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_targets_of_the_makefile_do_what_they_say(project: Path) -> None:
    assert [make("check"), make("must-fail")] == [0, 0]
    kept = (project / "baselines/validation.json").read_text()
    (project / "predictions/validation-1.csv").write_text("cat,dog,bird,target\n0,0,1,cat\n")
    assert make("check") != 0
    assert make("baselines") != 0  # the new data breaks limits that are no baseline
    assert (project / "baselines/validation.json").read_text() != kept


@pytest.mark.subprocess
def test_the_baseline_of_the_example_is_what_celoss_writes(project: Path) -> None:
    kept = (project / "baselines/validation.json").read_text()
    assert celoss("celoss check validation --update-baselines").returncode == 0
    assert (project / "baselines/validation.json").read_text() == kept


@pytest.mark.subprocess
def test_the_workflow_runs_a_command_that_works(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    (line,) = re.findall(
        r"^ +run: (celoss check .*)$", (project / "github-actions.yml").read_text(), re.MULTILINE
    )
    done = celoss(line)
    assert done.returncode == 0, done.stderr
    for name in ("junit.xml", "checks.md", "summary.md"):
        assert (project / name).stat().st_size > 0
        assert name == "summary.md" or name in (project / "github-actions.yml").read_text()


def test_the_workflow_and_the_hook_are_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((CI / "github-actions.yml").read_text())
    steps = workflow["jobs"]["celoss"]["steps"]
    assert all({"uses", "run"} & set(step) for step in steps)
    (hook,) = yaml.safe_load((CI / ".pre-commit-hooks.yaml").read_text())
    assert (hook["entry"], hook["pass_filenames"]) == ("celoss check", False)
    assert {"id", "name", "entry", "language"} <= set(hook)
    for path in ("celoss.toml", "sub/celoss.toml", "p.csv", "a/b.jsonl", "x.json", "y.npz"):
        assert re.search(hook["files"], path)
    assert not re.search(hook["files"], "notes.md")
