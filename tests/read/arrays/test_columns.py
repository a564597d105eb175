"""An array for each class, as many writers save a data frame: read as the same columns of JSON are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import celoss

COLUMNS = {"a": [1.5, 0.75, -0.5, 0.25], "b": [0.25, 2.75, 1.0, 0.125], "targets": [0, 1, 1, 0]}


def by_hand() -> float:
    x = np.array([COLUMNS["a"], COLUMNS["b"]]).T
    return float(
        np.mean([np.log(np.exp(row).sum()) - row[y] for row, y in zip(x, COLUMNS["targets"], strict=True)])
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_array_for_each_class_is_a_table_by_columns(tmp_path: Path, dtype: str) -> None:
    arrays = {name: np.array(one, None if name == "targets" else dtype) for name, one in COLUMNS.items()}
    np.savez(tmp_path / "c.npz", **arrays)
    (tmp_path / "c.json").write_text(json.dumps(COLUMNS))
    found = {}
    for name in ("c.npz", "c.json"):
        done = celoss("ce", name, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["value"] == pytest.approx(by_hand(), rel=1e-14)
        found[name] = (
            report["value"],
            report["input"]["columns"]["inputs"],
            report["input"]["columns"]["target"],
        )
    assert found["c.npz"] == found["c.json"] == (found["c.npz"][0], ["a", "b"], "targets")


def test_names_of_rows_and_classes_may_be_texts_and_columns_be_chosen(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "c.npz",
        id=np.array(["r0", "r1"]),
        p_cat=np.array([0.5, 0.25]),
        p_dog=np.array([0.5, 0.75]),
        other=np.array([0.125, 0.5]),
        label=np.array(["cat", "dog"]),
    )
    words = ["ce", "c.npz", "--input-is", "probs", "--format", "value"]
    expected = -(np.log(0.5) + np.log(0.75)) / 2
    for more in (
        [],
        ["--class-columns", "p_*"],
        ["--class-columns", "p_cat,p_dog", "--target-column", "label"],
    ):
        done = celoss(*words, *more, cwd=tmp_path)
        assert float(done.stdout) == pytest.approx(expected, rel=1e-14), done.stderr


def test_what_is_no_number_has_its_place(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", a=np.array([1, np.nan]), b=np.array([0.5, 1]), targets=np.array([0, 1]))
    done = celoss("ce", "c.npz", cwd=tmp_path)
    assert (done.returncode, "c.npz: $.a[1]: expected a number" in done.stderr) == (3, True), done.stderr
    offered = done.stderr.splitlines()[1].partition("  (")[0].split()
    assert celoss(*offered[1:], cwd=tmp_path).returncode == 0


def test_one_column_alone_leads_to_a_binary_loss_in_words_that_are_so(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "c.npz",
        a=np.array([None, 1, 2], object),
        b=np.array([1.0, 2, 3]),
        targets=np.array([0, 1, 1]),
    )
    done = celoss("ce", "c.npz", cwd=tmp_path)
    command, _, means = done.stderr.splitlines()[1].strip().partition("  (")
    assert (done.returncode, means) == (3, "a label of yes or no for each value)")
    expected = np.mean(np.log1p(np.exp([1.0, -2.0, -3.0])))
    found = celoss(*command.split()[1:], "--format", "value", cwd=tmp_path)
    assert float(found.stdout) == pytest.approx(expected, rel=1e-14)


def test_a_value_a_row_is_no_row_of_classes_where_ids_or_weights_are_of_many(tmp_path: Path) -> None:
    """One vector and as many ids, weights and targets are pairs: a binary loss is offered, and reconciled."""
    p, y, weight = np.array([0.1, 0.4, 0.8]), np.array([0, 1, 1]), np.array([1.0, 2, 3])
    named = {"probs": p.tolist(), "targets": y.tolist(), "weight": weight.tolist(), "id": ["a", "b", "c"]}
    (tmp_path / "pairs.json").write_text(json.dumps(named))
    expected = -(weight * np.log(np.where(y == 1, p, 1 - p))).sum() / weight.sum()
    done = celoss("ce", "pairs.json", "--weight-column", "weight", cwd=tmp_path)
    assert (done.returncode, "got one value for each of 3" in done.stderr) == (3, True), done.stderr
    offered = done.stderr.splitlines()[1].partition("  (")[0].split()
    found = celoss(*offered[1:], "--format", "value", cwd=tmp_path)
    assert float(found.stdout) == pytest.approx(expected, rel=1e-14)
    got = ("--got", f"{expected:.7f}", "--weight-column", "weight", "--json")
    explained = json.loads(celoss("reconcile", "pairs.json", *got, cwd=tmp_path).stdout)["reconciliation"]
    assert explained["explanations"][0]["loss"] == "binary_cross_entropy"
    assert explained["explanations"][0]["deviations"] == []


def test_columns_of_json_are_chosen_by_name_as_those_of_numpy_are(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({**COLUMNS, "other": [1, 2, 3, 4]}))
    for chosen in ("a,b", "[ab]"):
        done = celoss("ce", "c.json", "--class-columns", chosen, "--format", "value", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == pytest.approx(by_hand(), rel=1e-14)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float16", "float32", "bool", "<U3"])
def test_columns_of_any_type_give_what_the_same_json_gives(tmp_path: Path, dtype: str) -> None:
    """Of more rows than are read at a time; the classes are numbers, or names."""
    random = np.random.default_rng(3)
    rows, names = 70_000, np.array(["cat", "dog"])
    y = random.integers(0, 2, rows)
    target = names[y] if dtype == "<U3" else y.astype(dtype)
    x = random.normal(size=(rows, 2)) * 4
    x = x if dtype in ("bool", "<U3") else np.abs(x).astype(dtype)
    np.savez(tmp_path / "c.npz", logit_cat=x[:, 0], logit_dog=x[:, 1], target=target)
    log_p = x.astype(np.float64) - np.logaddexp(*x.T.astype(np.float64))[:, None]
    done = celoss("ce", "c.npz", "--format", "value", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-log_p[np.arange(rows), y].mean(), rel=1e-12)


LABELS = {"toxic": [0.9, 0.1, 0.3], "insult": [0.2, 0.4, 0.7]}
TRUTH = {"toxic": [0, 1, 0], "insult": [1, 0, 1]}  # of the rows b, a, c


def written(path: Path, format: str, columns: dict[str, list[object]]) -> str:
    name = f"{path}.{format}"
    if format == "npz":
        np.savez(name, **{key: np.array(one) for key, one in columns.items()})
    elif format == "npy":
        types = [(key, np.array(one).dtype) for key, one in columns.items()]
        np.save(name, np.array(list(zip(*columns.values(), strict=True)), dtype=types))
    else:
        rows = zip(*columns.values(), strict=True)
        Path(name).write_text("".join(",".join(map(str, row)) + "\n" for row in [columns, *rows]))
    return name


@pytest.mark.parametrize("predictions", ["csv", "npz", "npy"])
@pytest.mark.parametrize("truth", ["csv", "npz", "npy"])
def test_several_columns_of_targets_are_joined_by_ids(tmp_path: Path, predictions: str, truth: str) -> None:
    """The table of review 22: the mean of -log p of 0.9, 0.8, 0.9, 0.6, 0.7 and 0.7."""
    given = written(tmp_path / "sub", predictions, {"id": ["a", "b", "c"], **LABELS})
    known = written(tmp_path / "truth", truth, {"id": ["b", "a", "c"], **TRUTH})
    done = celoss("bce", given, "--targets", f"@{known}", "--format", "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-np.log([0.9, 0.8, 0.9, 0.4, 0.7, 0.7]).mean(), rel=1e-12)


@pytest.mark.parametrize("name", ["id", "row"])
def test_targets_of_classes_in_arrays_by_name_are_joined_by_ids(tmp_path: Path, name: str) -> None:
    table = {name: ["r1", "r2"], "logit_cat": [2.0, 0.5], "logit_dog": [1.0, 0.25]}
    given = written(tmp_path / "a", "csv", table)
    for label in (["dog", "cat"], [1, 0]):
        known = written(tmp_path / "truth", "npz", {name: ["r2", "r1"], "label": label})
        more = ["--id-column", name]
        done = celoss("ce", given, "--targets", f"@{known}", *more, "--format", "value")
        assert done.returncode == 0, done.stderr
        expected = np.mean([np.log1p(np.exp(-1.0)), np.log1p(np.exp(0.25))])
        assert float(done.stdout) == pytest.approx(expected, rel=1e-12)


def test_arrays_of_several_shapes_are_still_no_targets(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", a=np.zeros(2), b=np.zeros((2, 2)))
    done = celoss("ce", "-x", "1,2;2,1", "--targets", f"@{tmp_path / 't.npz'}")
    assert (done.returncode, 'expected one array, got "a", "b"' in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize(("values", "loss"), [([0.8, 0.3, 0.6], "bce"), ([1.5, -0.25, 3.0], "bce-logits")])
def test_one_value_for_each_target_is_no_row_of_classes(
    tmp_path: Path, values: list[float], loss: str
) -> None:
    """Review 21: what a binary loss takes is refused by one over classes with the command that works."""
    np.save(tmp_path / "p.npy", values)
    words = ["p.npy", "--targets", "1,0,1"]
    done = celoss("ce", *words, cwd=tmp_path)
    assert done.returncode == 3
    offered = done.stderr.splitlines()[1].partition("  (")[0].split()
    assert offered == ["celoss", loss, *words]
    assert celoss(*offered[1:], cwd=tmp_path).returncode == 0
    assert celoss("reconcile", *words, "--got", "0.36", cwd=tmp_path).returncode in (0, 1)
    told = celoss("diagnose", *words, cwd=tmp_path)
    again = told.stderr.splitlines()[1].partition("  (")[0].split()
    assert celoss(*again[1:], cwd=tmp_path).returncode in (0, 1), told.stderr


def test_a_vector_with_one_target_is_a_row_of_classes(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", [1.0, 2.0, 0.5])
    done = celoss("ce", "p.npy", "--targets", "1", "--format", "value", cwd=tmp_path)
    expected = np.log(np.exp([1.0, 2.0, 0.5]).sum()) - 2.0
    assert float(done.stdout) == pytest.approx(expected, rel=1e-14)
