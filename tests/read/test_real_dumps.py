"""Dumps as tools write them are read without conversion; each number is computed here by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ways import by_command

from celoss_cli.core.data import Array

DUMPS = Path(__file__).parent / "dumps"
Capture = pytest.CaptureFixture[str]


def cross_entropy(x: Array, y: Array) -> float:
    x, y = np.asarray(x, np.float64), np.asarray(y)
    kept = (y >= 0) & (y < x.shape[1])
    lp = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    picked = np.take_along_axis(lp, np.where(kept, y, 0)[:, None], axis=1)[:, 0]
    return float(-picked[kept].mean())


def binary(p: Array, t: Array) -> float:
    p, t = np.asarray(p), np.asarray(t)
    return float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())


def loaded(name: str) -> Array:
    return np.load(DUMPS / name)


KAGGLE = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]
PROBA = [[0.9, 0.1], [0.25, 0.75], [0.5, 0.5]]
H2O = [[0.75, 0.25], [0.375, 0.625], [0.5, 0.5]]
PREDICTIONS = [[[1, 0], [2, 1], [0, 3]], [[2, 1], [2, 0], [1, 0]]]

CASES = {
    "Kaggle, several classes, the truth in another file": (
        "ce kaggle-multiclass.csv --targets @kaggle-multiclass-truth.csv",
        cross_entropy(KAGGLE, [0, 1, 1]),
    ),
    "Kaggle, binary": (
        "bce kaggle-binary.csv --targets @kaggle-binary-truth.csv",
        binary([0.9, 0.25, 0.5], [1, 0, 0]),
    ),
    "AutoML benchmark": (
        "ce automl-benchmark.csv",
        cross_entropy([[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]], [0, 0, 1]),
    ),
    "CatBoost": (
        "ce catboost.tsv",
        cross_entropy([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.5, 0.25]], [0, 1, 2]),
    ),
    "libsvm, whose header sets the order of the classes": (
        "ce libsvm.txt --delimiter space --targets 1,-1,-1",
        cross_entropy([[0.8, 0.2], [0.4, 0.6], [0.55, 0.45]], [0, 1, 1]),
    ),
    "H2O": ("ce h2o.csv --targets 0,1,1", cross_entropy(H2O, [0, 1, 1])),
    "H2O, the column of the positive class": (
        "bce h2o.csv --class-columns p1 --targets 0,1,1",
        binary([0.25, 0.625, 0.5], [0, 1, 1]),
    ),
    "scikit-learn by pandas, with its unnamed index": ("ce sklearn.csv", cross_entropy(PROBA, [0, 1, 0])),
    "scikit-learn by NumPy": (
        "ce sklearn-proba.npy --targets @sklearn-y.npy",
        cross_entropy(PROBA, [0, 1, 0]),
    ),
    "scikit-learn by pandas, without names of the classes": (
        "ce sklearn-pandas.csv --header --targets @sklearn-y.npy",
        cross_entropy(PROBA, [0, 1, 0]),
    ),
    "scikit-learn by numpy.savetxt": (
        "ce sklearn-savetxt.csv --no-header --targets @sklearn-y.npy",
        cross_entropy(PROBA, [0, 1, 0]),
    ),
    "scikit-learn, the truth by numpy.savetxt": (
        "ce h2o.csv --targets @sklearn-savetxt-y.csv",
        cross_entropy(H2O, [0, 1, 0]),
    ),
    "Hugging Face, masked with -100": (
        "ce hugging-face.npz",
        cross_entropy(np.moveaxis(np.array(PREDICTIONS), 1, -1).reshape(4, 3), [1, -100, 0, 2]),
    ),
    "segmentation": (
        "ce segmentation-logits.npy --targets @segmentation-labels.npy --ignore-index 255",
        cross_entropy(
            np.moveaxis(loaded("segmentation-logits.npy"), 1, -1).reshape(-1, 3),
            loaded("segmentation-labels.npy").reshape(-1),
        ),
    ),
    "segmentation, channel last": (
        "ce channel-last.npy --targets @segmentation-labels.npy --ignore-index 255 --class-axis -1",
        cross_entropy(
            loaded("channel-last.npy").reshape(-1, 3), loaded("segmentation-labels.npy").reshape(-1)
        ),
    ),
    "pandas split": ("ce mlflow-split.json", cross_entropy(PROBA, [0, 1, 0])),
    "pandas records": ("ce pandas-records.json", cross_entropy(PROBA[:2], [0, 1])),
    "labels +1 and -1": (
        "soft-margin plus-minus.csv",
        float(np.log1p(np.exp(-np.array([2.5, 0.5, -0.25]))).mean()),
    ),
    "true and false": ("bce booleans.csv", binary([0.9, 0.25, 0.5], [1, 0, 0])),
    "one-hot columns": (
        "ce one-hot.csv --target-column is_*",
        cross_entropy([[2, 1], [0.5, 1.5], [1, 1]], [0, 1, 0]),
    ),
}


@pytest.mark.parametrize(("command", "expected"), CASES.values(), ids=CASES)
def test_a_dump_is_read_as_it_is(
    command: str, expected: float, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DUMPS)
    verdict = by_command(capfd, *command.split())
    assert verdict.code == 0, verdict.said
    assert verdict.value == pytest.approx(expected, rel=1e-12)


def test_what_svm_predict_predicted_is_no_target(capfd: Capture) -> None:
    verdict = by_command(capfd, "ce", str(DUMPS / "libsvm.txt"), "--delimiter", "space")
    assert verdict.code == 3
    assert "svm-predict" in verdict.said
    chosen = ["--delimiter", "space", "--target-column", "labels"]
    assert by_command(capfd, "ce", str(DUMPS / "libsvm.txt"), *chosen).code == 0


def test_a_join_names_its_files_and_takes_any_order(tmp_path: Path, capfd: Capture) -> None:
    truth = tmp_path / "t.csv"
    truth.write_text("author,id\nHPL,id03\nEAP,id02\nHPL,id01\n")
    verdict = by_command(capfd, "ce", str(DUMPS / "kaggle-multiclass.csv"), "--targets", f"@{truth}")
    assert verdict.value == pytest.approx(cross_entropy(KAGGLE, [0, 1, 1]), rel=1e-12)
    assert verdict.report["input"]["columns"]["id"] == "id"
    assert f"targets of {truth} joined by id" in verdict.report["input"]["conversions"]


def test_targets_in_order_go_on_over_files(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "one.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "two.csv").write_text("a,b\n5,7\n")
    files = [str(tmp_path / name) for name in ("one.csv", "two.csv")]
    verdict = by_command(capfd, "ce", *files, "--targets", "0,1,1")
    assert verdict.value == pytest.approx(cross_entropy([[1, 2], [3, 4], [5, 7]], [0, 1, 1]), rel=1e-12)


def test_targets_that_are_given_go_before_those_of_the_file(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text("a,b,target\n1,2,0\n3,5,0\n")
    verdict = by_command(capfd, "ce", f"{tmp_path}/p.csv", "--targets", "1,1")
    assert verdict.value == pytest.approx(cross_entropy([[1, 2], [3, 5]], [1, 1]), rel=1e-12)
    assert verdict.report["input"]["columns"]["unused"] == ["target"]


def test_a_truth_written_by_pandas_has_its_index_as_ids(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text(",a,b\n0,1,2\n1,3,5\n")
    (tmp_path / "t.csv").write_text(",y\n1,b\n0,a\n")
    verdict = by_command(capfd, "ce", f"{tmp_path}/p.csv", "--targets", f"@{tmp_path}/t.csv")
    assert verdict.value == pytest.approx(cross_entropy([[1, 2], [3, 5]], [0, 1]), rel=1e-12)


@pytest.mark.parametrize(
    "name", ["pred", "preds", "prediction", "y_pred", "yhat", "y_hat", "predicted_label"]
)
def test_what_was_predicted_is_neither_target_nor_class(name: str, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text(f"a,b,{name},y\n1,2,1,0\n")
    verdict = by_command(capfd, "ce", f"{tmp_path}/p.csv")
    assert verdict.report["input"]["columns"]["unused"] == [name]
    assert verdict.report["classes"] == 2
