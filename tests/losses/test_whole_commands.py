"""The losses that came last, through every command: a loss that is declared has all of it."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from paths import schema
from running import celoss

import celoss_cli

SCHEMA = schema("schema")


@dataclass(frozen=True)
class Case:
    """A command with data, and the value by a formula of its own.

    Attributes:
        command: of the loss.
        options: of the command line.
        table: the data as CSV.
        value: the mean.

    """

    command: str
    options: tuple[str, ...]
    table: str
    value: float


def focal() -> float:
    x, y, w = (
        np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [1.0, 1.0, 1.0]]),
        np.array([0, 1, 2]),
        np.array([1, 2, 3.0]),
    )
    p = (np.exp(x) / np.exp(x).sum(1, keepdims=True))[np.arange(3), y]
    return float((w[y] * (1 - p) ** 1.5 * -np.log(p)).sum() / w[y].sum())


def focal_binary() -> float:
    z, t = np.array([2.0, -1.0, 0.5, -2.0]), np.array([1, 0, 0, 1])
    p = 1 / (1 + np.exp(-z))
    p_t, alpha_t = np.where(t == 1, p, 1 - p), np.where(t == 1, 0.7, 0.3)
    return float((alpha_t * (1 - p_t) ** 3 * -np.log(p_t)).mean())


def shannon() -> float:
    p, q = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])
    m = (p + q) / 2
    return float((p * np.log(p / m) + q * np.log(q / m)).sum(1).mean() / 2)


def kullback() -> float:
    q, p = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])
    return float((p * np.log(p / q)).sum(1).mean() / 3)


def brier() -> float:
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.261, 0.301, 0.438]])
    w = np.array([1, 2, 3.0])
    return float((w * ((p - np.eye(3)) ** 2).sum(1)).sum() / 6)


def brier_of_logits() -> float:
    z, t = np.array([2.0, -1.0, 0.5, -2.0]), np.array([1, 0, 0, 1])
    return float(((1 / (1 + np.exp(-z)) - t) ** 2).mean())


LOGITS = "a,b,c,target\n2,1,0.1,a\n0.5,2.5,0.3,b\n1,1,1,c\n"
PROBABILITIES = "p_a,p_b,p_c,target\n0.7,0.2,0.1,a\n0.1,0.3,0.6,b\n0.261,0.301,0.438,c\n"
SCORES = "score,target\n2,1\n-1,0\n0.5,0\n-2,1\n"
SHARES = "p_0,p_1,p_2,t_0,t_1,t_2\n0.7,0.2,0.1,0.5,0.25,0.25\n0.1,0.6,0.3,0.2,0.3,0.5\n"
LOGS = "\n".join(
    [
        SHARES.split("\n")[0],
        *(
            ",".join(repr(float(np.log(float(cell)))) for cell in row.split(","))
            for row in SHARES.split()[1:]
        ),
        "",
    ]
)
CASES = [
    Case("js", ("--target-column", "t_*"), SHARES, shannon()),
    Case("js", ("--target-column", "t_*", "--input-is", "log-probs", "--log-target"), LOGS, shannon()),
    Case("kl", ("--target-column", "t_*", "--input-is", "probs"), SHARES, kullback()),
    Case("focal", ("--gamma", "1.5", "--weight", "1,2,3", "--class-columns", "a,b,c"), LOGITS, focal()),
    Case("focal-binary", ("--alpha", "0.7", "--gamma", "3"), SCORES, focal_binary()),
    Case("brier", ("--weight", "1,2,3"), PROBABILITIES, brier()),
    Case("brier-binary", ("--input-is", "logits"), SCORES, brier_of_logits()),
]
every_case = pytest.mark.parametrize(
    "case",
    CASES,
    ids=["js", "js of logarithms", "kl of probabilities", "focal", "focal-binary", "brier", "brier-binary"],
)


@pytest.fixture
def file(case: Case, tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(case.table, encoding="utf-8")
    return path


@every_case
def test_the_value_and_the_stable_form_of_it(case: Case, file: Path) -> None:
    done = celoss(case.command, file, *case.options, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    SCHEMA.validate(report)
    assert report["value"] == pytest.approx(case.value, rel=1e-14)
    assert report["perplexity"] is None
    bits = celoss(case.command, file, *case.options, "--base", "2", "--format", "value")
    if case.command.startswith("brier"):
        assert (bits.returncode, report["unit"]) == (2, None)
    else:
        assert float(bits.stdout) == pytest.approx(case.value / np.log(2), rel=1e-14)


@every_case
def test_steps_and_gradient_add_up(case: Case, file: Path) -> None:
    done = celoss(case.command, file, *case.options, "--grad", "--rows", "10")
    assert (done.returncode, done.stderr) == (0, "")
    assert "gradient" in done.stdout
    assert f"= {case.value:.12f}"[:14].rstrip("0") in done.stdout


@every_case
def test_parts_merge_to_the_whole(case: Case, tmp_path: Path) -> None:
    head, *rows = case.table.splitlines(keepends=True)
    for i, part in enumerate((rows[:1], rows[1:])):
        (tmp_path / f"{i}.csv").write_text(head + "".join(part), encoding="utf-8")
        words = [case.command, f"{i}.csv", *case.options, "--emit-partial", f"{i}.json", "--format", "value"]
        done = celoss(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    merged = celoss("merge", "1.json", "0.json", "--format", "value", cwd=tmp_path)
    assert float(merged.stdout) == pytest.approx(case.value, rel=1e-14), merged.stderr


@every_case
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_emitted_code_gives_the_number(
    case: Case, file: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(library)
    monkeypatch.chdir(file.parent)
    done = celoss(case.command, "data.csv", *case.options, "--emit", library)
    assert (done.returncode, done.stderr) == (0, "")
    (file.parent / "code.py").write_text(done.stdout, encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(file.parent / "code.py"))
    assert float(printed.getvalue()) == pytest.approx(case.value, rel=1e-12)


@every_case
def test_gates(case: Case, file: Path) -> None:
    assert celoss(case.command, file, *case.options, "--max", "1").returncode == 0
    assert celoss(case.command, file, *case.options, "--max", "0.0001").returncode == 1


@every_case
@pytest.mark.parametrize(
    "words", [("diagnose",), ("report", "-o", "page.html"), ("plot", "--format", "json")]
)
def test_other_commands_take_it(
    case: Case, file: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    command, *rest = words
    named = [case.command] if command == "plot" else []
    loss = [] if command == "plot" else ["--loss", case.command]
    kind = ["--kind", "histogram"] if command == "plot" else []
    done = celoss(command, *named, "data.csv", *case.options, *loss, *rest, *kind)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("data", ['{"logits": [2, 1], "targets": [0, 1], "alpha": "x"}'])
def test_an_option_in_the_data_is_read_or_refused(data: str) -> None:
    done = celoss("focal-binary", data=data)
    assert done.returncode == 3
    assert '$.alpha: expected alpha as a number, got "x"' in done.stderr
    given = celoss("focal", "--format", "value", data='{"logits": [[2, 1]], "targets": [0], "gamma": 0}')
    assert float(given.stdout) == celoss_cli.cross_entropy([[2, 1]], [0])


def test_an_option_that_a_loss_does_not_have_is_refused() -> None:
    done = celoss("ce", "--logits", "1,2", "--targets", "0", "--gamma", "2")
    assert (done.returncode, done.stderr[:38]) == (2, "celoss: error: No such option: --gamma")
    done = celoss("js", "--probs", "0.5,0.5", "--targets", "0", "--convention", "keras")
    assert done.returncode == 2
    done = celoss("focal", data='{"logits": [[2, 1]], "targets": [0], "alpha": 0.25}')
    assert (done.returncode, "which it does not have" in done.stderr) == (3, True)
