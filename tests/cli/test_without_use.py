"""An option of reading acts on what is read, or is refused: which it acts on is declared with the format."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from running import Done, celoss

from celoss_cli.read import SOURCES

X, Y = [[1.0, 2.0], [0.0, 1.0]], [0, 1]
OPTIONS = {
    "--percent": (),
    "--comment": ("#",),
    "--delimiter": (";",),
    "--decimal": (",",),
    "--encoding": ("latin-1",),
    "--header": (),
    "--no-header": (),
    "--missing": ("skip",),
    "--class-map": ("0=a",),
    "--allow-unterminated": (),
}
"""The options with a value of each."""

DATA = {
    "x.npy y.npy": {"npy"},
    "xy.npz": {"npz"},
    "x.npy --targets @y.npy": {"npy"},
    "x.npy --targets 0,1": {"npy"},
    "rows.jsonl": {"jsonl"},
    "arrays.json": {"json"},
    "rows.json": {"json"},
    "dump.jsonl": {"jsonl"},
}
OF_ROWS = {"rows.jsonl": {"--missing", "--class-map"}, "rows.json": {"--missing", "--class-map"}}
OF_ROWS["dump.jsonl"] = {"--missing"}
"""The options that act on row objects, whatever they are written in."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    np.savez(tmp_path / "xy.npz", logits=X, targets=Y)
    rows = [{"a": a, "b": b, "target": "ab"[y]} for (a, b), y in zip(X, Y, strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "arrays.json").write_text(json.dumps({"logits": X, "targets": Y}))
    answer = {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -0.5, "bytes": [97]}]}}]}
    (tmp_path / "dump.jsonl").write_text(json.dumps(answer) + "\n")
    return tmp_path


def run(folder: Path, data: str, *words: str) -> Done:
    loss = "nll" if data.startswith("dump") else "ce"
    return celoss(loss, *shlex.split(data), *words, cwd=folder, CELOSS_FORMAT="value")


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("flag", OPTIONS)
def test_each_option_acts_or_is_refused(data: str, flag: str, folder: Path) -> None:
    name = flag.removeprefix("--").replace("no-", "").replace("-", "_")
    acts = any(name in SOURCES[source].uses for source in DATA[data]) or flag in OF_ROWS.get(data, ())
    done = run(folder, data, flag, *OPTIONS[flag])
    if not acts:
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert f" {flag} " in f"{done.stderr} ".replace(".", " ")
    elif flag != "--class-map":
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("data", DATA)
def test_the_data_is_read_without_any(data: str, folder: Path) -> None:
    assert run(folder, data).returncode == 0


@pytest.mark.parametrize(
    "words", ["--delimiter ;", "--encoding latin-1", "--header", "--class-map 0=a", "--allow-unterminated"]
)
def test_values_on_the_command_line_have_no_text_of_a_file(words: str) -> None:
    done = celoss("ce", "--logits", "1,2", "--targets", "0", *shlex.split(words))
    assert (done.returncode, "nothing to act on" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["diagnose", "reconcile --got 0.5"])
@pytest.mark.parametrize("option", ["--class-columns a", "--id-column a", "--missing skip", "--header"])
def test_nor_have_those_of_the_commands_that_look_at_data(command: str, option: str) -> None:
    done = celoss(*command.split(), "--input", "1,2;0,1", "--targets", "0,1", *option.split())
    assert done.returncode == 2
    assert f"Expected {option.split()[0]} with " in done.stderr


@pytest.mark.parametrize("option", ["--header", "--comment #", "--encoding latin-1"])
def test_a_number_is_reconciled_with_options_that_act(option: str, folder: Path) -> None:
    done = celoss("reconcile", "xy.npz", "--got", "0.5", *option.split(), cwd=folder)
    assert done.returncode == 2
    assert f"Expected {option.split()[0]} with " in done.stderr


