"""Keys in paths (``day=2026-01-01``) are columns of groups, whatever the files are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from formulas import log_softmax
from running import Done

Celoss = Callable[..., Done]

LOGITS = [[0.9, 0.1], [0.8, 0.2], [0.25, 1.5]]
TARGETS = [0, 1, 0]
DAYS = ("2026-01-01", "2026-01-02")


def csv(path: Path) -> None:
    rows = [f"{a},{b},{y}\n" for (a, b), y in zip(LOGITS, TARGETS, strict=True)]
    path.write_text("".join(["a,b,target\n", *rows]))


def jsonl(path: Path) -> None:
    rows = [f'{{"logits": {x}, "target": {y}}}\n' for x, y in zip(LOGITS, TARGETS, strict=True)]
    path.write_text("".join(rows))


def npz(path: Path) -> None:
    np.savez(path, logits=np.array(LOGITS), targets=np.array(TARGETS))


def parquet(path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    columns = {"a": [a for a, _ in LOGITS], "b": [b for _, b in LOGITS], "target": TARGETS}
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns), path)


@pytest.mark.parametrize("write", [csv, jsonl, npz, parquet])
def test_a_key_of_the_path_breaks_the_loss_down(
    celoss: Celoss, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    for day in DAYS:
        folder = tmp_path / f"day={day}"
        folder.mkdir()
        write(folder / f"p.{write.__name__}")
    done = celoss("ce", tmp_path, "--by", "day", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = -log_softmax(LOGITS, 1)[range(3), TARGETS].mean()
    assert [(group["name"], group["counted"]) for group in found["groups"]] == [(day, 3) for day in DAYS]
    assert found["groups"][0]["loss"] == pytest.approx(expected, rel=1e-14)
    assert found["input"]["columns"]["group"] == "day"


def test_a_name_that_is_a_column_and_a_key_is_refused(celoss: Celoss, tmp_path: Path) -> None:
    folder = tmp_path / "fold=1"
    folder.mkdir()
    (folder / "p.csv").write_text("a,b,fold,target\n0.9,0.1,x,0\n0.8,0.2,y,1\n")
    done = celoss("ce", folder / "p.csv", "--class-columns", "a,b", "--by", "fold")
    assert (done.returncode, done.stdout) == (3, "")
    assert 'expected "fold" as a column or as a key of the path, got both' in done.stderr


def test_a_file_without_the_key_of_the_others_is_refused(celoss: Celoss, tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    csv(tmp_path / "day=1" / "p.csv")
    csv(tmp_path / "q.csv")
    done = celoss("ce", tmp_path, "--by", "day")
    assert (done.returncode, done.stdout) == (3, "")
    assert 'q.csv: expected the key "day" in the path of every file' in done.stderr


def test_a_pattern_and_a_folder_are_the_files_that_they_lead_to(celoss: Celoss, tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        csv(tmp_path / name)
    (tmp_path / "_SUCCESS").write_text("")
    listed = celoss("ce", *(tmp_path / name for name in ("a.csv", "b.csv", "deep/c.csv")), "--json")
    assert (
        celoss("ce", tmp_path / "**", "--json", "--input-format", "csv").returncode == 3
    )  # _SUCCESS, by name
    for named in (tmp_path, tmp_path / "**" / "*.csv"):
        assert celoss("ce", named, "--json").stdout == listed.stdout
