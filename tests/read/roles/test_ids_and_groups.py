"""A column that is chosen for two things: the id of a join, and what groups are made by."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
from running import celoss

CAT, DOG = math.log1p(math.exp(-0.8)), math.log1p(math.exp(0.6))
"""The losses of (0.9, 0.1) with the target 0 and of (0.8, 0.2) with the target 1."""


def report(folder: Path, *words: str) -> Any:
    done = celoss("ce", *words, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text("id,key,cat,dog\n1,b,0.9,0.1\n2,a,0.8,0.2\n")
    (tmp_path / "t.csv").write_text("id,key,target\n2,b,1\n1,a,0\n")
    (tmp_path / "q.csv").write_text("id,cat,dog,target,site\nr1,0.9,0.1,0,x\nr2,0.8,0.2,1,y\n")
    return tmp_path


def test_the_id_that_is_chosen_joins_and_no_other(folder: Path) -> None:
    joined = ("p.csv", "--targets", "@t.csv")
    by_id, by_key = (CAT + DOG) / 2, (math.log1p(math.exp(0.8)) + math.log1p(math.exp(-0.6))) / 2
    assert report(folder, *joined)["value"] == pytest.approx(by_id, rel=1e-14)
    assert report(folder, *joined, "--id-column", "id")["value"] == pytest.approx(by_id, rel=1e-14)
    rows = celoss("ce", *joined, "--id-column", "key", "--reduction=none", "--format=csv", cwd=folder).stdout
    assert [row["id"] for row in csv.DictReader(rows.splitlines())] == ["b", "a"]
    assert report(folder, *joined, "--id-column", "key")["value"] == pytest.approx(by_key, rel=1e-14)


@pytest.mark.parametrize(
    ("column", "names"),
    [("target", ["0", "1"]), ("id", ["r1", "r2"]), ("site", ["x", "y"]), ("cat", ["0.9", "0.8"])],
)
def test_a_column_can_be_what_it_is_and_the_group_too(folder: Path, column: str, names: list[str]) -> None:
    found = report(folder, "q.csv", "--by", column)
    means = {group["name"]: group["loss"] for group in found["groups"]}
    assert means == pytest.approx(dict(zip(names, [CAT, DOG], strict=True)), rel=1e-14)
    columns = found["input"]["columns"]
    assert (columns["inputs"], columns["target"], columns["group"]) == (["cat", "dog"], "target", column)
    assert found["value"] == pytest.approx((CAT + DOG) / 2, rel=1e-14)


LONG = "id,model,cat,dog,target\n1,x,1,2,0\n2,x,0,1,1\n1,y,1,3,0\n2,y,2,1,1\n"


def test_several_predictions_of_the_same_rows_are_told(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(LONG)
    (note,) = report(tmp_path, "long.csv")["input"]["columns"]["notes"]
    assert note.startswith("the same ids come again with another model")
    assert note.endswith("--by model tells each")
    assert "the same ids come again" in celoss("ce", "long.csv", cwd=tmp_path).stdout
    assert "notes" not in report(tmp_path, "long.csv", "--by", "model")["input"]["columns"]


@pytest.mark.parametrize(
    "text",
    [
        LONG.replace("1,y", "3,y").replace("2,y", "4,y"),
        LONG.replace("model", "site"),
        LONG.replace("1,y", "1,x"),
    ],
)
def test_other_tables_have_no_such_note(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert "notes" not in report(tmp_path, "t.csv")["input"]["columns"]
