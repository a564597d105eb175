"""``celoss diagnose`` as a process: exit codes, formats, and what the loss commands say in passing."""

from __future__ import annotations

import json
import math
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from paths import schema
from running import COMMAND, Done, celoss

from celoss_cli.findings import FINDINGS

SCHEMA = schema("diagnosis.schema")


def table(rows: int = 40, *, probabilities: bool = False, target: str = "") -> str:
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 3)) * 3
    y = x.argmax(axis=1)
    if probabilities:
        x = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    lines = [",".join(f"{value:.6f}" for value in row) for row in x]
    return "a,b,c,target\n" + "".join(
        f"{line},{target or index}\n" for line, index in zip(lines, y, strict=True)
    )


@pytest.fixture
def double(tmp_path: Path) -> str:
    path = tmp_path / "double softmax.csv"
    path.write_text(table(probabilities=True))
    return str(path)


def test_sound_data_has_no_findings_and_exits_0() -> None:
    done = celoss("diagnose", "-", "--fail-on", "note", "--ignore", "CEL403", data=table())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"nothing found by {len(FINDINGS) - 1} checks"


def test_a_finding_comes_with_its_evidence_and_its_remedy(double: str) -> None:
    done = celoss("diagnose", double)
    assert done.returncode == 0
    assert "warning CEL104\n  all 40 rows are at least 0 and sum to 1" in done.stdout
    assert f"  try: celoss ce '{double}' --input-is probs\n" in done.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-on", "error"], 0),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "note"], 1),
        (["--fail-on", "note", "--ignore", "CEL1,CEL4"], 0),
        (["--fail-on", "warning", "--select", "CEL2"], 0),
        (["--fail-on", "warning", "--select", "cel104"], 1),
    ],
)
def test_what_fails_is_chosen(double: str, options: list[str], code: int) -> None:
    done = celoss("diagnose", double, *options)
    assert (done.returncode, done.stderr) == (code, "")


def test_the_json_follows_its_schema(double: str) -> None:
    document = json.loads(celoss("diagnose", double, "--json").stdout)
    SCHEMA.validate(document)
    assert document["accuracy"] == 1.0
    found = {finding["code"]: finding for finding in document["findings"]}
    assert found["CEL104"]["count"] == 40
    assert found["CEL104"]["evidence"]["least_loss"] == pytest.approx(0.5514447139320511)


def test_markdown_lists_the_findings(double: str) -> None:
    told = celoss("diagnose", double, "--format", "markdown").stdout
    assert told.startswith("**diagnosis of cross entropy**: 40 rows x 3 classes\n\nmean ")
    assert "- warning **CEL104**: all 40 rows" in told


def test_targets_that_a_loss_refuses_are_diagnosed(tmp_path: Path) -> None:
    path = tmp_path / "masked.csv"
    path.write_text(table(30) + "0,0,0,255\n")
    assert celoss("ce", str(path)).returncode == 3
    done = celoss("diagnose", str(path), "--fail-on", "error")
    assert done.returncode == 1
    assert "1 target is 255, which is no class" in done.stdout
    mended = done.stdout.partition("try: celoss ")[2].splitlines()[0].split()
    assert celoss(*mended).returncode == 0


def test_nan_in_the_data_is_diagnosed() -> None:
    done = celoss("diagnose", "-", data="a,b,target\nnan,1,0\n2,1,1\n")
    assert done.returncode == 0
    assert "error CEL302\n  the input holds 1 NaN and 0 infinite values" in done.stdout