@pytest.mark.parametrize("data", ["x.npy --targets @y.npy", "x.npy --targets 0,1", "t.csv --targets @y.npy"])
def test_targets_in_order_have_no_column(data: str, folder: Path) -> None:
    (folder / "t.csv").write_text("a,b\n1,2\n0,1\n")
    assert run(folder, data).returncode == 0
    done = run(folder, data, "--target-column", "y")
    said = "Expected --target-column with a table of targets, got values in order."
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("loss", ["bce", "brier-binary"])
@pytest.mark.parametrize("data", ["p.npy y.npy", "p.npy --targets @y.npy"])
def test_one_array_has_no_column_of_classes_predicted(loss: str, data: str, folder: Path) -> None:
    np.save(folder / "p.npy", [0.25, 0.75])
    words = [loss, *data.split(), "--format", "value"]
    assert celoss(*words, cwd=folder).returncode == 0
    done = celoss(*words, "--predicted-column", "x", cwd=folder)
    said = "Expected --predicted-column with a table or arrays by name, got one array."
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_it_may_act_on_the_targets_alone(folder: Path) -> None:
    (folder / "y.csv").write_text("id;y\n1;0\n2;1\n")
    done = run(folder, "x.npy --targets @y.csv", "--delimiter", ";", "--target-column", "y")
    assert done.returncode in (0, 3)  # an array has no ids to join by
    assert "nothing to act on" not in done.stderr
    (folder / "y.txt").write_text("# classes\n0\n1\n")
    assert run(folder, "x.npy --targets @y.txt", "--comment", "#", "--no-header").returncode == 0


def test_weights_of_targets_alone(folder: Path) -> None:
    for words in ("--percent", "--delimiter ;", "--class-map 0=a"):
        done = celoss("weights", "--targets", "0,1", *shlex.split(words), cwd=folder)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr


def test_both_files_of_a_comparison_need_not(folder: Path) -> None:
    (folder / "t.csv").write_text("a;b;target\n1;2;0\n0;1;1\n")
    (folder / "rows2.jsonl").write_text(
        (folder / "rows.jsonl").read_text().replace('"a"}', "0}").replace('"b"}', "1}")
    )
    done = celoss("compare", "t.csv", "rows2.jsonl", "--loss", "ce", "--delimiter", ";", cwd=folder)
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------------------------ files of options


