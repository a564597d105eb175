"""Cells that hold lists of numbers, and JSON rows that hold objects: each value is a column."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from running import Done, celoss

PROBS = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]
Y = [0, 1, 2]
MEAN = -(math.log(0.7) + math.log(0.8) + math.log(0.6)) / 3


def scored(folder: Path, *words: str, loss: str = "ce") -> Done:
    kind = ["--input-is", "probs"] if loss == "ce" else []
    return celoss(loss, *kind, *words, "--format", "value", cwd=folder)


WRITTEN = {
    "JSON": lambda row: json.dumps(row),
    "NumPy": lambda row: "[" + " ".join(map(str, row)) + "]",
    "NumPy on two lines": lambda row: f"[{row[0]} {row[1]}\n {row[2]}]",
    "repr of NumPy": lambda row: f"array({row})",
    "PyTorch": lambda row: f"tensor({row}, dtype=torch.float64)",
    "a batch of one": lambda row: f"[{row}]",
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("mark", [",", ";"])
def test_lists_in_cells(way: str, mark: str, tmp_path: Path) -> None:
    rows = [f'{y}{mark}"{WRITTEN[way](row)}"{mark}x' for row, y in zip(PROBS, Y, strict=True)]
    (tmp_path / "p.csv").write_text("\n".join([f"label{mark}probs{mark}text", *rows, ""]))
    done = scored(tmp_path, "p.csv")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(MEAN, rel=1e-12)


def test_the_columns_are_told_and_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('probs,label\n"[0.75, 0.25]",0\n')
    told = json.loads(celoss("ce", "--input-is", "probs", "p.csv", "--json", cwd=tmp_path).stdout)["input"][
        "columns"
    ]
    assert told["inputs"] == ["probs.0", "probs.1"]
    assert told["told"] == ["each value of a list is a column: probs"]
    done = scored(tmp_path, "p.csv", "--class-columns", "probs.*")
    assert float(done.stdout) == -math.log(0.75)


def test_of_two_probabilities_in_a_list_the_second_is_the_positive_answer(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('label,probability,prediction\n1,"[0.25,0.75]",1\n0,"[0.5,0.5]",0\n')
    done = scored(tmp_path, "p.csv", loss="bce")
    assert float(done.stdout) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('"[0.5, 0.5]"', "a list of 3 numbers"),
        ("0.5", "a list of 3 numbers"),
        ('"[0.2, 0.2, x]"', "a list of 3"),
    ],
)
def test_a_list_of_another_length_is_refused_in_its_place(cell: str, said: str, tmp_path: Path) -> None:
    rows = [f'"{json.dumps(row)}",{y}\n' for row, y in zip(PROBS, Y, strict=True)] * 100
    (tmp_path / "p.csv").write_text("".join(["probs,label\n", *rows, f"{cell},1\n"]))
    done = scored(tmp_path, "p.csv")
    assert (done.returncode, f"p.csv:302: expected {said}" in done.stderr) == (3, True), done.stderr


def test_what_is_printed_in_part_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("probs,label\n[0.1 ... 0.9],0\n[0.2 ... 0.8],1\n")
    assert scored(tmp_path, "p.csv").returncode == 3


def test_texts_in_brackets_stay_texts(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("note,prob,label\n[1] see,0.75,1\n[2],0.5,0\n")
    done = scored(tmp_path, "p.csv", loss="bce")
    assert float(done.stdout) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2, rel=1e-12)


def test_a_missing_list_is_a_missing_row(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('probs,label\n"[0.75, 0.25]",0\n,1\n')
    assert scored(tmp_path, "p.csv").returncode == 3
    assert float(scored(tmp_path, "p.csv", "--missing", "skip").stdout) == -math.log(0.75)


def test_lists_of_a_parquet_file(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"probs": PROBS, "label": Y, "text": ["a", "b", "c"]}), tmp_path / "p.parquet"
    )
    done = scored(tmp_path, "p.parquet")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(MEAN, rel=1e-12)


def test_decimals_of_a_parquet_file(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from decimal import Decimal

    from pyarrow import parquet

    scores = pa.array([Decimal("0.8300"), Decimal("0.1234")], pa.decimal128(10, 4))
    parquet.write_table(pa.table({"prob": scores, "label": [1, 1]}), tmp_path / "p.parquet")
    done = scored(tmp_path, "p.parquet", loss="bce")
    assert float(done.stdout) == pytest.approx(-(math.log(0.83) + math.log(0.1234)) / 2, rel=1e-15)


def test_objects_in_rows_in_any_order(tmp_path: Path) -> None:
    rows = [{"label": "b", "probs": {"b": 0.75, "a": 0.25}}, {"probs": {"a": 0.5, "b": 0.5}, "label": "a"}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = scored(tmp_path, "p.jsonl")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2, rel=1e-12)


def test_an_object_that_names_a_key_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"p": {"a": 0.5, "b": 0.5}, "p.a": 1, "label": "a"}\n')
    done = scored(tmp_path, "p.jsonl")
    assert (done.returncode, '"p.a" twice' in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize("name", ["p.json", "-"])
def test_one_object_a_line_is_read_whatever_the_name(name: str, tmp_path: Path) -> None:
    text = "".join(
        json.dumps({**dict(zip("abc", row, strict=True)), "label": "abc"[y]}) + "\n"
        for row, y in zip(PROBS, Y, strict=True)
    )
    (tmp_path / "p.json").write_text(text)
    words = ("ce", "--input-is", "probs", name, "--format", "value")
    done = celoss(*words, cwd=tmp_path, data=text)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(MEAN, rel=1e-12)
