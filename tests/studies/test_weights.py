"""Class weights: scikit-learn live, the effective number by its paper, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import schema
from running import celoss

from celoss_cli.cli.commands.weights import COMMAND
from celoss_cli.core.errors import InputError, UsageError
from celoss_cli.studies.weights.schemes import SCHEMES, class_weights

SCHEMA = schema("weights.schema")
TABLE = "id,cat,dog,eel,label\n" + "".join(
    f"{row},0.1,0.2,0.3,{label}\n" for row, label in enumerate(["cat"] * 6 + ["dog"] * 3 + ["eel"])
)
COUNTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=8)


def values(*arguments: str, data: str = "") -> list[float]:
    done = celoss("weights", *arguments, "--format", "value", data=data)
    assert done.returncode == 0, done.stderr
    return [float(text) for text in done.stdout.split(",")]


# ----------------------------------------------------------------------------------------- the schemes


@given(COUNTS)
def test_balanced_is_that_of_sklearn(counts: list[int]) -> None:
    compute_class_weight = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    counts = [count % 50 + 1 for count in counts]
    y = np.repeat(np.arange(len(counts)), counts)
    theirs = compute_class_weight("balanced", classes=np.arange(len(counts)), y=y)
    assert class_weights(counts, "balanced") == theirs.tolist()


@given(COUNTS)
def test_balanced_classes_have_equal_parts_of_the_total(counts: list[int]) -> None:
    parts = np.array(class_weights(counts, "balanced")) * counts
    assert parts == pytest.approx(sum(counts) / len(counts), rel=1e-14)


def test_inverse_and_its_square_root() -> None:
    assert class_weights([8, 2], "inverse") == [1.25, 5.0]
    assert class_weights([75, 25], "sqrt-inverse") == pytest.approx([(4 / 3) ** 0.5, 2.0], rel=1e-15)


@pytest.mark.parametrize("beta", [0.9, 0.99, 0.999, 0.9999])
def test_the_effective_number_by_the_formula_of_the_paper(beta: float) -> None:
    """Cui et al. 2019, equation 2, scaled so that the weights sum to the number of classes (section 4)."""
    counts = np.array([5000, 500, 5])
    weights = (1 - beta) / (1 - beta**counts)
    weights = weights / weights.sum() * len(counts)
    assert class_weights(counts.tolist(), "effective", beta) == pytest.approx(weights.tolist(), rel=1e-11)


@given(COUNTS)
def test_the_effective_number_lies_between_no_weighting_and_the_inverse(counts: list[int]) -> None:
    assert class_weights(counts, "effective", 0.0) == [1.0] * len(counts)
    inverse = np.array(class_weights(counts, "inverse"))
    nearly = class_weights(counts, "effective", 1 - 1e-15)
    assert nearly == pytest.approx((inverse / inverse.mean()).tolist(), rel=1e-8)


@given(COUNTS, st.sampled_from(sorted(SCHEMES)))
def test_a_rarer_class_never_weighs_less(counts: list[int], scheme: str) -> None:
    weights = class_weights(counts, scheme)
    order = np.argsort(counts, kind="stable")
    assert (np.diff(np.array(weights)[order]) <= 1e-12 * max(weights)).all()
    assert min(weights) > 0


def test_a_class_that_never_occurs_is_refused_or_weighs_nothing() -> None:
    with pytest.raises(InputError, match="got none of class dog"):
        class_weights([2, 0], "balanced", names=["cat", "dog"])
    assert class_weights([4, 0, 2], "balanced", unseen="zero") == [0.75, 0.0, 1.5]


def test_what_is_no_count_or_no_beta_is_refused() -> None:
    with pytest.raises(InputError, match="expected counts that are finite and at least 0, got -1 of class 1"):
        class_weights([1, -1], "balanced")
    with pytest.raises(UsageError, match="Expected beta from 0 to below 1, got 1"):
        class_weights([1, 1], "effective", 1.0)


def test_the_command_offers_the_schemes_that_there_are() -> None:
    (scheme,) = (option for option in COMMAND.options() if option.name == "scheme")
    assert tuple(scheme.kind.choices) == tuple(SCHEMES)


# ----------------------------------------------------------------------------------------- the command


def test_the_weights_of_a_table_with_names() -> None:
    compute_class_weight = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    classes = np.array(["cat", "dog", "eel"])
    y = np.repeat(classes, [6, 3, 1])
    assert values(data=TABLE) == compute_class_weight("balanced", classes=classes, y=y).tolist()
    assert values("--scheme", "inverse", data=TABLE) == [10 / 6, 10 / 3, 10.0]


def test_rows_with_weights_count_as_often_as_these_say() -> None:
    compute_class_weight = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    data = "a,b,target,weight\n1,2,0,2.5\n1,2,1,0.5\n1,2,0,1\n"
    theirs = compute_class_weight(
        "balanced", classes=np.array([0, 1]), y=[0, 1, 0], sample_weight=[2.5, 0.5, 1]
    )
    assert values(data=data) == theirs.tolist()


def test_ignored_targets_are_not_counted() -> None:
    data = "a,b,target\n1,2,0\n1,2,255\n1,2,1\n1,2,0\n"
    assert values("--ignore-index", "255", data=data) == [0.75, 1.5]
    assert celoss("weights", data=data).returncode == 3


@pytest.mark.torch
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_the_json_output_is_what_weight_takes(scheme: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path, data = tmp_path / "weights.json", tmp_path / "p.csv"
    data.write_text(TABLE)
    assert celoss("weights", str(data), "--scheme", scheme, "--json", "-o", str(path)).returncode == 0
    document: dict[str, Any] = json.loads(path.read_text())
    SCHEMA.validate(document)
    assert (document["labels"], document["counts"]) == (["cat", "dog", "eel"], [6, 3, 1])
    by_file = celoss("ce", str(data), "--weight", f"@{path}", "--format", "value").stdout
    text = ",".join(map(repr, values(str(data), "--scheme", scheme)))
    assert celoss("ce", str(data), "--weight", text, "--format", "value").stdout == by_file
    x, y = torch.tensor([[0.1, 0.2, 0.3]] * 10).double(), torch.tensor([0] * 6 + [1] * 3 + [2])
    weight = torch.tensor(document["weights"]).double()
    theirs = torch.nn.functional.cross_entropy(x, y, weight=weight).item()
    assert float(by_file) == pytest.approx(theirs, rel=1e-7)


def test_targets_alone(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("id,label\n1,dog\n2,cat\n3,dog\n")
    found = json.loads(celoss("weights", "--targets", f"@{labels}", "--json").stdout)
    assert (found["labels"], found["weights"]) == (["cat", "dog"], [1.5, 0.75])
    np.save(tmp_path / "masks.npy", np.array([[[0, 1], [1, 1]], [[1, 255], [0, 1]]], np.uint8))
    masks = f"@{tmp_path / 'masks.npy'}"
    assert values("--targets", masks, "--ignore-index", "255") == [7 / 4, 7 / 10]
    assert values("--targets", "0,0,2", "--classes", "4", "--unseen", "zero") == [0.75, 0, 1.5, 0]


def test_several_files_are_one_data_set(tmp_path: Path) -> None:
    head, *lines = TABLE.splitlines(keepends=True)
    names = [str(tmp_path / name) for name in ("1.csv", "2.csv")]
    Path(names[0]).write_text("".join([head, *lines[:4]]))
    Path(names[1]).write_text("".join([head, *lines[4:]]))
    assert values(*names) == values(data=TABLE)


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_the_weights_for_people(format: str) -> None:
    done = celoss("weights", "--scheme", "effective", "--format", format, data=TABLE)
    assert done.returncode == 0
    for text in ("effective", "beta 0.999", "0 cat", "3 classes, 10 targets", "n of the class"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--targets", "0,0,2"], 3, "got none of class 1 (--unseen zero gives it the weight 0)"),
        (["--targets", "0,-1"], 3, "Expected the target 0 (1 class), got -1."),
        (["--targets", "0,3", "--classes", "2"], 3, "Expected a target from 0 to 1 (2 classes), got 3."),
        (["--targets", "-100"], 3, "expected at least one counted target, got none"),
        (["--targets", "0,1", "--beta", "0.9"], 2, "Expected --scheme effective with --beta, got balanced."),
        (["--targets", "0,1", "--scheme", "effective", "--beta", "1"], 2, "from 0 to below 1"),
        (
            ["--targets", "0,1", "--scheme", "median"],
            2,
            "expected balanced, inverse, sqrt-inverse, effective",
        ),
        (["-", "--classes", "3"], 2, "Expected --classes with --targets alone"),
        (["-", "--format", "csv"], 2, "expected table, value, json, markdown"),
        (["-"], 0, ""),
    ],
)
def test_exit_codes(arguments: list[str], code: int, message: str) -> None:
    done = celoss("weights", *arguments, data=TABLE)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr


def test_targets_that_are_no_classes_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "one_hot.npz"
    np.savez(path, logits=np.eye(3), targets=np.eye(3))
    done = celoss("weights", str(path))
    assert (done.returncode, done.stderr) == (
        3,
        "celoss: error: expected targets that are classes, got probabilities (one index or name a row)\n",
    )


def test_a_table_of_two_classes_in_one_column_is_told_the_way(tmp_path: Path) -> None:
    path = tmp_path / "binary.csv"
    path.write_text("prob,target\n0.2,0\n0.9,1\n0.8,1\n")
    done = celoss("weights", str(path))
    assert (done.returncode, "--targets @FILE --target-column NAME" in done.stderr) == (3, True)
    done = celoss("weights", "--targets", f"@{path}", "--target-column", "target", "--format", "value")
    assert done.stdout == "1.5,0.75\n"


def test_a_file_of_targets_alone_is_told_the_way(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("label\n0\n1\n")
    done = celoss("weights", str(path))
    assert (done.returncode, "is given as --targets @FILE" in done.stderr) == (3, True)


def test_a_document_of_weights_that_is_damaged_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text('{"scheme": "balanced", "weights": [1, "two"]}')
    done = celoss("ce", "--logits", "1,2", "--targets", "0", "--weight", f"@{path}")
    assert (done.returncode, "weights.json: $.weights[1]: expected a number" in done.stderr) == (3, True)
