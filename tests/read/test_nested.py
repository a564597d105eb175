"""Columns of structs and of labels with scores in Parquet and Arrow files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from running import Done, celoss

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

SCORES = [{"cat": 0.7, "dog": 0.1, "fox": 0.2}, {"cat": 0.25, "dog": 0.35, "fox": 0.4}]
TRUTH = ["cat", "fox"]
DUE = -(math.log(0.7) + math.log(0.4)) / 2


def _run(folder: Path, *arguments: str) -> Done:
    return celoss("ce", "--input-is", "probs", *arguments, cwd=folder, CELOSS_FORMAT="value")


def _ranked(row: dict[str, float]) -> list[dict[str, object]]:
    return [{"label": k, "score": v} for k, v in sorted(row.items(), key=lambda pair: -pair[1])]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize(
    "column",
    [SCORES, [{"of": row} for row in SCORES], [_ranked(row) for row in SCORES]],
    ids=["struct", "struct in a struct", "labels"],
)
def test_each_class_has_a_column(column: list[object], ending: str, tmp_path: Path) -> None:
    table = pa.table({"prediction": column, "id": [7, 8], "label": TRUTH})
    if ending == "parquet":
        pq.write_table(table, tmp_path / "t.parquet")
    else:
        with (
            pa.OSFile(str(tmp_path / "t.arrow"), "wb") as file,
            pa.ipc.new_file(file, table.schema) as writer,
        ):
            writer.write_table(table)
    done = _run(tmp_path, f"t.{ending}")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(DUE, rel=1e-15)


def test_a_null_struct_is_refused_where_it_stands(tmp_path: Path) -> None:
    table = pa.table({"prediction": [SCORES[0], None], "label": TRUTH})
    pq.write_table(table, tmp_path / "t.parquet")
    done = _run(tmp_path, "t.parquet")
    assert done.returncode == 3
    assert "a null" in done.stderr
    assert "row 1" in done.stderr


def test_other_labels_in_a_later_row_are_refused_where_they_stand(tmp_path: Path) -> None:
    other = {"cat": 0.5, "dog": 0.25, "owl": 0.25}
    rows = [_ranked(SCORES[0])] * 100 + [_ranked(other)]
    pq.write_table(pa.table({"scores": rows, "label": ["cat"] * 101}), tmp_path / "t.parquet")
    done = _run(tmp_path, "t.parquet")
    assert done.returncode == 3
    assert 'error: t.parquet: row 100: expected the labels of the first row in column "scores"' in done.stderr


@pytest.mark.parametrize("ending", ["parquet", "json", "jsonl"])
def test_what_a_detector_saw_is_no_input_beside_a_probability(ending: str, tmp_path: Path) -> None:
    seen = [[{"label": "car", "score": 0.9}], [{"label": "bus", "score": 0.8}]]
    rows = [
        {"seen": boxes, "prob": p, "label": y} for boxes, p, y in zip(seen, (0.2, 0.9), (0, 1), strict=True)
    ]
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    else:
        text = json.dumps(rows) if ending == "json" else "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"t.{ending}").write_text(text)
    done = celoss("bce", f"t.{ending}", cwd=tmp_path, CELOSS_FORMAT="value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-(math.log(0.8) + math.log(0.9)) / 2, rel=1e-12)


def test_numbers_do_not_say_which_label_is_which(tmp_path: Path) -> None:
    table = pa.table({"scores": [_ranked(row) for row in SCORES], "label": [0, 2]})
    pq.write_table(table, tmp_path / "t.parquet")
    done = _run(tmp_path, "t.parquet")
    assert done.returncode == 3
    named = "scores.cat,scores.dog,scores.fox"
    assert f"--class-columns {named}" in done.stderr
    assert float(_run(tmp_path, "t.parquet", "--class-columns", named).stdout) == pytest.approx(DUE)


def test_names_as_targets_of_lists_are_refused_with_the_reason(tmp_path: Path) -> None:
    """Nothing says which value of a list is whose: "row 0: expected a class index" said no more."""
    lists = [list(row.values()) for row in SCORES]
    pq.write_table(
        pa.table({"probs": lists, "label": pa.array(TRUTH).dictionary_encode()}), tmp_path / "t.parquet"
    )
    rows = [{"probs": row, "label": label} for row, label in zip(lists, TRUTH, strict=True)]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for file in ("t.parquet", "t.jsonl"):
        done = _run(tmp_path, file)
        assert (done.returncode, done.stdout) == (3, "")
        assert '"cat" (nothing names the classes of the input: number the classes from 0' in done.stderr