@pytest.mark.subprocess
@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["diagnose"], 2, "Expected a file"),
        (["diagnose", "-", "--select", "CEL9"], 2, 'Expected the code of a finding, got "CEL9"'),
        (["diagnose", "-", "--select", ""], 2, "Expected the code of a finding"),
        (["diagnose", "-", "--loss", "bce", "--ignore-index", "3"], 2, "Expected no --ignore-index"),
        (["diagnose", "missing.csv"], 3, "missing.csv: No such file"),
        (["diagnose", "-"], 3, "expected rows to look at"),
    ],
)
def test_usage_and_data_errors(arguments: list[str], code: int, text: str) -> None:
    data = "a,b,target\n" if arguments[1:] else ""
    done = celoss(*arguments, data=data) if arguments[1:] else closed(*arguments)
    assert done.returncode == code
    assert text.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def closed(*arguments: str) -> Done:
    """Runs with a terminal on standard input, where nobody types."""
    import pty

    _, slave = pty.openpty()
    return subprocess.run(
        [*COMMAND, *arguments],
        stdin=slave,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_loss_command_says_the_cheap_part_on_standard_error(double: str) -> None:
    done = celoss("ce", double, "--format", "value")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert done.stderr.startswith("celoss: warning CEL104: all 40 rows are at least 0 and sum to 1")
    assert done.stderr.endswith(f"; try: celoss ce '{double}' --input-is probs\n")
    document = json.loads(celoss("ce", double, "--json").stdout)
    assert document["findings"][0]["remedy"] == f"celoss ce '{double}' --input-is probs"


def written(path: Path, columns: str, x: np.ndarray, y: np.ndarray) -> str:
    np.savetxt(
        path, np.c_[x, y], fmt=["%.17g"] * x.shape[1] + ["%d"], delimiter=",", header=columns, comments=""
    )
    return str(path)


def remedy(code: str, *arguments: str) -> str:
    found = json.loads(celoss("diagnose", *arguments, "--select", code, "--json").stdout)["findings"]
    assert [finding["code"] for finding in found] == [code]
    return str(found[0]["remedy"])


def drawn(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets that follow their probabilities."""
    random = np.random.default_rng(5)
    x = random.normal(size=(rows, 4)) * 2
    return x, (x + random.gumbel(size=x.shape)).argmax(axis=1)


def test_a_remedy_keeps_the_options_in_force_and_can_be_run(tmp_path: Path) -> None:
    x, y = drawn()
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    path = written(tmp_path / "p.csv", "a,b,c,d,target", p, np.where(np.arange(200) % 9, y, -1))
    words = remedy("CEL104", path, "--ignore-index", "-1", "--weight", "1,2,3,4")
    assert words == f"celoss ce {path} --weight 1,2,3,4 --ignore-index=-1 --input-is probs"
    assert celoss(*shlex.split(words)[1:]).returncode == 0
    passing = json.loads(celoss("ce", path, "--ignore-index", "-1", "--reduction", "sum", "--json").stdout)
    assert passing["findings"][0]["remedy"].endswith("--ignore-index=-1 --reduction sum --input-is probs")


def test_conventions_are_diagnosed_with_targets_that_they_have_no_option_for(tmp_path: Path) -> None:
    x, y = drawn()
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    path = written(tmp_path / "p.csv", "a,b,c,d,target", p, np.where(np.arange(200) % 9, y, -1))
    done = celoss("diagnose", path, "--convention", "sklearn", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["value"]) == (0, None)
    assert [finding["code"] for finding in found["findings"]][:2] == ["CEL205", "CEL104"]
    assert found["findings"][0]["remedy"] == "leave these rows out of the data: sklearn has no ignore_index"
    assert remedy("CEL104", path, "--convention", "sklearn") == ""  # these rows would be refused
    words = remedy("CEL104", path, "--convention", "onnx")  # which takes no probabilities
    assert words == f"celoss ce {path} --input-is probs --ignore-index=-1"


def test_probabilities_of_another_sum_are_compared_unless_a_tool_was_chosen(tmp_path: Path) -> None:
    x, y = drawn()
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    path = written(tmp_path / "p.csv", "a,b,c,d,target", 0.9 * p, y)
    columns = ("--class-columns", "a,b,c,d")
    words = remedy("CEL110", path, "--input-is", "probs", *columns)
    assert words == f"celoss ce {path} --class-columns a,b,c,d --input-is probs --convention all"
    assert celoss(*shlex.split(words)[1:]).returncode == 0
    assert remedy("CEL110", path, "--input-is", "probs", "--convention", "kaggle", *columns) == ""
    outside = written(tmp_path / "outside.csv", "a,b,c,d,target", 2 * p, y)
    assert remedy("CEL110", outside, "--input-is", "probs", *columns) == ""


@pytest.mark.parametrize(
    ("loss", "options", "kept"),
    [
        ("bce-logits", ["--weight", "2", "--pos-weight", "3"], "celoss bce {} --weight 2"),
        ("bce-logits", ["--base", "2"], "celoss bce {} --base 2"),
    ],
)
def test_a_remedy_has_only_options_of_its_loss(
    loss: str, options: list[str], kept: str, tmp_path: Path
) -> None:
    y = np.arange(40) % 2
    path = written(tmp_path / "p.csv", "p,target", np.where(y, 0.9, 0.1)[:, None], y)
    assert remedy("CEL109", path, "--loss", loss, *options) == kept.format(path)


def test_columns_in_another_order_are_put_right_by_the_remedy(tmp_path: Path) -> None:
    x, y = drawn()
    right = written(tmp_path / "right.csv", "cat,dog,eel,fox,target", x, y)
    wrong = written(tmp_path / "wrong.csv", "dog,eel,cat,fox,target", x[:, [1, 2, 0, 3]], y)
    words = remedy("CEL214", wrong)
    assert words == f"celoss ce {wrong} --class-columns cat,dog,eel,fox"
    values = [
        celoss(*shlex.split(line)[1:], "--format", "value").stdout for line in (words, f"celoss ce {right}")
    ]
    assert values[0] == values[1] != ""
    numbered = written(tmp_path / "numbered.csv", "c0,c1,c2,c3,target", x[:, [1, 2, 0, 3]], y)
    assert "which are 1, 2, 0, 3 as far" in remedy("CEL214", numbered)


def test_one_repeated_row_is_told_in_the_singular() -> None:
    done = celoss("diagnose", "--select", "CEL211", data="id,a,b,target\nx,1,2,1\nx,2,1,0\n")
    assert "1 row repeats an identifier" in done.stdout


def test_only_the_first_rows_of_a_long_file_are_examined_in_passing(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(table(1500, probabilities=True))
    assert "CEL104: the first 1024 rows are at least 0" in celoss("ce", str(path), "--rows", "0").stderr
    assert "all 1500 rows are at least 0" in celoss("diagnose", str(path)).stdout


def test_a_few_rows_by_hand_are_left_alone() -> None:
    done = celoss("ce", "--logits", "0.9,0.1;0.8,0.2", "--targets", "0,1", "--format", "value")
    assert done.stderr == ""


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_the_same_bytes_for_any_number_of_workers(double: str, jobs: str) -> None:
    assert (
        celoss("diagnose", double, "--json", "--jobs", jobs).stdout
        == celoss("diagnose", double, "--json").stdout
    )


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_view_keeps_to_the_width(double: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = celoss("diagnose", double).stdout.splitlines()
    assert all(len(line) <= width or " " not in line.strip() or double in line for line in lines)


def test_a_gate_that_looks_for_nothing_is_refused(double: str) -> None:
    done = celoss("diagnose", double, "--select", "CEL1", "--ignore", "CEL", "--fail-on", "note")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--ignore leaves none of --select" in done.stderr


def test_one_score_a_row_is_sent_to_the_binary_losses(tmp_path: Path) -> None:
    path = written(tmp_path / "b.csv", "score,target", np.array([[0.5], [1.5]]), np.array([0, 1]))
    done = celoss("ce", path)
    assert done.returncode == 3
    assert 'expected two columns of logits or more, which are named alike, got "score"' in done.stderr
    command = next(line for line in done.stderr.splitlines() if line.startswith("  celoss bce"))
    assert celoss(*shlex.split(command.partition("  (")[0])[1:]).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["nll", "--log-probs", "0.9,0.1;0.2,0.8", "--targets", "0,1", "--base", "2"],
            "celoss ce --logits '0.9,0.1;0.2,0.8' --targets 0,1 --base 2 --input-is probs",
        ),
        (["nll", "--log-probs=-3,4", "--targets", "0"], "celoss ce --logits=-3,4 --targets 0"),
    ],
)
def test_a_remedy_for_values_of_the_command_line_can_be_run(arguments: list[str], words: str) -> None:
    done = celoss(*arguments)
    assert done.stderr.rstrip().endswith(f"; try: {words}")
    assert celoss(*shlex.split(words)[1:]).returncode == 0


def test_values_of_the_command_line_are_diagnosed_as_those_of_a_file(tmp_path: Path) -> None:
    """With the remedy as a command that runs over the same values."""
    values = ["0.7,0.3;0.2,0.8;0.6,0.4", "--targets", "0,1,0"]
    done = celoss("diagnose", "--input", *values, "--json")
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] == "CEL104"
    words = shlex.split(finding["remedy"])[1:]
    assert float(celoss(*words, "--format", "value").stdout) == pytest.approx(
        -np.log([0.7, 0.8, 0.6]).mean(), rel=1e-12
    )
    np.save(tmp_path / "p.npy", np.array([0.8, 0.3, 0.6, 1.5]))
    refused = celoss("diagnose", "-x", f"@{tmp_path / 'p.npy'}", "-y", "0,0,1,0", "--loss", "bce", "--json")
    assert [found["code"] for found in json.loads(refused.stdout)["findings"]] == ["CEL108"]


PLANTED = {
    "p0,p1,p2,target": ("ce", lambda x, y: (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), y)),
    "x0,x1,x2,target": ("nll", lambda x, y: (x, y)),
    "logit_0,logit_1,logit_2,target": ("ce", lambda x, y: (x, np.where(y == 2, 255, y))),
    "logit_a,logit_b,logit_c,target": ("ce", lambda x, y: (x[:, [1, 2, 0]], np.array(list("abc"))[y])),
    "logit_u,logit_v,logit_w,target": ("ce", lambda x, y: (8 * x, np.array(list("uvw"))[(y + 1) % 3])),
}


@pytest.mark.parametrize("header", PLANTED)
def test_every_command_that_a_finding_prints_runs(tmp_path: Path, header: str) -> None:
    random = np.random.default_rng(4)
    x = random.normal(0, 3, (60, 3)).round(4)
    loss, change = PLANTED[header]
    values, targets = change(x, x.argmax(axis=1))
    path = tmp_path / "planted.csv"
    lines = [",".join(map(str, (*row.tolist(), target))) for row, target in zip(values, targets, strict=True)]
    path.write_text("\n".join([header, *lines, ""]))
    found = json.loads(celoss("diagnose", str(path), "--loss", loss, "--json").stdout)["findings"]
    commands = [finding["remedy"] for finding in found if finding["remedy"].startswith("celoss ")]
    assert commands, found
    for command in commands:
        done = celoss(*shlex.split(command)[1:])
        assert done.returncode == 0, (command, done.stderr)


def test_a_long_format_is_told_with_a_command_that_works(tmp_path: Path) -> None:
    rows = [
        f"{row},{model},{p},{1 - p:g},{'ab'[row % 2]}"
        for row in range(3)
        for model, p in (("A", 0.25), ("B", 0.5))
    ]
    (tmp_path / "long.csv").write_text("\n".join(["id,model,prob_a,prob_b,label", *rows, ""]))
    done = celoss("diagnose", "long.csv", "--input-is", "probs", "--json", cwd=tmp_path)
    (finding,) = [found for found in json.loads(done.stdout)["findings"] if found["code"] == "CEL211"]
    assert (finding["severity"], finding["evidence"]["column"]) == ("note", "model")
    _, *words = shlex.split(finding["remedy"])
    shown = json.loads(celoss(*words, "--json", cwd=tmp_path).stdout)
    means = {"A": -(2 * math.log(0.25) + math.log(0.75)) / 3, "B": math.log(2)}
    assert {group["name"]: group["loss"] for group in shown["groups"]} == pytest.approx(means)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("diagnose --logits 1,2;2,1 --targets 0,1", "celoss diagnose -x VALUES -y TARGETS --loss ce"),
        ("diagnose --probs=0.2,0.1 --targets 0,1", "celoss diagnose -x VALUES -y TARGETS --loss bce"),
        ("reconcile --logits 1,2 --targets 0 --got 1", "celoss reconcile -x VALUES -y TARGETS --got X"),
    ],
)
def test_values_by_the_option_of_a_loss_lead_to_that_of_the_command(words: str, told: str) -> None:
    done = celoss(*words.split())
    assert (done.returncode, told in done.stderr) == (2, True)
    known = told.replace("VALUES", "0.2,0.7;0.1,0.5").replace("TARGETS", "0,1").replace("X", "0.5")
    if told.endswith("--loss bce"):
        known = known.replace("0.2,0.7;0.1,0.5", "0.2,0.7")
    assert celoss(*known.split()[1:]).returncode in (0, 1)
