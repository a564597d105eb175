"""What is written of every element: gradients as PyTorch has them, predictions, arrays and tables."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import schema
from running import celoss

from celoss_cli.show import FORMATS, format_of_suffix

RNG = np.random.default_rng(8)
X = RNG.normal(size=(40, 3))
Y = RNG.integers(0, 3, 40)
NAMES = ["ant", "bee", "cat"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    rows = (f"{','.join(map(repr, row))},{NAMES[y]}\n" for row, y in zip(X.tolist(), Y, strict=True))
    path.write_text(f"{','.join(NAMES)},target\n{''.join(rows)}")
    return path


def run(*words: str | Path, **more: Any) -> str:
    done = celoss(*words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ----------------------------------------------------------------------------------------- gradients


def test_the_gradient_of_the_mean_is_that_of_the_formula_in_every_format(table: Path, tmp_path: Path) -> None:
    expected = (softmax(X) - np.eye(3)[Y]) / 40
    found = json.loads(run("ce", table, "--grad", "--json"))
    schema("schema").validate(found)
    np.testing.assert_allclose(found["gradient"], expected, rtol=1e-12)
    assert "p_target" not in found
    lines = [json.loads(line) for line in run("ce", table, "--grad", "--format", "jsonl").splitlines()]
    np.testing.assert_allclose([line["gradient"] for line in lines], expected, rtol=1e-12)
    rows = records(run("ce", table, "--grad", "--format", "csv"))
    cells = [list(map(float, row["gradient"].split())) for row in rows]
    np.testing.assert_allclose(cells, expected, rtol=1e-12)
    run("ce", table, "--grad", "-o", tmp_path / "g.npy")
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), expected, rtol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize(
    ("loss", "options", "given"),
    [
        ("ce", {"ignore_index": 1}, ["--ignore-index", "1"]),
        ("ce", {"weight": [1.0, 2.0, 0.5]}, ["--weight", "1,2,0.5"]),
        ("ce", {"label_smoothing": 0.2}, ["--label-smoothing", "0.2"]),
        ("nll", {}, []),
    ],
)
def test_gradients_are_those_of_pytorch(
    tmp_path: Path, loss: str, options: dict[str, Any], given: list[str], reduction: str
) -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, requires_grad=True)
    weight = {name: torch.tensor(value, dtype=x.dtype) for name, value in options.items() if name == "weight"}
    function = getattr(torch.nn.functional, {"ce": "cross_entropy", "nll": "nll_loss"}[loss])
    function(x, torch.tensor(Y), reduction=reduction, **{**options, **weight}).sum().backward()
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    flags = ["--allow-out-of-domain"] if loss == "nll" else []
    files = ["x.npy", "--targets", "@y.npy"]
    words = [loss, *files, *given, *flags, "--reduction", reduction, "--grad", "-o", "g.npy"]
    run(*words, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), x.grad.numpy(), rtol=1e-12, atol=1e-16)


def test_arrays_with_positions_have_a_gradient_of_their_shape(tmp_path: Path) -> None:
    x, y = RNG.normal(size=(5, 3, 2, 4)), RNG.integers(0, 3, (5, 2, 4))
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    run("ce", "x.npy", "y.npy", "--grad", "-o", "g.npy", cwd=tmp_path)
    run("ce", "x.npy", "y.npy", "--reduction", "none", "-o", "l.npy", cwd=tmp_path)
    e = np.exp(x)
    hot = np.moveaxis(np.eye(3)[y], -1, 1)
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), (e / e.sum(1, keepdims=True) - hot) / 40)
    losses = np.log(e.sum(1)) - np.take_along_axis(x, y[:, None], 1)[:, 0]
    np.testing.assert_allclose(np.load(tmp_path / "l.npy"), losses)


def test_a_gradient_of_single_values_and_of_weighted_rows() -> None:
    data = "p,y,sample_weight\n0.8,1,2\n0.25,0,1\n"
    found = json.loads(run("bce", "--grad", "--json", data=data))
    np.testing.assert_allclose(found["gradient"], [2 * -1 / 0.8 / 3, 1 / 0.75 / 3], rtol=1e-12)
    bits = json.loads(run("bce", "--grad", "--json", "--base", "2", "--reduction", "sum", data=data))
    np.testing.assert_allclose(bits["gradient"], np.array([-2.5, 4 / 3]) / np.log(2), rtol=1e-12)


# --------------------------------------------------------------------------------------- predictions


def test_rows_have_the_class_the_probability_of_the_target_and_the_prediction(table: Path) -> None:
    p = softmax(X)
    rows = records(run("ce", table, "--reduction", "none", "--format", "csv"))
    assert [row["class"] for row in rows] == [NAMES[y] for y in Y]
    np.testing.assert_allclose([float(row["p_target"]) for row in rows], p[np.arange(40), Y], rtol=1e-12)
    assert [int(row["prediction"]) for row in rows] == p.argmax(axis=1).tolist()
    assert [row["predicted_class"] for row in rows] == [NAMES[i] for i in p.argmax(axis=1)]
    found = json.loads(run("ce", table, "--reduction", "none", "--json"))
    schema("schema").validate(found)
    assert found["prediction"] == p.argmax(axis=1).tolist()
    np.testing.assert_allclose(found["p_target"], p[np.arange(40), Y], rtol=1e-12)


def test_a_binary_loss_predicts_0_or_1_and_an_ignored_target_has_no_probability() -> None:
    rows = records(run("bce", "--reduction", "none", "--format", "csv", data="p,y\n0.8,1\n0.75,0\n0.25,0\n"))
    assert [(row["p_target"], row["prediction"], row["class"]) for row in rows] == [
        ("0.8", "1", ""),
        ("0.25", "1", ""),
        ("0.75", "0", ""),
    ]
    lines = run(
        *("ce", "--logits", "1,2;3,1", "--targets", "0,-100", "--reduction", "none", "--format", "jsonl")
    ).splitlines()
    assert json.loads(lines[1])["p_target"] is None


def test_the_value_alone_costs_no_predictions(table: Path) -> None:
    assert len(run("ce", table, "--reduction", "none", "--format", "value").splitlines()) == 40


# --------------------------------------------------------------------------------------- -o by ending


@pytest.mark.parametrize(
    ("name", "format"),
    [
        *(
            ("r.json", "json"),
            ("r.jsonl", "jsonl"),
            ("r.csv", "csv"),
            ("r.md", "markdown"),
            ("R.HTML", "html"),
        ),
        *(("R.HTML", "html"), ("r.svg", "svg"), ("r.xml", "junit"), ("r.txt", "table")),
    ],
)
def test_a_file_is_written_in_the_format_of_its_ending(
    table: Path, tmp_path: Path, name: str, format: str
) -> None:
    words = ["ce", "x.csv", "--max", "9"]
    run(*words, "-o", name, cwd=tmp_path)
    run(*words, "--format", format, "-o", "named", cwd=tmp_path)
    one, other = ((tmp_path / each).read_text() for each in (name, "named"))
    assert re.sub(' time="[0-9.]+"', "", one) == re.sub(' time="[0-9.]+"', "", other)
    assert format_of_suffix(name) is FORMATS[format]


@pytest.mark.parametrize("name", ["r.foo", "r.npz", "r.json.gz"])
def test_an_ending_that_says_no_format_exits_2_and_writes_nothing(
    table: Path, tmp_path: Path, name: str
) -> None:
    done = celoss("ce", table, "-o", tmp_path / name)
    assert done.returncode == 2
    assert "Expected -o with a file that ends in .txt, .json," in done.stderr
    assert not (tmp_path / name).exists()
    assert celoss("ce", table, "--format", "json", "-o", tmp_path / name).returncode == 0


def test_a_format_that_is_named_goes_before_the_ending_and_that_before_the_variable(
    table: Path, tmp_path: Path
) -> None:
    run("ce", "x.csv", "--format", "value", "-o", "v.json", cwd=tmp_path)
    assert float((tmp_path / "v.json").read_text()) > 0
    run("ce", "x.csv", "-o", "r.json", cwd=tmp_path, CELOSS_FORMAT="value")
    assert json.loads((tmp_path / "r.json").read_text())["loss"] == "cross_entropy"
    run("ce", "x.csv", "-o", "plain", cwd=tmp_path, CELOSS_FORMAT="value")
    assert float((tmp_path / "plain").read_text()) > 0


def test_commands_refuse_endings_of_what_they_do_not_write(table: Path, tmp_path: Path) -> None:
    for words, name in ((["diagnose"], "d.xml"), (["weights"], "w.npy"), (["inspect"], "i.csv")):
        done = celoss(*words, table, "-o", tmp_path / name)
        assert (done.returncode, "that ends in" in done.stderr) == (2, True)
    assert celoss("inspect", table, "-o", tmp_path / "i.md").returncode == 0


@pytest.mark.parametrize("name", ["r.npy", "r.parquet"])
def test_a_file_of_elements_needs_elements(table: Path, tmp_path: Path, name: str) -> None:
    done = celoss("ce", table, "-o", tmp_path / name)
    assert (done.returncode, (tmp_path / name).exists()) == (2, False)
    assert "Expected --reduction none or --grad" in done.stderr


# ----------------------------------------------------------------------------------- NPY and Parquet


def test_parquet_has_the_columns_of_csv_with_types(table: Path, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    run("ce", table, "--reduction", "none", "--grad", "-o", tmp_path / "r.parquet")
    found = pq.read_table(tmp_path / "r.parquet")
    lines = run("ce", table, "--reduction", "none", "--grad", "--format", "jsonl").splitlines()
    expected = [json.loads(line) for line in lines]
    for line in expected:
        del line["nonfinite"]
    assert found.to_pylist() == expected
    types = {name: str(found.schema.field(name).type) for name in ("row", "loss", "class", "gradient")}
    assert types == {"row": "int64", "loss": "double", "class": "string", "gradient": "list<element: double>"}


def test_rows_in_several_parts_are_one_array_and_one_table(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    rows = 150_000
    x, y = RNG.normal(size=(rows, 2)), RNG.integers(0, 2, rows)
    np.savez(tmp_path / "d.npz", logits=x, labels=y)
    losses = np.log(np.exp(x).sum(1)) - x[np.arange(rows), y]
    run("ce", "d.npz", "--reduction", "none", "-o", "l.npy", cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "l.npy"), losses, rtol=1e-12, atol=1e-15)
    run("ce", "d.npz", "--reduction", "none", "-o", "l.parquet", cwd=tmp_path)
    found = pq.ParquetFile(tmp_path / "l.parquet")
    assert found.metadata.num_row_groups == 3
    np.testing.assert_allclose(found.read(["loss"])["loss"].to_numpy(), losses, rtol=1e-12, atol=1e-15)


def test_what_fails_leaves_the_old_file(table: Path, tmp_path: Path) -> None:
    (tmp_path / "l.npy").write_bytes(b"old")
    (tmp_path / "bad.csv").write_text(table.read_text() + "1,2,x,ant\n")
    assert celoss("ce", tmp_path / "bad.csv", "--reduction", "none", "-o", tmp_path / "l.npy").returncode == 3
    assert (tmp_path / "l.npy").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "l.npy", "x.csv"]
