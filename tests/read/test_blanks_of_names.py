"""Blanks around the id of a row are no part of it, in whatever format it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from running import celoss

IDS = [" a", "b\t", "c d"]
X = [[2.0, 1.0], [0.5, 0.25], [0.125, 3.0]]
Y = [0, 1, 1]


def columns() -> dict[str, list[object]]:
    return {"id": [*IDS], "logit_0": [x[0] for x in X], "logit_1": [x[1] for x in X], "target": [*Y]}


def csv(path: Path) -> str:
    lines = [f"{name},{x[0]},{x[1]},{y}\n" for name, x, y in zip(IDS, X, Y, strict=True)]
    (path / "a.csv").write_text("id,logit_0,logit_1,target\n" + "".join(lines))
    return "a.csv"


def json_by_column(path: Path) -> str:
    (path / "a.json").write_text(json.dumps(columns()))
    return "a.json"


def json_lines(path: Path) -> str:
    rows = [dict(zip(columns(), row, strict=True)) for row in zip(*columns().values(), strict=True)]
    (path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "a.jsonl"


def json_lines_of_arrays(path: Path) -> str:
    rows = [{"id": name, "logits": x, "target": y} for name, x, y in zip(IDS, X, Y, strict=True)]
    (path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "a.jsonl"


def json_arrays(path: Path) -> str:
    (path / "a.json").write_text(json.dumps({"ids": IDS, "logits": X, "targets": Y}))
    return "a.json"


def npz(path: Path) -> str:
    np.savez(path / "a.npz", ids=np.array(IDS), logits=np.array(X), targets=np.array(Y))
    return "a.npz"


def npz_by_column(path: Path) -> str:
    np.savez(path / "a.npz", **{name: np.array(values) for name, values in columns().items()})
    return "a.npz"


def parquet(path: Path) -> str:
    arrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns()), path / "a.parquet")
    return "a.parquet"


def feather(path: Path) -> str:
    arrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.feather").write_feather(arrow.table(columns()), path / "a.arrow")
    return "a.arrow"


FORMATS = [
    csv,
    json_by_column,
    json_lines,
    json_lines_of_arrays,
    json_arrays,
    npz,
    npz_by_column,
    parquet,
    feather,
]


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_ids_have_no_blanks_around_them(write: Callable[[Path], str], tmp_path: Path) -> None:
    done = celoss("ce", write(tmp_path), "--reduction", "none", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    at = header.split(",").index("id")
    assert [row.split(",")[at] for row in rows] == ["a", "b", "c d"]


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_targets_are_joined_by_ids_without_their_blanks(write: Callable[[Path], str], tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("id,target\nc d,0\nb,1\na ,0\n")
    name = write(tmp_path)
    more = ["--id-column", "ids" if name in ("a.npz", "a.json") and write in (npz, json_arrays) else "id"]
    words = ["ce", name, *more, "--targets", "@truth.csv", "--format", "value"]
    if write not in (npz, json_arrays, json_lines_of_arrays):
        words += ["--class-columns", "logit_*"]
    done = celoss(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = [np.log(np.exp(x).sum()) - x[y] for x, y in zip(np.array(X), [0, 1, 0], strict=True)]
    assert float(done.stdout) == pytest.approx(np.mean(expected), rel=1e-14)
