"""Command lines that need no parser: they mean what Typer makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from option_samples import COMMANDS, sample, words_of
from typer.exceptions import TyperException

from celoss_cli.cli.app import outcome_of
from celoss_cli.cli.commands import NAMES
from celoss_cli.cli.plain import plain_job
from celoss_cli.cli.table import Command
from celoss_cli.core.errors import CelossError


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("app", "plain"):
        monkeypatch.setattr(f"celoss_cli.cli.{module}.settle", lambda *_: None)


def by_typer(words: list[str]) -> Any:
    """The options of a command line, or None where it is refused or does something else."""
    try:
        return getattr(outcome_of(words), "args", (None,))[-1]
    except (TyperException, CelossError, SystemExit):
        return None


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_each_option_needs_no_parser_and_has_the_value_that_typer_finds(command: Command[Any]) -> None:
    needed = [word for one in command.options() if one.required for word in words_of(one, sample(one))]
    for option in command.options():
        words = [command.name, *needed, *([] if option.required else words_of(option, sample(option)))]
        job: Any = plain_job(words)
        assert job is not None, words
        assert job.args[-1] == by_typer(words), words


FLAGS = (
    *(
        "--max",
        "--max=",
        "--format",
        "--by",
        "-o",
        "-x",
        "-y",
        "--header",
        "--no-header",
        "--header=1",
        "-xy",
    ),
    *(
        "--class-map",
        "--allow-nonfinite",
        "--fail-on",
        "--top",
        "-k7",
        "--",
        "-",
        "--forma",
        "-h",
        "--confidence",
    ),
)
VALUES = (
    "a.csv",
    "0.5",
    "-3",
    "",
    "value",
    "A=x",
    "class",
    "1,2",
    "0,1",
    "--max",
    "--max=2",
    "x=y",
    "-x=-0.35",
    "-o==x",
    "\udce9",
)


@given(
    words=st.lists(st.sampled_from(FLAGS) | st.sampled_from(VALUES), max_size=6), name=st.sampled_from(NAMES)
)
def test_any_words_mean_what_typer_makes_of_them_or_are_left_to_it(words: list[str], name: str) -> None:
    job: Any = plain_job([name, *words])
    if job is not None:
        assert job.args[-1] == by_typer([name, *words])


@pytest.mark.parametrize(
    "words",
    [
        ["ce", "a.csv", "--max", "1", "--max", "2"],
        ["ce", "a.csv", "--max"],
        ["ce", "a.csv", "--max", "high"],
        ["ce", "a.csv", "--no-such"],
        ["ce", "--", "-a.csv"],
        ["ce", "a.csv", "-x1"],
        ["ce", "a.csv", "--header=1"],
        ["compare", "a.csv"],
        ["compare", "a.csv", "b.csv", "c.csv"],
        ["cee", "a.csv"],
        [],
    ],
)
def test_what_is_wrong_or_otherwise_written_is_left_to_typer(words: list[str]) -> None:
    assert plain_job(words) is None


@pytest.mark.parametrize("end", [[], ["--"]], ids=["plain", "typer"])
def test_an_equals_sign_after_a_short_option_is_none_of_its_value(end: list[str]) -> None:
    """With either parser; what begins with one is typed with two."""
    words = ["bce-logits", "-x=-0.35", "-y=1", "-o==a.csv", *end]
    job: Any = plain_job(words)
    assert (job is None) == bool(end)
    given = by_typer(words) if end else job.args[-1]
    assert (given.input, given.reading.targets, given.writing.output) == ("-0.35", "1", "=a.csv")


@pytest.mark.subprocess
@pytest.mark.parametrize("name", ["a.csv", "quoted.csv", "a.json"])
def test_a_short_run_loads_neither_a_parser_nor_masked_arrays(name: str, tmp_path: Path) -> None:
    """The import of numpy.ma, which some functions of NumPy need, takes a tenth of a short run."""
    texts = {"a.csv": "logit_a,logit_b,target\n1,2,0\n", "quoted.csv": 'logit_a,logit_b,target\n1,2,"0"\n'}
    texts["a.json"] = '{"logits": [[1, 2], [2, 1]], "targets": [0, 1]}'
    file = tmp_path / name
    file.write_text(texts[name])
    code = "import sys; from celoss_cli.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    words = [sys.executable, "-c", code, "ce", str(file), "--format", "value"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    unused = ("typer", "rich", "pathlib", "shutil", "logging", "numpy.ma", "celoss_cli.evaluate.fit")
    unused += ("celoss_cli.cli.heeding", "celoss_cli.cli.config", "celoss_cli.cli.gates")
    assert loaded.isdisjoint(unused)
