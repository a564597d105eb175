"""The config file: where it is found, what it holds, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from celoss_cli.cli.checking import keys_of
from celoss_cli.cli.config import Config
from celoss_cli.cli.settings import config_of
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.losses import LOSSES

CHECK = '[checks.val]\nloss = "ce"\nfiles = ["p.csv"]\nmax = 0.5\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def nearest() -> Config | None:
    return config_of(None)


def found() -> Config:
    config = nearest()
    assert config is not None
    return config


def test_a_check_has_a_loss_files_and_options() -> None:
    Path("celoss.toml").write_text('format = "json"\njobs = 2\n' + CHECK)
    config = found()
    assert (config.path, config.settings) == ("celoss.toml", {"format": "json", "jobs": 2})
    check = config.checks["val"]
    assert (check.loss, check.files(), check.options) == ("ce", ["p.csv"], {"max": 0.5})
    assert check.place == "celoss.toml: checks.val"


def test_a_project_file_has_the_same_table_under_tool() -> None:
    Path("pyproject.toml").write_text("[tool.celoss]\njobs = 3\n[tool.celoss.checks.val]\nloss = 'kl'\n")
    config = found()
    assert config.settings == {"jobs": 3}
    assert config.checks["val"].loss == "kl"


def test_the_nearest_file_is_read_and_its_own_name_goes_before_the_shared_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    (tmp_path / "pyproject.toml").write_text("[tool.celoss]\njobs = 1\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'celoss-user'\n")
    assert found().settings == {"jobs": 1}
    (tmp_path / "a" / "celoss.toml").write_text("jobs = 2\n")
    assert found().settings == {"jobs": 2}
    (tmp_path / "celoss.toml").write_text("jobs = 3\n")
    monkeypatch.chdir(tmp_path)
    assert found().settings == {"jobs": 3}


def test_a_project_file_that_does_not_speak_of_celoss_is_not_even_parsed() -> None:
    Path("pyproject.toml").write_text("this is not TOML")
    assert nearest() is None


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    for name in ("data/b.csv", "data/a.csv", "data/deep/c.csv", "data/folder.csv/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    Path("celoss.toml").write_text(
        '[checks.x]\nloss = "ce"\nfiles = ["data/**/*.csv", "z.csv", "data/a.csv"]\n'
    )
    files = ["data/a.csv", "data/b.csv", "data/deep/c.csv", "z.csv"]
    assert found().checks["x"].files() == files
    named = config_of(str(tmp_path / "celoss.toml"))
    assert named is not None
    assert named.checks["x"].files() == [str(tmp_path / one) for one in files]
    monkeypatch.chdir(tmp_path / "data")
    assert found().checks["x"].files() == [f"../{one}" for one in files]


def test_a_pattern_without_a_file_is_bad_data() -> None:
    Path("celoss.toml").write_text('[checks.x]\nloss = "ce"\nfiles = "no*.csv"\n')
    with pytest.raises(
        InputError, match=r'^celoss.toml: checks.x: expected files that match "no\*.csv", got'
    ):
        found().checks["x"].files()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "celoss.toml: expected TOML: "),
        ("a = 1\na = 2", "celoss.toml: expected TOML: "),
        ("jobs = true", "celoss.toml: jobs: expected a whole number, got true"),
        ("jobs = 1.5", "celoss.toml: jobs: expected a whole number, got 1.5"),
        ("color = []", "celoss.toml: color: expected a text, got a list"),
        ("colour = 'auto'", 'celoss.toml: expected a known key, got "colour" (did you mean color?)'),
        ("zzz = 1", "(known are format, color, jobs, checks)"),
        ("checks = 1", "celoss.toml: checks: expected a table for each check, got 1"),
        ("checks.a = 1", "celoss.toml: checks.a: expected a table, got 1"),
        ("[checks.a]", "celoss.toml: checks.a.loss: expected loss as one of ce, nll, bce,"),
        ("[checks.a]\nloss = 'mse'", 'got "mse"'),
        ("[checks.a]\nloss = ['ce']", "got a list"),
        (
            "[checks.a]\nloss = 'ce'\nfiles = 3",
            "checks.a.files: expected a list of paths, got 3",
        ),
        ("[checks.a]\nloss = 'ce'\nfiles = [3]", "expected a list of paths, got a list"),
        ("[checks.a]\nloss = 'ce'\nfiles = ['-']", "got standard input or no name"),
        ("[checks.a]\nloss = 'ce'\nmin-count = 1\nmin_count = 2", 'expected "min-count" once'),
        ("[checks.'\\u001b']".replace("'", '"'), "celoss.toml: checks.\\x1b.loss"),
    ],
)
def test_a_mistake_is_refused_with_file_and_key(text: str, said: str) -> None:
    Path("celoss.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        nearest()
    assert said in str(caught.value)


def test_a_file_that_was_named_must_be_there_and_have_the_table() -> None:
    with pytest.raises(UsageError, match=r"^nowhere.toml: No such file or directory$"):
        config_of("nowhere.toml")
    Path("pyproject.toml").write_text("[tool.other]\n")
    with pytest.raises(UsageError, match=r"^pyproject.toml: expected a table \[tool.celoss\], got none$"):
        config_of("pyproject.toml")
    Path("celoss.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"^celoss.toml: expected TOML: "):
        config_of("celoss.toml")


def test_the_keys_of_a_check_are_input_semantics_and_limits() -> None:
    keys = set(keys_of("ce"))
    assert {"logits", "targets", "target-column", "input-format", "header", "missing", "class-axis"} <= keys
    assert {"weight", "ignore-index", "label-smoothing", "input-is", "reduction", "dtype", "base"} <= keys
    assert {"by", "on-empty", "max", "min", "expect", "atol", "rtol", "min-count", "max-group"} <= keys
    assert keys.isdisjoint({"rows", "row", "worst", "quantiles", "grad", "format", "output", "jobs", "debug"})
    assert keys.isdisjoint({"save-baseline", "exit-zero", "emit", "emit-partial", "shard", "files"})
    for loss in LOSSES:
        assert {"max", "baseline", "targets"} <= set(keys_of(loss))
