"""The recipes at the repository's root: the action's steps run by bash, the hook, the image."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from paths import EXAMPLES

ROOT = EXAMPLES.parent


def yaml_of(name: str) -> Any:
    return pytest.importorskip("yaml").safe_load((ROOT / name).read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------------------- the action


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A project and the folders that a runner gives to an action."""
    shutil.copytree(EXAMPLES / "ci", tmp_path / "project")
    return tmp_path


def step(at: int, runner: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as the runner does: bash stops at the first command that fails."""
    action = yaml_of("action.yml")
    found = action["runs"]["steps"][at]
    given = {name: inputs.get(name, declared["default"]) for name, declared in action["inputs"].items()}
    named = {
        name: given[re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", text)[1]]  # type: ignore[index]
        for name, text in found["env"].items()
    }
    environment = {
        **os.environ,
        **named,
        "RUNNER_TEMP": str(runner / "temp"),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
        "PATH": f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]]
    return subprocess.run(
        command, cwd=runner / "project", env=environment, capture_output=True, text=True, check=False
    )


def installed(runner: Path) -> None:
    """Celoss where the first step puts it."""
    folder = runner / "temp/celoss/bin"
    folder.mkdir(parents=True)
    program = folder / "celoss"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m celoss_cli "$@"\n')
    program.chmod(0o755)


@pytest.mark.subprocess
def test_the_action_runs_the_checks_and_writes_reports_and_the_summary(runner: Path) -> None:
    installed(runner)
    done = step(1, runner, reports="junit=checks.xml\nmarkdown=checks.md\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("2 checks: 2 passed\n")
    assert (runner / "summary.md").read_text().startswith("**celoss**: 2 checks: 2 passed")
    assert ElementTree.parse(runner / "project/checks.xml").getroot().get("failures") == "0"  # noqa: S314


@pytest.mark.subprocess
def test_the_action_fails_where_a_check_does_and_annotates_its_file(runner: Path) -> None:
    installed(runner)
    done = step(1, runner, config="must-fail.toml")
    assert done.returncode == 1
    assert "::error file=must-fail.toml,title=celoss%3A regressed" in done.stdout


@pytest.mark.subprocess
def test_the_action_takes_files_and_a_loss_instead_of_a_config(runner: Path) -> None:
    installed(runner)
    files = "predictions/validation-1.csv\npredictions/validation-2.csv\n"
    done = step(1, runner, files=files, loss="ce --max 0.4 --min-count 8")
    assert done.returncode == 0, done.stderr
    done = step(1, runner, files=files, loss="ce --max 0.1")
    assert done.returncode == 1
    assert "::error file=predictions/validation-1.csv,title=" in done.stdout


@pytest.mark.subprocess
def test_the_action_installs_from_its_own_checkout(runner: Path) -> None:
    (runner / "bin").mkdir()
    python = runner / "bin/python3"  # makes no environment, and writes down what it is asked for
    python.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"\nprintf \'#!/bin/sh\\necho "$@"\\n\' >"$3/bin/python"\n'
        'chmod +x "$3/bin/python"\n'
    )
    python.chmod(0o755)
    assert step(0, runner).stdout.split() == ["-m", "pip", "install", "--quiet", str(ROOT)]
    assert step(0, runner, extras="fast,excel").stdout.split()[-1] == f"{ROOT}[fast,excel]"


def test_no_text_of_a_user_becomes_a_part_of_a_script() -> None:
    for found in yaml_of("action.yml")["runs"]["steps"]:
        assert "${{" not in found["run"]
        assert found["shell"] == "bash"


# ------------------------------------------------------------------------------------------ the hook


def test_the_hook_runs_a_program_that_the_package_installs() -> None:
    (hook,) = yaml_of(".pre-commit-hooks.yaml")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert hook["entry"].split()[0] in scripts
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    for path in ("celoss.toml", "sub/celoss.toml", "p.csv", "a/b.jsonl", "x.json", "y.npz", "t.parquet"):
        assert re.search(hook["files"], path)
    assert not re.search(hook["files"], "notes.md")


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="needs pre-commit")
def test_pre_commit_knows_the_hook() -> None:
    done = subprocess.run(
        ["pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="needs pre-commit")
@pytest.mark.skipif(not os.environ.get("CELOSS_NETWORK"), reason="installs packages: CELOSS_NETWORK=1")
@pytest.mark.parametrize(("config", "code"), [("celoss.toml", 0), ("must-fail.toml", 1)])
def test_another_repository_can_use_the_hook(config: str, code: int, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLES / "ci", project)
    if config != "celoss.toml":
        shutil.copy(project / config, project / "celoss.toml")
    run = functools.partial(subprocess.run, cwd=project, capture_output=True, text=True, check=False)
    for words in (["init", "-q"], ["add", "-A"]):
        assert run(["git", *words]).returncode == 0
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}
    del environment["CELOSS_NETWORK"]
    words = ["pre-commit", "try-repo", str(ROOT), "celoss-check", "--all-files"]
    done = run(words, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("Passed" in done.stdout) == (code == 0)


# ----------------------------------------------------------------------------------------- the image


def test_the_image_keeps_to_the_rules_of_hadolint() -> None:
    """Those of its rules that apply to what stands there; hadolint itself is not needed for that."""
    text = (ROOT / "Dockerfile").read_text()
    lines = text.replace("\\\n", " ").splitlines()
    said = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    stages = [rest for word, rest in said if word == "FROM"]
    assert all(
        ":" in stage.split()[0] and not stage.split()[0].endswith(":latest") for stage in stages
    )  # DL3006/7
    assert len({stage.partition(" AS ")[2] for stage in stages}) == len(stages)  # DL3024: names once
    assert all(rest.startswith("/") for word, rest in said if word == "WORKDIR")  # DL3000: absolute
    assert not any(
        re.search(r"\b(sudo|cd|apt|apt-get|curl|wget)\b", rest) for word, rest in said if word == "RUN"
    )
    assert not any(word in ("ADD", "MAINTAINER") for word, _ in said)  # DL3020, DL4000
    assert all(
        rest.startswith("[") for word, rest in said if word in ("ENTRYPOINT", "CMD")
    )  # DL3025: exec form
    assert sum(word == "ENTRYPOINT" for word, _ in said) == 1  # DL4004
    froms = [at for at, (word, _) in enumerate(said) if word == "FROM"]
    runs = [at for at, (word, _) in enumerate(said) if word == "RUN"]
    assert len(runs) <= len(froms)  # DL3059: no two in a row
    assert all("-m pip install --no-cache-dir" in said[at][1] for at in runs)  # DL3042
    assert said[froms[-1] :][-2][0] == "WORKDIR"
    assert [word for word, _ in said if word == "USER"] == ["USER"]  # DL3002: the last user is not root


def test_the_image_is_small_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    said = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    known = {"FROM", "ARG", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT"}
    assert {word for word, _ in said} == known
    bases = [rest for word, rest in said if word == "FROM"]
    assert all(re.match(r"python:3\.\d+-slim( AS \w+)?$", base) for base in bases)
    last = said[max(at for at, (word, _) in enumerate(said) if word == "FROM") :]
    (user,) = [rest for word, rest in last if word == "USER"]
    assert user.split(":")[0] not in ("0", "root")
    assert not any(word == "RUN" for word, _ in last)  # what builds stays behind
    for word, rest in said:
        if word == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / source).exists() for source in rest.split()[:-1])
        if word == "RUN":
            assert "--no-cache-dir" in rest


def test_what_the_image_is_built_from_is_sent_to_docker() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--)(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {source for line in copied for source in line.split()[:-1]} == sent


# ------------------------------------------------------------------------------------ the workflow


def test_the_workflow_tries_every_python_that_the_package_names_on_every_system() -> None:
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    matrix = jobs["quick"]["strategy"]["matrix"]
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    pythons = {kind.rpartition(" ")[2] for kind in named if re.search(r"Python :: 3\.", kind)}
    assert set(matrix["python"]) == pythons
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert jobs["everything"]["steps"][-1]["run"] == ".ci/run"
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


def test_what_is_released_holds_all_that_its_tests_read() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    included = set(build["targets"]["sdist"]["include"])
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    tracked = listed.stdout
    if not tracked:
        pytest.skip("no checkout")
    roots = {f"/{line.partition('/')[0]}" for line in tracked.splitlines()}
    assert roots - included <= {"/.gitignore", "/pyproject.toml"}
