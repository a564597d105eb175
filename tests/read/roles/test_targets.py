"""Targets are names of classes or indices: one rule for every way in and any order of the rows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formulas import log_softmax
from profiles import some

from celoss_cli.cli.main import run

Write = Callable[[Path, Sequence[str], Sequence[Sequence[Any]]], list[str]]
Capture = pytest.CaptureFixture[str]

X = np.array([[2.0, 0.0, -1.0], [0.5, 3.0, 1.0], [1.0, 0.0, 2.5], [-1.0, 0.25, 0.5]])


def as_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in [names, *rows]]
    path.with_suffix(".csv").write_text("\n".join(lines) + "\n")
    return [str(path.with_suffix(".csv"))]


def as_records(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    path.with_suffix(".json").write_text(json.dumps(objects))
    return [str(path.with_suffix(".json"))]


def as_lines(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
    path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n")
    return [str(path.with_suffix(".jsonl"))]


def as_split(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    path.with_suffix(".json").write_text(json.dumps({"columns": names, "data": rows}))
    return [str(path.with_suffix(".json"))]


def as_parquet(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    parquet.write_table(pa.table({name: list(cells) for name, cells in columns.items()}), f"{path}.parquet")
    return [f"{path}.parquet"]


def with_truth(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """The targets in an array of their own."""
    targets = np.array([row[-1] for row in rows])
    if targets.dtype.kind == "U":
        pytest.skip("an array of names is no array of numbers")
    np.save(f"{path}.npy", targets)
    return [*as_csv(path, names[:-1], [row[:-1] for row in rows]), "--targets", f"@{path}.npy"]


WAYS: list[Write] = [as_csv, as_records, as_lines, as_split, as_parquet, with_truth]
every_way = pytest.mark.parametrize("way", WAYS)


def value(capfd: Capture, *arguments: str) -> float:
    capfd.readouterr()
    assert run(["ce", *arguments, "--format", "value"]) == 0, capfd.readouterr().err
    return float(capfd.readouterr().out)


def refusal(capfd: Capture, *arguments: str) -> str:
    capfd.readouterr()
    assert run(["ce", *arguments]) == 3
    return capfd.readouterr().err


def mean(indices: Sequence[int], x: np.ndarray = X) -> Any:
    """The mean cross entropy; a negative index is ignored."""
    rows = [row for row, index in enumerate(indices) if index >= 0]
    losses = -log_softmax(x, axis=1)
    return pytest.approx(np.mean([losses[row, indices[row]] for row in rows]), rel=1e-14)


def table(classes: Sequence[str], targets: Sequence[Any]) -> tuple[list[str], list[list[Any]]]:
    rows = [[*x[: len(classes)].tolist(), y] for x, y in zip(X, targets, strict=False)]
    return [*classes, "target"], rows


def orders(rows: Sequence[Any]) -> list[list[Any]]:
    return [list(found) for found in itertools.permutations(rows)]


@every_way
@pytest.mark.parametrize(
    ("classes", "targets", "indices"),
    [
        (["p_1", "p_0"], [1, 0, 1, 1], [0, 1, 0, 0]),
        (["p_1", "p_0"], [1.0, 0.0, 1.0, 1.0], [0, 1, 0, 0]),
        (["p_1", "p_0"], [True, False, True, True], [0, 1, 0, 0]),
        (["prob_True", "prob_False"], [True, False, True, True], [0, 1, 0, 0]),
        (["prob_TRUE", "prob_FALSE"], [1, 0, 0, 1], [0, 1, 1, 0]),
        (["p_1", "p_2", "p_3"], [1, 3, 2, 1], [0, 2, 1, 0]),
        (["p_1", "p_2", "p_3"], [1.0, 3.0, 2.0, 1.0], [0, 2, 1, 0]),
        (["p_1", "p_2", "p_3"], [2, 0, 1, 2], [2, 0, 1, 2]),
        (["p_2.0", "p_1.0", "p_0.0"], [2, 0, 1, 1], [0, 2, 1, 1]),
        (["c03", "c02", "c01"], [3, 1, 2, 2], [0, 2, 1, 1]),
        (["logit_1", "logit_-1"], [1, -1, -1, 1], [0, 1, 1, 0]),
        (["p_0", "p_1", "p_2"], [2, 0, 1, 2], [2, 0, 1, 2]),
        (["cat", "dog", "bird"], [2, 0, 1, 2], [2, 0, 1, 2]),
        (["cat", "dog", "bird"], ["bird", "cat", "dog", "bird"], [2, 0, 1, 2]),
        (["p_1", "p_0"], [1, -100, 0, 1], [0, -1, 1, 0]),
        (["cat", "dog", "bird"], [2, -100, 0, 1], [2, -1, 0, 1]),
    ],
)
def test_the_order_of_the_rows_changes_nothing(
    way: Write, classes: list[str], targets: list[Any], indices: list[int], tmp_path: Path, capfd: Capture
) -> None:
    names, rows = table(classes, targets)
    expected = mean(indices, X[:, : len(classes)])
    for rows_in_order in some(orders(rows)[:: 5 if way is as_csv else 11]):
        assert value(capfd, *way(tmp_path / "p", names, rows_in_order)) == expected


@pytest.mark.parametrize("cells", [["cat", "-100", "dog", "bird"], ["-100", "cat", "dog", "bird"]])
def test_a_number_that_is_no_index_may_stand_among_names(
    cells: list[str], tmp_path: Path, capfd: Capture
) -> None:
    names, rows = table(["cat", "dog", "bird"], cells)
    indices = [{"cat": 0, "dog": 1, "bird": 2}.get(cell, -1) for cell in cells]
    assert value(capfd, *as_csv(tmp_path / "p", names, rows)) == mean(indices)
    assert "got 255" in refusal(capfd, *as_csv(tmp_path / "q", names, [[*rows[0][:3], "255"], *rows]))


@pytest.mark.parametrize("cells", [["cat", "1", "dog", "bird"], ["1", "cat", "dog", "bird"]])
def test_names_and_indices_do_not_mix(cells: list[str], tmp_path: Path, capfd: Capture) -> None:
    said = refusal(capfd, *as_csv(tmp_path / "p", *table(["cat", "dog", "bird"], cells)))
    assert "expected a class" in said
    assert ("--target-is index" in said) == (cells[0] == "cat")  # by name "1" would be refused too


def test_the_option_settles_what_the_names_leave_open(tmp_path: Path, capfd: Capture) -> None:
    path = as_csv(tmp_path / "p", *table(["x1", "x2", "x3"], [1, 2, 1, 2]))
    assert value(capfd, *path) == value(capfd, *path, "--target-is", "name") == mean([0, 1, 0, 1])
    assert value(capfd, *path, "--target-is", "index") == mean([1, 2, 1, 2])


def test_a_first_file_settles_the_others(tmp_path: Path, capfd: Capture) -> None:
    one = as_csv(tmp_path / "one", *table(["x1", "x2", "x3"], [1, 2]))
    other = as_csv(tmp_path / "other", *table(["x1", "x2", "x3"], [0, 1]))
    assert '"0" (if targets count the classes from 0: --target-is index)' in refusal(capfd, *one, *other)
    assert value(capfd, *one, *other, "--target-is", "index") == mean([1, 2, 0, 1], X[[0, 1, 0, 1]])


def test_whether_they_are_one_number_in_floating_point_or_not_is_the_same(
    tmp_path: Path, capfd: Capture
) -> None:
    whole = as_csv(tmp_path / "one", *table(["p_1", "p_0"], [1, 0]))
    broken = as_csv(tmp_path / "other", *table(["p_1", "p_0"], [0.0, 1.0]))
    expected = mean([0, 1, 1, 0], X[[0, 1, 0, 1], :2])
    assert value(capfd, *whole, *broken) == expected
    assert value(capfd, *broken, *whole) == mean([1, 0, 0, 1], X[[0, 1, 0, 1], :2])


def test_names_are_asked_of_classes_that_have_none(tmp_path: Path, capfd: Capture) -> None:
    np.savez(tmp_path / "p.npz", logits=X, targets=[0, 1, 2, 0])
    assert run(["ce", str(tmp_path / "p.npz"), "--target-is", "name"]) == 2
    assert "--target-is" in capfd.readouterr().err
    assert run(["ce", str(tmp_path / "p.npz"), "--target-is", "index"]) == 0


# ------------------------------------------------------------------------------------- what is skipped


@pytest.mark.parametrize("way", [as_csv, as_records, as_lines, as_split, as_parquet])
@pytest.mark.parametrize(
    ("classes", "targets"),
    [(["cat", "dog", "bird"], [None, "dog", "cat", "bird"]), (["p_1", "p_2", "p_3"], [None, 2, 1, 3])],
)
def test_a_row_that_is_skipped_settles_nothing(
    way: Write, classes: list[str], targets: list[Any], tmp_path: Path, capfd: Capture
) -> None:
    names, rows = table(classes, targets)
    for place in range(3):
        moved = [*rows[1 : place + 1], rows[0], *rows[place + 1 :]]
        found = value(capfd, *way(tmp_path / "p", names, moved), "--missing", "skip")
        assert found == mean([1, 0, 2], X[1:])


def test_ids_and_names_that_look_missing_are_kept_in_any_company(tmp_path: Path, capfd: Capture) -> None:
    names = ["id", "FR", "NA", "target"]
    rows = [["NA", 1, 2, "NA"], ["", 2, 1, "FR"], ["x", 0, 1, "NA"]]
    kept = value(capfd, *as_csv(tmp_path / "p", names, rows), "--missing", "skip")
    with_gaps = [*rows, ["y", None, 1, "FR"], ["z", 1, 1, None]]
    assert value(capfd, *as_csv(tmp_path / "q", names, with_gaps), "--missing", "skip") == kept


def test_a_blank_that_no_keyboard_has_is_part_of_a_value(tmp_path: Path, capfd: Capture) -> None:
    for cell in ("1\N{NO-BREAK SPACE}", "\N{EM SPACE}1"):
        assert "expected a class index" in refusal(
            capfd, *as_csv(tmp_path / "p", *table(["cat", "dog"], [0, cell]))
        )


# ------------------------------------------------------------------------------------- several columns


@pytest.mark.parametrize("way", [as_csv, as_records, as_lines, as_split, as_parquet])
@pytest.mark.parametrize("kind", [int, bool])
def test_one_hot_columns_are_class_indices_whatever_their_type(
    way: Write, kind: type, tmp_path: Path, capfd: Capture
) -> None:
    """Class weights divide by themselves for indices, and not at all for probabilities."""
    names = ["logit_cat", "logit_dog", "logit_bird", "y_cat", "y_dog", "y_bird"]
    indices = [1, 0, 2, 1]
    rows = [[*x.tolist(), *(kind(i == y) for i in range(3))] for x, y in zip(X, indices, strict=True)]
    arguments = [*way(tmp_path / "p", names, rows), "--target-column", "y_*", "--weight", "1,2,3"]
    losses, weights = -log_softmax(X, axis=1), np.array([1.0, 2.0, 3.0])
    picked = losses[np.arange(4), indices] * weights[indices]
    assert value(capfd, *arguments) == pytest.approx(picked.sum() / weights[indices].sum(), rel=1e-14)
    broken = [[*row[:3], *map(float, row[3:])] for row in rows]
    arguments = [*way(tmp_path / "q", names, broken), *arguments[-4:]]
    assert value(capfd, *arguments) == pytest.approx(picked.sum() / 4, rel=1e-14)


# -------------------------------------------------------------------------------------------- shards


def test_parts_whose_targets_were_read_in_two_ways_are_not_added(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names, rows = table(["x1", "x2", "x3"], [0, 1, 2, 1])
    for part, cut in (("one", rows[:2]), ("other", rows[2:])):
        value(capfd, *as_csv(tmp_path / part, names, cut), "--emit-partial", f"{part}.json")
    assert run(["merge", "one.json", "other.json"]) == 3
    assert "--target-is" in capfd.readouterr().err
    value(capfd, "other.csv", "--target-is", "index", "--emit-partial", "other.json")
    assert run(["merge", "one.json", "other.json", "--format", "value"]) == 0
    assert float(capfd.readouterr().out) == mean([0, 1, 2, 1])
