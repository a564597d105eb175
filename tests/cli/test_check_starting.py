"""celoss check --init and --list: the first config file, and what there is."""

from __future__ import annotations

import math
import shlex
import tomllib
from pathlib import Path

import pytest
from dumps import completion, lines
from running import celoss

AGE = "age,pred,label\n0.5,0.9,1\n0.1,0.2,0\n0.7,0.6,1\n0.2,0.7,0\n"
"""The mean is 0.510826, of pred alone."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my preds.csv").write_text(AGE)
    return tmp_path


def test_init_writes_a_check_that_passes_and_pins_its_columns(folder: Path) -> None:
    done = celoss("check", "--init", "my preds.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "celoss: note: celoss.toml: written; celoss check runs it\n"
    text = (folder / "celoss.toml").read_text()
    (name, check), *others = tomllib.loads(text)["checks"].items()
    assert (name, others) == ("my-preds", [])
    assert check == {
        "loss": "bce",
        "files": "my preds.csv",
        "class-columns": "pred",
        "target-column": "label",
        "max": 0.5364,  # 1.05 times the mean, rounded up
        "min-count": 4,
    }
    assert text.count("#") >= 6
    ran = celoss("check", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "CEL231" not in ran.stderr
    (folder / "my preds.csv").write_text(AGE.replace("pred", "other"))
    assert celoss("check", cwd=folder).returncode != 0


def test_init_replaces_no_config_and_says_where_data_is_doubtful(folder: Path) -> None:
    (folder / "celoss.toml").write_text("# mine\n")
    done = celoss("check", "--init", "my preds.csv", cwd=folder)
    assert (done.returncode, "Expected no config file yet" in done.stderr) == (2, True)
    assert (folder / "celoss.toml").read_text() == "# mine\n"
    (folder / "names.csv").write_text("city,street\nRome,Via\n")
    done = celoss("check", "--init", "names.csv", "-o", "new.toml", cwd=folder)
    assert (done.returncode, "celoss inspect names.csv" in done.stderr) == (3, True)
    assert not (folder / "new.toml").exists()


def test_init_of_probabilities_of_classes_in_another_folder(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "p.csv").write_text("p_a,p_b,label\n0.75,0.25,a\n0.5,0.5,b\n")
    assert celoss("check", "--init", "p.csv", "-o", "sub/new.toml", cwd=folder).returncode == 0
    (check,) = tomllib.loads((folder / "sub/new.toml").read_text())["checks"].values()
    assert (check["files"], check["input-is"]) == ("../p.csv", "probs")
    assert celoss("check", "--config", "sub/new.toml", cwd=folder).returncode == 0


def test_init_writes_flags_and_numbers_as_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("# a comment\np_a,p_b,label\n75%,25%,a\n50%,50%,b\n")
    done = celoss("check", "--init", "p.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (check,) = tomllib.loads((tmp_path / "celoss.toml").read_text())["checks"].values()
    assert (check["percent"], check["comment"]) == (True, "#")
    ran = celoss("check", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", ["other name.toml", "sub/celoss.toml"])
def test_init_names_the_command_that_runs_what_it_wrote(folder: Path, name: str) -> None:
    (folder / "sub").mkdir()
    done = celoss("check", "--init", "my preds.csv", "-o", name, cwd=folder)
    command = f"celoss check --config {shlex.quote(name)}"
    assert done.stderr == f"celoss: note: {name}: written; {command} runs it\n"
    assert celoss(*shlex.split(command)[1:], cwd=folder).returncode == 0


def test_init_of_refused_data_names_complete_commands(tmp_path: Path) -> None:
    (tmp_path / "my data").mkdir()
    (tmp_path / "my data/1.csv").write_text("age,pred,label\n5,0.5,1\n")
    (tmp_path / "my data/2.csv").write_text("age,pred,label\n5,1.0000001,1\n")
    done = celoss("check", "--init", "my data", cwd=tmp_path)
    assert done.returncode == 3
    (command,) = [line.strip().partition("  (")[0] for line in done.stderr.splitlines()[1:]]
    assert command.startswith("celoss bce 'my data' ")
    ran = celoss(*shlex.split(command)[1:], "--format", "value", cwd=tmp_path)
    assert (ran.returncode, float(ran.stdout)) == (0, pytest.approx(math.log(2) / 2))


def test_init_quotes_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "my names.csv").write_text("city,street\nRome,Via\n")
    done = celoss("check", "--init", "my names.csv", cwd=tmp_path)
    assert "(celoss inspect 'my names.csv')" in done.stderr


def test_list_names_the_checks_and_computes_nothing(folder: Path) -> None:
    (folder / "celoss.toml").write_text(
        '[checks.one]\nloss = "ce"\nfiles = ["a.csv", "b.csv"]\nmax = 0.5\nby = "class"\n'
        '[checks.two]\nloss = "bce"\nfiles = "missing.csv"\nmin = 0\n'
    )
    done = celoss("check", "--list", cwd=folder)
    assert done.stdout == "one\tce\ta.csv b.csv\tmax 0.5\ntwo\tbce\tmissing.csv\tmin 0\n"
    assert celoss("check", "two", "--list", cwd=folder).stdout.startswith("two\t")
    assert celoss("check", "no", "--list", cwd=folder).returncode == 2


def test_init_of_scored_tokens(folder: Path) -> None:
    lines(folder / "dump.jsonl", [completion("a", [("The", None), (" cat", -0.5), (" sat", -1.5)])])
    done = celoss("check", "--init", "dump.jsonl", "-o", "tokens.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert 'loss = "nll"' in (folder / "tokens.toml").read_text()
    done = celoss("check", "--config", "tokens.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
