"""Row objects with the names of the classes beside their scores, as Vertex AI writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Done

Run = Callable[..., Done]

ROWS = [
    {"id": 0, "label": "mid", "classes": ["low", "mid", "high"], "scores": [0.2, 0.6, 0.2]},
    {"id": 1, "label": "low", "classes": ["low", "mid", "high"], "scores": [0.5, 0.3, 0.2]},
    {"id": 2, "label": "high", "classes": ["mid", "high", "low"], "scores": [0.5, 0.3, 0.2]},
]
DUE = -(math.log(0.6) + math.log(0.5) + math.log(0.3)) / 3
PROBS = ("--input-is", "probs", "--format", "value")


def _written(folder: Path, rows: list[dict[str, object]], *, lines: bool) -> str:
    text = "".join(f"{json.dumps(row)}\n" for row in rows) if lines else json.dumps(rows)
    name = "v.jsonl" if lines else "v.json"
    (folder / name).write_text(text)
    return name


@pytest.mark.parametrize("lines", [True, False])
def test_the_scores_are_read_by_the_names_beside_them(celoss: Run, tmp_path: Path, lines: bool) -> None:
    for names in ("classes", "categories"):
        rows = [{key if key != "classes" else names: one for key, one in row.items()} for row in ROWS]
        done = celoss("ce", _written(tmp_path, rows, lines=lines), *PROBS, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(DUE, rel=1e-15)


def test_names_that_do_not_fit_the_scores_are_refused_with_their_row(celoss: Run, tmp_path: Path) -> None:
    many = [dict(ROWS[0]) for _ in range(80)]
    many[75]["classes"] = ["low", "mid"]
    done = celoss("ce", _written(tmp_path, many, lines=True), *PROBS, cwd=tmp_path)
    assert (done.returncode, "v.jsonl:76: expected a different name in classes" in done.stderr) == (3, True)


def test_rows_of_other_classes_are_no_one_set_of_them(celoss: Run, tmp_path: Path) -> None:
    rows = [ROWS[0], {**ROWS[1], "classes": ["low", "mid", "top"]}]
    done = celoss("ce", _written(tmp_path, rows, lines=True), *PROBS, cwd=tmp_path)
    assert (done.returncode, "expected classes in one order" in done.stderr) == (3, True)


def test_numbers_for_named_classes_are_refused(celoss: Run, tmp_path: Path) -> None:
    rows = [{**row, "label": 1} for row in ROWS]
    done = celoss("ce", _written(tmp_path, rows, lines=True), *PROBS, cwd=tmp_path)
    assert (done.returncode, "expected targets that are named as the classes" in done.stderr) == (3, True)


def test_inspect_tells_how_many_values_a_row_has(celoss: Run, tmp_path: Path) -> None:
    rows = [{"id": n, "a": [0.5, 1.5, 2.5], "b": [1.0, 2.0, 3.0]} for n in range(2)]
    done = celoss("inspect", _written(tmp_path, rows, lines=True), cwd=tmp_path)
    assert "numbers, 3 a row" in done.stdout
    assert "-1" not in done.stdout
