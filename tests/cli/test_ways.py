"""The ways out of a refusal as commands: each is one that the command takes, or the loss's own."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

import pytest
from running import celoss

from celoss_cli.cli.command_line import words_of
from celoss_cli.cli.main import run
from celoss_cli.core.errors import Way

TOKENS = Way("their loss", (), "nll", needs="--per")
BINARY = Way("", (("--class-columns", "p"),), "bce")
TURNED = Way("", (("--predicted-column", "d"),), "bce")


@pytest.mark.parametrize(
    ("typed", "way", "words"),
    [
        ("ce a.jsonl --format value", TOKENS, "nll a.jsonl --format value"),
        ("diagnose a.jsonl --loss ce", TOKENS, "diagnose a.jsonl --loss nll"),
        ("temperature a.jsonl -o x.csv", TOKENS, "nll a.jsonl"),
        (
            "temperature a.csv --loss ce -o x.csv",
            BINARY,
            "temperature a.csv -o x.csv --class-columns p --loss bce",
        ),
        ("play a.csv -o x.html --rows 3", BINARY, "bce a.csv --class-columns p"),
        (
            "play a.csv --lang=en --delimiter ; -o x.html",
            TURNED,
            "bce a.csv --delimiter ; --predicted-column d",
        ),
    ],
)
def test_a_way_is_taken_by_a_command_that_has_it(typed: str, way: Way, words: str) -> None:
    assert words_of(way, typed.split()) == words.split()


def test_scored_tokens_have_no_temperature_and_lead_to_their_loss(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(
        '{"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -0.5, "bytes": [97]}]}}]}\n'
    )
    done = celoss("temperature", "c.jsonl", "-o", "x.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[1]) == (3, "  celoss nll c.jsonl  (their loss)")
    found = celoss("nll", "c.jsonl", "--format", "value", cwd=tmp_path)
    assert float(found.stdout) == 0.5


TABLE = "a,b,target\n1,2,0\n2,1,1\n"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("ce t.csv -o o.xyz", ["ce t.csv -o o.txt", "ce t.csv -o o.xyz --format table"]),
        ("ce t.csv -o o.npy", ["ce t.csv -o o.npy --reduction none"]),
        ("ce t.csv -o o.npz", ["ce t.csv -o o.npy --reduction none"]),
        ("ce t.csv --reduction none -o o.safetensors", ["ce t.csv -o o.npy --reduction none"]),
        ("temperature t.csv -o cal.xyz", ["temperature t.csv -o cal.csv"]),
        ("ce t.csv --top-k 1 --format csv", ["ce t.csv --top-k 1 --format table"]),
        ("ce t.csv --top-k 1 -o o.csv", ["ce t.csv --top-k 1 --format table"]),
    ],
)
def test_a_format_that_cannot_be_leads_to_one_that_can(
    words: str, offered: list[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(TABLE.replace("1,2,0", "1,2,0\n3,1,1\n0,1,1\n9,1,0"))
    done = celoss(*words.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert [line.strip() for line in done.stderr.splitlines()[1:]] == [f"celoss {line}" for line in offered]
    for line in offered:
        ran = celoss(*line.split(), cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr


def test_a_config_that_is_there_leads_to_its_checks_and_to_another_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    assert celoss("check", "--init", "t.csv", cwd=tmp_path).returncode == 0
    done = celoss("check", "--init", "t.csv", cwd=tmp_path)
    said = "(celoss check runs it; celoss check --init t.csv -o celoss-2.toml writes another one)"
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert celoss("check", cwd=tmp_path).returncode == 0
    assert celoss("check", "--init", "t.csv", "-o", "celoss-2.toml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("files", "typed", "said", "offered"),
    [
        (
            {"a.csv": TABLE},
            "compare a.csv a.csv",
            "Expected --loss, got none.",
            ["compare a.csv a.csv --loss ce"],
        ),
        (
            {"a.csv": "p,y\n.2,0\n.9,1\n"},
            "compare a.csv a.csv",
            "got none.",
            ["compare a.csv a.csv --loss bce"],
        ),
        ({}, "compare a.csv a.csv", "Expected --loss, got none.", []),
        (
            {"a.csv": TABLE},
            "plot a.csv --kind histogram",
            'Expected LOSS, got "a.csv".',
            ["plot ce a.csv --kind histogram"],
        ),
        ({"a.csv": TABLE}, "plot CE", 'got "CE"', []),
        (
            {"a.csv": TABLE},
            "merge a.csv",
            "got another document",
            ["ce a.csv --emit-partial a.part.json"],
        ),
        (
            {"a.csv": TABLE.replace("2,0", "nan,0")},
            "ce a.csv",
            'a.csv:2:2: expected a number in column "b", got "nan"',
            ["ce a.csv --allow-nonfinite"],
        ),
        ({"a.csv": TABLE.replace("1,1", "1,nan")}, "ce a.csv", 'got "nan"\n', []),
        (
            {"a.json": '{"logits": [[1, NaN], [2, 1]], "targets": [0, 1]}'},
            "ce a.json",
            "$.logits[0][1]",
            ["ce a.json --allow-nonfinite"],
        ),
        ({"a.csv": TABLE.replace("2,0", "nan,0")}, "temperature a.csv", 'got "nan"', []),
        (
            {},
            "kl -x [[-0.5,-0.9]] -y [[-1.2,-0.35]]",
            "got -1.2",
            ["kl -x [[-0.5,-0.9]] -y [[-1.2,-0.35]] --log-target"],
        ),
        ({}, "ce -x 1,nan -y 0", "expected a number", ["ce -x 1,nan -y 0 --allow-nonfinite"]),
    ],
)
def test_what_is_missing_or_odd_leads_to_a_command_that_runs(
    tmp_path: Path, files: dict[str, str], typed: str, said: str, offered: list[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = celoss(*typed.split(), cwd=tmp_path)
    assert (done.returncode in (2, 3), said in done.stderr) == (True, True), done.stderr
    commands = [shlex.split(line.split("  (")[0])[1:] for line in done.stderr.splitlines()[1:]]
    assert commands == [words.split() for words in offered]
    for words in commands:
        assert celoss(*words, cwd=tmp_path).returncode == 0


def test_classes_predicted_that_are_called_otherwise_are_turned_by_the_positive_one(tmp_path: Path) -> None:
    """-log of how sure each is where the class that was predicted came, and of 1 less it where not."""
    (tmp_path / "a.csv").write_text("predicted,confidence,y\ncat,0.9,1\ndog,0.8,0\ncat,0.7,1\ndog,0.6,1\n")
    done = celoss("bce", "a.csv", cwd=tmp_path)
    commands = [shlex.split(line.split("  (")[0])[1:] for line in done.stderr.splitlines()[1:]]
    found = [float(celoss(*words, "--format", "value", cwd=tmp_path).stdout) for words in commands[:2]]
    right, wrong = [0.9, 0.8, 0.7, 1 - 0.6], [1 - 0.9, 1 - 0.8, 1 - 0.7, 0.6]
    assert found == pytest.approx([-sum(map(math.log, p)) / 4 for p in (right, wrong)], rel=1e-14)


def test_a_place_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    done = celoss("ce", "a.csv", "--targets", "@a.csv", cwd=tmp_path)
    assert done.stderr.startswith("celoss: error: a.csv:1: expected"), done.stderr


def test_inspect_reads_a_table_with_nan_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE.replace("2,0", "nan,0"))
    done = celoss("inspect", "a.csv", cwd=tmp_path)
    commands = [line.strip() for line in done.stdout.splitlines() if "$ celoss" in line]
    assert commands[0] == "$ celoss ce a.csv --allow-nonfinite"


def test_a_table_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    done = celoss("merge", "t.csv", cwd=tmp_path)
    said = "expected a partial result as --emit-partial writes it, got another document"
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ce", "[[0.9, 0.1]]", "0"], "celoss ce --logits '[[0.9, 0.1]]' --targets 0"),
        (
            ["ce", "tensor([[0.9, 0.1]])", "tensor([0])"],
            "--targets 'tensor([0])'",
        ),
        (["bce", "0.9", "1", "--format", "value"], "celoss bce --format value --probs 0.9 --targets 1"),
        (["ce", "--", "-0.9,0.1", "0"], "celoss ce --logits=-0.9,0.1 --targets 0"),
    ],
)
def test_values_in_place_of_files_lead_to_the_options_that_take_them(
    typed: list[str], offered: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert offered in err
    command = err.splitlines()[1].split("celoss ", 1)[1]
    assert run(shlex.split(command)) == 0


@pytest.mark.parametrize("typed", [["ce", "0.9", "0.1"], ["ce", "0.9,0.1"], ["bce", "0.9", "0.1", "1"]])
def test_values_that_are_no_input_with_its_targets_lead_nowhere(
    typed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 3
    assert capfd.readouterr().err.count("celoss") == 1


def test_a_file_may_be_called_like_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("0").write_text("a,b,target\n0.9,0.1,0\n")
    assert run(["ce", "0", "--format", "value", "--input-format", "csv"]) == 0
    assert run(["ce", "0", "1", "--format", "value", "--input-format", "csv"]) == 3


ROUNDED = "prob,target\n1.0000001192092896,1\n0.25,0\n0.5,1\n0.3,0\n0.6,0\n"
"""The first probability is the float32 next above 1."""

SCORES = "score_a,score_b,target\n2.5,1,1\n-1.5,-0.3,0\n0.5,-0.2,1\n-0.5,0.7,0\n"


@pytest.mark.parametrize(
    ("typed", "added"),
    [
        ("compare r.csv r.csv --loss bce", ["--clip-domain 1e-06"]),
        ("compare r.csv r.csv", ["--loss bce --clip-domain 1e-06"]),
        ("temperature r.csv --loss bce", ["--clip-domain 1e-06"]),
        (
            "temperature r.csv",
            ["--class-columns prob --target-column target --loss bce --clip-domain 1e-06"],
        ),
        ("report r.csv --loss bce -o r.html", ["--clip-domain 1e-06"]),
        ("diagnose r.csv", ["--class-columns prob --target-column target --loss bce"]),
        (
            "soft-margin s.csv",
            [
                f"--class-columns score_{name} --target-column target --positive {positive}"
                for name in "ab"
                for positive in (1, 0)
            ],
        ),
        (
            "compare s.csv s.csv --loss soft-margin",
            [
                f"--class-columns score_{name} --target-column target --positive {positive}"
                for name in "ab"
                for positive in (1, 0)
            ],
        ),
    ],
)
def test_a_command_of_a_refusal_holds_all_that_its_data_needs(
    typed: str, added: list[str], tmp_path: Path
) -> None:
    """Whatever command it is: further refusals are seen before it is printed."""
    (tmp_path / "r.csv").write_text(ROUNDED)
    (tmp_path / "s.csv").write_text(SCORES)
    done = celoss(*typed.split(), cwd=tmp_path)
    lines = [line.partition("  (")[0].strip() for line in done.stderr.splitlines()[1:]]
    offered = [line for line in lines if not line.startswith("celoss inspect")]
    assert offered == [f"celoss {typed} {more}" for more in added]
    for line in offered:
        ran = celoss(*shlex.split(line)[1:], cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr


def test_of_many_choices_each_way_leads_to_the_likeliest(tmp_path: Path) -> None:
    names = [f"score_{name}" for name in "abcde"]
    (tmp_path / "s.csv").write_text(f"{','.join(names)},target\n1,2,3,4,5,1\n-5,-4,-3,-2,-1,0\n")
    lines = celoss("soft-margin", "s.csv", cwd=tmp_path).stderr.splitlines()[1:-1]
    assert [line.split()[4] for line in lines] == names
    assert all("--positive 1 " in line for line in lines)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("bce t.csv", "bce"),
        ("bce t.csv good.csv", "bce - good.csv"),
        ("plot bce t.csv", "plot bce"),
        ("temperature t.csv --loss bce", "temperature - --loss bce"),
        ("compare good.csv t.csv --loss bce", "compare good.csv - --loss bce"),
        ("compare t.csv t.csv --loss bce", None),
    ],
)
def test_what_another_program_writes_stands_where_the_file_stood(
    typed: str, offered: str | None, tmp_path: Path
) -> None:
    table = "loan,actual,prob\n1,1,0.75\n2,0,0.25\n3,1,0.5\n4,1,0.375\n5,0,0.625\n"
    (tmp_path / "t.csv").write_text(f"Results of March,,\n,,\n{table}")
    (tmp_path / "good.csv").write_text(table)
    lines = celoss(*typed.split(), cwd=tmp_path).stderr.splitlines()[1:]
    piped = [line.partition("  (")[0].strip() for line in lines if " | " in line]
    assert piped == ([] if offered is None else [f"tail -n +3 t.csv | celoss {offered}"])
    if offered is not None:
        done = celoss(*offered.split(), data=table, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
