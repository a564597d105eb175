"""Layouts of single tools and habits that the roles know, each the smallest table that shows it."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from running import celoss

P, Y = [0.83, 0.27, 0.64, 0.52], [1, 0, 1, 0]
NO = [round(1 - p, 2) for p in P]
TWO = -sum(math.log(p if y else 1 - p) for p, y in zip(P, Y, strict=True)) / len(P)


def table(header: str, *columns: list[object]) -> str:
    return "".join(f"{','.join(map(str, row))}\n" for row in [(header,), *zip(*columns, strict=True)])


WORDS = ["no", "yes"]
DECIDED = [WORDS[p > 0.5] for p in P]
TRUE = [WORDS[y] for y in Y]
TABLES = {
    "JMP": ("bce", table("default,Prob[1],Prob[0],Most Likely default", Y, P, NO, [int(p > 0.5) for p in P])),
    "PROC LOGISTIC": ("bce", table("_FROM_,_INTO_,IP_no,IP_yes", TRUE, DECIDED, NO, P)),
    "OpenML": ("ce", table("prediction,correct,confidence.no,confidence.yes", DECIDED, TRUE, NO, P)),
}


@pytest.mark.parametrize("tool", TABLES)
def test_tables_of_tools(tool: str, tmp_path: Path) -> None:
    loss, text = TABLES[tool]
    (tmp_path / "t.csv").write_text(text)
    kind = ["--input-is", "probs"] if loss == "ce" else []
    done = celoss(loss, "t.csv", *kind, "--format", "value", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(TWO, rel=1e-12)


def test_structured_arrays(tmp_path: Path) -> None:
    rows = np.array(list(zip(Y, P, strict=True)), dtype=[("label", "<i8"), ("prob", "<f8")])
    np.save(tmp_path / "t.npy", rows)
    done = celoss("bce", "t.npy", "--format", "value", cwd=tmp_path)
    assert float(done.stdout) == pytest.approx(TWO, rel=1e-12)
    for odd in ([("label", "U3"), ("prob", "<f8")], [("x", "<f8", (2,)), ("label", "<i8")]):
        np.save(tmp_path / "odd.npy", np.zeros(2, odd))
        assert celoss("bce", "odd.npy", cwd=tmp_path).returncode == 3


def test_row_objects_within_objects_and_under_a_key(tmp_path: Path) -> None:
    rows = [
        {"y": y, "out": {"class": int(p > 0.5), "probability": {"0": n, "1": p}}}
        for y, p, n in zip(Y, P, NO, strict=True)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = celoss("ce", "t.jsonl", "--input-is", "probs", "--format", "value", cwd=tmp_path)
    assert float(done.stdout) == pytest.approx(TWO, rel=1e-12)
    answers = {"model": "m", "predictions": [{"score": p, "predicted_label": int(p > 0.5)} for p in P]}
    (tmp_path / "t.json").write_text(json.dumps(answers))
    done = celoss("bce", "t.json", "--targets", ",".join(map(str, Y)), "--format", "value", cwd=tmp_path)
    assert float(done.stdout) == pytest.approx(TWO, rel=1e-12)


def test_classes_a_line_have_no_header(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([{"no": n, "yes": p} for n, p in zip(NO, P, strict=True)]))
    (tmp_path / "y.txt").write_text("".join(f"{word}\n" for word in TRUE))
    words = ("ce", "p.json", "--input-is", "probs", "--targets", "@y.txt", "--format", "value")
    assert float(celoss(*words, cwd=tmp_path).stdout) == pytest.approx(TWO, rel=1e-12)
    (tmp_path / "y.txt").write_text("no\n" + "".join(f"{word}\n" for word in TRUE))
    assert celoss(*words, cwd=tmp_path).returncode == 3  # five targets for four rows


HEADED = table("y_true,y_prob", Y, P)


def test_files_that_another_program_makes_a_table_of(tmp_path: Path) -> None:
    (tmp_path / "t.dat").write_text(HEADED)
    (tmp_path / "titled.csv").write_text(
        f'"Results, March",,\n,,\n{table("loan,actual,prob", [1, 2, 3, 4], Y, P)}'
    )
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", HEADED)
    for name, command in (
        ("t.dat", "celoss bce t.dat --input-format csv"),
        ("titled.csv", "tail -n +3 titled.csv | celoss bce  (without the lines above the header)"),
        ("t.zip", "unzip -p t.zip | celoss bce  (what is in the archive)"),
    ):
        done = celoss("bce", name, cwd=tmp_path)
        assert (done.returncode, done.stderr.splitlines()[1]) == (3, f"  {command}"), done.stderr
    done = celoss("bce", "t.dat", "--input-format", "csv", "--format", "value", cwd=tmp_path)
    assert float(done.stdout) == pytest.approx(TWO, rel=1e-12)
    rest = "".join((tmp_path / "titled.csv").read_text().splitlines(keepends=True)[2:])
    assert float(celoss("bce", "--format", "value", data=rest).stdout) == pytest.approx(TWO, rel=1e-12)


def test_rows_below_a_title_that_nothing_names_get_no_command(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Results,,\n0.5,1,0\n")
    done = celoss("bce", "t.csv", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
