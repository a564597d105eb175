"""Options for data that is written otherwise: classes counted from 1 or spelled anew, percents, comments."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Done, celoss

PROBS = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]
Y = [0, 1, 2]
MEAN = -(math.log(0.7) + math.log(0.8) + math.log(0.6)) / 3
NAMES = ["home", "draw", "away"]


def table(targets: list[Any], names: list[str] = NAMES, *, percent: bool = False) -> str:
    def cell(value: float) -> str:
        return f"{value * 100:.0f}%" if percent else f"{value}"

    rows = [",".join([*map(cell, row), str(y)]) for row, y in zip(PROBS, targets, strict=True)]
    return "\n".join([",".join([*names, "label"]), *rows, ""])


def scored(folder: Path, *words: str, data: str | None = None) -> Done:
    return celoss("ce", "--input-is", "probs", *words, "--format", "value", cwd=folder, data=data)


def value(done: Done) -> float:
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


# ------------------------------------------------------------------------------------ --first-class


def counted_from_one(way: str, folder: Path) -> list[str]:
    """The same rows with targets 1 to 3, and the words that name them."""
    ones = [y + 1 for y in Y]
    if way == "csv":
        (folder / "p.csv").write_text(table(ones))
        return ["p.csv"]
    if way == "jsonl":
        rows = [json.dumps({"probs": p, "label": y}) for p, y in zip(PROBS, ones, strict=True)]
        (folder / "p.jsonl").write_text("\n".join([*rows, ""]))
        return ["p.jsonl"]
    if way == "npz":
        np.savez(folder / "p.npz", probs=np.array(PROBS), labels=np.array(ones))
        return ["p.npz"]
    if way == "npy":
        np.save(folder / "p.npy", np.array(PROBS))
        np.save(folder / "y.npy", np.array(ones))
        return ["p.npy", "y.npy"]
    if way == "apart":
        (folder / "p.csv").write_text("".join(",".join(r.split(",")[:-1]) + "\n" for r in table(Y).split()))
        (folder / "y.csv").write_text("label\n1\n2\n3\n")
        return ["p.csv", "--targets", "@y.csv"]
    if way == "parquet":
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        columns = {name: [row[i] for row in PROBS] for i, name in enumerate(NAMES)}
        parquet.write_table(pa.table({**columns, "label": ones}), folder / "p.parquet")
        return ["p.parquet"]
    return ["--logits", json.dumps(PROBS), "--targets", json.dumps(ones)]


@pytest.mark.parametrize("way", ["csv", "jsonl", "npz", "npy", "apart", "parquet", "inline"])
def test_targets_that_count_from_one(way: str, tmp_path: Path) -> None:
    words = counted_from_one(way, tmp_path)
    assert value(scored(tmp_path, *words, "--first-class", "1")) == pytest.approx(MEAN, rel=1e-12)
    refused = scored(tmp_path, *words)
    assert refused.returncode == 3
    assert "--first-class 1" in refused.stderr.splitlines()[-1]


def test_what_is_left_out_stays_left_out(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table([1, -100, 3]))
    some = -(math.log(0.7) + math.log(0.6)) / 2
    assert value(scored(tmp_path, "p.csv", "--first-class", "1")) == pytest.approx(some, rel=1e-12)
    (tmp_path / "p.csv").write_text(table([1, 255, 3]))
    left_out = scored(tmp_path, "p.csv", "--first-class", "1", "--ignore-index", "255")
    assert value(left_out) == pytest.approx(some, rel=1e-12)


def test_a_target_below_the_first_class_is_refused_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table([1, 0, 3]))
    refused = scored(tmp_path, "p.csv", "--first-class", "1")
    assert refused.returncode == 3
    assert "p.csv:3: Expected a target from 1 to 3 (3 classes), got 0." in refused.stderr


def test_an_index_to_leave_out_that_may_be_a_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table([1, 2, 3]))
    refused = scored(tmp_path, "p.csv", "--first-class", "1", "--ignore-index", "2")
    assert refused.returncode == 2
    assert "got 2" in refused.stderr


@pytest.mark.parametrize("more", [["--target-is", "name"], ["--class-map", "1=home"]])
def test_a_count_goes_with_no_names(more: list[str], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table([1, 2, 3]))
    assert scored(tmp_path, "p.csv", "--first-class", "1", *more).returncode == 2


def test_weights_of_classes_that_are_counted_from_one(tmp_path: Path) -> None:
    done = celoss(
        *("weights", "--targets", "1,1,2,3", "--first-class", "1", "--scheme", "inverse", "--json"),
        cwd=tmp_path,
    )
    assert json.loads(done.stdout)["counts"] == [2, 1, 1]


@pytest.mark.parametrize("command", [["compare", "p.csv", "p.csv", "--loss", "ce"], ["diagnose", "p.csv"]])
def test_other_commands_count_so_too(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table([1, 2, 3]))
    told = celoss(*command, "--input-is", "probs", "--first-class", "1", "--json", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    found = [finding["code"] for finding in json.loads(told.stdout).get("findings", ())]
    assert not [code for code in found if code.startswith("CEL2") and not code.startswith("CEL20")]


def test_a_check_counts_so_too(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table(["H", "D", "A"], percent=True))
    (tmp_path / "q.csv").write_text(table([1, 2, 3]))
    (tmp_path / "celoss.toml").write_text(
        '[checks.a]\nloss = "ce"\nfiles = "p.csv"\ninput-is = "probs"\npercent = true\nmax = 1\n'
        'class-map = {H = "home", D = "draw", A = "away"}\n'
        '[checks.b]\nloss = "ce"\nfiles = "q.csv"\ninput-is = "probs"\nfirst-class = 1\nmax = 1\n'
    )
    assert celoss("check", cwd=tmp_path).returncode == 0


# -------------------------------------------------------------------------------------- --class-map


@pytest.mark.parametrize("targets", [["H", "D", "A"], [1, 2, 3], ["home", "D", "A"], ["NA", "D", "A"]])
def test_targets_that_stand_for_classes(targets: list[Any], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table(targets))
    pairs = [f"{y}={name}" for y, name in zip(targets, NAMES, strict=True)]
    for words in (["--class-map", ",".join(pairs)], [word for p in pairs for word in ("--class-map", p)]):
        assert value(scored(tmp_path, "p.csv", *words)) == pytest.approx(MEAN, rel=1e-12)
    (tmp_path / "map.txt").write_text("\n".join(pairs))
    (tmp_path / "map.json").write_text(json.dumps(dict(pair.split("=") for pair in pairs)))
    for file in ("map.txt", "map.json"):
        assert value(scored(tmp_path, "p.csv", "--class-map", f"@{file}")) == pytest.approx(MEAN, rel=1e-12)


@pytest.mark.parametrize("names", [NAMES, [f"p_{name}" for name in NAMES]])
@pytest.mark.parametrize("target", ["label", "result"])
def test_initials_are_refused_with_the_map_that_they_may_mean(
    names: list[str], target: str, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text(table(["H", "D", "A"], names).replace("label", target))
    refused = scored(tmp_path, "p.csv")
    assert refused.returncode == 3
    assert "--class-map H=home,D=draw,A=away" in refused.stderr


def test_targets_that_are_the_classes_are_offered_no_map(tmp_path: Path) -> None:
    rows = "0.7,0.2,0.1,cat\n0.31,0.31,0.31,bird\n0.1,0.8,0.1,dog\n"
    (tmp_path / "p.csv").write_text("proba_cat,proba_dog,proba_bird,label\n" + rows)
    done = scored(tmp_path, "p.csv")
    assert done.returncode == 3
    assert "--class-columns 'proba_*'" in done.stderr
    assert "--class-map" not in done.stderr


def test_initials_that_may_mean_two_classes_are_offered_none(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table(["d", "h", "a"], ["dog", "deer", "ape"]))
    assert "--class-map" not in scored(tmp_path, "p.csv").stderr


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("H=home,D=draw,A=elsewhere", 2, '"elsewhere" for "A"'),
        ("H=home,H=draw", 2, '"H" twice'),
        ("H", 2, '"H"'),
        ("H=", 2, '"H="'),
        ("@none.txt", 3, "none.txt"),
        ("@odd.txt", 3, "odd.txt:2: expected a pair"),
        ("@odd.json", 3, 'the name of a class for "H"'),
        ("H=home", 3, '"D"'),
    ],
)
def test_a_map_that_means_nothing(text: str, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table(["H", "D", "A"]))
    (tmp_path / "odd.txt").write_text("H=home\nD\n")
    (tmp_path / "odd.json").write_text('{"H": 1}')
    done = scored(tmp_path, "p.csv", "--class-map", text)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


# ---------------------------------------------------------------------------------------- --percent


@pytest.mark.parametrize("cells", ["{:.0f}%", " {:.2f} %", "{:.0f}\u00a0%", '"{:.0f}%"'])
def test_percents(cells: str, tmp_path: Path) -> None:
    rows = "".join(
        f"{','.join(cells.format(v * 100) for v in row)},{y}\n" for row, y in zip(PROBS, Y, strict=True)
    )
    (tmp_path / "p.csv").write_text(f"home,draw,away,label\n{rows}")
    assert value(scored(tmp_path, "p.csv", "--percent")) == pytest.approx(MEAN, rel=1e-12)
    refused = scored(tmp_path, "p.csv")
    assert refused.returncode == 3
    assert "--percent" in refused.stderr.splitlines()[-1]


def test_a_percent_is_the_nearest_double_of_the_fraction(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("prob,label\n52.69%,1\n0.29%,1\n")
    done = celoss("bce", "p.csv", "--percent", "--reduction", "none", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["value"] == [-math.log(0.5269), -math.log(0.0029)]


def test_percents_with_a_decimal_comma_need_one_command(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('prob,label\n"52,69%",1\n"40,5%",1\n')
    refused = celoss("bce", "p.csv", cwd=tmp_path)
    assert refused.stderr.splitlines()[-1].endswith("celoss bce p.csv --percent --decimal ,")
    done = celoss("bce", "p.csv", "--percent", "--decimal", ",", "--format", "value", cwd=tmp_path)
    assert value(done) == pytest.approx(-(math.log(0.5269) + math.log(0.405)) / 2, rel=1e-12)


# ---------------------------------------------------------------------------------------- --comment


@pytest.mark.parametrize(
    "text",
    [
        "# made today\n# by me\n{}",
        "{}# the end\n",
        "#\n{}#",
    ],
)
def test_comments_are_left_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(text.format(table(Y)))
    assert value(scored(tmp_path, "p.csv", "--comment", "#")) == pytest.approx(MEAN, rel=1e-12)


def test_a_comment_between_rows_keeps_the_numbers_of_lines(tmp_path: Path) -> None:
    lines = table(Y).splitlines()
    lines[2:2] = ["# half of it"]
    (tmp_path / "p.csv").write_text("\n".join([*lines, "x,y,z,1", ""]))
    refused = scored(tmp_path, "p.csv", "--comment", "#")
    assert "p.csv:6:1: " in refused.stderr


def test_a_mark_within_quotation_marks_begins_no_comment(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('home,draw,away,label,text\n.7,.2,.1,0,"a\n# b"\n.1,.8,.1,1,c\n')
    done = scored(tmp_path, "p.csv", "--comment", "#", "--reduction", "sum")
    assert value(done) == pytest.approx(-math.log(0.7) - math.log(0.8), rel=1e-12)


def test_what_looks_like_a_comment_is_refused_with_the_option(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"# made today\n{table(Y)}")
    refused = scored(tmp_path, "p.csv")
    assert refused.returncode == 3
    assert "--comment '#'" in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize("mark", ["", "a", "1", "-", '"', ".5"])
def test_a_mark_that_rows_may_begin_with_is_refused(mark: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(table(Y))
    assert scored(tmp_path, "p.csv", f"--comment={mark}").returncode == 2
