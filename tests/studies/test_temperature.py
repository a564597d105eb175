"""One temperature: held to SciPy and to PyTorch's LBFGS, its limits, and the files it writes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import schema
from running import celoss

from celoss_cli import cross_entropy, softmax
from celoss_cli.evaluate.temperature import Predictions, fitted

RANDOM = np.random.default_rng(8)
N, C = 400, 4
Y = RANDOM.integers(0, C, N)
X = RANDOM.normal(size=(N, C)) * 1.5 + 1.2 * np.eye(C)[Y]
X *= 2.5
W = np.array([1.0, 2.0, 0.5, 3.0])
S = RANDOM.uniform(0, 2, N)


def file(tmp_path: Path, x: Any = X, y: Any = Y, **more: Any) -> Path:
    path = tmp_path / "p.npz"
    np.savez(path, **{"logits": np.asarray(x), "labels": np.asarray(y), **more})
    return path


def told(path: Path, *options: str) -> dict[str, Any]:
    done = celoss("temperature", path, *options, "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    schema("temperature.schema").validate(report)
    return report


def best(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """By SciPy, of a function of its own."""
    optimize = pytest.importorskip("scipy.optimize")

    def loss(b: float) -> float:
        z = b * (x - x.max(1, keepdims=True))
        return float((weights * (np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])).sum())

    return 1 / float(
        optimize.minimize_scalar(loss, bounds=(1e-3, 50), method="bounded", options={"xatol": 1e-12}).x
    )


def test_it_is_the_temperature_of_scipy(tmp_path: Path) -> None:
    report = told(file(tmp_path))
    assert report["state"] == "found"
    assert report["temperature"] == pytest.approx(best(X, Y, np.ones(N)), rel=1e-6)
    assert report["loss_before"] == pytest.approx(cross_entropy(X, Y), rel=1e-13)
    assert report["loss_after"] == pytest.approx(cross_entropy(X / report["temperature"], Y), rel=1e-12)
    assert report["share"] == pytest.approx(1 - report["loss_after"] / report["loss_before"], rel=1e-12)
    assert report["ece_after"]["equal_width"] < report["ece_before"]["equal_width"]
    assert report["accuracy"] == (X.argmax(1) == Y).mean()


def test_the_slope_there_is_nothing_but_rounding(tmp_path: Path) -> None:
    t = told(file(tmp_path))["temperature"]
    p = softmax(X / t, axis=1)
    slope = ((p * X).sum(1) - X[np.arange(N), Y]).mean()
    assert abs(slope) < 1e-13


def test_torch_finds_the_same_by_lbfgs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.tensor(X), torch.tensor(Y)
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    step = torch.optim.LBFGS(
        [log_t], max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure() -> Any:
        step.zero_grad()
        loss = torch.nn.functional.cross_entropy(x / log_t.exp(), y)
        loss.backward()
        return loss

    step.step(closure)
    assert told(file(tmp_path))["temperature"] == pytest.approx(float(log_t.detach().exp()), rel=1e-7)


@pytest.mark.parametrize("options", [[], ["--weight", "1,2,0.5,3"], ["--ignore-index", "2"]], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_weights_and_ignored_targets(options: list[str], weighted: bool, tmp_path: Path) -> None:
    more = {"sample_weight": S} if weighted else {}
    weights = S if weighted else np.ones(N)
    weights = weights * (W[Y] if "--weight" in options else 1)
    kept = Y != 2 if "--ignore-index" in options else np.ones(N, bool)
    report = told(file(tmp_path, **more), *options)
    assert report["temperature"] == pytest.approx(best(X[kept], Y[kept], weights[kept]), rel=1e-6)


def test_probabilities_and_logarithms_have_the_temperature_of_their_logits(tmp_path: Path) -> None:
    expected = told(file(tmp_path))["temperature"]
    p = softmax(X, axis=1)
    np.savez(tmp_path / "q.npz", probs=p, labels=Y)
    assert told(tmp_path / "q.npz", "--input-is", "probs")["temperature"] == pytest.approx(expected, rel=1e-9)
    np.savez(tmp_path / "l.npz", log_probs=np.log(p), labels=Y)
    found = told(tmp_path / "l.npz", "--loss", "nll")["temperature"]
    assert found == pytest.approx(expected, rel=1e-9)


def test_answers_of_yes_or_no(tmp_path: Path) -> None:
    z, t = X[:, 0], (Y == 0).astype(int)
    expected = best(np.stack([np.zeros(N), z], 1), t, np.ones(N))
    np.savez(tmp_path / "z.npz", logits=z, labels=t)
    assert told(tmp_path / "z.npz", "--loss", "bce-logits")["temperature"] == pytest.approx(
        expected, rel=1e-6
    )
    np.savez(tmp_path / "p.npz", probs=1 / (1 + np.exp(-z)), labels=t)
    report = told(tmp_path / "p.npz", "--loss", "bce")
    assert report["temperature"] == pytest.approx(expected, rel=1e-6)
    assert report["classes"] is None


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_a_start_far_away_comes_to_the_same(scale: float, tmp_path: Path) -> None:
    expected = told(file(tmp_path))["temperature"]
    assert told(file(tmp_path, X * scale))["temperature"] == pytest.approx(expected * scale, rel=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "state", "limit"),
    [
        ([[2.0, 1, 0], [0, 3, 1]], [0, 1], "zero", 0.0),
        ([[2.0, 2, 0], [0, 3, 1]], [0, 1], "zero", math.log(2) / 2),
        ([[2.0, 1, 0]], [0], "zero", 0.0),
        ([[2.0, 1, 0]], [2], "infinity", math.log(3)),
        ([[1.0, 1, 1], [2, 2, 2]], [0, 1], "undefined", math.log(3)),
        ([[1.0, 1, -np.inf], [2, 2, 2]], [0, 1], "undefined", (math.log(2) + math.log(3)) / 2),
    ],
    ids=str,
)
def test_where_there_is_no_best_one(x: Any, y: Any, state: str, limit: float, tmp_path: Path) -> None:
    path = file(tmp_path, x, y)
    report = told(path)
    assert (report["state"], report["temperature"], report["ece_after"]) == (state, None, None)
    assert report["loss_after"] == pytest.approx(limit, rel=1e-14, abs=1e-300)
    assert "There is no best temperature" in " ".join(celoss("temperature", path).stdout.split())
    done = celoss("temperature", path, "-o", tmp_path / "c.npz")
    assert (done.returncode, (tmp_path / "c.npz").exists()) == (3, False)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([[0.0, np.nan], [1, 0]], [1, 0], "celoss: error"),
        ([[0.0, 1.0]], [-100], "expected at least one counted target"),
        (np.zeros((0, 2)), np.zeros(0, int), "expected at least one counted target"),
        ([[0.0, 1.0]], [[0.5, 0.5]], "expected targets that are classes"),
    ],
    ids=str,
)
def test_what_is_refused(x: Any, y: Any, words: str, tmp_path: Path) -> None:
    done = celoss("temperature", file(tmp_path, x, y), "--allow-nonfinite")
    assert (done.returncode, words in done.stderr) == (3, True), done.stderr


def test_a_target_of_probability_0_has_no_temperature(tmp_path: Path) -> None:
    path = file(tmp_path, [[0.0, -np.inf], [1, 0], [-np.inf, 2]], [1, 0, 0])
    report = told(path, "--allow-nonfinite")
    assert (report["state"], report["temperature"], report["infinite"]) == ("impossible", None, 2)
    assert (report["loss_before"], report["loss_after"], report["nonfinite"]) == (None, None, "inf")
    assert report["first_infinite"].endswith("[0]")
    text = " ".join(celoss("temperature", path, "--allow-nonfinite").stdout.split())
    assert "2 counted targets have the probability 0 (the first" in text
    done = celoss("temperature", path, "--allow-nonfinite", "-o", tmp_path / "c.npz")
    assert (done.returncode, (tmp_path / "c.npz").exists()) == (3, False)


@pytest.mark.parametrize("scale", [1e-320, 1e-17, 1e-15, 1.0, 1e100, 1e300])
def test_a_temperature_is_found_at_any_scale_of_the_logits(scale: float, tmp_path: Path) -> None:
    # Two of three are right: sigmoid(2 / T) = 2 / 3 has 2 / T = ln 2, and the loss is the entropy of 1/3.
    x = np.array([[1, -1], [-1, 1], [1, -1]]) * scale
    report = told(file(tmp_path, x, [0, 1, 1]))
    assert report["state"] == "found"
    assert report["temperature"] == pytest.approx(
        2 / math.log(2) * scale, rel=1e-13 if scale > 1e-300 else 1e-3
    )
    entropy = -(2 * math.log(2 / 3) + math.log(1 / 3)) / 3
    assert report["loss_after"] == pytest.approx(entropy, rel=1e-9)


def test_a_temperature_beyond_the_largest_number_is_that_number(tmp_path: Path) -> None:
    largest = np.finfo(float).max
    report = told(file(tmp_path, np.array([[1, -1], [-1, 1], [1, -1]]) * 1e308, [0, 1, 1]))
    assert (report["state"], report["temperature"]) == ("found", largest)
    wrong = 2 / (largest / 1e308)
    right = math.log1p(math.exp(-wrong))
    assert report["loss_after"] == pytest.approx((2 * right + right + wrong) / 3, rel=1e-12)


def test_scales_that_differ_within_the_data_are_fitted_by_the_larger_one(tmp_path: Path) -> None:
    small = np.array([[1, -1], [-1, 1], [1, -1]]) * 1e-100
    large = np.array([[1, -1], [-1, 1], [1, -1]]) * 1e100
    report = told(file(tmp_path, np.concatenate([small, large]), [0, 1, 0, 0, 1, 1]))
    # The small ones have the loss ln 2 at every temperature of that size.
    assert report["temperature"] == pytest.approx(2e100 / math.log(2), rel=1e-13)


def test_a_row_of_weight_0_decides_nothing_of_a_temperature(tmp_path: Path) -> None:
    x = np.array([[1, -1], [-1, 1], [1, -1], [0, -np.inf]])
    path = file(tmp_path, x, [0, 1, 1, 1], w=np.array([1.0, 1, 1, 0]))
    report = told(path, "--weight-column", "w", "--allow-nonfinite")
    assert report["state"] == "found"
    assert report["temperature"] == pytest.approx(2 / math.log(2), rel=1e-13)


def test_any_split_gives_the_same_bits() -> None:
    logs, ones = np.ascontiguousarray(X.T), np.ones(N)
    whole, parts = Predictions(), Predictions()
    whole.add(logs, Y, ones)
    for start in (300, 0, 100):
        stop = {300: N, 0: 100, 100: 300}[start]
        parts.add(logs[:, start:stop], Y[start:stop], ones[start:stop])
    assert fitted(whole) == fitted(parts)


# -------------------------------------------------------------------------------------------- the files


@pytest.mark.parametrize("ending", ["csv", "jsonl", "npz", "parquet"])
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_the_written_file_has_the_loss_that_was_told(kind: str, ending: str, tmp_path: Path) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    head = ",".join(f"{kind[:-1]}_{name}" for name in "abcd")
    values = X if kind == "logits" else softmax(X, axis=1)
    lines = [
        ",".join(map(repr, row)) + f",{'abcd'[y]}" for row, y in zip(values.tolist(), Y.tolist(), strict=True)
    ]
    (tmp_path / "in.csv").write_text("\n".join([f"{head},target", *lines]) + "\n")
    options = ("--input-is", kind)
    out = tmp_path / f"out.{ending}"
    report = told(tmp_path / "in.csv", *options, "-o", str(out))
    assert report["written"] == str(out)
    done = celoss("ce", out, *options, "--format", "value")
    assert float(done.stdout) == pytest.approx(report["loss_after"], rel=1e-12), done.stderr
    if ending == "csv":
        assert out.read_text().startswith(f"{head},target\n")
    again = told(out, *options)
    assert again["temperature"] == pytest.approx(1, abs=1e-9)


def test_answers_ids_and_weights_are_written(tmp_path: Path) -> None:
    rows = [
        f"r{at},{p},{t},{w}"
        for at, (p, t, w) in enumerate([(0.9, 1, 1), (0.8, 0, 2), (0.2, 0, 1), (0.7, 1, 1)])
    ]
    (tmp_path / "in.csv").write_text("\n".join(["id,prob,label,weight", *rows]) + "\n")
    report = told(
        tmp_path / "in.csv", "--loss", "bce", "--weight-column", "weight", "-o", str(tmp_path / "o.csv")
    )
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines[0] == "id,prob,label,weight"
    assert lines[1].startswith("r0,")
    done = celoss("bce", tmp_path / "o.csv", "--weight-column", "weight", "--format", "value")
    assert float(done.stdout) == pytest.approx(report["loss_after"], rel=1e-12)


def test_the_array_alone_has_the_shape_of_the_input(tmp_path: Path) -> None:
    x = RANDOM.normal(size=(6, 3, 2, 2)) * 3
    y = x.argmax(axis=1)
    y[0] = (y[0] + 1) % 3
    report = told(file(tmp_path, x, y), "-o", str(tmp_path / "o.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy"), x / report["temperature"])
    done = celoss("temperature", file(tmp_path, x, y), "-o", tmp_path / "o.csv")
    assert (done.returncode, (tmp_path / "o.csv").exists()) == (2, False)


@pytest.mark.parametrize(
    ("loss", "x", "y", "code", "remedy"),
    [
        ("ce", softmax(X, axis=1), Y, "CEL104", "--loss ce --input-is probs"),
        ("nll", softmax(X, axis=1), Y, "CEL106", "--loss ce --input-is probs"),
        ("bce-logits", 1 / (1 + np.exp(-X[:, 0])), (Y == 0) * 1.0, "CEL109", "--loss bce"),
    ],
)
def test_it_tells_what_the_loss_tells_of_probabilities_as_logits(
    loss: str, x: Any, y: Any, code: str, remedy: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    columns = np.column_stack([x, y])
    names = ",".join([*(f"c{i}" for i in range(columns.shape[1] - 1)), "target"])
    np.savetxt(
        path,
        columns,
        delimiter=",",
        header=names,
        comments="",
        fmt=["%.17g"] * (len(columns[0]) - 1) + ["%d"],
    )
    options = ("--class-columns", ",".join(names.split(",")[:-1]))
    done = celoss("temperature", path, "--loss", loss, *options, "--format", "value")
    assert f"celoss: warning {code}: " in done.stderr
    command = f"celoss temperature {path} {' '.join(options)} {remedy}"
    assert f"; try: {command}\n" in done.stderr
    again = celoss(*command.split()[1:])
    assert (again.returncode, again.stderr) == (0, "")


def test_classes_that_are_ruled_out_are_not_said_to_be_equal(tmp_path: Path) -> None:
    done = celoss("temperature", file(tmp_path, [[2.0, -np.inf], [-np.inf, 1.0]], [0, 1]))
    assert "in every row all classes that are not ruled out" in " ".join(done.stdout.split())


def test_the_number_alone_and_wrong_endings(tmp_path: Path) -> None:
    path = file(tmp_path)
    done = celoss("temperature", path, "--format", "value")
    assert float(done.stdout) == told(path)["temperature"]
    assert celoss("temperature", path, "-o", tmp_path / "x.txt").returncode == 2
    assert celoss("temperature", path, "--loss", "bce-logits").returncode == 3


def test_a_parquet_file_of_many_rows_is_written_in_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("celoss_cli.studies.temperature.files.ROWS_AT_A_TIME", 7)
    x, y = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.5]] * 10), [0, 1, 1] * 10
    found = told(file(tmp_path, x, y), "-o", str(tmp_path / "o.parquet"))
    written = parquet.ParquetFile(tmp_path / "o.parquet")
    assert written.num_row_groups == 5
    values = np.column_stack(written.read().columns[:2])
    assert values == pytest.approx(x / found["temperature"], rel=1e-15)