@pytest.mark.parametrize(
    ("text", "weights"), [("2,3\n", "2,3"), ("2 3\n", "2,3"), ("0.5,1\n", "0.5,1"), ("2\t3\n", "2,3")]
)
def test_a_line_of_numbers_is_the_weights(text: str, weights: str, folder: Path) -> None:
    (folder / "w.txt").write_text(text)
    done = run(folder, "xy.npz", "--weight", "@w.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout == run(folder, "xy.npz", "--weight", weights).stdout


def test_a_column_that_may_have_a_header_is_offered_as_values(folder: Path) -> None:
    for text, command in (("0\n2\n3\n", "--weight 2,3"), ("1\n2\n", "--weight 1,2")):
        (folder / "w.txt").write_text(text)
        done = run(folder, "xy.npz", "--weight", "@w.txt")
        assert done.returncode == 3
        (line,) = done.stderr.splitlines()[1:]
        assert line.startswith(f"  celoss ce xy.npz {command}  (")
        assert run(folder, "xy.npz", *shlex.split(command)).returncode == 0


# ------------------------------------------------------------------------------ columns of groups


@pytest.mark.parametrize("flag", ["--by", "--group-column"])
def test_a_column_of_groups_is_no_class(flag: str, folder: Path) -> None:
    (folder / "g.csv").write_text("g,a,b,target\n5,1,2,0\n5,0,1,1\n7,2,1,0\n")
    more = ["--interval"] if flag == "--group-column" else []
    done = celoss("ce", "g.csv", flag, "g", *more, "--json", cwd=folder)
    assert json.loads(done.stdout)["input"]["columns"]["inputs"] == ["a", "b"]


def test_a_column_of_groups_is_no_probability_and_no_target(folder: Path) -> None:
    (folder / "g.csv").write_text("g,x,t\n1,0.3,0\n1,0.6,1\n0,0.4,0\n")
    done = celoss("bce", "g.csv", "--by", "g", cwd=folder)
    commands = [line.partition("  (")[0] for line in done.stderr.splitlines()[1:-1]]
    assert commands == ["  celoss bce g.csv --by g --class-columns x --target-column t"]


# ----------------------------------------------------------------------------------- other refusals


def test_a_map_to_no_class_lists_each_class_once(folder: Path) -> None:
    (folder / "m.csv").write_text("home,draw,away,target\n1,2,3,H\n1,0,2,D\n")
    done = celoss("ce", "m.csv", "--class-map", "H=home,D=drow", cwd=folder)
    assert 'classes of "home", "draw", "away", got "drow" for "D"' in done.stderr


@pytest.mark.parametrize(
    ("words", "better"), [("--first-class 1", ""), ("--target-is index", " --target-is name")]
)
def test_targets_that_are_names_say_how_to_read_them(words: str, better: str, folder: Path) -> None:
    (folder / "m.csv").write_text("cat,dog,target\n1,2,cat\n3,1,dog\n")
    done = celoss("ce", "m.csv", *words.split(), cwd=folder)
    assert done.stderr.splitlines()[1] == f"  celoss ce m.csv{better}  (targets are the names of classes)"
    assert celoss("ce", "m.csv", *better.split(), cwd=folder).returncode == 0


@pytest.mark.parametrize("loss", ["ce", "nll"])
def test_a_table_of_scored_tokens_is_offered_as_one(loss: str, folder: Path) -> None:
    (folder / "t.csv").write_text("doc,logprob\na,-0.5\na,-1.25\nb,-2\n")
    done = celoss(loss, "t.csv", cwd=folder)
    words = "nll t.csv --class-columns logprob --input-is token-logprobs"
    assert done.stderr.splitlines()[1] == f"  celoss {words}  (a scored token a row)"
    assert run(folder, "dump", *()).returncode != 0  # no such file
    found = celoss(*words.split(), cwd=folder, CELOSS_FORMAT="value")
    assert float(found.stdout) == pytest.approx((0.5 + 1.25 + 2) / 3, rel=1e-12)


def test_a_check_that_cannot_be_computed_names_the_keys_that_mend_it(folder: Path) -> None:
    (folder / "t.csv").write_text("p,label\n0.2,1\n0.9,2\n")
    config = '[checks.a]\nloss = "bce"\nfiles = ["t.csv"]\nmax = 9\n'
    (folder / "celoss.toml").write_text(config)
    done = celoss("check", cwd=folder)
    assert 'got 2. (in the check: positive = "2"; or positive = "1")' in done.stderr
    (folder / "celoss.toml").write_text(config + 'positive = "2"\n')
    assert celoss("check", cwd=folder).returncode == 0


def test_a_baseline_without_a_checksum_is_told(folder: Path) -> None:
    (folder / "base.json").write_text(celoss("ce", "xy.npz", "--json", cwd=folder).stdout)
    told = celoss("ce", "xy.npz", "--baseline", "base.json", cwd=folder)
    assert (told.returncode, "base.json has no checksum" in told.stderr) == (0, True)
    celoss("ce", "xy.npz", "--save-baseline", "kept.json", cwd=folder)
    assert "checksum" not in celoss("ce", "xy.npz", "--baseline", "kept.json", cwd=folder).stderr


@pytest.mark.parametrize(
    "words",
    [
        "ce xy.npz --max 9",
        "compare rows.jsonl rows.jsonl --loss ce --max-increase 1",
        "report xy.npz --max 9 -o p.html",
    ],
)
def test_junit_has_the_time_of_every_command_that_writes_it(words: str, folder: Path) -> None:
    done = celoss(
        *words.split(), "--report", "junit=j.xml", *([] if "-o" in words else ["-o", "out.json"]), cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert ' time="' in (folder / "j.xml").read_text()
    if not words.startswith("report"):
        told = celoss(
            *words.replace("9", "-9").replace(" 1", " -1").split(), "--format", "github", cwd=folder
        )
        assert f"::error file={words.split()[1]}," in told.stdout
